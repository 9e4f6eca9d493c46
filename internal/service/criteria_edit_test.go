package service_test

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// dump returns rows of tables as the file holds them, sealed values too: whatever is written shows. where is a condition for all of them, or "".
func dump(t testing.TB, o *testkit.Office, where string, tables ...string) string {
	t.Helper()
	raw, err := sql.Open("sqlite", o.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var b strings.Builder
	for _, table := range tables {
		q := "SELECT * FROM " + table
		if where != "" {
			q += " WHERE " + where
		}
		rows, err := raw.Query(q + " ORDER BY 1")
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			vals, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range vals {
				into[i] = &vals[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s %q\n", table, vals)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	return b.String()
}

// calls are the use-cases of criteria that change or weigh something, each as somebody would call it on a set at a version.
func calls(o *testkit.Office, set *criteria.Set, token string) map[string]func(actor auth.Actor, id, version int64) error {
	c := o.Criteria
	head := service.SetHead{Title: criteria.Text{AR: "عنوان آخر", EN: "Another title"}, Citation: set.Citation, ValidFrom: set.ValidFrom, AgeOn: set.AgeOn, Params: set.Params}
	return map[string]func(actor auth.Actor, id, version int64) error{
		"SaveDraft": func(a auth.Actor, id, v int64) error {
			return c.SaveDraft(background, a, id, set, testkit.Write(v))
		},
		"SaveHead": func(a auth.Actor, id, v int64) error {
			return c.SaveHead(background, a, id, head, testkit.Write(v))
		},
		"SaveCriterion": func(a auth.Actor, id, v int64) error {
			return c.SaveCriterion(background, a, id, 0, set.Criteria[0], testkit.Write(v))
		},
		"RemoveCriterion": func(a auth.Actor, id, v int64) error {
			return c.RemoveCriterion(background, a, id, 0, testkit.Write(v))
		},
		"MoveCriterion": func(a auth.Actor, id, v int64) error {
			return c.MoveCriterion(background, a, id, 0, 1, testkit.Write(v))
		},
		"DeleteDraft": func(a auth.Actor, id, v int64) error { return c.DeleteDraft(background, a, id, testkit.Write(v)) },
		"Publish": func(a auth.Actor, id, v int64) error {
			return c.Publish(background, a, id, service.Publication{ValidFrom: o.Clock.Today(), Token: token}, testkit.Write(v))
		},
	}
}

const written = "criteria_set job audit idempotency assessment event"

func TestPublishNeedsThePreviewOfThisVersion(t *testing.T) {
	o := testkit.Service(t)
	admin, other := testkit.Actor(auth.Administrator, place.Egypt), testkit.SecondActor(auth.Administrator, place.Egypt)
	o.Family(t, 1, place.Egypt, registry.Approved)
	d := draftOf(t, o, admin)
	today := o.Clock.Today()
	publish := func(a auth.Actor, v *service.SetView, token string) error {
		return o.Criteria.Publish(background, a, v.Row.ID, service.Publication{ValidFrom: today, Token: token}, testkit.Write(v.Row.Version))
	}
	refused := func(name string, a auth.Actor, v *service.SetView, token string) {
		t.Helper()
		before := dump(t, o, "", strings.Fields(written)...)
		if err := publish(a, v, token); !fault.Is(err, fault.State) || messageOf(err) != "error.ruleset.preview_first" {
			t.Errorf("%s: got %v, want that the preview comes first", name, err)
		}
		if after := dump(t, o, "", strings.Fields(written)...); after != before {
			t.Errorf("%s: something was written", name)
		}
	}
	refused("no preview", admin, d, "")
	seen := preview(t, o, admin, d.Row.ID, service.PreviewQuery{}).Token
	refused("a colleague's preview", other, d, seen)
	refused("a made-up token", admin, d, strings.Repeat("0", len(seen)))
	refused("a cut token", admin, d, seen[:len(seen)-1])
	twin := draftOf(t, o, admin)
	refused("the preview of another draft", admin, twin, seen)
	// The draft is saved once more: what was seen is not what would be published.
	if err := o.Criteria.MoveCriterion(background, admin, d.Row.ID, 0, 1, testkit.Write(d.Row.Version)); err != nil {
		t.Fatal(err)
	}
	d = setOf(t, o, admin, d.Row.ID)
	refused("saved after the preview", admin, d, seen)
	seen = preview(t, o, admin, d.Row.ID, service.PreviewQuery{}).Token
	// Another draft is published in between: the set that was compared with is no longer in force.
	if err := publish(admin, twin, preview(t, o, admin, twin.Row.ID, service.PreviewQuery{}).Token); err != nil {
		t.Fatal(err)
	}
	refused("another set came into force", admin, d, seen)
	// One is published for a later day: the set in force has an end that it did not have.
	seen = preview(t, o, admin, d.Row.ID, service.PreviewQuery{}).Token
	later := draftOf(t, o, admin)
	err := o.Criteria.Publish(background, admin, later.Row.ID, service.Publication{ValidFrom: today.AddDays(30),
		Token: preview(t, o, admin, later.Row.ID, service.PreviewQuery{}).Token}, testkit.Write(later.Row.Version))
	if err != nil {
		t.Fatal(err)
	}
	refused("another set was published for later", admin, d, seen)
	for until, want := range map[calendar.Date]int{0: 1, today.AddDays(29): 0, today.AddDays(30): 1} {
		set := *d.Set
		set.ValidFrom, set.ValidTo = today, until
		if err := o.Criteria.SaveDraft(background, admin, d.Row.ID, &set, testkit.Write(d.Row.Version)); err != nil {
			t.Fatal(err)
		}
		d = setOf(t, o, admin, d.Row.ID)
		if p := preview(t, o, admin, d.Row.ID, service.PreviewQuery{}); len(p.Later) != want || want > 0 && p.Later[0].ID != later.Row.ID {
			t.Errorf("a draft until %s: got %+v, want %d later sets", until, p.Later, want)
		}
	}
	seen = preview(t, o, admin, d.Row.ID, service.PreviewQuery{}).Token
	if err := publish(admin, d, seen); err != nil {
		t.Errorf("with its preview: %v", err)
	}
	if v := setOf(t, o, admin, d.Row.ID); !v.InForce || v.Row.Status != store.SetPublished || v.PublishedBy != admin.Name {
		t.Errorf("got %+v", v)
	}
}

func TestPublishEndsTheFormerVersionTheDayBefore(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	first := o.Clock.Today()
	list, err := o.Criteria.List(background, admin)
	if err != nil {
		t.Fatal(err)
	}
	former := list[0]
	d := draftOf(t, o, admin)
	token := preview(t, o, admin, d.Row.ID, service.PreviewQuery{}).Token
	for name, day := range map[string]calendar.Date{"problem.required": 0, "problem.ruleset.past": first.AddDays(-1), "problem.ruleset.far": first.AddYears(5).AddDays(1)} {
		err := o.Criteria.Publish(background, admin, d.Row.ID, service.Publication{ValidFrom: day, Token: token}, testkit.Write(d.Row.Version))
		if !fault.Is(err, fault.Invalid) || messageOf(err) != "publish.valid_from:"+name {
			t.Errorf("from %s: got %s, want a problem %s", day, messageOf(err), name)
		}
	}
	from := first.AddDays(10)
	if err := o.Criteria.Publish(background, admin, d.Row.ID, service.Publication{ValidFrom: from, Token: token}, testkit.Write(d.Row.Version)); err != nil {
		t.Fatal(err)
	}
	old, next := setOf(t, o, admin, former.ID), setOf(t, o, admin, d.Row.ID)
	if old.Row.ValidTo != from.AddDays(-1) || next.Row.ValidFrom != from || !next.Row.ValidTo.IsZero() {
		t.Errorf("got %s to %s and %s to %s, want the change on %s", old.Row.ValidFrom, old.Row.ValidTo, next.Row.ValidFrom, next.Row.ValidTo, from)
	}
	for i := range 12 {
		v, w := setOf(t, o, admin, former.ID), setOf(t, o, admin, d.Row.ID)
		if newRules := i >= 10; v.InForce == newRules || w.InForce != newRules {
			t.Errorf("on day %d: the former is in force: %v, the next: %v", i, v.InForce, w.InForce)
		}
		// What registrations are really checked with changes on the same day.
		id := o.Family(t, 100+i, place.Egypt, registry.Submitted)
		o.View(t, func(tx *store.Tx) error {
			a, err := tx.LatestAssessment(id)
			if err != nil {
				return err
			}
			f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, id)
			if err != nil {
				return err
			}
			if want := former.ID; a.SetID != want { // the forms say 2026-03-01, whichever day they are entered: the application counts
				t.Errorf("on day %d: application of %s checked with set %d, want %d", i, f.Record.Case.ApplicationDate, a.SetID, want)
			}
			return nil
		})
		o.Clock.Set(testkit.Start.AddDate(0, 0, i+1))
	}
	late := testkit.Form(300, place.Egypt)
	late.Case.ApplicationDate = from.String()
	id, err := o.Families.Register(background, testkit.Actor(auth.FieldWorker, place.Egypt), late, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	o.View(t, func(tx *store.Tx) error {
		a, err := tx.LatestAssessment(id)
		if err == nil && a.SetID != d.Row.ID {
			t.Errorf("an application of %s was checked with set %d, want %d", from, a.SetID, d.Row.ID)
		}
		return err
	})
}

func TestPublishedAndStaleAreRefused(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	d := draftOf(t, o, admin)
	published := inForceOf(t, o, admin)
	for name, call := range calls(o, d.Set, preview(t, o, admin, d.Row.ID, service.PreviewQuery{}).Token) {
		before := dump(t, o, "", strings.Fields(written)...)
		for _, version := range []int64{0, 1, 2} {
			if err := call(admin, published, version); !fault.Is(err, fault.State) || messageOf(err) != "error.criteria_published" {
				t.Errorf("%s of the set in force at version %d: got %v, want that it is published", name, version, err)
			}
		}
		for _, version := range []int64{-1, 0, d.Row.Version + 1} {
			if err := call(admin, d.Row.ID, version); !fault.Is(err, fault.Stale) {
				t.Errorf("%s at version %d: got %v, want Stale", name, version, err)
			}
		}
		if err := call(admin, 999, 1); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s of no set: got %v, want NotFound", name, err)
		}
		if after := dump(t, o, "", strings.Fields(written)...); after != before {
			t.Errorf("%s: a refusal wrote something", name)
		}
	}
	// Two people with the draft open: the second save is refused and the first one's words stand.
	mine, theirs := *d.Set, *d.Set
	mine.Title.AR, theirs.Title.AR = "الأولى", "الثانية"
	if err := o.Criteria.SaveDraft(background, admin, d.Row.ID, &mine, testkit.Write(d.Row.Version)); err != nil {
		t.Fatal(err)
	}
	err := o.Criteria.SaveDraft(background, testkit.SecondActor(auth.Administrator, place.Egypt), d.Row.ID, &theirs, testkit.Write(d.Row.Version))
	if !fault.Is(err, fault.Stale) {
		t.Errorf("the second save: got %v, want Stale", err)
	}
	if got := setOf(t, o, admin, d.Row.ID).Set.Title.AR; got != "الأولى" {
		t.Errorf("got title %q, want the first one's", got)
	}
}

// Only an administrator of the party edits, weighs, publishes and re-checks; what belongs to the other country is as if it did not exist.
func TestCriteriaArePermitted(t *testing.T) {
	o := testkit.Service(t)
	admin, foreign := testkit.Actor(auth.Administrator, place.Egypt), testkit.Actor(auth.Administrator, place.Qatar)
	egyptian := o.Family(t, 1, place.Egypt, registry.Approved)
	qatari := o.Family(t, 2, place.Qatar, registry.Approved)
	d, q := draftOf(t, o, admin), draftOf(t, o, foreign)
	// Everybody who moves: a condition that nobody meets.
	for _, x := range []struct {
		actor auth.Actor
		v     **service.SetView
	}{{admin, &d}, {foreign, &q}} {
		c := (*x.v).Set.Criteria[0]
		c.Condition = "project_value < 0"
		if err := o.Criteria.SaveCriterion(background, x.actor, (*x.v).Row.ID, 0, c, testkit.Write((*x.v).Row.Version)); err != nil {
			t.Fatal(err)
		}
		*x.v = setOf(t, o, x.actor, (*x.v).Row.ID)
	}
	token := preview(t, o, admin, d.Row.ID, service.PreviewQuery{}).Token
	all := calls(o, d.Set, token)
	all["NewDraft"] = func(a auth.Actor, id, _ int64) error {
		_, err := o.Criteria.NewDraft(background, a, id, testkit.Write(0))
		return err
	}
	all["Preview"] = func(a auth.Actor, id, _ int64) error {
		_, err := o.Criteria.Preview(background, a, id, service.PreviewQuery{})
		return err
	}
	all["Recheck"] = func(a auth.Actor, id, _ int64) error {
		_, err := o.Criteria.Recheck(background, a, id, testkit.Write(0))
		return err
	}
	all["CheckExpression"] = func(a auth.Actor, id, _ int64) error {
		_, err := o.Criteria.CheckExpression(background, a, id, "true")
		return err
	}
	all["Set"] = func(a auth.Actor, id, _ int64) error {
		_, err := o.Criteria.Set(background, a, id)
		return err
	}
	before := dump(t, o, "", strings.Fields(written)...)
	for name, call := range all {
		for _, role := range []auth.Role{auth.FieldWorker, auth.Reviewer, auth.Coordinator, auth.Analyst} {
			want := fault.Forbidden
			if name == "Set" {
				want = fault.NotFound // they read what is published; of a draft they do not know
			}
			if err := call(testkit.Actor(role, place.Egypt), d.Row.ID, d.Row.Version); !fault.Is(err, want) {
				t.Errorf("%s by %s: got %v, want %v", name, role, err, want)
			}
		}
		for _, id := range []int64{d.Row.ID, inForceOf(t, o, admin)} {
			if err := call(foreign, id, 1); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s by Qatar's administrator of set %d of Egypt: got %v, want NotFound", name, id, err)
			}
		}
		if err := call(admin, q.Row.ID, q.Row.Version); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s by Egypt's administrator of Qatar's draft: got %v, want NotFound", name, err)
		}
	}
	if after := dump(t, o, "", strings.Fields(written)...); after != before {
		t.Error("a refusal wrote something")
	}
	for _, x := range []struct {
		actor     auth.Actor
		set, want int64
	}{{admin, d.Row.ID, egyptian}, {foreign, q.Row.ID, qatari}} {
		p := preview(t, o, x.actor, x.set, service.PreviewQuery{})
		if p.Total != 1 || len(p.Names) != 1 || p.Names[0].ID != x.want {
			t.Errorf("%s sees %d families, %+v; want %d alone", x.actor.Party, p.Total, p.Names, x.want)
		}
		if p := preview(t, o, x.actor, x.set, service.PreviewQuery{Area: map[place.Country]string{"EG": "QA-RA", "QA": "EG-SHG"}[x.actor.Party]}); len(p.Names) != 0 {
			t.Errorf("%s sees %+v through an area of the other country", x.actor.Party, p.Names)
		}
		list, err := o.Criteria.List(background, x.actor)
		if err != nil || len(list) != 2 || slices.ContainsFunc(list, func(s service.SetSummary) bool { return s.Party != x.actor.Party }) {
			t.Errorf("%s: got %+v, %v", x.actor.Party, list, err)
		}
	}
	list, err := o.Criteria.List(background, testkit.Actor(auth.Reviewer, place.Egypt))
	if err != nil || len(list) != 1 || !list[0].InForce {
		t.Errorf("a reviewer: got %+v, %v; want the published set alone", list, err)
	}
}

// What does not hold is refused whole, with the place, and is not written.
func TestADraftAlwaysHolds(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	d := draftOf(t, o, admin)
	good := d.Set.Criteria[3]
	n := len(d.Set.Criteria)
	for name, x := range map[string]struct {
		change func(c *criteria.Criterion)
		field  string
	}{
		"no condition":    {func(c *criteria.Criterion) { c.Condition = "" }, "criteria[3].condition"},
		"no title":        {func(c *criteria.Criterion) { c.Title.AR = " " }, "criteria[3].title.ar"},
		"unknown fact":    {func(c *criteria.Criterion) { c.Condition = "shoe_size > 40" }, "criteria[3].condition"},
		"unknown param":   {func(c *criteria.Criterion) { c.Condition = "age > params.no_such" }, "criteria[3].condition"},
		"not a yes or no": {func(c *criteria.Criterion) { c.Condition = "age + 1" }, "criteria[3].condition"},
		"too long":        {func(c *criteria.Criterion) { c.Condition = strings.Repeat("true && ", 300) + "true" }, "criteria[3].condition"},
		"too deep": {func(c *criteria.Criterion) {
			c.Condition = strings.Repeat("(", 900) + "true" + strings.Repeat(")", 900)
		}, "criteria[3].condition"},
		"NUL":             {func(c *criteria.Criterion) { c.Condition = "true\x00" }, "criteria[3].condition"},
		"a loop":          {func(c *criteria.Criterion) { c.Condition = "[1, 2].all(x, x > 0)" }, "criteria[3].condition"},
		"code twice":      {func(c *criteria.Criterion) { c.Code = d.Set.Criteria[0].Code }, "criteria[3].code"},
		"bad weight":      {func(c *criteria.Criterion) { c.Weight = "heavy" }, "criteria[3].weight"},
		"no such paper":   {func(c *criteria.Criterion) { c.Evidence = []registry.DocumentType{"passport_of_mars"} }, "criteria[3].evidence[0]"},
		"when of a proof": {func(c *criteria.Criterion) { c.Exceptions[0].When = "1 == 'a'" }, "criteria[3].exceptions[0].when"},
		"points of hard":  {func(c *criteria.Criterion) { c.Points = 5 }, "criteria[3].points"},
	} {
		c := good
		c.Exceptions = slices.Clone(good.Exceptions)
		x.change(&c)
		before := dump(t, o, "", strings.Fields(written)...)
		err := o.Criteria.SaveCriterion(background, admin, d.Row.ID, 3, c, testkit.Write(d.Row.Version))
		var fields []string
		for _, p := range problemsOf(err) {
			fields = append(fields, p.Field)
		}
		if !fault.Is(err, fault.Invalid) || !slices.Contains(fields, x.field) {
			t.Errorf("%s: got %v with %q, want a problem of %s", name, err, fields, x.field)
		}
		if dump(t, o, "", strings.Fields(written)...) != before {
			t.Errorf("%s: something was written", name)
		}
	}
	for _, at := range []int{-1, n + 1, 1 << 40} {
		if err := o.Criteria.SaveCriterion(background, admin, d.Row.ID, at, good, testkit.Write(d.Row.Version)); !fault.Is(err, fault.NotFound) {
			t.Errorf("criterion at %d: got %v, want NotFound", at, err)
		}
	}
	// The parameter that two criteria name cannot go.
	h := service.SetHead{Title: d.Set.Title, Citation: d.Set.Citation, ValidFrom: d.Set.ValidFrom, AgeOn: d.Set.AgeOn}
	if err := o.Criteria.SaveHead(background, admin, d.Row.ID, h, testkit.Write(d.Row.Version)); !fault.Is(err, fault.Invalid) {
		t.Errorf("without parameters: got %v, want Invalid", err)
	}
	// The last criterion stays.
	set := *d.Set
	set.Criteria = []criteria.Criterion{good}
	if err := o.Criteria.SaveDraft(background, admin, d.Row.ID, &set, testkit.Write(d.Row.Version)); err != nil {
		t.Fatal(err)
	}
	if err := o.Criteria.RemoveCriterion(background, admin, d.Row.ID, 0, testkit.Write(d.Row.Version+1)); !fault.Is(err, fault.Invalid) {
		t.Errorf("removing the last: got %v, want Invalid", err)
	}
	if v := setOf(t, o, admin, d.Row.ID); len(v.Set.Criteria) != 1 || v.Row.Version != d.Row.Version+1 {
		t.Errorf("got %d criteria at version %d", len(v.Set.Criteria), v.Row.Version)
	}
}

// The log says what an editor changed, by the code of the criterion, old → new; moving one is one change.
func TestEditsAreRecorded(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	d := draftOf(t, o, admin)
	c := d.Set.Criteria[1]
	old := c.Condition
	c.Condition = "id_type == 'eg_nid'"
	if err := o.Criteria.SaveCriterion(background, admin, d.Row.ID, 1, c, testkit.Write(d.Row.Version)); err != nil {
		t.Fatal(err)
	}
	if err := o.Criteria.MoveCriterion(background, admin, d.Row.ID, 2, -1, testkit.Write(d.Row.Version+1)); err != nil {
		t.Fatal(err)
	}
	page, err := o.Audit.List(background, admin, store.AuditQuery{Action: string(auth.CriteriaEdit)})
	if err != nil || len(page.Entries) != 2 {
		t.Fatalf("got %+v, %v; want two entries", page, err)
	}
	moved, edited := page.Entries[0], page.Entries[1]
	if len(edited.Changes) != 1 || edited.Changes[0] != (registry.Change{Path: "criteria." + c.Code + ".condition", Old: old, New: c.Condition}) {
		t.Errorf("got %+v", edited.Changes)
	}
	if len(moved.Changes) != 1 || moved.Changes[0].Path != "order" {
		t.Errorf("a move: got %+v", moved.Changes)
	}
}

// The same press five times makes one draft, and drafts do not pile up without end.
func TestDraftsAreFew(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	d := draftOf(t, o, admin)
	w := testkit.Write(0)
	first, err := o.Criteria.NewDraft(background, admin, d.Row.ID, w)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if again, err := o.Criteria.NewDraft(background, admin, d.Row.ID, w); err != nil || again != first {
			t.Errorf("pressed again: got %d, %v; want %d", again, err, first)
		}
	}
	made := 2
	for ; made < 100; made++ {
		if _, err = o.Criteria.NewDraft(background, admin, d.Row.ID, testkit.Write(0)); err != nil {
			break
		}
	}
	if made != 20 || messageOf(err) != "error.ruleset.drafts" {
		t.Errorf("got %d drafts, then %v", made, err)
	}
	if err := o.Criteria.DeleteDraft(background, admin, first, testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Criteria.Set(background, admin, first); !fault.Is(err, fault.NotFound) {
		t.Errorf("a deleted draft: got %v", err)
	}
	if _, err := o.Criteria.NewDraft(background, admin, d.Row.ID, testkit.Write(0)); err != nil {
		t.Errorf("after one was deleted: %v", err)
	}
}

func problemsOf(err error) fault.Problems {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Problems
	}
	return nil
}

// A registration that is saved right after a publication is checked with the new set, although which set is in force is remembered between saves.
func TestPublicationIsNoticedAtOnce(t *testing.T) {
	o := testkit.Service(t)
	register := func(i int) int64 {
		form := testkit.Form(i, place.Egypt)
		form.Case.ApplicationDate = o.Clock.Today().String()
		id, err := o.Families.Register(background, testkit.Actor(auth.FieldWorker, place.Egypt), form, testkit.Write(0))
		if err != nil {
			t.Fatal(err)
		}
		var set int64
		o.View(t, func(tx *store.Tx) error {
			a, err := tx.LatestAssessment(id)
			if err == nil {
				set = a.SetID
			}
			return err
		})
		return set
	}
	former := inForceOf(t, o, testkit.Actor(auth.Administrator, place.Egypt))
	if got := register(1); got != former {
		t.Fatalf("got set %d, want %d", got, former)
	}
	next := stricter(t, o)
	if got := register(2); got != next {
		t.Errorf("right after the publication: got set %d, want %d", got, next)
	}
}
