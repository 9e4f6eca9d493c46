package model

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"io"
	"strconv"
	"time"
)

// WriteProblem writes a problem in the format that Decode reads: the file of a published plan that anybody can verify. Days are written as dates; under a policy
// the values are the points, from which Decode makes the weights again.
func WriteProblem(w io.Writer, p *Problem) error {
	b := bufio.NewWriterSize(w, 1<<16)
	if err := p.writeHead(b); err != nil {
		return err
	}
	values := p.Value
	if p.Policy != nil {
		values = p.Policy.Points
	}
	names := make([][]byte, p.J())
	for j, e := range p.Exhibitions {
		names[j] = quoted(e.ID)
	}
	groups := make([][]byte, len(p.Types))
	for t, list := range p.Types {
		for k, g := range list {
			if k > 0 {
				groups[t] = append(groups[t], ',')
			}
			groups[t] = append(groups[t], quoted(p.Groups[g])...)
		}
	}
	var line []byte
	column := func(name string, c []int32, from, to int32, missing int32) {
		same := true
		for o := from; o < to; o++ {
			same = same && c[o] == c[from]
		}
		switch {
		case from == to || (same && c[from] == missing):
		case same:
			line = strconv.AppendInt(append(line, `,"`+name+`":`...), int64(c[from]), 10)
		default:
			line = append(line, `,"`+name+`":`...)
			line = p.appendColumn(line, names, c, from, to)
		}
	}
	for i := range p.N() {
		line = line[:0]
		if i > 0 {
			line = append(line, ',')
		}
		line = append(line, "\n  {\"id\":"...)
		line = append(line, quoted(p.IDs.At(i))...)
		if len(groups[p.Type[i]]) > 0 {
			line = append(append(append(line, `,"groups":[`...), groups[p.Type[i]]...), ']')
		}
		from, to := p.Start[i], p.Start[i+1]
		line = append(line, `,"value":`...)
		line = p.appendColumn(line, names, values, from, to)
		if p.Size != nil {
			column("size", p.Size, from, to, 1)
		}
		if p.Metres != nil {
			column("metres", p.Metres, from, to, 0)
		}
		if p.Cost != nil {
			column("cost", p.Cost, from, to, 0)
		}
		if p.Limit != nil && p.Limit[i] != p.AtMost {
			line = strconv.AppendInt(append(line, `,"at_most":`...), int64(p.Limit[i]), 10)
		}
		if p.Policy != nil && p.Policy.Class[i] != 0 {
			line = strconv.AppendInt(append(line, `,"class":`...), int64(p.Policy.Class[i]), 10)
		}
		line = append(line, '}')
		b.Write(line)
	}
	b.WriteString("]}\n")
	return b.Flush()
}

func (p *Problem) appendColumn(line []byte, names [][]byte, c []int32, from, to int32) []byte {
	line = append(line, '{')
	for o := from; o < to; o++ {
		if o > from {
			line = append(line, ',')
		}
		line = append(line, names[p.Exh[o]]...)
		line = strconv.AppendInt(append(line, ':'), int64(c[o]), 10)
	}
	return append(line, '}')
}

// writeHead writes everything before the exhibitors.
func (p *Problem) writeHead(b *bufio.Writer) error {
	type exhibition struct {
		ID       string `json:"id"`
		Capacity int64  `json:"capacity"`
		Metres   *int64 `json:"metres,omitempty"`
		First    string `json:"first_day,omitempty"`
		Last     string `json:"last_day,omitempty"`
	}
	type scope struct {
		ID          string   `json:"id"`
		Exhibitions []string `json:"exhibitions"`
		Group       string   `json:"group,omitempty"`
		Min         int64    `json:"min,omitempty"`
		Max         *int64   `json:"max,omitempty"`
		Amount      *int64   `json:"amount,omitempty"`
	}
	type policy struct {
		Rule       Rule    `json:"rule"`
		Bands      []int32 `json:"bands"`
		Seed       string  `json:"seed"`
		Commitment string  `json:"commitment"`
	}
	var head struct {
		Format      string       `json:"format"`
		Sense       string       `json:"sense"`
		MustPlace   bool         `json:"must_place"`
		AtMost      int32        `json:"at_most"`
		RestDays    int32        `json:"rest_days"`
		Exhibitions []exhibition `json:"exhibitions"`
		Conflicts   [][2]string  `json:"conflicts"`
		Quotas      []scope      `json:"quotas"`
		Budgets     []scope      `json:"budgets"`
		Policy      *policy      `json:"policy,omitempty"`
	}
	head.Format, head.Sense, head.MustPlace, head.AtMost, head.RestDays = Format, p.Sense.String(), p.MustPlace, max(p.AtMost, 1), p.RestDays
	head.Conflicts, head.Quotas, head.Budgets = [][2]string{}, []scope{}, []scope{}
	day := func(d int32) string { return time.Unix(int64(d)*86400, 0).UTC().Format(time.DateOnly) }
	for _, e := range p.Exhibitions {
		x := exhibition{ID: e.ID, Capacity: e.Capacity}
		if e.Metres < Unlimited {
			x.Metres = &e.Metres
		}
		if e.FirstDay != 0 || e.LastDay != 0 {
			x.First, x.Last = day(e.FirstDay), day(e.LastDay)
		}
		head.Exhibitions = append(head.Exhibitions, x)
	}
	for _, c := range p.Conflicts {
		head.Conflicts = append(head.Conflicts, [2]string{p.Exhibitions[c[0]].ID, p.Exhibitions[c[1]].ID})
	}
	of := func(id string, set []uint16, group int32) scope {
		s := scope{ID: id}
		for _, j := range set {
			s.Exhibitions = append(s.Exhibitions, p.Exhibitions[j].ID)
		}
		if group >= 0 {
			s.Group = p.Groups[group]
		}
		return s
	}
	for _, q := range p.Quotas {
		s := of(q.ID, q.Exhibitions, q.Group)
		s.Min = q.Min
		if q.Max < Unlimited {
			s.Max = &q.Max
		}
		head.Quotas = append(head.Quotas, s)
	}
	for _, x := range p.Budgets {
		s := of(x.ID, x.Exhibitions, x.Group)
		s.Amount = &x.Amount
		head.Budgets = append(head.Budgets, s)
	}
	if y := p.Policy; y != nil {
		head.Policy = &policy{Rule: y.Rule, Bands: append([]int32{}, y.Bands...), Seed: hex.EncodeToString(y.Seed), Commitment: hex.EncodeToString(y.Commitment[:])}
	}
	text, err := json.MarshalIndent(head, "", " ")
	if err != nil {
		return err
	}
	b.Write(text[:len(text)-2])
	b.WriteString(",\n \"exhibitors\": [")
	return nil
}
