package testkit_test

import (
	"context"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/testkit"
)

// Form gives what it says: no problem at all, not even a warning, and another person each time.
func TestFormsHaveNoProblems(t *testing.T) {
	today := calendar.Of(testkit.Start)
	for _, party := range place.Countries() {
		seen := map[string]int{}
		for i := range 12_000 {
			form := testkit.Form(i, party)
			rec, problems := form.Check(intake.Context{Party: party, Today: today, Now: testkit.Start, GuardianAge: 21, CheckDigit: true})
			if len(problems) > 0 {
				t.Fatalf("form %d of %s: %v", i, party, problems)
			}
			for _, key := range []string{rec.Lead.IDNumber, rec.Lead.Phones[0].Number} {
				if j, twice := seen[key]; twice {
					t.Fatalf("forms %d and %d of %s share a number", j, i, party)
				}
				seen[key] = i
			}
		}
	}
}

func TestFamiliesReachEveryState(t *testing.T) {
	for _, party := range place.Countries() {
		o := testkit.Service(t)
		for i, state := range registry.States() {
			if state == registry.Expired {
				continue // moves the clock: last
			}
			id := o.Family(t, i, party, state)
			if got := o.Load(t, party, id).Status.State; got != state {
				t.Errorf("%s: got %s, want %s", party, got, state)
			}
		}
		id := o.Family(t, 99, party, registry.Expired)
		if got := o.Load(t, party, id).Status.State; got != registry.Expired {
			t.Errorf("%s: got %s, want expired", party, got)
		}
	}
}

// Each office is its own, and its people are who Actor says.
func TestOfficesAreApart(t *testing.T) {
	a, b := testkit.Service(t), testkit.Service(t)
	id := a.Family(t, 1, place.Egypt, registry.Submitted)
	if _, err := b.Families.View(context.Background(), testkit.Actor(auth.Reviewer, place.Egypt), id); err == nil {
		t.Error("a family of one office is in the other")
	}
	for _, party := range place.Countries() {
		for _, role := range auth.Roles() {
			want := testkit.Actor(role, party)
			in, err := a.People.SignIn(context.Background(), testkit.Email(role, party, 1), testkit.Password, "192.0.2.1", "test", "")
			if err != nil {
				t.Fatal(err)
			}
			if got := in.Account; got.ID != want.UserID || got.Role != role || got.Party != party || got.Name != want.Name {
				t.Errorf("signed in as %+v, want %+v", got, want)
			}
		}
	}
}
