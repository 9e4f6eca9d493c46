package matching

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// BenchmarkLink compares whole registries. make bench runs the same sizes and prints peak memory.
func BenchmarkLink(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"50k", 50_000}, {"1m", 1_000_000}} {
		b.Run(size.name, func(b *testing.B) {
			c := families(1, size.n)
			b.ResetTimer()
			for b.Loop() {
				start := time.Now()
				s, err := NewSet(c.records)
				if err != nil {
					b.Fatal(err)
				}
				prepared := time.Since(start)
				r, err := s.Link(context.Background(), Options{})
				if err != nil {
					b.Fatal(err)
				}
				precision, recall := c.score(r)
				var mem runtime.MemStats
				runtime.ReadMemStats(&mem)
				b.Logf("prepared in %v, compared %d, %d pairs, precision %.4f recall %.4f, heap from the system %d MB", prepared, r.Compared, len(r.Pairs), precision, recall, mem.HeapSys>>20)
			}
		})
	}
}
