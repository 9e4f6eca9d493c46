package matching

// comparer compares people of one set; one for each goroutine.
type comparer struct {
	*Set
	memory *memory
	many   wordCounts
}

const (
	kindNames uint64 = iota
	kindPlaces
)

// compare returns the level of each field.
func (c *comparer) compare(a, b *person) pattern { return c.places2(a, b, c.person2(a, b)) }

// person2 compares all but the places, which are the dearest to compare and of which most pairs differ.
func (c *comparer) person2(a, b *person) pattern {
	var p pattern
	name, rest := c.names2(a, b)
	p.set(Name, name)
	p.set(Rest, rest)
	if a.round || b.round {
		p.set(Born, bornLevel(year(a), year(b)))
	} else {
		p.set(Born, bornLevel(a.birth, b.birth))
	}
	if a.sex != 0 && b.sex != 0 {
		p.set(Sex, either(a.sex == b.sex, SexSame))
	}
	p.set(IDNumber, c.idLevel(a.id, b.id))
	p.set(Phone, c.phoneLevel(a, b))
	if a.email != 0 && b.email != 0 {
		switch {
		case a.email == b.email:
			p.set(Email, EmailSame)
		case a.mailbox == b.mailbox || lettersSlip(c.codes.words[a.email].code, c.codes.words[b.email].code):
			p.set(Email, EmailNear)
		default:
			p.set(Email, Differs)
		}
	}
	if a.home != 0 && b.home != 0 {
		p.set(Household, either(a.home == b.home, HomeSame))
	}
	for i, f := range []Field{Other1, Other2} {
		if a.other[i] != 0 && b.other[i] != 0 {
			p.set(f, either(a.other[i] == b.other[i], OtherSame))
		}
	}
	return p
}

// places2 adds the places.
func (c *comparer) places2(a, b *person, p pattern) pattern {
	p.set(Area, c.placeLevel(a.area, b.area))
	p.set(Locality, c.placeLevel(a.locality, b.locality))
	p.set(Street, streetLevel(a, b))
	p.set(Postcode, c.postcodeLevel(a.postcode, b.postcode))
	return c.imply(p)
}

// hopeless reports whether two people are neither one nor of one home even if all places that differ were nearly the same. It takes the pattern of person2.
func (c *comparer) hopeless(t *tables, a, b *person, p pattern, floor float64) bool {
	x := scored{levels: p}
	match, home, none := t.bits(&x)
	if p.at(Name) >= NameSame {
		match += mostRarity
	}
	if l := p.at(Rest); l >= RestOne {
		bits := mostRarity + max(0, float64((float32(min(a.nrest, b.nrest))-c.many.Mean[l])*c.many.Bits)) // if all words agree
		match, home = match+bits, home+bits
	}
	for i, w := range [...][2]uint32{{a.area, b.area}, {a.locality, b.locality}, {a.street[0], b.street[0]}, {a.postcode, b.postcode}} {
		f := Area + Field(i)
		if w[0] == 0 || w[1] == 0 {
			continue
		}
		if w[0] == w[1] {
			match += t.m[f][PlaceSame] - t.u[f][PlaceSame] + mostPlace
			home += t.h[f][PlaceSame] - t.u[f][PlaceSame] + mostPlace
			continue
		}
		match += max(t.m[f][PlaceNear]-t.u[f][PlaceNear], t.m[f][Differs]-t.u[f][Differs])
		home += max(t.h[f][PlaceNear]-t.u[f][PlaceNear], t.h[f][Differs]-t.u[f][Differs])
	}
	return max(match, home) <= none-floor
}

func either(yes bool, l Level) Level {
	if yes {
		return l
	}
	return Differs
}

// names2 compares the whole names, also with given name and surname exchanged.
func (c *comparer) names2(a, b *person) (name, rest Level) {
	name, rest = c.nameLevel(a, b), c.restLevel(a, b)
	if name <= Differs && rest <= Differs { // given name and surname exchanged where one of the four is not known
		switch {
		case a.given != 0 && b.nrest > 0 && (a.nrest == 0 || b.given == 0) && c.among(a.given, b),
			b.given != 0 && a.nrest > 0 && (b.nrest == 0 || a.given == 0) && c.among(b.given, a):
			return NameSlip, Missing
		}
	}
	if name <= Differs && rest <= RestOne && a.nrest > 0 && b.nrest > 0 && a.given != 0 && b.given != 0 {
		if c.among(a.given, b) && c.among(b.given, a) {
			return NameSlip, RestMost
		}
	}
	return name, rest
}

// among reports whether a given name stands last in the rest of another's name, or first: Smith John Albert, John Albert Smith.
func (c *comparer) among(given uint32, p *person) bool {
	return c.memory.like(c.names, kindNames, given, p.rest[p.nrest-1]) >= slip || p.nrest > 1 && c.memory.like(c.names, kindNames, given, p.rest[0]) >= slip
}

func (c *comparer) nameLevel(a, b *person) Level {
	if a.given == 0 || b.given == 0 {
		return Missing
	}
	switch c.memory.like(c.names, kindNames, a.given, b.given) {
	case same:
		return NameSame
	case slip:
		return NameSlip
	case alike:
		return NameAlike
	}
	// Bob and Robert, Bob and Bobby
	if x, y := a.called(), b.called(); (a.formal != 0 || b.formal != 0) && c.memory.like(c.names, kindNames, x, y) >= slip {
		return NameSlip
	}
	// محمد علي and محمد: one part of a compound name
	if a.first != 0 && c.memory.like(c.names, kindNames, a.first, b.given) >= slip || b.first != 0 && c.memory.like(c.names, kindNames, b.first, a.given) >= slip {
		return NameAlike
	}
	return Differs
}

// restLevel aligns the words of the two rests of a name in order. People drop middle names, so words that are missing cost nothing when two agree.
func (c *comparer) restLevel(a, b *person) Level {
	if a.nrest == 0 || b.nrest == 0 {
		return Missing
	}
	if a.nrest == b.nrest && a.rest == b.rest {
		return RestSame
	}
	if a.nrest == 1 && b.nrest == 1 {
		switch c.memory.like(c.names, kindNames, a.rest[0], b.rest[0]) {
		case slip:
			return RestMost
		case alike:
			return RestOne
		}
		return Differs
	}
	short, long := a, b
	if short.nrest > long.nrest {
		short, long = long, short
	}
	n := inOrder(short, long, c.sameWord)
	first := c.sameWord(a.rest[0], b.rest[0])
	switch {
	case (n == short.nrest && n >= 2 || n >= 3) && first:
		return RestFirst
	case n == short.nrest && n >= 2, n >= 3:
		return RestMost
	case n == short.nrest && n == 1: // one word that the other has too: in its place, if it is the first or the last
		w := short.rest[0]
		if first || c.sameWord(w, long.rest[long.nrest-1]) {
			return RestMost
		}
		return RestOne
	case n >= 1 && (first || c.sameWord(a.rest[a.nrest-1], b.rest[b.nrest-1])):
		return RestOne
	}
	return Differs
}

// sameWord reports whether two words of two names are one: the same, or a slip of each other, but not two that many bear (محمد and محمود).
func (c *comparer) sameWord(x, y uint32) bool {
	return x == y || c.memory.like(c.names, kindNames, x, y) >= slip && c.names.confusion(x, y, asRest) > -mostConfused
}

const mostConfused = 1.5 // bits

// inOrder is how many words of the rests of two names agree in order: the longest common subsequence.
func inOrder(a, b *person, like func(x, y uint32) bool) uint8 {
	var best [mostRest + 1][mostRest + 1]uint8
	for i := range a.nrest {
		for j := range b.nrest {
			if like(a.rest[i], b.rest[j]) {
				best[i+1][j+1] = best[i][j] + 1
			} else {
				best[i+1][j+1] = max(best[i][j+1], best[i+1][j])
			}
		}
	}
	return best[a.nrest][b.nrest]
}

func split(n uint32) (y, m, d uint32) { return n / 10000, n / 100 % 100, n % 100 }

// year is the date of birth without what is only a round number of it.
func year(p *person) uint32 {
	if p.round {
		return p.birth / 10000 * 10000
	}
	return p.birth
}

func bornLevel(a, b uint32) Level {
	if a == 0 || b == 0 {
		return Missing
	}
	if a == b {
		if a%10000 == 0 {
			return BornYear
		}
		return BornSame
	}
	ya, ma, da := split(a)
	yb, mb, db := split(b)
	if ma == 0 || mb == 0 || da == 0 || db == 0 { // a part is unknown
		switch {
		case ya > ageEra && yb > ageEra && ya-yb+1 <= 2: // ages, one of them asked a year later
			return BornYear
		case ya != yb:
			return Differs
		case ma == mb && ma != 0:
			return BornPart
		}
		return BornYear
	}
	if ya == yb && ma == db && da == mb {
		return BornSlip
	}
	if oneSlip(a, b) {
		return BornSlip
	}
	switch {
	case ya == yb && (ma == mb || da == db):
		return BornPart
	case ya == yb:
		return BornYear
	case ma == mb && da == db:
		return BornTwo
	}
	return Differs
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// oneSlip reports whether two dates of eight digits differ in one digit or in two neighbours exchanged.
func oneSlip(a, b uint32) bool {
	var da, db [8]uint32
	differ, at := 0, 0
	for i := 7; i >= 0; i-- {
		da[i], db[i] = a%10, b%10
		a, b = a/10, b/10
		if da[i] != db[i] {
			differ++
			at = i
		}
	}
	switch differ {
	case 1:
		return true
	case 2:
		return da[at] == db[at+1] && da[at+1] == db[at]
	}
	return false
}

func (c *comparer) idLevel(a, b uint32) Level {
	switch {
	case a == 0 || b == 0:
		return Missing
	case a == b:
		return IDSame
	}
	x, y := c.codes.words[a].code, c.codes.words[b].code
	if min(len(x), len(y)) < 6 {
		return Differs
	}
	switch codeDistance(x, y, 2) {
	case 1:
		return IDSlip
	case 2:
		return IDNear
	}
	return Differs
}

// codeDistance is distance for numbers on paper, most of which differ everywhere: those of one length with more than 2·most different places are done
// with after a look. A digit that is left out here and another that is added there, in one number, count as different.
func codeDistance(x, y []byte, most int) int {
	if len(x) == len(y) {
		n := 0
		for i := range x {
			if x[i] != y[i] {
				if n++; n > 2*most {
					return most + 1
				}
			}
		}
	}
	return distance(x, y, most)
}

// lettersSlip reports one slip between two addresses that is not another digit: mary.miller2 and mary.miller8 are two people of one name.
func lettersSlip(x, y []byte) bool {
	if distance(x, y, 1) != 1 {
		return false
	}
	if len(x) != len(y) {
		return true
	}
	for i := range x {
		if x[i] != y[i] && x[i] >= '0' && x[i] <= '9' && y[i] >= '0' && y[i] <= '9' {
			return false
		}
	}
	return true
}

func (c *comparer) phoneLevel(a, b *person) Level {
	if a.phones[0] == 0 || b.phones[0] == 0 {
		return Missing
	}
	best := Differs
	for _, x := range a.phones {
		for _, y := range b.phones {
			switch {
			case x == 0 || y == 0:
			case x == y:
				return PhoneSame
			case codeDistance(c.codes.words[x].code, c.codes.words[y].code, 1) == 1:
				best = PhoneSlip
			}
		}
	}
	return best
}

func (c *comparer) placeLevel(a, b uint32) Level {
	switch {
	case a == 0 || b == 0:
		return Missing
	case a == b:
		return PlaceSame
	case c.memory.like(c.places, kindPlaces, a, b) >= slip:
		return PlaceNear
	}
	return Differs
}

// streetLevel compares the words of two streets, whatever their order.
func streetLevel(a, b *person) Level {
	if a.street[0] == 0 || b.street[0] == 0 {
		return Missing
	}
	if a.street == b.street {
		return PlaceSame
	}
	n, both := 0, 0
	for i, j := 0, 0; i < mostStreet && j < mostStreet && a.street[i] != 0 && b.street[j] != 0; {
		switch x, y := a.street[i], b.street[j]; {
		case x == y:
			both++
			i++
			j++
		case x < y:
			i++
		default:
			j++
		}
	}
	for i := range mostStreet {
		n += bit(a.street[i] != 0) + bit(b.street[i] != 0)
	}
	if both > 0 && 2*both*2 >= n { // half of the words or more
		return PlaceNear
	}
	return Differs
}

func (c *comparer) postcodeLevel(a, b uint32) Level {
	switch {
	case a == 0 || b == 0:
		return Missing
	case a == b:
		return PlaceSame
	}
	x, y := c.codes.words[a].code, c.codes.words[b].code
	if len(x) >= 5 && len(y) >= 5 && string(x[:3]) == string(y[:3]) || len(x) == len(y) && distance(x, y, 1) == 1 {
		return PlaceNear
	}
	return Differs
}
