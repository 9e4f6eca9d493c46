package service

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/store"
)

// JobReport makes an edition of a report. Its text is stored.
const JobReport = "report"

// Reports are definitions that are made again and again, and what they said each time: an edition never changes, and a new one is made instead.
type Reports struct {
	core
	jobs       *Jobs
	dashboards *Dashboards
	printer    ReportPrinter
}

// ReportPrinter makes the printed form of an edition. Package web gives it, because the pages are there; without one nothing is printed but by people's browsers.
type ReportPrinter func(ctx context.Context, e *PlannedEdition, lang string) ([]byte, error)

// SetPrinter says who makes PDFs. It is called once, before the jobs start.
func (s *Reports) SetPrinter(p ReportPrinter) { s.printer = p }

// CanPrint reports whether PDFs can be made here.
func (s *Reports) CanPrint() bool { return s.printer != nil }

// ReportForm is what a person types about a report.
type ReportForm struct {
	Name     string   `json:"name"`
	Sections []string `json:"sections"`
	Area     string   `json:"area"`
	Span     string   `json:"span"`
	Langs    []string `json:"langs"`
	Every    string   `json:"every"`
	Active   bool     `json:"active"`
}

// ReportViews returns the parts of which a report may be put together.
func ReportViews() []View {
	return []View{ViewRegistrations, ViewDecisions, ViewPeople, ViewLadder, ViewProgramme, ViewExhibitions, ViewBoth}
}

// ReportSpans returns the periods of which a report may speak.
func ReportSpans() []Span {
	return []Span{"last_month", "last_quarter", "last_year", "12m", "quarter", "year"}
}

// check holds a form to the rules.
func (f *ReportForm) check(party place.Country) error {
	var ps fault.Problems
	f.Name = strings.TrimSpace(f.Name)
	switch n := utf8.RuneCountInString(f.Name); {
	case n == 0:
		ps.Add("name", "problem.required")
	case n > 120:
		ps.Add("name", "problem.too_long", 120)
	}
	if len(f.Sections) == 0 {
		ps.Add("sections", "problem.required")
	}
	for _, x := range f.Sections {
		if !slices.Contains(ReportViews(), View(x)) {
			ps.Add("sections", "problem.choice")
			break
		}
	}
	if !slices.Contains(ReportSpans(), Span(f.Span)) {
		ps.Add("span", "problem.choice")
	}
	if a, ok := place.AreaByCode(f.Area); f.Area != "" && (!ok || a.Country != party) {
		ps.Add("area", "problem.choice")
	}
	if len(f.Langs) == 0 {
		ps.Add("langs", "problem.required")
	}
	for _, l := range f.Langs {
		if l != "ar" && l != "en" {
			ps.Add("langs", "problem.choice")
			break
		}
	}
	if !slices.Contains([]string{"", "month", "quarter"}, f.Every) {
		ps.Add("every", "problem.choice")
	}
	slices.Sort(f.Langs)
	f.Langs = slices.Compact(f.Langs)
	var sections []string // in the order of the views, each once
	for _, v := range ReportViews() {
		if slices.Contains(f.Sections, string(v)) {
			sections = append(sections, string(v))
		}
	}
	f.Sections = sections
	return ps.Err()
}

func (f *ReportForm) to(p *store.ReportPlan) {
	p.Name, p.Sections, p.Area, p.Span, p.Langs, p.Every, p.Active = f.Name, f.Sections, f.Area, f.Span, f.Langs, f.Every, f.Active
}

// ReportPlan is a report with its editions.
type ReportPlan struct {
	store.ReportPlan
	Next     calendar.Date // when it is made again; zero: only when asked for
	ByName   string
	Editions []store.ReportEdition
	Jobs     []store.Job // that are making an edition
}

// Plans returns the reports of the actor's party with their newest editions.
func (s *Reports) Plans(ctx context.Context, actor auth.Actor) (out []ReportPlan, err error) {
	if err := s.may(actor, auth.ReportList); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		out = nil
		plans, err := tx.ReportPlans(actor.Party)
		if err != nil {
			return err
		}
		for _, p := range plans {
			v, err := s.planView(tx, p, 1)
			if err != nil {
				return err
			}
			out = append(out, *v)
		}
		return nil
	})
	return out, err
}

// Plan returns one report with its editions.
func (s *Reports) Plan(ctx context.Context, actor auth.Actor, id int64) (out *ReportPlan, err error) {
	if err := s.may(actor, auth.ReportList); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		p, err := tx.ReportPlanByID(actor.Party, id)
		if err != nil {
			return err
		}
		out, err = s.planView(tx, *p, 60)
		return err
	})
	return out, err
}

func (s *Reports) planView(tx *store.Tx, p store.ReportPlan, editions int) (*ReportPlan, error) {
	v := &ReportPlan{ReportPlan: p}
	var err error
	if v.Editions, err = tx.ReportEditions(p.Party, p.ID, editions); err != nil {
		return nil, err
	}
	if p.Active && p.Every != "" {
		v.Next = dueDay(p.Every, s.today()).AddMonths(monthsOf(p.Every))
	}
	names, err := userNames(tx, p.By)
	v.ByName = names[p.By]
	if err != nil {
		return nil, err
	}
	jobs, err := tx.ListJobs(p.Party, jobListLen)
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		var params reportParams
		if j.Kind != JobReport || j.State != store.JobQueued && j.State != store.JobRunning {
			continue
		}
		if err := readJob(j.Params, &params); err != nil {
			return nil, err
		}
		if params.Plan == p.ID {
			v.Jobs = append(v.Jobs, j)
		}
	}
	return v, nil
}

func (s *Reports) may(actor auth.Actor, action auth.Action) error {
	return auth.Allow(actor, action, auth.Subject{Party: actor.Party})
}

// Create stores a new report and returns its id. What lies before its making is not made up for by itself.
func (s *Reports) Create(ctx context.Context, actor auth.Actor, f ReportForm, w Write) (int64, error) {
	if err := s.may(actor, auth.ReportPlan); err != nil {
		return 0, err
	}
	if err := f.check(actor.Party); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "report.create", w, f, func(tx *store.Tx) (string, error) {
		plans, err := tx.ReportPlans(actor.Party)
		if err != nil {
			return "", err
		}
		if len(plans) >= maxReportPlans {
			return "", fault.New(fault.State, "error.report.too_many", maxReportPlans)
		}
		p := store.ReportPlan{Party: actor.Party, By: actor.UserID, CreatedAt: now, UpdatedAt: now}
		f.to(&p)
		if p.Every != "" {
			p.DoneFor = dueDay(p.Every, officeDay(now))
		}
		if err := tx.InsertReportPlan(&p); err != nil {
			return "", err
		}
		return strconv.FormatInt(p.ID, 10), audit(tx, actor, now, string(auth.ReportPlan), store.AuditEntry{Entity: "report", EntityID: p.ID, Note: "create " + strings.Join(f.Sections, " ")})
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// maxReportPlans bounds the reports of a party: each page lists all.
const maxReportPlans = 40

// Edit changes a report; its editions stay what they are.
func (s *Reports) Edit(ctx context.Context, actor auth.Actor, id int64, f ReportForm, w Write) error {
	if err := s.may(actor, auth.ReportPlan); err != nil {
		return err
	}
	if err := f.check(actor.Party); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "report.edit", w, []any{id, f}, func(tx *store.Tx) (string, error) {
		p, err := tx.ReportPlanByID(actor.Party, id)
		if err != nil {
			return "", err
		}
		if p.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		if f.Every != p.Every || !p.Active {
			p.DoneFor = 0
			if f.Every != "" {
				p.DoneFor = dueDay(f.Every, officeDay(now))
			}
		}
		f.to(p)
		p.UpdatedAt = now
		if err := tx.UpdateReportPlan(p); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.ReportPlan), store.AuditEntry{Entity: "report", EntityID: id, Note: "edit " + strings.Join(f.Sections, " ")})
	})
	return err
}

type reportParams struct {
	Plan int64         `json:"plan"`
	Due  calendar.Date `json:"due,omitzero"` // the day from which the period counts; zero: the day on which it is made
}

// Run asks for an edition now and returns the job that makes it.
func (s *Reports) Run(ctx context.Context, actor auth.Actor, id int64, w Write) (int64, error) {
	if err := s.may(actor, auth.ReportPlan); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "report.run", w, id, func(tx *store.Tx) (string, error) {
		p, err := tx.ReportPlanByID(actor.Party, id)
		if err != nil {
			return "", err
		}
		job, err := queueReport(tx, p, calendar.Date(0), actor.UserID, now)
		if err != nil {
			return "", err
		}
		return strconv.FormatInt(job, 10), audit(tx, actor, now, string(auth.ReportPlan), store.AuditEntry{Entity: "report", EntityID: id, Note: "run"})
	})
	if err != nil {
		return 0, err
	}
	s.jobs.nudge()
	return strconv.ParseInt(res, 10, 64)
}

func queueReport(tx *store.Tx, p *store.ReportPlan, due calendar.Date, by int64, now time.Time) (int64, error) {
	params, err := writeJob(reportParams{p.ID, due})
	if err != nil {
		return 0, err
	}
	job := store.Job{Kind: JobReport, Party: p.Party, Params: params, By: by, CreatedAt: now, Total: int64(len(p.Sections) + len(p.Langs))}
	err = tx.InsertJob(&job)
	return job.ID, err
}

func monthsOf(every string) int {
	if every == "quarter" {
		return 3
	}
	return 1
}

// dueDay is the first day of the running month or quarter: from it on the one before is complete.
func dueDay(every string, today calendar.Date) calendar.Date {
	m := programme.MonthOf(today)
	if every == "quarter" {
		m -= m % 3
	}
	return firstOf(m)
}

// maxMadeUp is how many editions of one report are made up for when nobody was there to make them: a year of months.
const maxMadeUp = 12

// planned queues the reports that are due, each month or quarter that was missed included: what happened in it is counted for it, what stands is of the day on which it is made.
// It is part of the daily planning of jobs.
func (s *Reports) planned(tx *store.Tx, now time.Time) error {
	plans, err := tx.ReportPlans("")
	if err != nil {
		return err
	}
	for i := range plans {
		p := &plans[i]
		if !p.Active || p.Every == "" {
			continue
		}
		due := dueDay(p.Every, officeDay(now))
		if !p.DoneFor.Before(due) {
			continue
		}
		days := []calendar.Date{due}
		for p.DoneFor != 0 && len(days) < maxMadeUp {
			before := days[0].AddMonths(-monthsOf(p.Every))
			if !p.DoneFor.Before(before) {
				break
			}
			days = slices.Insert(days, 0, before)
		}
		p.DoneFor = due
		if err := tx.UpdateReportPlan(p); err != nil {
			return err
		}
		for _, day := range days {
			if _, err := queueReport(tx, p, day, 0, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// ReportBody is what an edition says, in no language: codes and numbers.
type ReportBody struct {
	Name     string                   `json:"name"`
	Party    place.Country            `json:"party"`
	Area     string                   `json:"area,omitempty"`
	Span     string                   `json:"span"`
	First    programme.Month          `json:"first"`
	Last     programme.Month          `json:"last"`
	Day      calendar.Date            `json:"day"` // standing figures are of this day
	Sections []ReportSection          `json:"sections"`
	Criteria map[string]criteria.Text `json:"criteria,omitempty"`
	Small    int                      `json:"small"` // the least number that is shown of the other country
}

// ReportSection is one view of the dashboard.
type ReportSection struct {
	View   View    `json:"view"`
	Tiles  []Tile  `json:"tiles,omitempty"`
	Panels []Panel `json:"panels"`
}

// reportActor sees what a report may hold: all sums of the party, no single person.
func reportActor(party place.Country) auth.Actor {
	return auth.Actor{UserID: 1, Role: auth.Analyst, Party: party, Areas: auth.AllAreas()}
}

// make works a job off: the figures of each section, the edition, its printed forms. One that was interrupted after the edition was stored goes on with what is not printed.
func (s *Reports) make(ctx context.Context, job *store.Job) error {
	var params reportParams
	if err := readJob(job.Params, &params); err != nil {
		return err
	}
	var plan *store.ReportPlan
	var edition *store.ReportEdition
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		edition = nil
		if plan, err = tx.ReportPlanByID(job.Party, params.Plan); err != nil {
			return err
		}
		e, err := tx.ReportEditionOfJob(job.Party, job.ID)
		if err == nil {
			edition = e
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	job.Total = int64(len(plan.Sections) + 1)
	if s.CanPrint() {
		job.Total += int64(len(plan.Langs))
	}
	step := func(fn func(tx *store.Tx) error) error {
		next := *job
		next.Done++
		err := s.db.Update(ctx, func(tx *store.Tx) error {
			n := next
			if fn != nil {
				if err := fn(tx); err != nil {
					return err
				}
			}
			err := tx.ProgressJob(&n, s.now())
			if err == nil {
				*job = n
			}
			return err
		})
		return err
	}
	job.Done = 0
	if edition == nil {
		if edition, err = s.edition(ctx, job, plan, params.Due, func() error { return step(nil) }); err != nil || job.Cancel {
			if err == nil {
				err = s.jobs.finish(ctx, job, store.JobCancelled, nil)
			}
			return err
		}
		if err := step(func(tx *store.Tx) error {
			e := *edition
			err := tx.InsertReportEdition(&e)
			if err == nil {
				*edition = e
			}
			return err
		}); err != nil {
			return err
		}
	} else {
		job.Done = int64(len(plan.Sections) + 1)
	}
	if s.CanPrint() {
		view, err := editionView(plan, edition, nil)
		if err != nil {
			return err
		}
		for _, lang := range plan.Langs {
			if slices.Contains(edition.PDFs, lang) {
				continue
			}
			limited, cancel := context.WithTimeout(ctx, printLimit)
			body, err := s.printer(limited, view, lang)
			cancel()
			if err != nil {
				return err
			}
			if err := step(func(tx *store.Tx) error { return tx.InsertReportPDF(edition.ID, lang, body) }); err != nil {
				return err
			}
		}
	}
	job.Done = job.Total
	return s.jobs.finish(ctx, job, store.JobDone, nil)
}

// edition reads the figures of all sections. The period counts from due, zero: from today.
func (s *Reports) edition(ctx context.Context, job *store.Job, plan *store.ReportPlan, due calendar.Date, progress func() error) (*store.ReportEdition, error) {
	for { // a report says what is, not what was counted some time ago
		more, err := s.dashboards.CountOn(ctx, 20_000)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
	}
	now := s.now()
	b := ReportBody{Name: plan.Name, Party: plan.Party, Area: plan.Area, Span: plan.Span, Day: officeDay(now), Criteria: map[string]criteria.Text{}, Small: programme.SmallCell}
	if due == 0 {
		due = b.Day
	}
	var ok bool
	if b.First, b.Last, ok = Span(plan.Span).Months(due); !ok {
		return nil, fault.New(fault.State, "error.report.span")
	}
	for _, section := range plan.Sections {
		q := BoardQuery{View: View(section), Span: Span(plan.Span), Area: plan.Area, On: due}
		board, err := s.dashboards.Board(ctx, reportActor(plan.Party), q)
		if err != nil {
			return nil, fmt.Errorf("counting %s: %w", section, err)
		}
		b.Sections = append(b.Sections, ReportSection{View: board.View, Tiles: board.Tiles, Panels: board.Panels})
		for code, title := range board.Criteria {
			b.Criteria[code] = title
		}
		if err := progress(); err != nil || job.Cancel {
			return nil, err
		}
	}
	body, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("writing the edition: %w", err)
	}
	return &store.ReportEdition{PlanID: plan.ID, Party: plan.Party, First: int(b.First), Last: int(b.Last), MadeAt: now, By: job.By, JobID: job.ID, Body: body}, nil
}

// PlannedEdition is an edition to be read, with the one before it.
type PlannedEdition struct {
	Edition store.ReportEdition
	Plan    store.ReportPlan
	Body    ReportBody
	Before  *ReportBody // nil for the first
}

func editionView(plan *store.ReportPlan, e *store.ReportEdition, before *store.ReportEdition) (*PlannedEdition, error) {
	v := &PlannedEdition{Edition: *e, Plan: *plan}
	if err := json.Unmarshal(e.Body, &v.Body); err != nil {
		return nil, fmt.Errorf("reading edition %d: %w", e.ID, err)
	}
	if before != nil {
		v.Before = &ReportBody{}
		if err := json.Unmarshal(before.Body, v.Before); err != nil {
			return nil, fmt.Errorf("reading edition %d: %w", before.ID, err)
		}
	}
	return v, nil
}

// Edition returns an edition of the actor's party.
func (s *Reports) Edition(ctx context.Context, actor auth.Actor, id int64) (out *PlannedEdition, err error) {
	if err := s.may(actor, auth.ReportList); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		e, err := tx.ReportEditionByID(actor.Party, id)
		if err != nil {
			return err
		}
		plan, err := tx.ReportPlanByID(actor.Party, e.PlanID)
		if err != nil {
			return err
		}
		before, err := tx.ReportEditionBefore(actor.Party, e.PlanID, e.Number)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err != nil {
			before = nil
		}
		out, err = editionView(plan, e, before)
		return err
	})
	return out, err
}

// PDF returns the printed form of an edition and notes that it went out.
func (s *Reports) PDF(ctx context.Context, actor auth.Actor, id int64, lang string) (body []byte, err error) {
	if err := s.may(actor, auth.ReportTake); err != nil {
		return nil, err
	}
	now := s.now()
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if body, err = tx.ReportPDF(actor.Party, id, lang); err != nil {
			return err
		}
		return audit(tx, actor, now, string(auth.ReportTake), store.AuditEntry{Entity: "report", EntityID: id, Note: "pdf " + lang})
	})
	return body, err
}

// Change is the difference of a number of an edition to the same number of the one before.
func (e *PlannedEdition) Change(view View, key string, party place.Country, unit, code string, series string) (diff int64, ok bool) {
	if e.Before == nil {
		return 0, false
	}
	now, ok := e.Body.value(view, key, party, unit, code, series)
	before, also := e.Before.value(view, key, party, unit, code, series)
	return now - before, ok && also
}

func (b *ReportBody) value(view View, key string, party place.Country, unit, code, series string) (int64, bool) {
	for _, s := range b.Sections {
		if s.View != view {
			continue
		}
		for _, t := range s.Tiles {
			if series == "" && t.Key == key {
				return t.Value.N, !t.Value.Hidden && !t.Value.None
			}
		}
		for _, p := range s.Panels {
			if p.Key != key || p.Party != party || p.Unit != unit {
				continue
			}
			at := slices.Index(p.Series, series)
			for _, l := range p.Lines {
				if l.Code == code && at >= 0 {
					return l.Values[at].N, !l.Values[at].Hidden && !l.Values[at].None
				}
			}
		}
	}
	return 0, false
}
