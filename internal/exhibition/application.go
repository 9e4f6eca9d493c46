package exhibition

import (
	"strings"

	"muntija/internal/calendar"
	"muntija/internal/registry"
)

// Application is what an exhibitor asks for and brings. It is also what a place on the plan must offer.
type Application struct {
	Products  string  `json:"products"` // what will be shown, in the exhibitor's words
	Sign      string  `json:"sign"`     // the booth's sign, exactly as typed: the exhibitor answers for it
	SignEN    string  `json:"sign_en,omitempty"`
	Needs     Needs   `json:"needs"`
	People    int     `json:"people"` // who come, for badges and beds; 1 to 6
	Lodging   bool    `json:"lodging,omitempty"`
	Transport bool    `json:"transport,omitempty"`
	Note      string  `json:"note,omitempty"`
	Channel   Channel `json:"channel"`
}

// Channel is how an application came in.
type Channel string

// The channels: typed by an officer on the family's behalf, or by the family itself behind an invitation link.
const (
	ByOfficer Channel = "officer"
	ByLink    Channel = "link"
)

// Needs is what a place must offer to an exhibitor.
type Needs struct {
	Size       Size `json:"size"`
	Power      bool `json:"power,omitempty"`
	Water      bool `json:"water,omitempty"`
	Extraction bool `json:"extraction,omitempty"` // smoke or smell of live work or incense
	Loading    bool `json:"loading,omitempty"`    // heavy goods: near the loading door
	Accessible bool `json:"accessible,omitempty"` // on the step-free route, with room to turn
	Live       bool `json:"live,omitempty"`       // shows the craft at work
}

// Size is the kind of place asked for.
type Size string

// Sizes are the kinds of place, smallest first (domain: 4–6 m² net is usual, 9 m² the shell stand of trade fairs).
func Sizes() []Size {
	return []Size{"table", "shared", "2x2", "2x3", "3x3", "3x4", "kiosk", "food_unit"}
}

// Square is the net area of a kind of place in tenths of a square metre.
func (s Size) Square() int {
	return map[Size]int{"table": 20, "shared": 30, "2x2": 40, "2x3": 60, "3x3": 90, "3x4": 120, "kiosk": 90, "food_unit": 120}[s]
}

// SignMax is the longest sign, in characters: what a fascia board holds (40 in the rule book of one trade fair).
const SignMax = 40

// Food reports whether a craft needs the food papers.
func Food(craft string) bool {
	c, ok := registry.CraftByCode(craft)
	return ok && c.Food
}

// PaperProblem is a paper that will not do on the last day.
type PaperProblem struct {
	Type    registry.DocumentType
	Expires calendar.Date // zero: there is no such paper
}

// PapersThrough returns what of the required papers is missing or ends before the last day of the exhibitor's wave; food exhibitors also need a health
// certificate. Of two papers of one kind the one that lasts longer counts.
func (t *Terms) PapersThrough(wave int, craft string, papers []registry.Document) []PaperProblem {
	_, last, ok := t.Run(wave)
	if !ok {
		return nil
	}
	need := append([]registry.DocumentType{}, t.Documents...)
	if Food(craft) && !strings.Contains(","+joinTypes(need)+",", ",health_certificate,") {
		need = append(need, "health_certificate")
	}
	var out []PaperProblem
	for _, typ := range need {
		found, ends := false, calendar.Date(0)
		for _, d := range papers {
			if d.Type != typ || !d.RemovedAt.IsZero() {
				continue
			}
			if d.ValidUntil.IsZero() || !d.ValidUntil.Before(last) {
				found, ends = true, 0
				break
			}
			if d.ValidUntil.After(ends) {
				ends = d.ValidUntil
			}
			found = true
		}
		if !found || !ends.IsZero() {
			out = append(out, PaperProblem{typ, ends})
		}
	}
	return out
}

func joinTypes(list []registry.DocumentType) string {
	var b strings.Builder
	for i, d := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(d))
	}
	return b.String()
}
