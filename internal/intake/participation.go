package intake

import (
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
)

// Call is a call for exhibitors as typed.
type Call struct {
	Opens  string `json:"opens,omitempty" validate:"required,max=40"`
	Closes string `json:"closes,omitempty" validate:"required,max=40"`
	Rules  string `json:"rules,omitempty" validate:"omitempty,max=4000" in:"text"`
}

// DecodeCall reads the form of a call.
func DecodeCall(values map[string][]string) (*Call, fault.Problems) { return decodeInto[Call](values) }

// Values returns the fields by their form names.
func (f *Call) Values() map[string]string { return valuesOf(f) }

// Check returns the call, without what it belongs to.
func (f *Call) Check(ctx Context) (exhibition.Call, fault.Problems) {
	in, c := shapedSmall(ctx, f)
	return exhibition.Call{Opens: c.date("opens", in.Opens), Closes: c.date("closes", in.Closes), Rules: in.Rules}, c.sorted(planFor[Call]())
}

// Application is an application to an exhibition as typed, by an officer or by the family behind a link.
type Application struct {
	Family    string   `json:"family,omitempty" validate:"omitempty,max=20"`    // a family's number in the database; of an officer's form
	Exhibitor string   `json:"exhibitor,omitempty" validate:"omitempty,max=20"` // or an association
	Wave      string   `json:"wave,omitempty" validate:"omitempty,max=5"`
	Products  string   `json:"products,omitempty" validate:"required,max=1000" in:"text"`
	Sign      string   `json:"sign,omitempty" validate:"required,max=40"`
	SignEN    string   `json:"sign_en,omitempty" validate:"omitempty,max=40"`
	Size      string   `json:"size,omitempty" validate:"required,max=20"`
	Needs     []string `json:"needs,omitempty" validate:"max=10,dive,max=20"`
	People    string   `json:"people,omitempty" validate:"required,max=5"`
	Note      string   `json:"note,omitempty" validate:"omitempty,max=1000" in:"text"`
	Agree     string   `json:"agree,omitempty" validate:"omitempty,max=10"` // behind a link: the rules were read
}

// NeedCodes are the ticks of the field "needs", in the order of display.
func NeedCodes() []string {
	return []string{"power", "water", "extraction", "loading", "accessible", "live", "lodging", "transport"}
}

// NeedsOf is which ticks of the field "needs" describe an application.
func NeedsOf(a *exhibition.Application) []string {
	ticked := []bool{a.Needs.Power, a.Needs.Water, a.Needs.Extraction, a.Needs.Loading, a.Needs.Accessible, a.Needs.Live, a.Lodging, a.Transport}
	var out []string
	for i, n := range NeedCodes() {
		if ticked[i] {
			out = append(out, n)
		}
	}
	return out
}

// DecodeApplication reads the form of an application.
func DecodeApplication(values map[string][]string) (*Application, fault.Problems) {
	return decodeInto[Application](values)
}

// Values returns the fields by their form names.
func (a *Application) Values() map[string]string { return valuesOf(a) }

// Sets returns the ticks of the form.
func (a *Application) Sets() map[string][]string {
	return planFor[Application]().sets(reflect.ValueOf(a).Elem())
}

// Applied is a sound application.
type Applied struct {
	Family, Exhibitor int64
	Wave              int
	exhibition.Application
}

// Check returns the application.
func (a *Application) Check(ctx Context, channel exhibition.Channel) (Applied, fault.Problems) {
	in, c := shapedSmall(ctx, a)
	out := Applied{Family: c.ref("family", in.Family), Exhibitor: c.ref("exhibitor", in.Exhibitor), Wave: c.whole("wave", in.Wave, 0, 11)}
	out.Products, out.Sign, out.SignEN, out.Note, out.Channel = in.Products, in.Sign, c.latin("sign_en", in.SignEN), in.Note, channel
	if utf8.RuneCountInString(in.Sign) > exhibition.SignMax {
		c.add("sign", "problem.participation.sign", exhibition.SignMax)
	}
	out.Needs.Size = exhibition.Size(c.oneOf("size", in.Size, texts(exhibition.Sizes())))
	out.People = c.whole("people", in.People, 1, 6)
	has := func(need string) bool { return slices.Contains(in.Needs, need) }
	for _, n := range in.Needs {
		c.oneOf("needs", n, NeedCodes())
	}
	out.Needs.Power, out.Needs.Water, out.Needs.Extraction, out.Needs.Loading = has("power"), has("water"), has("extraction"), has("loading")
	out.Needs.Accessible, out.Needs.Live, out.Lodging, out.Transport = has("accessible"), has("live"), has("lodging"), has("transport")
	if channel == exhibition.ByLink && !c.yes("agree", in.Agree) {
		c.add("agree", "problem.required")
	}
	if channel == exhibition.ByOfficer && (out.Family == 0) == (out.Exhibitor == 0) {
		c.add("family", "problem.participation.family")
	}
	return out, c.sorted(planFor[Application]())
}

// Screening is what a person decides on one application or several: through or refused, with reasons.
type Screening struct {
	Outcome string   `json:"outcome,omitempty" validate:"required,max=10"`
	Reasons []string `json:"reasons,omitempty" validate:"max=20,dive,max=40"`
	Note    string   `json:"note,omitempty" validate:"omitempty,max=1000" in:"text"`
}

// DecodeScreening reads the form of a screening.
func DecodeScreening(values map[string][]string) (*Screening, fault.Problems) {
	return decodeInto[Screening](values)
}

// Values returns the fields by their form names.
func (s *Screening) Values() map[string]string { return valuesOf(s) }

// Check returns whether the application passes, and why not.
func (s *Screening) Check(ctx Context) (fit bool, reasons []exhibition.Reason, note string, ps fault.Problems) {
	in, c := shapedSmall(ctx, s)
	fit = c.oneOf("outcome", in.Outcome, []string{"fit", "refuse"}) == "fit"
	for _, r := range in.Reasons {
		if c.oneOf("reasons", r, texts(exhibition.Reasons())) != "" && !fit {
			reasons = append(reasons, exhibition.Reason(r))
		}
	}
	return fit, reasons, in.Note, c.sorted(planFor[Screening]())
}

// Invite is the deadline of invitations as typed: the last day on which the answer counts.
type Invite struct {
	Deadline string `json:"deadline,omitempty" validate:"required,max=40"`
}

// DecodeInvite reads the form of invitations.
func DecodeInvite(values map[string][]string) (*Invite, fault.Problems) {
	return decodeInto[Invite](values)
}

// Values returns the fields by their form names.
func (i *Invite) Values() map[string]string { return valuesOf(i) }

// Check returns the last moment to answer: the end of the day, on a clock in zone.
func (i *Invite) Check(ctx Context, zone *time.Location) (time.Time, fault.Problems) {
	in, c := shapedSmall(ctx, i)
	d := c.date("deadline", in.Deadline)
	ps := c.sorted(planFor[Invite]())
	if d.IsZero() {
		return time.Time{}, ps
	}
	return EndOf(d, zone), ps
}

// EndOf is the last second of a day on a clock in zone.
func EndOf(d calendar.Date, zone *time.Location) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 23, 59, 59, 0, zone).UTC()
}

// Association is an association that stands for many families, as typed. Members are registration numbers, one on each line.
type Association struct {
	Name       string `json:"name,omitempty" validate:"required,max=120"`
	NameEN     string `json:"name_en,omitempty" validate:"omitempty,max=120"`
	Area       string `json:"area,omitempty" validate:"required,max=10"`
	Craft      string `json:"craft,omitempty" validate:"required,max=10,code=craft"`
	Disability string `json:"for_disability,omitempty" validate:"omitempty,max=10"`
	Contact    string `json:"contact,omitempty" validate:"omitempty,max=300" in:"text"`
	Members    string `json:"members,omitempty" validate:"omitempty,max=20000" in:"text"`
}

// DecodeAssociation reads the form of an association.
func DecodeAssociation(values map[string][]string) (*Association, fault.Problems) {
	return decodeInto[Association](values)
}

// Values returns the fields by their form names.
func (a *Association) Values() map[string]string { return valuesOf(a) }

// Check returns the association and the registration numbers of its families.
func (a *Association) Check(ctx Context) (exhibition.Exhibitor, []string, fault.Problems) {
	in, c := shapedSmall(ctx, a)
	out := exhibition.Exhibitor{Party: ctx.Party, Kind: exhibition.Association, Name: in.Name, NameEN: c.latin("name_en", in.NameEN), Area: c.area("area", in.Area),
		Craft: code[string](c, "craft", in.Craft), Disability: c.yes("for_disability", in.Disability), Contact: in.Contact}
	var numbers []string
	for _, s := range strings.FieldsFunc(in.Members, func(r rune) bool { return strings.ContainsRune("\r\n ,،؛;", r) }) {
		if !slices.Contains(numbers, s) {
			numbers = append(numbers, s)
		}
	}
	return out, numbers, c.sorted(planFor[Association]())
}

// FromAssociation is the form that describes an association; numbers are the registration numbers of its families.
func FromAssociation(x *exhibition.Exhibitor, numbers []string) *Association {
	a := &Association{Name: x.Name, NameEN: x.NameEN, Area: x.Area, Craft: x.Craft, Contact: x.Contact, Members: strings.Join(numbers, "\n")}
	if x.Disability {
		a.Disability = "yes"
	}
	return a
}

// TravelNote is the ministry's note on who may represent the country abroad.
type TravelNote struct {
	List string `json:"travel_list,omitempty" validate:"omitempty,max=20"`
	Note string `json:"note,omitempty" validate:"omitempty,max=1000" in:"text"`
}

// DecodeTravelNote reads the form of the note.
func DecodeTravelNote(values map[string][]string) (*TravelNote, fault.Problems) {
	return decodeInto[TravelNote](values)
}

// Values returns the fields by their form names.
func (t *TravelNote) Values() map[string]string { return valuesOf(t) }

// Check returns the list and the words. To stop somebody from travelling needs a reason.
func (t *TravelNote) Check(ctx Context) (exhibition.TravelList, string, fault.Problems) {
	in, c := shapedSmall(ctx, t)
	list := exhibition.TravelList(c.oneOf("travel_list", in.List, texts(exhibition.TravelLists())))
	if list == "stop" || list == "yellow" {
		c.need("note", in.Note)
	}
	return list, in.Note, c.sorted(planFor[TravelNote]())
}

// Sale is the sum of one day as typed.
type Sale struct {
	Day      string `json:"day,omitempty" validate:"required,max=40"`
	Amount   string `json:"amount,omitempty" validate:"required,max=24"`
	Currency string `json:"currency,omitempty" validate:"omitempty,max=10"`
	Pieces   string `json:"pieces,omitempty" validate:"omitempty,max=10"`
	Best     string `json:"best,omitempty" validate:"omitempty,max=120"`
}

// DecodeSale reads the form of a day's sales.
func DecodeSale(values map[string][]string) (*Sale, fault.Problems) { return decodeInto[Sale](values) }

// Values returns the fields by their form names.
func (s *Sale) Values() map[string]string { return valuesOf(s) }

// Check returns the sum, in host's currency unless another was named.
func (s *Sale) Check(ctx Context, currency string) (exhibition.Sale, fault.Problems) {
	in, c := shapedSmall(ctx, s)
	out := exhibition.Sale{Day: c.date("day", in.Day), Amount: c.money("amount", in.Amount), Currency: currency, Pieces: c.whole("pieces", in.Pieces, 0, 100_000), Best: in.Best}
	if in.Currency != "" {
		out.Currency = c.oneOf("currency", in.Currency, []string{"EGP", "QAR"})
	}
	return out, c.sorted(planFor[Sale]())
}

// PackingItem is one line of a packing list as typed.
type PackingItem struct {
	Shipment string `json:"shipment,omitempty" validate:"required,max=5"`
	Text     string `json:"item,omitempty" validate:"required,max=160"`
	TextEN   string `json:"item_en,omitempty" validate:"omitempty,max=160"`
	HSCode   string `json:"hs_code,omitempty" validate:"omitempty,max=12"`
	Quantity string `json:"quantity,omitempty" validate:"required,max=10"`
	Unit     string `json:"unit,omitempty" validate:"omitempty,max=40"`
	Value    string `json:"value,omitempty" validate:"required,max=24"`
	Weight   string `json:"weight,omitempty" validate:"omitempty,max=12"`
	Purpose  string `json:"purpose,omitempty" validate:"required,max=10"`
}

// DecodePackingItem reads a line of a packing list.
func DecodePackingItem(values map[string][]string) (*PackingItem, fault.Problems) {
	return decodeInto[PackingItem](values)
}

// Values returns the fields by their form names.
func (p *PackingItem) Values() map[string]string { return valuesOf(p) }

// Check returns the line; its currency is the party's.
func (p *PackingItem) Check(ctx Context) (exhibition.PackingItem, fault.Problems) {
	in, c := shapedSmall(ctx, p)
	out := exhibition.PackingItem{Shipment: c.whole("shipment", in.Shipment, 1, 99), Text: in.Text, TextEN: c.latin("item_en", in.TextEN), Quantity: c.whole("quantity", in.Quantity, 1, 100_000),
		Unit: in.Unit, Value: c.money("value", in.Value), Currency: exhibition.CurrencyOf(ctx.Party), ForSale: c.oneOf("purpose", in.Purpose, []string{"sale", "display"}) == "sale"}
	out.HSCode = strings.NewReplacer(".", "", " ", "").Replace(c.number("hs_code", in.HSCode))
	if in.HSCode != "" && (len(out.HSCode) != 6 || strings.Trim(out.HSCode, "0123456789") != "") {
		c.add("hs_code", "problem.packing.hs")
	}
	if in.Weight != "" { // kilograms with at most three decimals
		kg, ok := decimal(in.Weight)
		if !ok || kg < 0 || kg > 100_000 {
			c.add("weight", "problem.range", 0, 100_000)
		} else {
			out.Grams = int64(kg*1000 + 0.5)
		}
	}
	return out, c.sorted(planFor[PackingItem]())
}

// Incident is something that happened, as typed.
type Incident struct {
	Kind          string `json:"kind,omitempty" validate:"required,max=20"`
	Text          string `json:"text,omitempty" validate:"required,max=2000" in:"text"`
	Participation string `json:"participation,omitempty" validate:"omitempty,max=20"`
}

// DecodeIncident reads the form of an incident.
func DecodeIncident(values map[string][]string) (*Incident, fault.Problems) {
	return decodeInto[Incident](values)
}

// Values returns the fields by their form names.
func (i *Incident) Values() map[string]string { return valuesOf(i) }

// Check returns the incident.
func (i *Incident) Check(ctx Context) (exhibition.Incident, fault.Problems) {
	in, c := shapedSmall(ctx, i)
	return exhibition.Incident{Kind: c.oneOf("kind", in.Kind, exhibition.IncidentKinds()), Text: in.Text, ParticipationID: c.ref("participation", in.Participation)}, c.sorted(planFor[Incident]())
}

// Evaluation is how an exhibitor's part went, as typed.
type Evaluation struct {
	Quality string `json:"quality,omitempty" validate:"required,max=2"`
	Service string `json:"service,omitempty" validate:"omitempty,max=2"`
	Rules   string `json:"kept_rules,omitempty" validate:"omitempty,max=2"`
	Again   string `json:"again,omitempty" validate:"required,max=10"`
	Note    string `json:"note,omitempty" validate:"omitempty,max=1000" in:"text"`
}

// DecodeEvaluation reads the form of an evaluation.
func DecodeEvaluation(values map[string][]string) (*Evaluation, fault.Problems) {
	return decodeInto[Evaluation](values)
}

// Values returns the fields by their form names.
func (e *Evaluation) Values() map[string]string { return valuesOf(e) }

// Check returns the evaluation.
func (e *Evaluation) Check(ctx Context) (exhibition.Evaluation, fault.Problems) {
	in, c := shapedSmall(ctx, e)
	return exhibition.Evaluation{Quality: c.whole("quality", in.Quality, 1, 5), Service: c.whole("service", in.Service, 1, 5), Rules: c.whole("kept_rules", in.Rules, 1, 5),
		Again: c.oneOf("again", in.Again, exhibition.Agains()), Note: in.Note}, c.sorted(planFor[Evaluation]())
}
