package allocation

import "slices"

// chooser finds the best set of one exhibitor at given prices: at most k pairs, no two in conflict, the largest adjusted sum.
type chooser struct {
	e     *engine
	cand  []candidate
	set   []int32
	best  []int32
	stack []int32
	sum   int64
	nodes int
}

type candidate struct {
	adj int64
	o   int32
}

func newChooser(e *engine) *chooser {
	return &chooser{e: e}
}

// choose returns the adjusted sum and the pairs, ascending; the pairs are valid until the next call. With MustPlace the set has exactly one pair, or
// none at the price of the penalty.
func (c *chooser) choose(pr *prices, i int) (int64, []int32) {
	e := c.e
	s, end := e.p.Start[i], e.p.Start[i+1]
	base := int(e.p.Type[i]) * e.j
	k := e.p.LimitOf(i)
	if k == 1 {
		best, at := int64(0), int32(-1)
		if e.p.MustPlace {
			best = -e.penalty * e.scale
		}
		for o := s; o < end; o++ {
			if v := e.adjusted(pr, base, o); v > best {
				best, at = v, o
			}
		}
		c.set = c.set[:0]
		if at >= 0 {
			c.set = append(c.set, at)
		}
		return best, c.set
	}
	c.cand = c.cand[:0]
	if k == 0 {
		return 0, nil
	}
	for o := s; o < end; o++ {
		if v := e.adjusted(pr, base, o); v > 0 {
			c.cand = append(c.cand, candidate{v, o})
		}
	}
	return c.from(k)
}

// from chooses among c.cand.
func (c *chooser) from(k int) (int64, []int32) {
	c.set = c.set[:0]
	switch len(c.cand) {
	case 0:
		return 0, c.set
	case 1:
		c.set = append(c.set, c.cand[0].o)
		return c.cand[0].adj, c.set
	}
	slices.SortFunc(c.cand, func(a, b candidate) int {
		if a.adj != b.adj {
			if a.adj > b.adj {
				return -1
			}
			return 1
		}
		return int(a.o) - int(b.o)
	})
	// the k best, if no two of them clash, are the answer; the usual case
	p := c.e.p
	top := c.cand[:min(k, len(c.cand))]
	ok := true
	for a := range top {
		for b := range a {
			ok = ok && !p.Clash(p.Exh[top[a].o], p.Exh[top[b].o])
		}
	}
	var sum int64
	if ok {
		for _, t := range top {
			c.set = append(c.set, t.o)
			sum += t.adj
		}
		slices.Sort(c.set)
		return sum, c.set
	}
	c.sum, c.nodes, c.best, c.stack = 0, 0, c.best[:0], c.stack[:0]
	c.search(0, k, 0)
	c.set = append(c.set, c.best...)
	slices.Sort(c.set)
	if c.nodes > maxNodes {
		var relaxed int64
		for _, t := range top {
			relaxed += t.adj
		}
		return relaxed, c.set
	}
	return c.sum, c.set
}

// maxNodes ends a search among very many clashing exhibitions; the sum is then that of the k best without regard to clashes, which is still a bound.
const maxNodes = 200_000

// search is branch and bound over the candidates in descending order: the bound is what the next k would add if none clashed.
func (c *chooser) search(at, k int, sum int64) {
	if sum > c.sum {
		c.sum = sum
		c.best = append(c.best[:0], c.stack...)
	}
	p := c.e.p
	for ; at < len(c.cand) && k > 0 && c.nodes <= maxNodes; at++ {
		bound := sum
		for m := at; m < min(len(c.cand), at+k); m++ {
			bound += c.cand[m].adj
		}
		if bound <= c.sum {
			return
		}
		clash := false
		for _, o := range c.stack {
			clash = clash || p.Clash(p.Exh[o], p.Exh[c.cand[at].o])
		}
		if clash {
			continue
		}
		c.nodes++
		c.stack = append(c.stack, c.cand[at].o)
		c.search(at+1, k-1, sum+c.cand[at].adj)
		c.stack = c.stack[:len(c.stack)-1]
	}
}
