package service

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// The kinds of job that work on an import. Their text is stored.
const (
	JobImportCheck = "import_check" // the dry run: what would become of each row
	JobImport      = "import"       // takes the rows into the registry
	JobImportUndo  = "import_undo"  // takes back what an import did
)

// Imports takes rosters into the registry.
//
// # Design
//
// An upload is staged with its bytes, sealed, before anything is made of it ([Imports.Stage]). A person says what the columns are ([Imports.Map]); a job
// reads every row and says what would become of it, and writes nothing else; a person looks and confirms ([Imports.Confirm]); a second job takes the rows
// in. Each batch of rows is one transaction: families, history, audit entries (one for each family, as if it had been typed), the journal's lines and
// how far the import has come. So a program that was killed at any row goes on with the next one, and the tables are the same as if it had not been. Three
// goroutines share the work, and what flows between them is used again: one reads and checks rows, one makes families ready, with all that is serialised, packed and
// judged of them, and the third stores thousands in a transaction, because SQLite writes a page once for a transaction, however many rows touched it. What a
// job reads (the day, the person's rights, the rules) is as it was when the job was asked for, for the same reason.
//
// A row is what a form is: the same structs, the same checks, the same permissions, asked for each row. A row that lacks what handing in demands becomes a
// draft; a complete one is handed in if the person wants it; nothing is approved. A family whose record stands is changed by an amendment that waits for a
// reviewer. A row with something wrong in it is left out, and comes back marked.
//
// Undo goes the journal backwards: what the import entered is withdrawn, what it changed is put back. A family that was saved since is left as it is and named.
//
// # Limits
//
// A row needs a number by which its family is known: the registration number, the identity number or the sender's file number. A row of a family sheet without one
// is a problem of the row, because it could not be found again.
type Imports struct {
	core
	families *Families
	jobs     *Jobs
	batch    int
	keep     time.Duration // of an upload that nobody confirms
	onBatch  func()        // after each stored batch; for tests that stop in the middle
}

const (
	importBatch = 2500 // rows that are one transaction: SQLite writes every page that a transaction touched, so that few large ones write half as much as many small ones
	readBatch   = 500  // rows that are read, and made ready, together
)

// keepUploads is how long a roster is kept that nobody confirms, if no setting says otherwise.
const keepUploads = 30 * 24 * time.Hour

// MaxImportBytes is the largest roster that is taken: a million cells with room to spare.
const MaxImportBytes = 64 << 20

// ImportState is where an import is.
type ImportState string

// The states of an import.
const (
	ImportMapping   ImportState = "mapping"   // waits for a word about its columns
	ImportChecking  ImportState = "checking"  // the dry run is at work
	ImportReady     ImportState = "ready"     // waits for the confirmation
	ImportRunning   ImportState = "running"   // rows go into the registry
	ImportDone      ImportState = "done"      //
	ImportCancelled ImportState = "cancelled" // stopped; what was taken in stays, and can be gone on with or undone
	ImportFailed    ImportState = "failed"    // the job ended with an error; it can be asked for again
	ImportUndoing   ImportState = "undoing"   // what it did is being taken back
	ImportUndone    ImportState = "undone"    //
)

// Outcome is what becomes of a row.
type Outcome string

// The outcomes.
const (
	RowNew       Outcome = "new"       // entered and handed in
	RowDraft     Outcome = "draft"     // entered as a draft: something is missing
	RowChanged   Outcome = "changed"   // a draft or a returned registration was changed
	RowAmended   Outcome = "amended"   // an amendment waits for a reviewer
	RowProducts  Outcome = "products"  // products are entered or changed, and the family says the same
	RowUnchanged Outcome = "unchanged" // the registry says the same
	RowProblem   Outcome = "problem"   // not taken: something in it is wrong
	RowDuplicate Outcome = "duplicate" // not taken: an earlier row of the file has the same number
)

// Outcomes returns all outcomes in the order of display.
func Outcomes() []Outcome {
	return []Outcome{RowNew, RowDraft, RowChanged, RowAmended, RowProducts, RowUnchanged, RowProblem, RowDuplicate}
}

// ImportCounts counts the rows of an import.
type ImportCounts struct {
	Rows       int64             `json:"rows"` // records of the file
	By         map[Outcome]int64 `json:"by,omitempty"`
	Passed     int64             `json:"passed,omitempty"`     // rows that a marked workbook says were taken before
	Skipped    int64             `json:"skipped,omitempty"`    // totals, notes, repeated headers
	Duplicates int64             `json:"duplicates,omitempty"` // rows that look like something else, in the queue
	// of products, in rows of their own and in those of families
	ProductsNew     int64 `json:"products_new,omitempty"`
	ProductsChanged int64 `json:"products_changed,omitempty"`

	Undone    int64 `json:"undone,omitempty"`    // families taken back
	Conflicts int64 `json:"conflicts,omitempty"` // families left alone, because they were saved since
	Cut       bool  `json:"cut,omitempty"`       // a sheet went on after 1,000 blank rows, or may have
}

func (c *ImportCounts) add(o Outcome, n int64) {
	if c.By == nil {
		c.By = map[Outcome]int64{}
	}
	c.By[o] += n
}

func (c ImportCounts) copy() ImportCounts {
	by := make(map[Outcome]int64, len(c.By))
	for k, n := range c.By {
		by[k] = n
	}
	c.By = by
	return c
}

// Of returns how many rows had an outcome.
func (c ImportCounts) Of(o Outcome) int64 { return c.By[o] }

// Writes returns how many rows enter or change a family or its products.
func (c ImportCounts) Writes() int64 {
	return c.By[RowNew] + c.By[RowDraft] + c.By[RowChanged] + c.By[RowAmended] + c.By[RowProducts]
}

// importWords is what is kept sealed beside an import.
type importWords struct {
	Name    string        `json:"name"`
	Mapping sheet.Mapping `json:"mapping"`
	Mapped  bool          `json:"mapped,omitempty"` // a person said so, now or before; else the mapping follows from the headers
	HandIn  bool          `json:"hand_in,omitempty"`
	Apart   *int64        `json:"apart,omitempty"` // the registry's last change when the dry run began, if it met nobody with a number of this file; see apart
}

// ImportView is an import as its pages show it.
type ImportView struct {
	ID          int64
	Version     int64
	State       ImportState
	Name        string // of the file; "" for who may not see it
	Size        int64
	ByName      string
	By          int64
	CreatedAt   time.Time
	ConfirmedAt time.Time
	FinishedAt  time.Time
	ExpiresAt   time.Time // when an upload that nobody confirms is deleted; zero once it is confirmed
	Counts      ImportCounts
	HandIn      bool
	JobID       int64
	Done, Total int64         // rows, while a job is at work
	Rate        float64       // rows a second
	Left        time.Duration // of the job, as it goes now
	ErrorKey    string        // why the job failed
	Before      []int64       // finished imports of exactly this file
	Own         bool          // the actor may see what is in it
	CanMap      bool
	CanConfirm  bool
	CanCancel   bool
	CanUndo     bool
	CanResume   bool
}

// Moving reports whether a job is at work on it.
func (v *ImportView) Moving() bool {
	return v.State == ImportChecking || v.State == ImportRunning || v.State == ImportUndoing
}

func importSubject(m *store.Import) auth.Subject {
	return auth.Subject{Party: m.Party, EnteredBy: m.By}
}

// loadImport reads an import for an action of the actor. Another person's is NotFound.
func loadImport(tx *store.Tx, actor auth.Actor, action auth.Action, id int64) (*store.Import, *importWords, error) {
	m, err := tx.ImportByID(actor.Party, id)
	if err != nil {
		return nil, nil, err
	}
	reach, err := auth.ReachOf(actor, action)
	if err != nil {
		return nil, nil, err
	}
	if !reach.Holds(importSubject(m)) {
		return nil, nil, fault.New(fault.NotFound, "error.not_found")
	}
	w, err := wordsOf(m)
	return m, w, err
}

func wordsOf(m *store.Import) (*importWords, error) {
	w := &importWords{}
	if err := json.Unmarshal(m.Words, w); err != nil {
		return nil, fmt.Errorf("reading import %d: %w", m.ID, err)
	}
	return w, nil
}

func countsOf(m *store.Import) (ImportCounts, error) {
	var c ImportCounts
	if err := readJob(m.Counts, &c); err != nil {
		return c, err
	}
	return c.copy(), nil
}

func (m *importWords) keep(row *store.Import, c ImportCounts) error {
	var err error
	if row.Words, err = json.Marshal(m); err != nil {
		return fmt.Errorf("writing import: %w", err)
	}
	row.Counts, err = json.Marshal(c)
	return err
}

// fileName is the last part of a name that a browser sent, cleaned and cut.
func fileName(s string) string {
	s = arabic.Clean(path.Base(strings.ReplaceAll(s, `\`, "/")))
	for utf8.RuneCountInString(s) > 120 {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	if s == "." || s == "/" {
		return ""
	}
	return s
}

// Stage keeps an upload and looks for the tables in it. The mapping is what was remembered for the sender, or what the headers say. A file that cannot be
// read is refused with a message that says what to do, and nothing is kept.
func (s *Imports) Stage(ctx context.Context, actor auth.Actor, name string, body []byte, w Write) (int64, error) {
	if err := auth.Allow(actor, auth.ImportRun, auth.Subject{Party: actor.Party, EnteredBy: actor.UserID}); err != nil {
		return 0, err
	}
	if len(body) > MaxImportBytes {
		return 0, fault.New(fault.TooLarge, "import.too_large", int64(MaxImportBytes>>20))
	}
	book, err := sheet.Open(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return 0, err
	}
	rosters, err := book.FindRosters()
	if err != nil {
		return 0, err
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	now := s.now()
	res, err := s.once(ctx, actor, "import.stage", w, hash, func(tx *store.Tx) (string, error) {
		words := &importWords{Name: fileName(name), HandIn: true}
		if words.Mapping, words.Mapped, err = suggested(tx, actor, rosters); err != nil {
			return "", err
		}
		m := &store.Import{Party: actor.Party, By: actor.UserID, State: string(ImportMapping), SHA256: hash, CreatedAt: now}
		if err := words.keep(m, ImportCounts{}); err != nil {
			return "", err
		}
		if err := tx.InsertImport(m, body); err != nil {
			return "", err
		}
		return strconv.FormatInt(m.ID, 10), importAudit(tx, actor, now, "import.stage", m, "")
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// suggested is the mapping that a page begins with, and whether some of it is remembered.
func suggested(tx *store.Tx, actor auth.Actor, rosters []sheet.Roster) (m sheet.Mapping, remembered bool, err error) {
	var old sheet.Mapping
	for i := range rosters {
		body, err := tx.MappingOf(actor.UserID, rosters[i].Shape)
		if err != nil {
			return old, false, err
		}
		if body == nil {
			continue
		}
		var sm sheet.SheetMap
		if err := json.Unmarshal(body, &sm); err != nil {
			return old, false, fmt.Errorf("reading a mapping: %w", err)
		}
		sm.BlankErases = false // is asked for with each file
		old.Sheets = append(old.Sheets, sm)
		rosters[i].Remember(old)
	}
	m = sheet.Suggest(rosters)
	for i := range m.Sheets {
		for _, sm := range old.Sheets {
			if sm.Shape == m.Sheets[i].Shape {
				name := m.Sheets[i].Name
				m.Sheets[i] = sm
				m.Sheets[i].Name = name
			}
		}
	}
	return m, len(old.Sheets) > 0, nil
}

func importAudit(tx *store.Tx, actor auth.Actor, at time.Time, action string, m *store.Import, note string) error {
	return audit(tx, actor, at, action, store.AuditEntry{Party: string(m.Party), Entity: "import", EntityID: m.ID, Note: note})
}

// ImportColumns is what the mapping page asks about.
type ImportColumns struct {
	Import   *ImportView
	Rosters  []sheet.Roster // with what is remembered or was said
	Mapping  sheet.Mapping
	Problems fault.Problems
}

// Columns returns the tables of an import with samples of their values, and what is known of their columns.
func (s *Imports) Columns(ctx context.Context, actor auth.Actor, id int64) (*ImportColumns, error) {
	m, words, body, err := s.file(ctx, actor, auth.ImportView, id)
	if err != nil {
		return nil, err
	}
	rosters, err := rostersIn(body, words)
	if err != nil {
		return nil, err
	}
	out := &ImportColumns{Rosters: rosters, Mapping: words.Mapping, Problems: words.Mapping.Check(rosters)}
	out.Import, err = s.Import(ctx, actor, m.ID)
	return out, err
}

// rostersIn finds the tables of a file again and gives them what was said about their columns.
func rostersIn(body []byte, words *importWords) ([]sheet.Roster, error) {
	book, err := sheet.Open(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, err
	}
	rosters, err := book.FindRosters()
	for i := range rosters {
		if words.Mapped {
			rosters[i].Remember(words.Mapping)
		}
	}
	return rosters, err
}

// file reads an import with its bytes.
func (s *Imports) file(ctx context.Context, actor auth.Actor, action auth.Action, id int64) (m *store.Import, words *importWords, body []byte, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if m, words, err = loadImport(tx, actor, action, id); err != nil {
			return err
		}
		body, err = tx.ImportFile(m)
		return err
	})
	return m, words, body, err
}

// Map says what the columns are, remembers it for the sender and asks for the dry run. Problems of the mapping come back with an Invalid error.
func (s *Imports) Map(ctx context.Context, actor auth.Actor, id int64, mapping sheet.Mapping, w Write) error {
	return s.toCheck(ctx, actor, id, mapping, true, w)
}

// MapAsKnown asks for the dry run with columns that follow from the headers or from what was remembered: nobody said anything that is to be remembered.
func (s *Imports) MapAsKnown(ctx context.Context, actor auth.Actor, id int64, mapping sheet.Mapping, w Write) error {
	return s.toCheck(ctx, actor, id, mapping, false, w)
}

func (s *Imports) toCheck(ctx context.Context, actor auth.Actor, id int64, mapping sheet.Mapping, said bool, w Write) error {
	_, words, body, err := s.file(ctx, actor, auth.ImportRun, id)
	if err != nil {
		return err
	}
	rosters, err := rostersIn(body, words)
	if err != nil {
		return err
	}
	ps := mapping.Check(rosters)
	for i, sm := range mapping.Sheets {
		if sm.Skip {
			continue
		}
		if sm.Kind == sheet.Families && sm.Key == "" {
			ps.Add("sheets["+strconv.Itoa(i)+"].key", "import.problem.key_needed")
		}
	}
	if len(mapping.Sheets) > 0 && !slices.ContainsFunc(mapping.Sheets, func(m sheet.SheetMap) bool { return !m.Skip }) {
		ps.Add("sheets", "import.problem.all_skipped")
	}
	if err := ps.Err(); err != nil {
		return err
	}
	now := s.now()
	type content struct {
		ID      int64
		Mapping sheet.Mapping
	}
	_, err = s.once(ctx, actor, "import.map", w, content{id, mapping}, func(tx *store.Tx) (string, error) {
		m, words, _, err := s.ask(tx, actor, auth.ImportRun, id, func(v *ImportView) bool { return v.CanMap })
		if err != nil {
			return "", err
		}
		words.Mapping, words.Mapped = mapping, true
		if said {
			if err := remember(tx, actor, mapping, now); err != nil {
				return "", err
			}
		}
		return "", s.start(tx, m, words, ImportCounts{}, JobImportCheck, ImportChecking, now)
	})
	if err == nil {
		s.jobs.nudge()
	}
	return err
}

// remember keeps for a sender what the columns of sheets of such shapes are.
func remember(tx *store.Tx, actor auth.Actor, m sheet.Mapping, now time.Time) error {
	for _, sm := range m.Sheets {
		body, err := json.Marshal(sm)
		if err != nil {
			return fmt.Errorf("writing a mapping: %w", err)
		}
		if err := tx.PutMapping(actor.UserID, sm.Shape, body, now); err != nil {
			return err
		}
	}
	return nil
}

// importParams are the parameters of a job that works on an import.
type importParams struct {
	Import int64 `json:"import"`
}

// start queues a job for an import.
func (s *Imports) start(tx *store.Tx, m *store.Import, words *importWords, c ImportCounts, kind string, state ImportState, now time.Time) error {
	params, err := writeJob(importParams{m.ID})
	if err != nil {
		return err
	}
	job := &store.Job{Kind: kind, Party: m.Party, Params: params, By: m.By, CreatedAt: now, Total: c.Rows}
	if kind == JobImport {
		job.Done = m.DoneSeq
	}
	if err := tx.InsertJob(job); err != nil {
		return err
	}
	m.State, m.JobID = string(state), job.ID
	if err := words.keep(m, c); err != nil {
		return err
	}
	return tx.UpdateImport(m)
}

// ask reads an import of which something is asked, and refuses it where the import has come to another place meanwhile.
func (s *Imports) ask(tx *store.Tx, actor auth.Actor, action auth.Action, id int64, can func(*ImportView) bool) (*store.Import, *importWords, *ImportView, error) {
	m, words, err := loadImport(tx, actor, action, id)
	if err != nil {
		return nil, nil, nil, err
	}
	v, err := s.view(tx, actor, m)
	if err != nil {
		return nil, nil, nil, err
	}
	if !can(v) {
		return nil, nil, nil, fault.New(fault.State, "import.state_changed")
	}
	return m, words, v, nil
}

// Confirm asks for the rows to be taken into the registry. handIn: complete rows are handed in, else they stay drafts. An import that was stopped, or
// whose job failed, goes on where it was.
func (s *Imports) Confirm(ctx context.Context, actor auth.Actor, id int64, handIn bool, w Write) error {
	now := s.now()
	type content struct {
		ID     int64
		HandIn bool
	}
	_, err := s.once(ctx, actor, "import.confirm", w, content{id, handIn}, func(tx *store.Tx) (string, error) {
		m, words, v, err := s.ask(tx, actor, auth.ImportRun, id, func(v *ImportView) bool { return v.CanConfirm || v.CanResume })
		if err != nil {
			return "", err
		}
		c := v.Counts
		if v.CanConfirm { // what the dry run counted makes room for what happens
			words.HandIn = handIn
			c = ImportCounts{Rows: c.Rows, Passed: c.Passed, Skipped: c.Skipped, Cut: c.Cut}
			m.ConfirmedAt = now
			if err := tx.ForgetImportRows(m); err != nil {
				return "", err
			}
		}
		if err := s.start(tx, m, words, c, JobImport, ImportRunning, now); err != nil {
			return "", err
		}
		return "", importAudit(tx, actor, now, "import.confirm", m, "")
	})
	if err == nil {
		s.jobs.nudge()
	}
	return err
}

// Cancel asks the job of an import to stop.
func (s *Imports) Cancel(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	now := s.now()
	_, err := s.once(ctx, actor, "import.cancel", w, id, func(tx *store.Tx) (string, error) {
		m, _, _, err := s.ask(tx, actor, auth.ImportRun, id, func(v *ImportView) bool { return v.CanCancel })
		if err != nil {
			return "", err
		}
		if err := tx.CancelJob(m.Party, m.JobID, now); err != nil {
			return "", err
		}
		return "", importAudit(tx, actor, now, "import.cancel", m, "")
	})
	return err
}

// Undo asks for everything that an import did to be taken back.
func (s *Imports) Undo(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	now := s.now()
	_, err := s.once(ctx, actor, "import.undo", w, id, func(tx *store.Tx) (string, error) {
		m, words, v, err := s.ask(tx, actor, auth.ImportUndo, id, func(v *ImportView) bool { return v.CanUndo })
		if err != nil {
			return "", err
		}
		if err := s.start(tx, m, words, v.Counts, JobImportUndo, ImportUndoing, now); err != nil {
			return "", err
		}
		return "", importAudit(tx, actor, now, string(auth.ImportUndo), m, "")
	})
	if err == nil {
		s.jobs.nudge()
	}
	return err
}

// expire deletes uploads that nobody has confirmed in time, with their bytes and all that was found in them. One whose dry run is at work waits for the next night.
func (s *Imports) expire(tx *store.Tx, now time.Time) (int64, error) {
	old, err := tx.UnconfirmedImports(now.Add(-s.keep))
	if err != nil {
		return 0, err
	}
	n := int64(0)
	for i := range old {
		m := &old[i]
		if m.JobID != 0 {
			ended, err := tx.JobEnded(m.JobID)
			if err != nil {
				return n, err
			}
			if !ended {
				continue
			}
		}
		if err := tx.DeleteImport(m); err != nil {
			return n, err
		}
		if err := importAudit(tx, auth.SystemActor(m.Party), now, "import.expired", m, m.SHA256); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

const importListLen = 100

// List returns the newest imports: a sender's own, an administrator's whole party without what is in the files.
func (s *Imports) List(ctx context.Context, actor auth.Actor) ([]ImportView, error) {
	reach, err := auth.ReachOf(actor, auth.ImportList)
	if err != nil {
		return nil, err
	}
	by := int64(0)
	if reach.OwnOnly {
		by = reach.Self
	}
	var out []ImportView
	err = s.db.View(ctx, func(tx *store.Tx) error {
		ms, err := tx.ListImports(reach.Party, by, importListLen)
		if err != nil {
			return err
		}
		out = make([]ImportView, 0, len(ms))
		for i := range ms {
			v, err := s.view(tx, actor, &ms[i])
			if err != nil {
				return err
			}
			out = append(out, *v)
		}
		return nil
	})
	return out, err
}

// Import returns one import with how far its job has come.
func (s *Imports) Import(ctx context.Context, actor auth.Actor, id int64) (*ImportView, error) {
	var v *ImportView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		m, _, err := loadImport(tx, actor, auth.ImportList, id)
		if err != nil {
			return err
		}
		v, err = s.view(tx, actor, m)
		if err != nil || !v.Own {
			return err
		}
		same, err := tx.ImportsOfFile(m.Party, m.SHA256)
		for _, x := range same {
			if x.ID != m.ID && x.By == m.By && x.State == string(ImportDone) && (m.ConfirmedAt.IsZero() || x.ConfirmedAt.Before(m.ConfirmedAt)) {
				v.Before = append(v.Before, x.ID)
			}
		}
		return err
	})
	return v, err
}

// view is an import as the actor may see it.
func (s *Imports) view(tx *store.Tx, actor auth.Actor, m *store.Import) (*ImportView, error) {
	words, err := wordsOf(m)
	if err != nil {
		return nil, err
	}
	counts, err := countsOf(m)
	if err != nil {
		return nil, err
	}
	names, err := userNames(tx, m.By)
	if err != nil {
		return nil, err
	}
	v := &ImportView{ID: m.ID, Version: m.Version, State: ImportState(m.State), Size: m.Size, By: m.By, ByName: names[m.By], CreatedAt: m.CreatedAt,
		ConfirmedAt: m.ConfirmedAt, FinishedAt: m.FinishedAt, Counts: counts, HandIn: words.HandIn, JobID: m.JobID}
	if m.ConfirmedAt.IsZero() {
		v.ExpiresAt = m.CreatedAt.Add(s.keep)
	}
	failedIn := ImportState("")
	if v.Moving() {
		job, err := tx.JobByID(m.Party, m.JobID)
		if err != nil {
			return nil, err
		}
		v.Done, v.Total = job.Done, max(job.Total, job.Done)
		if took := job.HeartbeatAt.Sub(job.StartedAt).Seconds(); took > 0.5 && job.State == store.JobRunning {
			if v.Rate = float64(job.Done) / took; v.Rate > 0 {
				v.Left = time.Duration(float64(v.Total-v.Done) / v.Rate * float64(time.Second)).Round(time.Second)
			}
		}
		switch job.State {
		case store.JobFailed:
			v.ErrorKey, failedIn, v.State = job.ErrorKey, v.State, ImportFailed
		case store.JobCancelled: // before a runner took it up
			failedIn, v.State = v.State, ImportCancelled
		}
	}
	may := func(action auth.Action) bool {
		reach, err := auth.ReachOf(actor, action)
		return err == nil && reach.Holds(importSubject(m))
	}
	if v.Own = may(auth.ImportView); v.Own {
		v.Name = words.Name
	}
	run := may(auth.ImportRun)
	stopped := v.State == ImportFailed || v.State == ImportCancelled
	v.CanMap = run && (v.State == ImportMapping || v.State == ImportReady || stopped && failedIn == ImportChecking || v.State == ImportCancelled && m.ConfirmedAt.IsZero())
	v.CanConfirm = run && v.State == ImportReady
	v.CanResume = run && stopped && !m.ConfirmedAt.IsZero() && failedIn != ImportUndoing
	v.CanCancel = run && (v.State == ImportChecking || v.State == ImportRunning)
	v.CanUndo = may(auth.ImportUndo) && !m.ConfirmedAt.IsZero() && (v.State == ImportDone || stopped) && m.DoneSeq > 0
	return v, nil
}
