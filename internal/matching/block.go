package matching

import (
	"math"
	"slices"
)

// A pass of blocking compares the records that share one key. Each kind of error spoils some keys and leaves others: a wrong digit in the date of birth
// leaves the names, another spelling leaves the consonants, a married name leaves given name and date.
type pass uint8

const (
	byID         pass = iota
	byPhone           // each of the phones
	byEmail           //
	byNames           // given name and last word of the name, in any order
	byFather          // given name and first word of the rest
	byNameBorn        // given name and date of birth, day and month in any order
	byLastBorn        // last word and date of birth
	byBornPlace       // date of birth, sex and place
	byNameYear        // given name, year and place
	byLastYear        // last word, year and place
	byHouse           // street and place, and sex: whatever was misspelt
	byRest            // whole rest of the name, sex and place
	byPostBorn        // postcode, day and month
	byInitials        // first letters of both names, date of birth
	byNamePost        // given name and postcode
	byLastPost        // last word and postcode
	byDoor            // the street's most telling word and the number of the house
	byStreetPost      // the street's most telling word and the postcode
	byIDHead          // first half of the id number
	byIDTail          // second half of the id number
	byNameArea        // given name, area and first letter of the last word
	byLastArea        // last word, area and first letter of the given name
	byBornID          // day and month of birth and the last two digits of the id number
	byBorn            // date of birth, day and month in any order: where a name is empty or misspelt
	byPost            // postcode
	byLast            // last word, or the only one
	byGiven           // given name
	byAll             // every record of a small set
	passes
)

// weak passes propose few true pairs that no other pass proposes, among many that are none: of a block that is not small only neighbours are compared.
func (at pass) weak() bool { return at >= byLastPost }

const (
	blockWhole = 60 // up to so many records every pair of a block is compared, whatever the size of the set
	weakWhole  = 16
	rangeWhole = 1500
)

// roomy is what a set may cost beyond that, in records times neighbours in one pass: a small one is compared nearly whole. In few columns of which some are empty hardly a key is
// without a gap, and two records of one person would never meet.
const roomy = 1_500_000

// room is how many neighbours a record of this set may have in a pass at that cost.
func (s *Set) room() int { return min(roomy/max(1, len(s.people)), rangeWhole) }

// passes are those worth their time. In a large set hardly anybody stands beside herself in the block of a single name.
func (s *Set) passes() pass {
	if s.room() < blockWhole {
		return byLast
	}
	return passes
}

// whole is up to how many records a block of the pass is compared whole.
func (b *blocks) whole(at pass) int {
	switch {
	case at == byAll:
		return rangeWhole
	case at.weak():
		return max(weakWhole, b.room()/2)
	}
	return max(blockWhole, b.room())
}

// window is how many neighbours a record of a larger block of n is compared with, in the order of sortKey. It bounds the work: a block costs n times window,
// also if everybody is called محمد أحمد محمد.
func (b *blocks) window(at pass, n int) int {
	room := b.room() / 4
	switch {
	case at.weak():
		return max(4, room/2)
	case n <= rangeWhole:
		return max(24, room)
	case n <= 20_000:
		return max(12, room)
	}
	return max(6, room)
}

// blocks holds the keys of all records, one line each; 0 is "no key", or one that a block too large to be compared whole had.
type blocks struct {
	*Set
	keys [][passes]uint64
}

// bone is the blocking key of a name.
func (s *Set) bone(w uint32) uint64 {
	if w == 0 {
		return 0
	}
	x := &s.names.words[w]
	if x.bones != 0 {
		return x.bones
	}
	return hashBytes(x.code)
}

func (p *person) last() uint32 {
	if p.nrest == 0 {
		return 0
	}
	return p.rest[p.nrest-1]
}

// called is the given name without the other parts of a compound one, and a pet name as what it is short for.
func (p *person) called() uint32 {
	switch {
	case p.formal != 0:
		return p.formal
	case p.first != 0:
		return p.first
	}
	return p.given
}

// place is the narrowest place that is known, but the postcode.
func (p *person) place() uint64 {
	switch {
	case p.locality != 0:
		return uint64(p.locality) | 1<<40
	case p.area != 0:
		return uint64(p.area) | 1<<41
	case p.postcode != 0:
		return uint64(p.postcode) | 1<<42
	}
	return 0
}

func (s *Set) keysOf(p *person) (k [passes]uint64) {
	key := func(at pass, parts ...uint64) {
		h := uint64(at) + 1
		for _, x := range parts {
			if x == 0 {
				return
			}
			h = join(h, x)
		}
		k[at] = h
	}
	given, last := s.bone(p.called()), s.bone(p.last())
	var first uint64
	if p.nrest > 1 {
		first = s.bone(p.rest[0])
	}
	y, m, d := split(year(p))
	var born, year uint64 // whole dates only
	if y != 0 {
		year = uint64(y)
		if m != 0 && d != 0 {
			born = uint64(y)*10000 + uint64(min(m, d))*100 + uint64(max(m, d))
		}
	}
	place, sex := p.place(), uint64(p.sex)+1
	key(byID, uint64(p.id))
	key(byPhone, uint64(p.phones[0]))
	key(byEmail, uint64(p.email))
	if given != 0 && last != 0 {
		key(byNames, min(given, last), max(given, last))
	} else {
		key(byNames, max(given, last), max(place, 1))
	}
	key(byFather, given, first)
	key(byNameBorn, given, born)
	key(byLastBorn, last, born)
	key(byBornPlace, born, sex, place)
	key(byNameYear, given, year, place)
	key(byLastYear, last, year, place)
	if p.street[0] != 0 {
		h := uint64(7)
		for _, w := range p.street {
			h = join(h, uint64(w))
		}
		key(byHouse, h, max(place, 1), sex)
	}
	if p.nrest > 0 {
		h := uint64(11)
		for _, w := range p.rest[:p.nrest] {
			h = join(h, s.bone(w))
		}
		key(byRest, h, sex, max(place, 1))
	}
	key(byNamePost, given, uint64(p.postcode))
	key(byLastPost, last, uint64(p.postcode))
	if p.telling != 0 {
		key(byDoor, uint64(p.telling), uint64(p.house))
		key(byStreetPost, uint64(p.telling), uint64(p.postcode))
	}
	if p.id != 0 {
		if code := s.codes.words[p.id].code; len(code) >= 6 {
			key(byIDHead, hashBytes(code[:len(code)/2]))
			key(byIDTail, hashBytes(code[len(code)/2:]))
			if m != 0 && d != 0 {
				key(byBornID, uint64(min(m, d)*100+max(m, d)), hashBytes(code[len(code)-2:]))
			}
		}
	}
	if given != 0 && last != 0 {
		key(byNameArea, given, uint64(p.area), uint64(s.names.words[p.last()].code[0]))
		key(byLastArea, last, uint64(p.area), uint64(s.names.words[p.given].code[0]))
	}
	if len(s.people) <= rangeWhole {
		key(byAll, 1)
	}
	key(byPost, uint64(p.postcode))
	key(byLast, last)
	key(byGiven, given)
	if born != 0 {
		key(byBorn, born)
		key(byPostBorn, uint64(p.postcode), uint64(min(m, d)*100+max(m, d)))
		if given != 0 && last != 0 {
			key(byInitials, uint64(s.names.words[p.given].code[0]), uint64(s.names.words[p.last()].code[0]), born)
		}
	}
	return k
}

// sortKey puts the likeliest duplicates of a large block beside each other: by what the pass did not use.
func (s *Set) sortKey(at pass, p *person) uint64 {
	prefix := func(w uint32) uint64 {
		var k uint64
		if w != 0 {
			for i, c := range s.names.words[w].code {
				if i == 4 {
					break
				}
				k |= uint64(c) << (24 - 8*i)
			}
		}
		return k
	}
	switch at {
	case byNames, byFather, byRest, byHouse, byLastPost, byLastArea, byDoor, byStreetPost, byLast:
		return uint64(p.birth)<<32 | prefix(p.given)
	case byIDHead, byIDTail: // the half that the key is not
		code := s.codes.words[p.id].code
		if at == byIDHead {
			code = code[len(code)/2:]
		}
		var k uint64
		for i := range 8 {
			k <<= 8
			if i < len(code) {
				k |= uint64(code[i])
			}
		}
		return k
	case byNameBorn, byNameYear, byNameArea, byNamePost, byGiven:
		return prefix(p.last())<<32 | uint64(p.birth)
	}
	return prefix(p.given)<<32 | prefix(p.last())
}

type keyed struct {
	key, order uint64
	at         uint32
}

// entries returns the records that have a key in a pass, by key. A record stands in byPhone once for each phone.
func (b *blocks) entries(at pass) []keyed {
	out := make([]keyed, 0, len(b.people))
	for i := range b.people {
		if k := b.keys[i][at]; k != 0 {
			out = append(out, keyed{key: k, at: uint32(i)})
		}
		if at == byPhone {
			for _, n := range b.people[i].phones[1:] {
				if n != 0 {
					out = append(out, keyed{key: join(uint64(byPhone)+1, uint64(n)), at: uint32(i)})
				}
			}
		}
	}
	slices.SortFunc(out, func(x, y keyed) int {
		switch {
		case x.key != y.key:
			if x.key < y.key {
				return -1
			}
			return 1
		case x.at != y.at:
			return int(int64(x.at) - int64(y.at))
		}
		return 0
	})
	return out
}

// block is a run of entries with one key.
type block struct{ from, to int }

// propose calls pair for each two records that a pass proposes and no earlier pass proposed, in blocks, a share of the blocks for each caller. fresh
// says which records are new; a pair of two others is not proposed. nil: all are.
func (b *blocks) propose(at pass, es []keyed, runs []block, fresh []bool, pair func(i, j uint32)) {
	try := func(i, j uint32) {
		if i == j || fresh != nil && !fresh[i] && !fresh[j] {
			return
		}
		ki, kj := &b.keys[i], &b.keys[j]
		for q := range at {
			if ki[q] != 0 && ki[q] == kj[q] {
				return
			}
		}
		if i > j {
			i, j = j, i
		}
		pair(i, j)
	}
	for _, r := range runs {
		run := es[r.from:r.to]
		if len(run) <= b.whole(at) {
			for x := range run {
				for y := x + 1; y < len(run); y++ {
					try(run[x].at, run[y].at)
				}
			}
			continue
		}
		for x := range run {
			run[x].order = b.sortKey(at, &b.people[run[x].at])
		}
		slices.SortFunc(run, func(x, y keyed) int {
			switch {
			case x.order != y.order:
				if x.order < y.order {
					return -1
				}
				return 1
			}
			return int(int64(x.at) - int64(y.at))
		})
		w := b.window(at, len(run))
		for x := range run {
			for y := x + 1; y < min(len(run), x+1+w); y++ {
				try(run[x].at, run[y].at)
			}
		}
	}
}

// runs cuts sorted entries into blocks of two records or more, and forgets the key of blocks that will not be compared whole, so that a later pass
// still proposes their pairs.
func (b *blocks) runs(at pass, es []keyed, fresh []bool) []block {
	var out []block
	for i := 0; i < len(es); {
		j, any := i, fresh == nil
		for j < len(es) && es[j].key == es[i].key {
			any = any || fresh[es[j].at]
			j++
		}
		if j-i > 1 && any {
			out = append(out, block{i, j})
			if j-i > b.whole(at) {
				for _, e := range es[i:j] {
					b.keys[e.at][at] = 0
				}
			}
		}
		i = j
	}
	return out
}

// pairs is how many pairs n records make.
func pairs(n int) float64 { return math.Max(1, float64(n)*float64(n-1)/2) }
