package matching

import (
	"math"
	"slices"
)

// Bits that the frequency of a name may add or take: a name that only two have may as well be one wrong twice; and that of a place.
const (
	mostRarity, leastRarity = 6, -6
	mostPlace, leastPlace   = 4, -4
)

// frequencies returns what the frequencies of the values change, by field: for one that both have log2 of the chance that two strangers share any over the
// frequency of this one (Winkler 2000). A word that stands twice in one name counts once.
func (c *comparer) frequencies(a, b *person, p pattern) (out [fields]float32) {
	switch p.at(Name) {
	case NameSame:
		out[Name] = c.names.words[a.given].gain[asValue]
	case NameSlip:
		out[Name] = c.names.confusion(a.given, b.given, asValue)
	}
	switch l := p.at(Rest); {
	case l >= RestMost && l < RestSame && a.nrest == 1 && b.nrest == 1:
		out[Rest] = c.names.confusion(a.rest[0], b.rest[0], asRest)
	case l >= RestOne:
		sum := float32(0)
		for i, w := range a.rest[:a.nrest] {
			if slices.Contains(b.rest[:b.nrest], w) && !slices.Contains(a.rest[:i], w) {
				sum += c.names.words[w].gain[asRest]
			}
		}
		out[Rest] = min(max(sum, leastRarity), mostRarity)
	}
	if l := p.at(Rest); l >= RestOne {
		out[Rest] += c.wordsBits(a, b, l)
	}
	for _, f := range [...]Field{Area, Locality, Postcode} {
		if p.at(f) == PlaceSame {
			if v := a.place1(f); int(v) < len(c.gains[f]) {
				out[f] = c.gains[f][v]
			}
		}
	}
	return out
}

// rarity sums the frequencies up: of the given name, and of what a household shares.
func (c *comparer) rarity(a, b *person, p pattern) (given, rest float32) {
	out := c.frequencies(a, b, p)
	return out[Name], out[Rest] + out[Area] + out[Locality] + out[Postcode]
}

// confusion is what the frequencies of two words say that are one slip apart. A slip makes of a frequent name a word that hardly anybody bears; of two that many
// bear (mary and mark, عمر and عمرو) each is right. Two spellings of one sound are both frequent, and one name all the same.
func (v *vocabulary) confusion(a, b uint32, as role) float32 {
	if a == b || a == 0 || b == 0 {
		return 0
	}
	x, y := &v.words[a], &v.words[b]
	if x.arab != y.arab || x.bones == y.bones && x.bones != 0 {
		return 0
	}
	rare, often := float64(x.count[as]), float64(y.count[as])
	if rare > often {
		rare, often = often, rare
	}
	const slipsOfOne = .02 // share of the uses of a frequent name that are one and the same slip of it
	if rare == 0 || likeCodes(x.code, y.code, false) != slip {
		return 0 // exchanged with the surname, or a pet name
	}
	return -float32(min(max(math.Log2(rare/max(2, slipsOfOne*often)), 0), 4.5))
}

// place1 returns the number of a place of a person.
func (p *person) place1(f Field) uint32 {
	switch f {
	case Area:
		return p.area
	case Locality:
		return p.locality
	}
	return p.postcode
}

// weighPlaces counts how many live in each place, and finds out which places lie in others: whoever shares the postcode shares the town, which then says nothing more.
// Without that three fields of one address would count as three agreements.
func (s *Set) weighPlaces() {
	for _, f := range [...]Field{Area, Locality, Postcode} {
		v := s.places
		if f == Postcode {
			v = s.codes
		}
		counts, total := make([]uint32, len(v.words)), 0.0
		for i := range s.people {
			if w := s.people[i].place1(f); w != 0 {
				counts[w]++
				total++
			}
		}
		if total < 2 {
			continue
		}
		same := 0.0
		for _, c := range counts {
			same += float64(c) * (float64(c) - 1) / (total * (total - 1))
		}
		same = max(same, 1/(total*total))
		s.gains[f] = make([]float32, len(counts))
		for w, c := range counts {
			if c > 0 {
				s.gains[f][w] = placeGain(same, total, c)
			}
		}
	}
	narrow := [...]Field{Street, Postcode, Locality, Area}
	for i, f := range narrow {
		for _, wide := range narrow[i+1:] {
			if s.settles(f, wide) {
				s.implied[f].set(wide, Implied)
			}
		}
	}
}

// placeGain is the bits of a place in which so many of all live.
func placeGain(same, total float64, count uint32) float32 {
	return float32(min(max(math.Log2(same*total/max(2, float64(count))), leastPlace), mostPlace))
}

// settles reports whether people who share a field nearly always share the wider one too, from a sample of the records.
func (s *Set) settles(f, wide Field) bool {
	const sample, enough, nearly = 60_000, 30, .75
	step := max(1, len(s.people)/sample)
	one, both := map[uint64]float64{}, map[uint64]float64{}
	for i := 0; i < len(s.people); i += step {
		v, w := s.people[i].value(f), s.people[i].value(wide)
		if v != 0 && w != 0 {
			one[v]++
			both[join(v, w)]++
		}
	}
	shared := func(counts map[uint64]float64) (n float64) {
		for _, c := range counts { // integers: the order of a map does not show
			n += c * (c - 1) / 2
		}
		return n
	}
	n := shared(one)
	return n >= enough && shared(both) >= nearly*n
}

// imply marks the places that a narrower one settles.
func (s *Set) imply(p pattern) pattern {
	for _, f := range [...]Field{Street, Postcode, Locality} {
		if q := s.implied[f]; q != 0 && p.at(f) == PlaceSame {
			for _, wide := range [...]Field{Postcode, Locality, Area} {
				if q.at(wide) == Implied && p.at(wide) == PlaceSame {
					p &^= pattern(7) << (3 * wide)
					p.set(wide, Implied)
				}
			}
		}
	}
	return p
}

// Bits of the number of words that agree: mostWords bounds them, and a word counts perWord of what it would if the words of one name were independent.
const (
	mostWords = 10
	perWord   = .6
)

// wordCounts are how many words agree on average where the rests of two strangers' names are at a level, and the bits of a word more or less. The levels say in what way names
// agree; four words in order are more than two.
type wordCounts struct {
	Mean [levels]float32 `json:"mean"`
	Bits float32         `json:"bits"`
}

var usualWords = wordCounts{Mean: [levels]float32{RestOne: 1, RestMost: 2, RestFirst: 2, RestSame: 2}, Bits: 2.6}

// wordsBits is what the number of words says that agree in the rests of two names at a level.
func (c *comparer) wordsBits(a, b *person, l Level) float32 {
	n := a.nrest
	if l != RestSame && (a.nrest > 1 || b.nrest > 1) {
		n = inOrder(a, b, c.sameWord)
	}
	return min(max((float32(n)-c.many.Mean[l])*c.many.Bits, -mostWords), mostWords)
}

// countWords counts the words that agree among strangers: of all who share the whole rest of a name, of others in a sample.
func (s *Set) countWords() (out wordCounts) {
	const sample, trust = 100_000, 20
	var sum, total [levels]float64
	for l, m := range usualWords.Mean {
		sum[l], total[l] = trust*float64(m), trust
	}
	values := make([]uint64, 0, len(s.people)) // the number of words in the lowest bits
	for i := range s.people {
		if p := &s.people[i]; p.nrest > 0 {
			values = append(values, p.value(Rest)&^7|uint64(p.nrest))
		}
	}
	slices.Sort(values)
	for i := 0; i < len(values); {
		j := i
		for j < len(values) && values[j] == values[i] {
			j++
		}
		n := float64(j-i) * float64(j-i-1) / 2
		sum[RestSame] += n * float64(values[i]&7)
		total[RestSame] += n
		i = j
	}
	c := &comparer{Set: s, memory: newMemory()}
	s.eachSample(sample, func(a, b *person) {
		if l := c.restLevel(a, b); l >= RestOne && l < RestSame {
			sum[l] += float64(inOrder(a, b, c.sameWord))
			total[l]++
		}
	})
	for l := range out.Mean {
		out.Mean[l] = float32(sum[l] / total[l])
	}
	out.Bits = float32(perWord * math.Log2(1/s.names.same[asRest]))
	return out
}
