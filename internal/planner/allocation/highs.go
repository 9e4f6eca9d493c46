package allocation

import (
	"context"
	"math"

	"muntija/internal/highs"
)

// WithHighs is the searcher that HiGHS is.
func WithHighs(s *highs.Solver) Searcher {
	return func(ctx context.Context, p *Programme) (*Searched, error) {
		entries := 0
		for _, r := range p.Row {
			entries += len(r.Index)
		}
		m := highs.NewModel(highs.Maximize, len(p.Obj), len(p.Row), entries)
		for k, v := range p.Obj {
			if p.Whole && p.Upper[k] == 1 {
				m.AddBool(v)
			} else {
				m.AddCol(v, 0, p.Upper[k])
			}
		}
		var terms []highs.Term
		for k, r := range p.Row {
			terms = terms[:0]
			for a, x := range r.Index {
				terms = append(terms, highs.Term{Col: highs.Col(x), Coef: r.Coef[a]})
			}
			m.AddRow(p.Lower[k], p.Limit[k], terms...)
		}
		params := highs.Params{Nodes: p.Nodes, Seed: int32(p.Seed & 0xffff), AbsGap: max(0.99, p.Gap)}
		if p.From != nil {
			params.Start = p.From
		}
		res, err := s.Solve(ctx, m, params)
		if err != nil {
			return nil, err
		}
		out := &Searched{Found: res.HasValues, X: res.X, Bound: res.Bound}
		if res.Status == highs.Unknown && !res.HasValues {
			out.Bound = math.Inf(1)
		}
		if res.Status == highs.Infeasible {
			out.Bound = math.Inf(-1)
		}
		if !p.Whole {
			out.Duals = res.Duals
		}
		return out, nil
	}
}
