package explain

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// reasonJSON is a reason in a plan file.
type reasonJSON struct {
	Exhibition string     `json:"exhibition"`
	Rule       Rule       `json:"rule"`
	Detail     string     `json:"detail,omitempty"` // the exhibition, quota or budget that the rule names
	Seats      int        `json:"seats"`
	Applicants int        `json:"applicants"`
	Waiting    int        `json:"waiting,omitempty"`
	CutOff     *markJSON  `json:"cut_off,omitempty"`
	Own        *markJSON  `json:"own,omitempty"`
	Enough     *enoughRaw `json:"enough,omitempty"`
}

type markJSON struct {
	Value  int32  `json:"value"`
	Points *int32 `json:"points,omitempty"`
	Class  *int   `json:"class,omitempty"`
	Band   *int   `json:"band,omitempty"`
	Key    string `json:"key,omitempty"`
}

type enoughRaw struct {
	Value  *int32 `json:"value,omitempty"`
	Band   *int   `json:"band,omitempty"`
	Points *int32 `json:"points,omitempty"`
	Class  bool   `json:"class,omitempty"` // no band would have been enough: the class decides
}

func (b *Book) markJSON(m *Mark) *markJSON {
	if m == nil {
		return nil
	}
	out := &markJSON{Value: m.Value}
	if b.P.Policy != nil {
		out.Points, out.Class, out.Band, out.Key = &m.Points, &m.Class, &m.Band, fmt.Sprintf("%016x", m.Key)
	}
	return out
}

func (b *Book) detail(rule Rule, index int32, other uint16) string {
	switch rule {
	case Conflict:
		return b.P.Exhibitions[other].ID
	case QuotaFull:
		return b.P.Quotas[index].ID
	case Budget:
		return b.P.Budgets[index].ID
	}
	return ""
}

func (b *Book) reason(r Reason) reasonJSON {
	out := reasonJSON{Exhibition: b.P.Exhibitions[r.Exhibition].ID, Rule: r.Rule, Detail: b.detail(r.Rule, r.Index, r.Other), Seats: r.Seats,
		Applicants: r.Applicants, Waiting: r.Waiting, CutOff: b.markJSON(r.CutOff), Own: b.markJSON(&r.Own)}
	if e := r.Enough; e != nil {
		switch {
		case b.P.Policy == nil:
			out.Enough = &enoughRaw{Value: &e.Value}
		case e.Band < 0:
			out.Enough = &enoughRaw{Class: true}
		default:
			out.Enough = &enoughRaw{Band: &e.Band, Points: &e.Points}
		}
	}
	return out
}

// WriteJSON writes the reasons of a plan file; those of each exhibitor only if families is true.
func (b *Book) WriteJSON(w io.Writer, families bool) error {
	type hall struct {
		ID         string  `json:"id"`
		Places     int     `json:"places"`
		Booths     int64   `json:"booths"`
		Metres     int64   `json:"metres,omitempty"`
		Applicants int     `json:"applicants"`
		BoothWorth float64 `json:"one_more_booth_is_worth"`
	}
	type gauge struct {
		ID       string  `json:"id"`
		Used     int64   `json:"used"`
		Min      int64   `json:"min,omitempty"`
		Max      *int64  `json:"max,omitempty"`
		MaxWorth float64 `json:"one_more_is_worth"`
		MinWorth float64 `json:"one_less_of_the_minimum_is_worth,omitempty"`
	}
	type blockJSON struct {
		Rule   Rule   `json:"rule"`
		Detail string `json:"detail,omitempty"`
		At     string `json:"at,omitempty"`
		Count  int    `json:"applicants"`
	}
	type cause struct {
		Quota      string      `json:"quota,omitempty"`
		MustPlace  bool        `json:"must_place,omitempty"`
		Missing    int64       `json:"missing"`
		Applicants int         `json:"applicants"`
		None       bool        `json:"too_few_applicants"`
		Blocks     []blockJSON `json:"blocked_by"`
	}
	var head struct {
		Exhibitions []hall  `json:"exhibitions"`
		Quotas      []gauge `json:"quotas"`
		Unmet       []cause `json:"unmet"`
	}
	head.Unmet, head.Quotas = []cause{}, []gauge{}
	p := b.P
	for _, h := range b.Exhibitions() {
		head.Exhibitions = append(head.Exhibitions, hall{p.Exhibitions[h.Exhibition].ID, h.Places, h.Booths, h.Metres, h.Applicants, h.BoothPrice})
	}
	for _, g := range b.Quotas() {
		q := p.Quotas[g.Quota]
		x := gauge{ID: q.ID, Used: g.Used, Min: q.Min, MaxWorth: g.MaxPrice, MinWorth: g.MinPrice}
		if q.Max < 1<<62 {
			x.Max = &q.Max
		}
		head.Quotas = append(head.Quotas, x)
	}
	for _, c := range b.Unmet() {
		x := cause{MustPlace: c.Quota < 0, Missing: c.Missing, Applicants: c.Applicants, None: c.None, Blocks: []blockJSON{}}
		if c.Quota >= 0 {
			x.Quota = p.Quotas[c.Quota].ID
		}
		for _, k := range c.Blocks[:min(len(c.Blocks), 8)] {
			y := blockJSON{Rule: k.Rule, Detail: b.detail(k.Rule, k.Index, k.At), Count: k.Count}
			if k.Rule == Capacity || k.Rule == Metres {
				y.At = p.Exhibitions[k.At].ID
			}
			x.Blocks = append(x.Blocks, y)
		}
		head.Unmet = append(head.Unmet, x)
	}
	text, err := json.MarshalIndent(head, "  ", " ")
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	if !families {
		out.Write(text)
		return out.Flush()
	}
	out.Write(text[:len(text)-4])
	out.WriteString(",\n   \"exhibitors\": [")
	for i := range p.N() {
		if i > 0 {
			out.WriteByte(',')
		}
		list := []reasonJSON{}
		for _, r := range b.Family(i) {
			list = append(list, b.reason(r))
		}
		line, err := json.Marshal(list)
		if err != nil {
			return err
		}
		id, err := json.Marshal(p.IDs.At(i))
		if err != nil {
			return err
		}
		out.WriteString("\n    {\"exhibitor\": " + string(id) + ", \"reasons\": ")
		out.Write(line)
		out.WriteByte('}')
	}
	out.WriteString("\n   ]\n  }")
	return out.Flush()
}
