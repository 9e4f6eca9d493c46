package store

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	mathbits "math/bits"
	"slices"
	"strings"
	"sync"

	"muntija/internal/arabic"
	"muntija/internal/lexicon"
)

// wordKind is where a word of a family stands.
type wordKind uint8

const (
	wordGiven   wordKind = iota // the first word of the name
	wordRest                    // the others, and the English name
	wordProject                 // the project, in both languages
	wordPlace                   // district and village
	wordGoods                   // its products
	wordKinds   = iota
)

// bag is the families that have one word in one place: differences of ids, seven bits a byte. A byte of 0 says that a whole id follows. A word that many have is kept as a bit for each
// family instead: to read a quarter of a million differences takes a millisecond, and a search reads some dozens of bags.
type bag struct {
	kind    wordKind
	last, n uint32
	ids     []byte
	bits    []uint64 // instead of ids, if not nil
}

// A bag becomes bits from so many bytes on, if these take no more than denseTimes as much room.
const (
	denseFrom  = 8 << 10
	denseTimes = 2
)

func (b *bag) add(id uint32) {
	if b.bits != nil {
		b.set(id)
		return
	}
	if b.n > 0 && id == b.last {
		return
	}
	if id > b.last {
		b.ids = binary.AppendUvarint(b.ids, uint64(id-b.last))
	} else {
		b.ids = binary.AppendUvarint(append(b.ids, 0), uint64(id))
	}
	b.last = id
	b.n++
	if len(b.ids) >= denseFrom && len(b.ids)*denseTimes > int(id)/8 {
		bits := make([]uint64, id/64+1024)
		b.mark(bits)
		b.bits, b.ids = bits, nil
	}
}

func (b *bag) set(id uint32) {
	at := int(id / 64)
	if at >= len(b.bits) {
		b.bits = append(b.bits, make([]uint64, at-len(b.bits)+1024)...)
	}
	if b.bits[at]>>(id%64)&1 == 0 {
		b.bits[at] |= 1 << (id % 64)
		b.n++
	}
}

// mark sets the bits of the bag's families.
func (b *bag) mark(bits []uint64) {
	if b.bits != nil {
		or(bits, b.bits[:min(len(b.bits), len(bits))])
		return
	}
	markIDs(b.ids, bits)
}

// markIDs sets the bits of ids as a bag keeps them, as far as there are bits.
func markIDs(ids []byte, bits []uint64) {
	id := uint32(0)
	for at := 0; at < len(ids); {
		c := ids[at]
		at++
		if c == 0 {
			v, n := binary.Uvarint(ids[at:])
			id = uint32(v)
			at += n
		} else if c < 0x80 {
			id += uint32(c)
		} else {
			v, n := binary.Uvarint(ids[at-1:])
			id += uint32(v)
			at += n - 1
		}
		if i := int(id / 64); i < len(bits) {
			bits[i] |= 1 << (id % 64)
		}
	}
}

// wordIndex finds families by their words. What a family's words were before they changed stays in the bags: which families those are, and what their words
// are now, is kept beside them.
type wordIndex struct {
	lex       lexicon.Lexicon
	bags      [][]bag             // by number of the word
	edited    map[uint32][]uint32 // families whose words have changed since they were first read: number of the word · 8 + kind
	changed   []uint64            // their bits
	districts map[string][]string // flat words of a district
	scratch   []byte
}

// settle moves the bags of a large registry out of the heap when all families are read. They grew in thousands of small steps between what was dropped at once, so that
// the heap stayed a half larger than what is in it. A bag that grows afterwards goes back to the heap alone.
func (x *wordIndex) settle(r *roll) {
	words, bytes := 0, 0
	for _, bags := range x.bags {
		for i := range bags {
			words, bytes = words+len(bags[i].bits), bytes+len(bags[i].ids)
		}
	}
	if words*8+bytes < outsideFrom {
		return
	}
	bits, ids := resized(r, []uint64(nil), words), resized(r, []uint8(nil), bytes)
	for _, bags := range x.bags {
		for i := range bags {
			b := &bags[i]
			if n := len(b.bits); n > 0 {
				copy(bits, b.bits)
				b.bits, bits = bits[:n:n], bits[n:]
			}
			n := len(b.ids)
			copy(ids, b.ids)
			b.ids, ids = ids[:n:n], ids[n:]
		}
	}
}

func (x *wordIndex) add(id uint32, word []byte, kind wordKind) (at uint32) {
	n, fresh := x.lex.Add(word)
	if fresh {
		x.bags = append(x.bags, nil)
	}
	bags := x.bags[n]
	i := slices.IndexFunc(bags, func(b bag) bool { return b.kind == kind })
	if i < 0 {
		i = len(bags)
		bags = append(bags, bag{kind: kind})
		x.bags[n] = bags
	}
	bags[i].add(id)
	return n*8 + uint32(kind)
}

var wordSeed = maphash.MakeSeed()

// takeWords brings what is known of a family's words up to date.
func (r *roll) takeWords(id uint32, l *listed, fresh bool) {
	var h maphash.Hash
	h.SetSeed(wordSeed)
	for _, part := range [][]byte{l.search, l.name, l.project, l.district} {
		h.Write(part)
		h.WriteByte(0)
	}
	sum := uint32(h.Sum64())
	for _, g := range l.goods {
		sum += goodsSum(g)
	}
	if !fresh && r.words[id] == sum {
		return
	}
	r.words[id] = sum
	x := &r.index
	var now []uint32
	put := func(word []byte, kind wordKind) {
		if word = lexicon.Flat(word); len(word) > 0 {
			now = append(now, x.add(id, word, kind))
		}
	}
	if fresh {
		now = make([]uint32, 0, 24)
	}
	x.split(l, put)
	for _, g := range l.goods {
		x.goods(g, put)
	}
	if !fresh {
		if x.edited == nil {
			x.edited = map[uint32][]uint32{}
		}
		x.edited[id] = slices.Clip(now)
		if need := int(id/64) + 1; need > len(x.changed) {
			x.changed = append(x.changed, make([]uint64, need-len(x.changed)+1024)...)
		}
		x.changed[id/64] |= 1 << (id % 64)
	}
}

// split says where each word of a family stands. The column search has the folded words of name, English name, project, English project and village, in this
// order, each once: those that are neither of the name nor of the project are English ones or the village's.
func (x *wordIndex) split(l *listed, put func(word []byte, kind wordKind)) {
	name, project := " "+arabic.Fold(string(l.name))+" ", " "+arabic.Fold(string(l.project))+" "
	inProject, english := false, false
	x.scratch = append(x.scratch[:0], l.search...)
	for rest := x.scratch; len(rest) > 1; {
		rest = rest[1:]
		end := slices.Index(rest, ' ')
		if end < 0 {
			end = len(rest)
		}
		w := rest[:end]
		rest = rest[end:]
		at := indexWord(name, w)
		ofProject := indexWord(project, w) >= 0
		latin := w[0] < 0x80
		if ofProject { // before w is made flat in place
			put(slices.Clone(w), wordProject)
		}
		inProject = inProject || ofProject && at < 0
		switch {
		case at == 0:
			put(w, wordGiven)
		case at > 0:
			put(w, wordRest)
		case ofProject:
		case latin && inProject:
			put(w, wordProject)
		case latin && !english:
			english = true
			put(w, wordGiven)
		case latin:
			put(w, wordRest)
		default:
			put(w, wordPlace)
		}
	}
	if len(l.district) == 0 {
		return
	}
	words, ok := x.districts[string(l.district)]
	if !ok {
		words = lexicon.Words(string(l.district))
		if x.districts == nil {
			x.districts = map[string][]string{}
		}
		x.districts[string(l.district)] = words
	}
	for _, w := range words {
		put(append(x.scratch[:0], w...), wordPlace)
	}
}

// indexWord returns where a word stands in a text that has a blank before and behind each, -1 if nowhere.
func indexWord(text string, word []byte) int {
	for at := 0; ; {
		i := strings.Index(text[at:], string(word))
		if i < 0 {
			return -1
		}
		i += at
		if text[i-1] == ' ' && text[i+len(word)] == ' ' {
			return i - 1
		}
		at = i + len(word)
	}
}

func (x *wordIndex) goods(folded string, put func(word []byte, kind wordKind)) {
	for w := range strings.FieldsSeq(folded) {
		put(append(x.scratch[:0], w...), wordGoods)
	}
}

func goodsSum(folded string) uint32 { return uint32(maphash.String(wordSeed, folded)) | 1 }

// takeGoods takes in a product when all are read.
func (r *roll) takeGoods(id int64, folded string) {
	if id <= 0 || id >= int64(len(r.words)) {
		return
	}
	r.words[id] += goodsSum(folded)
	r.index.goods(folded, func(word []byte, kind wordKind) {
		if word = lexicon.Flat(word); len(word) > 0 {
			r.index.add(uint32(id), word, kind)
		}
	})
}

// eachGoods calls fn with the folded words of products.
func (tx *Tx) eachGoods(where string, args []any, fn func(family int64, folded string)) error {
	return tx.each(func(rows *sql.Rows) error {
		var family int64
		var folded string
		err := rows.Scan(&family, &folded)
		fn(family, folded)
		return err
	}, `SELECT family_id, search FROM product WHERE `+where, args...)
}

func (tx *Tx) goodsOf(families []int64) (map[int64][]string, error) {
	out := map[int64][]string{}
	var q statement
	q.add("1 = 1")
	q.inIDs("family_id", families)
	err := tx.eachGoods(q.text(), q.args, func(family int64, folded string) { out[family] = append(out[family], folded) })
	if err != nil {
		return nil, fmt.Errorf("reading the words of products: %w", err)
	}
	return out, nil
}

// bitsets are kept for the next search: one for each million families is 125 kB, and a search needs some dozens. What a sync.Pool keeps goes with each collection, and making them anew
// brings the next one nearer.
var bitsets struct {
	mu   sync.Mutex
	free [][]uint64
}

// keptBits is how many are kept.
const keptBits = 96

func (r *roll) newBits() []uint64 {
	n := len(r.cell)/64 + 1
	bitsets.mu.Lock()
	var out []uint64
	if last := len(bitsets.free) - 1; last >= 0 {
		out, bitsets.free = bitsets.free[last], bitsets.free[:last]
	}
	bitsets.mu.Unlock()
	if cap(out) < n { // of a smaller registry, or none
		return make([]uint64, n)
	}
	out = out[:n]
	clear(out)
	return out
}

// found is the families that have a term of a query, by kind: surely, and at all.
type found struct {
	sure, any [wordKinds][]uint64 // nil: none
}

// hit is a word of the vocabulary that a term may mean.
type hit struct {
	word uint32
	sure bool
}

// find returns who has a term. slips says whether a slip of the hand is forgiven.
func (r *roll) findTerm(t lexicon.Term, slips bool) *found {
	f := &found{}
	for i, form := range t.Forms {
		hits := make([][]hit, len(form))
		for j, w := range form {
			r.index.lex.Each(w, slips && i == 0, func(n uint32, c lexicon.Closeness) {
				hits[j] = append(hits[j], hit{n, c == lexicon.Same})
			})
		}
		if len(form) == 1 {
			r.markHits(hits[0], f)
			continue
		}
		both := [2]found{}
		r.markHits(hits[0], &both[0])
		r.markHits(hits[1], &both[1])
		f.joinPair(r, &both[0], &both[1])
		both[0].drop()
		both[1].drop()
	}
	return f
}

// joinPair adds the families that have both words of a form, in a name, in a project, in a place.
func (f *found) joinPair(r *roll, a, b *found) {
	for _, of := range [][2]*[wordKinds][]uint64{{&a.sure, &b.sure}, {&a.any, &b.any}} {
		to := &f.any
		if of[0] == &a.sure {
			to = &f.sure
		}
		for k := range of[0] {
			first := of[0][k]
			if first == nil {
				continue
			}
			seconds := []int{k}
			if wordKind(k) == wordGiven || wordKind(k) == wordRest {
				seconds = []int{int(wordGiven), int(wordRest)}
			}
			for _, s := range seconds {
				second := of[1][s]
				if second == nil {
					continue
				}
				if to[k] == nil {
					to[k] = r.newBits()
				}
				for i := range first {
					to[k][i] |= first[i] & second[i]
				}
			}
		}
	}
}

// markHits adds the families that have one of the words.
func (r *roll) markHits(hits []hit, f *found) {
	if len(hits) == 0 {
		return
	}
	x := &r.index
	for _, h := range hits {
		for i := range x.bags[h.word] {
			b := &x.bags[h.word][i]
			to := &f.any[b.kind]
			if h.sure {
				to = &f.sure[b.kind]
			}
			if *to == nil {
				*to = r.newBits()
			}
			b.mark(*to)
		}
	}
	if len(x.edited) > 0 {
		x.correct(hits, f)
	}
	for k := range f.any { // what is sure is there at all
		if f.sure[k] == nil {
			continue
		}
		if f.any[k] == nil {
			f.any[k] = r.newBits()
		}
		or(f.any[k], f.sure[k])
	}
}

// correct takes out who had one of the words once and has it no more. Who has it now stands in its bag.
func (x *wordIndex) correct(hits []hit, f *found) {
	var sure, others map[uint32]bool // made when the first such family is met
	for k := range f.any {
		for at, bits := range [][]uint64{f.sure[k], f.any[k]} {
			for i := range min(len(bits), len(x.changed)) {
				for word := bits[i] & x.changed[i]; word != 0; word &= word - 1 {
					if sure == nil {
						sure, others = map[uint32]bool{}, map[uint32]bool{}
						for _, h := range hits {
							if h.sure {
								sure[h.word] = true
							} else {
								others[h.word] = true
							}
						}
					}
					wanted := sure
					if at == 1 {
						wanted = others
					}
					bit := mathbits.TrailingZeros64(word)
					if !slices.ContainsFunc(x.edited[uint32(i*64+bit)], func(w uint32) bool { return w%8 == uint32(k) && wanted[w/8] }) {
						bits[i] &^= 1 << bit
					}
				}
			}
		}
	}
}

func or(to, from []uint64) {
	for i, b := range from {
		to[i] |= b
	}
}

func and(to, from []uint64) {
	if from == nil {
		clear(to)
		return
	}
	for i, b := range from {
		to[i] &= b
	}
}

// union returns the families that have the term in one of some places, as bits that the caller gives back.
func (f *found) union(r *roll, sure bool, kinds ...wordKind) []uint64 {
	out := r.newBits()
	from := &f.any
	if sure {
		from = &f.sure
	}
	for _, k := range kinds {
		if from[k] != nil {
			or(out, from[k])
		}
	}
	return out
}

func (f *found) drop() {
	for _, set := range []*[wordKinds][]uint64{&f.sure, &f.any} {
		for k := range set {
			giveBack(set[k])
			set[k] = nil
		}
	}
}

func giveBack(bits []uint64) {
	if bits == nil {
		return
	}
	bitsets.mu.Lock()
	defer bitsets.mu.Unlock()
	if len(bitsets.free) < keptBits {
		bitsets.free = append(bitsets.free, bits)
	}
}

// textKinds are the places of words that the list of families is searched by; the last one is not for everybody.
var textKinds = []wordKind{wordGiven, wordRest, wordProject, wordPlace}

// matching returns the families that have all terms of a query, with slips only if nobody has them without.
func (r *roll) matching(q lexicon.Query, kinds []wordKind) []uint64 {
	for _, slips := range []bool{false, true} {
		var all []uint64
		for i := range q.Terms {
			f := r.findTerm(q.Terms[i], slips)
			bits := f.union(r, false, kinds...)
			f.drop()
			if all == nil {
				all = bits
				continue
			}
			and(all, bits)
			giveBack(bits)
		}
		if slips || slices.ContainsFunc(all, func(b uint64) bool { return b != 0 }) {
			return all
		}
		giveBack(all)
	}
	return nil
}
