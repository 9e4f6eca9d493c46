package layout

import (
	"math"
	"slices"
)

// Up to how many booths the bounds are computed: that of the flows takes n³ steps twice, that of the booths' own costs once.
const (
	boundBooths  = 400
	assignBooths = 400
)

// bound returns what no layout costs less than: the bound of Gilmore and Lawler (1962). Each exhibitor at each booth costs at least its own part and its flows,
// the largest over the shortest ways; an assignment problem over these makes a bound of the whole. Costs of neighbours and crowds, which may be none, count nothing.
func (h *hall) bound() int64 {
	if h.flow == nil && h.linear == nil {
		return 0
	}
	if h.n > assignBooths || h.flow != nil && h.n > boundBooths { // each exhibitor in its cheapest booth
		sum := int64(0)
		if h.linear != nil {
			for i, row := range h.linear {
				least := row[h.free[i][0]]
				for _, a := range h.free[i] {
					least = min(least, row[a])
				}
				sum += least
			}
		}
		return sum
	}
	const never = math.MaxInt64 / 8 / maxBooths
	cost := make([][]int64, h.n)
	ways := make([][]int64, h.n)
	if h.flow != nil {
		for a := range h.n {
			for b := range h.n {
				if b != a {
					ways[a] = append(ways[a], h.way(a, b))
				}
			}
			slices.Sort(ways[a])
		}
	}
	for i := range h.n {
		cost[i] = make([]int64, h.n)
		if i >= h.m {
			continue
		}
		var flows []int64
		if h.flow != nil {
			for j := range h.m {
				if j != i {
					flows = append(flows, h.flow[i][j])
				}
			}
			slices.SortFunc(flows, func(a, b int64) int { return int(b - a) })
		}
		for a := range h.n {
			if !h.allowed[i][a] {
				cost[i][a] = never
				continue
			}
			if h.linear != nil {
				cost[i][a] = h.linear[i][a]
			}
			if h.flow == nil {
				continue
			}
			sum := h.flow[i][i] * h.way(a, a)
			for k, f := range flows {
				sum += f * ways[a][k]
			}
			cost[i][a] += h.w.flow * sum
		}
	}
	return assign(cost)
}

// assign returns the least cost of giving each row a column of its own (Kuhn's Hungarian method with potentials, O(n³)).
func assign(cost [][]int64) int64 {
	n := len(cost)
	u, v := make([]int64, n+1), make([]int64, n+1)
	row, from := make([]int, n+1), make([]int, n+1)
	for i := 1; i <= n; i++ {
		row[0] = i
		least, done := make([]int64, n+1), make([]bool, n+1)
		for j := range least {
			least[j] = math.MaxInt64
		}
		j := 0
		for row[j] != 0 {
			done[j] = true
			r, next, delta := row[j], 0, int64(math.MaxInt64)
			for k := 1; k <= n; k++ {
				if done[k] {
					continue
				}
				if c := cost[r-1][k-1] - u[r] - v[k]; c < least[k] {
					least[k], from[k] = c, j
				}
				if least[k] < delta {
					delta, next = least[k], k
				}
			}
			for k := range done {
				if done[k] {
					u[row[k]] += delta
					v[k] -= delta
				} else if k > 0 {
					least[k] -= delta
				}
			}
			j = next
		}
		for j != 0 {
			row[j] = row[from[j]]
			j = from[j]
		}
	}
	return -v[0]
}
