package intake

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/arabic"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Exhibition is the terms of an exhibition as typed. Rows in which nothing was typed are left out.
type Exhibition struct {
	Name          string   `json:"name,omitempty" validate:"required,max=120"`
	NameEN        string   `json:"name_en,omitempty" validate:"omitempty,max=120"`
	Series        string   `json:"series,omitempty" validate:"omitempty,max=60"`
	Edition       string   `json:"edition,omitempty" validate:"omitempty,max=10"`
	Theme         string   `json:"theme,omitempty" validate:"omitempty,max=200"`
	GuestOfHonour string   `json:"guest_of_honour,omitempty" validate:"omitempty,max=120"`
	Season        string   `json:"season,omitempty" validate:"omitempty,max=20"`
	Parties       []string `json:"parties,omitempty" validate:"max=5,dive,max=5"`
	Host          string   `json:"host,omitempty" validate:"required,max=5"`
	City          string   `json:"city,omitempty" validate:"omitempty,max=80"`
	Venue         string   `json:"venue,omitempty" validate:"omitempty,max=160"`
	Site          string   `json:"site,omitempty" validate:"omitempty,max=30"` // "hall:4" or "venue:2" of the host's registry
	First         string   `json:"first,omitempty" validate:"required,max=40"`
	Last          string   `json:"last,omitempty" validate:"required,max=40"`
	Capacity      string   `json:"capacity,omitempty" validate:"required,max=10"`
	OverInvite    string   `json:"over_invite,omitempty" validate:"omitempty,max=10"`
	DailyFrom     string   `json:"daily_from,omitempty" validate:"omitempty,max=10"`
	DailyTo       string   `json:"daily_to,omitempty" validate:"omitempty,max=10"`
	FridayFrom    string   `json:"friday_from,omitempty" validate:"omitempty,max=10"`
	FridayTo      string   `json:"friday_to,omitempty" validate:"omitempty,max=10"`
	RamadanFrom   string   `json:"ramadan_from,omitempty" validate:"omitempty,max=10"`
	RamadanTo     string   `json:"ramadan_to,omitempty" validate:"omitempty,max=10"`
	Waves         []Wave   `json:"waves,omitempty" validate:"max=12,dive"`
	Quotas        []Quota  `json:"quotas,omitempty" validate:"max=60,dive"`
	Fees          []Fee    `json:"fees,omitempty" validate:"max=2,dive"`
	Lodging       string   `json:"lodging,omitempty" validate:"omitempty,max=20"`
	LodgingNights string   `json:"lodging_nights,omitempty" validate:"omitempty,max=10"`
	Travel        string   `json:"travel,omitempty" validate:"omitempty,max=20"`
	Rules         string   `json:"rules,omitempty" validate:"omitempty,max=4000" in:"text"`
	Documents     []string `json:"documents,omitempty" validate:"max=40,dive,max=40,code=document_type"`
	Reason        string   `json:"reason,omitempty" validate:"omitempty,max=1000" in:"text"` // of a change
}

// Wave is one row of the waves.
type Wave struct {
	Name  string `json:"name,omitempty" validate:"omitempty,max=60"`
	First string `json:"first,omitempty" validate:"omitempty,max=40"`
	Last  string `json:"last,omitempty" validate:"omitempty,max=40"`
}

// Quota is one row of the quotas. Value is "by:value" or "by", one choice of one list, such as "party:EG", "area:EG-C", "craft:TX", "women".
type Quota struct {
	Line string `json:"line,omitempty" validate:"omitempty,max=40"`
	Min  string `json:"min,omitempty" validate:"omitempty,max=10"`
	Max  string `json:"max,omitempty" validate:"omitempty,max=10"`
}

// Fee is what one party's exhibitors pay.
type Fee struct {
	Party   string `json:"party,omitempty" validate:"omitempty,max=5"`
	Kind    string `json:"kind,omitempty" validate:"omitempty,max=20"`
	Amount  string `json:"amount,omitempty" validate:"omitempty,max=24"`
	Percent string `json:"percent,omitempty" validate:"omitempty,max=10"`
	Deposit string `json:"deposit,omitempty" validate:"omitempty,max=24"`
	Subsidy string `json:"subsidy,omitempty" validate:"omitempty,max=10"`
}

// filledRows are the rows of a form without those that were left empty.
func filledRows[T comparable](rows []T) []T {
	var empty T
	return slices.DeleteFunc(rows, func(r T) bool { return r == empty })
}

// DecodeExhibition reads the form of terms. Rows of days and quotas that were left empty are not there: what is wrong with a row is said by its place.
func DecodeExhibition(values map[string][]string) (*Exhibition, fault.Problems) {
	e, ps := decodeInto[Exhibition](values)
	if len(ps) == 0 {
		e.Waves, e.Quotas = filledRows(e.Waves), filledRows(e.Quotas)
	}
	return e, ps
}

// Values returns the fields by their form names, to draw the form again.
func (e *Exhibition) Values() map[string]string { return valuesOf(e) }

// Sets returns the ticks of the form.
func (e *Exhibition) Sets() map[string][]string {
	return planFor[Exhibition]().sets(reflect.ValueOf(e).Elem())
}

// FromTerms is the form that describes terms.
func FromTerms(t *exhibition.Terms) *Exhibition {
	e := &Exhibition{Name: t.Name, NameEN: t.NameEN, Series: t.Series, Edition: number(t.Edition), Theme: t.Theme, GuestOfHonour: t.GuestOfHonour, Host: string(t.Host), City: t.City,
		Venue: t.Venue, Site: t.Site(), First: day(t.First), Last: day(t.Last), Capacity: number(t.Capacity), OverInvite: number(t.OverInvite), Lodging: string(t.Lodging),
		LodgingNights: number(t.LodgingNights), Travel: string(t.Travel), Rules: t.Rules}
	if t.SeasonID != 0 {
		e.Season = strconv.FormatInt(t.SeasonID, 10)
	}
	for _, p := range t.Parties {
		e.Parties = append(e.Parties, string(p))
	}
	for _, d := range t.Documents {
		e.Documents = append(e.Documents, string(d))
	}
	span := func(s exhibition.Span) (string, string) {
		if s.None() {
			return "", ""
		}
		return s.From.String(), s.To.String()
	}
	e.DailyFrom, e.DailyTo = span(t.Hours.Daily)
	e.FridayFrom, e.FridayTo = span(t.Hours.Friday)
	e.RamadanFrom, e.RamadanTo = span(t.Hours.Ramadan)
	for _, w := range t.Waves {
		e.Waves = append(e.Waves, Wave{w.Name, day(w.First), day(w.Last)})
	}
	for _, q := range t.Quotas {
		e.Quotas = append(e.Quotas, Quota{q.Line(), number(q.Min), number(q.Max)})
	}
	for _, f := range t.Fees {
		e.Fees = append(e.Fees, Fee{string(f.Party), string(f.Kind), money(f.Amount), number(f.Percent), money(f.Deposit), number(f.Subsidy)})
	}
	return e
}

// minute reads a time of day: "10:00", "١٠:٣٠", "9". Hours up to 30 name the night after.
func (c *checker) minute(name, s string) exhibition.Minute {
	s = strings.NewReplacer(".", ":", "٫", ":", "：", ":").Replace(strings.TrimSpace(arabic.Digits(s)))
	if s == "" {
		return 0
	}
	hours, minutes, found := strings.Cut(s, ":")
	if !found {
		minutes = "0"
	}
	h, err := strconv.ParseUint(hours, 10, 8)
	m, err2 := strconv.ParseUint(minutes, 10, 8)
	if err != nil || err2 != nil || h > 30 || m > 59 || len(hours) > 2 || len(minutes) > 2 {
		c.add(name, "problem.exhibition.time")
		return 0
	}
	return exhibition.Minute(h*60 + m)
}

// span reads two times. A closing that is not after the opening is of the next day: 20:00 to 03:00.
func (c *checker) span(name, from, to string) exhibition.Span {
	if from == "" && to == "" {
		return exhibition.Span{}
	}
	c.need(name+"_from", from)
	c.need(name+"_to", to)
	s := exhibition.Span{From: c.minute(name+"_from", from), To: c.minute(name+"_to", to)}
	if s.To <= s.From && name != "friday" {
		s.To += 24 * 60
	}
	return s
}

// Check returns the terms, and what is wrong with the shape of what was typed. Whether they make sense together is for [exhibition.Terms.Check].
func (e *Exhibition) Check(ctx Context) (exhibition.Terms, fault.Problems) {
	in, c := shapedSmall(ctx, e)
	t := exhibition.Terms{
		Name: in.Name, NameEN: c.latin("name_en", in.NameEN), Series: in.Series, Edition: c.whole("edition", in.Edition, 1, 999), Theme: in.Theme, GuestOfHonour: in.GuestOfHonour,
		SeasonID: c.ref("season", in.Season), City: in.City, Venue: in.Venue, First: c.date("first", in.First), Last: c.date("last", in.Last),
		Capacity: c.whole("capacity", in.Capacity, 1, 5000), OverInvite: c.whole("over_invite", in.OverInvite, 0, 100), Rules: in.Rules,
		Lodging: exhibition.Lodging(c.oneOf("lodging", in.Lodging, texts(exhibition.Lodgings()))), LodgingNights: c.whole("lodging_nights", in.LodgingNights, 0, 400),
		Travel: exhibition.Travel(c.oneOf("travel", in.Travel, texts(exhibition.Travels()))), Documents: codes[registry.DocumentType](c, "document_type", in.Documents),
		Host: place.Country(c.oneOf("host", in.Host, texts(place.Countries()))),
	}
	switch kind, number, _ := strings.Cut(in.Site, ":"); {
	case in.Site == "":
	case number == "":
		c.add("site", "problem.choice")
	case kind == "hall":
		t.HallID = c.ref("site", number)
	case kind == "venue":
		t.VenueID = c.ref("site", number)
	default:
		c.add("site", "problem.choice")
	}
	t.Hours = exhibition.Hours{Daily: c.span("daily", in.DailyFrom, in.DailyTo), Friday: c.span("friday", in.FridayFrom, in.FridayTo), Ramadan: c.span("ramadan", in.RamadanFrom, in.RamadanTo)}
	for _, p := range place.Countries() { // in their order, whatever the order of ticks
		if slices.Contains(in.Parties, string(p)) {
			t.Parties = append(t.Parties, p)
		}
	}
	if len(t.Parties) != len(in.Parties) {
		c.add("parties", "problem.choice")
	}
	for i, w := range in.Waves {
		c.in("waves", i)
		if w == (Wave{}) {
			continue
		}
		c.need("first", w.First)
		c.need("last", w.Last)
		t.Waves = append(t.Waves, exhibition.Wave{Name: w.Name, First: c.date("first", w.First), Last: c.date("last", w.Last)})
	}
	for i, q := range in.Quotas {
		c.in("quotas", i)
		if q == (Quota{}) {
			continue
		}
		c.need("line", q.Line)
		by, value, _ := strings.Cut(q.Line, ":")
		if by != "" {
			c.oneOf("line", by, texts(exhibition.Dimensions()))
		}
		t.Quotas = append(t.Quotas, exhibition.Quota{By: exhibition.Dimension(by), Value: value, Min: c.whole("min", q.Min, 0, 5000), Max: c.whole("max", q.Max, 0, 5000)})
	}
	for i, f := range in.Fees {
		c.in("fees", i)
		if f.Kind == "" && f.Amount == "" && f.Percent == "" && f.Deposit == "" && f.Subsidy == "" {
			continue
		}
		c.need("kind", f.Kind)
		fee := exhibition.Fee{Party: place.Country(c.oneOf("party", f.Party, texts(place.Countries()))), Kind: exhibition.FeeKind(c.oneOf("kind", f.Kind, texts(exhibition.FeeKinds()))),
			Amount: c.money("amount", f.Amount), Deposit: c.money("deposit", f.Deposit)}
		fee.Percent, _ = c.percent("percent", f.Percent)
		fee.Subsidy, _ = c.percent("subsidy", f.Subsidy)
		switch fee.Kind {
		case "fixed":
			c.need("amount", f.Amount)
			fee.Percent = 0
		case "share":
			c.need("percent", f.Percent)
			fee.Amount = 0
		case "none":
			fee.Amount, fee.Percent = 0, 0
		}
		fee.Currency = exhibition.CurrencyOf(fee.Party)
		t.Fees = append(t.Fees, fee)
	}
	c.out()
	return t, c.sorted(planFor[Exhibition]())
}

// ref is the number of another thing, chosen from a list; 0 if nothing was chosen.
func (c *checker) ref(name, s string) int64 {
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		c.add(name, "problem.choice")
		return 0
	}
	return n
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// Words is a form of one text: a comment, or the reason of a refusal or a cancelling.
type Words struct {
	Text string `json:"text,omitempty" validate:"required,max=2000" in:"text"`
}

// DecodeWords reads a form of one text.
func DecodeWords(values map[string][]string) (*Words, fault.Problems) {
	return decodeInto[Words](values)
}

// Values returns the fields by their form names.
func (w *Words) Values() map[string]string { return valuesOf(w) }

// Check returns the text.
func (w *Words) Check(ctx Context) (string, fault.Problems) {
	in, c := shapedSmall(ctx, w)
	return in.Text, c.sorted(planFor[Words]())
}

// Span is a named stretch of days: a season, or a holiday.
type Span struct {
	Name     string `json:"name,omitempty" validate:"required,max=120"`
	NameEN   string `json:"name_en,omitempty" validate:"omitempty,max=120"`
	First    string `json:"first,omitempty" validate:"required,max=40"`
	Last     string `json:"last,omitempty" validate:"omitempty,max=40"`
	Expected string `json:"expected,omitempty" validate:"omitempty,max=10"` // of a holiday
	Source   string `json:"source,omitempty" validate:"omitempty,max=200"`
}

// DecodeSpan reads the form of a season or a holiday.
func DecodeSpan(values map[string][]string) (*Span, fault.Problems) { return decodeInto[Span](values) }

// Values returns the fields by their form names.
func (s *Span) Values() map[string]string { return valuesOf(s) }

// Season returns the season that was typed.
func (s *Span) Season(ctx Context) (exhibition.Season, fault.Problems) {
	in, c := shapedSmall(ctx, s)
	out := exhibition.Season{Name: in.Name, NameEN: c.latin("name_en", in.NameEN), First: c.date("first", in.First), Last: c.date("last", in.Last)}
	c.need("last", in.Last)
	ps := c.sorted(planFor[Span]())
	if ps.Err() == nil {
		ps = append(ps, out.Check()...)
	}
	return out, ps
}

// Holiday returns the holiday that was typed; without a last day it is one day.
func (s *Span) Holiday(ctx Context) (exhibition.Holiday, fault.Problems) {
	in, c := shapedSmall(ctx, s)
	out := exhibition.Holiday{Name: in.Name, NameEN: c.latin("name_en", in.NameEN), First: c.date("first", in.First), Last: c.date("last", in.Last), Expected: c.yes("expected", in.Expected), Source: in.Source}
	if in.Last == "" {
		out.Last = out.First
	}
	ps := c.sorted(planFor[Span]())
	if ps.Err() == nil {
		ps = append(ps, out.Check()...)
	}
	return out, ps
}

// Meeting is the minutes of a meeting as typed.
type Meeting struct {
	Title       string     `json:"title,omitempty" validate:"required,max=200"`
	Day         string     `json:"day,omitempty" validate:"required,max=40"`
	Place       string     `json:"place,omitempty" validate:"omitempty,max=160"`
	Agenda      string     `json:"agenda,omitempty" validate:"omitempty,max=4000" in:"text"`
	Decisions   string     `json:"decisions,omitempty" validate:"omitempty,max=6000" in:"text"`
	Exhibitions []string   `json:"exhibitions,omitempty" validate:"max=50,dive,max=20"`
	Attendees   []Attendee `json:"attendees,omitempty" validate:"max=40,dive"`
	Actions     []Action   `json:"actions,omitempty" validate:"max=40,dive"`
}

// Attendee is one row of who came.
type Attendee struct {
	Name  string `json:"name,omitempty" validate:"omitempty,max=120"`
	Duty  string `json:"duty,omitempty" validate:"omitempty,max=120"`
	Party string `json:"party,omitempty" validate:"omitempty,max=5"`
}

// Action is one row of what is to be done. Owner is a user's number, of either party.
type Action struct {
	ID    string `json:"id,omitempty" validate:"omitempty,max=20"`
	Text  string `json:"text,omitempty" validate:"omitempty,max=300"`
	Owner string `json:"owner,omitempty" validate:"omitempty,max=20"`
	Due   string `json:"due,omitempty" validate:"omitempty,max=40"`
}

// DecodeMeeting reads the form of a meeting.
func DecodeMeeting(values map[string][]string) (*Meeting, fault.Problems) {
	return decodeInto[Meeting](values)
}

// Values returns the fields by their form names.
func (m *Meeting) Values() map[string]string { return valuesOf(m) }

// Sets returns the ticks of the form.
func (m *Meeting) Sets() map[string][]string {
	return planFor[Meeting]().sets(reflect.ValueOf(m).Elem())
}

// FromMeeting is the form that describes a meeting.
func FromMeeting(m *exhibition.Meeting) *Meeting {
	out := &Meeting{Title: m.Title, Day: day(m.Day), Place: m.Place, Agenda: m.Agenda, Decisions: m.Decisions}
	for _, id := range m.Exhibitions {
		out.Exhibitions = append(out.Exhibitions, strconv.FormatInt(id, 10))
	}
	for _, a := range m.Attendees {
		out.Attendees = append(out.Attendees, Attendee{a.Name, a.Duty, string(a.Party)})
	}
	for _, a := range m.Actions {
		row := Action{ID: strconv.FormatInt(a.ID, 10), Text: a.Text, Due: day(a.Due)}
		if a.OwnerID != 0 {
			row.Owner = strconv.FormatInt(a.OwnerID, 10)
		}
		out.Actions = append(out.Actions, row)
	}
	return out
}

// Check returns the meeting; whose the actions are is for the service, which knows the people.
func (m *Meeting) Check(ctx Context) (exhibition.Meeting, fault.Problems) {
	in, c := shapedSmall(ctx, m)
	out := exhibition.Meeting{Title: in.Title, Day: c.date("day", in.Day), Place: in.Place, Agenda: in.Agenda, Decisions: in.Decisions}
	for _, s := range in.Exhibitions {
		if id := c.ref("exhibitions", s); id != 0 {
			out.Exhibitions = append(out.Exhibitions, id)
		}
	}
	for i, a := range in.Attendees {
		c.in("attendees", i)
		if a.Name == "" && a.Duty == "" {
			continue
		}
		c.need("name", a.Name)
		out.Attendees = append(out.Attendees, exhibition.Attendee{Name: a.Name, Duty: a.Duty, Party: place.Country(c.oneOf("party", a.Party, texts(place.Countries())))})
	}
	for i, a := range in.Actions {
		c.in("actions", i)
		if a.Text == "" && a.Due == "" && a.Owner == "" {
			continue
		}
		c.need("text", a.Text)
		c.need("due", a.Due)
		c.need("owner", a.Owner)
		out.Actions = append(out.Actions, exhibition.Action{ID: c.ref("id", a.ID), Text: a.Text, OwnerID: c.ref("owner", a.Owner), Due: c.date("due", a.Due)})
	}
	c.out()
	return out, c.sorted(planFor[Meeting]())
}

// FromSeason is the form that describes a season.
func FromSeason(s *exhibition.Season) *Span {
	return &Span{Name: s.Name, NameEN: s.NameEN, First: day(s.First), Last: day(s.Last)}
}

// Series is what is said of a series. Its name stands in the terms of its editions and is not typed here.
type Series struct {
	NameEN  string `json:"name_en,omitempty" validate:"omitempty,max=120"`
	About   string `json:"about,omitempty" validate:"omitempty,max=2000" in:"text"`
	AboutEN string `json:"about_en,omitempty" validate:"omitempty,max=2000" in:"text"`
}

// DecodeSeries reads the form of a series.
func DecodeSeries(values map[string][]string) (*Series, fault.Problems) {
	return decodeInto[Series](values)
}

// Values returns the fields by their form names.
func (s *Series) Values() map[string]string { return valuesOf(s) }

// FromSeries is the form that describes a series.
func FromSeries(s *exhibition.Series) *Series {
	return &Series{NameEN: s.NameEN, About: s.About, AboutEN: s.AboutEN}
}

// Check returns what was typed.
func (s *Series) Check(ctx Context) (exhibition.Series, fault.Problems) {
	in, c := shapedSmall(ctx, s)
	out := exhibition.Series{NameEN: c.latin("name_en", in.NameEN), About: in.About, AboutEN: in.AboutEN}
	return out, c.sorted(planFor[Series]())
}
