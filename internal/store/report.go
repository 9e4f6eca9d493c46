package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// ReportPlan is a report that is made again and again. Version counts saves from 1.
type ReportPlan struct {
	ID, Version int64
	Party       place.Country
	Name        string
	Sections    []string // views of the dashboard
	Area        string   // "" for the whole party
	Span        string   // which period
	Langs       []string // of its printed form
	Every       string   // "month", "quarter", "" only when asked for
	Active      bool
	By          int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
	DoneFor     calendar.Date // last day of the newest period that was made by itself
}

// ReportEdition is what a report said once. Nothing of it ever changes.
type ReportEdition struct {
	ID, PlanID  int64
	Party       place.Country
	Number      int // from 1 in each plan
	First, Last int // months, see programme.Month
	MadeAt      time.Time
	By          int64 // 0: made by itself
	JobID       int64
	SHA256      string // of Body
	Body        []byte // JSON; nil in lists
	PDFs        []string
}

const reportPlanColumns = `id, version, party, name, sections, area, span, langs, every, active, by_id, created_at, updated_at, done_for`

func scanReportPlan(scan func(...any) error) (p ReportPlan, err error) {
	var party, sections, langs, created, updated, done string
	var active int64
	err = scan(&p.ID, &p.Version, &party, &p.Name, &sections, &p.Area, &p.Span, &langs, &p.Every, &active, &p.By, &created, &updated, &done)
	p.Party, p.Sections, p.Langs, p.Active = place.Country(party), strings.Fields(sections), strings.Fields(langs), active == 1
	p.CreatedAt, p.UpdatedAt, p.DoneFor = unstamp(created), unstamp(updated), undate(done)
	return p, err
}

// InsertReportPlan stores a new plan and sets its ID and Version 1.
func (tx *Tx) InsertReportPlan(p *ReportPlan) error {
	err := tx.row(into(&p.ID), `INSERT INTO report_plan (version, party, name, sections, area, span, langs, every, active, by_id, created_at, updated_at, done_for)
		VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`, string(p.Party), p.Name, strings.Join(p.Sections, " "), p.Area, p.Span, strings.Join(p.Langs, " "), p.Every, flag(p.Active), p.By,
		stamp(p.CreatedAt), stamp(p.UpdatedAt), p.DoneFor.String())
	p.Version = 1
	return err
}

// UpdateReportPlan stores a plan anew; another version on file is fault.Stale.
func (tx *Tx) UpdateReportPlan(p *ReportPlan) error {
	n, err := tx.exec(`UPDATE report_plan SET version = version + 1, name = $3, sections = $4, area = $5, span = $6, langs = $7, every = $8, active = $9, updated_at = $10, done_for = $11
		WHERE id = $1 AND version = $2`, p.ID, p.Version, p.Name, strings.Join(p.Sections, " "), p.Area, p.Span, strings.Join(p.Langs, " "), p.Every, flag(p.Active), stamp(p.UpdatedAt), p.DoneFor.String())
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	p.Version++
	return nil
}

// ReportPlans returns the plans of a party ("" of all), oldest first; 500 at most.
func (tx *Tx) ReportPlans(party place.Country) (out []ReportPlan, err error) {
	err = tx.each(func(rows *sql.Rows) error {
		p, err := scanReportPlan(rows.Scan)
		out = append(out, p)
		return err
	}, `SELECT `+reportPlanColumns+` FROM report_plan WHERE ($1 = '' OR party = $1) ORDER BY id LIMIT 500`, string(party))
	return out, err
}

// ReportPlanByID returns a plan of a party, else fault.NotFound.
func (tx *Tx) ReportPlanByID(party place.Country, id int64) (*ReportPlan, error) {
	p, err := scanReportPlan(func(dest ...any) error {
		return tx.row(dest, `SELECT `+reportPlanColumns+` FROM report_plan WHERE id = $1 AND party = $2`, id, string(party))
	})
	return &p, err
}

// InsertReportEdition stores what a report said with its hash and sets its ID and Number. The same job makes one edition only: fault.Duplicate.
func (tx *Tx) InsertReportEdition(e *ReportEdition) error {
	sum := sha256.Sum256(e.Body)
	e.SHA256 = hex.EncodeToString(sum[:])
	if err := tx.row(into(&e.Number), `SELECT coalesce(max(number), 0) + 1 FROM report_edition WHERE plan_id = $1`, e.PlanID); err != nil {
		return err
	}
	return tx.row(into(&e.ID), `INSERT INTO report_edition (plan_id, party, number, first, last, made_at, by_id, job_id, sha256, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
		e.PlanID, string(e.Party), e.Number, e.First, e.Last, stamp(e.MadeAt), e.By, e.JobID, e.SHA256, string(e.Body))
}

const editionColumns = `id, plan_id, party, number, first, last, made_at, by_id, job_id, sha256`

func scanEdition(scan func(...any) error, more ...any) (e ReportEdition, err error) {
	var party, made string
	err = scan(append(into(&e.ID, &e.PlanID, &party, &e.Number, &e.First, &e.Last, &made, &e.By, &e.JobID, &e.SHA256), more...)...)
	e.Party, e.MadeAt = place.Country(party), unstamp(made)
	return e, err
}

// ReportEditions returns the editions of a plan, newest first, without their bodies.
func (tx *Tx) ReportEditions(party place.Country, plan int64, limit int) (out []ReportEdition, err error) {
	err = tx.each(func(rows *sql.Rows) error {
		e, err := scanEdition(rows.Scan)
		out = append(out, e)
		return err
	}, `SELECT `+editionColumns+` FROM report_edition WHERE plan_id = $1 AND party = $2 ORDER BY number DESC LIMIT $3`, plan, string(party), limit)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if out[i].PDFs, err = tx.pdfsOf(out[i].ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ReportEditionByID returns an edition of a party with its body, else fault.NotFound. A body that does not agree with its hash is an error.
func (tx *Tx) ReportEditionByID(party place.Country, id int64) (*ReportEdition, error) {
	return tx.edition(`id = $1 AND party = $2`, id, string(party))
}

// ReportEditionBefore returns the edition before a number, else fault.NotFound.
func (tx *Tx) ReportEditionBefore(party place.Country, plan int64, number int) (*ReportEdition, error) {
	return tx.edition(`plan_id = $1 AND party = $2 AND number = $3`, plan, string(party), number-1)
}

// ReportEditionOfJob returns the edition that a job made, else fault.NotFound.
func (tx *Tx) ReportEditionOfJob(party place.Country, job int64) (*ReportEdition, error) {
	return tx.edition(`job_id = $1 AND party = $2`, job, string(party))
}

func (tx *Tx) edition(where string, args ...any) (*ReportEdition, error) {
	var text string
	e, err := scanEdition(func(dest ...any) error {
		return tx.row(dest, `SELECT `+editionColumns+`, body FROM report_edition WHERE `+where, args...)
	}, &text)
	if err != nil {
		return nil, err
	}
	e.Body = []byte(text)
	if sum := sha256.Sum256(e.Body); hex.EncodeToString(sum[:]) != e.SHA256 {
		return nil, fmt.Errorf("edition %d is not what it was", e.ID)
	}
	e.PDFs, err = tx.pdfsOf(e.ID)
	return &e, err
}

func (tx *Tx) pdfsOf(edition int64) (langs []string, err error) {
	err = tx.each(func(rows *sql.Rows) error {
		var lang string
		err := rows.Scan(&lang)
		langs = append(langs, lang)
		return err
	}, `SELECT lang FROM report_pdf WHERE edition_id = $1 ORDER BY lang`, edition)
	return langs, err
}

// InsertReportPDF keeps the printed form of an edition; one that is there already stays.
func (tx *Tx) InsertReportPDF(edition int64, lang string, body []byte) error {
	sum := sha256.Sum256(body)
	_, err := tx.exec(`INSERT INTO report_pdf (edition_id, lang, sha256, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, edition, lang, hex.EncodeToString(sum[:]), body)
	return err
}

// ReportPDF returns the printed form of an edition of a party, else fault.NotFound.
func (tx *Tx) ReportPDF(party place.Country, edition int64, lang string) (body []byte, err error) {
	err = tx.row(into(&body), `SELECT p.body FROM report_pdf p JOIN report_edition e ON e.id = p.edition_id WHERE e.id = $1 AND e.party = $2 AND p.lang = $3`, edition, string(party), lang)
	return body, err
}
