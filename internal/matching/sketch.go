package matching

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// A few records are compared with very many by sketches: a record's values as hashes, one line of fixed length each, that a database keeps beside the records. One pass over all
// sketches finds who shares a key with a new record and agrees in enough, counts how often names and places are, and holds nothing else in memory ([Hunt]). Only whom that finds is
// read and compared in full ([Params.Compare]), with the weights of the last run over all.

// sketchWords is how many numbers a sketch has.
const sketchWords = 20

// SketchBytes is the length of a stored sketch.
const SketchBytes = 4 * sketchWords

// Sketch is a record as hashes of its values; 0 is "unknown". Sketches of one person with another value differ.
type Sketch [sketchWords]uint32

// The numbers of a sketch. "Sound" is the hash of the consonants (see Bones).
const (
	skGiven  = iota // exact
	skCalled        // sound of the given name
	skLast          // sound of the last word
	skFirst         // sound of the first word of the rest, if it is not the last
	skSecond        // and of the second
	skBirth         // year·10000 + month·100 + day
	skID
	skIDHead
	skIDTail
	skPhone
	skPhone2
	skPhone3
	skEmail
	skArea
	skLocality
	skStreet
	skDoor
	skMisc // sex, first letters
	skSum  // of everything that is compared, so that any change shows
	skBone // sound of the whole rest
)

// Sketches makes the sketches of records. Their ids must differ.
func Sketches(records []Record) ([]Sketch, error) {
	s, err := NewSet(records)
	if err != nil {
		return nil, err
	}
	out := make([]Sketch, len(records))
	for i := range s.people {
		out[i] = s.sketch(&s.people[i])
	}
	return out, nil
}

func fold32(h uint64) uint32 {
	if h == 0 {
		return 0
	}
	return uint32(h>>32^h) | 1
}

func (v *vocabulary) hash32(w uint32) uint32 {
	if w == 0 {
		return 0
	}
	return fold32(hashBytes(v.words[w].code))
}

func (s *Set) sketch(p *person) (k Sketch) {
	sound := func(w uint32) uint32 { return fold32(s.bone(w)) }
	k[skGiven], k[skCalled], k[skLast] = s.names.hash32(p.given), sound(p.called()), sound(p.last())
	if p.nrest > 1 {
		k[skFirst] = sound(p.rest[0])
	}
	if p.nrest > 2 {
		k[skSecond] = sound(p.rest[1])
	}
	k[skBirth] = p.birth
	k[skID] = s.codes.hash32(p.id)
	if p.id != 0 {
		if code := s.codes.words[p.id].code; len(code) >= 6 {
			k[skIDHead], k[skIDTail] = fold32(hashBytes(code[:len(code)/2])), fold32(hashBytes(code[len(code)/2:]))
		}
	}
	for i, n := range p.phones {
		k[skPhone+i] = s.codes.hash32(n)
	}
	k[skEmail], k[skArea], k[skLocality] = s.codes.hash32(p.email), s.places.hash32(p.area), s.places.hash32(p.locality)
	if p.street[0] != 0 {
		h, sum := uint64(7), uint64(0)
		for _, w := range p.street { // whatever their order
			sum += hashBytes(s.places.words[w].code)
		}
		k[skStreet] = fold32(join(h, sum))
	}
	if p.telling != 0 {
		k[skDoor] = fold32(join(uint64(s.places.hash32(p.telling)), uint64(s.places.hash32(p.house))))
	}
	k[skMisc] = uint32(p.sex)
	if p.given != 0 {
		k[skMisc] |= uint32(s.names.words[p.given].code[0]) << 8
	}
	if p.nrest > 0 {
		k[skMisc] |= uint32(s.names.words[p.last()].code[0]) << 16
		h := uint64(11)
		for _, w := range p.rest[:p.nrest] {
			h = join(h, s.bone(w))
		}
		k[skBone] = fold32(h)
	}
	h := uint64(1)
	for _, w := range k[:skSum] {
		h = join(h, uint64(w))
	}
	for _, w := range p.rest[:p.nrest] {
		h = join(h, uint64(s.names.hash32(w)))
	}
	h = join(h, uint64(s.codes.hash32(p.postcode)))
	k[skSum] = fold32(h)
	return k
}

// Sum is a number that changes with whatever of the record is compared.
func (k *Sketch) Sum() uint32 { return k[skSum] }

// AppendTo writes the sketch in SketchBytes bytes.
func (k *Sketch) AppendTo(b []byte) []byte {
	for _, w := range k {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

// ReadSketch reads the first SketchBytes bytes.
func ReadSketch(b []byte) (k Sketch) {
	b = b[:SketchBytes]
	for i := range k {
		k[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return k
}

const sketchKeys = 22

// keys are what records are brought together by: combinations of two or three values, so that few share one also among millions. 0 is "no key".
func (k *Sketch) keys() (out [sketchKeys]uint64) {
	n := 0
	key := func(parts ...uint32) {
		h := uint64(n) + 101
		n++
		for _, x := range parts {
			if x == 0 {
				return
			}
			h = join(h, uint64(x))
		}
		out[n-1] = h
	}
	called, last, first := k[skCalled], k[skLast], k[skFirst]
	y, m, d := split(k[skBirth])
	var born, day uint32
	if m != 0 && d != 0 {
		day = min(m, d)*100 + max(m, d)
		born = y*10000 + day
	}
	one, two := min(called, last), max(called, last) // given name and surname may be exchanged
	sex := k[skMisc]&3 + 1
	place := k[skLocality]
	if place == 0 {
		place = k[skArea]
	}
	key(k[skID])
	for _, p := range []int{skPhone, skPhone2, skPhone3} { // any phone of one and any of the other
		if k[p] != 0 {
			out[n] = join(77, uint64(k[p]))
		}
		n++
	}
	key(k[skEmail])
	key(k[skIDHead], called)
	key(k[skIDTail])
	key(called, born)
	key(last, born)
	key(one, two, y)
	key(one, two, day)
	key(one, two, place)
	key(called, k[skBone])
	key(called, first, y)
	key(called, first, place)
	key(called, first, k[skSecond])
	key(born, sex, place)
	key(called, y, place)
	key(k[skBone], place, sex)
	key(last, y, place)
	key(k[skStreet], place, sex)
	key(k[skMisc]>>8, born)
	return out
}

// nearness is about how many bits speak for two records being of one person, with a slip allowed wherever two values differ that may be one.
func nearness(a, b *Sketch) (bits int) {
	both := func(i int) bool { return a[i] != 0 && b[i] != 0 }
	if both(skID) {
		switch {
		case a[skID] == b[skID]:
			bits += 20
		case a[skIDHead] == b[skIDHead] && a[skIDHead] != 0 || a[skIDTail] == b[skIDTail] && a[skIDTail] != 0:
			bits += 8
		default:
			bits -= 3
		}
	}
	if both(skPhone) {
		for _, x := range a[skPhone : skPhone3+1] {
			if x != 0 && (x == b[skPhone] || x == b[skPhone2] || x == b[skPhone3]) {
				bits += 12
				break
			}
		}
	}
	if both(skEmail) && a[skEmail] == b[skEmail] {
		bits += 12
	}
	switch {
	case !both(skCalled):
	case a[skGiven] == b[skGiven]:
		bits += 7
	case a[skCalled] == b[skCalled]:
		bits += 6
	case a[skCalled] == b[skLast] && a[skLast] == b[skCalled]:
		bits += 6
	case a[skMisc]>>8&255 == b[skMisc]>>8&255:
		bits++
	default:
		bits -= 3
	}
	if both(skLast) {
		same := 0
		for _, i := range []int{skLast, skFirst, skSecond} {
			if a[i] != 0 && (a[i] == b[skLast] || a[i] == b[skFirst] || a[i] == b[skSecond]) {
				same++
			}
		}
		if same == 0 {
			bits -= 2
		}
		bits += 5 * same
	}
	if both(skBirth) {
		switch bornLevel(a[skBirth], b[skBirth]) {
		case BornSame:
			bits += 13
		case BornSlip:
			bits += 9
		case BornTwo, BornPart:
			bits += 5
		case BornYear:
			bits += 3
		default:
			bits -= 4
		}
	}
	switch {
	case both(skLocality) && a[skLocality] == b[skLocality]:
		bits += 5
	case both(skArea) && a[skArea] == b[skArea]:
		bits += 3
	case both(skArea):
		bits--
	}
	if both(skStreet) && (a[skStreet] == b[skStreet] || a[skDoor] == b[skDoor] && a[skDoor] != 0) {
		bits += 6
	}
	if x, y := a[skMisc]&3, b[skMisc]&3; x != 0 && y != 0 && x != y {
		bits -= 4
	}
	return bits
}

// Bounds of a hunt. They hold also if everybody is called محمد أحمد محمد.
const (
	nearEnough  = 19  // bits of nearness from which a pair is looked at closely, at any size
	mostOfKey   = 400 // records that one key brings, of all; what shares it beyond is found by a rarer key or not at all
	mostSharing = 48  // new records under one key
	mostNear    = 6   // others that one new record is compared with, the nearest
)

// Hunt looks for records that may be the same as some new ones, among sketches that pass by once.
type Hunt struct {
	ids    []int64
	fresh  []Sketch
	number map[int64]int32
	bloom  []uint64
	slots  []huntSlot
	lists  [][]int32
	near   [][]nearOne
	seen   int
	counts [4]map[uint32]uint32 // given names, sounds of the rest, areas, localities
}

type huntSlot struct {
	key  uint64
	list int32
	hits uint16
}

type nearOne struct {
	id   int64
	bits int32
}

const (
	countGiven = iota
	countRest
	countArea
	countLocality
)

// NewHunt takes the new records, by the ids that they have among all.
func NewHunt(ids []int64, fresh []Sketch) *Hunt {
	h := &Hunt{ids: ids, fresh: fresh, number: make(map[int64]int32, len(ids)), near: make([][]nearOne, len(ids))}
	for i := range h.counts {
		h.counts[i] = map[uint32]uint32{}
	}
	size := 1024
	for size < len(fresh)*sketchKeys*2 {
		size *= 2
	}
	h.slots, h.bloom = make([]huntSlot, size), make([]uint64, size/8)
	for i := range fresh {
		h.number[ids[i]] = int32(i)
		for _, k := range fresh[i].keys() {
			if k == 0 {
				continue
			}
			s := h.slot(k)
			if s.key == 0 {
				s.key, s.list = k, int32(len(h.lists))
				h.lists = append(h.lists, nil)
				h.bloom[k>>6%uint64(len(h.bloom))] |= 1 << (k & 63)
			}
			if l := h.lists[s.list]; len(l) < mostSharing {
				h.lists[s.list] = append(l, int32(i))
			}
		}
	}
	return h
}

func (h *Hunt) slot(k uint64) *huntSlot {
	mask := uint64(len(h.slots) - 1)
	for at := mix(k) & mask; ; at = (at + 1) & mask {
		if s := &h.slots[at]; s.key == 0 || s.key == k {
			return s
		}
	}
}

// See takes one of all records.
func (h *Hunt) See(id int64, k *Sketch) {
	h.seen++
	for i, words := range [...][]uint32{{k[skGiven]}, {k[skLast], k[skFirst], k[skSecond]}, {k[skArea]}, {k[skLocality]}} {
		for _, w := range words {
			if w != 0 {
				h.counts[i][w]++
			}
		}
	}
	own, isFresh := h.number[id]
	for _, key := range k.keys() {
		if key == 0 || h.bloom[key>>6%uint64(len(h.bloom))]>>(key&63)&1 == 0 {
			continue
		}
		s := h.slot(key)
		if s.key == 0 || s.hits >= mostOfKey {
			continue
		}
		s.hits++
		for _, i := range h.lists[s.list] {
			if isFresh && own >= i { // a pair of two new ones is found once
				continue
			}
			if bits := nearness(&h.fresh[i], k); bits >= nearEnough {
				h.add(i, nearOne{id, int32(bits)})
			}
		}
	}
}

func (h *Hunt) add(i int32, x nearOne) {
	l := h.near[i]
	if slices.ContainsFunc(l, func(y nearOne) bool { return y.id == x.id }) {
		return
	}
	if len(l) < mostNear {
		h.near[i] = append(l, x)
		return
	}
	least := 0
	for j := range l {
		if l[j].bits < l[least].bits {
			least = j
		}
	}
	if x.bits > l[least].bits {
		l[least] = x
	}
}

// Found returns the pairs to look at closely: a new record, and another id.
func (h *Hunt) Found() (pairs [][2]int64) {
	for i, l := range h.near {
		for _, x := range l {
			pairs = append(pairs, [2]int64{h.ids[i], x.id})
		}
	}
	return pairs
}

// Params are the weights that a run over all records found, as a registry keeps them. They age slowly: m, how people and clerks err, hardly; u with what names and places are
// frequent, which each hunt counts anew. A run over all once a year, or after an import that doubles the registry, makes them anew.
type Params struct {
	Version     int                     `json:"version"`
	Records     int                     `json:"records"`
	M           [fields][levels]float64 `json:"m"`
	U           [fields][levels]float64 `json:"u"`
	H           [fields][levels]float64 `json:"h"`
	Match, Home float64                 // shares of all pairs
	Words       wordCounts              `json:"words"`
}

// paramsVersion changes with the meaning of the levels.
const paramsVersion = 2

// ParseParams reads the weights of an earlier run; of one whose levels meant something else it returns the default ones.
func ParseParams(raw []byte) (*Params, error) {
	p := new(Params)
	if err := json.Unmarshal(raw, p); err != nil {
		return nil, fmt.Errorf("reading the weights: %w", err)
	}
	if p.Version != paramsVersion {
		return DefaultParams(), nil
	}
	return p, nil
}

// DefaultParams are the weights before any run over all.
func DefaultParams() *Params {
	return &Params{Version: paramsVersion, Records: 1, Words: usualWords, M: defaultM, U: defaultU, H: homeDefault(&defaultU), Match: 2 * priorSame, Home: priorHome}
}

func (md *model) params(records int) *Params {
	return &Params{Version: paramsVersion, Records: records, Words: md.many, M: md.m, U: md.u, H: md.h, Match: md.share.match, Home: md.share.home}
}

// model is the weights in a registry of another size: how many of a person's records there are more does not depend on it, and so the share of pairs goes down as it grows.
func (p *Params) model(records int) *model {
	md := &model{m: p.M, u: p.U, h: p.H}
	scale := float64(max(p.Records, 1)) / float64(max(records, trustNames)) // among a handful nobody is likelier to be there twice
	md.share.match, md.share.home = min(p.Match*scale, .1), min(p.Home*scale, .1)
	return md
}

// Compare compares pairs of records in full, by their places among the records, and returns those from a threshold on, likeliest first. h has counted how often names and
// places are among all.
func (p *Params) Compare(records []Record, pairs [][2]int, h *Hunt, threshold float64) ([]Pair, error) {
	s, err := NewSet(records)
	if err != nil {
		return nil, err
	}
	for w := range s.names.words {
		x := &s.names.words[w]
		if w > 0 {
			x.count = [roles]uint32{asValue: h.counts[countGiven][s.names.hash32(uint32(w))], asRest: h.counts[countRest][fold32(s.bone(uint32(w)))]}
		}
	}
	s.names.total, s.names.same = [roles]float64{}, [roles]float64{}
	for as, counts := range map[role]map[uint32]uint32{asValue: h.counts[countGiven], asRest: h.counts[countRest]} {
		s.names.total[as], s.names.same[as] = shares(counts)
		s.names.weigh(as)
	}
	for f, counts := range map[Field]map[uint32]uint32{Area: h.counts[countArea], Locality: h.counts[countLocality]} {
		total, same := shares(counts)
		s.gains[f] = make([]float32, len(s.places.words))
		for w := range s.places.words {
			if c := counts[s.places.hash32(uint32(w))]; c > 0 {
				s.gains[f][w] = placeGain(same, total, c)
			}
		}
	}
	s.implied = [fields]pattern{}
	s.implied[Locality].set(Area, Implied)
	t := p.model(h.seen).tables()
	c := &comparer{s, newMemory(), p.Words}
	var out []Pair
	for _, ij := range pairs {
		x := scored{i: uint32(min(ij[0], ij[1])), j: uint32(max(ij[0], ij[1]))}
		a, b := &s.people[x.i], &s.people[x.j]
		x.levels = c.compare(a, b)
		x.given, x.rest = c.rarity(a, b, x.levels)
		if match, _ := t.posterior(&x); match >= threshold {
			out = append(out, t.pair(c, &x, match))
		}
	}
	slices.SortFunc(out, byWeight)
	return out, nil
}

// shares returns how many uses there are and the chance that two of them are the same.
func shares(counts map[uint32]uint32) (total, same float64) {
	sum := 0.0
	for _, c := range counts { // integers below 2^53: the order of a map does not show
		total += float64(c)
		sum += float64(c) * (float64(c) - 1)
	}
	if total < 2 {
		return 2, 1
	}
	return total, math.Max(sum/(total*(total-1)), 1/(total*total))
}
