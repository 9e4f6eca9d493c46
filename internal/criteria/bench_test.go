package criteria

import (
	"math/rand/v2"
	"sync"
	"testing"
)

const benchFamilies = 100_000

// vectors are the stored facts of 100,000 families.
var vectors = sync.OnceValue(func() [][]byte {
	r := rand.New(rand.NewPCG(2026, 11))
	out := make([][]byte, benchFamilies)
	for i := range out {
		f := population(r)
		out[i] = f.AppendBinary(nil)
	}
	return out
})

// twelve is Egypt's set cut to its first twelve criteria, all hard.
func twelve(b *testing.B) *Set {
	s := seed(b, "eg")
	s.Criteria = s.Criteria[:12]
	return s
}

// onTwo runs f on both halves of the families, on two goroutines.
func onTwo(f func(part [][]byte)) {
	v := vectors()
	var wg sync.WaitGroup
	for _, part := range [][][]byte{v[:len(v)/2], v[len(v)/2:]} {
		wg.Go(func() { f(part) })
	}
	wg.Wait()
}

// BenchmarkAssess100k decodes, assesses and writes the reasons of 100,000 families × 12 criteria: one operation is the whole run.
func BenchmarkAssess100k(b *testing.B) {
	p := program(b, twelve(b))
	vectors()
	var mu sync.Mutex
	written := 0
	for b.Loop() {
		written = 0
		onTwo(func(part [][]byte) {
			var f Facts
			var a Assessment
			var buf []byte
			n := 0
			for _, v := range part {
				if err := f.Decode(v); err != nil {
					b.Error(err)
					return
				}
				p.AssessInto(&a, &f, nil)
				buf = p.AppendJSON(buf[:0], &a)
				n += len(buf)
			}
			mu.Lock()
			written += n
			mu.Unlock()
		})
	}
	b.ReportMetric(float64(written)/benchFamilies, "json-B/family")
}

// BenchmarkCompare100k is the who-enters-who-leaves preview: decode, and both versions, for 100,000 families.
func BenchmarkCompare100k(b *testing.B) {
	old := seed(b, "eg")
	next := seed(b, "eg")
	next.Params[1].Value = 25
	next.Criteria[7].Condition = "training_result in ['passed', 'attending']"
	c := Compare(program(b, old), program(b, next))
	vectors()
	var mu sync.Mutex
	moves := [3]int{}
	for b.Loop() {
		moves = [3]int{}
		onTwo(func(part [][]byte) {
			var f Facts
			var mine [3]int
			for _, v := range part {
				if err := f.Decode(v); err != nil {
					b.Error(err)
					return
				}
				_, _, m := c.Of(&f, nil)
				mine[m]++
			}
			mu.Lock()
			for i := range mine {
				moves[i] += mine[i]
			}
			mu.Unlock()
		})
	}
	b.ReportMetric(float64(moves[Entered]), "entered")
	b.ReportMetric(float64(moves[Left]), "left")
}

// BenchmarkAssessOnSave is what a save pays: all criteria of Egypt, with reasons, from nothing.
func BenchmarkAssessOnSave(b *testing.B) {
	p := program(b, seed(b, "eg"))
	f := goodFacts(b)
	b.ReportAllocs()
	for b.Loop() {
		p.AppendJSON(nil, p.Assess(f, nil))
	}
}

// BenchmarkAssessEmptyDraft is the live checklist at its worst: nothing is known, so every criterion searches widest.
func BenchmarkAssessEmptyDraft(b *testing.B) {
	p := program(b, seed(b, "eg"))
	f := new(Facts)
	for b.Loop() {
		p.AppendJSON(nil, p.Assess(f, nil))
	}
}

func BenchmarkFactsDecode(b *testing.B) {
	v := vectors()[0]
	var f Facts
	for b.Loop() {
		if err := f.Decode(v); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(v)), "B/vector")
}

func BenchmarkFactsEncode(b *testing.B) {
	var f Facts
	if err := f.Decode(vectors()[0]); err != nil {
		b.Fatal(err)
	}
	var buf []byte
	for b.Loop() {
		buf = f.AppendBinary(buf[:0])
	}
}

func BenchmarkCheckExpression(b *testing.B) {
	for b.Loop() {
		Check("age >= 18 && nationality == 'EG' || has_any(benefits, ['takaful'])", nil)
	}
}

// BenchmarkCELItself is what one criterion costs when it is left to CEL, beside BenchmarkOwnEvaluator.
func BenchmarkCELItself(b *testing.B) {
	_, s := bothEvaluators(b, "age >= 18 && nationality == 'EG'")
	f := goodFacts(b)
	for b.Loop() {
		s.truth(f)
	}
}

func BenchmarkOwnEvaluator(b *testing.B) {
	x, _ := bothEvaluators(b, "age >= 18 && nationality == 'EG'")
	f := goodFacts(b)
	for b.Loop() {
		x.root.truth(f)
	}
}
