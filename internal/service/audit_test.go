package service_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

func TestAuditList(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	for range 7 {
		signIn(t, o, testkit.Email(auth.Reviewer, place.Egypt, 1), testkit.Password)
	}
	signIn(t, o, testkit.Email(auth.Reviewer, place.Qatar, 1), testkit.Password)
	var seqs []int64
	q := store.AuditQuery{Action: "signin.ok", Limit: 3}
	for {
		page, err := o.Audit.List(background, admin, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			if e.Party != "EG" {
				t.Errorf("an entry of %s", e.Party)
			}
			seqs = append(seqs, e.Seq)
		}
		if q.Before = page.Next; q.Before == 0 {
			break
		}
	}
	if len(seqs) != 7 {
		t.Errorf("got %v, want seven entries", seqs)
	}
	for i := 1; i < len(seqs); i++ {
		if seqs[i] >= seqs[i-1] {
			t.Errorf("not newest first: %v", seqs)
		}
	}
	for _, role := range []auth.Role{auth.FieldWorker, auth.Reviewer, auth.Coordinator, auth.Analyst} {
		if _, err := o.Audit.List(background, testkit.Actor(role, place.Egypt), store.AuditQuery{}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: got %v, want Forbidden", role, err)
		}
		if _, err := o.Audit.Verify(background, testkit.Actor(role, place.Egypt)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("verify by %s: got %v, want Forbidden", role, err)
		}
		if _, err := o.Audit.People(background, testkit.Actor(role, place.Egypt)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("people by %s: got %v, want Forbidden", role, err)
		}
	}
	people, err := o.Audit.People(background, admin)
	if err != nil || len(people) != 8 {
		t.Errorf("got %v, %v", people, err)
	}
}

func TestFamilyHistory(t *testing.T) {
	o := testkit.Service(t)
	f := o.Family(t, 1, place.Egypt, registry.Approved)
	worker, reviewer := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	idNumber := o.Load(t, place.Egypt, f).Record.Lead.IDNumber
	if idNumber == "" {
		t.Fatal("the family has no id number")
	}
	for _, a := range []auth.Actor{worker, reviewer, admin} {
		h, err := o.Audit.History(background, a, f, 0)
		if err != nil || len(h.Entries) == 0 || h.Name == "" {
			t.Errorf("%s: got %+v, %v", a.Role, h, err)
			continue
		}
		text := fmt.Sprintf("%+v", h.Entries)
		if strings.Contains(text, idNumber) {
			t.Errorf("%s: the history shows the id number whole", a.Role)
		}
		addresses := strings.Contains(text, "Address:192.0.2.1")
		if addresses != (a.Role == auth.Administrator) {
			t.Errorf("%s: shows addresses: %v", a.Role, addresses)
		}
		withheld := 0
		for _, e := range h.Entries {
			withheld += e.Withheld
			for _, c := range e.Changes {
				if auth.View(a.Role, auth.Class(c.Class)) < auth.Revealable {
					t.Errorf("%s: shows %s of class %s", a.Role, c.Path, c.Class)
				}
			}
		}
		if (withheld > 0) != (a.Role == auth.Administrator) {
			t.Errorf("%s: %d changes withheld", a.Role, withheld)
		}
	}
	// The log of the party masks the same way.
	page, err := o.Audit.List(background, admin, store.AuditQuery{Entity: "family", EntityID: f})
	if err != nil || len(page.Entries) == 0 || strings.Contains(fmt.Sprintf("%+v", page), idNumber) {
		t.Errorf("the log: %v, %v", len(page.Entries), err)
	}
	for name, c := range map[string]struct {
		actor auth.Actor
		id    int64
		kind  fault.Kind
	}{
		"other party":        {testkit.Actor(auth.Administrator, place.Qatar), f, fault.NotFound},
		"another worker":     {testkit.SecondActor(auth.FieldWorker, place.Egypt), f, fault.NotFound},
		"reviewer elsewhere": {testkit.Actor(auth.Reviewer, place.Egypt, "EG-MT"), f, fault.NotFound},
		"coordinator":        {testkit.Actor(auth.Coordinator, place.Egypt), f, fault.Forbidden},
		"no such family":     {reviewer, 1 << 40, fault.NotFound},
		"nobody":             {auth.Actor{}, f, fault.NotFound},
	} {
		if _, err := o.Audit.History(background, c.actor, c.id, 0); !fault.Is(err, c.kind) {
			t.Errorf("%s: got %v, want %v", name, err, c.kind)
		}
	}
}

func TestAuditVerify(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	signIn(t, o, testkit.Email(auth.Reviewer, place.Egypt, 1), testkit.Password)
	report, err := o.Audit.Verify(background, admin)
	if err != nil || report.Reason != "" || report.FirstBroken != 0 || report.Entries == 0 {
		t.Fatalf("got %+v, %v", report, err)
	}
	// Somebody with the database changes who did it.
	raw, err := sql.Open("sqlite", o.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Exec(`UPDATE audit SET actor_name = 'somebody else' WHERE seq = 2`); err != nil {
		t.Fatal(err)
	}
	report, err = o.Audit.Verify(background, admin)
	if err != nil || report.FirstBroken != 2 || report.Reason != "hash" {
		t.Errorf("got %+v, %v; want entry 2 broken", report, err)
	}
	page, err := o.Audit.List(background, admin, store.AuditQuery{Action: "audit.verify"})
	if err != nil || len(page.Entries) != 2 || page.Entries[0].Note != "broken:hash" || page.Entries[1].Note != "whole" {
		t.Errorf("got %+v, %v", page, err)
	}
}
