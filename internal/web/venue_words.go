package web

import (
	"strconv"
	"strings"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/locale"
)

// metre is a length in words: "2.5 m", to the centimetre.
func (w words) metre(mm int) string {
	return w.T("plan.metre", locale.Raw(strconv.FormatFloat(float64((mm+5)/10)/100, 'f', -1, 64)))
}

// quantity is a number of a finding with its unit.
func (w words) quantity(v int, unit exhibition.Unit) string {
	switch unit {
	case exhibition.Length:
		return w.metre(v)
	case exhibition.Watts:
		return w.T("plan.watt", v)
	}
	return w.Num(int64(v))
}

// finding says what a check found, in one sentence.
func (w words) finding(f *exhibition.Finding) string {
	subject := w.join(f.Codes)
	if subject == "" {
		subject = "—"
	}
	value := w.quantity(f.Value, f.Unit)
	if f.Value == 0 && (f.Rule == exhibition.RuleCable || f.Rule == exhibition.RuleHose) {
		value = w.T("plan.no_point")
	}
	return w.T("enum.plan_rule."+string(f.Rule), locale.Raw("\u2068"+subject+"\u2069"), locale.Raw(value), locale.Raw(w.quantity(f.Limit, f.Unit)))
}

// shownFinding is a finding as pages and the editor show it.
type shownFinding struct {
	Block bool             `json:"block"`
	Text  string           `json:"text"`
	IDs   []int            `json:"ids"`
	At    exhibition.Point `json:"at"`
}

// maxFindings bounds how many findings a page names: a plan with more is mended from the first on.
const maxFindings = 60

func (w words) findings(found []exhibition.Finding) []shownFinding {
	out := make([]shownFinding, 0, min(len(found), maxFindings))
	for i := range found[:min(len(found), maxFindings)] {
		f := &found[i]
		out = append(out, shownFinding{f.Severity == fault.Blocking, w.finding(f), f.IDs, f.At})
	}
	return out
}

// verdict says what speaks against a placing, in one clause. plan gives the other booth its code.
func (w words) verdict(p *exhibition.Plan, f *exhibition.PlaceFinding) string {
	code := ""
	if b := p.BoothByID(f.Other); b != nil {
		code = b.Code
	}
	var value, limit string
	switch f.Rule {
	case exhibition.PlaceSize:
		value, limit = w.square(f.Value), w.square(f.Limit)
	case exhibition.PlacePower:
		value, limit = w.quantity(f.Value, exhibition.Watts), w.quantity(f.Limit, exhibition.Watts)
	default:
		value, limit = w.metre(max(0, f.Value)), w.metre(f.Limit)
	}
	return w.T("enum.place_rule."+string(f.Rule), locale.Raw("\u2068"+code+"\u2069"), locale.Raw(value), locale.Raw(limit))
}

// square is a floor in dm² in words of m².
func (w words) square(dm2 int) string {
	return w.T("venue.m2", locale.Raw(strconv.FormatFloat(float64(dm2)/100, 'f', -1, 64)))
}

// supply is what is led to a booth, in words.
func (w words) supply(b *exhibition.Booth) string {
	var parts []string
	if b.PowerW > 0 {
		parts = append(parts, w.quantity(b.PowerW, exhibition.Watts))
	}
	for _, x := range []struct {
		is  bool
		key string
	}{{b.Water, "booth.water"}, {b.Accessible, "booth.accessible"}, {b.Extraction, "booth.extraction"}, {b.Shaded, "booth.shaded"}} {
		if x.is {
			parts = append(parts, w.T("field."+x.key))
		}
	}
	return w.join(parts)
}

// size is the size of a booth in metres: "3 × 2".
func boothSize(b *exhibition.Booth) string { return metres(b.Width) + " × " + metres(b.Depth) }

// placeOf is the middle of a booth in metres: "12.5, 8".
func placeOf(b *exhibition.Booth) string {
	return strings.Join([]string{metres(b.X), metres(b.Y)}, ", ")
}
