package web

import (
	"strconv"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/planner/season"
	"muntija/internal/service"
)

// seasonRunPage is the Body of season/run: a run at work, its plan, or the demands that clash.
type seasonRunPage struct {
	*service.SeasonRunPage
	ID, N, R int64
	Name     string
	URL      string
	Board    string
	Chart    chart
	Percent  int64
	Gap      string
	Error    string
	Reasons  []seasonReason
	Unplaced []string
	Paid     []boardReason // what the plan pays for
	MayTake  bool
	Refused  string
	Open     bool // the draft may be changed
}

// seasonReason is a demand of a clash, with what one press gives up.
type seasonReason struct {
	Text, URL string
	Number    int
	Relax     string // what would be given up; "" of what cannot
	Enough    bool   // giving up this one is enough
	Unlock    int64  // an exhibition that was locked by hand and could be moved
	Given     bool   // given up already
}

// Moving reports whether the page is to ask again.
func (p *seasonRunPage) Moving() bool { return p.Run.State.Moving() }

func (r *request) seasonRunIDs() (id, draft, run int64, err error) {
	if id, draft, err = r.seasonIDs(); err == nil {
		run, err = r.id("run")
	}
	return id, draft, run, err
}

func (s *Server) seasonRun(r *request) error { return s.drawSeasonRun(r, 0, "") }

func (s *Server) drawSeasonRun(r *request, status int, refused string) error {
	id, n, run, err := r.seasonRunIDs()
	if err != nil {
		return err
	}
	v, err := s.svc.SeasonPlans.Run(r.ctx(), r.actor, id, n, run)
	if err != nil {
		return err
	}
	w := seasonWords{r.words(), v.SeasonBook, r.actor.Party}
	body := &v.Run.Body
	b := &seasonRunPage{SeasonRunPage: v, ID: id, N: n, R: run, Name: w.words.show(v.Season.Name, v.Season.NameEN), URL: seasonRunURL(id, n, run), Board: seasonDraftURL(id, n), Chart: w.chart(body.Points),
		Gap: w.permille(body.Gap), Refused: refused, Open: v.CanEdit && v.Draft.State == exhibition.SeasonDrafted}
	if k := len(body.Points); k > 0 && body.Limit > 0 {
		b.Percent = min(99, body.Points[k-1].At/int64(10*body.Limit))
	}
	if body.Error != "" {
		b.Error = w.T(body.Error, service.SaidArgs(body.ErrorArgs)...)
	}
	b.MayTake = b.Open && v.Run.Sound() && !body.Taken
	if res := v.Result; res != nil {
		b.fill(w, res)
	}
	if r.isHTMX() {
		return r.fragment(0, "season/run", "season-run-body", nil, b)
	}
	return r.page(status, "season/run", nil, b)
}

// fill puts an answer into words.
func (b *seasonRunPage) fill(w seasonWords, res *season.Result) {
	for _, code := range res.Unplaced {
		b.Unplaced = append(b.Unplaced, w.named(idOf(code)))
	}
	for i := range res.Reasons {
		d := &res.Reasons[i]
		if res.Status != "infeasible" {
			b.Paid = append(b.Paid, boardReason{w.named(idOf(d.Exhibition)) + ": " + w.demand("breach", d), w.form(d)})
			continue
		}
		row := seasonReason{Text: w.demand("clash", d), URL: w.form(d), Number: i, Enough: d.Enough}
		if x, ok := service.RelaxOf(d); ok {
			row.Relax = w.relaxed(&x)
			for _, o := range b.Draft.Relaxed {
				row.Given = row.Given || o == x
			}
		}
		if e := b.Entry(idOf(d.Exhibition)); d.Rule == season.Pinned && e != nil && !e.Fixed {
			if s := b.Draft.Spot(e.ID); s != nil && s.Locked {
				row.Unlock = e.ID
			}
		}
		b.Reasons = append(b.Reasons, row)
	}
}

// seasonRunStep answers a change that was asked for on the page of a run.
func (s *Server) seasonRunStep(r *request, to, key string, err error) error {
	if text, ok := r.refusal(err); ok {
		return s.drawSeasonRun(r, 409, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(to, "success", key)
}

func (s *Server) seasonRunCancel(r *request) error {
	id, n, run, err := r.seasonRunIDs()
	if err != nil {
		return err
	}
	return s.seasonRunStep(r, seasonRunURL(id, n, run), "flash.run_cancelled", s.svc.SeasonPlans.CancelRun(r.ctx(), r.actor, id, n, run, r.write()))
}

func (s *Server) seasonRunTake(r *request) error {
	id, n, run, err := r.seasonRunIDs()
	if err != nil {
		return err
	}
	return s.seasonRunStep(r, seasonDraftURL(id, n), "flash.season_plan.taken", s.svc.SeasonPlans.Take(r.ctx(), r.actor, id, n, run, r.write()))
}

func (s *Server) seasonRelax(r *request) error {
	id, n, run, err := r.seasonRunIDs()
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(r.value("number"))
	if err != nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return s.seasonRunStep(r, seasonDraftURL(id, n), "flash.season_plan.relaxed", s.svc.SeasonPlans.Relax(r.ctx(), r.actor, id, n, run, number, r.write()))
}
