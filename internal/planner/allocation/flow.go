package allocation

import (
	"cmp"
	"math"
	"slices"

	"muntija/internal/planner/model"
)

// trees are the quotas of one exhibition as two trees (laminar families of types): flow runs from the root of the first through its nodes down to the
// cells, and from the cells up through the second to its root.
type trees struct {
	node []treeNode
	leaf [2][]int32 // per type: the innermost node in each tree
}

// treeNode is a quota, or the root of a tree.
type treeNode struct {
	quota    int32 // -1 for a root
	parent   int32
	min, max int64
	flow     int64
}

// growTrees arranges the quotas of a problem with one exhibition in two trees, or reports that the problem is not of this kind. Two quotas that cross (each
// has types that the other lacks) belong in different trees; the crossings must form a bipartite graph.
func growTrees(p *model.Problem) (*trees, bool) {
	if p.J() != 1 || p.MustPlace || p.Size != nil {
		return nil, false
	}
	if (p.Metres != nil && p.Exhibitions[0].Metres < model.Unlimited) || (p.Cost != nil && len(p.Budgets) > 0) {
		return nil, false
	}
	n := len(p.Quotas)
	sets := make([][]uint64, n)
	count := make([]int, n)
	words := (len(p.Types) + 63) / 64
	for q, x := range p.Quotas {
		sets[q] = make([]uint64, words)
		for t := range p.Types {
			if p.In(int32(t), x.Group) {
				sets[q][t>>6] |= 1 << (t & 63)
				count[q]++
			}
		}
	}
	relation := func(a, b int) (common bool, within bool) { // within: a's types are all b's
		within = true
		for w := range words {
			common = common || sets[a][w]&sets[b][w] != 0
			within = within && sets[a][w]&^sets[b][w] == 0
		}
		return common, within
	}
	side := make([]int8, n)
	for q := range side {
		side[q] = -1
	}
	for q := range n {
		if side[q] >= 0 {
			continue
		}
		side[q] = 0
		for queue := []int{q}; len(queue) > 0; queue = queue[1:] {
			a := queue[0]
			for b := range n {
				common, within := relation(a, b)
				if a == b || !common || within {
					continue
				}
				if _, within := relation(b, a); within {
					continue
				}
				if side[b] == side[a] {
					return nil, false
				}
				if side[b] < 0 {
					side[b] = 1 - side[a]
					queue = append(queue, b)
				}
			}
		}
	}
	t := &trees{}
	order := make([]int, n)
	for q := range order {
		order[q] = q
	}
	// larger sets first: a parent comes before its children; of two equal sets the first holds the second
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(count[b], count[a]) })
	room := p.Exhibitions[0].Capacity
	t.node = append(t.node, treeNode{quota: -1, parent: -1, max: room}, treeNode{quota: -1, parent: -1, max: math.MaxInt64})
	for s := range 2 {
		t.leaf[s] = make([]int32, len(p.Types))
		for k := range t.leaf[s] {
			t.leaf[s][k] = int32(s)
		}
	}
	for _, q := range order {
		if count[q] == 0 {
			continue
		}
		s := side[q]
		parent := int32(-1)
		id := int32(len(t.node))
		for k := range p.Types {
			if sets[q][k>>6]>>(k&63)&1 == 1 {
				parent = t.leaf[s][k]
				t.leaf[s][k] = id
			}
		}
		t.node = append(t.node, treeNode{quota: int32(q), parent: parent, min: p.Quotas[q].Min, max: p.Quotas[q].Max})
	}
	return t, true
}

// cell is the applicants that share the innermost node of both trees, the best first. The first used of them are chosen.
type cell struct {
	a, b int32
	list []ranked
	used int
}

// ranked is an applicant in the order of its cell.
type ranked struct {
	value int64
	key   uint64
	o, i  int32
}

// solveFlow finds the exact optimum of one exhibition with two trees of quotas by successive shortest paths with convex costs (Ahuja, Magnanti and Orlin:
// Network Flows, 1993, sections 9.7 and 14.5), on the graph of tree nodes. All applicants of a cell are one arc whose cost grows with each
// unit, so that the graph has as many nodes as there are quotas, whatever the number of applicants. The potentials at the end are prices at which the bound
// equals the plan.
func (e *engine) solveFlow(t *trees) ([]int32, *prices) {
	cells := e.cells(t)
	f := &flow{e: e, t: t, cells: cells, limit: e.penalty}
	for f.augment() {
	}
	f.potentials()
	var chosen []int32
	for _, c := range cells {
		for _, r := range c.list[:c.used] {
			chosen = append(chosen, r.o)
		}
	}
	slices.Sort(chosen)
	pr := e.newPrices()
	for k, n := range t.node {
		step := int64(0)
		switch {
		case n.quota < 0:
			if k == 0 { // from the merged root to the root of the first tree: the capacity
				step = f.dist[0] - f.dist[1]
				pr.row[0] = max(0, step)
			}
			continue
		case f.down(k):
			step = f.dist[k] - f.dist[n.parent]
		default:
			step = f.dist[n.parent] - f.dist[k]
		}
		pr.row[e.quotaMax+int(n.quota)] = max(0, step)
		pr.row[e.quotaMin+int(n.quota)] = min(max(0, -step), e.penalty*e.scale)
	}
	return chosen, pr
}

// cells groups the applicants. Only as many of each cell as could ever be chosen are sorted.
func (e *engine) cells(t *trees) []cell {
	p := e.p
	of := make([]int32, len(p.Types))
	index := map[[2]int32]int32{}
	var cells []cell
	for k := range p.Types {
		key := [2]int32{t.leaf[0][k], t.leaf[1][k]}
		c, ok := index[key]
		if !ok {
			c = int32(len(cells))
			index[key] = c
			cells = append(cells, cell{a: key[0], b: key[1]})
		}
		of[k] = c
	}
	size := make([]int, len(cells))
	for _, k := range p.Type {
		size[of[k]]++
	}
	for c := range cells {
		cells[c].list = make([]ranked, 0, size[c])
	}
	for i := range e.n {
		if p.Start[i] == p.Start[i+1] || p.LimitOf(i) == 0 {
			continue
		}
		o := p.Start[i]
		r := ranked{value: e.value(o), o: o, i: int32(i)}
		if p.Policy != nil {
			r.key = p.Policy.Key[i]
		}
		c := &cells[of[p.Type[i]]]
		c.list = append(c.list, r)
	}
	for c := range cells {
		list := cells[c].list
		room := p.Exhibitions[0].Capacity
		for _, leaf := range []int32{cells[c].a, cells[c].b} {
			for k := leaf; k >= 0; k = t.node[k].parent {
				room = min(room, t.node[k].max)
			}
		}
		if int64(len(list)) > 4*(room+1) {
			list = selectBest(list, int(room)+1)
		}
		slices.SortFunc(list, before)
		cells[c].list = list
	}
	return cells
}

// before orders a cell: value, then the lottery, then the position.
func before(a, b ranked) int {
	if c := cmp.Compare(b.value, a.value); c != 0 {
		return c
	}
	if c := cmp.Compare(b.key, a.key); c != 0 {
		return c
	}
	return cmp.Compare(a.o, b.o)
}

// selectBest returns the k best in any order, by keeping the worst of them at the root of a heap.
func selectBest(list []ranked, k int) []ranked {
	h := list[:k]
	down := func(at int) {
		for {
			c := 2*at + 1
			if c >= k {
				return
			}
			if c+1 < k && before(h[c+1], h[c]) > 0 {
				c++
			}
			if before(h[c], h[at]) <= 0 {
				return
			}
			h[at], h[c] = h[c], h[at]
			at = c
		}
	}
	for at := k/2 - 1; at >= 0; at-- {
		down(at)
	}
	for _, r := range list[k:] {
		if before(r, h[0]) < 0 {
			h[0] = r
			down(0)
		}
	}
	return h
}

// flow is the state of the successive shortest paths. Node 0 is the root of the first tree, node 1 that of the second, which is also the source and the sink
// in one: a unit runs 1 → 0 → … → cell → … → 1.
type flow struct {
	e     *engine
	t     *trees
	cells []cell
	limit int64
	dist  []int64
	from  []int32 // the arc by which the shortest path comes: see arc
	side  []int8
}

// down reports whether a node is in the first tree, whose arcs lead from the parent to the node.
func (f *flow) down(k int) bool {
	if f.side == nil {
		f.side = make([]int8, len(f.t.node))
		f.side[1] = 1
		for k, n := range f.t.node {
			if n.parent >= 0 {
				f.side[k] = f.side[n.parent]
			}
		}
	}
	return f.side[k] == 0
}

const infinite = math.MaxInt64 / 4

// relaxAll runs Bellman and Ford's rounds over the residual arcs until nothing changes. Codes of arcs: 4k and 4k+1 are node k's tree arc forwards and
// backwards, 4c+2 and 4c+3 cell c's.
func (f *flow) relaxAll() {
	relax := func(u, v int32, cost int64, code int32) bool {
		if f.dist[u] >= infinite || f.dist[u]+cost >= f.dist[v] {
			return false
		}
		f.dist[v], f.from[v] = f.dist[u]+cost, code
		return true
	}
	for changed := true; changed; {
		changed = false
		tree := func(k int) {
			n := &f.t.node[k]
			u, v := n.parent, int32(k)
			if k == 0 {
				u = 1
			}
			if !f.down(k) {
				u, v = v, u
			}
			if n.flow < n.max {
				cost := int64(0)
				if n.flow < n.min {
					cost = -f.limit
				}
				changed = relax(u, v, cost, int32(4*k)) || changed
			}
			if n.flow > 0 {
				cost := int64(0)
				if n.flow <= n.min {
					cost = f.limit
				}
				changed = relax(v, u, cost, int32(4*k+1)) || changed
			}
		}
		for k := range f.t.node {
			if k != 1 && f.down(k) {
				tree(k)
			}
		}
		for c := range f.cells {
			x := &f.cells[c]
			if x.used < len(x.list) {
				changed = relax(x.a, x.b, -x.list[x.used].value, int32(4*c+2)) || changed
			}
			if x.used > 0 {
				changed = relax(x.b, x.a, x.list[x.used-1].value, int32(4*c+3)) || changed
			}
		}
		for k := len(f.t.node) - 1; k >= 0; k-- {
			if k != 1 && !f.down(k) {
				tree(k)
			}
		}
	}
}

// augment sends one unit along the cheapest cycle through the root 1, if its cost is negative.
//
// The root of the second tree is split for the search: paths start at it and end on the way back into it. They begin at node 0, which has the only arc out.
func (f *flow) augment() bool {
	root := &f.t.node[0]
	if root.flow >= root.max {
		return f.cycle()
	}
	f.reset(infinite)
	f.dist[0], f.from[0] = 0, -2
	f.relaxFrom()
	if f.dist[1] >= 0 {
		return false
	}
	f.apply(1)
	root.flow++
	return true
}

// cycle is for a full exhibition: nothing is left to add, and successive shortest paths have kept every residual cycle non-negative.
func (f *flow) cycle() bool { return false }

func (f *flow) reset(d int64) {
	if f.dist == nil {
		f.dist, f.from = make([]int64, len(f.t.node)), make([]int32, len(f.t.node))
	}
	for k := range f.dist {
		f.dist[k], f.from[k] = d, -1
	}
}

// relaxFrom is relaxAll without the arcs of the root 0, so that the path is simple in the split graph.
func (f *flow) relaxFrom() {
	root := f.t.node[0]
	f.t.node[0].flow, f.t.node[0].max = 0, 0
	f.relaxAll()
	f.t.node[0].flow, f.t.node[0].max = root.flow, root.max
}

// apply sends a unit along the path found to node v.
func (f *flow) apply(v int32) {
	for f.from[v] >= 0 {
		code := f.from[v]
		k, back := int(code/4), code&1 == 1
		if code&2 != 0 {
			c := &f.cells[k]
			if back {
				c.used--
				v = c.b
			} else {
				c.used++
				v = c.a
			}
			continue
		}
		n := &f.t.node[k]
		u, w := n.parent, int32(k)
		if !f.down(k) {
			u, w = w, u
		}
		if back {
			n.flow--
			v = w
		} else {
			n.flow++
			v = u
		}
	}
}

// potentials computes node prices that every residual arc respects, from all nodes at once, so that nodes that no path reaches have prices too; then lowers
// the parts of the second tree that carry nothing, whose minima may not be worth more than the penalty.
func (f *flow) potentials() {
	f.reset(0)
	f.relaxAll()
	for k, n := range f.t.node {
		if k < 2 || f.down(k) || n.flow > 0 {
			continue
		}
		most := f.dist[n.parent]
		if n.min > 0 && n.max > 0 {
			most += f.limit
		}
		f.dist[k] = min(f.dist[k], most)
	}
}
