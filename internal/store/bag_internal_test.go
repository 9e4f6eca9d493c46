package store

import (
	"math/rand/v2"
	"testing"
)

// TestBag holds that a bag marks whom it was given, in any order, few and many, as differences and as bits.
func TestBag(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 7))
	for _, share := range []int{2, 9, 40, 3000} {
		const n = 200_000
		var b bag
		want := make([]uint64, n/64+1)
		put := func(id uint32) {
			b.add(id)
			want[id/64] |= 1 << (id % 64)
		}
		for id := range uint32(n) {
			if r.IntN(share) == 0 {
				put(id)
			}
		}
		for range 50 { // families that were changed come again
			put(uint32(r.IntN(n)))
		}
		got := make([]uint64, n/64+1)
		b.mark(got)
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("one in %d: word %d is %x, want %x", share, i, got[i], want[i])
			}
		}
		if dense := b.bits != nil; dense != (share < 16) {
			t.Errorf("one in %d: kept as bits: %v", share, dense)
		}
	}
}
