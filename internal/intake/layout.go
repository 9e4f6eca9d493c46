package intake

import (
	"muntija/internal/exhibition"
	"muntija/internal/fault"
)

// Layout is what a proposal for the booths of a hall is asked, as typed.
type Layout struct {
	Stay      string `json:"stay,omitempty" validate:"required,max=10"`
	Pavilions string `json:"pavilions,omitempty" validate:"omitempty,max=10"`
	Partial   string `json:"partial,omitempty" validate:"omitempty,max=10"`
	Ways      string `json:"ways,omitempty" validate:"required,max=10"` // "walked", "straight"
	Radius    string `json:"radius,omitempty" validate:"required,max=10"`
	Seconds   string `json:"seconds,omitempty" validate:"required,max=10"`
	SameCraft string `json:"same_craft,omitempty" validate:"required,max=10"`
	Crowd     string `json:"crowd,omitempty" validate:"required,max=10"`
	Heavy     string `json:"heavy,omitempty" validate:"required,max=10"`
	Goods     string `json:"goods,omitempty" validate:"required,max=10"`
	Wishes    string `json:"wishes,omitempty" validate:"required,max=10"`
	Move      string `json:"move,omitempty" validate:"required,max=10"`
}

// Ways are the answers to how distances are measured.
func Ways() []string { return []string{"walked", "straight"} }

// DecodeLayout reads the form of a proposal.
func DecodeLayout(values map[string][]string) (*Layout, fault.Problems) {
	return decodeInto[Layout](values)
}

// Values returns the fields by their form names.
func (l *Layout) Values() map[string]string { return valuesOf(l) }

// FromLayout is the form that describes terms.
func FromLayout(t *exhibition.LayoutTerms) *Layout {
	yes := map[bool]string{true: "yes"}
	return &Layout{Stay: string(t.Stay), Pavilions: yes[t.Pavilions], Partial: yes[t.Partial], Ways: map[bool]string{true: "walked", false: "straight"}[t.Walked], Radius: number(t.Radius),
		Seconds: number(t.Seconds), SameCraft: whole(t.SameCraft), Crowd: whole(t.Crowd), Heavy: whole(t.Heavy), Goods: whole(t.Goods), Wishes: whole(t.Wishes), Move: whole(t.Move)}
}

// whole is number, with a 0 for nothing: a weight of 0 is an answer.
func whole(n int) string {
	if n == 0 {
		return "0"
	}
	return number(n)
}

// Check returns the terms.
func (l *Layout) Check(ctx Context) (exhibition.LayoutTerms, fault.Problems) {
	in, c := shapedSmall(ctx, l)
	t := exhibition.LayoutTerms{Stay: exhibition.Stay(c.oneOf("stay", in.Stay, texts(exhibition.Stays()))), Pavilions: c.yes("pavilions", in.Pavilions), Partial: c.yes("partial", in.Partial),
		Walked: c.oneOf("ways", in.Ways, Ways()) == "walked", Radius: c.whole("radius", in.Radius, 1, exhibition.MaxCrowdRadius),
		Seconds: c.whole("seconds", in.Seconds, 1, exhibition.MaxLayoutSeconds)}
	for _, w := range []struct {
		name, text string
		to         *int
	}{{"same_craft", in.SameCraft, &t.SameCraft}, {"crowd", in.Crowd, &t.Crowd}, {"heavy", in.Heavy, &t.Heavy}, {"goods", in.Goods, &t.Goods}, {"wishes", in.Wishes, &t.Wishes},
		{"move", in.Move, &t.Move}} {
		*w.to = c.whole(w.name, w.text, 0, exhibition.MaxLayoutWeight)
	}
	ps := c.sorted(planFor[Layout]())
	if ps.Err() == nil {
		ps = append(ps, t.Problems()...)
	}
	return t, ps
}
