package service

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// Exports writes what goes out: workbooks and text of lists of families and of what hangs on them.
//
// Each kind of export is a file of its own (export_families.go and so on): its columns, each with the class that package auth decides about, and the rows that one
// family gives. What is common stands here and in export_run.go. A small export is written at once; a larger one is a job whose result only its owner can
// fetch, until it expires. Every export is an entry of the audit log with its kind, filter, number of rows and checksum; one with whole numbers is a showing.
type Exports struct {
	core
	jobs     *Jobs
	criteria *Criteria
	atOnce   int // families up to which nobody is asked to wait for a job
}

const (
	exportAtOnce = 5_000              // families up to which an export is written while the person waits
	exportLife   = 3 * 24 * time.Hour // how long the result of a job can be fetched
	exportBatch  = 250                // families in one transaction
	maxLayouts   = 30                 // of one person and kind
)

// ExportSpec says what goes out.
type ExportSpec struct {
	Kind    string            `json:"kind"`
	Query   store.FamilyQuery `json:"query"`  // which families; its cursors and limit do not count
	Filter  string            `json:"filter"` // the query as the address of the list has it, for the audit log
	Words   []sheet.Line      `json:"words"`  // the filter in words, for the cover
	Columns []string          `json:"columns"`
	Lang    string            `json:"lang"`   // of headers and choices: "ar" or "en"
	Format  string            `json:"format"` // "xlsx" or "csv"
	Full    bool              `json:"full"`   // whole numbers instead of the last four digits, see auth.ExportFull
	Extras  bool              `json:"extras"` // the pivot-ready sheet and the summaries, if the kind has them
}

// FamilyQueryOf is a filter of the list of families as the store asks it, for the person "me".
func FamilyQueryOf(f intake.CheckedFilter, me int64) store.FamilyQuery {
	q := store.FamilyQuery{Areas: f.Areas, Crafts: f.Crafts, Overalls: f.Overalls, EnteredBy: f.EnteredBy, ReviewerID: f.Reviewer, From: f.From, To: f.To,
		DateField: store.DateField(f.DateField), Text: f.Text, Amendment: f.Amendment, Sort: store.Sort(f.Sort), After: f.After, Before: f.Before, Limit: f.Limit}
	for _, s := range f.States {
		q.States = append(q.States, string(s))
	}
	for _, s := range f.Sexes {
		q.Sexes = append(q.Sexes, string(s))
	}
	for _, s := range f.Protections {
		q.Protections = append(q.Protections, string(s))
	}
	if f.Mine {
		q.EnteredBy = me
	}
	if f.MyReviews {
		q.ReviewerID = me
	}
	return q
}

// exportKind is a kind of export.
type exportKind struct {
	name     string
	action   auth.Action // needed besides auth.ExportRun; "" for nothing more
	class    auth.Class  // that must be seen at least masked; "" for none
	columns  func(x *exportRun) []exportColumn
	defaults []string
	beside   func(x *exportRun, b *openedBatch, tx *store.Tx, ids []int64) error // reads what families have beside their record; nil for nothing
	items    func(x *exportRun, f *store.SealedFamily) []exportItem              // the rows of a family
	prepare  func(x *exportRun, tx *store.Tx) error                              // reads what the columns need, before the rows; nil for nothing
	extras   bool
}

// exportKinds are all kinds, in the order of the page.
var exportKinds = []*exportKind{familiesExport, membersExport, assessmentsExport, documentsExport, productsExport, grantsExport, plansExport}

// exportColumn is a column with the class of what stands in it.
type exportColumn struct {
	sheet.OutColumn
	class auth.Class // "" for what everybody sees who sees the family
	least auth.Sight // the sight from which the column is offered; Masked columns show what the class leaves
	value func(it *exportItem) sheet.Value
	mask  bool // a number of which a masked or unasked sight leaves the last four digits
}

// exportItem is one row before it is written.
type exportItem struct {
	family *store.SealedFamily
	member *registry.Member
	paper  *duePaper
	result *assessedResult

	product *store.ProductRow
	grant   *exportedGrant
	plan    *store.DevelopmentRow
}

// ExportKind is a kind as the page offers it.
type ExportKind struct {
	Name    string
	Columns []sheet.OutColumn // that the person may have
	Default []string
	Layouts []store.Layout
	CanFull bool
	Extras  bool
}

func kindNamed(actor auth.Actor, name string) (*exportKind, error) {
	for _, k := range exportKinds {
		if k.name == name && (k.action == "" || auth.Can(actor, k.action)) && (k.class == "" || auth.View(actor.Role, k.class) != auth.Hidden) {
			return k, nil
		}
	}
	return nil, fault.New(fault.NotFound, "error.not_found")
}

// Kinds returns the names of the kinds that the actor may have.
func (s *Exports) Kinds(actor auth.Actor) []string {
	var out []string
	for _, k := range exportKinds {
		if _, err := kindNamed(actor, k.name); err == nil && auth.Can(actor, auth.ExportRun) {
			out = append(out, k.name)
		}
	}
	return out
}

// Offer returns what the actor may choose from for a kind, in a language.
func (s *Exports) Offer(ctx context.Context, actor auth.Actor, kind, lang string) (*ExportKind, error) {
	if !auth.Can(actor, auth.ExportRun) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	k, err := kindNamed(actor, kind)
	if err != nil {
		return nil, err
	}
	x := s.newRun(actor, k, ExportSpec{Kind: kind, Lang: lang})
	out := &ExportKind{Name: kind, CanFull: auth.Can(actor, auth.ExportFull), Extras: k.extras}
	for _, c := range x.offered {
		out.Columns = append(out.Columns, c.OutColumn)
		if slices.Contains(k.defaults, c.Key) {
			out.Default = append(out.Default, c.Key)
		}
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		out.Layouts, err = tx.LayoutsOf(actor.UserID, kind)
		return err
	})
	return out, err
}

// SaveLayout keeps a choice of columns under a name; one of the same name is replaced.
func (s *Exports) SaveLayout(ctx context.Context, actor auth.Actor, kind, name string, columns []string, w Write) error {
	if !auth.Can(actor, auth.ExportRun) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	k, err := kindNamed(actor, kind)
	if err != nil {
		return err
	}
	var ps fault.Problems
	if name = strings.Join(strings.Fields(name), " "); name == "" {
		ps.Add("layout", "problem.required")
	} else if len([]rune(name)) > 60 {
		ps.Add("layout", "problem.too_long", 60)
	}
	columns = s.newRun(actor, k, ExportSpec{Kind: kind, Lang: "ar"}).known(columns)
	if len(columns) == 0 {
		ps.Add("columns", "export.problem.columns")
	}
	if err := ps.Err(); err != nil {
		return err
	}
	now := s.now()
	_, err = s.once(ctx, actor, "export.layout", w, []any{kind, name, columns}, func(tx *store.Tx) (string, error) {
		have, err := tx.LayoutsOf(actor.UserID, kind)
		if err != nil {
			return "", err
		}
		if len(have) >= maxLayouts && !slices.ContainsFunc(have, func(l store.Layout) bool { return l.Name == name }) {
			return "", fault.New(fault.State, "export.problem.layouts", maxLayouts)
		}
		return "", tx.PutLayout(&store.Layout{UserID: actor.UserID, Kind: kind, Name: name, Fields: columns, CreatedAt: now})
	})
	return err
}

// DeleteLayout forgets a layout of the actor.
func (s *Exports) DeleteLayout(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	if !auth.Can(actor, auth.ExportRun) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	_, err := s.once(ctx, actor, "export.layout.delete", w, id, func(tx *store.Tx) (string, error) {
		return "", tx.DeleteLayout(actor.UserID, id)
	})
	return err
}

// check returns the run of a spec that the actor may have, or what is wrong with it.
func (s *Exports) check(actor auth.Actor, spec ExportSpec) (*exportRun, error) {
	if !auth.Can(actor, auth.ExportRun) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	k, err := kindNamed(actor, spec.Kind)
	if err != nil {
		return nil, err
	}
	if spec.Full && !auth.Can(actor, auth.ExportFull) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	var ps fault.Problems
	if spec.Lang != "ar" && spec.Lang != "en" {
		ps.Add("lang", "problem.choice")
	}
	if spec.Format != "xlsx" && spec.Format != "csv" {
		ps.Add("format", "problem.choice")
	}
	x := s.newRun(actor, k, spec)
	if len(spec.Columns) > 0 && len(x.columns) == 0 {
		ps.Add("columns", "export.problem.columns")
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	return x, nil
}

// Exported is what an export came to.
type Exported struct {
	Rows   int64  // of the first sheet
	SHA256 string // of the file, hex
	Size   int64
}

// Write writes an export while the caller waits, for the command line and small lists. What it wrote is in the audit log once it is whole.
func (s *Exports) Write(ctx context.Context, actor auth.Actor, spec ExportSpec, w io.Writer) (Exported, error) {
	x, err := s.check(actor, spec)
	if err != nil {
		return Exported{}, err
	}
	if err := x.find(ctx); err != nil {
		return Exported{}, err
	}
	return s.write(ctx, x, w, nil)
}

// Ask decides how an export is made: at once if it is small (job 0), else as a job, whose export's id is returned.
func (s *Exports) Ask(ctx context.Context, actor auth.Actor, spec ExportSpec, w Write) (int64, error) {
	x, err := s.check(actor, spec)
	if err != nil {
		return 0, err
	}
	if err := x.find(ctx); err != nil {
		return 0, err
	}
	if len(x.ids) <= s.atOnce {
		return 0, nil
	}
	body, err := writeJob(spec)
	if err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "export.ask", w, spec, func(tx *store.Tx) (string, error) {
		job := &store.Job{Kind: JobExport, Party: actor.Party, By: actor.UserID, CreatedAt: now, Total: int64(len(x.ids))}
		if err := tx.InsertJob(job); err != nil {
			return "", err
		}
		f := &store.ExportFile{JobID: job.ID, UserID: actor.UserID, Party: actor.Party, Kind: spec.Kind, Spec: body, CreatedAt: now, ExpiresAt: now.Add(exportLife)}
		if err := tx.InsertExport(f); err != nil {
			return "", err
		}
		return strconv.FormatInt(f.ID, 10), nil
	})
	if err != nil {
		return 0, err
	}
	s.jobs.nudge()
	return strconv.ParseInt(res, 10, 64)
}

// ExportView is an export of a person with the job that makes it.
type ExportView struct {
	store.ExportFile
	Spec ExportSpec
	Job  store.Job
}

// Ready reports whether the file can be fetched.
func (v *ExportView) Ready() bool { return v.Size > 0 && v.Job.State == store.JobDone }

// List returns the actor's exports that have not expired, the newest first.
func (s *Exports) List(ctx context.Context, actor auth.Actor) ([]ExportView, error) {
	if !auth.Can(actor, auth.ExportRun) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	var out []ExportView
	now := s.now()
	err := s.db.View(ctx, func(tx *store.Tx) error {
		out = nil
		files, err := tx.ExportsOf(actor.UserID, now, 20)
		if err != nil {
			return err
		}
		for i := range files {
			v, err := exportView(tx, &files[i])
			if err != nil {
				return err
			}
			out = append(out, *v)
		}
		return nil
	})
	return out, err
}

// File returns an export of the actor. Nobody else's can be asked for.
func (s *Exports) File(ctx context.Context, actor auth.Actor, id int64) (*ExportView, error) {
	if !auth.Can(actor, auth.ExportRun) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	var v *ExportView
	now := s.now()
	err := s.db.View(ctx, func(tx *store.Tx) error {
		f, err := tx.ExportOf(actor.UserID, id, now)
		if err != nil {
			return err
		}
		v, err = exportView(tx, f)
		return err
	})
	return v, err
}

func exportView(tx *store.Tx, f *store.ExportFile) (*ExportView, error) {
	job, err := tx.JobByID(f.Party, f.JobID)
	if err != nil {
		return nil, err
	}
	v := &ExportView{ExportFile: *f, Job: *job}
	return v, readJob(f.Spec, &v.Spec)
}

// Fetch writes the file of a finished export of the actor, piece by piece. Each fetching is in the audit log.
func (s *Exports) Fetch(ctx context.Context, actor auth.Actor, id int64) (*ExportView, func(io.Writer) error, error) {
	v, err := s.File(ctx, actor, id)
	if err != nil {
		return nil, nil, err
	}
	if !v.Ready() {
		return nil, nil, fault.New(fault.State, "export.problem.not_ready")
	}
	now := s.now()
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		return audit(tx, actor, now, "export.fetch", store.AuditEntry{Entity: "export", EntityID: id, Note: v.SHA256})
	})
	if err != nil {
		return nil, nil, err
	}
	return v, func(w io.Writer) error {
		for n := int64(0); ; n++ {
			var body []byte
			err := s.db.View(ctx, func(tx *store.Tx) error {
				var err error
				body, err = tx.ExportBlock(id, n)
				return err
			})
			if fault.Is(err, fault.NotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			if _, err := w.Write(body); err != nil {
				return err
			}
		}
	}, nil
}

// Cancel stops the making of an export of the actor.
func (s *Exports) Cancel(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	v, err := s.File(ctx, actor, id)
	if err != nil {
		return err
	}
	now := s.now()
	_, err = s.once(ctx, actor, "export.cancel", w, id, func(tx *store.Tx) (string, error) {
		if err := tx.CancelJob(v.Party, v.JobID, now); err != nil && !fault.Is(err, fault.NotFound) {
			return "", err
		}
		return "", nil
	})
	return err
}

// Template writes the blank workbook of an import.
func (s *Exports) Template(ctx context.Context, actor auth.Actor, kind, lang string, w io.Writer) error {
	if !auth.Can(actor, auth.ExportRun) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	if lang != "en" {
		lang = "ar"
	}
	k := sheet.RosterKind(kind)
	if !slices.Contains(sheet.Kinds(), k) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	var types []registry.Taxon
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		types, err = taxonomy(tx, partyOf(actor))
		return err
	})
	if err != nil {
		return err
	}
	return sheet.WriteTemplate(w, k, actor.Party, lang, types, s.words(lang), s.now().In(zone))
}

// run makes an export as a job: from its beginning, since the pieces of an interrupted one are no whole file.
func (s *Exports) run(ctx context.Context, job *store.Job) error {
	var f *store.ExportFile
	var actor auth.Actor
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		var err error
		if f, err = tx.ExportByJob(job.ID); err != nil {
			return err
		}
		u, err := tx.UserByID(f.UserID)
		if err != nil {
			return err
		}
		if !u.Active {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		actor = u.Actor("")
		return tx.DropExportBlocks(f.ID)
	})
	if err != nil {
		return err
	}
	var spec ExportSpec
	if err := readJob(f.Spec, &spec); err != nil {
		return err
	}
	x, err := s.check(actor, spec) // what the person may have now
	if err != nil {
		return err
	}
	if err := x.find(ctx); err != nil {
		return err
	}
	job.Total = int64(len(x.ids))
	out := &blockWriter{ctx: ctx, s: s, file: f, job: job}
	done, err := s.write(ctx, x, out, func(n int) { job.Done = int64(n) })
	if job.Cancel {
		return s.jobs.finish(ctx, job, store.JobCancelled, func(tx *store.Tx) error { return tx.DropExportBlocks(f.ID) })
	}
	if err != nil {
		return err
	}
	if err := out.flush(); err != nil {
		return err
	}
	job.Done = job.Total
	f.Rows, f.Size, f.SHA256, f.ExpiresAt = done.Rows, done.Size, done.SHA256, s.now().Add(exportLife)
	return s.jobs.finish(ctx, job, store.JobDone, func(tx *store.Tx) error { return tx.FinishExport(f) })
}

// blockWriter keeps a file in sealed pieces of a megabyte, each with the job's progress.
type blockWriter struct {
	ctx  context.Context
	s    *Exports
	file *store.ExportFile
	job  *store.Job
	buf  []byte
	n    int64
}

const exportBlock = 1 << 20

func (b *blockWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		k := min(len(p), exportBlock-len(b.buf))
		b.buf = append(b.buf, p[:k]...)
		p = p[k:]
		if len(b.buf) == exportBlock {
			if err := b.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

func (b *blockWriter) flush() error {
	if len(b.buf) == 0 {
		return nil
	}
	next := *b.job
	err := b.s.db.Update(b.ctx, func(tx *store.Tx) error {
		next = *b.job
		if err := tx.PutExportBlock(b.file.ID, b.n, b.buf); err != nil {
			return err
		}
		return tx.ProgressJob(&next, b.s.now())
	})
	if err != nil {
		return err
	}
	b.job.Cancel, b.job.HeartbeatAt = next.Cancel, next.HeartbeatAt
	if b.job.Cancel {
		return fault.New(fault.State, "export.problem.cancelled")
	}
	b.buf, b.n = b.buf[:0], b.n+1
	return nil
}

// measured counts and sums what passes.
type measured struct {
	w    io.Writer
	sum  hash.Hash
	size int64
}

func (m *measured) Write(p []byte) (int, error) {
	n, err := m.w.Write(p)
	m.sum.Write(p[:n])
	m.size += int64(n)
	return n, err
}

// write writes an export that was checked and whose families are found, and notes it in the audit log.
func (s *Exports) write(ctx context.Context, x *exportRun, w io.Writer, progress func(families int)) (Exported, error) {
	out := &measured{w: w, sum: sha256.New()}
	x.progress = progress
	if err := x.write(ctx, out); err != nil {
		return Exported{}, err
	}
	done := Exported{Rows: x.rows, Size: out.size, SHA256: hex.EncodeToString(out.sum.Sum(nil))}
	action := "export.run"
	if x.shows() {
		action = "export.full"
	}
	note := fmt.Sprintf("%s %s %d %s", x.spec.Kind, x.spec.Format, done.Rows, done.SHA256)
	if x.spec.Filter != "" {
		note += " ?" + x.spec.Filter
	}
	now := s.now()
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		return audit(tx, x.actor, now, action, store.AuditEntry{Entity: "export", Note: note})
	})
	return done, err
}

// partyOf is whose fields and areas the columns are; the program itself has those of Egypt.
func partyOf(actor auth.Actor) place.Country {
	if actor.Party == "" {
		return place.Egypt
	}
	return actor.Party
}
