package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/seal"
)

// FamilyIDs returns the ids of all families that a query selects inside a scope, in its order; its limit and cursors do not count. It works in View only.
func (tx *Tx) FamilyIDs(s Scope, q FamilyQuery) ([]int64, error) {
	if q.Sort == "" {
		q.Sort = SortNewest
	}
	if !slices.Contains(sorts, q.Sort) {
		return nil, fault.New(fault.Invalid, "error.invalid")
	}
	run := &search{tx: tx, scope: s, q: q}
	any, err := run.prepare()
	if err != nil {
		return nil, fmt.Errorf("selecting families: %w", err)
	}
	if !any {
		return nil, nil
	}
	if _, loaded := tx.db.roll.size(); !loaded && !tx.write && run.scannable() {
		return run.scan()
	}
	var out []int64
	err = tx.withRoll(func(r *roll) error {
		out = out[:0]
		var ids []uint32
		f := r.filter(run)
		o := r.order(run)
		f.each(o.desc, func(id uint32) { ids = append(ids, id) })
		slices.SortFunc(ids, func(a, b uint32) int {
			switch {
			case a == b:
				return 0
			case o.before(a, b):
				return -1
			}
			return 1
		})
		out = make([]int64, len(ids))
		for i, id := range ids {
			out[i] = int64(id)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("selecting families: %w", err)
	}
	return out, nil
}

// SealedFamily is a family whose record is not opened yet: opening takes longer than reading and needs no transaction.
type SealedFamily struct {
	registry.Family
	Overall string // outcome of the last assessment
	Points  int
	sealed  []byte
	keys    *seal.Keyring
}

// records are empty ones to read into.
var records = sync.Pool{New: func() any { return new(sealedRecord) }}

// Open opens the record. It may run beside others.
func (f *SealedFamily) Open() error {
	plain, err := openDoc(f.keys, "family_record", "record", f.sealed, seal.Place("family_record", "record", f.ID))
	if err != nil {
		return err
	}
	r := records.Get().(*sealedRecord)
	err = readRecord(f.ID, plain, r)
	f.Record, f.Status.Reasons, f.Status.Note, f.sealed = r.Record, r.Reasons, r.Note, nil
	*r = sealedRecord{}
	records.Put(r)
	return err
}

// selectSealed gives the columns of a family as one text, as selectListed does and for the same reason.
var selectSealed = `SELECT f.id, ` + strings.ReplaceAll(`f.party|f.state|f.area|f.number|f.created_at|f.updated_at|f.submitted_at|f.decided_at|f.valid_until|f.overall|`+
	`f.version|f.amendment|f.entered_by|f.submitted_by|f.reviewer_id|f.decided_by|f.points`, "|", " || '\x1f' || ") +
	`, r.record FROM family f JOIN family_record r ON r.family_id = f.id WHERE 1 = 1`

// parse reads the text of a row of selectSealed and returns the area of the row.
func (f *SealedFamily) parse(line string) (string, error) {
	var texts [10]string
	var numbers [7]int64
	var ok bool
	for i := range texts {
		if texts[i], line, ok = strings.Cut(line, "\x1f"); !ok {
			return "", fmt.Errorf("the row of family %d is broken", f.ID)
		}
	}
	for i := range numbers {
		var n string
		var err error
		n, line, _ = strings.Cut(line, "\x1f")
		if numbers[i], err = strconv.ParseInt(n, 10, 64); err != nil {
			return "", fmt.Errorf("the row of family %d: %w", f.ID, err)
		}
	}
	st := &f.Status
	f.Party, st.State, st.Number = place.Country(texts[0]), registry.State(texts[1]), registry.Number(noNever(texts[3]))
	st.CreatedAt, st.UpdatedAt, st.SubmittedAt, st.DecidedAt = unstamp(texts[4]), unstamp(texts[5]), unstamp(texts[6]), unstamp(texts[7])
	st.ValidUntil, f.Overall = undate(texts[8]), texts[9]
	f.Version, st.Amendment, st.EnteredBy, st.SubmittedBy, st.ReviewerID, st.DecidedBy = numbers[0], numbers[1] == 1, numbers[2], numbers[3], numbers[4], numbers[5]
	f.Points = int(numbers[6])
	return texts[2], nil
}

// FamiliesByID returns the families of a few hundred ids, in their order and sealed. What is not inside the scope, or not there any more, is left out.
func (tx *Tx) FamiliesByID(s Scope, ids []int64) ([]*SealedFamily, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	at := make(map[int64]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	out := make([]*SealedFamily, len(ids))
	var q statement
	q.add(selectSealed)
	q.inIDs("f.id", ids)
	err := tx.each(func(rows *sql.Rows) error {
		f := &SealedFamily{keys: tx.db.keys}
		var line string
		if err := rows.Scan(&f.ID, &line, &f.sealed); err != nil {
			return err
		}
		area, err := f.parse(line)
		if err == nil && s.holds(string(f.Party), area) {
			out[at[f.ID]] = f
		}
		return err
	}, q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("reading families: %w", err)
	}
	return slices.DeleteFunc(out, func(f *SealedFamily) bool { return f == nil }), nil
}

// LatestAssessments returns the newest assessment of each of a few hundred families, by family; its body is opened.
func (tx *Tx) LatestAssessments(ids []int64) (map[int64]*Assessment, error) {
	out := make(map[int64]*Assessment, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var q statement
	q.add("SELECT " + assessmentColumns + ", a.uid, a.body FROM assessment a WHERE a.id IN (SELECT max(id) FROM assessment WHERE 1 = 1")
	q.inIDs("family_id", ids)
	q.add(" GROUP BY family_id)")
	err := tx.each(func(rows *sql.Rows) error {
		a := &Assessment{}
		var at, uid string
		var sealed []byte
		if err := rows.Scan(append(assessmentInto(a, &at), &uid, &sealed)...); err != nil {
			return err
		}
		var err error
		a.At = unstamp(at)
		a.Body, err = tx.openDocRow("assessment", "body", uid, sealed)
		out[a.FamilyID] = a
		return err
	}, q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("reading assessments: %w", err)
	}
	return out, nil
}

// DocumentsIn returns the papers in force of a few hundred families, by family.
func (tx *Tx) DocumentsIn(ids []int64) (map[int64][]registry.Document, error) {
	out := map[int64][]registry.Document{}
	if len(ids) == 0 {
		return out, nil
	}
	var q statement
	q.add("SELECT " + documentColumns + " FROM document d WHERE d.removed_at = ''")
	q.inIDs("d.family_id", ids)
	q.add(" ORDER BY d.id")
	err := tx.each(func(rows *sql.Rows) error {
		d, err := tx.scanDocument(rows)
		out[d.FamilyID] = append(out[d.FamilyID], d)
		return err
	}, q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("reading papers: %w", err)
	}
	return out, nil
}

// ProductsIn returns the products of a few hundred families with the number of their photographs, by family, in the order of entry.
func (tx *Tx) ProductsIn(ids []int64) (map[int64][]ProductRow, error) {
	out := map[int64][]ProductRow{}
	if len(ids) == 0 {
		return out, nil
	}
	var q statement
	q.add(selectProduct + `, (SELECT count(*) FROM product_photo h WHERE h.product_id = p.id) FROM product p JOIN family f ON f.id = p.family_id WHERE 1 = 1`)
	q.inIDs("p.family_id", ids)
	q.add(" ORDER BY p.id")
	err := tx.each(func(rows *sql.Rows) error {
		var r ProductRow
		var err error
		r.Product, r.Area, err = scanProduct(rows, &r.Photos)
		out[r.FamilyID] = append(out[r.FamilyID], r)
		return err
	}, q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("reading products: %w", err)
	}
	return out, nil
}

// Layout is the columns that a person chose for a kind of export, under a name.
type Layout struct {
	ID, UserID int64
	Kind, Name string
	Fields     []string
	CreatedAt  time.Time
}

// PutLayout keeps a layout and sets its ID; one of the same name is replaced.
func (tx *Tx) PutLayout(l *Layout) error {
	return tx.row(into(&l.ID), `INSERT INTO export_layout (user_id, kind, name, fields, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id, kind, name) DO UPDATE SET fields = excluded.fields, created_at = excluded.created_at RETURNING id`,
		l.UserID, l.Kind, l.Name, joinCodes(l.Fields), stamp(l.CreatedAt))
}

// LayoutsOf returns the layouts of a user for a kind, by name.
func (tx *Tx) LayoutsOf(userID int64, kind string) ([]Layout, error) {
	var out []Layout
	err := tx.each(func(rows *sql.Rows) error {
		l := Layout{UserID: userID, Kind: kind}
		var fields, created string
		if err := rows.Scan(&l.ID, &l.Name, &fields, &created); err != nil {
			return err
		}
		l.Fields, l.CreatedAt = splitCodes[string](fields), unstamp(created)
		out = append(out, l)
		return nil
	}, `SELECT id, name, fields, created_at FROM export_layout WHERE user_id = $1 AND kind = $2 ORDER BY name`, userID, kind)
	return out, err
}

// DeleteLayout deletes a layout of a user, fault.NotFound if the user has none such.
func (tx *Tx) DeleteLayout(userID, id int64) error {
	n, err := tx.exec(`DELETE FROM export_layout WHERE user_id = $1 AND id = $2`, userID, id)
	return one(n, err, fault.NotFound, "error.not_found")
}

// ExportFile is a workbook that a job makes for a person. Spec says what was asked; Size is 0 until it is whole.
type ExportFile struct {
	ID, JobID, UserID    int64
	Party                place.Country
	Kind                 string
	Spec                 json.RawMessage
	Rows, Size           int64
	SHA256               string // of the file, hex
	CreatedAt, ExpiresAt time.Time
}

// InsertExport notes an export that a job will make, and sets its ID.
func (tx *Tx) InsertExport(f *ExportFile) error {
	uid := newUID()
	return tx.row(into(&f.ID), `INSERT INTO export_file (job_id, user_id, party, kind, uid, spec, row_count, size, sha256, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, 0, 0, '', $7, $8) RETURNING id`,
		f.JobID, f.UserID, string(f.Party), f.Kind, uid, tx.sealRow("export_file", "spec", uid, f.Spec), stamp(f.CreatedAt), stamp(f.ExpiresAt))
}

const exportColumns = `id, job_id, user_id, party, kind, uid, spec, row_count, size, sha256, created_at, expires_at`

func (tx *Tx) exports(where string, args ...any) ([]ExportFile, error) {
	var out []ExportFile
	err := tx.each(func(rows *sql.Rows) error {
		var f ExportFile
		var party, uid, created, expires string
		var sealed []byte
		if err := rows.Scan(&f.ID, &f.JobID, &f.UserID, &party, &f.Kind, &uid, &sealed, &f.Rows, &f.Size, &f.SHA256, &created, &expires); err != nil {
			return err
		}
		spec, err := tx.openRow("export_file", "spec", uid, sealed)
		f.Party, f.Spec, f.CreatedAt, f.ExpiresAt = place.Country(party), spec, unstamp(created), unstamp(expires)
		out = append(out, f)
		return err
	}, "SELECT "+exportColumns+" FROM export_file WHERE "+where, args...)
	return out, err
}

func (tx *Tx) oneExport(where string, args ...any) (*ExportFile, error) {
	out, err := tx.exports(where, args...)
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return &out[0], nil
}

// ExportByJob returns the export that a job makes.
func (tx *Tx) ExportByJob(job int64) (*ExportFile, error) { return tx.oneExport("job_id = $1", job) }

// ExportOf returns an export of a user, fault.NotFound if the user has none such or it has expired.
func (tx *Tx) ExportOf(userID, id int64, now time.Time) (*ExportFile, error) {
	return tx.oneExport("user_id = $1 AND id = $2 AND expires_at > $3", userID, id, stamp(now))
}

// ExportsOf returns the exports of a user that have not expired, the newest first.
func (tx *Tx) ExportsOf(userID int64, now time.Time, limit int) ([]ExportFile, error) {
	return tx.exports("user_id = $1 AND expires_at > $2 ORDER BY id DESC LIMIT $3", userID, stamp(now), limit)
}

// PutExportBlock keeps the n-th piece of an export, sealed.
func (tx *Tx) PutExportBlock(file, n int64, body []byte) error {
	_, err := tx.exec(`INSERT INTO export_block (file_id, n, body) VALUES ($1, $2, $3)`, file, n, tx.sealRow("export_block", "body", fmt.Sprint(file, "/", n), body))
	return err
}

// ExportBlock returns the n-th piece of an export, from 0; fault.NotFound behind the last.
func (tx *Tx) ExportBlock(file, n int64) ([]byte, error) {
	var sealed []byte
	if err := tx.row(into(&sealed), `SELECT body FROM export_block WHERE file_id = $1 AND n = $2`, file, n); err != nil {
		return nil, err
	}
	return tx.openRow("export_block", "body", fmt.Sprint(file, "/", n), sealed)
}

// DropExportBlocks forgets the pieces of an export that is made anew.
func (tx *Tx) DropExportBlocks(file int64) error {
	_, err := tx.exec(`DELETE FROM export_block WHERE file_id = $1`, file)
	return err
}

// FinishExport notes that an export is whole.
func (tx *Tx) FinishExport(f *ExportFile) error {
	n, err := tx.exec(`UPDATE export_file SET row_count = $2, size = $3, sha256 = $4, expires_at = $5 WHERE id = $1`, f.ID, f.Rows, f.Size, f.SHA256, stamp(f.ExpiresAt))
	return one(n, err, fault.NotFound, "error.not_found")
}

// PurgeExports forgets expired exports with all their pieces.
func (tx *Tx) PurgeExports(now time.Time) (int64, error) {
	if _, err := tx.exec(`DELETE FROM export_block WHERE file_id IN (SELECT id FROM export_file WHERE expires_at <= $1)`, stamp(now)); err != nil {
		return 0, err
	}
	return tx.exec(`DELETE FROM export_file WHERE expires_at <= $1`, stamp(now))
}
