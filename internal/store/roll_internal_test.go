package store

import (
	popcount "math/bits"
	"strings"
	"testing"
	"time"
	"unsafe"

	"muntija/internal/lexicon"
)

// FuzzMicros holds the quick reader of instants to the slow one.
func FuzzMicros(f *testing.F) {
	for _, s := range []string{"2026-11-24T08:00:00.123456Z", "1999-12-31T23:59:59.999999Z", "~", "", "2026-02-30T00:00:00.000000Z", "2026-11-24T08:00:00Z", "1969-01-01T00:00:00.000000Z"} {
		f.Add(s, int64(1764000000000000))
	}
	f.Fuzz(func(t *testing.T, s string, us int64) {
		_ = micros([]byte(s)) // any text: no panic
		_ = dayOf([]byte(s))
		at := time.UnixMicro(us % 253402300799000000).UTC()
		if at.Year() < 1970 || at.Year() > 9000 {
			return
		}
		if got := micros([]byte(stamp(at))); got != uint64(at.UnixMicro()) {
			t.Errorf("%v: got %d, want %d", at, got, at.UnixMicro())
		}
	})
}

func TestSerialOf(t *testing.T) {
	rising := []string{"EG-2025-999999-10", "EG-2025-1000000-10", "EG-2026-000001-45", "EG-2026-000123-03", "~"}
	for i := 1; i < len(rising); i++ {
		if a, b := serialOf([]byte(rising[i-1])), serialOf([]byte(rising[i])); a >= b {
			t.Errorf("%s (%d) does not stand before %s (%d)", rising[i-1], a, rising[i], b)
		}
	}
}

func TestPrefixOrders(t *testing.T) {
	rising := []string{"", "a", "ab", "احمد", "احمد علي", "زينب", nameless}
	for i := 1; i < len(rising); i++ {
		if a, b := prefix([]byte(rising[i-1])), prefix([]byte(rising[i])); a > b {
			t.Errorf("%q does not stand before %q", rising[i-1], rising[i])
		}
	}
}

// TestWordIndex holds the bags of words to a plain map, through long lists, ids out of order, repetition and corrections.
func TestWordIndex(t *testing.T) {
	const families = 50_000
	r := &roll{outside: map[unsafe.Pointer][]byte{}}
	r.reset(families)
	defer r.close()
	want := map[string]map[uint32]bool{"many": {}, "half": {}, "late": {}, "sold": {}}
	put := func(id uint32, fresh bool, words ...string) {
		for w := range want {
			delete(want[w], id)
		}
		for _, w := range words {
			want[w][id] = true
		}
		name := strings.Join(words, " ")
		l := &listed{search: []byte(" " + name), name: []byte(name)}
		if id%3 == 0 {
			l.goods = []string{" sold"}
			want["sold"][id] = true
		}
		r.takeWords(id, l, fresh)
	}
	for id := uint32(families - 1); id > families/2; id-- { // falling
		put(id, true, "many")
	}
	for id := uint32(1); id <= families/2; id++ {
		if id%2 == 0 {
			put(id, true, "many", "half")
		} else {
			put(id, true, "many")
		}
	}
	for id := uint32(7); id < families; id += 997 {
		put(id, false, "late", "half") // in the middle of a full list
		put(id, false, "half", "late")
	}
	for w, ids := range want {
		kinds := textKinds
		if w == "sold" {
			kinds = []wordKind{wordGoods}
		}
		bits := r.matching(lexicon.Parse(w), kinds)
		got := 0
		for _, b := range bits {
			got += popcount.OnesCount64(b)
		}
		if got != len(ids) {
			t.Errorf("%s: got %d families, want %d", w, got, len(ids))
		}
		for id := range ids {
			if bits[id/64]&(1<<(id%64)) == 0 {
				t.Fatalf("%s: family %d is missing", w, id)
			}
		}
		giveBack(bits)
	}
}

// TestAllButOne holds the sets of who has all terms but one to counting.
func TestAllButOne(t *testing.T) {
	r := &roll{outside: map[unsafe.Pointer][]byte{}}
	r.reset(64)
	defer r.close()
	terms := make([]*found, 4)
	for i := range terms {
		bits := r.newBits()
		for id := range 64 {
			if id>>i&1 == 1 {
				bits[0] |= 1 << id
			}
		}
		terms[i] = &found{}
		terms[i].any[wordRest] = bits
	}
	got := r.allButOne(terms, textKinds)
	for id := range 64 {
		want := popcount.OnesCount(uint(id)&15) >= 3
		if have := got[0]>>id&1 == 1; have != want {
			t.Errorf("%04b: got %v, want %v", id&15, have, want)
		}
	}
}
