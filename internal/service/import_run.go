package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"time"

	"muntija/internal/auth"
	"muntija/internal/identity"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// rowBatch is a stretch of rows on its way through a job.
type rowBatch struct {
	rows   []*rosterRow
	blinds [][]string
	ready  []*readyRow
	weight int          // rows that its transaction takes as long as; see slowRow
	counts ImportCounts // of the reader, after the last row
}

// readyRow is a row with what was found out about it before its transaction.
type readyRow struct {
	family *store.ReadyFamily // a new family, ready to be stored if nobody else has its numbers; nil: decide in the transaction
	out    Outcome
	body   []byte
	same   bool  // the registry says what the row says,
	id     int64 // about this family
	at     int64 // at this version
	seen   bool  // the registry was asked before
	hints  []store.DuplicateHint
}

// importer returns what a job of an import works with. The person's rights are those that they have when the job begins.
func (s *Imports) importer(ctx context.Context, job *store.Job) (*importer, []byte, error) {
	var p importParams
	if err := readJob(job.Params, &p); err != nil {
		return nil, nil, err
	}
	im := &importer{s: s, now: job.CreatedAt, today: officeDay(job.CreatedAt)}
	var body []byte
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if im.m, err = tx.ImportByID(job.Party, p.Import); err != nil {
			return err
		}
		if im.words, err = wordsOf(im.m); err != nil {
			return err
		}
		u, err := tx.UserByID(im.m.By)
		if err != nil {
			return err
		}
		im.actor = u.Actor("")
		if job.Kind != JobImportUndo {
			body, err = tx.ImportFile(im.m)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	action := auth.ImportRun
	if job.Kind == JobImportUndo {
		action = auth.ImportUndo
	}
	if err := auth.Allow(im.actor, action, importSubject(im.m)); err != nil {
		return nil, nil, err
	}
	im.rules = s.rules(ctx, im.m.Party)
	return im, body, nil
}

// stream reads the rows after from in a goroutine of its own and calls each for every batch of them, in order.
func (im *importer) stream(ctx context.Context, body []byte, from int64, each func(*rowBatch) error) (ImportCounts, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan *rowBatch)
	size := min(im.s.batch, readBatch)
	var counts ImportCounts
	var failed error
	go func() {
		defer close(batches)
		b := &rowBatch{}
		send := func() error {
			if len(b.rows) == 0 {
				return nil
			}
			b.counts = counts
			select {
			case batches <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
			b = &rowBatch{}
			return nil
		}
		rd := &rosterReader{party: im.m.Party, mapping: im.words.Mapping, today: im.today, rules: im.s.rules(ctx, im.m.Party), from: from, counts: &counts}
		rd.emit = func(r *rosterRow) error {
			b.rows = append(b.rows, r)
			b.blinds = append(b.blinds, im.blindsOf(r))
			if len(b.rows) == size {
				return send()
			}
			return nil
		}
		if failed = rd.read(ctx, body); failed == nil {
			failed = send()
		}
	}()
	var err error
	for b := range batches {
		if err == nil {
			if err = each(b); err != nil {
				cancel()
			}
		}
	}
	if err == nil {
		err = failed // written before the channel was closed
	}
	return counts, err
}

// importCheck is the dry run: it writes to the journal what is wrong or would change, and to nothing else.
func (s *Imports) importCheck(ctx context.Context, job *store.Job) error {
	im, body, err := s.importer(ctx, job)
	if err != nil {
		return err
	}
	counts := ImportCounts{}
	first := true
	if slices.ContainsFunc(im.words.Mapping.Sheets, func(m sheet.SheetMap) bool { return m.Kind == sheet.Products }) {
		im.entering = entering{}
	}
	im.alike = alike{}
	met := false
	im.words.Apart = nil
	var before int64
	var ordered bool
	err = s.db.View(ctx, func(tx *store.Tx) error {
		before, ordered, err = tx.LastChange()
		return err
	})
	if err != nil {
		return err
	}
	read, err := im.stream(ctx, body, 0, func(b *rowBatch) error {
		var rows []store.ImportRow
		var hints []store.DuplicateHint
		sum := counts.copy()
		err := s.db.View(ctx, func(tx *store.Tx) error {
			rows, hints, sum = nil, nil, counts.copy()
			w, err := im.look(tx, b.rows, b.blinds)
			if err != nil {
				return err
			}
			met = met || w.any()
			for i, r := range b.rows {
				d, err := im.decide(tx, r, w)
				if err != nil {
					return err
				}
				im.alike.tell(im, r, d, b.blinds[i])
				sum.add(d.outcome, 1)
				sum.addProducts(d)
				if len(d.hints) > 0 {
					sum.Duplicates++
				}
				hints = append(hints, d.hints...)
				if d.outcome == RowUnchanged || len(d.problems) == 0 && len(d.changes) == 0 && len(d.productChanges) == 0 && len(d.hints) == 0 {
					continue
				}
				line, err := lineOf(r, d, false)
				if err != nil {
					return err
				}
				rows = append(rows, line)
			}
			return nil
		})
		if err != nil {
			return err
		}
		next := *job
		now := s.now()
		err = s.db.Update(ctx, func(tx *store.Tx) error {
			next = *job
			if first {
				if err := tx.ForgetImportRows(im.m); err != nil {
					return err
				}
			}
			if err := tx.PutImportRows(im.m, rows); err != nil {
				return err
			}
			if err := tx.PutDuplicateHints(hints); err != nil {
				return err
			}
			next.Done = b.rows[len(b.rows)-1].seq
			return tx.ProgressJob(&next, now)
		})
		if err != nil {
			return err
		}
		*job, counts, first = next, sum, false
		for _, r := range b.rows {
			r.done()
		}
		if s.onBatch != nil {
			s.onBatch()
		}
		if job.Cancel {
			return errCancelled
		}
		return nil
	})
	counts.Rows, counts.Passed, counts.Skipped, counts.Cut = read.Rows, read.Passed, read.Skipped, read.Cut
	state, end := ImportReady, store.JobDone
	switch {
	case errors.Is(err, errCancelled):
		state, end, counts = ImportMapping, store.JobCancelled, ImportCounts{}
	case err != nil:
		return err
	}
	job.Total = job.Done
	if ordered && !met && state == ImportReady {
		im.words.Apart = &before
	}
	return s.jobs.finish(ctx, job, end, func(tx *store.Tx) error {
		if first { // a mapping that leaves no row: what an earlier one found is gone all the same
			if err := tx.ForgetImportRows(im.m); err != nil {
				return err
			}
		}
		return im.settle(tx, state, counts, s.now())
	})
}

// errCancelled ends the work on an import that somebody stopped.
var errCancelled = errors.New("the import was stopped")

// settle stores where an import has come to.
func (im *importer) settle(tx *store.Tx, state ImportState, counts ImportCounts, now time.Time) error {
	m, err := tx.ImportByID(im.m.Party, im.m.ID)
	if err != nil {
		return err
	}
	m.State = string(state)
	if state != ImportReady && state != ImportMapping {
		m.FinishedAt = now
	}
	if err := im.words.keep(m, counts); err != nil {
		return err
	}
	return tx.UpdateImport(m)
}

// lineOf is the journal's line of a row. before: with the family as it is now.
func lineOf(r *rosterRow, d *decision, before bool) (store.ImportRow, error) {
	line, b := lineAndBody(r, d, before)
	return line, b.into(&line)
}

func lineAndBody(r *rosterRow, d *decision, before bool) (store.ImportRow, *rowBody) {
	line := store.ImportRow{Seq: r.seq, Sheet: r.sheet, Row: r.n, Outcome: string(d.outcome)}
	b := &rowBody{Name: nameOf(d.record), Problems: rowProblems(d.problems), Changes: d.changes, Joined: r.joined}
	if d.outcome != RowNew && d.outcome != RowDraft {
		b.Changes = slices.Concat(d.changes, d.productChanges)
	}
	if r.product && len(r.products) > 0 {
		b.Name = r.products[0].Form.NameAR
	}
	if d.family != nil {
		line.FamilyID = d.family.ID
		if before {
			b.Before = &beforeRow{Record: d.family.Record, Status: d.family.Status, Amend: d.outcome == RowAmended}
			if d.draft != nil {
				b.Before.Form = d.draft.Form
			}
		}
	}
	return line, b
}

// importRun takes the rows into the registry. Three goroutines share the work: one reads and checks rows, one makes families ready to be stored, and this
// one stores batch after batch.
func (s *Imports) importRun(ctx context.Context, job *store.Job) error {
	im, body, err := s.importer(ctx, job)
	if err != nil {
		return err
	}
	counts, err := countsOf(im.m)
	if err != nil {
		return err
	}
	resumed := counts.copy()
	ahead, cancel := context.WithCancel(ctx)
	defer cancel()
	ready := make(chan *rowBatch, max(1, s.batch/readBatch-1)) // what is made ready while a batch is stored
	var read ImportCounts
	var failed error
	prepare, as := *im, *im.m
	prepare.m = &as // this goroutine changes its own as batches are stored
	prepare.rules = s.rules(ctx, im.m.Party)
	im.met = new(atomic.Bool)
	prepare.met = im.met
	if im.words.Apart != nil && im.m.DoneSeq == 0 {
		im.apart = &apart{at: *im.words.Apart, own: blindSet{}}
	} else {
		im.met.Store(true) // the first batch is looked up
	}
	go func() {
		defer close(ready)
		read, failed = prepare.stream(ahead, body, im.m.DoneSeq, func(b *rowBatch) error {
			if err := prepare.makeReady(ahead, b); err != nil {
				return err
			}
			select {
			case ready <- b:
				return nil
			case <-ahead.Done():
				return ahead.Err()
			}
		})
	}()
	for b := range gather(ready, s.batch, im.m.DoneSeq == 0) {
		if err != nil {
			continue
		}
		if err = im.storeBatch(ctx, job, b, &counts); err == nil {
			if s.onBatch != nil {
				s.onBatch()
			}
			if job.Cancel {
				err = errCancelled
			}
		}
		if err != nil {
			cancel()
		}
	}
	if err == nil {
		err = failed
	}
	if err == nil || errors.Is(err, errCancelled) {
		err = errors.Join(err, im.queuePairs(ctx))
	}
	switch {
	case errors.Is(err, errCancelled):
		return s.jobs.finish(ctx, job, store.JobCancelled, func(tx *store.Tx) error { return im.settle(tx, ImportCancelled, counts, s.now()) })
	case err != nil:
		return err
	}
	counts.Rows, counts.Cut = max(read.Rows, resumed.Rows), read.Cut
	job.Total = job.Done
	return s.jobs.finish(ctx, job, store.JobDone, func(tx *store.Tx) error {
		if err := im.settle(tx, ImportDone, counts, s.now()); err != nil {
			return err
		}
		if err := queueDuplicates(tx, im.m, s.now()); err != nil {
			return err
		}
		note, err := json.Marshal(counts)
		if err != nil {
			return err
		}
		return importAudit(tx, im.actor, s.now(), "import.done", im.m, string(note))
	})
}

// slowRow is how many rows that are ready a row weighs that is decided about in its transaction: others wait meanwhile to save.
const slowRow = 5

// gather puts batches together until they weigh as much as the rows that one transaction stores. The first of a file goes as it comes: the writer has nothing
// else to do. An import that goes on has had its first: in a transaction, rows that are ready come before the others, so that the same rows must go together for
// the same families to get the same numbers.
func gather(ready <-chan *rowBatch, rows int, first bool) iter.Seq[*rowBatch] {
	return func(yield func(*rowBatch) bool) {
		var all *rowBatch
		for b := range ready {
			if all == nil {
				all = b
			} else {
				all.rows, all.blinds, all.ready = append(all.rows, b.rows...), append(all.blinds, b.blinds...), append(all.ready, b.ready...)
				all.weight += b.weight
			}
			if first || all.weight >= rows {
				if !yield(all) {
					return
				}
				all, first = nil, false
			}
		}
		if all != nil {
			yield(all)
		}
	}
}

// makeReady does of a batch what needs no transaction.
func (im *importer) makeReady(ctx context.Context, b *rowBatch) error {
	b.ready = make([]*readyRow, len(b.rows))
	return im.s.db.View(ctx, func(tx *store.Tx) error {
		b.weight = 0
		var w found
		var err error
		if im.met.Load() { // else no row of late was in the registry: the transaction looks again anyway
			if w, err = im.look(tx, b.rows, b.blinds); err != nil {
				return err
			}
		}
		for i, r := range b.rows {
			known := im.known(r, b.blinds[i], w)
			d, err := im.decide(tx, r, w)
			if err != nil {
				return err
			}
			x := &readyRow{out: d.outcome, seen: true, hints: d.hints}
			switch {
			case len(r.products) > 0: // decided in the transaction
			case d.outcome == RowUnchanged && len(r.joined) == 0:
				x.same, x.id, x.at = true, d.family.ID, d.family.Version
			case (d.outcome == RowNew || d.outcome == RowDraft) && !known:
				if x.family, err = im.ready(d, b.blinds[i]); err != nil {
					return err
				}
				if len(d.problems) > 0 || len(r.joined) > 0 {
					line, err := lineOf(r, d, false)
					if err != nil {
						return err
					}
					x.body = line.Body
				}
				r.dropRecord()
			}
			b.ready[i] = x
			if b.weight++; x.family == nil && !x.same {
				b.weight += slowRow - 1
			}
		}
		return nil
	})
}

// known reports whether the registry has a family with one of the row's numbers.
func (im *importer) known(r *rosterRow, blinds []string, w found) bool {
	if r.keyField != "" {
		if _, ok := w.numbers[r.key]; ok {
			return true
		}
	}
	return slices.ContainsFunc(blinds, func(b string) bool { return len(w.blinds[b]) > 0 })
}

// ready serialises a new family with its history, assessed with the rules of its day.
func (im *importer) ready(d *decision, blinds []string) (*store.ReadyFamily, error) {
	f := &im.work.family
	*f = registry.Family{Party: im.m.Party, Record: *d.record, Status: registry.Registration{State: registry.Draft, EnteredBy: im.actor.UserID, CreatedAt: im.now, UpdatedAt: im.now}}
	r := store.NewReady()
	r.Family, r.Blinds = f, blinds
	facts := &im.work.facts
	facts.Of(f, nil, nil, im.today)
	facts.Cross(0, 0, 0)
	rs, err := im.rules.on(ruleDay(&f.Record, im.today))
	if err != nil {
		return nil, err
	}
	x := store.FamilyExtra{Facts: facts.AppendBinary(nil)}
	if rs.program != nil {
		rs.program.AssessInto(&im.work.result, facts, nil)
		x.Overall, x.Points = string(im.work.result.Overall), im.work.result.Points
	}
	action := auth.FamilyCreate
	r.Event = registry.Event{At: im.now, By: im.actor.UserID, Step: registry.StepCreate, To: registry.Draft}
	if d.handIn {
		action = auth.FamilySubmit
		if r.Event, err = f.Submit(im.actor.UserID, im.now); err != nil {
			return nil, err
		}
		if rs.program != nil {
			im.work.body = rs.program.AppendJSON(im.work.body[:0], &im.work.result)
			r.Assessment = &store.Assessment{SetID: rs.id, SetVersion: rs.set.Version, At: im.now, By: im.actor.UserID, Cause: "submit", Overall: x.Overall, Points: x.Points,
				Body: im.work.body}
		}
	}
	a := im.actor
	r.Audit = store.AuditEntry{At: im.now, ActorID: a.UserID, ActorName: a.Name, Role: string(a.Role), Party: string(f.Party), Action: string(action), Entity: "family",
		Area: f.Record.Address.Area, Note: im.note()}
	err = im.s.db.ReadyFamily(r, x)
	r.Family, r.Assessment = nil, nil
	return r, err
}

// note names the import in the audit log.
func (im *importer) note() string { return fmt.Sprintf("import:%d", im.m.ID) }

// storeBatch writes one batch with how far the import has come. What was made ready is held against the registry again; a row that somebody else has
// something to do with is decided here. job and counts take the new values only when it is committed: the function may run twice.
func (im *importer) storeBatch(ctx context.Context, job *store.Job, b *rowBatch, counts *ImportCounts) error {
	now := im.s.now()
	next, sum, m := *job, counts.copy(), *im.m
	var still *apart
	err := im.s.db.UpdateStep(ctx, func(tx *store.Tx) error {
		next, sum, m = *job, counts.copy(), *im.m
		var w found
		var err error
		if still, err = im.apart.still(tx); err != nil {
			return err
		}
		if still == nil {
			if w, err = im.look(tx, b.rows, b.blinds); err != nil {
				return err
			}
			im.met.Store(w.any())
		}
		lines := make([]store.ImportRow, len(b.rows))
		var fast []*store.ReadyFamily
		var at []int
		var hints []store.DuplicateHint
		met := blindSet{} // numbers of this batch
		var slow []int
		for i, r := range b.rows {
			x := b.ready[i]
			known := im.known(r, b.blinds[i], w)
			for _, blind := range b.blinds[i] {
				known = known || met.has(blind) || still.met(blind)
			}
			switch {
			case x.family != nil && !known:
				fast, at = append(fast, x.family), append(at, i)
				hints = append(hints, x.hints...)
				for _, blind := range b.blinds[i] {
					met.add(blind)
				}
			case x.same && im.stands(b.blinds[i], r, w, x):
				lines[i] = store.ImportRow{Seq: r.seq, Sheet: r.sheet, Row: r.n, Outcome: string(RowUnchanged), FamilyID: x.id}
				sum.add(RowUnchanged, 1)
			default:
				slow = append(slow, i)
			}
		}
		if err := im.number(tx, fast); err != nil {
			return err
		}
		if err := tx.InsertFamilies(fast); err != nil {
			return err
		}
		if err := announceMany(tx, now, fast); err != nil {
			return err
		}
		for j, i := range at {
			r, x := b.rows[i], b.ready[i]
			lines[i] = store.ImportRow{Seq: r.seq, Sheet: r.sheet, Row: r.n, Outcome: string(x.out), FamilyID: fast[j].ID, FamilyVersion: 1, Body: x.body}
			sum.add(x.out, 1)
		}
		for _, i := range slow {
			r := b.rows[i]
			if err := im.recheck(r); err != nil {
				return err
			}
			w, err := im.look(tx, b.rows[i:i+1], b.blinds[i:i+1])
			if err != nil {
				return err
			}
			d, err := im.decide(tx, r, w)
			if err != nil {
				return err
			}
			if lines[i], err = im.apply(tx, r, d); err != nil {
				return fmt.Errorf("row %d: %w", r.n, err)
			}
			sum.add(d.outcome, 1)
			sum.addProducts(d)
			if len(d.hints) > 0 {
				sum.Duplicates++
			}
			for j := range d.hints {
				d.hints[j].FamilyID = lines[i].FamilyID
			}
			hints = append(hints, d.hints...)
		}
		if err := tx.PutImportRows(&m, lines); err != nil {
			return err
		}
		if err := tx.PutDuplicateHints(hints); err != nil {
			return err
		}
		m.DoneSeq = b.rows[len(b.rows)-1].seq
		if err := im.words.keep(&m, sum); err != nil {
			return err
		}
		if err := tx.UpdateImport(&m); err != nil {
			return err
		}
		next.Done = m.DoneSeq
		next.Total = max(next.Total, next.Done)
		if still != nil {
			if still.at, _, err = tx.LastChange(); err != nil {
				return err
			}
		}
		return tx.ProgressJob(&next, now)
	})
	if err != nil {
		return err
	}
	*job, *counts, *im.m = next, sum, m
	if im.apart = still; still != nil {
		still.note(b.blinds)
	}
	for i, r := range b.rows {
		r.done()
		if f := b.ready[i].family; f != nil {
			f.Recycle()
		}
	}
	return nil
}

// recheck makes the record of a row again that was thought to be ready.
func (im *importer) recheck(r *rosterRow) error {
	if r.record != nil {
		return nil
	}
	rec, _, err := im.check(r.form)
	r.record = newRecord(&rec)
	return err
}

// stands reports whether the family that a row says nothing new about is still at the version that was read.
func (im *importer) stands(blinds []string, r *rosterRow, w found, x *readyRow) bool {
	if r.keyField == "number" {
		m, ok := w.numbers[r.key]
		return ok && m.FamilyID == x.id && m.Version == x.at
	}
	for _, b := range blinds {
		for _, m := range w.blinds[b] {
			if m.FamilyID == x.id {
				return m.Version == x.at
			}
		}
	}
	return false
}

// number gives registration numbers to the families that are handed in, in their order.
func (im *importer) number(tx *store.Tx, fs []*store.ReadyFamily) error {
	n := int64(0)
	for _, r := range fs {
		if r.State() == registry.Submitted {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	serial, err := tx.NextSerials(im.m.Party, im.today.Year(), n)
	if err != nil {
		return err
	}
	for _, r := range fs {
		if r.State() == registry.Submitted {
			r.Number = registry.MakeNumber(im.m.Party, im.today.Year(), serial)
			serial++
		}
	}
	return nil
}

// apply does what was decided about one row, as the form would, and returns its line of the journal.
func (im *importer) apply(tx *store.Tx, r *rosterRow, d *decision) (store.ImportRow, error) {
	switch d.outcome {
	case RowProblem, RowDuplicate, RowUnchanged:
		return lineOf(r, d, false)
	}
	line, b := lineAndBody(r, d, d.outcome == RowChanged || d.outcome == RowAmended)
	var err error
	if d.outcome != RowProducts {
		if err = im.applyFamily(tx, d); err != nil {
			return line, err
		}
		line.FamilyVersion = d.family.Version
	}
	line.FamilyID = d.family.ID
	if b.Products, err = im.applyProducts(tx, d.family, d); err != nil {
		return line, err
	}
	return line, b.into(&line)
}

// applyFamily enters, changes or amends the family of a row. After it d.family is the family as it is stored.
func (im *importer) applyFamily(tx *store.Tx, d *decision) error {
	fam := im.s.families
	switch d.outcome {
	case RowNew, RowDraft:
		d.family = &registry.Family{Party: im.m.Party, Status: registry.Registration{State: registry.Draft, EnteredBy: im.actor.UserID, CreatedAt: im.now, UpdatedAt: im.now}}
	}
	f := d.family
	u, err := im.understand(tx, f, *d.record)
	if err != nil {
		return err
	}
	switch d.outcome {
	case RowNew, RowChanged:
		if d.handIn && im.held(tx, f, d.record) {
			d.handIn = false
		}
		if d.handIn {
			if err = fam.handIn(tx, im.actor, f, u, im.now, im.changes(d)); err == nil && d.draft != nil {
				err = tx.DeleteDraft(f.ID)
			}
			break
		}
		fallthrough
	case RowDraft:
		err = im.keepDraft(tx, d, u)
	case RowAmended:
		if err = putDraft(tx, f.ID, 0, store.DraftAmendment, d.form, im.actor.UserID, im.now); err != nil {
			return err
		}
		var draft *store.Draft
		if draft, err = tx.DraftOf(f.ID); err == nil {
			err = fam.submitAmendment(tx, im.actor, f, draft, u, im.now)
		}
	}
	return err
}

// changes are the changes of a row as the audit log has them.
func (im *importer) changes(d *decision) []registry.Change {
	if d.changes == nil {
		d.changes = registry.AppendNew(nil, d.record)
	}
	return d.changes
}

// understand is the record with the checklist that follows from it.
func (im *importer) understand(tx *store.Tx, f *registry.Family, rec registry.Record) (*understood, error) {
	rs, err := im.rules.on(ruleDay(&rec, im.today))
	if err != nil {
		return nil, err
	}
	u := &understood{record: rec, set: rs.set, program: rs.program, setID: rs.id}
	return u, im.s.families.assess(tx, u, f, im.now)
}

// held reports whether another registration holds the identity number of a record: then it stays a draft, and the pair waits in the queue.
func (im *importer) held(tx *store.Tx, f *registry.Family, rec *registry.Record) bool {
	if rec.Lead.IDNumber == "" {
		return false
	}
	matches, err := tx.MatchIdentifiers(f.Party, []store.Identifier{{Kind: rec.Lead.IDType, Value: rec.Lead.IDNumber}}, f.ID)
	return err != nil || slices.ContainsFunc(matches, func(m store.IdentifierMatch) bool {
		return identity.Type(m.Kind).Valid() && m.State.Active() && m.State != registry.Draft
	})
}

// keepDraft stores a new draft, or a changed one with its open form.
func (im *importer) keepDraft(tx *store.Tx, d *decision, u *understood) error {
	f := d.family
	f.Record, f.Status.UpdatedAt = u.record, im.now
	changes := im.changes(d)
	if f.ID != 0 {
		if d.draft != nil {
			if err := putDraft(tx, f.ID, d.draft.Version, store.DraftEntry, d.form, im.actor.UserID, im.now); err != nil {
				return err
			}
		}
		if err := tx.UpdateFamily(f, u.extra()); err != nil {
			return err
		}
		return familyAudit(tx, im.actor, im.now, string(auth.FamilyEdit), f, changes, im.note())
	}
	if err := tx.InsertFamily(f, u.extra()); err != nil {
		return err
	}
	e := registry.Event{FamilyID: f.ID, At: im.now, By: im.actor.UserID, Step: registry.StepCreate, To: registry.Draft}
	if err := tx.InsertEvent(&e); err != nil {
		return err
	}
	return familyAudit(tx, im.actor, im.now, string(auth.FamilyCreate), f, changes, im.note())
}
