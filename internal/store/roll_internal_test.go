package store

import (
	popcount "math/bits"
	"testing"
	"time"
	"unsafe"
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

// TestLongPostings holds lists of families that lie outside of the heap to a plain map, through growth, repetition and corrections.
func TestLongPostings(t *testing.T) {
	const families = 3 * longPosting
	r := &roll{outside: map[unsafe.Pointer][]byte{}}
	r.reset(families)
	defer r.close()
	want := map[string]map[uint32]bool{"many": {}, "half": {}, "late": {}}
	put := func(id uint32, fresh bool, words ...string) {
		search := ""
		for w := range want {
			delete(want[w], id)
		}
		for _, w := range words {
			search += " " + w
			want[w][id] = true
		}
		r.takeWords(id, []byte(search), fresh)
	}
	for id := uint32(1); id < families; id++ {
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
	if len(r.outside) == 0 {
		t.Fatal("nothing lies outside of the heap")
	}
	for w, ids := range want {
		bits := r.having(w)
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
	}
}
