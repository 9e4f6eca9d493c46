package store

import (
	"context"
	"database/sql"
	"fmt"

	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Doctor examines the whole database in one snapshot and returns one finding for each check, in a fixed order, also for those that found nothing.
// It opens every sealed value. An error means that it could not go on.
func (db *DB) Doctor(ctx context.Context) ([]Finding, error) {
	var out []Finding
	err := db.View(ctx, func(tx *Tx) error {
		out = nil
		for _, c := range []struct {
			name  string
			check func(*Finding) error
		}{
			{"engine", tx.checkEngine}, {"foreign_keys", tx.checkForeignKeys}, {"audit_chain", tx.checkChain}, {"orphans", tx.checkOrphans},
			{"records", tx.checkRecords}, {"sealed", tx.checkSealed}, {"audited", tx.checkAudited}, {"figures", tx.checkFigures},
		} {
			f := Finding{Check: c.name, Severity: SeverityOK, Key: "store.doctor." + c.name}
			if err := c.check(&f); err != nil {
				return fmt.Errorf("checking %s: %w", c.name, err)
			}
			if f.Count > 0 && f.Severity == SeverityOK {
				f.Severity = SeverityError
			}
			out = append(out, f)
		}
		return nil
	})
	return out, err
}

// hit notes one fault; the first gives the finding its row.
func (f *Finding) hit(id int64) {
	if f.Count++; f.Count == 1 {
		f.ID = id
	}
}

func (tx *Tx) checkEngine(f *Finding) error {
	var said string
	if err := tx.row(into(&said), tx.db.d.integrity); err != nil {
		return err
	}
	if said != "ok" {
		f.hit(0)
		f.Args = append(f.Args, said)
	}
	return nil
}

func (tx *Tx) checkForeignKeys(f *Finding) error {
	return tx.row(into(&f.Count), tx.db.d.foreignKeys)
}

func (tx *Tx) checkChain(f *Finding) error {
	r, err := tx.verifyAudit()
	if err == nil && r.Reason != "" {
		f.hit(r.FirstBroken)
		f.Args = append(f.Args, r.Reason)
	}
	return err
}

// checkOrphans looks for families without their record or facts, and for papers without their bytes.
func (tx *Tx) checkOrphans(f *Finding) error {
	return tx.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		f.hit(id)
		return err
	}, `SELECT f.id FROM family f LEFT JOIN family_record r ON r.family_id = f.id LEFT JOIN family_fact x ON x.family_id = f.id
		WHERE r.family_id IS NULL OR x.family_id IS NULL OR x.state <> f.state OR x.area <> f.area OR x.party <> f.party
		UNION ALL SELECT d.family_id FROM document d LEFT JOIN document_blob b ON b.document_id = d.id WHERE b.document_id IS NULL`)
}

// checkRecords opens every record and compares what the columns, the blind indexes and the words say with it.
func (tx *Tx) checkRecords(f *Finding) error {
	type row struct {
		fam    registry.Family
		search string
		sealed []byte
		facts  []byte
		number []byte
	}
	after := int64(0)
	for {
		var page []row
		err := tx.each(func(rows *sql.Rows) error {
			var r row
			var party, state string
			err := rows.Scan(&r.fam.ID, &party, &state, &r.search, &r.sealed, &r.facts, &r.number)
			r.fam.Party, r.fam.Status.State = place.Country(party), registry.State(state)
			page = append(page, r)
			return err
		}, `SELECT f.id, f.party, f.state, f.search, r.record, x.facts, x.id_number FROM family f JOIN family_record r ON r.family_id = f.id
			JOIN family_fact x ON x.family_id = f.id WHERE f.id > $1 ORDER BY f.id LIMIT 500`, after)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
		last := page[len(page)-1].fam.ID
		blind := map[int64]map[blindRow]bool{}
		err = tx.each(func(rows *sql.Rows) error {
			var id int64
			var r blindRow
			var b []byte
			var slot int64
			err := rows.Scan(&id, &r.kind, &b, &slot)
			r.blind, r.holds = string(b), slot == 0
			if blind[id] == nil {
				blind[id] = map[blindRow]bool{}
			}
			blind[id][r] = true
			return err
		}, `SELECT family_id, kind, blind, slot FROM identifier WHERE family_id > $1 AND family_id <= $2`, after, last)
		if err != nil {
			return err
		}
		for i := range page {
			r := &page[i]
			if !tx.recordAgrees(&r.fam, r.search, r.sealed, r.facts, r.number, blind[r.fam.ID]) {
				f.hit(r.fam.ID)
				continue
			}
		}
		after = last
	}
}

func (tx *Tx) recordAgrees(fam *registry.Family, search string, sealed, facts, number []byte, blind map[blindRow]bool) bool {
	plain, err := tx.openDocID("family_record", "record", fam.ID, sealed)
	if err != nil {
		return false
	}
	var r sealedRecord
	if readRecord(fam.ID, plain, &r) != nil {
		return false
	}
	fam.Record = r.Record
	if _, err := tx.openID("family_fact", "facts", fam.ID, facts); err != nil {
		return false
	}
	id, err := tx.openID("family_fact", "id_number", fam.ID, number)
	if err != nil || string(id) != fam.Record.Lead.IDNumber || search != searchText(&fam.Record) {
		return false
	}
	rows := tx.blindRows(fam)
	if len(rows) != len(blind) {
		return false
	}
	for _, b := range rows {
		if !blind[b] {
			return false
		}
	}
	return true
}

// checkSealed opens every sealed value beside the records.
func (tx *Tx) checkSealed(f *Finding) error {
	for _, c := range []struct {
		table, column string
		byID          bool
		query         string
	}{
		{"draft", "form", true, `SELECT family_id, '', form FROM draft`},
		{"document", "words", false, `SELECT id, uid, words FROM document`},
		{"document_blob", "body", true, `SELECT document_id, '', body FROM document_blob`},
		{"document_blob", "thumb", true, `SELECT document_id, '', thumb FROM document_blob`},
		{"visit", "words", false, `SELECT id, uid, words FROM visit`},
		{"event", "words", false, `SELECT id, uid, words FROM event WHERE length(words) > 0`},
		{"waiver", "words", false, `SELECT id, uid, words FROM waiver`},
		{"assessment", "body", false, `SELECT id, uid, body FROM assessment`},
		{"saved_filter", "query", false, `SELECT id, uid, query FROM saved_filter`},
		{"exhibitor", "detail", false, `SELECT id, uid, detail FROM exhibitor`},
		{"incident", "detail", false, `SELECT id, uid, detail FROM incident`},
		{"export_file", "spec", false, `SELECT id, uid, spec FROM export_file`},
		{"export_block", "body", false, `SELECT file_id, file_id || '/' || n, body FROM export_block`},
		{"audit", "changes", true, `SELECT seq, '', changes FROM audit`},
		{"figure_family", "facts", true, `SELECT family_id, '', facts FROM figure_family`},
		{"sheet_import", "words", false, `SELECT id, uid, words FROM sheet_import`},
		{"sheet_import_part", "body", false, `SELECT p.import_id, i.uid || '/' || p.part, p.body FROM sheet_import_part p JOIN sheet_import i ON i.id = p.import_id`},
		{"sheet_import_row", "body", false, `SELECT r.import_id, i.uid || '/' || r.seq, r.body FROM sheet_import_row r JOIN sheet_import i ON i.id = r.import_id
			WHERE length(r.body) > 1`},
		{"sheet_mapping", "body", false, `SELECT user_id, user_id || '/' || shape, body FROM sheet_mapping`},
	} {
		err := tx.each(func(rows *sql.Rows) error {
			var id int64
			var uid string
			var sealed sql.RawBytes
			if err := rows.Scan(&id, &uid, &sealed); err != nil {
				return err
			}
			var err error
			if c.byID {
				_, err = tx.openID(c.table, c.column, id, sealed)
			} else {
				_, err = tx.openRow(c.table, c.column, uid, sealed)
			}
			if err != nil {
				f.hit(id)
				f.Args = []any{c.table}
			}
			return nil
		}, c.query)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

// checkAudited looks for families of which the audit log knows nothing.
func (tx *Tx) checkAudited(f *Finding) error {
	f.Severity = SeverityOK
	err := tx.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		f.hit(id)
		return err
	}, `SELECT f.id FROM family f WHERE NOT EXISTS (SELECT 1 FROM audit a WHERE a.entity = 'family' AND a.entity_id = f.id)`)
	if f.Count > 0 {
		f.Severity = SeverityWarning
	}
	return err
}

// checkFigures compares the kept sums with a count of every family. Sums that are behind the registry are no fault: they follow it.
func (tx *Tx) checkFigures(f *Finding) (err error) {
	var example string
	if f.Count, example, _, err = tx.CheckFigures(); f.Count > 0 {
		f.Severity, f.Args = SeverityWarning, []any{example}
	}
	return err
}
