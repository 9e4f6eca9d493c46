package programme

import (
	"slices"
	"testing"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/place"
	"muntija/internal/registry"
)

func day(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// approved is a family whose registration is in force until the end of 2028, with nothing else.
func approved(t testing.TB, party place.Country) *registry.Family {
	f := &registry.Family{Party: party}
	f.Status.State, f.Status.ValidUntil = registry.Approved, day(t, "2028-12-31")
	f.Status.DecidedAt = time.Date(2025, 12, 31, 9, 0, 0, 0, time.UTC)
	return f
}

func TestStand(t *testing.T) {
	today := day(t, "2026-11-28")
	item := func(kind, from, until, state string) registry.FormalItem {
		x := registry.FormalItem{Kind: registry.FormalKind(kind), State: registry.FormalState(state)}
		if from != "" {
			x.IssuedOn = day(t, from)
		}
		if until != "" {
			x.ExpiresOn = day(t, until)
		}
		return x
	}
	passed := registry.Training{Kind: "course", Result: "passed", Date: day(t, "2024-05-01")}
	for _, c := range []struct {
		name     string
		party    place.Country
		change   func(*registry.Family)
		rung     Rung
		next     Rung // -1: none
		lost     []Rung
		renewals []string
	}{
		{"a draft is on no rung", place.Egypt, func(f *registry.Family) { f.Status = registry.Registration{State: registry.Draft} }, Unregistered, Registered, nil, nil},
		{"approved", place.Egypt, func(*registry.Family) {}, Registered, Trained, nil, nil},
		{"approval ended yesterday", place.Egypt, func(f *registry.Family) { f.Status.ValidUntil = today.AddDays(-1) }, Unregistered, Registered, []Rung{Registered}, []string{"approval"}},
		{"its last day still holds", place.Egypt, func(f *registry.Family) { f.Status.ValidUntil = today }, Registered, Trained, nil, []string{"approval"}},
		{"suspended", place.Egypt, func(f *registry.Family) { f.Status.State = registry.Suspended }, Unregistered, Registered, []Rung{Registered}, []string{"approval"}},
		{"withdrawn before any approval", place.Egypt, func(f *registry.Family) { f.Status = registry.Registration{State: registry.Withdrawn} }, Unregistered, Registered, nil, nil},
		{"a failed course proves nothing", place.Egypt, func(f *registry.Family) {
			f.Record.Skills.Training = []registry.Training{{Kind: "course", Result: "failed"}}
		}, Registered, Trained, nil, nil},
		{"trained", place.Egypt, func(f *registry.Family) { f.Record.Skills.Training = []registry.Training{passed} }, Trained, Licensed, nil, nil},
		{"a licence without a course passes the rung by", place.Egypt, func(f *registry.Family) {
			f.Record.Formal = []registry.FormalItem{item("temporary_licence", "2026-01-01", "2030-12-31", "valid")}
		}, Licensed, Taxed, nil, nil},
		{"a licence without a registration is no rung", place.Egypt, func(f *registry.Family) {
			f.Status.State = registry.Submitted
			f.Record.Formal = []registry.FormalItem{item("temporary_licence", "2026-01-01", "2030-12-31", "valid")}
		}, Unregistered, Registered, nil, nil},
		{"applied for is not held", place.Egypt, func(f *registry.Family) {
			f.Record.Formal = []registry.FormalItem{item("tax_card", "", "", "applied")}
		}, Registered, Trained, nil, nil},
		{"an ended licence is lost", place.Qatar, func(f *registry.Family) {
			f.Record.Skills.CraftProof = "sample_seen"
			f.Record.Formal = []registry.FormalItem{item("household_licence", "2025-01-01", "2025-12-31", "valid")}
		}, Trained, Licensed, []Rung{Licensed}, []string{"household_licence"}},
		{"renewed in time", place.Qatar, func(f *registry.Family) {
			f.Record.Skills.CraftProof = "sample_seen"
			f.Record.Formal = []registry.FormalItem{item("household_licence", "2025-01-01", "2025-12-31", "valid"), item("household_licence", "2026-01-01", "2026-12-31", "valid")}
		}, Licensed, Taxed, nil, nil},
		{"ends in thirty days", place.Qatar, func(f *registry.Family) {
			f.Record.Formal = []registry.FormalItem{item("household_licence", "2026-01-01", "2026-12-28", "valid")}
		}, Licensed, Taxed, nil, []string{"household_licence"}},
		{"another licence holds longer", place.Egypt, func(f *registry.Family) {
			f.Record.Formal = []registry.FormalItem{item("temporary_licence", "2022-01-01", "2026-12-01", "valid"), item("commercial_licence", "2026-01-01", "2029-01-01", "valid")}
		}, Licensed, Taxed, nil, nil},
		{"Egypt wants insurance and an account", place.Egypt, func(f *registry.Family) {
			f.Record.Formal = []registry.FormalItem{item("tax_card", "2026-01-01", "", "valid"), item("wallet", "2026-02-01", "", "valid")}
		}, Taxed, Insured, nil, nil},
		{"insured", place.Egypt, func(f *registry.Family) {
			f.Record.Formal = []registry.FormalItem{item("insurance", "2026-03-01", "", "valid"), item("wallet", "2026-02-01", "", "valid")}
		}, Insured, Graduated, nil, nil},
		{"Qatar wants an account only", place.Qatar, func(f *registry.Family) {
			f.Record.Formal = []registry.FormalItem{item("bank_account", "2026-02-01", "", "valid")}
		}, Insured, Graduated, nil, nil},
		{"a tax card is not Qatar's", place.Qatar, func(f *registry.Family) {
			f.Record.Formal = []registry.FormalItem{item("tax_card", "2026-02-01", "", "valid")}
		}, Registered, Trained, nil, nil},
		{"graduated", place.Egypt, func(f *registry.Family) { f.Status.State = registry.Graduated }, Graduated, -1, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := approved(t, c.party)
			c.change(f)
			s := Stand(f, today)
			if s.Rung != c.rung {
				t.Errorf("rung: got %s, want %s", s.Rung.Code(), c.rung.Code())
			}
			next, ok := s.Next()
			if c.next < 0 && ok || c.next >= 0 && next.Rung != c.next {
				t.Errorf("next: got %s, want %v", next.Rung.Code(), c.next)
			}
			var lost []Rung
			for _, step := range s.Steps {
				if step.Lost {
					lost = append(lost, step.Rung)
				}
				if step.Reached && step.Lost {
					t.Errorf("%s is both reached and lost", step.Rung.Code())
				}
			}
			if !slices.Equal(lost, c.lost) {
				t.Errorf("lost: got %v, want %v", lost, c.lost)
			}
			var renewals []string
			for _, e := range s.Renewals {
				renewals = append(renewals, e.Kind)
			}
			if !slices.Equal(renewals, c.renewals) {
				t.Errorf("renewals: got %v, want %v", renewals, c.renewals)
			}
		})
	}
}

// A rung that needs two papers is reached on the day of the later one and ends with the first that ends.
func TestStandDates(t *testing.T) {
	f := approved(t, place.Egypt)
	f.Record.Formal = []registry.FormalItem{
		{Kind: "insurance", State: "valid", IssuedOn: day(t, "2026-03-01"), ExpiresOn: day(t, "2027-02-28")},
		{Kind: "bank_account", State: "valid", IssuedOn: day(t, "2025-01-15")},
	}
	for _, step := range Stand(f, day(t, "2026-11-28")).Steps {
		if step.Rung == Insured && (step.On != day(t, "2026-03-01") || step.Until != day(t, "2027-02-28")) {
			t.Errorf("got %s to %s", step.On, step.Until)
		}
	}
}

// Every rung of both countries has demands, and every kind of paper in them is one of the form.
func TestRungsAreProvable(t *testing.T) {
	known := []string{"approval", "training", "centre", "craft_proof", "graduation"}
	for _, l := range registry.Lists() {
		if l.Name == "formal_kind" {
			known = append(known, l.Values...)
		}
	}
	for _, party := range place.Countries() {
		for _, r := range Rungs()[1:] {
			if len(rungs[party][r]) == 0 {
				t.Errorf("%s: nothing proves %s", party, r.Code())
			}
			for _, kinds := range rungs[party][r] {
				for _, k := range kinds {
					if !slices.Contains(known, k) {
						t.Errorf("%s %s: %q is not on the form", party, r.Code(), k)
					}
				}
			}
		}
	}
}
