package intake

import (
	"reflect"
	"slices"
	"strconv"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/programme"
)

// Activity is an activity of the memorandum as typed.
type Activity struct {
	Kind         string       `json:"kind,omitempty" validate:"required,max=20"`
	Clauses      []string     `json:"clauses,omitempty" validate:"max=40,dive,max=5"`
	Title        string       `json:"title,omitempty" validate:"required,max=200"`
	TitleEN      string       `json:"title_en,omitempty" validate:"omitempty,max=200"`
	First        string       `json:"first,omitempty" validate:"required,max=40"`
	Last         string       `json:"last,omitempty" validate:"omitempty,max=40"` // empty: one day
	Host         string       `json:"host,omitempty" validate:"required,max=5"`
	Place        string       `json:"place,omitempty" validate:"omitempty,max=160"`
	Purpose      string       `json:"purpose,omitempty" validate:"omitempty,max=2000" in:"text"`
	Agenda       string       `json:"agenda,omitempty" validate:"omitempty,max=4000" in:"text"`
	Outputs      string       `json:"outputs,omitempty" validate:"omitempty,max=6000" in:"text"`
	Institutions []SideRow    `json:"institutions,omitempty" validate:"max=10,dive"`
	Delegates    []Attendee   `json:"delegates,omitempty" validate:"max=60,dive"`
	FollowUps    []FollowUpIn `json:"followups,omitempty" validate:"max=40,dive"`
}

// SideRow is one institution of a twinning or a visit.
type SideRow struct {
	Name  string `json:"name,omitempty" validate:"omitempty,max=160"`
	Party string `json:"party,omitempty" validate:"omitempty,max=5"`
}

// FollowUpIn is one row of what is to be done. No is its number within the activity, empty in a new row; Owner is a user's number, of either party.
type FollowUpIn struct {
	No    string `json:"no,omitempty" validate:"omitempty,max=6"`
	Text  string `json:"text,omitempty" validate:"omitempty,max=300"`
	Owner string `json:"owner,omitempty" validate:"omitempty,max=20"`
	Due   string `json:"due,omitempty" validate:"omitempty,max=40"`
}

// DecodeActivity reads the form of an activity.
func DecodeActivity(values map[string][]string) (*Activity, fault.Problems) {
	return decodeInto[Activity](values)
}

// Values returns the fields by their form names.
func (a *Activity) Values() map[string]string { return valuesOf(a) }

// Sets returns the ticks of the form.
func (a *Activity) Sets() map[string][]string {
	return planFor[Activity]().sets(reflect.ValueOf(a).Elem())
}

// FromActivity is the form that describes an activity.
func FromActivity(a *programme.Activity) *Activity {
	out := &Activity{Kind: string(a.Kind), Title: a.Title, TitleEN: a.TitleEN, First: day(a.First), Last: day(a.Last), Host: string(a.Host), Place: a.Place, Purpose: a.Purpose, Agenda: a.Agenda, Outputs: a.Outputs}
	for _, c := range a.Clauses {
		out.Clauses = append(out.Clauses, strconv.Itoa(c))
	}
	for _, x := range a.Institutions {
		out.Institutions = append(out.Institutions, SideRow{x.Name, string(x.Party)})
	}
	for _, x := range a.Delegates {
		out.Delegates = append(out.Delegates, Attendee{x.Name, x.Duty, string(x.Party)})
	}
	for _, f := range a.FollowUps {
		row := FollowUpIn{No: strconv.Itoa(f.No), Text: f.Text, Due: day(f.Due)}
		if f.OwnerID != 0 {
			row.Owner = strconv.FormatInt(f.OwnerID, 10)
		}
		out.FollowUps = append(out.FollowUps, row)
	}
	return out
}

// Check returns the activity; whose the follow-ups are is for the service, which knows the people.
func (a *Activity) Check(ctx Context) (programme.Activity, fault.Problems) {
	in, c := shapedSmall(ctx, a)
	parties := texts(place.Countries())
	var out programme.Activity
	out.Kind = programme.ActivityKind(c.oneOf("kind", in.Kind, texts(programme.ActivityKinds())))
	out.Title, out.TitleEN, out.Place, out.Purpose, out.Agenda, out.Outputs = in.Title, c.latin("title_en", in.TitleEN), in.Place, in.Purpose, in.Agenda, in.Outputs
	out.First, out.Last = c.date("first", in.First), c.date("last", in.Last)
	if in.Last == "" {
		out.Last = out.First
	}
	out.Host = place.Country(c.oneOf("host", in.Host, parties))
	for _, s := range in.Clauses {
		if n := int(c.ref("clauses", s)); n != 0 && !slices.Contains(out.Clauses, n) {
			out.Clauses = append(out.Clauses, n)
		}
	}
	slices.Sort(out.Clauses)
	for i, x := range in.Institutions {
		c.in("institutions", i)
		if x.Name == "" {
			continue
		}
		c.need("party", x.Party)
		out.Institutions = append(out.Institutions, programme.Institution{Name: x.Name, Party: place.Country(c.oneOf("party", x.Party, parties))})
	}
	for i, x := range in.Delegates {
		c.in("delegates", i)
		if x.Name == "" && x.Duty == "" {
			continue
		}
		c.need("name", x.Name)
		c.need("party", x.Party)
		out.Delegates = append(out.Delegates, exhibition.Attendee{Name: x.Name, Duty: x.Duty, Party: place.Country(c.oneOf("party", x.Party, parties))})
	}
	for i, x := range in.FollowUps {
		c.in("followups", i)
		if x.Text == "" && x.Due == "" && x.Owner == "" {
			continue
		}
		c.need("text", x.Text)
		c.need("due", x.Due)
		c.need("owner", x.Owner)
		out.FollowUps = append(out.FollowUps, programme.FollowUp{No: int(c.ref("no", x.No)), Text: x.Text, OwnerID: c.ref("owner", x.Owner), Due: c.date("due", x.Due)})
	}
	c.out()
	return out, c.sorted(planFor[Activity]())
}

// PaperIn is what is typed beside an uploaded document of an activity.
type PaperIn struct {
	Title string `json:"title,omitempty" validate:"required,max=160"`
	From  string `json:"from,omitempty" validate:"required,max=5"`
}

// DecodePaper reads the fields beside an upload.
func DecodePaper(values map[string][]string) (*PaperIn, fault.Problems) {
	return decodeInto[PaperIn](values)
}

// Values returns the fields by their form names.
func (p *PaperIn) Values() map[string]string { return valuesOf(p) }

// Check returns the document, without its file.
func (p *PaperIn) Check(ctx Context) (programme.Paper, fault.Problems) {
	in, c := shapedSmall(ctx, p)
	out := programme.Paper{Title: in.Title, From: place.Country(c.oneOf("from", in.From, texts(place.Countries())))}
	return out, c.sorted(planFor[PaperIn]())
}
