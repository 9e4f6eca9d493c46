package web_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
	"muntija/internal/testkit"
	"muntija/internal/web"
)

// TestDashboardWeight draws every view as it is for a full registry: each area, craft, rung, benefit and reason has a line of six-digit figures, and sixty exhibitions were held
// in the year. A page may have 60 KB; five are left to spare.
func TestDashboardWeight(t *testing.T) {
	pages, err := sitePages()
	if err != nil {
		t.Fatal(err)
	}
	o := testkit.Service(t)
	o.Update(t, func(tx *store.Tx) error {
		for i := range 60 {
			e := storetest.Exhibition(i+1, 40)
			e.Terms.Name, e.Terms.NameEN = fmt.Sprintf("من الوطن: معرض الدوحة المشترك رقم %d", i+1), fmt.Sprintf("From the Homeland: joint fair in Doha number %d", i+1)
			e.Terms.Host = place.Countries()[i%2]
			e.Terms.First = o.Clock.Today().AddDays(-5 * (i + 1))
			e.Terms.Last = e.Terms.First.AddDays(4)
			if err := tx.InsertExhibition(e); err != nil {
				return err
			}
		}
		return nil
	})
	for _, role := range []auth.Role{auth.FieldWorker, auth.Reviewer, auth.Coordinator, auth.Analyst, auth.Administrator} {
		for _, party := range place.Countries() {
			actor := testkit.Actor(role, party)
			for _, view := range service.ViewsOf(actor) {
				b, err := o.Dashboards.Board(context.Background(), actor, service.BoardQuery{View: view})
				if err != nil {
					t.Fatal(err)
				}
				lines := 0
				for i := range b.Panels {
					fillPanel(&b.Panels[i], party)
					lines += len(b.Panels[i].Lines)
				}
				for _, lang := range []string{"ar", "en"} {
					html, err := web.BoardHTML(pages, lang, actor, b)
					if err != nil {
						t.Fatal(err)
					}
					const menu = 4 << 10 // what is above every page: the places to go to, tokens
					const most = 55 << 10
					if size := len(html) + menu; size > most {
						t.Errorf("%s of %s, %s in %s: %d bytes for %d lines in %d panels, want at most %d", role, party, view, lang, size, lines, len(b.Panels), most)
					}
				}
			}
		}
	}
}

// TestDashboardWithheld tells nothing to be counted from numbers that may not be shown.
func TestDashboardWithheld(t *testing.T) {
	pages, err := sitePages()
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []bool{false, true} {
		value := service.PanelValue{Hidden: hidden}
		b := &service.Board{Party: "EG", BoardQuery: service.BoardQuery{View: service.ViewBoth}, Panels: []service.Panel{{Key: "reasons", Party: "QA", Chart: "bars", By: "reason", Series: []string{"all", "women"}, Small: true,
			Lines: []service.PanelLine{{Code: "other", Values: []service.PanelValue{value, value}}}}}}
		html, err := web.BoardHTML(pages, "en", testkit.Actor(auth.Analyst, place.Egypt), b)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(html, "too small to be shown") != hidden || strings.Contains(html, "Nothing to count") == hidden {
			t.Errorf("hidden %v: the page says something else", hidden)
		}
	}
}

// fillPanel gives a panel every line that it may have.
func fillPanel(p *service.Panel, own place.Country) {
	party := p.Party
	if party == "" {
		party = own
	}
	all := func(codes ...string) {
		for _, c := range codes {
			if !slices.ContainsFunc(p.Lines, func(l service.PanelLine) bool { return l.Code == c }) {
				p.Lines = append(p.Lines, service.PanelLine{Code: c, Values: make([]service.PanelValue, len(p.Series))})
			}
		}
	}
	switch p.By {
	case "area":
		for _, a := range place.Areas(party) {
			all(a.Code)
		}
	case "craft":
		for _, c := range registry.Crafts() {
			all(c.Code)
		}
	case "reason":
		all(registry.Codes("reason")...)
	case "rung":
		for _, r := range programme.Rungs() {
			all(r.Code())
		}
	case "benefit":
		for _, b := range programme.Benefits() {
			all(string(b))
		}
	}
	for i := range p.Lines {
		for j := range p.Lines[i].Values {
			if v := &p.Lines[i].Values[j]; p.Small && (i+j)%3 == 0 {
				v.Hidden = true
			} else {
				v.N, v.None = int64(123_456+17*i+j), false
				if p.Unit != "" && p.Unit != "days" {
					v.N *= 100
				}
			}
		}
	}
}

// TestEmptyReport prints the first report of an empty registry: each part says that there is nothing to count.
func TestEmptyReport(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	actor := testkit.Actor(auth.Coordinator, place.Egypt)
	form := service.ReportForm{Name: "الأول <b>", Sections: []string{"registrations", "people", "exhibitions"}, Span: "last_quarter", Langs: []string{"ar"}}
	id, err := s.Reports.Create(context.Background(), actor, form, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	job, err := s.Reports.Run(context.Background(), actor, id, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Jobs.Work(context.Background(), job); err != nil {
		t.Fatal(err)
	}
	page := formsAs(t, s, auth.Coordinator, place.Egypt).Get("/reports/editions/1/print?lang=en").Want(200).Check()
	if n := strings.Count(string(page.Body), "Nothing to count in this period."); n != 3 {
		t.Errorf("%d of 3 parts say that there is nothing", n)
	}
}
