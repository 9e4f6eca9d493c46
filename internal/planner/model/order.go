package model

import (
	"bytes"
	"slices"
)

// sortByID puts the exhibitors into the order of their ids. It is done a column at a time, so that it takes the memory of one column more.
func (p *Problem) sortByID() error {
	n := p.N()
	sorted := true
	for i := 1; i < n && sorted; i++ {
		c := bytes.Compare(p.IDs.bytes(i-1), p.IDs.bytes(i))
		if c == 0 {
			return bad("planfile.exhibitor_twice", p.IDs.At(i))
		}
		sorted = c < 0
	}
	if sorted {
		return nil
	}
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return bytes.Compare(p.IDs.bytes(int(a)), p.IDs.bytes(int(b))) })
	for i := 1; i < n; i++ {
		if bytes.Equal(p.IDs.bytes(int(order[i-1])), p.IDs.bytes(int(order[i]))) {
			return bad("planfile.exhibitor_twice", p.IDs.At(int(order[i])))
		}
	}
	p.Exh, p.Value, p.Size = pairsInOrder(p, order, p.Exh), pairsInOrder(p, order, p.Value), pairsInOrder(p, order, p.Size)
	p.Metres, p.Cost = pairsInOrder(p, order, p.Metres), pairsInOrder(p, order, p.Cost)
	if p.Policy != nil {
		y := *p.Policy
		y.Points, y.Class, y.Key = pairsInOrder(p, order, y.Points), inOrder(order, y.Class), inOrder(order, y.Key)
		p.Policy = &y
	}
	var ids Names
	start := make([]int32, 1, n+1)
	for _, i := range order {
		ids.appendBytes(p.IDs.bytes(int(i)))
		start = append(start, start[len(start)-1]+p.Start[i+1]-p.Start[i])
	}
	p.Type, p.Limit = inOrder(order, p.Type), inOrder(order, p.Limit)
	p.IDs, p.Start = ids, start
	return nil
}

func inOrder[T any](order []int32, c []T) []T {
	if c == nil {
		return nil
	}
	out := make([]T, len(c))
	for k, i := range order {
		out[k] = c[i]
	}
	return out
}

func pairsInOrder[T any](p *Problem, order []int32, c []T) []T {
	if c == nil {
		return nil
	}
	out := make([]T, 0, len(c))
	for _, i := range order {
		out = append(out, c[p.Start[i]:p.Start[i+1]]...)
	}
	return out
}
