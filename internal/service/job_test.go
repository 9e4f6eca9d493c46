package service_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// program starts the program a second time over a store: what another process, or the same after a restart, is.
func program(o *testkit.Office, db *store.DB) *service.Service {
	return service.New(service.Deps{DB: db, Keys: o.Keys, Clock: o.Clock.Now, Log: slog.New(slog.DiscardHandler)})
}

// twin opens a copy of an office's database.
func twin(t *testing.T, o *testkit.Office) *testkit.Office {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := o.DB.Backup(background, path); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(background, path, o.Keys, store.Options{CacheKB: 2048})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &testkit.Office{Service: program(o, db), DB: db, Keys: o.Keys, Clock: o.Clock, Path: path, Log: o.Log}
}

// stricter publishes a version of Egypt's criteria that moves many families of a crowd, and returns its id.
func stricter(t *testing.T, o *testkit.Office) int64 {
	t.Helper()
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	d := draftOf(t, o, admin)
	for i := range d.Set.Criteria {
		switch c := &d.Set.Criteria[i]; c.Code {
		case "contract":
			c.Condition = "own_share >= 20"
		case "literacy":
			c.Weight = criteria.Soft
		case "training":
			c.Condition, c.NeedsReview = "training_result in ['passed', 'failed']", "training_result == 'failed'"
		}
	}
	if err := o.Criteria.SaveDraft(background, admin, d.Row.ID, d.Set, testkit.Write(d.Row.Version)); err != nil {
		t.Fatal(err)
	}
	d = setOf(t, o, admin, d.Row.ID)
	token := preview(t, o, admin, d.Row.ID, service.PreviewQuery{}).Token
	err := o.Criteria.Publish(background, admin, d.Row.ID, service.Publication{ValidFrom: o.Clock.Today(), Token: token}, testkit.Write(d.Row.Version))
	if err != nil {
		t.Fatal(err)
	}
	return d.Row.ID
}

func recheck(t *testing.T, o *testkit.Office, set int64) int64 {
	t.Helper()
	id, err := o.Criteria.Recheck(background, testkit.Actor(auth.Administrator, place.Egypt), set, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func jobOf(t *testing.T, o *testkit.Office, id int64) *service.JobView {
	t.Helper()
	v, err := o.Jobs.Job(background, testkit.Actor(auth.Administrator, place.Egypt), id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// until waits for a job to end, or for another condition on it.
func until(t *testing.T, o *testkit.Office, id int64, cond func(v *service.JobView) bool) *service.JobView {
	t.Helper()
	for range 3000 {
		if v := jobOf(t, o, id); cond(v) {
			return v
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("job %d: got %+v after half a minute", id, jobOf(t, o, id).Job)
	return nil
}

func start(t *testing.T, jobs *service.Jobs) {
	t.Helper()
	if err := jobs.Start(background); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(jobs.Stop)
}

// table is what a re-check leaves behind, opened and without the accidents of a run: the outcome of every family, and every assessment with its words.
func table(t *testing.T, o *testkit.Office) string {
	t.Helper()
	var b strings.Builder
	o.View(t, func(tx *store.Tx) error {
		for _, party := range place.Countries() {
			for id := int64(1); id < 1000; id++ {
				f, err := tx.FamilyByID(store.Scope{Party: party}, id)
				if fault.Is(err, fault.NotFound) {
					continue
				}
				if err != nil {
					return err
				}
				x, err := tx.FamilyExtraOf(id)
				if err != nil {
					return err
				}
				fmt.Fprintf(&b, "%d v%d %s %s %d\n", id, f.Version, f.Status.State, x.Overall, x.Points)
				as, err := tx.AssessmentsOf(id)
				if err != nil {
					return err
				}
				slices.SortFunc(as, func(a, b store.Assessment) int { return int(a.ID - b.ID) })
				for _, a := range as {
					full, err := tx.AssessmentByID(store.Scope{Party: party}, a.ID)
					if err != nil {
						return err
					}
					fmt.Fprintf(&b, "\t%d.%d %s by %d %s %s %d %s\n", full.SetID, full.SetVersion, full.At, full.By, full.Cause, full.Overall, full.Points, full.Body)
				}
			}
		}
		return nil
	})
	return b.String()
}

// A re-check gives every family that is weighed the outcome that it has alone under the set in force, and leaves the others and every decision alone.
func TestRecheck(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	crowd(t, o, 130, 31)
	var decided []int64
	for i, state := range []registry.State{registry.Approved, registry.Rejected, registry.Returned, registry.Suspended, registry.Graduated} {
		decided = append(decided, o.Family(t, 4000+i, place.Egypt, state))
	}
	foreign := o.Family(t, 4100, place.Qatar, registry.Approved)
	o.Clock.Advance(9 * 24 * time.Hour) // papers have run out since the families were saved
	set := stricter(t, o)
	was, _ := judge(t, o, place.Egypt, setOf(t, o, admin, set).Set)
	before := map[int64]string{}
	o.View(t, func(tx *store.Tx) error {
		for id := range was {
			x, err := tx.FamilyExtraOf(id)
			if err != nil {
				return err
			}
			before[id] = x.Overall
		}
		return nil
	})
	past := dump(t, o, "", "assessment", "event", "waiver", "criteria_set", "family_record", "family_fact")
	foreignBefore := dump(t, o, fmt.Sprintf("id = %d", foreign), "family")
	decisions := map[int64]int64{} // the assessment that each last decision stands on
	o.View(t, func(tx *store.Tx) error {
		for _, id := range decided {
			events, err := tx.EventsOf(id)
			if err != nil {
				return err
			}
			for _, e := range events {
				if e.AssessmentID != 0 {
					decisions[id] = e.AssessmentID
				}
			}
		}
		return nil
	})
	if len(decisions) < 4 {
		t.Fatalf("the decisions stand on %v", decisions)
	}
	o.Clock.Advance(3 * time.Hour)
	o.Jobs.Batch(17, nil)
	job := recheck(t, o, set)
	o.Clock.Advance(5 * 24 * time.Hour) // a job that comes late checks for the day on which it was asked for
	if _, err := o.Criteria.Recheck(background, admin, set, testkit.Write(0)); messageOf(err) != "error.ruleset.recheck_runs" {
		t.Errorf("a second one: got %v, want that one runs", err)
	}
	if v := jobOf(t, o, job); v.State != store.JobQueued || v.Total != int64(len(was)) || v.Done != 0 || !v.CanCancel || v.SetID != set || v.ByName != admin.Name {
		t.Errorf("queued: got %+v", v)
	}
	start(t, o.Jobs)
	v := until(t, o, job, (*service.JobView).Ended)
	changed, entered, left, overall := int64(0), int64(0), int64(0), map[string]int64{}
	for id, j := range was {
		overall[string(j.overall)]++
		if before[id] != string(j.overall) {
			changed++
		}
		if j.overall == criteria.Eligible && before[id] != string(criteria.Eligible) {
			entered++
		}
		if j.overall != criteria.Eligible && before[id] == string(criteria.Eligible) {
			left++
		}
	}
	r := v.Recheck
	if v.State != store.JobDone || v.Done != int64(len(was)) || v.Total != v.Done || v.CanCancel || r.Assessed != v.Done || r.Changed != changed || r.Entered != entered ||
		r.Left != left || !maps.Equal(r.Overall, overall) || changed == 0 || left == 0 {
		t.Errorf("got %s, %d of %d, %+v; want %d changed, +%d −%d, %v", v.State, v.Done, v.Total, r, changed, entered, left, overall)
	}
	o.View(t, func(tx *store.Tx) error {
		for id, j := range was {
			x, err := tx.FamilyExtraOf(id)
			if err != nil {
				return err
			}
			a, err := tx.LatestAssessment(id)
			if err != nil {
				return err
			}
			if x.Overall != string(j.overall) || a.Overall != x.Overall || a.Cause != service.JobRecheck || a.SetID != set || a.By != admin.UserID || !a.At.Equal(v.CreatedAt) {
				t.Errorf("family %d: got %s and %+v, want %s", id, x.Overall, a, j.overall)
			}
		}
		for id, want := range decisions {
			events, err := tx.EventsOf(id)
			if err != nil {
				return err
			}
			got := int64(0)
			for _, e := range events {
				if e.AssessmentID != 0 {
					got = e.AssessmentID
				}
			}
			if got != want {
				t.Errorf("family %d: its decision stands on assessment %d, was %d", id, got, want)
			}
		}
		return nil
	})
	// Every row that was there is there, byte for byte; nothing came but assessments.
	now := dump(t, o, "", "assessment", "event", "waiver", "criteria_set", "family_record", "family_fact")
	rows := map[string]bool{}
	for line := range strings.Lines(now) {
		rows[line] = true
	}
	n := 0
	for line := range strings.Lines(past) {
		n++
		if !rows[line] {
			t.Errorf("this row changed: %.200s", line)
		}
	}
	if got := len(rows) - n; got != len(was) {
		t.Errorf("got %d new rows, want one assessment for each of %d families", got, len(was))
	}
	if got := dump(t, o, fmt.Sprintf("id = %d", foreign), "family"); got != foreignBefore {
		t.Error("a family of the other country changed")
	}
	page, err := o.Audit.List(background, admin, store.AuditQuery{Action: "job.done"})
	if err != nil || len(page.Entries) != 1 {
		t.Errorf("the log: got %+v, %v", page, err)
	}
	if report, err := o.Audit.Verify(background, admin); err != nil || report.Reason != "" {
		t.Errorf("the chain: got %+v, %v", report, err)
	}
}

// A re-check that is stopped in the middle, or whose process died, goes on where it was; the result is that of an uninterrupted one.
func TestRecheckGoesOn(t *testing.T) {
	o := testkit.Service(t)
	crowd(t, o, 90, 77)
	set := stricter(t, o)
	job := recheck(t, o, set)
	whole := twin(t, o)
	stopped, killed, taken := twin(t, o), twin(t, o), twin(t, o)
	start(t, whole.Jobs)
	want := until(t, whole, job, (*service.JobView).Ended)
	wantTable := table(t, whole)
	if want.State != store.JobDone || want.Recheck.Changed == 0 {
		t.Fatalf("uninterrupted: got %+v, %+v", want.Job, want.Recheck)
	}
	same := func(name string, o *testkit.Office) {
		t.Helper()
		v := until(t, o, job, (*service.JobView).Ended)
		if v.State != store.JobDone || v.Done != want.Done || v.Total != want.Total || !bytes.Equal(v.Result, want.Result) {
			t.Errorf("%s: got %s, %d of %d, %s; want %s", name, v.State, v.Done, v.Total, v.Result, want.Result)
		}
		if got := table(t, o); got != wantTable {
			t.Errorf("%s: the table differs from that of an uninterrupted run", name)
		}
	}

	// Stopped in the middle, three times, each time by a program that is started anew.
	ctx, stop := context.WithCancel(background)
	run := stopped.Service
	for i := range 3 {
		batches := 0
		run.Jobs.Batch(7, func() {
			if batches++; batches == 2 {
				stop()
			}
		})
		if err := run.Jobs.Start(ctx); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		run.Jobs.Stop()
		if v := jobOf(t, stopped, job); v.State != store.JobRunning || v.Done != int64(14*(i+1)) || v.Recheck.Assessed != v.Done {
			t.Fatalf("stopped for the %d. time: got %s with %d done, %+v", i+1, v.State, v.Done, v.Recheck)
		}
		run = program(o, stopped.DB)
		ctx, stop = context.WithCancel(background)
	}
	stop()
	start(t, run.Jobs) // at once: the job was given back, nobody waits for a dead heartbeat
	same("stopped", stopped)

	// Killed: the claim of a process that is gone. Nobody may take it up before its heartbeat is old.
	killed.Update(t, func(tx *store.Tx) error {
		j, err := tx.ClaimJob(killed.Clock.Now(), time.Minute)
		if err == nil && (j == nil || j.ID != job) {
			return fmt.Errorf("claimed %+v", j)
		}
		return err
	})
	killed.Jobs.Batch(7, nil)
	start(t, killed.Jobs)
	time.Sleep(100 * time.Millisecond)
	if v := jobOf(t, killed, job); v.Done != 0 {
		t.Errorf("a job with a living runner was taken up: %+v", v.Job)
	}
	killed.Jobs.Stop()
	o.Clock.Advance(31 * time.Second)
	start(t, killed.Jobs)
	same("killed", killed)

	// Taken over in the middle by a process that holds this one for dead: it must write nothing any more, and what is left is done once.
	batches := 0
	taken.Jobs.Batch(7, func() {
		if batches++; batches != 3 {
			return
		}
		o.Clock.Advance(31 * time.Second)
		taken.Update(t, func(tx *store.Tx) error {
			j, err := tx.ClaimJob(o.Clock.Now(), 30*time.Second)
			if err == nil && (j == nil || j.ID != job || j.Attempt != 2) {
				t.Errorf("the other process claimed %+v", j)
			}
			return err
		})
	})
	start(t, taken.Jobs)
	until(t, taken, job, func(v *service.JobView) bool { return v.Attempt == 2 })
	time.Sleep(100 * time.Millisecond)
	taken.Jobs.Stop()
	if v := jobOf(t, taken, job); v.Done != 21 || v.Attempt != 2 || v.State != store.JobRunning {
		t.Errorf("taken over: got %+v, want nothing more from the first", v.Job)
	}
	o.Clock.Advance(31 * time.Second) // the other one dies too
	last := program(o, taken.DB)
	start(t, last.Jobs)
	same("taken over", taken)
}

// A family that is saved while the re-check is at work is assessed as it is then.
func TestRecheckOfAFamilyThatIsSaved(t *testing.T) {
	o := testkit.Service(t)
	crowd(t, o, 40, 5)
	set := stricter(t, o)
	job := recheck(t, o, set)
	var target int64
	once := false
	o.Jobs.Batch(10, func() {
		if once {
			return
		}
		once = true
		// The next batches are made ready already: change one of their families.
		o.Update(t, func(tx *store.Tx) error {
			rows, err := tx.FactsBetween(place.Egypt, weighedStates, 0, 0, 0)
			if err != nil {
				return err
			}
			target = rows[15].ID
			f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, target)
			if err != nil {
				return err
			}
			x, err := tx.FamilyExtraOf(target)
			if err != nil {
				return err
			}
			var facts criteria.Facts
			if err := facts.Decode(x.Facts); err != nil {
				return err
			}
			facts.SetCode(criteria.Nationality, "SY")
			x.Facts, x.Overall = facts.AppendBinary(nil), "eligible"
			return tx.UpdateFamily(f, x)
		})
	})
	start(t, o.Jobs)
	if v := until(t, o, job, (*service.JobView).Ended); v.State != store.JobDone {
		t.Fatalf("got %+v", v.Job)
	}
	o.View(t, func(tx *store.Tx) error {
		a, err := tx.LatestAssessment(target)
		if err != nil {
			return err
		}
		res, err := criteria.DecodeAssessment(a.Body)
		if err != nil {
			return err
		}
		if n, _ := res.Result("nationality"); n.Outcome != criteria.NotMet || a.Overall != string(criteria.NotEligible) {
			t.Errorf("got %s, nationality %s, want the family as it was saved", a.Overall, n.Outcome)
		}
		return nil
	})
}

func TestCancelAJob(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	crowd(t, o, 60, 9)
	set := stricter(t, o)
	cancel := func(a auth.Actor, id int64) error { return o.Jobs.Cancel(background, a, id, testkit.Write(0)) }

	// One that waits ends at once.
	waiting := recheck(t, o, set)
	for _, role := range []auth.Role{auth.FieldWorker, auth.Reviewer, auth.Coordinator, auth.Analyst} {
		if err := cancel(testkit.Actor(role, place.Egypt), waiting); !fault.Is(err, fault.Forbidden) {
			t.Errorf("by %s: got %v, want Forbidden", role, err)
		}
		if _, err := o.Jobs.List(background, testkit.Actor(role, place.Egypt)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("list for %s: got %v, want Forbidden", role, err)
		}
	}
	foreign := testkit.Actor(auth.Administrator, place.Qatar)
	if err := cancel(foreign, waiting); !fault.Is(err, fault.NotFound) {
		t.Errorf("by Qatar's administrator: got %v, want NotFound", err)
	}
	if _, err := o.Jobs.Job(background, foreign, waiting); !fault.Is(err, fault.NotFound) {
		t.Errorf("shown to Qatar's administrator: got %v, want NotFound", err)
	}
	if list, err := o.Jobs.List(background, foreign); err != nil || len(list) != 0 {
		t.Errorf("listed for Qatar's administrator: got %+v, %v", list, err)
	}
	if err := cancel(admin, waiting); err != nil {
		t.Fatal(err)
	}
	if v := jobOf(t, o, waiting); v.State != store.JobCancelled || v.FinishedAt.IsZero() || v.CanCancel || v.Done != 0 {
		t.Errorf("got %+v", v)
	}
	if err := cancel(admin, waiting); !fault.Is(err, fault.State) {
		t.Errorf("again: got %v, want State", err)
	}

	// One at work ends after the batch at hand; what is assessed stays, and nothing more comes.
	running := recheck(t, o, set)
	batches := 0
	o.Jobs.Batch(8, func() {
		if batches++; batches == 2 {
			if err := cancel(admin, running); err != nil {
				t.Error(err)
			}
		}
	})
	start(t, o.Jobs)
	v := until(t, o, running, (*service.JobView).Ended)
	if v.State != store.JobCancelled || v.Done != 24 || v.Recheck.Assessed != 24 || v.Total <= v.Done {
		t.Errorf("got %s with %d of %d, want cancelled in the middle", v.State, v.Done, v.Total)
	}
	n := strings.Count(dump(t, o, "cause = 'recheck'", "assessment"), "\n")
	if n != 24 {
		t.Errorf("got %d assessments, want 24", n)
	}
	// The daily duties are not anybody's to stop, and they are done.
	list, err := o.Jobs.List(background, admin)
	if err != nil {
		t.Fatal(err)
	}
	expires := 0
	for _, j := range list {
		if j.Kind == service.JobExpire {
			expires++
			until(t, o, j.ID, (*service.JobView).Ended)
			if err := cancel(admin, j.ID); !fault.Is(err, fault.State) {
				t.Errorf("cancelling the expiry: got %v, want State", err)
			}
		}
	}
	if expires != 1 {
		t.Errorf("got %d daily expiries, want 1: %+v", expires, list)
	}
	// After one was cancelled another may begin.
	o.Jobs.Stop()
	o.Jobs.Batch(500, nil)
	again := recheck(t, o, set)
	start(t, o.Jobs)
	if v := until(t, o, again, (*service.JobView).Ended); v.State != store.JobDone || v.Done != v.Total {
		t.Errorf("again: got %+v", v.Job)
	}
}

// Only the set in force re-checks: a draft, one that has ended and one that has not begun would say what no registration is checked with.
func TestRecheckIsOfTheSetInForce(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	former := inForceOf(t, o, admin)
	draft := draftOf(t, o, admin).Row.ID
	now := stricter(t, o)
	for name, id := range map[string]int64{"a draft": draft, "the former": former} {
		if _, err := o.Criteria.Recheck(background, admin, id, testkit.Write(0)); messageOf(err) != "error.ruleset.not_in_force" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	w := testkit.Write(0)
	id, err := o.Criteria.Recheck(background, admin, now, w)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := o.Criteria.Recheck(background, admin, now, w); err != nil || again != id {
		t.Errorf("the same press again: got %d, %v; want %d", again, err, id)
	}
}

// The nightly job ends the approvals whose last day has passed, each with an event of the program, and goes on after a stop.
func TestExpiryGoesOn(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	var ids []int64
	for i := range 3 {
		ids = append(ids, o.Family(t, i, place.Egypt, registry.Approved))
	}
	last := o.Load(t, place.Egypt, ids[0]).Status.ValidUntil
	for o.Clock.Today().Before(last) {
		o.Clock.Advance(24 * time.Hour)
	}
	start(t, o.Jobs)
	ended := func() (n int, job *service.JobView) {
		list, err := o.Jobs.List(background, admin)
		if err != nil || len(list) == 0 {
			return 0, nil
		}
		for _, id := range ids {
			if o.Load(t, place.Egypt, id).Status.State == registry.Expired {
				n++
			}
		}
		return n, &list[0]
	}
	var job *service.JobView
	for n := 0; n < 1000 && (job == nil || !job.Ended()); n++ {
		time.Sleep(5 * time.Millisecond)
		_, job = ended()
	}
	if n, job := ended(); n != 0 || job.State != store.JobDone || job.Expired != 0 {
		t.Fatalf("on the last day itself: %d ended, %+v", n, job)
	}
	o.Jobs.Stop()
	o.Clock.Advance(24 * time.Hour)
	start(t, o.Jobs)
	for n := 0; n < 1000; n++ {
		time.Sleep(5 * time.Millisecond)
		if _, job = ended(); job.Ended() && job.CreatedAt.Equal(o.Clock.Now()) {
			break
		}
	}
	if n, job := ended(); n != 3 || job.State != store.JobDone || job.Expired != 3 {
		t.Fatalf("the day after: %d ended, %+v", n, job)
	}
	o.View(t, func(tx *store.Tx) error {
		events, err := tx.EventsOf(ids[1])
		if err == nil {
			if e := events[len(events)-1]; e.To != registry.Expired || e.By != 0 {
				t.Errorf("got %+v, want an event of the program", e)
			}
		}
		return err
	})
}

// What a person waits for is not behind what the night left.
func TestJobOfPersonGoesFirst(t *testing.T) {
	o := testkit.Service(t)
	now := o.Clock.Now()
	var got []int64
	o.Update(t, func(tx *store.Tx) error {
		for _, by := range []int64{0, 7, 0, 9} {
			if err := tx.InsertJob(&store.Job{Kind: service.JobPurge, By: by, CreatedAt: now}); err != nil {
				return err
			}
		}
		for {
			j, err := tx.ClaimJob(now, time.Minute)
			if err != nil || j == nil {
				return err
			}
			got = append(got, j.By)
		}
	})
	if !slices.Equal(got, []int64{7, 9, 0, 0}) {
		t.Errorf("claimed those of %v, want of 7, 9 and then the program's", got)
	}
}

// A machine whose files fill the control group's limit has memory to plan with.
func TestReclaimableMemory(t *testing.T) {
	stat := "anon 734003200\nfile 3221225472\ninactive_anon 0\nactive_anon 734003200\ninactive_file 2147483648\nactive_file 1073741824\nslab_reclaimable 1000\nslab 5000\nodd line of more\n"
	if got := service.Reclaimable(stat); got != 2147483648+1073741824+1000 {
		t.Errorf("got %d", got)
	}
}
