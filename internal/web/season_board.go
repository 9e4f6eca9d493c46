package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/planner/season"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/web/render"
)

// seasonBoardPage is the Body of season/board: venues and weeks as a table, on a phone the same as a list by weeks; the tray; a form that does all that dragging does.
type seasonBoardPage struct {
	*service.SeasonBoard
	ID, N     int64
	Name      string
	URL       string
	Months    []boardMonth
	Weeks     []boardWeek // in view
	From      int         // the first of them
	Spans     []boardSpan // of a board that is shown a stretch at a time
	Rows      []boardRow
	ByWeek    []boardWeekList
	Tray      []boardChip
	Chosen    int64 // whose cells are greyed
	Shows     []render.Option
	Sites     []render.Option
	Times     []render.Option
	Warnings  []boardWarning
	Broken    []string
	Given     []string // demands that the draft has given up
	Overrides []boardOverride
	Signed    []string
	Open      bool // may be changed
	Compare   []render.Option
	RunURL    string
	Refused   string
	Blocks    []string // why a place was refused
}

type boardMonth struct {
	Name  string
	Weeks int
}

// boardSpan is a stretch of a board: where it is, and whether it is in view.
type boardSpan struct {
	From int
	Name string
	Now  bool
}

// stretch is how many weeks of a heavy board are in view at once: a quarter of a year, or two months where there are many venues.
func (b *seasonBoardPage) stretch() int {
	if len(b.Places) > 25 {
		return 8
	}
	return 13
}

// heavy is how much a board may weigh and still be shown whole: a cell counts 1, an exhibition 40, which is what each adds to the page. Above it the page passes 60 KB.
const heavy = 1400

// window chooses which weeks are in view: all of them, or the stretch with the week that is asked for, where the chosen exhibition stands, or today.
func (b *seasonBoardPage) window(asked string) (from, to int) {
	v := b.SeasonBoard
	weeks := v.SeasonBook.Weeks
	if weeks <= b.stretch() || weeks*len(v.Places)+40*len(v.Entries) <= heavy {
		return 0, weeks
	}
	at := calendar.DaysBetween(v.WeekStart(0), v.Today) / 7
	if spot := v.Spot(b.Chosen); spot != nil && b.Chosen != 0 {
		at = spot.Week
	}
	if n, err := strconv.Atoi(asked); err == nil {
		at = n
	}
	from = min(max(0, at), weeks-1) / b.stretch() * b.stretch()
	return from, min(weeks, from+b.stretch())
}

type boardWeek struct {
	N     int
	Day   string // of the month
	Title string
	Rest  string // holidays and Ramadan of the week
	Past  bool
}

// boardRow is one venue. Cells without a chip carry no text, so that a board of many weeks stays light.
type boardRow struct {
	Code, Name, Party string
	Note              string // of a place that stands in the terms of one exhibition only
	Free              bool   // nothing stands there
	Cells             []boardCell
}

type boardCell struct {
	Class string // "n": forbidden for who was chosen, "w": with a warning, "x": blacked out
	Chips []boardChip
}

type boardChip struct {
	ID     int64
	Name   string
	When   string
	Venue  string
	Days   string
	Span   int // weeks that it reaches into
	Fixed  bool
	Locked bool
	Tone   string // "bad", "warn" or ""
	Why    []string
	URL    string
	Given  bool // the draft does without it
	Week   int
}

type boardWeekList struct {
	Title string
	Rest  string
	Chips []boardChip
}

type boardWarning struct {
	Name  string
	Block bool
	Lines []boardReason
}

type boardReason struct {
	Text, URL string
}

// maxOverrides is how many of the newest overrides in view the page lists; the log has all.
const maxOverrides = 12

type boardOverride struct {
	Name, By, Rules string
	At              any
}

func (s *Server) seasonBoard(r *request) error { return s.drawBoard(r, 0, nil, "", nil) }

func (s *Server) drawBoard(r *request, status int, form *render.Form, refused string, blocks []season.Demand) error {
	id, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	v, err := s.svc.SeasonPlans.Board(r.ctx(), r.actor, id, n)
	if err != nil {
		return err
	}
	w := seasonWords{r.words(), v.SeasonBook, r.actor.Party}
	b := &seasonBoardPage{SeasonBoard: v, ID: id, N: n, Name: w.words.show(v.Season.Name, v.Season.NameEN), URL: seasonDraftURL(id, n), Refused: refused, Open: v.CanEdit && v.Draft.State == exhibition.SeasonDrafted}
	for i := range blocks {
		b.Blocks = append(b.Blocks, w.demand("breach", &blocks[i]))
	}
	var judged service.Judged
	if q := r.query()["exhibition"]; len(q) == 1 && b.Open {
		if show := idOf(q[0]); show > 0 {
			if _, judged, err = s.svc.SeasonPlans.Judge(r.ctx(), r.actor, id, n, show); err != nil {
				return err
			}
			b.Chosen = show
		}
	}
	asked := ""
	if q := r.query()["from"]; len(q) == 1 {
		asked = intake.SearchText(q[0])
	}
	from, to := b.window(asked)
	b.fill(w, judged, from, to)
	if form == nil {
		form = &render.Form{Values: map[string]string{}}
		if b.Chosen != 0 {
			form.Values["exhibition"] = itoa(b.Chosen)
			if spot := v.Spot(b.Chosen); spot != nil {
				form.Values["venue"], form.Values["week"] = spot.Venue, strconv.Itoa(spot.Week)
			}
		}
	}
	over, err := s.svc.SeasonPlans.Overview(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	for _, d := range over.Drafts {
		if d.ID != n && d.State != exhibition.SeasonDropped {
			b.Compare = append(b.Compare, render.Option{Value: itoa(d.ID), Label: w.T("season_plan.draft_n", w.Num(d.ID)) + " · " + w.code("season_draft", string(d.State))})
		}
	}
	if r.isHTMX() {
		return r.fragment(0, "season/board", "board-body", form, b)
	}
	return r.page(status, "season/board", form, b)
}

// fill lays the weeks of the board out that are in view.
func (b *seasonBoardPage) fill(w seasonWords, judged service.Judged, from, to int) {
	v := b.SeasonBoard
	b.From = from
	for n := range v.SeasonBook.Weeks {
		first := v.WeekStart(n)
		b.Times = append(b.Times, render.Option{Value: strconv.Itoa(n), Label: w.weekName(first)})
		if to-from < v.SeasonBook.Weeks && n%b.stretch() == 0 {
			last := v.WeekStart(min(n+b.stretch(), v.SeasonBook.Weeks) - 1)
			b.Spans = append(b.Spans, boardSpan{n, w.T("season_plan.span", w.T("month."+strconv.Itoa(int(first.Month()))), w.T("month."+strconv.Itoa(int(last.Month())))), n == from})
		}
		if n < from || n >= to {
			continue
		}
		month := w.T("month." + strconv.Itoa(int(first.Month())))
		if k := len(b.Months); k > 0 && b.Months[k-1].Name == month {
			b.Months[k-1].Weeks++
		} else {
			b.Months = append(b.Months, boardMonth{month, 1})
		}
		week := boardWeek{N: n, Day: w.Num(int64(first.Day())), Title: w.weekName(first), Rest: w.rests(v.SeasonBook, first), Past: first.AddDays(6).Before(v.Today)}
		b.Weeks = append(b.Weeks, week)
	}
	chips, inView := map[string][]boardChip{}, map[int64]bool{}
	for i := range v.Entries {
		e := &v.Entries[i]
		if !e.Planned() {
			continue
		}
		c := w.chip(v, e)
		s := v.Spot(e.ID)
		inView[e.ID] = s == nil || c.Week < to && c.Week+c.Span > from
		switch {
		case s == nil:
			b.Tray = append(b.Tray, c)
		case inView[e.ID]:
			if c.Week < from { // it began before what is in view
				c.Week, c.Span = from, c.Week+c.Span-from
			}
			c.Span = min(c.Span, to-c.Week)
			chips[s.Venue] = append(chips[s.Venue], c)
		}
		if !e.Fixed && !c.Given {
			b.Shows = append(b.Shows, render.Option{Value: itoa(e.ID), Label: c.Name})
		}
		if found := v.Found[e.ID]; len(found) > 0 && inView[e.ID] {
			x := boardWarning{Name: c.Name, Block: c.Tone == "bad"}
			for k := range found {
				x.Lines = append(x.Lines, boardReason{w.demand("breach", &found[k]), w.form(&found[k])})
			}
			b.Warnings = append(b.Warnings, x)
		}
	}
	slices.SortStableFunc(b.Warnings, func(x, y boardWarning) int { return cmp.Compare(bit(y.Block), bit(x.Block)) })
	for i := range v.Places {
		p := &v.Places[i]
		mine := chips[p.Code]
		if p.Hidden && len(mine) == 0 || p.Word != 0 && v.Entry(p.Word) != nil && !v.Entry(p.Word).Planned() {
			continue
		}
		b.Rows = append(b.Rows, b.row(w, p, mine, judged))
		if !p.Hidden && p.Word == 0 {
			b.Sites = append(b.Sites, render.Option{Value: p.Code, Label: w.venue(p.Code)})
		} else if p.Word != 0 && !v.Entry(p.Word).Fixed {
			b.Sites = append(b.Sites, render.Option{Value: p.Code, Label: "\u2068" + w.venue(p.Code) + "\u2069 (\u2068" + w.named(p.Word) + "\u2069)"})
		}
	}
	slices.SortStableFunc(b.Rows, func(x, y boardRow) int { return cmp.Compare(bit(x.Free), bit(y.Free)) })
	for i, week := range b.Weeks {
		l := boardWeekList{Title: week.Title, Rest: week.Rest}
		for _, row := range b.Rows {
			l.Chips = append(l.Chips, row.Cells[i].Chips...)
		}
		if len(l.Chips) > 0 {
			b.ByWeek = append(b.ByWeek, l)
		}
	}
	for _, rule := range v.Broken {
		b.Broken = append(b.Broken, w.code("season_rule", string(rule)))
	}
	for i := range v.Draft.Relaxed {
		b.Given = append(b.Given, w.relaxed(&v.Draft.Relaxed[i]))
	}
	for _, o := range v.Draft.Overrides {
		if !inView[o.Exhibition] {
			continue
		}
		x := boardOverride{Name: w.named(o.Exhibition), By: v.Names[o.By], At: o.At}
		for i, rule := range o.Rules {
			if i > 0 {
				x.Rules += w.comma()
			}
			x.Rules += w.code("season_rule", rule)
		}
		b.Overrides = append(b.Overrides, x)
	}
	b.Overrides = b.Overrides[max(0, len(b.Overrides)-maxOverrides):]
	for _, k := range v.Draft.Keys {
		b.Signed = append(b.Signed, w.country(string(k.Party)))
	}
	if v.LastRun != nil {
		b.RunURL = seasonRunURL(b.ID, b.N, v.LastRun.ID)
	}
}

func bit(is bool) int {
	if is {
		return 1
	}
	return 0
}

// row is one venue of the board.
func (b *seasonBoardPage) row(w seasonWords, p *service.SeasonPlace, chips []boardChip, judged service.Judged) boardRow {
	row := boardRow{Code: p.Code, Name: w.venue(p.Code), Party: w.country(string(p.Party)), Free: len(chips) == 0, Cells: make([]boardCell, len(b.Weeks))}
	if p.Word != 0 {
		row.Note = w.T("season_plan.word_venue")
	}
	for _, c := range chips {
		row.Cells[c.Week-b.From].Chips = append(row.Cells[c.Week-b.From].Chips, c)
	}
	for i := range row.Cells {
		n := b.From + i
		first := b.WeekStart(n)
		for _, list := range [][]exhibition.Days{p.Said.Blackouts, p.Taken} {
			for _, d := range list {
				if !d.Last.Before(first) && !d.First.After(first.AddDays(6)) {
					row.Cells[i].Class = "x"
				}
			}
		}
		if weeks := judged[p.Code]; n < len(weeks) && len(weeks[n]) > 0 {
			row.Cells[i].Class = "w"
			if slices.ContainsFunc(weeks[n], func(d season.Demand) bool { return d.Blocks }) {
				row.Cells[i].Class = "n"
			}
		}
	}
	return row
}

// chip is one exhibition on the board or in the tray.
func (w seasonWords) chip(v *service.SeasonBoard, e *service.SeasonEntry) boardChip {
	c := boardChip{ID: e.ID, Name: w.entry(e), Fixed: e.Fixed, URL: seasonPlanURL(v.Season.ID) + "/exhibitions/" + itoa(e.ID), Days: w.N("season_plan.days_n", e.Days()), Span: 1}
	for i := range v.Draft.Relaxed {
		x := &v.Draft.Relaxed[i]
		c.Given = c.Given || x.Rule == string(season.Scheduled) && x.Exhibition == itoa(e.ID)
	}
	s := v.Spot(e.ID)
	if s == nil {
		return c
	}
	first, last := v.Opens(e, s.Week)
	if e.Fixed {
		first, last = e.Terms.First, e.Terms.Last
	}
	c.Week, c.Locked, c.Venue, c.When = s.Week, s.Locked, w.venue(s.Venue), w.Date(first)+" – "+w.Date(last)
	c.Span = min(12, calendar.DaysBetween(v.WeekStart(s.Week), last)/7+1, v.SeasonBook.Weeks-s.Week)
	for i := range v.Found[e.ID] {
		d := &v.Found[e.ID][i]
		c.Why = append(c.Why, w.demand("breach", d))
		if d.Blocks {
			c.Tone = "bad"
		} else if c.Tone == "" {
			c.Tone = "warn"
		}
	}
	return c
}

// rests are the holidays and Ramadan of a week, in words.
func (w words) rests(b *service.SeasonBook, first calendar.Date) string {
	var out []string
	for _, h := range b.Holidays() {
		if !h.Last.Before(first) && !h.First.After(first.AddDays(6)) {
			text := w.holiday(h) + " (" + w.country(string(h.Party)) + ")"
			if h.Expected {
				text += " – " + w.T("holiday.expected")
			}
			out = append(out, text)
		}
	}
	for d := first; d <= first.AddDays(6); d++ {
		if h, err := d.Hijri(); err == nil && h.Month == 9 {
			out = append(out, w.T("hijri_month.9"))
			break
		}
	}
	return w.join(out)
}

// seasonVerdicts is what speaks against each cell of the board for one exhibition, as the script reads it: 0 nothing, n the nth text forbids, -n it warns.
type seasonVerdicts struct {
	Texts []string         `json:"texts"`
	Cells map[string][]int `json:"cells"`
}

// seasonJudge says for one exhibition what speaks against every cell.
func (s *Server) seasonJudge(r *request) error {
	id, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	show := int64(0)
	if q := r.query()["exhibition"]; len(q) == 1 {
		show = idOf(q[0])
	}
	book, judged, err := s.svc.SeasonPlans.Judge(r.ctx(), r.actor, id, n, show)
	if err != nil {
		return err
	}
	w := seasonWords{r.words(), book, r.actor.Party}
	out := seasonVerdicts{Texts: []string{}, Cells: map[string][]int{}}
	known, said := map[string]int{}, map[season.Demand]string{}
	for code, weeks := range judged {
		cells := make([]int, len(weeks))
		for i, found := range weeks {
			var block, warn []string
			for _, d := range found {
				text, ok := said[d]
				if !ok {
					text = w.demand("breach", &d)
					said[d] = text
				}
				if d.Blocks {
					block = append(block, text)
				} else {
					warn = append(warn, text)
				}
			}
			sign, list := -1, warn
			if len(block) > 0 {
				sign, list = 1, block
			}
			if len(list) == 0 {
				continue
			}
			text := strings.Join(list, " ")
			k, ok := known[text]
			if !ok {
				out.Texts = append(out.Texts, text)
				k = len(out.Texts)
				known[text] = k
			}
			cells[i] = sign * k
		}
		out.Cells[code] = cells
	}
	return r.c.JSON(out)
}

// boardStep answers a change of the board: a script gets 204 and asks for the board again, a form goes back to it.
func (s *Server) boardStep(r *request, key string, form *render.Form, err error) error {
	id, n, bad := r.seasonIDs()
	if bad != nil {
		return bad
	}
	var blocked *service.SeasonBlocked
	if errors.As(err, &blocked) {
		v, e := s.svc.SeasonPlans.Book(r.ctx(), r.actor, id)
		if e != nil {
			return e
		}
		w := seasonWords{r.words(), v, r.actor.Party}
		var list []string
		for i := range blocked.Demands {
			list = append(list, w.demand("breach", &blocked.Demands[i]))
		}
		if r.wantsJSON() {
			return fault.New(fault.State, "error.season_plan.blocked_by", strings.Join(list, " "))
		}
		return s.drawBoard(r, 409, form, w.T("error.season_plan.blocked"), blocked.Demands)
	}
	if r.wantsJSON() {
		if err != nil {
			return err
		}
		return r.c.SendStatus(fiber.StatusNoContent)
	}
	if p, ok := problems(err); ok {
		if form == nil {
			return fault.New(fault.NotFound, "error.not_found")
		}
		form.Problems = p
		return s.drawBoard(r, 422, form, "", nil)
	}
	if text, ok := r.refusal(err); ok {
		return s.drawBoard(r, 409, form, text, nil)
	}
	if err != nil {
		return err
	}
	at := seasonDraftURL(id, n)
	if form != nil { // a board that is shown in stretches opens where something was put
		if week, err := strconv.Atoi(form.Values["week"]); err == nil && week >= 0 {
			at += "?from=" + strconv.Itoa(week)
		}
	}
	return r.redirect(at, "success", key)
}

func (s *Server) seasonMove(r *request) error {
	return s.seasonPut(r, "flash.season_plan.moved", s.svc.SeasonPlans.Move)
}

func (s *Server) seasonClear(r *request) error {
	return s.seasonPut(r, "flash.season_plan.cleared", s.svc.SeasonPlans.Clear)
}

func (s *Server) seasonPut(r *request, flash string, put func(context.Context, auth.Actor, int64, int64, *intake.SeasonMove, service.Write) error) error {
	id, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	in, bad := intake.DecodeSeasonMove(r.values())
	if err = bad.Err(); err == nil {
		err = put(r.ctx(), r.actor, id, n, in, r.write())
	}
	return s.boardStep(r, flash, &render.Form{Values: in.Values()}, err)
}

func (s *Server) seasonLock(r *request) error {
	id, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	in, bad := intake.DecodeSeasonMove(r.values())
	choice := r.value("locked")
	if choice != "yes" && choice != "no" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	locked := choice == "yes"
	if err = bad.Err(); err == nil {
		err = s.svc.SeasonPlans.Lock(r.ctx(), r.actor, id, n, in, locked, r.write())
	}
	key := "flash.season_plan.unlocked"
	if locked {
		key = "flash.season_plan.locked"
	}
	return s.boardStep(r, key, &render.Form{Values: in.Values()}, err)
}

func (s *Server) seasonSolve(r *request) error {
	id, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	run, err := s.svc.SeasonPlans.Start(r.ctx(), r.actor, id, n, r.value("all_move") != "yes", r.write())
	if err != nil {
		return s.boardStep(r, "", nil, err)
	}
	return r.redirect(seasonRunURL(id, n, run), "info", "flash.season_plan.started")
}

func (s *Server) seasonRestore(r *request) error {
	id, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(r.value("number"))
	if err != nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return s.boardStep(r, "flash.season_plan.restored", nil, s.svc.SeasonPlans.Restore(r.ctx(), r.actor, id, n, number, r.write()))
}

func (s *Server) seasonDrop(r *request) error {
	id, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	if err := s.svc.SeasonPlans.Drop(r.ctx(), r.actor, id, n, r.write()); err != nil {
		return s.boardStep(r, "", nil, err)
	}
	return r.redirect(seasonPlanURL(id), "info", "flash.season_plan.dropped")
}

// seasonChangesPage is the Body of season/changes: what both parties sign.
type seasonChangesPage struct {
	*service.SeasonBoard
	ID, N   int64
	Name    string
	URL     string
	Rows    []changeRow
	Given   []string
	Broken  []string
	Keys    []keyRow
	Old     int // keys on an older list
	MayTake bool
	MayBack bool
	Refused string
}

type changeRow struct {
	Kind     string
	Name     string
	Sentence string
	URL      string
}

func (s *Server) seasonChanges(r *request) error { return s.drawChanges(r, 0, "") }

func (s *Server) drawChanges(r *request, status int, refused string) error {
	id, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	v, err := s.svc.SeasonPlans.Board(r.ctx(), r.actor, id, n)
	if err != nil {
		return err
	}
	w := seasonWords{r.words(), v.SeasonBook, r.actor.Party}
	b := &seasonChangesPage{SeasonBoard: v, ID: id, N: n, Name: w.words.show(v.Season.Name, v.Season.NameEN), URL: seasonDraftURL(id, n), Refused: refused}
	for i := range v.Changes {
		b.Rows = append(b.Rows, w.change(&v.Changes[i]))
	}
	for i := range v.Draft.Relaxed {
		b.Given = append(b.Given, w.relaxed(&v.Draft.Relaxed[i]))
	}
	for _, rule := range v.Broken {
		b.Broken = append(b.Broken, w.code("season_rule", string(rule)))
	}
	for _, k := range v.Draft.Keys {
		if k.Hash == v.Hash {
			b.Keys = append(b.Keys, keyRow{w.country(string(k.Party)), v.Names[k.By], k.At})
		} else {
			b.Old++
		}
	}
	signed := v.Draft.Signed(r.actor.Party, v.Hash)
	open := v.CanSign && v.Draft.State == exhibition.SeasonDrafted
	b.MayTake, b.MayBack = open && !signed && len(v.Broken) == 0 && len(v.Draft.Spots) > 0, open && signed
	return r.page(status, "season/changes", nil, b)
}

// change is one line of the list of changes as a sentence.
func (w seasonWords) change(c *exhibition.SeasonChange) changeRow {
	row := changeRow{Kind: string(c.Kind), Name: w.named(c.Exhibition()), URL: exhibitionURL(c.Exhibition())}
	days := func(l *exhibition.SeasonLine) string { return w.Date(l.First) + " – " + w.Date(l.Last) }
	venue := func(l *exhibition.SeasonLine) string { return w.site(l.VenueName, l.City) }
	switch c.Kind {
	case exhibition.SeasonMoved:
		row.Sentence = w.T("season_plan.change.moved", days(&c.Old), days(&c.New), venue(&c.New))
	case exhibition.SeasonVenueNew:
		row.Sentence = w.T("season_plan.change.venue", venue(&c.Old), venue(&c.New), days(&c.New))
	case exhibition.SeasonBoth:
		row.Sentence = w.T("season_plan.change.both", days(&c.Old), days(&c.New), venue(&c.Old), venue(&c.New))
	case exhibition.SeasonAdded:
		row.Sentence = w.T("season_plan.change.added", days(&c.New), venue(&c.New))
	default:
		row.Sentence = w.T("season_plan.change.withdrawn", days(&c.Old), venue(&c.Old))
	}
	if row.Name == "" {
		row.Name = w.T("season_plan.exhibition_n", c.Exhibition())
	}
	return row
}

func (s *Server) seasonSign(r *request) error {
	id, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	released, err := s.svc.SeasonPlans.Sign(r.ctx(), r.actor, id, n, r.value("hash"), r.write())
	if text, ok := r.refusal(err); ok {
		return s.drawChanges(r, 409, text)
	}
	if err != nil {
		return err
	}
	if released {
		return r.redirect(seasonPlanURL(id), "success", "flash.season_plan.released")
	}
	return r.redirect(seasonDraftURL(id, n)+"/changes", "success", "flash.season_plan.signed")
}

func (s *Server) seasonUnsign(r *request) error {
	id, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	err = s.svc.SeasonPlans.Unsign(r.ctx(), r.actor, id, n, r.write())
	if text, ok := r.refusal(err); ok {
		return s.drawChanges(r, 409, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(seasonDraftURL(id, n)+"/changes", "success", "flash.season_plan.unsigned")
}

// seasonComparePage is the Body of season/compare: two drafts side by side.
type seasonComparePage struct {
	*service.SeasonPair
	ID   int64
	Name string
	Sum  []seasonCompareSum
	Rows []seasonCompareRow
	One  string // their pages
	Two  string
}

type seasonCompareSum struct{ Name, A, B string }

type seasonCompareRow struct {
	Name, A, B string
	Same       bool
}

func (s *Server) seasonCompare(r *request) error {
	id, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	with := int64(0)
	if q := r.query()["with"]; len(q) == 1 {
		with = idOf(q[0])
	}
	if with < 1 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	v, err := s.svc.SeasonPlans.Compare(r.ctx(), r.actor, id, n, with)
	if err != nil {
		return err
	}
	w := seasonWords{r.words(), v.A.SeasonBook, r.actor.Party}
	b := &seasonComparePage{SeasonPair: v, ID: id, Name: w.words.show(v.A.Season.Name, v.A.Season.NameEN), One: seasonDraftURL(id, n), Two: seasonDraftURL(id, with)}
	num := func(n int) string { return w.Num(int64(n)) }
	for _, x := range []struct {
		key  string
		a, b string
	}{{"cost", w.Num(v.A.Cost), w.Num(v.B.Cost)}, {"placed", num(len(v.A.Draft.Spots)), num(len(v.B.Draft.Spots))}, {"tray", num(len(v.A.Tray)), num(len(v.B.Tray))},
		{"warnings", num(len(v.A.Found)), num(len(v.B.Found))}, {"broken", num(len(v.A.Broken)), num(len(v.B.Broken))}, {"given", num(len(v.A.Draft.Relaxed)), num(len(v.B.Draft.Relaxed))}} {
		b.Sum = append(b.Sum, seasonCompareSum{w.T("season_plan.sum." + x.key), x.a, x.b})
	}
	line := func(l *exhibition.SeasonLine) string {
		if l == nil {
			return w.T("season_plan.in_tray")
		}
		return w.Date(l.First) + " – " + w.Date(l.Last) + w.comma() + w.site(l.VenueName, l.City)
	}
	for _, x := range v.Rows {
		if x.Entry.Planned() {
			b.Rows = append(b.Rows, seasonCompareRow{w.entry(x.Entry), line(x.A), line(x.B), x.Same})
		}
	}
	return r.page(0, "season/compare", nil, b)
}

// seasonFile is a plan as an Excel workbook: the exhibitions by day, what is changed, what the plan pays for, and the board itself.
func (s *Server) seasonFile(r *request) error {
	id, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	v, err := s.svc.SeasonPlans.Board(r.ctx(), r.actor, id, n)
	if err != nil {
		return err
	}
	w := seasonWords{r.words(), v.SeasonBook, r.actor.Party}
	b := &seasonBoardPage{SeasonBoard: v, ID: id, N: n}
	b.fill(w, nil, 0, v.SeasonBook.Weeks)
	text := sheet.TextValue
	list := sheet.Sheet{Name: w.T("season_plan.exhibitions"), Count: len(v.Entries), Columns: []sheet.OutColumn{{Title: w.T("season_plan.exhibition")}, {Title: w.T("field.first"), Kind: sheet.OutDate}, {Title: w.T("field.last"), Kind: sheet.OutDate},
		{Title: w.T("season_plan.venue")}, {Title: w.T("field.host")}, {Title: w.T("season_plan.state")}, {Title: w.T("season_plan.warnings")}},
		Rows: func(yield func([]sheet.Value) error) error {
			for i := range v.Entries {
				e := &v.Entries[i]
				row := []sheet.Value{text(w.entry(e)), {}, {}, text(w.T("season_plan.in_tray")), text(w.country(string(e.Terms.Host))), text(w.code("exhibition_status", string(e.Status))), {}}
				if spot := v.Spot(e.ID); spot != nil {
					first, last := v.Opens(e, spot.Week)
					if e.Fixed {
						first, last = e.Terms.First, e.Terms.Last
					}
					row[1], row[2], row[3] = sheet.DateValue(first), sheet.DateValue(last), text(w.venue(spot.Venue))
					row[6] = text(w.join(w.chip(v, e).Why))
				}
				if err := yield(row); err != nil {
					return err
				}
			}
			return nil
		}}
	changes := sheet.Sheet{Name: w.T("season_plan.changes"), Count: len(v.Changes), Columns: []sheet.OutColumn{{Title: w.T("season_plan.exhibition")}, {Title: w.T("season_plan.change_kind")}, {Title: w.T("season_plan.change_text")}},
		Rows: func(yield func([]sheet.Value) error) error {
			for i := range v.Changes {
				c := w.change(&v.Changes[i])
				if err := yield([]sheet.Value{text(c.Name), text(w.code("season_change", c.Kind)), text(c.Sentence)}); err != nil {
					return err
				}
			}
			return nil
		}}
	columns := []sheet.OutColumn{{Title: w.T("season_plan.venue")}}
	for _, week := range b.Weeks {
		columns = append(columns, sheet.OutColumn{Title: week.Title})
	}
	grid := sheet.Sheet{Name: w.T("season_plan.board"), Count: len(b.Rows), Columns: columns, Rows: func(yield func([]sheet.Value) error) error {
		for _, row := range b.Rows {
			cells := []sheet.Value{text(row.Name)}
			for _, c := range row.Cells {
				var names []string
				for _, chip := range c.Chips {
					names = append(names, chip.Name)
				}
				cells = append(cells, text(w.join(names)))
			}
			if err := yield(cells); err != nil {
				return err
			}
		}
		return nil
	}}
	name := w.words.show(v.Season.Name, v.Season.NameEN)
	var out bytes.Buffer
	err = sheet.Write(&out, sheet.Workbook{Lang: w.Lang(), Say: w.T, Title: w.T("season_plan.title") + " · " + name, Author: r.actor.Name, At: s.svc.Now().In(zoneOf(r.actor.Party)), Sheets: []sheet.Sheet{list, grid, changes},
		Cover: []sheet.Line{{Name: w.T("season_plan.draft"), Text: itoa(n)}, {Name: w.T("season_plan.state"), Text: w.code("season_draft", string(v.Draft.State))}, {Name: w.T("season_plan.hash"), Text: v.Hash}}})
	if err != nil {
		return err
	}
	r.saveAs("muntija-season-"+itoa(id)+"-"+itoa(n)+".xlsx", "xlsx")
	return r.c.Send(out.Bytes())
}
