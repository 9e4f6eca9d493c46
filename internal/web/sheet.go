package web

import (
	"strconv"
	"time"

	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/service"
)

// sheetPage is the Body of family/sheet.
type sheetPage struct {
	*service.Sheet
	AreaName  string
	Title     string // of the set
	Citation  string
	ValidFrom any
	Overall   criteria.Overall
	Rows      []sheetRow
	Waivers   []waiverView
	Decision  *eventView
	Others    []sheetLink
	Printed   time.Time
}

// sheetRow is one criterion with the sentence about its smallest change.
type sheetRow struct {
	criterionView
	ChangeKey string // message key of what the change would do
}

type sheetLink struct {
	URL     string
	At      time.Time
	Version int
	Overall string
	Cause   string // message key
	Current bool
}

// changeKeys say what the smallest change of an outcome would do.
var changeKeys = map[criteria.Outcome]string{
	criteria.Met:           "criteria.sheet.change.undo",
	criteria.NotMet:        "criteria.sheet.change.met",
	criteria.FactsMissing:  "criteria.sheet.change.met",
	criteria.NeedsReview:   "criteria.sheet.change.met",
	criteria.Waived:        "criteria.sheet.change.met",
	criteria.NotApplicable: "criteria.sheet.change.apply",
}

// sheet is the decision sheet: why a family was accepted, refused or asked for more, on one page that prints.
func (s *Server) sheet(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	assessment := int64(0)
	if a := r.query()["a"]; len(a) > 0 {
		if assessment, err = strconv.ParseInt(a[0], 10, 64); err != nil || assessment < 1 || len(a) > 1 {
			return fault.New(fault.NotFound, "error.not_found")
		}
	}
	sheet, err := s.svc.Families.Sheet(r.ctx(), r.actor, id, assessment)
	if err != nil {
		return err
	}
	w := r.words()
	a := sheet.Assessment
	p := &sheetPage{Sheet: sheet, AreaName: w.area(sheet.Area), Title: a.Set.Title.In(w.Lang()), Citation: a.Set.Citation.In(w.Lang()), ValidFrom: a.Set.ValidFrom,
		Overall: a.Result.Overall, Waivers: waiversIn(w, sheet.Waivers, a.Set), Printed: s.svc.Now()}
	for _, row := range a.Program.Sheet(a.Result, w.Lang()) {
		p.Rows = append(p.Rows, sheetRow{criterionIn(w, row), changeKeys[row.Outcome]})
	}
	if sheet.Event != nil {
		e := eventIn(w, *sheet.Event, false)
		p.Decision = &e
	}
	for _, x := range sheet.Others {
		link := sheetLink{URL: familyURL(id) + "/sheet?a=" + strconv.FormatInt(x.ID, 10), At: x.At, Version: x.SetVersion, Overall: x.Overall, Current: x.ID == a.ID}
		if key := "step." + x.Cause; w.Has(key) {
			link.Cause = key
		} else {
			link.Cause = "step.recheck"
		}
		p.Others = append(p.Others, link)
	}
	return r.page(0, "family/sheet", nil, p)
}
