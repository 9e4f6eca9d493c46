package allocation

// circulation finds flows within lower and upper bounds (Hoffman 1960) by a maximum flow (Dinic 1970) from the nodes that lower bounds overfill to those
// that they drain.
type circulation struct {
	nodes int
	arcs  []drawArc
	head  [][]int32 // residual arcs of each node
	to    []int32
	room  []int64
	level []int32
	next  []int32
	base  int // residual arcs of the arcs come first, two each
}

func newCirculation(nodes int, arcs []drawArc) *circulation {
	g := &circulation{nodes: nodes, arcs: arcs, head: make([][]int32, nodes+2), level: make([]int32, nodes+2), next: make([]int32, nodes+2)}
	for _, a := range arcs {
		g.link(a.u, a.v)
	}
	g.base = len(g.to)
	for v := range int32(nodes) {
		g.link(int32(nodes), v)
		g.link(v, int32(nodes+1))
	}
	g.room = make([]int64, len(g.to))
	return g
}

func (g *circulation) link(u, v int32) {
	g.head[u] = append(g.head[u], int32(len(g.to)))
	g.to = append(g.to, v)
	g.head[v] = append(g.head[v], int32(len(g.to)))
	g.to = append(g.to, u)
}

// solve sets the flow of every arc and returns nil, or returns the nodes of a cut into which more must flow than may flow out.
func (g *circulation) solve() []bool {
	need := make([]int64, g.nodes)
	for k := range g.arcs {
		a := &g.arcs[k]
		g.room[2*k], g.room[2*k+1] = a.high-a.low, 0
		need[a.v] += a.low
		need[a.u] -= a.low
	}
	var want int64
	for v := range g.nodes {
		k := g.base + 4*v
		g.room[k], g.room[k+1], g.room[k+2], g.room[k+3] = max(need[v], 0), 0, max(-need[v], 0), 0
		want += max(need[v], 0)
	}
	s, t := int32(g.nodes), int32(g.nodes+1)
	for g.layers(s, t) {
		for k := range g.next {
			g.next[k] = 0
		}
		for {
			sent := g.push(s, t, 1<<62)
			if sent == 0 {
				break
			}
			want -= sent
		}
	}
	if want > 0 {
		cut := make([]bool, g.nodes)
		for v := range cut {
			cut[v] = g.level[v] >= 0
		}
		return cut
	}
	for k := range g.arcs {
		g.arcs[k].flow = g.arcs[k].low + g.room[2*k+1]
	}
	return nil
}

func (g *circulation) layers(s, t int32) bool {
	for k := range g.level {
		g.level[k] = -1
	}
	g.level[s] = 0
	queue := []int32{s}
	for len(queue) > 0 {
		u := queue[0]
		queue = queue[1:]
		for _, k := range g.head[u] {
			if v := g.to[k]; g.room[k] > 0 && g.level[v] < 0 {
				g.level[v] = g.level[u] + 1
				queue = append(queue, v)
			}
		}
	}
	return g.level[t] >= 0
}

func (g *circulation) push(u, t int32, most int64) int64 {
	if u == t {
		return most
	}
	for ; int(g.next[u]) < len(g.head[u]); g.next[u]++ {
		k := g.head[u][g.next[u]]
		v := g.to[k]
		if g.room[k] == 0 || g.level[v] != g.level[u]+1 {
			continue
		}
		if sent := g.push(v, t, min(most, g.room[k])); sent > 0 {
			g.room[k] -= sent
			g.room[k^1] += sent
			return sent
		}
	}
	return 0
}

// components numbers the strongly connected components of the residual graph without source and sink (Tarjan 1972): an arc can rise exactly when both its
// ends are in one. Room up to the tolerance counts as none: it is what rounding left.
func (g *circulation) components(tolerance int64) []int {
	out := make([]int, g.nodes)
	index, low := make([]int, g.nodes), make([]int, g.nodes)
	on := make([]bool, g.nodes)
	var stack []int
	count, clock := 0, 0
	var visit func(u int)
	visit = func(u int) {
		clock++
		index[u], low[u] = clock, clock
		stack = append(stack, u)
		on[u] = true
		for _, k := range g.head[u] {
			v := int(g.to[k])
			if int(k) >= g.base || v >= g.nodes || g.room[k] <= tolerance {
				continue
			}
			if index[v] == 0 {
				visit(v)
				low[u] = min(low[u], low[v])
			} else if on[v] {
				low[u] = min(low[u], index[v])
			}
		}
		if low[u] == index[u] {
			for {
				v := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				on[v] = false
				out[v] = count
				if v == u {
					break
				}
			}
			count++
		}
	}
	for u := range g.nodes {
		if index[u] == 0 {
			visit(u)
		}
	}
	return out
}
