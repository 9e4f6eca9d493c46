package allocation

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"

	"muntija/internal/planner/model"
	"muntija/internal/planner/planfile"
)

// One is a chance of 1 in the fixed point of Chances.
const One = 1 << 32

// ErrCrossing says that quotas cross in more than two directions, so that no lottery honours all of them exactly in every draw.
var ErrCrossing = errors.New("the quotas do not form two trees")

// Chances are the chances of an equal-chance draw for one exhibition: those of the candidates with the smallest chance are as large as the quotas allow, then
// those of the next, and so on (leximin). Candidates whose groups put them in the same innermost quotas have the same chance.
//
// The method is that of Flanigan, Gölz, Gupta, Hennig and Procaccia (Fair algorithms for selecting citizens' assemblies, Nature 596, 2021), made exact without
// columns: when the quotas are two trees (a bihierarchy: Budish, Che, Kojima and Milgrom, Designing random allocation mechanisms, 2013), every fractional flow that
// keeps them is a lottery over whole ones that keep them. So the largest smallest chance is a parametric flow, found by Newton steps over violated cuts, and
// the draw rounds the flow along random cycles, which keeps every chance and every quota (dependent rounding).
type Chances struct {
	p     *model.Problem
	t     *trees
	Cells []DrawCell
	Of    []int32 // cell of each type
	Unmet []model.Shortfall
	side  []bool // true: the node is in the first tree
}

// DrawCell is candidates with the same chance.
type DrawCell struct {
	A, B       int32 // nodes of the trees
	Candidates int64
	Share      int64 // expected places, times One
}

// Chance is the chance of each candidate of a cell, 0 to 1.
func (c DrawCell) Chance() float64 {
	if c.Candidates == 0 {
		return 0
	}
	return float64(c.Share) / One / float64(c.Candidates)
}

// Leximin computes the chances. Minima that cannot be met are lowered to what can, and listed in Unmet.
func Leximin(p *model.Problem) (*Chances, error) {
	t, ok := growTrees(p)
	if !ok {
		f := planfile.At("", "planfile.crossing", crossing(p))
		f.Kind = ErrCrossing
		return nil, f
	}
	c := &Chances{p: p, t: t, Of: make([]int32, len(p.Types))}
	index := map[[2]int32]int32{}
	for k := range p.Types {
		key := [2]int32{t.leaf[0][k], t.leaf[1][k]}
		x, ok := index[key]
		if !ok {
			x = int32(len(c.Cells))
			index[key] = x
			c.Cells = append(c.Cells, DrawCell{A: key[0], B: key[1]})
		}
		c.Of[k] = x
	}
	for i, k := range p.Type {
		if p.Start[i] < p.Start[i+1] && p.LimitOf(i) > 0 {
			c.Cells[c.Of[k]].Candidates++
		}
	}
	f := &flow{t: t}
	c.side = make([]bool, len(t.node))
	for k := range t.node {
		c.side[k] = f.down(k)
	}
	c.lowerMinima()
	c.leximin()
	return c, nil
}

// crossing names quotas that stand in the way of two trees, for the message.
func crossing(p *model.Problem) planfile.Word {
	if p.J() != 1 {
		return "planfile.word_one_exhibition"
	}
	if p.Size != nil {
		return "planfile.word_sizes"
	}
	return "planfile.word_directions"
}

// lowerMinima lowers minima to what the candidates can meet, by the exact flow in which every place is worth the same.
func (c *Chances) lowerMinima() {
	f := &flow{t: c.t, limit: 1 << 40, side: make([]int8, len(c.t.node))}
	for k, first := range c.side {
		if !first {
			f.side[k] = 1
		}
	}
	f.cells = make([]cell, len(c.Cells))
	for k, x := range c.Cells {
		f.cells[k] = cell{a: x.A, b: x.B, list: make([]ranked, min(x.Candidates, c.t.node[0].max))}
		for m := range f.cells[k].list {
			f.cells[k].list[m].value = 1
		}
	}
	for f.augment() {
	}
	for k := range c.t.node {
		n := &c.t.node[k]
		if n.flow < n.min {
			c.Unmet = append(c.Unmet, model.Shortfall{Quota: n.quota, Missing: n.min - n.flow})
			n.min = n.flow
		}
		n.flow = 0
	}
}

// arc of the circulation.
type drawArc struct {
	u, v       int32
	low, high  int64
	flow       int64
	cell, node int32 // which it is, -1
}

// network builds the arcs. Node 1 is both roots in one: the root arc runs from 1 to 0.
func (c *Chances) network() []drawArc {
	var arcs []drawArc
	for k, n := range c.t.node {
		if k == 1 {
			continue
		}
		u, v := n.parent, int32(k)
		if k == 0 {
			u = 1
		}
		if !c.side[k] {
			u, v = v, u
		}
		high := int64(math.MaxInt64 / 4)
		if n.max < high/One {
			high = n.max * One
		}
		arcs = append(arcs, drawArc{u: u, v: v, low: n.min * One, high: high, cell: -1, node: int32(k)})
	}
	for k, x := range c.Cells {
		arcs = append(arcs, drawArc{u: x.A, v: x.B, high: x.Candidates * One, cell: int32(k), node: -1})
	}
	return arcs
}

// leximin raises a common chance of all cells that are not yet held until a cut is full, holds the cells that cannot rise, and goes on with the others.
func (c *Chances) leximin() {
	arcs := c.network()
	held := make([]bool, len(c.Cells))
	left := 0
	for k, x := range c.Cells {
		if held[k] = x.Candidates == 0; !held[k] {
			left++
		}
	}
	g := newCirculation(len(c.t.node), arcs)
	for left > 0 {
		theta := int64(One)
		for {
			for k := range g.arcs {
				if a := &g.arcs[k]; a.cell >= 0 && !held[a.cell] {
					a.low = theta * c.Cells[a.cell].Candidates
				}
			}
			cut := g.solve()
			if cut == nil {
				break
			}
			// the cut: what must come in is at most what may go out
			var room, must, weight int64
			for k := range g.arcs {
				a := &g.arcs[k]
				in, out := cut[a.v] && !cut[a.u], cut[a.u] && !cut[a.v]
				switch {
				case in && a.cell >= 0 && !held[a.cell]:
					weight += c.Cells[a.cell].Candidates
				case in:
					must += a.low
				case out:
					room += a.high
				}
			}
			next := theta - 1
			if weight > 0 {
				next = min(next, (room-must)/weight)
			}
			theta = max(next, 0)
			if theta == 0 && weight == 0 {
				break
			}
		}
		component := g.components(4 * int64(c.p.N()))
		found := false
		for k := range g.arcs {
			a := &g.arcs[k]
			if a.cell < 0 || held[a.cell] {
				continue
			}
			if component[a.u] != component[a.v] || theta == One {
				held[a.cell], found = true, true
				a.low, a.high = a.flow, a.flow
				c.Cells[a.cell].Share = a.flow
				left--
			}
		}
		if !found { // rounding of the fixed point: hold all at this chance
			for k := range g.arcs {
				if a := &g.arcs[k]; a.cell >= 0 && !held[a.cell] {
					held[a.cell] = true
					c.Cells[a.cell].Share = a.flow
					left--
				}
			}
		}
	}
	for k := range g.arcs {
		if a := &g.arcs[k]; a.cell >= 0 {
			c.Cells[a.cell].Share = a.flow
		} else {
			c.t.node[a.node].flow = a.flow
		}
	}
}

// Draw makes the draw: the chosen pairs, ascending. It is decided by the seed and nothing else; within a cell the largest lottery keys win.
func (c *Chances) Draw(seed []byte) []int32 {
	counts := c.round(seed)
	p := c.p
	keys := Keys(p, seed)
	lists := make([][]ranked, len(c.Cells))
	for k, x := range c.Cells {
		lists[k] = make([]ranked, 0, x.Candidates)
	}
	for i, t := range p.Type {
		if p.Start[i] < p.Start[i+1] && p.LimitOf(i) > 0 {
			k := c.Of[t]
			lists[k] = append(lists[k], ranked{key: keys[i], o: p.Start[i], i: int32(i)})
		}
	}
	var out []int32
	for k, list := range lists {
		n := int(counts[k])
		if n == 0 {
			continue
		}
		if n < len(list) {
			list = selectBest(list, n)
		}
		for _, r := range list[:n] {
			out = append(out, r.o)
		}
	}
	slices.Sort(out)
	return out
}

// Keys computes the lottery key of every exhibitor, on two threads.
func Keys(p *model.Problem, seed []byte) []uint64 {
	keys := make([]uint64, p.N())
	threads := min(2, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for w := range threads {
		wg.Add(1)
		go func() {
			defer wg.Done()
			m := hmac.New(sha256.New, seed)
			var sum [32]byte
			for i := p.N() * w / threads; i < p.N()*(w+1)/threads; i++ {
				m.Reset()
				m.Write([]byte(p.IDs.At(i)))
				keys[i] = binary.BigEndian.Uint64(m.Sum(sum[:0]))
			}
		}()
	}
	wg.Wait()
	return keys
}

// coins are random numbers from a seed: HMAC-SHA256(seed, "rounding" and a counter).
type coins struct {
	seed []byte
	n    uint64
}

// below returns a number from 0 to n-1. The bias of the remainder is below 2^-20 for n up to 2^44.
func (c *coins) below(n int64) int64 {
	m := hmac.New(sha256.New, c.seed)
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], c.n)
	c.n++
	m.Write([]byte("rounding"))
	m.Write(b[:])
	return int64(binary.BigEndian.Uint64(m.Sum(nil)) % uint64(n))
}

// round turns the shares into whole numbers: as long as arcs are fractional there is a cycle of them; flow is pushed around it one way or the other until an arc
// is whole, with chances that leave every expectation as it was.
func (c *Chances) round(seed []byte) []int64 {
	arcs := c.network()
	for k := range arcs {
		if a := &arcs[k]; a.cell >= 0 {
			a.flow = c.Cells[a.cell].Share
		} else {
			a.flow = c.t.node[a.node].flow
		}
	}
	coin := &coins{seed: seed}
	for {
		cycle := fractionalCycle(len(c.t.node), arcs)
		if cycle == nil {
			break
		}
		up, down := int64(math.MaxInt64), int64(math.MaxInt64)
		for _, s := range cycle {
			rise, fall := One-arcs[s.arc].flow%One, arcs[s.arc].flow%One
			if s.back {
				rise, fall = fall, rise
			}
			up, down = min(up, rise), min(down, fall)
		}
		by := up
		if coin.below(up+down) < up { // up with chance down/(up+down), down with chance up/(up+down)
			by = -down
		}
		for _, s := range cycle {
			if s.back {
				arcs[s.arc].flow -= by
			} else {
				arcs[s.arc].flow += by
			}
		}
	}
	out := make([]int64, len(c.Cells))
	for _, a := range arcs {
		if a.cell >= 0 {
			out[a.cell] = (a.flow + One/2) / One
		}
	}
	return out
}

type cycleStep struct {
	arc  int
	back bool
}

// fractionalCycle finds a cycle in the undirected graph of arcs whose flow is not whole; nil if there is none. Flow is conserved, so that no node has
// exactly one such arc.
func fractionalCycle(nodes int, arcs []drawArc) []cycleStep {
	at := make([][]int, nodes)
	first := -1
	for k, a := range arcs {
		if a.flow%One != 0 {
			at[a.u], at[a.v] = append(at[a.u], k), append(at[a.v], k)
			first = k
		}
	}
	if first < 0 {
		return nil
	}
	seen := make([]int, nodes)
	for k := range seen {
		seen[k] = -1
	}
	var path []cycleStep
	node, came := arcs[first].u, -1
	for seen[node] < 0 {
		seen[node] = len(path)
		next := -1
		for _, k := range at[node] {
			if k != came {
				next = k
				break
			}
		}
		if next < 0 {
			return nil
		}
		a := arcs[next]
		back := a.u != node
		path = append(path, cycleStep{next, back})
		came = next
		if back {
			node = a.u
		} else {
			node = a.v
		}
	}
	return path[seen[node]:]
}

// Shares are the expected places of each type. Types of one cell share its places as they share its candidates.
func (c *Chances) Shares() []float64 {
	out := make([]float64, len(c.p.Types))
	for i, t := range c.p.Type {
		if c.p.Start[i] < c.p.Start[i+1] && c.p.LimitOf(i) > 0 {
			out[t] += c.Cells[c.Of[t]].Chance()
		}
	}
	return out
}

// ChanceOf lists the chance of each exhibitor.
func (c *Chances) ChanceOf() []float64 {
	out := make([]float64, c.p.N())
	for i, t := range c.p.Type {
		if c.p.Start[i] < c.p.Start[i+1] && c.p.LimitOf(i) > 0 {
			out[i] = c.Cells[c.Of[t]].Chance()
		}
	}
	return out
}

// Levels are the distinct chances, the smallest first, each with its number of candidates: the shape of the leximin.
func (c *Chances) Levels() []Level {
	sum := map[int64]int64{}
	for _, x := range c.Cells {
		if x.Candidates > 0 {
			sum[x.Share/x.Candidates] += x.Candidates
		}
	}
	var out []Level
	for share, n := range sum {
		out = append(out, Level{Chance: float64(share) / One, Candidates: n})
	}
	slices.SortFunc(out, func(a, b Level) int { return cmp.Compare(a.Chance, b.Chance) })
	return out
}

// Level is a number of candidates with one chance.
type Level struct {
	Chance     float64
	Candidates int64
}
