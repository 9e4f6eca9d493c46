package layout

// state is a layout under change, with its cost and its hard breaches.
type state struct {
	h    *hall
	at   []int // exhibitor → booth
	who  []int // booth → exhibitor
	soft int64
	hard int
	part []int // group → connected parts
	mark []int // scratch of parts
	tick int
	todo []int
	was  [][2]int // groups that the last swap changed, with their parts before it
}

func newState(h *hall, at []int) *state {
	s := &state{h: h, at: append([]int(nil), at...), who: make([]int, h.n), part: make([]int, len(h.groups)), mark: make([]int, h.n)}
	for i, a := range s.at {
		s.who[a] = i
	}
	s.soft, s.hard = s.total()
	return s
}

// total computes cost and hard breaches anew.
func (s *state) total() (int64, int) {
	h, soft, hard := s.h, int64(0), 0
	for a := range h.n {
		i := s.who[a]
		if i >= h.m {
			continue
		}
		if h.linear != nil {
			soft += h.linear[i][a]
		}
		for _, b := range h.next[a] {
			if j := s.who[b]; a < b && j < h.m {
				c, k := h.pair(i, j)
				soft, hard = soft+c, hard+k
			}
		}
		for _, t := range h.close[a] {
			if a < t.booth {
				c, k := h.kept(i, s.who[t.booth], t.rule)
				soft, hard = soft+c, hard+k
			}
		}
		for _, b := range h.near[a] {
			if j := s.who[b]; a < b && j < h.m {
				soft += h.w.crowd * h.pull[i] * h.pull[j]
			}
		}
		if h.flow != nil {
			for j := range h.m {
				if f := h.flow[i][j]; f != 0 {
					soft += h.w.flow * f * h.way(a, s.at[j])
				}
			}
		}
	}
	for g := range h.groups {
		s.part[g] = s.parts(g)
		hard += s.part[g] - 1
	}
	return soft, hard
}

// parts counts the connected parts of the booths of a group.
func (s *state) parts(g int) int {
	members, next := s.h.groups[g].members, s.h.beside(g)
	s.tick++
	n := 0
	for _, i := range members {
		if s.mark[s.at[i]] == s.tick {
			continue
		}
		n++
		s.todo = append(s.todo[:0], s.at[i])
		s.mark[s.at[i]] = s.tick
		for len(s.todo) > 0 {
			a := s.todo[len(s.todo)-1]
			s.todo = s.todo[:len(s.todo)-1]
			for _, b := range next[a] {
				if s.mark[b] != s.tick && s.in(s.who[b], g) {
					s.mark[b] = s.tick
					s.todo = append(s.todo, b)
				}
			}
		}
	}
	return n
}

func (s *state) in(i, g int) bool {
	if i >= s.h.m {
		return false
	}
	for _, k := range s.h.of[i] {
		if k == g {
			return true
		}
	}
	return false
}

// around is what exhibitor i costs where it stands, with all others, except with skip.
func (s *state) around(i, skip int) (soft int64, hard int) {
	h := s.h
	if i >= h.m {
		return 0, 0
	}
	a := s.at[i]
	if h.linear != nil {
		soft = h.linear[i][a]
	}
	for _, b := range h.next[a] {
		if j := s.who[b]; j != skip {
			c, k := h.pair(i, j)
			soft, hard = soft+c, hard+k
		}
	}
	for _, t := range h.close[a] {
		if j := s.who[t.booth]; j != skip {
			c, k := h.kept(i, j, t.rule)
			soft, hard = soft+c, hard+k
		}
	}
	if h.pull[i] > 0 {
		for _, b := range h.near[a] {
			if j := s.who[b]; j != skip && j < h.m {
				soft += h.w.crowd * h.pull[i] * h.pull[j]
			}
		}
	}
	if h.flow != nil {
		sum := h.flow[i][i] * h.way(a, a)
		for j := range h.m {
			if j != i && j != skip {
				b := s.at[j]
				sum += h.flow[i][j]*h.way(a, b) + h.flow[j][i]*h.way(b, a)
			}
		}
		soft += h.w.flow * sum
	}
	return soft, hard
}

// may reports whether two exhibitors can change places.
func (s *state) may(i, j int) bool {
	h := s.h
	return (i >= h.m || h.allowed[i][s.at[j]]) && (j >= h.m || h.allowed[j][s.at[i]])
}

func (s *state) exchange(i, j int) {
	s.at[i], s.at[j] = s.at[j], s.at[i]
	s.who[s.at[i]], s.who[s.at[j]] = i, j
}

// swap changes the places of two exhibitors and returns what that changes.
func (s *state) swap(i, j int) (soft int64, hard int) {
	both := func() (int64, int) {
		c1, h1 := s.around(i, -1)
		c2, h2 := s.around(j, i)
		return c1 + c2, h1 + h2
	}
	soft0, hard0 := both()
	s.exchange(i, j)
	soft1, hard1 := both()
	soft, hard = soft1-soft0, hard1-hard0
	s.was = s.was[:0]
	s.groupsOf(i, j, func(g int) {
		s.was = append(s.was, [2]int{g, s.part[g]})
		n := s.parts(g)
		hard += n - s.part[g]
		s.part[g] = n
	})
	s.soft += soft
	s.hard += hard
	return soft, hard
}

// undo takes the last swap back.
func (s *state) undo(i, j int, soft int64, hard int) {
	s.exchange(i, j)
	for _, k := range s.was {
		s.part[k[0]] = k[1]
	}
	s.soft -= soft
	s.hard -= hard
}

// groupsOf visits the groups that one of the two is in and the other is not.
func (s *state) groupsOf(i, j int, visit func(g int)) {
	for _, k := range [2][2]int{{i, j}, {j, i}} {
		if k[0] < s.h.m {
			for _, g := range s.h.of[k[0]] {
				if !s.in(k[1], g) {
					visit(g)
				}
			}
		}
	}
}
