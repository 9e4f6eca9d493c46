package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
)

// BenchmarkSave is what saving one complete registration costs the store: family, assessment, event and audit entry in one durable transaction, from
// 16 goroutines.
func BenchmarkSave(b *testing.B) {
	db := storetest.Open(b)
	set := &store.CriteriaSet{Party: "EG", Body: []byte("{}")}
	storetest.Update(b, db, func(tx *store.Tx) error { return tx.InsertCriteriaSet(set) })
	benchSave(b, db, set.ID)
}

func benchSave(b *testing.B, db *store.DB, setID int64) {
	body := []byte(strings.Repeat(`{"criterion":"literacy","outcome":"met"},`, 25))
	facts := make([]byte, 160)
	var n atomic.Int64
	n.Store(time.Now().Unix() % 1_000_000 * 50)
	b.ReportAllocs()
	var wg sync.WaitGroup
	b.ResetTimer()
	var done atomic.Int64
	for range 16 {
		wg.Go(func() {
			for done.Add(1) <= int64(b.N) {
				f := storetest.Family("EG", int(n.Add(1)))
				err := db.Update(context.Background(), func(tx *store.Tx) error { return saveAll(tx, f, setID, facts, body) })
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "saves/s")
	s := db.Stats(context.Background())
	b.ReportMetric(float64(s.Updates)/float64(s.Commits), "saves/commit")
}

func saveAll(tx *store.Tx, f *registry.Family, setID int64, facts, body []byte) error {
	if err := storetest.Save(tx, f, store.FamilyExtra{Facts: facts, Overall: "eligible"}); err != nil {
		return err
	}
	a := &store.Assessment{FamilyID: f.ID, SetID: setID, At: f.Status.CreatedAt, Cause: "submit", Overall: "eligible", Body: body}
	if err := tx.InsertAssessment(a); err != nil {
		return err
	}
	return tx.InsertEvent(&registry.Event{FamilyID: f.ID, At: f.Status.CreatedAt, Step: registry.StepSubmit, AssessmentID: a.ID})
}

func BenchmarkAudit(b *testing.B) {
	db := storetest.Open(b)
	e := store.AuditEntry{At: storetest.Noon, ActorName: "منى", Party: "EG", Action: "family.view", Entity: "family", EntityID: 1}
	b.ResetTimer()
	for done := 0; done < b.N; done += 100 {
		storetest.Update(b, db, func(tx *store.Tx) error {
			for range min(100, b.N-done) {
				if err := tx.Audit(&e); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func BenchmarkEachFacts(b *testing.B) {
	path, keys := storetest.Many(b, 100_000)
	db := storetest.OpenAt(b, path, keys)
	for b.Loop() {
		n := 0
		for _, party := range []place.Country{"EG", "QA"} {
			storetest.View(b, db, func(tx *store.Tx) error {
				return tx.EachFacts(storetest.All(party), nil, 0, 0, func(int64, string, []byte) error { n++; return nil })
			})
		}
		if n < 100_000 {
			b.Fatalf("read %d", n)
		}
	}
}

// randomQuery makes a filter that a person could make: any combination, any order.
func randomQuery(r *rand.Rand) store.FamilyQuery {
	some := func(values []string, chance float64) []string {
		if r.Float64() >= chance {
			return nil
		}
		out := []string{values[r.IntN(len(values))]}
		for r.Float64() < 0.3 {
			if v := values[r.IntN(len(values))]; !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
		return out
	}
	var crafts, states, protections []string
	for _, c := range registry.Crafts() {
		crafts = append(crafts, c.Code)
	}
	for _, s := range registry.States() {
		states = append(states, string(s))
	}
	for _, p := range registry.Protections() {
		protections = append(protections, string(p))
	}
	sorts := []store.Sort{"newest", "newest", "newest", "oldest", "name", "number", "submitted", "valid_until"}
	q := store.FamilyQuery{
		States: some(states, 0.4), Areas: some(strings.Fields("EG-C EG-GZ EG-ALX EG-SHG EG-MN EG-FYM EG-ASN EG-LX EG-JS EG-SIN"), 0.3), Crafts: some(crafts, 0.3),
		Sexes: some([]string{"f", "m"}, 0.2), Protections: some(protections, 0.2), Overalls: some([]string{"eligible", "not_eligible", "incomplete", "needs_review"}, 0.2),
		Sort: sorts[r.IntN(len(sorts))],
	}
	switch r.IntN(10) {
	case 0:
		q.EnteredBy = int64(1 + r.IntN(600))
	case 1:
		q.Text = []string{"فاطمة", "محمد أحمد", "محم", "عبد", "مشغل تونس", "زين", "راشد مبارك", "الكواري", "حس مش"}[r.IntN(9)]
	case 2:
		from, _ := calendar.New(2021+r.IntN(5), 1+r.IntN(12), 1)
		q.From, q.To = from, from.AddDays(r.IntN(400))
		q.DateField = []store.DateField{"created", "submitted", "decided", "valid_until"}[r.IntN(4)]
	case 3:
		q.NotEnteredBy, q.States = int64(1+r.IntN(600)), []string{"submitted"}
	}
	return q
}

// TestListSpeed asks for the first page of random filters among MUNTIJA_BENCH_FAMILIES families at 50 requests a second while registrations are
// saved, and prints the percentiles and the slowest. It runs only when it is asked for.
func TestListSpeed(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("MUNTIJA_BENCH_FAMILIES"))
	if n == 0 {
		t.Skip("MUNTIJA_BENCH_FAMILIES is not set")
	}
	path, keys := storetest.Many(t, n)
	db := storetest.OpenAt(t, path, keys)
	r := rand.New(rand.NewPCG(3, uint64(time.Now().UnixNano())))
	stop := make(chan struct{})
	var writers sync.WaitGroup
	var saved atomic.Int64
	set := &store.CriteriaSet{Party: "EG", Body: []byte("{}")}
	storetest.Update(t, db, func(tx *store.Tx) error { return tx.InsertCriteriaSet(set) })
	base := int(time.Now().Unix() % 1_000_000 * 50)
	if rate, _ := strconv.Atoi(os.Getenv("MUNTIJA_BENCH_SAVES")); rate > 0 {
		writers.Go(func() {
			tick := time.NewTicker(time.Second / time.Duration(rate))
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-tick.C:
					writers.Go(func() {
						f := storetest.Family("EG", base+int(saved.Add(1)))
						if err := db.Update(context.Background(), func(tx *store.Tx) error { return saveAll(tx, f, set.ID, make([]byte, 160), make([]byte, 1000)) }); err != nil {
							t.Error(err)
						}
					})
				}
			}
		})
	}
	type sample struct {
		took time.Duration
		q    store.FamilyQuery
		rows int
	}
	seconds, _ := strconv.Atoi(os.Getenv("MUNTIJA_BENCH_SECONDS"))
	seconds = max(seconds, 10)
	samples := make([]sample, 50*seconds)
	var wg sync.WaitGroup
	begun := time.Now()
	for i := range samples {
		q := randomQuery(r)
		time.Sleep(time.Until(begun.Add(time.Duration(i) * 20 * time.Millisecond)))
		wg.Go(func() {
			at := time.Now()
			storetest.View(t, db, func(tx *store.Tx) error {
				page, err := tx.ListFamilies(storetest.All("EG"), q)
				samples[i].rows = len(page.Rows)
				return err
			})
			samples[i].took, samples[i].q = time.Since(at), q
		})
	}
	wg.Wait()
	close(stop)
	writers.Wait()
	slices.SortFunc(samples, func(a, b sample) int { return int(a.took - b.took) })
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	status, _ := os.ReadFile("/proc/self/status")
	rss := ""
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM") {
			rss = strings.TrimSpace(line)
		}
	}
	at := func(p float64) time.Duration {
		return samples[int(p*float64(len(samples)-1))].took.Round(10 * time.Microsecond)
	}
	fmt.Printf("%d lists, %d saves: p50 %v p90 %v p99 %v max %v; %s\n", len(samples), saved.Load(), at(0.5), at(0.9), at(0.99), at(1), rss)
	for _, s := range samples[len(samples)-15:] {
		fmt.Printf("  %8v %3d rows %+v\n", s.took.Round(100*time.Microsecond), s.rows, s.q)
	}
}
