package matching

import (
	"cmp"
	"math"
	"slices"
)

// model is what the classes look like: for each field and level how often it occurs, given that both records have the field.
type model struct {
	m, u, h [fields][levels]float64
	all     [fields][levels]float64       // like u, of all pairs, strangers or not
	share   struct{ match, home float64 } // of all pairs of records; the rest are strangers
	pairs   float64                       // all pairs of records
	filled  [fields]float64               // share of all pairs of which both have the field
	many    wordCounts
}

// first guesses of m, also the centre of the estimate: small sets do not carry an estimate of their own. They are the error rates that studies of
// hand-entered registers find, roundly: one name in ten spelt otherwise, one date in ten with a slip.
var defaultM = [fields][levels]float64{
	Name:      {0, .03, .04, .10, .83},
	Rest:      {0, .05, .05, .05, .10, .75},
	Born:      {0, .04, .03, .02, .03, .06, .82},
	Sex:       {0, .01, .99},
	IDNumber:  {0, .04, .02, .05, .89},
	Phone:     {0, .25, .03, .72},
	Email:     {0, .20, .05, .75},
	Area:      {0, .08, .02, .90},
	Locality:  {0, .15, .05, .80},
	Street:    {0, .20, .20, .60},
	Postcode:  {0, .15, .05, .80},
	Household: {0, .15, .85},
	Other1:    {0, .30, .70},
	Other2:    {0, .10, .90},
}

// trust is how many pairs the defaults count for.
const trust = 40

// mostDiffers bounds how often one person's two records may differ in a field altogether. Without a bound the estimate of a file in which nobody stands twice, or of
// one in which a few names are very common, ends in another class of pairs that are alike: neighbours, namesakes.
var mostDiffers = [fields]float64{Name: .2, Rest: .3, Born: .15, Sex: .06, IDNumber: .25, Phone: .6, Email: .5, Area: .4, Locality: .5, Street: .6, Postcode: .5, Household: .5,
	Other1: .7, Other2: .4}

// leastSame bounds from below how often they agree wholly, for the fields that a person keeps for life.
var leastSame = [fields]float64{Name: .5, Rest: .45, Born: .5, Sex: .9, IDNumber: .5}

// plausible holds the bounds of mostDiffers and leastSame; the other levels share what is left in their proportion.
func plausible(f Field, m *[levels]float64) {
	best := top[f]
	if m[Differs] > mostDiffers[f] {
		for l := Differs + 1; l <= best; l++ {
			m[l] += .1 * defaultM[f][l] // also where the data had nothing
		}
		scale(m, Differs+1, best, 1-mostDiffers[f])
		m[Differs] = mostDiffers[f]
	}
	if m[best] < leastSame[f] {
		scale(m, Differs, best-1, 1-leastSame[f])
		m[best] = leastSame[f]
	}
}

// scale makes some levels add up to a sum.
func scale(m *[levels]float64, from, to Level, sum float64) {
	all := 0.0
	for l := from; l <= to; l++ {
		all += m[l]
	}
	for l := from; l <= to; l++ {
		m[l] *= sum / all
	}
}

// homeDefault is what two people of one household look like.
func homeDefault(u *[fields][levels]float64) (h [fields][levels]float64) {
	h = *u
	h[Rest] = [levels]float64{0, .25, .20, .10, .10, .35} // siblings share it all, parents and children a part, husband and wife nothing
	h[Born] = mixed(u[Born], [levels]float64{0, 0, 0, 0, 0, 0, 1}, .02)
	h[Sex] = [levels]float64{0, .5, .5}
	h[Phone] = [levels]float64{0, .40, .02, .58}
	h[Area] = [levels]float64{0, .02, .02, .96}
	h[Locality] = [levels]float64{0, .05, .03, .92}
	h[Street] = [levels]float64{0, .10, .15, .75}
	h[Postcode] = [levels]float64{0, .05, .03, .92}
	h[Household] = [levels]float64{0, .02, .98}
	return h
}

func mixed(a, b [levels]float64, share float64) (out [levels]float64) {
	for i := range a {
		out[i] = a[i]*(1-share) + b[i]*share
	}
	return out
}

// top returns the best level of each field: the one that is counted exactly instead of sampled.
var top = [fields]Level{Name: NameSame, Rest: RestSame, Born: BornSame, Sex: SexSame, IDNumber: IDSame, Phone: PhoneSame, Email: EmailSame, Area: PlaceSame,
	Locality: PlaceSame, Street: PlaceSame, Postcode: PlaceSame, Household: HomeSame, Other1: OtherSame, Other2: OtherSame}

// agreement returns how often records agree at all, strangers or not: from random pairs, and for the best level of each field from the counts of its
// values.
func (s *Set) agreement() (u [fields][levels]float64) {
	c := &comparer{Set: s, memory: newMemory()}
	var count [fields][levels]float64
	s.eachSample(200_000, func(a, b *person) {
		p := c.compare(a, b)
		for f := range Field(fields) {
			count[f][p.at(f)]++
		}
	})
	for f := range Field(fields) {
		total := 0.0
		for l := Differs; l <= top[f]; l++ {
			total += count[f][l]
		}
		for l := Differs; l <= top[f]; l++ {
			u[f][l] = (count[f][l] + .1) / (total + .1*float64(top[f]))
		}
		if exact := s.collision(f); exact >= 0 {
			rest := 1 - u[f][top[f]]
			exact = min(max(exact, 1e-9), .999)
			for l := Differs; l < top[f]; l++ {
				u[f][l] *= (1 - exact) / rest
			}
			u[f][top[f]] = exact
		}
	}
	return u
}

// eachSample calls fn with random pairs of people, the same ones each time. Of a small set every pair is looked at: a few slips more or less would weigh much.
func (s *Set) eachSample(sample int, fn func(a, b *person)) {
	n := uint64(len(s.people))
	if n < 2 {
		return
	}
	if pairs(len(s.people)) <= float64(sample) {
		for i := range s.people {
			for j := i + 1; j < len(s.people); j++ {
				fn(&s.people[i], &s.people[j])
			}
		}
		return
	}
	state := uint64(0x9e3779b97f4a7c15)
	next := func() uint64 { // SplitMix64
		state += 0x9e3779b97f4a7c15
		return mix(state)
	}
	for range sample {
		if i, j := next()%n, next()%n; i != j {
			fn(&s.people[i], &s.people[j])
		}
	}
}

// collision returns how often two records that have the field agree on it wholly, from the counts of its values; −1 where there are no such
// values.
func (s *Set) collision(f Field) float64 {
	counts := map[uint64]int{}
	total := 0
	for i := range s.people {
		if v := s.people[i].value(f); v != 0 {
			counts[v]++
			total++
		}
	}
	if total < 2 {
		return -1
	}
	sum := 0.0
	for _, c := range counts { // integers below 2^53: the order of a map does not show
		sum += float64(c) * float64(c-1)
	}
	return sum / (float64(total) * float64(total-1))
}

func (p *person) value(f Field) uint64 {
	switch f {
	case Name:
		return uint64(p.given)
	case Rest:
		if p.nrest == 0 {
			return 0
		}
		h := uint64(3)
		for _, w := range p.rest[:p.nrest] {
			h = join(h, uint64(w))
		}
		return h
	case Born:
		if p.birth%100 == 0 || p.round {
			return 0
		}
		return uint64(p.birth)
	case Sex:
		return uint64(p.sex)
	case IDNumber:
		return uint64(p.id)
	case Phone:
		return uint64(p.phones[0])
	case Email:
		return uint64(p.email)
	case Area:
		return uint64(p.area)
	case Locality:
		return uint64(p.locality)
	case Street:
		if p.street[0] == 0 {
			return 0
		}
		h := uint64(5)
		for _, w := range p.street {
			h = join(h, uint64(w))
		}
		return h
	case Postcode:
		return uint64(p.postcode)
	case Household:
		return uint64(p.home)
	case Other1:
		return uint64(p.other[0])
	}
	return uint64(p.other[1])
}

// defaultU is what strangers look like where a set is too small to say, roundly for a region of some ten thousand people.
var defaultU = [fields][levels]float64{
	Name:      {0, .94, .04, .015, .005},
	Rest:      {0, .93, .05, .014, .004, .002},
	Born:      {0, .978, .020, .0008, .0006, .0005, .00004},
	Sex:       {0, .5, .5},
	IDNumber:  {0, 1, 1e-6, 1e-7, 1e-9},
	Phone:     {0, 1, 1e-6, 1e-7},
	Email:     {0, 1, 1e-6, 1e-8},
	Area:      {0, .90, .01, .09},
	Locality:  {0, .98, .005, .015},
	Street:    {0, .97, .03, 1e-5},
	Postcode:  {0, .97, .029, .001},
	Household: {0, 1, 1e-6},
	Other1:    {0, .95, .05},
	Other2:    {0, .95, .05},
}

// trustU is how many pairs of records defaultU counts for: as many as two hundred records make in a quarter of theirs.
const trustU = 5000

// rare are the fields that nearly nobody shares by chance: their collisions are duplicates and households themselves. The estimate begins as if there
// were no others.
var rare = map[Field]bool{IDNumber: true, Phone: true, Email: true, Street: true, Household: true}

func (s *Set) newModel() *model {
	md := &model{m: defaultM, all: s.agreement(), many: s.countWords(), pairs: pairs(len(s.people))}
	for i := range s.people {
		for f := range Field(fields) {
			if s.people[i].value(f) != 0 {
				md.filled[f]++
			}
		}
	}
	for f := range Field(fields) {
		share := md.filled[f] / float64(len(s.people))
		md.filled[f] = share * share
		begin := [levels]float64{}
		if rare[f] {
			begin[top[f]] = md.all[f][top[f]] * md.pairs * md.filled[f]
		}
		md.strangers(f, begin)
	}
	md.h = homeDefault(&md.u)
	md.share.match = min(.2/float64(len(s.people)), .01)
	md.share.home = md.share.match
	return md
}

// strangers sets u of a field from all pairs that have it, less those that are no strangers.
func (md *model) strangers(f Field, others [levels]float64) {
	total := 0.0
	for l := Differs; l <= top[f]; l++ {
		md.u[f][l] = max(0, md.all[f][l]*md.pairs*md.filled[f]-others[l]) + trustU*defaultU[f][l]
		total += md.u[f][l]
	}
	for l := Differs; l <= top[f]; l++ {
		md.u[f][l] /= total
	}
}

// scored is a proposed pair with what the model reads of it.
type scored struct {
	i, j   uint32
	levels pattern
	given  float32 // bits that the frequency of the given name adds
	rest   float32 // and of what a household shares: the rest of the name, the place
}

// tables are log2 of a model, added up pair by pair.
type tables struct {
	m, u, h           [fields][8]float64
	match, home, none float64
}

func (md *model) tables() *tables {
	t := &tables{match: math.Log2(md.share.match), home: math.Log2(md.share.home), none: math.Log2(1 - md.share.match - md.share.home)}
	for f := range fields {
		for l := range levels {
			if l == 0 || l > int(top[f]) {
				continue // missing: no evidence for anything
			}
			t.m[f][l] = math.Log2(max(md.m[f][l], 1e-12))
			t.u[f][l] = math.Log2(max(md.u[f][l], 1e-12))
			t.h[f][l] = math.Log2(max(md.h[f][l], 1e-12))
		}
	}
	return t
}

// bits returns log2 of the likelihoods of the three classes, each with its share.
func (t *tables) bits(x *scored) (match, home, none float64) {
	match, home, none = t.match+float64(x.given)+float64(x.rest), t.home+float64(x.rest), t.none
	p := x.levels
	for f := range fields {
		l := p & 7
		p >>= 3
		match += t.m[f][l]
		home += t.h[f][l]
		none += t.u[f][l]
	}
	return match, home, none
}

// posterior returns the probabilities of the same person and of the same household.
func (t *tables) posterior(x *scored) (match, home float64) {
	a, b, c := t.bits(x)
	most := max(a, b, c)
	ea, eb, ec := math.Exp2(a-most), math.Exp2(b-most), math.Exp2(c-most)
	sum := ea + eb + ec
	return ea / sum, eb / sum
}

// estimate is expectation–maximisation over all pairs, of which those that were not proposed count as strangers. m is held near the defaults by trust
// pairs' worth.
//
// Pairs that look alike count together: that bounds the work, also if everybody has one phone.
func (md *model) estimate(ps []scored) {
	const rounds, enough = 40, 1e-4
	groups := grouped(ps)
	for range rounds {
		t := md.tables()
		var m, h [fields][levels]float64
		matches, homes := 0.0, 0.0
		for i := range groups {
			g := &groups[i]
			pm, ph := t.posterior(&g.scored)
			pm, ph = pm*g.count, ph*g.count
			matches += pm
			homes += ph
			for f := range Field(fields) {
				l := g.levels.at(f)
				m[f][l] += pm
				h[f][l] += ph
			}
		}
		before := md.share.match
		md.share.match = min(max((matches+.5)/md.pairs, 1e-15), .5)
		md.share.home = min(max((homes+.5)/md.pairs, md.leastHome()*md.share.match, 1e-15), .4)
		for f := range Field(fields) {
			var sm, sh float64
			for l := Differs; l <= top[f]; l++ {
				sm += m[f][l]
				sh += h[f][l]
			}
			for l := Differs; l <= top[f]; l++ {
				md.m[f][l] = (m[f][l] + trust*defaultM[f][l]) / (sm + trust)
			}
			if f.shared() {
				base := homeDefault(&md.u)[f]
				for l := Differs; l <= top[f]; l++ {
					md.h[f][l] = (h[f][l] + trust*base[l]) / (sh + trust)
				}
			}
			var others [levels]float64
			for l := range others {
				others[l] = m[f][l] + h[f][l]
			}
			md.strangers(f, others)
			if m[f][top[f]] > 0 || f != Born { // of dates of which the year alone is known none is wholly the same
				plausible(f, &md.m[f])
			}
			keepOrder(&md.m[f], &md.u[f], top[f])
		}
		if math.Abs(md.share.match-before) < enough*before {
			break
		}
	}
}

// leastHome is how many pairs of one home there are at least for each pair of one person, where the records say who may live together. In a file with few sisters the estimate takes them
// for one person whose given name is wrong; but a home, a phone and a father in common must never by themselves make one person of two.
func (md *model) leastHome() float64 {
	if md.filled[Phone]+md.filled[Street]+md.filled[Household] > 0 {
		return .3
	}
	return 0
}

// group is pairs of one pattern and nearly the same rarity.
type group struct {
	scored
	count float64
}

// grouped counts pairs, not copies them: a registry of a million proposes tens of millions.
func grouped(ps []scored) []group {
	round := func(bits float32) float32 { return float32(math.Round(float64(bits)*4)) / 4 }
	at := map[scored]int{}
	var out []group
	for i := range ps {
		x := &ps[i]
		key := scored{levels: x.levels, given: round(x.given), rest: round(x.rest)}
		n, ok := at[key]
		if !ok {
			n = len(out)
			at[key], out = n, append(out, group{scored: key})
		}
		out[n].count++
	}
	// In one order whatever the order of the records: sums of floats depend on it.
	slices.SortFunc(out, func(x, y group) int {
		return cmp.Or(cmp.Compare(x.levels, y.levels), cmp.Compare(x.given, y.given), cmp.Compare(x.rest, y.rest))
	})
	return out
}

// keepOrder holds that a better level is never less evidence for a match than a worse one: with few pairs the estimate can turn that over. What strangers look like gives
// way, not what one person does: of a home whose people share a phone, hardly a stranger is seen one digit away from it.
func keepOrder(m, u *[levels]float64, best Level) {
	for l := best; l > Differs; l-- {
		if better := m[l] / u[l]; m[l-1]/u[l-1] > better {
			u[l-1] = m[l-1] / better
		}
	}
	scale(u, Differs, best, 1)
}
