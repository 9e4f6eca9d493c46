package demo_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/demo"
	"muntija/internal/intake"
	"muntija/internal/place"
)

func TestRecordsPassTheForm(t *testing.T) {
	g := demo.Generator{Seed: 7}
	applied, err := calendar.New(2026, 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	seen := map[string]int{}
	for _, party := range place.Countries() {
		for i := range 3000 {
			rec := g.Record(i, party, applied)
			in := intake.FromRecord(&rec)
			got, ps := in.Check(intake.Context{Party: party, Today: applied, GuardianAge: 21, Now: time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)})
			if err := ps.Err(); err != nil {
				t.Fatalf("%s %d: %+v", party, i, ps.Blocking())
			}
			a, _ := json.Marshal(rec)
			b, _ := json.Marshal(got)
			if string(a) != string(b) {
				t.Fatalf("%s %d does not survive the form:\n%s\n%s", party, i, a, b)
			}
			if j, ok := seen[rec.Lead.IDNumber]; ok {
				t.Fatalf("%s %d and %d have one id", party, i, j)
			}
			seen[rec.Lead.IDNumber] = i
			h.Write(a)
		}
	}
	again := sha256.New()
	for _, party := range place.Countries() {
		for i := range 3000 {
			rec := g.Record(i, party, applied)
			a, _ := json.Marshal(rec)
			again.Write(a)
		}
	}
	if got, want := hex.EncodeToString(again.Sum(nil)), hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("the same seed gave other records: %s, then %s", want, got)
	}
}

func BenchmarkRecord(b *testing.B) {
	g := demo.Generator{Seed: 1}
	applied, _ := calendar.New(2026, 5, 1)
	for i := 0; b.Loop(); i++ {
		g.Record(i, place.Egypt, applied)
	}
}
