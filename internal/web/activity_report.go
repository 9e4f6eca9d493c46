package web

import (
	"bytes"
	"strconv"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/sheet"
)

// activityReportPage is the Body of activity/report: what both ministries did in a year, made to be printed.
type activityReportPage struct {
	Year     int
	Years    []int
	Total    programme.Tally
	Strands  []strandReport
	Kinds    []tallyRow
	Hosts    []hostRow
	Fairs    []fairRow
	Idle     []string // clauses under which nothing was planned
	Today    calendar.Date
	Complete bool // the year is over
}

// strandReport is one strand with its activities.
type strandReport struct {
	Name  string
	Tally programme.Tally
	Rows  []activityRow
}

type tallyRow struct {
	Name  string
	Tally programme.Tally
}

type hostRow struct {
	Name             string
	Hosted, GivenDoc int
}

type fairRow struct {
	Name, URL, Host string
	First, Last     calendar.Date
	Status          string
}

// reportYear is the year of a joint report: of the query, else this year, held to the term.
func (r *request) reportYear(today calendar.Date) (int, error) {
	q := r.query()["year"]
	if len(q) == 0 {
		return min(max(today.Year(), programme.FirstYear), programme.LastYear), nil
	}
	y, err := strconv.Atoi(q[0])
	if err != nil || y < programme.FirstYear || y > programme.LastYear {
		return 0, fault.New(fault.NotFound, "error.not_found")
	}
	return y, nil
}

func (s *Server) readActivityReport(r *request) (*activityReportPage, error) {
	l, err := s.svc.Activities.List(r.ctx(), r.actor)
	if err != nil {
		return nil, err
	}
	year, err := r.reportYear(l.Today)
	if err != nil {
		return nil, err
	}
	w := r.words()
	j := l.Joint(year)
	b := &activityReportPage{Year: year, Total: j.Total, Today: l.Today, Complete: l.Today.Year() > year}
	for y := programme.FirstYear; y <= programme.LastYear; y++ {
		b.Years = append(b.Years, y)
	}
	rows := map[programme.Strand][]activityRow{}
	for i := len(l.Activities) - 1; i >= 0; i-- { // by first day
		a := &l.Activities[i]
		if a.First.Year() != year {
			continue
		}
		row := w.activityRow(l, i, r.actor.Party)
		for _, st := range a.Strands() {
			rows[st] = append(rows[st], row)
		}
	}
	for _, st := range programme.Strands() {
		b.Strands = append(b.Strands, strandReport{w.T(string(st.Title())), *j.Strands[st], rows[st]})
	}
	for _, k := range programme.ActivityKinds() {
		b.Kinds = append(b.Kinds, tallyRow{w.T("enum.activity_kind." + string(k)), *j.Kinds[k]})
	}
	for _, p := range place.Countries() {
		b.Hosts = append(b.Hosts, hostRow{w.country(string(p)), j.Hosts[p], j.Given[p]})
	}
	for i := len(l.Exhibitions) - 1; i >= 0; i-- {
		e := &l.Exhibitions[i]
		if e.Terms.First.Year() == year {
			b.Fairs = append(b.Fairs, fairRow{w.show(e.Terms.Name, e.Terms.NameEN), exhibitionURL(e.ID), w.country(string(e.Terms.Host)), e.Terms.First, e.Terms.Last, string(e.Status)})
		}
	}
	for _, c := range programme.Clauses("") {
		if j.Clauses[c].Planned == 0 && (c != programme.ClauseExhibitions || len(b.Fairs) == 0) {
			b.Idle = append(b.Idle, w.T(string(programme.ClauseTitle(c))))
		}
	}
	return b, nil
}

func (s *Server) activityReport(r *request) error {
	b, err := s.readActivityReport(r)
	if err != nil {
		return err
	}
	return r.page(0, "activity/report", nil, b)
}

// activityBook is the joint report of a year as a workbook: strands, activities, exhibitions. That it went out is in the audit log.
func (s *Server) activityBook(r *request) error {
	b, err := s.readActivityReport(r)
	if err != nil {
		return err
	}
	w := r.words()
	book := fairBook{title: w.T("activity.report_title", strconv.Itoa(b.Year))}
	n := func(v int) sheet.Value { return cellInt(v) }
	tally := func(name string, t *programme.Tally) []sheet.Value {
		return []sheet.Value{cellText(name), n(t.Planned), n(t.Held), n(t.Late), n(t.Cancelled), n(t.Outputs), n(t.Papers), n(t.Done), n(t.Open), n(t.Overdue)}
	}
	columns := func(first string) []sheet.OutColumn {
		return w.columnsOf(fairColumn{first, sheet.OutText, 34}, fairColumn{"activity.planned", sheet.OutInt, 12}, fairColumn{"activity.held", sheet.OutInt, 12}, fairColumn{"activity.late", sheet.OutInt, 12},
			fairColumn{"activity.cancelled", sheet.OutInt, 12}, fairColumn{"activity.with_outputs", sheet.OutInt, 14}, fairColumn{"activity.papers", sheet.OutInt, 12}, fairColumn{"activity.done", sheet.OutInt, 14},
			fairColumn{"activity.open", sheet.OutInt, 14}, fairColumn{"activity.overdue", sheet.OutInt, 14})
	}
	var strands, kinds, list, fairs [][]sheet.Value
	for i := range b.Strands {
		st := &b.Strands[i]
		strands = append(strands, tally(st.Name, &st.Tally))
		for _, x := range st.Rows {
			list = append(list, []sheet.Value{cellText(st.Name), cellText(x.Title), cellText(w.T("enum.activity_kind." + string(x.Kind))), sheet.DateValue(x.First), sheet.DateValue(x.Last), cellText(x.Host), cellText(x.Place),
				cellText(w.T("enum.activity_status." + string(x.Progress))), n(len(x.Delegates)), cellText(x.Outputs), n(x.Open)})
		}
	}
	for i := range b.Kinds {
		kinds = append(kinds, tally(b.Kinds[i].Name, &b.Kinds[i].Tally))
	}
	for _, f := range b.Fairs {
		fairs = append(fairs, []sheet.Value{cellText(f.Name), sheet.DateValue(f.First), sheet.DateValue(f.Last), cellText(f.Host), cellText(w.T("enum.exhibition_status." + f.Status))})
	}
	book.table(w.T("activity.by_strand"), columns("activity.strand"), strands)
	book.table(w.T("activity.by_kind"), columns("activity.form.kind"), kinds)
	book.table(w.T("activities.title"), w.columnsOf(fairColumn{"activity.strand", sheet.OutText, 22}, fairColumn{"activity.form.title", sheet.OutText, 40}, fairColumn{"activity.form.kind", sheet.OutText, 18},
		fairColumn{"field.first", sheet.OutDate, 14}, fairColumn{"field.last", sheet.OutDate, 14}, fairColumn{"field.host", sheet.OutText, 12}, fairColumn{"activity.form.place", sheet.OutText, 24},
		fairColumn{"activity.status", sheet.OutText, 14}, fairColumn{"activity.delegates", sheet.OutInt, 12}, fairColumn{"activity.form.outputs", sheet.OutText, 60}, fairColumn{"activity.open", sheet.OutInt, 14}), list)
	book.table(w.T("activity.fairs"), w.columnsOf(fairColumn{"field.exhibition", sheet.OutText, 40}, fairColumn{"field.first", sheet.OutDate, 14}, fairColumn{"field.last", sheet.OutDate, 14},
		fairColumn{"field.host", sheet.OutText, 12}, fairColumn{"activity.status", sheet.OutText, 14}), fairs)
	var out bytes.Buffer
	err = sheet.Write(&out, sheet.Workbook{Lang: w.Lang(), Say: w.T, Title: book.title, Author: r.actor.Name, At: s.svc.Now().In(zoneOf(r.actor.Party)), Sheets: book.sheets,
		Cover: []sheet.Line{{Name: w.T("activity.year"), Text: strconv.Itoa(b.Year)}, {Name: w.T("fair.note"), Text: w.T("activity.report_note")}}})
	if err != nil {
		return err
	}
	if err := s.svc.Activities.Took(r.ctx(), r.actor, b.Year); err != nil {
		return err
	}
	return r.sendWorkbook(book.title+".xlsx", out.Bytes())
}
