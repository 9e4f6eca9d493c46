package service

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/matching"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// JobDuplicates looks for families that may be one; once a day for each party, and when somebody asks.
const JobDuplicates = "duplicates"

// Duplicates is the queue of families that may be one. A run proposes pairs (package matching); people decide.
type Duplicates struct {
	core
	jobs *Jobs
}

// PairSide is one family of a pair as the actor may see it.
type PairSide struct {
	FamilyID int64           // 0 if the actor may not open it
	Number   registry.Number // "" then, and so is the name
	Name     string
	Area     string
	State    registry.State
	View     *FamilyView // on the page of the pair alone, and nil if the actor may not open it
}

// PairView is a pair with both its families.
type PairView struct {
	store.DuplicatePair
	Sides     [2]PairSide
	DecidedBy string
	MergeID   int64                 // the merge that made one of them; 0 if there is none that stands
	Group     *PairGroupView        // of the first pair of a group of more than two families, in a list
	Chained   bool                  // it belongs to the group of a pair above it in a list
	Hints     []store.DuplicateHint // imports that found the pair
}

// PairList is a page of the queue.
type PairList struct {
	Pairs  []PairView
	Counts map[store.PairState]int
	Next   int64 // id of the pair after which the next page begins; 0 if this is the last
}

// pairPage is how many pairs one page shows.
const pairPage = 25

// PairStates are the states in the order of the page.
func PairStates() []store.PairState {
	return []store.PairState{store.PairOpen, store.PairLater, store.PairSame, store.PairDifferent}
}

// List returns a page of the queue: pairs of which one family at least is in the actor's reach, likeliest first.
func (s *Duplicates) List(ctx context.Context, actor auth.Actor, state store.PairState, after int64) (*PairList, error) {
	reach, err := auth.ReachOf(actor, auth.DuplicateReview)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(PairStates(), state) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	scope := scopeOf(reach, 0)
	out := &PairList{}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		*out = PairList{}
		var from *store.DuplicatePair
		if after != 0 {
			if from, err = tx.PairByID(scope, after); err != nil {
				return err
			}
		}
		last := int64(0)
		more, err := pagesOf(tx, scope, state, from, pairPage, func(pairs []store.DuplicatePair, families []int64, more bool) error {
			last = pairs[0].ID
			views, err := groupViews(tx, actor, pairs, families, more)
			out.Pairs = append(out.Pairs, views...)
			return err
		})
		if err != nil {
			return err
		}
		if more {
			out.Next = last
		}
		all := make([]store.DuplicatePair, len(out.Pairs))
		for i := range all {
			all[i] = out.Pairs[i].DuplicatePair
		}
		hints, err := tx.HintsOfPairs(all)
		if err != nil {
			return err
		}
		for i := range out.Pairs {
			out.Pairs[i].Hints = hints[out.Pairs[i].ID]
		}
		out.Counts, err = tx.CountPairs(scope)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// pairView reads both families of a pair. One out of the actor's reach is told by area and state alone, so that the person knows whom to ask.
func pairView(tx *store.Tx, actor auth.Actor, p *store.DuplicatePair) (*PairView, error) {
	v := &PairView{DuplicatePair: *p}
	for i, id := range []int64{p.A, p.B} {
		f, err := tx.FamilyByID(store.Scope{Party: p.Party}, id)
		if err != nil {
			return nil, err
		}
		v.Sides[i] = PairSide{Area: f.Record.Address.Area, State: f.Status.State}
		if auth.Allow(actor, auth.FamilyView, subjectOf(f)) == nil {
			v.Sides[i].FamilyID, v.Sides[i].Number, v.Sides[i].Name = f.ID, f.Status.Number, f.Record.Lead.DisplayName()
		}
	}
	if v.Sides[0].State == registry.Merged || v.Sides[1].State == registry.Merged {
		m, err := tx.LastMergeOf(p.Party, p.A, p.B)
		if err != nil {
			return nil, err
		}
		if m != nil && m.UndoneAt.IsZero() {
			v.MergeID = m.ID
		}
	}
	names, err := userNames(tx, p.DecidedBy)
	v.DecidedBy = names[p.DecidedBy]
	return v, err
}

// Pair returns a pair with what the actor may see of both families.
func (s *Duplicates) Pair(ctx context.Context, actor auth.Actor, families *Families, id int64) (*PairView, error) {
	reach, err := auth.ReachOf(actor, auth.DuplicateReview)
	if err != nil {
		return nil, err
	}
	var v *PairView
	err = s.db.View(ctx, func(tx *store.Tx) error {
		p, err := tx.PairByID(scopeOf(reach, 0), id)
		if err != nil {
			return err
		}
		if v, err = pairView(tx, actor, p); err != nil {
			return err
		}
		hints, err := tx.HintsOfPairs([]store.DuplicatePair{*p})
		v.Hints = hints[p.ID]
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range v.Sides {
		if v.Sides[i].FamilyID == 0 {
			continue
		}
		if v.Sides[i].View, err = families.View(ctx, actor, v.Sides[i].FamilyID); err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	return v, nil
}

// Decide stores what a person says of a pair. It ends nothing by itself: of a pair that is the same person, one registration is withdrawn or rejected on its
// own page, with its own reasons. "Different" is remembered by all later runs.
func (s *Duplicates) Decide(ctx context.Context, actor auth.Actor, id int64, state store.PairState, note string, w Write) error {
	reach, err := auth.ReachOf(actor, auth.DuplicateReview)
	if err != nil {
		return err
	}
	if !slices.Contains(PairStates(), state) {
		return fault.Problems{{Field: "state", Key: "duplicate.choose"}}.Err()
	}
	type content struct {
		ID    int64
		State store.PairState
		Note  string
	}
	now := s.now()
	_, err = s.once(ctx, actor, string(auth.DuplicateReview), w, content{id, state, note}, func(tx *store.Tx) (string, error) {
		return "", decidePair(tx, actor, scopeOf(reach, 0), PairRef{id, w.Version}, state, note, now)
	})
	return err
}

// PairRef is a pair at the version that a person saw.
type PairRef struct{ ID, Version int64 }

func decidePair(tx *store.Tx, actor auth.Actor, scope store.Scope, ref PairRef, state store.PairState, note string, now time.Time) error {
	p, err := tx.PairByID(scope, ref.ID)
	if err != nil {
		return err
	}
	if p.Version != ref.Version {
		return fault.New(fault.Stale, "error.stale")
	}
	before := p.State
	p.State, p.Note, p.DecidedBy, p.DecidedAt = state, note, actor.UserID, now
	if err := tx.DecidePair(p); err != nil {
		return err
	}
	return pairAudit(tx, actor, p, before, now)
}

// pairAudit writes a decision on a pair to the log of both families.
func pairAudit(tx *store.Tx, actor auth.Actor, p *store.DuplicatePair, before store.PairState, now time.Time) error {
	for _, family := range []int64{p.A, p.B} {
		f, err := tx.FamilyByID(store.Scope{Party: p.Party}, family)
		if err != nil {
			return err
		}
		change := []registry.Change{{Path: "duplicate_pair", Class: string(auth.ClassDecision), Old: string(before), New: string(p.State)}}
		if err := familyAudit(tx, actor, now, string(auth.DuplicateReview), f, change, "pair:"+strconv.FormatInt(p.ID, 10)); err != nil {
			return err
		}
	}
	return nil
}

// CertainFrom is the probability from which the page of many decisions proposes pairs, if nobody says otherwise, and mostCertain how many it lists.
const (
	CertainFrom = 0.99
	mostCertain = 50
)

// Certain returns open pairs from a probability on, likeliest first, so that many can be decided at once after each was looked at in a list. more says that there
// are others beyond.
func (s *Duplicates) Certain(ctx context.Context, actor auth.Actor, from float64) (pairs []PairView, more bool, err error) {
	if !(from >= 0.5 && from <= 1) {
		return nil, false, fault.New(fault.NotFound, "error.not_found")
	}
	return s.openPairs(ctx, actor, from, mostCertain)
}

// ForSheet returns open pairs for a workbook, likeliest first. That names of families left the program is written to the audit log.
func (s *Duplicates) ForSheet(ctx context.Context, actor auth.Actor) ([]PairView, error) {
	pairs, _, err := s.openPairs(ctx, actor, 0, sheet.MaxPairRows)
	if err != nil {
		return nil, err
	}
	now := s.now()
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		return audit(tx, actor, now, string(auth.DuplicateReview), store.AuditEntry{Entity: "duplicate_pair", Note: "sheet:" + strconv.Itoa(len(pairs))})
	})
	return pairs, err
}

func (s *Duplicates) openPairs(ctx context.Context, actor auth.Actor, from float64, most int) (pairs []PairView, more bool, err error) {
	reach, err := auth.ReachOf(actor, auth.DuplicateReview)
	if err != nil {
		return nil, false, err
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		full := false
		pairs = nil
		more, err = groupsAfter(tx, scopeOf(reach, 0), store.PairOpen, nil, most, func(group []store.DuplicatePair, families []int64, hangs bool) error {
			switch {
			case group[0].Probability < from:
				return errEnough
			case len(pairs)+len(group) > most:
				full = true
				return errEnough
			case from > 0 && (group[len(group)-1].Probability < from || hangs): // a group that is not certain as a whole has its own page
				return nil
			}
			views, err := groupViews(tx, actor, group, families, hangs)
			pairs = append(pairs, views...)
			return err
		})
		if errors.Is(err, errEnough) {
			more = full
			return nil
		}
		return err
	})
	return pairs, more, err
}

// Decided is what a person says of one of many pairs.
type Decided struct {
	PairRef
	State store.PairState
	Note  string
}

// DecideAll stores decisions of many pairs, in one transaction. Pairs that somebody decided meanwhile are left as they are and counted as stale.
func (s *Duplicates) DecideAll(ctx context.Context, actor auth.Actor, list []Decided, w Write) (done, stale int, err error) {
	reach, err := auth.ReachOf(actor, auth.DuplicateReview)
	if err != nil {
		return 0, 0, err
	}
	var ps fault.Problems
	if len(list) == 0 || len(list) > sheet.MaxPairRows {
		ps.Add("pair", "duplicate.bulk_none")
	}
	for _, d := range list {
		if !slices.Contains(PairStates(), d.State) || d.State == store.PairOpen {
			ps.Add("state", "duplicate.choose")
			break
		}
	}
	if err := ps.Err(); err != nil {
		return 0, 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "duplicate.bulk", w, list, func(tx *store.Tx) (string, error) {
		done, stale := 0, 0
		if err := contradiction(tx, scopeOf(reach, 0), list); err != nil {
			return "", err
		}
		for _, d := range list {
			err := decidePair(tx, actor, scopeOf(reach, 0), d.PairRef, d.State, d.Note, now)
			switch {
			case fault.Is(err, fault.Stale), fault.Is(err, fault.NotFound):
				stale++
			case err != nil:
				return "", err
			default:
				done++
			}
		}
		return strconv.Itoa(done) + "," + strconv.Itoa(stale), nil
	})
	if err != nil {
		return 0, 0, err
	}
	a, b, _ := strings.Cut(res, ",")
	if done, err = strconv.Atoi(a); err == nil {
		stale, err = strconv.Atoi(b)
	}
	return done, stale, err
}

// contradiction refuses decisions that cannot all be true.
func contradiction(tx *store.Tx, scope store.Scope, list []Decided) error {
	var pairs []store.DuplicatePair
	for _, d := range list {
		p, err := tx.PairByID(scope, d.ID)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		p.State = d.State
		pairs = append(pairs, *p)
	}
	if !consistent(pairs) {
		return fault.Problems{{Field: "pair", Key: "duplicate.contradiction"}}.Err()
	}
	return nil
}

// Run queues a search of the actor's party, unless one waits or runs, and returns the job.
func (s *Duplicates) Run(ctx context.Context, actor auth.Actor, w Write) (int64, error) {
	if _, err := auth.ReachOf(actor, auth.DuplicateRun); err != nil {
		return 0, err
	}
	now := s.now()
	id, err := s.once(ctx, actor, string(auth.DuplicateRun), w, nil, func(tx *store.Tx) (string, error) {
		jobs, err := tx.ListJobs(actor.Party, jobListLen)
		if err != nil {
			return "", err
		}
		for _, j := range jobs {
			if j.Kind == JobDuplicates && (j.State == store.JobQueued || j.State == store.JobRunning) {
				return strconv.FormatInt(j.ID, 10), nil
			}
		}
		job := &store.Job{Kind: JobDuplicates, Party: actor.Party, By: actor.UserID, CreatedAt: now}
		if err := tx.InsertJob(job); err != nil {
			return "", err
		}
		err = audit(tx, actor, now, string(auth.DuplicateRun), store.AuditEntry{Entity: "job", EntityID: job.ID})
		return strconv.FormatInt(job.ID, 10), err
	})
	if err != nil {
		return 0, err
	}
	s.jobs.nudge()
	return strconv.ParseInt(id, 10, 64)
}

// Search compares all families of a party in memory and keeps of it the weights, by which the runs at night and after imports compare new families; queue puts the pairs into the
// queue too, so that these runs need not compare again what is on file. Ids of the result are registration numbers where there is one, else "#" and the family's id. It is for the
// command line, which acts as the program in a process of its own.
func (s *Duplicates) Search(ctx context.Context, actor auth.Actor, o matching.Options, queue bool) (result *matching.Result, families int, err error) {
	if _, err := auth.ReachOf(actor, auth.DuplicateRun); err != nil {
		return nil, 0, err
	}
	var ids []int64
	var sums []uint32
	at := s.now()
	if queue {
		if err := s.jobs.upToDate(ctx, actor.Party, ctx.Err); err != nil {
			return nil, 0, err
		}
		err := s.db.View(ctx, func(tx *store.Tx) error {
			ids, sums = ids[:0], sums[:0]
			return tx.PendingLinkage(actor.Party, math.MaxInt32, func(b *store.LinkageSegment) error {
				list, err := readSketches(b)
				for i := range list {
					if list[i].pending {
						ids, sums = append(ids, list[i].id), append(sums, list[i].sketch.Sum())
					}
				}
				return err
			})
		})
		if err != nil {
			return nil, 0, err
		}
	}
	records, err := personsOf(ctx, s.db, actor.Party, func(id int64, _ registry.Number) string { return strconv.FormatInt(id, 10) })
	if err != nil {
		return nil, 0, err
	}
	set, err := matching.NewSet(records)
	if err != nil {
		return nil, 0, err
	}
	records = nil
	debug.FreeOSMemory() // a third of what was taken is not needed any more, and the comparison will take as much
	shown := cmp.Or(o.Threshold, matching.DefaultThreshold)
	if queue {
		o.Threshold = min(shown, linkageFound)
	}
	if result, err = set.Link(ctx, o); err != nil {
		return nil, 0, err
	}
	if set.Len() >= linkageFrom { // few families say too little of how people err
		raw, err := json.Marshal(result.Params)
		if err != nil {
			return nil, 0, fmt.Errorf("writing the weights: %w", err)
		}
		if err := s.db.Update(ctx, func(tx *store.Tx) error { return tx.PutLinkageParams(actor.Party, raw, at) }); err != nil {
			return nil, 0, err
		}
	}
	if queue {
		if err := s.queueAll(ctx, actor, result, ids, sums, at); err != nil {
			return nil, 0, err
		}
		result.Threshold = shown
		result.Pairs = slices.DeleteFunc(result.Pairs, func(p matching.Pair) bool { return p.Probability < shown })
	}
	return result, set.Len(), s.number(ctx, actor.Party, result)
}

// number puts registration numbers in the place of ids. They are read at the end, for those alone who are told of: a million of them would weigh as much as the names.
func (s *Duplicates) number(ctx context.Context, party place.Country, r *matching.Result) error {
	names := map[string]string{}
	var ids []int64
	note := func(list ...string) error {
		for _, x := range list {
			if _, known := names[x]; known {
				continue
			}
			id, err := strconv.ParseInt(x, 10, 64)
			if err != nil {
				return err
			}
			names[x] = "#" + x
			ids = append(ids, id)
		}
		return nil
	}
	for i := range r.Pairs {
		if err := note(r.Pairs[i].A, r.Pairs[i].B); err != nil {
			return err
		}
	}
	for _, c := range r.Clusters {
		if err := note(c...); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(ids, linkageRead) {
		err := s.db.View(ctx, func(tx *store.Tx) error {
			return tx.EachRecordOf(party, part, func(id int64, _ registry.State, n registry.Number, _ *registry.Record) error {
				if n != "" {
					names[strconv.FormatInt(id, 10)] = string(n)
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	for i := range r.Pairs {
		r.Pairs[i].A, r.Pairs[i].B = names[r.Pairs[i].A], names[r.Pairs[i].B]
	}
	for _, c := range r.Clusters {
		for i := range c {
			c[i] = names[c[i]]
		}
	}
	return nil
}

// queueAll puts the pairs of a run over all into the queue and notes that those who waited have been compared.
func (s *Duplicates) queueAll(ctx context.Context, actor auth.Actor, result *matching.Result, ids []int64, sums []uint32, at time.Time) error {
	likely := slices.DeleteFunc(slices.Clone(result.Pairs), func(p matching.Pair) bool { return p.Probability < linkageFound })
	found, err := pairsOf(likely, store.FoundOnDemand)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(found, pairsAtOnce) {
		if err := s.db.Update(ctx, func(tx *store.Tx) error { return tx.FindPairs(actor.Party, batch, at) }); err != nil {
			return err
		}
	}
	for from := 0; from < len(ids); from += linkageSpan {
		to := min(from+linkageSpan, len(ids))
		if err := s.db.Update(ctx, func(tx *store.Tx) error { return compareDone(tx, actor.Party, ids[from:to], sums[from:to]) }); err != nil {
			return err
		}
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.ForgetPairs(actor.Party, at); err != nil {
			return err
		}
		return audit(tx, actor, at, string(auth.DuplicateRun), store.AuditEntry{Entity: "duplicate_pair", Note: "pairs:" + strconv.Itoa(len(found))})
	})
}

// personsOf reads the lead producers of all families of a party that are not withdrawn. A batch is one reading of the database, so that nothing is held open for
// long.
func personsOf(ctx context.Context, db *store.DB, party place.Country, name func(int64, registry.Number) string) ([]matching.Record, error) {
	const batch = 5000
	var out []matching.Record
	for after := int64(0); ; {
		n, last := 0, after
		kept := len(out)
		err := db.View(ctx, func(tx *store.Tx) error {
			n, last, out = 0, after, out[:kept]
			return tx.EachRecord(party, after, batch, func(id int64, state registry.State, number registry.Number, r *registry.Record) error {
				n, last = n+1, id
				if matchable(state, r) {
					out = append(out, personOf(name(id, number), r))
				}
				return nil
			})
		})
		if err != nil {
			return nil, err
		}
		if after = last; n < batch {
			return out, nil
		}
	}
}

func personOf(id string, r *registry.Record) matching.Record {
	l, a := &r.Lead, &r.Address
	p := matching.Record{ID: id, Given: l.GivenName, Rest: l.RestOfName, Birth: matching.BirthOn(l.BirthDate), Sex: string(l.Sex), IDNumber: l.IDNumber, Email: l.Email,
		Area: a.Area, Locality: a.District + " " + a.Village + " " + a.Zone, Street: a.Street + " " + a.Building}
	if l.GivenName == "" && l.RestOfName == "" {
		p.Full = l.NameEN
	}
	if a.Street == "" {
		p.Street = a.Text
	}
	for _, phone := range l.Phones {
		p.Phones = append(p.Phones, phone.Number)
	}
	letGo(&p)
	return p
}

// letGo copies the texts of a record: those that were read are parts of the family's document, which would be kept as long as they are, for a registry of a
// million gigabytes of it.
func letGo(p *matching.Record) {
	texts := []*string{&p.Given, &p.Rest, &p.Full, &p.Sex, &p.IDNumber, &p.Email, &p.Area, &p.Locality, &p.Street}
	for i := range p.Phones {
		texts = append(texts, &p.Phones[i])
	}
	n := 0
	for _, t := range texts {
		n += len(*t)
	}
	var b strings.Builder
	b.Grow(n)
	for _, t := range texts {
		b.WriteString(*t)
	}
	all := b.String()
	for _, t := range texts {
		*t, all = all[:len(*t)], all[len(*t):]
	}
}

// pairsAtOnce is how many pairs one transaction stores.
const pairsAtOnce = 200

// duplicatesParams are the parameters of the job.
type duplicatesParams struct {
	Import int64 `json:"import,omitempty"` // whose families it is for; 0: those of the day
}

// duplicates is the job: it compares the families that changed since it last ran with all others, a small registry whole. See linkage.go.
func (j *Jobs) duplicates(ctx context.Context, job *store.Job) error {
	var p duplicatesParams
	if err := readJob(job.Params, &p); err != nil {
		return err
	}
	source := store.FoundAtNight
	switch {
	case p.Import != 0:
		source = store.FoundByImport
	case job.By != 0:
		source = store.FoundOnDemand
	}
	var families int64
	err := j.db.View(ctx, func(tx *store.Tx) (err error) {
		families, err = tx.CountFamilies(job.Party)
		return err
	})
	if err != nil {
		return err
	}
	if families < int64(cmp.Or(j.linkageFrom, linkageFrom)) {
		return j.compareAll(ctx, job, source)
	}
	// A sign of life, and whether somebody wants it to end.
	beat := func() error {
		next := *job
		err := j.db.Update(ctx, func(tx *store.Tx) error {
			next = *job
			return tx.ProgressJob(&next, j.now())
		})
		if err != nil {
			return err
		}
		*job = next
		if j.onBatch != nil {
			j.onBatch()
		}
		if job.Cancel {
			return errStopped
		}
		return ctx.Err()
	}
	job.Done, job.Total = 0, 0
	err = j.upToDate(ctx, job.Party, beat)
	if err == nil {
		err = j.db.View(ctx, func(tx *store.Tx) (err error) {
			job.Total, err = tx.CountLinkagePending(job.Party)
			return err
		})
	}
	var pairs int64
	if err == nil {
		pairs, err = j.waiting(ctx, job, source, beat)
	}
	switch {
	case errors.Is(err, errStopped):
		return j.finish(ctx, job, store.JobCancelled, nil)
	case err != nil:
		return err
	}
	return j.finish(ctx, job, store.JobDone, func(tx *store.Tx) (err error) {
		job.Total = job.Done
		job.Result, err = writeJob(DuplicatesResult{Pairs: pairs})
		return err
	})
}

// compareAll is the job of a small registry: it reads and compares everything, and then stores what it found in batches. It has no cursor: taken up again, it begins anew and
// finds the same.
func (j *Jobs) compareAll(ctx context.Context, job *store.Job, source store.PairSource) error {
	records, err := personsOf(ctx, j.db, job.Party, func(id int64, _ registry.Number) string { return strconv.FormatInt(id, 10) })
	if err != nil {
		return err
	}
	set, err := matching.NewSet(records)
	if err != nil {
		return err
	}
	total := int64(set.Len())
	records = nil
	at := j.now()
	linking, stop := context.WithCancel(ctx)
	defer stop()
	result, err := set.Link(linking, matching.Options{Threshold: linkageFound, Threads: 1, Progress: func(done, of int) {
		// A sign of life, and whether somebody wants it to end. Whether it could be written shows when the result is stored.
		next := *job
		err := j.db.Update(ctx, func(tx *store.Tx) error {
			next = *job
			next.Done, next.Total = total*int64(done)/int64(of), total
			return tx.ProgressJob(&next, j.now())
		})
		if err == nil {
			*job = next
		}
		if j.onBatch != nil {
			j.onBatch()
		}
		if job.Cancel {
			stop()
		}
	}})
	if job.Cancel {
		return j.finish(ctx, job, store.JobCancelled, nil)
	}
	if err != nil {
		return err
	}
	found, err := pairsOf(result.Pairs, source)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(found, pairsAtOnce) {
		if err := j.db.Update(ctx, func(tx *store.Tx) error { return tx.FindPairs(job.Party, batch, at) }); err != nil {
			return err
		}
	}
	return j.finish(ctx, job, store.JobDone, func(tx *store.Tx) error {
		if _, err := tx.ForgetPairs(job.Party, at); err != nil {
			return err
		}
		job.Done, job.Total = total, total
		job.Result, err = writeJob(DuplicatesResult{Pairs: int64(len(found))})
		return err
	})
}

// queueDuplicates lets the families of an import be compared when it has ended.
func queueDuplicates(tx *store.Tx, m *store.Import, at time.Time) error {
	params, err := writeJob(duplicatesParams{Import: m.ID})
	if err != nil {
		return err
	}
	return tx.InsertJob(&store.Job{Kind: JobDuplicates, Party: m.Party, Params: params, CreatedAt: at})
}

// pairWeight notes what a comparison says of a pair.
func pairWeight(d *store.DuplicatePair, p *matching.Pair) {
	d.Probability, d.Weight = p.Probability, p.Weight
	for _, r := range p.Reasons {
		d.Parts = append(d.Parts, store.PairPart{Field: r.Field.String(), Level: r.Level, Bits: math.Round(r.Bits*100) / 100})
	}
}

// DuplicatesResult is what a search found.
type DuplicatesResult struct {
	Pairs int64 `json:"pairs"`
}
