package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/locale"
	"muntija/internal/planner/explain"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

// letterPage is the Body of allocation/letter.
type letterPage struct {
	ID     int64  // of the participation
	Other  string // the other language
	Letter letterView
}

// letterView is one letter, as partial/letter draws it.
type letterView struct {
	*service.Letter
	Many       bool // one of many on a page
	Title      string
	Bands      string
	Commitment string
	SeedHex    string
	Rows       []letterRow
	Others     []letterOther
	Cost       string
	Link       string
	Chosen     int
}

type letterRow struct {
	service.LetterRow
	Where   string
	Why     string
	Cell    string
	OwnKey  string
	CutKey  string
	Chance  string
	Waits   bool
	Comes   bool
	Enough  string
	Decides string
}

type letterOther struct {
	Where, Why string
	Detail     []string
}

// letterShow is the letter to one family, on the page and on paper, in either language.
func (s *Server) letterShow(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if v := r.query()["lang"]; len(v) == 1 && locale.Valid(v[0]) {
		r.locale = v[0]
	}
	v, err := s.svc.Allocations.Letter(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	b := &letterPage{ID: id, Other: otherLang(r.lang()), Letter: r.words().letter(v, s.drawAddress(r, v.Allocation.ID))}
	return r.page(0, "allocation/letter", nil, b)
}

func otherLang(lang string) string {
	if lang == "en" {
		return "ar"
	}
	return "en"
}

// drawAddress is the whole address of the public page of a draw, for paper.
func (s *Server) drawAddress(r *request, allocation int64) string {
	return s.baseURL(r.c) + "/draws/" + strconv.FormatInt(allocation, 10)
}

// letter puts a letter into words.
func (w words) letter(v *service.Letter, link string) letterView {
	b := letterView{Letter: v, Title: w.show(v.Name, v.NameEN), Bands: w.bands(v.Allocation.Terms.Bands), Commitment: fmt.Sprintf("%x", v.Allocation.Commitment),
		SeedHex: fmt.Sprintf("%x", v.Seed), Link: link}
	if v.Forced != nil {
		b.Cost = w.worth(service.WorthOf(v.Forced.Cost))
	}
	for _, x := range v.Rows {
		b.Rows = append(b.Rows, w.letterRow(x, v))
		if x.Reason.Rule == explain.Placed {
			b.Chosen++
		}
	}
	for _, x := range v.Others {
		o := letterOther{Where: w.show(x.Exhibition.Terms.Name, x.Exhibition.Terms.NameEN), Why: w.code("left_why", x.Why)}
		for _, y := range x.Reasons {
			o.Detail = append(o.Detail, w.code("refusal", string(y)))
		}
		for _, y := range x.Papers {
			o.Detail = append(o.Detail, w.code("document_type", string(y.Type)))
		}
		b.Others = append(b.Others, o)
	}
	return b
}

// lettersPage is the Body of allocation/letters: whose letters, and the parts to print.
type lettersPage struct {
	*service.LetterSheaf
	ID       int64
	Name     string
	Where    []render.Option
	Areas    []render.Option
	Outcomes []render.Option
	Langs    []render.Option
	Parts    []lettersPart
}

type lettersPart struct {
	service.LetterPart
	URL string
}

// lettersPrint is the Body of allocation/letters_print: the letters of one part, each on a sheet of its own.
type lettersPrint struct {
	ID      int64
	Part    service.LetterPart
	Parts   int
	Back    string
	Letters []letterView
}

// letterQuery reads whose letters are asked for, and in which language, which holds for the page that is drawn.
func (r *request) letterQuery() (service.LetterFilter, url.Values) {
	q := r.query()
	one := func(name string) string {
		if v := q[name]; len(v) == 1 {
			return intake.SearchText(v[0])
		}
		return ""
	}
	f := service.LetterFilter{Area: one("area"), Outcome: one("outcome")}
	f.Exhibition, _ = strconv.ParseInt(one("exhibition"), 10, 64)
	if !slices.Contains(service.LetterOutcomes(), f.Outcome) {
		f.Outcome = ""
	}
	keep := url.Values{}
	for name, v := range map[string]string{"area": f.Area, "outcome": f.Outcome, "exhibition": optional(f.Exhibition)} {
		if v != "" {
			keep.Set(name, v)
		}
	}
	if lang := one("lang"); locale.Valid(lang) {
		keep.Set("lang", lang)
	}
	return f, keep
}

// lettersShow is where the letters of an allocation are printed from, in parts.
func (s *Server) lettersShow(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	f, keep := r.letterQuery()
	v, err := s.svc.Allocations.Letters(r.ctx(), r.actor, id, f, 0)
	if err != nil {
		return err
	}
	w := r.words()
	b := &lettersPage{LetterSheaf: v, ID: id, Name: w.show(v.Season.Name, v.Season.NameEN), Where: []render.Option{{Value: "", Label: w.T("allocation.everywhere")}},
		Areas: []render.Option{{Value: "", Label: w.T("allocation.all_areas")}}, Outcomes: []render.Option{{Value: "", Label: w.T("letters.all_outcomes")}}}
	for _, e := range v.Shows {
		b.Where = append(b.Where, render.Option{Value: strconv.FormatInt(e.ID, 10), Label: w.show(e.Terms.Name, e.Terms.NameEN), Selected: e.ID == f.Exhibition})
	}
	for _, x := range v.Areas {
		b.Areas = append(b.Areas, render.Option{Value: x, Label: w.area(x), Selected: x == f.Area})
	}
	for _, x := range service.LetterOutcomes() {
		b.Outcomes = append(b.Outcomes, render.Option{Value: x, Label: w.T("letters.outcome", w.code("placing_outcome", x), w.Num(int64(v.Counts[x]))), Selected: x == f.Outcome})
	}
	lang := keep.Get("lang")
	if lang == "" {
		lang = r.lang()
	}
	for _, x := range []string{"ar", "en"} {
		b.Langs = append(b.Langs, render.Option{Value: x, Label: w.code("letter_lang", x), Selected: x == lang})
	}
	keep.Set("lang", lang)
	for _, p := range v.Parts {
		keep.Set("part", strconv.Itoa(p.N))
		b.Parts = append(b.Parts, lettersPart{p, allocationURL(id) + "/letters/print?" + keep.Encode()})
	}
	return r.page(0, "allocation/letters", nil, b)
}

// lettersPrinted is one part of the letters as one document: a page like any other, with a style for A4.
func (s *Server) lettersPrinted(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	f, keep := r.letterQuery()
	part := 1
	if v := r.query()["part"]; len(v) == 1 {
		if part, err = strconv.Atoi(v[0]); err != nil || part < 1 {
			return fault.New(fault.NotFound, "error.not_found")
		}
	}
	v, err := s.svc.Allocations.Letters(r.ctx(), r.actor, id, f, part)
	if err != nil {
		return err
	}
	b := &lettersPrint{ID: id, Part: v.Parts[part-1], Parts: len(v.Parts), Back: allocationURL(id) + "/letters?" + keep.Encode()}
	if lang := keep.Get("lang"); lang != "" {
		r.locale = lang
	}
	w, link := r.words(), s.drawAddress(r, id)
	for _, l := range v.Letters {
		one := w.letter(l, link)
		one.Many = true
		b.Letters = append(b.Letters, one)
	}
	return r.page(0, "allocation/letters_print", nil, b)
}

func (w words) letterRow(x service.LetterRow, l *service.Letter) letterRow {
	e := x.Exhibition
	row := letterRow{LetterRow: x, Where: w.show(e.Terms.Name, e.Terms.NameEN), Comes: x.Reason.Rule == explain.Placed, Waits: x.Reason.Waiting > 0, OwnKey: fmt.Sprintf("%016x", x.Reason.Own.Key)}
	if len(e.Terms.Waves) > 1 {
		row.Where += " · " + w.waveName(&e.Terms, x.Wave)
	}
	if !row.Comes {
		row.Why = w.why(x.Reason.Rule, x.Quota, x.With)
		if x.Reason.Rule == explain.AtMost {
			row.Why = w.T("allocation.why_at_most", l.Allocation.Terms.AtMost)
		}
	}
	var cell []string
	for _, q := range x.Cell {
		cell = append(cell, w.quotaName(q))
	}
	for _, q := range x.Whole {
		cell = append(cell, w.T("allocation.over_several", w.quotaName(q.Quota)))
	}
	if row.Cell = strings.Join(cell, w.comma()); row.Cell == "" {
		row.Cell = w.T("enum.quota.all")
	}
	if c := x.Reason.CutOff; c != nil {
		row.CutKey = fmt.Sprintf("%016x", c.Key)
	}
	if l.Allocation.Terms.Rule == exhibition.RuleEqual {
		row.Chance = w.permille(x.Chance)
	}
	if x.By != "" {
		row.Decides = w.code("decides", x.By)
	}
	if y := x.Reason.Enough; y != nil {
		switch {
		case y.Band >= 0:
			row.Enough = w.T("allocation.enough_band", y.Band+1, int64(y.Points))
		case x.By == "class":
			row.Enough = w.T("allocation.enough_class")
		default:
			row.Enough = w.T("allocation.enough_key")
		}
	}
	return row
}
