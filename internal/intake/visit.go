package intake

import (
	"strconv"

	"muntija/internal/fault"
	"muntija/internal/registry"
)

// Visit is a field visit as typed.
type Visit struct {
	Date    string `json:"date,omitempty" validate:"required,max=40"`
	Kind    string `json:"kind,omitempty" validate:"required,max=40,code=visit_kind"`
	Finding string `json:"finding,omitempty" validate:"required,max=40,code=finding"`
	Note    string `json:"note,omitempty" validate:"omitempty,max=1000" in:"text"`
	Lat     string `json:"lat,omitempty" validate:"omitempty,max=24"`
	Lon     string `json:"lon,omitempty" validate:"omitempty,max=24"`
}

// DecodeVisit reads a visit's form.
func DecodeVisit(values map[string][]string) (*Visit, fault.Problems) {
	return decodeInto[Visit](values)
}

// Values returns the fields by their form names, to draw the form again.
func (v *Visit) Values() map[string]string { return valuesOf(v) }

// Check returns the visit, whose ids and times the caller fills in. A visit that found anything but activity says what was seen.
func (v *Visit) Check(ctx Context) (registry.Visit, fault.Problems) {
	in, c := shapedSmall(ctx, v)
	b := boxes[ctx.Party]
	visit := registry.Visit{
		Date:    c.past("date", in.Date),
		Kind:    code[registry.VisitKind](c, "visit_kind", in.Kind),
		Finding: code[registry.Finding](c, "finding", in.Finding),
		Note:    in.Note,
		Lat:     c.degrees("lat", in.Lat, b.south, b.north),
		Lon:     c.degrees("lon", in.Lon, b.west, b.east),
	}
	if (in.Lat == "") != (in.Lon == "") {
		c.add("lat", "problem.both_degrees")
	}
	if visit.Finding != "" && visit.Finding != "active" && in.Note == "" {
		c.add("note", "problem.visit_note")
	}
	return visit, c.sorted(planFor[Visit]())
}

// Document is what is typed beside an uploaded paper or photograph.
type Document struct {
	Type       string `json:"type,omitempty" validate:"required,max=40,code=document_type"`
	Number     string `json:"number,omitempty" validate:"omitempty,max=60"`
	IssuedOn   string `json:"issued_on,omitempty" validate:"omitempty,max=40"`
	ValidUntil string `json:"valid_until,omitempty" validate:"omitempty,max=40"`
}

// DecodeDocument reads the fields beside an upload.
func DecodeDocument(values map[string][]string) (*Document, fault.Problems) {
	return decodeInto[Document](values)
}

// Values returns the fields by their form names, to draw the form again.
func (d *Document) Values() map[string]string { return valuesOf(d) }

// Check returns the document, without its file. A paper that is no longer valid is taken with a warning: it still
// shows what was.
func (d *Document) Check(ctx Context) (registry.Document, fault.Problems) {
	in, c := shapedSmall(ctx, d)
	document := registry.Document{
		Type:       code[registry.DocumentType](c, "document_type", in.Type),
		Number:     c.number("number", in.Number),
		IssuedOn:   c.past("issued_on", in.IssuedOn),
		ValidUntil: c.date("valid_until", in.ValidUntil),
	}
	c.validity(document.IssuedOn, document.ValidUntil, "valid_until")
	if !document.ValidUntil.IsZero() && document.ValidUntil.Before(ctx.Today) {
		c.warn("valid_until", "problem.document_expired")
	}
	return document, c.sorted(planFor[Document]())
}

// Waiver is a decision, as typed, that a family need not meet a criterion.
type Waiver struct {
	Criterion string `json:"criterion,omitempty" validate:"required,max=60"`
	Exception string `json:"exception,omitempty" validate:"omitempty,max=60"`
	Reason    string `json:"reason,omitempty" validate:"required,max=1000" in:"text"`
	Document  string `json:"document_id,omitempty" validate:"omitempty,max=20"`
}

// DecodeWaiver reads a waiver's form.
func DecodeWaiver(values map[string][]string) (*Waiver, fault.Problems) {
	return decodeInto[Waiver](values)
}

// Values returns the fields by their form names, to draw the form again.
func (w *Waiver) Values() map[string]string { return valuesOf(w) }

// Check returns the waiver, whose family, person and time the caller fills in. Whether there is such a criterion and which paper its
// exception asks for is the service's business.
func (w *Waiver) Check() (registry.Waiver, fault.Problems) {
	in, c := shapedSmall(Context{}, w)
	waiver := registry.Waiver{
		Criterion: c.slug("criterion", in.Criterion),
		Exception: c.slug("exception", in.Exception),
		Reason:    in.Reason,
	}
	if in.Document != "" {
		n, err := strconv.ParseInt(in.Document, 10, 64)
		if err != nil || n < 1 {
			c.add("document_id", "problem.choice")
		} else {
			waiver.DocumentID = n
		}
	}
	if n := len([]rune(in.Reason)); n > 0 && n < 10 {
		c.add("reason", "problem.reason_short", 10)
	}
	return waiver, c.sorted(planFor[Waiver]())
}

// slug is a code of our own making, chosen from a list: letters, digits, - _ and dots.
func (c *checker) slug(name, s string) string {
	for i := range len(s) {
		b := s[i]
		if (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && (b < '0' || b > '9') && b != '-' && b != '_' && b != '.' {
			c.add(name, "problem.choice")
			return ""
		}
	}
	return s
}
