package web

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/sheet"
)

// The lists of an exhibition as files: a workbook with a cover, and the first of its sheets as CSV. Each going out is in the audit log.
var fairFileRoutes = []route{
	{method: "GET", path: "/exhibitions/:id/roster.xlsx", access: permit, action: auth.RosterView, handle: fairFile(auth.RosterView, "xlsx", (*Server).rosterBook)},
	{method: "GET", path: "/exhibitions/:id/roster.csv", access: permit, action: auth.RosterView, handle: fairFile(auth.RosterView, "csv", (*Server).rosterBook)},
	{method: "GET", path: "/exhibitions/:id/packing.xlsx", access: permit, action: auth.PackingEdit, handle: fairFile(auth.PackingEdit, "xlsx", (*Server).packingBook)},
	{method: "GET", path: "/exhibitions/:id/packing.csv", access: permit, action: auth.PackingEdit, handle: fairFile(auth.PackingEdit, "csv", (*Server).packingBook)},
	{method: "GET", path: "/exhibitions/:id/report.xlsx", access: permit, action: auth.ReportView, handle: fairFile(auth.ReportView, "xlsx", (*Server).reportBook)},
	{method: "GET", path: "/exhibitions/:id/report.csv", access: permit, action: auth.ReportView, handle: fairFile(auth.ReportView, "csv", (*Server).reportBook)},
}

// fairBook is what a file of an exhibition holds, in the reader's words.
type fairBook struct {
	name      string // of the file
	title     string
	of        *exhibition.Exhibition
	sheets    []sheet.Sheet
	summaries []sheet.Summary
	cover     []sheet.Line
}

// table adds a sheet of rows.
func (b *fairBook) table(name string, columns []sheet.OutColumn, rows [][]sheet.Value) {
	b.sheets = append(b.sheets, sheet.Sheet{Name: name, Columns: columns, Count: len(rows), Rows: func(yield func([]sheet.Value) error) error {
		for _, row := range rows {
			if err := yield(row); err != nil {
				return err
			}
		}
		return nil
	}})
}

// fairFile answers with what read makes, and notes that it went out.
func fairFile(action auth.Action, format string, read func(*Server, *request) (*fairBook, error)) func(*Server, *request) error {
	return func(s *Server, r *request) error {
		b, err := read(s, r)
		if err != nil {
			return err
		}
		w := r.words()
		t := &b.of.Terms
		name := w.show(t.Name, t.NameEN)
		var out bytes.Buffer
		if format == "csv" {
			err = sheet.CSV(&out, b.sheets[0], w.T)
		} else {
			cover := []sheet.Line{{Name: w.T("field.exhibition"), Text: name}, {Name: w.T("fair.days"), Text: w.Date(t.First.String()) + " – " + w.Date(t.Last.String())},
				{Name: w.T("field.host"), Text: w.country(string(t.Host))}, {Name: w.T("field.venue"), Text: t.VenueIn(w.Lang())}}
			err = sheet.Write(&out, sheet.Workbook{Lang: w.Lang(), Say: w.T, Title: b.title, Author: r.actor.Name, At: s.svc.Now().In(zoneOf(r.actor.Party)), Cover: append(cover, b.cover...), Sheets: b.sheets,
				Summaries: b.summaries})
		}
		if err != nil {
			return err
		}
		if err := s.svc.Exhibitions.Took(r.ctx(), r.actor, action, b.of.ID, b.name+" "+format+" "+strconv.Itoa(b.sheets[0].Count)); err != nil {
			return err
		}
		kind := xlsxType
		if format == "csv" {
			kind = "text/csv; charset=utf-8"
		}
		file := b.name + "-" + itoa(b.of.ID) + "." + format
		r.c.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		r.c.Set("Content-Type", kind)
		r.c.Set("Content-Disposition", `attachment; filename="`+file+`"; filename*=UTF-8''`+strings.ReplaceAll(url.QueryEscape(b.title+" "+name), "+", "%20")+"."+format)
		return r.c.Send(out.Bytes())
	}
}

// columnsOf makes columns from pairs of a key and a kind.
func (w words) columnsOf(list ...fairColumn) []sheet.OutColumn {
	out := make([]sheet.OutColumn, len(list))
	for i, c := range list {
		out[i] = sheet.OutColumn{Title: w.T(c.key), Kind: c.kind, Width: c.width}
	}
	return out
}

type fairColumn struct {
	key   string
	kind  sheet.OutKind
	width float64
}

func cellText(s string) sheet.Value     { return sheet.TextValue(s) }
func cellInt(n int) sheet.Value         { return sheet.IntValue(int64(n)) }
func cellMoney(minor int64) sheet.Value { return sheet.MoneyValue(minor) }

// feeColumns are what an exhibitor owes for its place.
var feeColumns = []fairColumn{{"report.fee_due", sheet.OutMoney, 14}, {"report.fee_borne", sheet.OutMoney, 16}, {"fee.left", sheet.OutMoney, 14}, {"report.fee_currency", sheet.OutText, 10}}

func (s *Server) rosterBook(r *request) (*fairBook, error) {
	p, err := s.readRoster(r)
	if err != nil {
		return nil, err
	}
	w := r.words()
	b := &fairBook{name: "roster", title: w.T("roster.title"), of: p.Exhibition}
	rows := make([][]sheet.Value, len(p.Rows))
	for i, x := range p.Rows {
		a := x.Participation.Application
		rows[i] = []sheet.Value{cellText(x.Participation.Name), cellText(x.Participation.NameEN), cellText(a.Sign), cellText(a.SignEN), cellText(x.Party), cellText(x.Craft), cellText(x.Area), cellText(a.Products), cellText(x.Wave),
			cellText(x.Stand.Hall), cellText(x.Stand.Code)}
		if p.FeeIn == "" {
			continue
		}
		if x.Fee == nil {
			rows[i] = append(rows[i], sheet.Value{}, sheet.Value{}, sheet.Value{}, sheet.Value{})
			continue
		}
		rows[i] = append(rows[i], cellMoney(x.Fee.Due), cellMoney(x.Fee.Borne), cellMoney(x.Fee.Left()), cellText(p.FeeIn))
	}
	columns := []fairColumn{{"field.exhibitor_name", sheet.OutText, 30}, {"fair.name_en", sheet.OutText, 26}, {"field.sign", sheet.OutText, 28},
		{"field.sign_en", sheet.OutText, 24}, {"roster.party", sheet.OutText, 10}, {"field.craft", sheet.OutText, 24}, {"roster.area", sheet.OutText, 18},
		{"field.products", sheet.OutText, 44}, {"field.wave", sheet.OutText, 16}, {"stand.hall", sheet.OutText, 20}, {"stand.booth", sheet.OutID, 12}}
	if p.FeeIn != "" {
		columns = append(columns, feeColumns...)
	}
	b.table(b.title, w.columnsOf(columns...), rows)
	b.cover = []sheet.Line{{Name: w.T("fair.note"), Text: w.T("roster.text")}}
	return b, nil
}

func (s *Server) packingBook(r *request) (*fairBook, error) {
	p, err := s.readPacking(r)
	if err != nil {
		return nil, err
	}
	w := r.words()
	b := &fairBook{name: "packing", title: w.T("packing.title"), of: p.Exhibition}
	purposes := []string{w.T("packing.sale"), w.T("packing.display")}
	var rows [][]sheet.Value
	for _, x := range p.Shipments {
		for _, i := range x.Rows {
			purpose := purposes[1]
			if i.ForSale {
				purpose = purposes[0]
			}
			rows = append(rows, []sheet.Value{cellInt(i.Shipment), cellText(i.Exhibitor), cellText(i.Text), cellText(i.TextEN), cellText(i.HSCode), cellText(purpose), cellInt(i.Quantity), cellText(i.Unit), cellMoney(i.Value), cellMoney(i.Total()),
				cellText(i.Currency), sheet.IntValue(i.Weight()), cellText(i.Stand.Hall), cellText(i.Stand.Code)})
		}
	}
	columns := w.columnsOf(fairColumn{"field.shipment", sheet.OutInt, 10}, fairColumn{"field.exhibitor_name", sheet.OutText, 30}, fairColumn{"field.item", sheet.OutText, 30}, fairColumn{"field.item_en", sheet.OutText, 26},
		fairColumn{"field.hs_code", sheet.OutID, 12}, fairColumn{"field.purpose", sheet.OutChoice, 14}, fairColumn{"field.quantity", sheet.OutInt, 10}, fairColumn{"field.unit", sheet.OutText, 10},
		fairColumn{"field.value", sheet.OutMoney, 14}, fairColumn{"packing.total", sheet.OutMoney, 16}, fairColumn{"packing.currency", sheet.OutText, 10}, fairColumn{"fair.grams", sheet.OutInt, 14},
		fairColumn{"stand.hall", sheet.OutText, 20}, fairColumn{"stand.booth", sheet.OutID, 12})
	columns[5].Choices = purposes
	b.table(b.title, columns, rows)
	return b, nil
}

// reportBook has the exhibitors first, then who came on which day, what was sold, the sums by day, craft, area, sex and first-timers, and the editions of the series.
func (s *Server) reportBook(r *request) (*fairBook, error) {
	p, err := s.readReport(r)
	if err != nil {
		return nil, err
	}
	w := r.words()
	zone := zoneOf(r.actor.Party)
	b := &fairBook{name: "report", title: w.T("report.title"), of: p.Exhibition, cover: []sheet.Line{{Name: w.T("packing.currency"), Text: w.T("currency." + p.Currency)}, {Name: w.T("fair.note"), Text: w.T("report.currencies")}}}
	name, currency := fairColumn{"field.exhibitor_name", sheet.OutText, 30}, fairColumn{"packing.currency", sheet.OutText, 10}
	craft, area := fairColumn{"field.craft", sheet.OutText, 24}, fairColumn{"roster.area", sheet.OutText, 18}
	hall, booth := fairColumn{"stand.hall", sheet.OutText, 20}, fairColumn{"stand.booth", sheet.OutID, 12}
	exhibitors, days, sales := fairColumn{"report.exhibitors", sheet.OutInt, 12}, fairColumn{"report.days", sheet.OutInt, 12}, fairColumn{"report.sales", sheet.OutMoney, 16}
	day := fairColumn{"field.day", sheet.OutDate, 14}
	byID := map[int64]*reportRow{}
	rows := make([][]sheet.Value, len(p.Rows))
	for i := range p.Rows {
		x := &p.Rows[i]
		byID[x.ID] = x
		sex := ""
		if x.Traits.Sex != "" {
			sex = w.code("sex", string(x.Traits.Sex))
		}
		rows[i] = []sheet.Value{cellText(x.Name), cellText(x.Craft), cellText(x.Area), cellText(sex), sheet.BoolValue(x.Traits.FirstTime), cellText(w.T("enum.participation_state." + string(x.State))), cellText(x.Stand.Hall), cellText(x.Stand.Code),
			cellInt(x.Days), cellMoney(x.ReportExhibitor.Sales), cellText(p.Currency), cellMoney(x.Due), cellMoney(x.Borne), cellMoney(x.Left()), cellText(p.Fees.In)}
	}
	b.table(w.T("roster.title"), w.columnsOf(name, craft, area, fairColumn{"report.sex", sheet.OutText, 10}, fairColumn{"enum.quota.first_time", sheet.OutBool, 12}, fairColumn{"report.state", sheet.OutText, 14}, hall, booth,
		days, sales, currency, feeColumns[0], feeColumns[1], feeColumns[2], feeColumns[3]), rows)
	came := make([][]sheet.Value, 0, len(p.Came))
	for _, a := range p.Came {
		if x := byID[a.ParticipationID]; x != nil {
			came = append(came, []sheet.Value{sheet.DateValue(a.Day), cellText(x.Name), cellText(x.Craft), cellText(x.Area), cellText(x.Stand.Hall), cellText(x.Stand.Code), sheet.InstantValue(a.At.In(zone))})
		}
	}
	b.table(w.T("fair.attendance"), w.columnsOf(day, name, craft, area, hall, booth, fairColumn{"sale.came", sheet.OutInstant, 20}), came)
	sold := make([][]sheet.Value, 0, len(p.Sold))
	for _, a := range p.Sold {
		if x := byID[a.ParticipationID]; x != nil {
			sold = append(sold, []sheet.Value{sheet.DateValue(a.Day), cellText(x.Name), cellText(x.Craft), cellText(x.Area), cellMoney(a.Amount), cellText(a.Currency), cellInt(a.Pieces), cellText(a.Best)})
		}
	}
	b.table(w.T("sale.title"), w.columnsOf(day, name, craft, area, sales, currency, fairColumn{"field.pieces", sheet.OutInt, 10}, fairColumn{"field.best", sheet.OutText, 24}), sold)
	var perDay [][]sheet.Value
	dayChart := sheet.Summary{Name: w.T("fair.chart_days"), Title: w.T("report.per_day"), Label: w.T("field.day"), Series: []string{w.T("report.present")}, Chart: sheet.ChartColumns}
	for _, d := range p.Report.Days {
		perDay = append(perDay, []sheet.Value{sheet.DateValue(d.Day), cellInt(d.Present), cellMoney(d.Sales), cellText(p.Currency)})
		dayChart.Rows = append(dayChart.Rows, sheet.SummaryRow{Label: w.Date(d.Day.String()), Counts: []int64{int64(d.Present)}})
	}
	b.table(w.T("report.per_day"), w.columnsOf(day, fairColumn{"report.present", sheet.OutInt, 12}, sales, currency), perDay)
	for i, g := range p.Groups {
		var lines [][]sheet.Value
		chart := sheet.Summary{Name: w.T("fair.chart") + " " + w.T(g.Title), Title: w.T(g.Title), Label: w.T(g.Title), Series: []string{w.T("report.exhibitors")}}
		for _, l := range g.Lines {
			lines = append(lines, []sheet.Value{cellText(l.Name), cellInt(l.Exhibitors), cellInt(l.Days), cellMoney(l.Sales), cellText(p.Currency)})
			chart.Rows = append(chart.Rows, sheet.SummaryRow{Label: l.Name, Counts: []int64{int64(l.Exhibitors)}})
		}
		b.table(w.T(g.Title), w.columnsOf(fairColumn{g.Title, sheet.OutText, 28}, exhibitors, days, sales, currency), lines)
		if i == 0 && len(lines) > 0 {
			b.summaries = append(b.summaries, chart)
		}
	}
	if len(perDay) > 0 && len(perDay) <= 60 {
		b.summaries = append(b.summaries, dayChart)
	}
	var editions [][]sheet.Value
	for _, x := range p.Editions {
		editions = append(editions, []sheet.Value{cellText(x.Name), cellInt(x.Edition), sheet.DateValue(x.First), cellInt(x.Exhibitors), cellInt(x.FirstTime), cellInt(x.Women), cellInt(x.Days), cellMoney(x.Sales), cellText(x.Currency)})
	}
	b.table(w.T("report.editions"), w.columnsOf(fairColumn{"field.exhibition", sheet.OutText, 34}, fairColumn{"field.edition", sheet.OutInt, 10}, fairColumn{"field.first", sheet.OutDate, 14}, exhibitors,
		fairColumn{"enum.quota.first_time", sheet.OutInt, 12}, fairColumn{"enum.quota.women", sheet.OutInt, 12}, days, sales, currency), editions)
	return b, nil
}
