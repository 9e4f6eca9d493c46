package web

import (
	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
)

// workPage is the Body of work/work.
type workPage struct {
	Name      string
	Queues    []queueView
	Waiting   bool // something waits
	CanCreate bool
	Shows     *service.ExhibitionWork
	Grants    *service.GrantWork
	Plans     *service.PlanWork
}

type queueView struct {
	Title, Hint, Icon, URL string
	Total                  int
	Rows                   []queueRow
}

type queueRow struct {
	store.FamilyRow
	Craft, Area string
	Since       any // what the queue waits for: an instant or a date
	SinceKey    string
	What        string // what ends
}

// queueWords are the title, the hint and the icon of each queue of service.Work.
var queueWords = map[string]struct{ title, hint, icon string }{
	"returned":           {"work.returned", "work.returned_hint", "arrow-back-up"},
	"drafts":             {"work.drafts", "work.drafts_hint", "pencil"},
	"renewals":           {"work.renewals", "work.renewals_hint", "calendar-event"},
	"papers":             {"work.papers", "work.papers_hint", "alarm"},
	"under_review":       {"work.under_review", "work.under_review_hint", "file-search"},
	"waiting":            {"work.waiting", "work.waiting_hint", "inbox"},
	"amendments":         {"work.amendments", "work.amendments_hint", "versions"},
	"approved_recently":  {"work.approved_recently", "work.approved_recently_hint", "circle-check"},
	"submitted_recently": {"work.submitted_recently", "work.submitted_recently_hint", "send"},
	"waiting_long":       {"work.waiting_long", "work.waiting_long_hint", "hourglass"},
}

// work is the first page after signing in: what waits for this person.
func (s *Server) work(r *request) error {
	work, err := s.svc.Families.Work(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	shows, err := s.svc.Exhibitions.Work(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	grants, err := s.svc.Incentives.Work(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	plans, err := s.svc.Plans.Work(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	w := r.words()
	p := workPage{Shows: shows, Grants: grants, Plans: plans, Waiting: !shows.Empty() || grants.DecideTotal+grants.DeliverTotal+plans.LateTotal+plans.SoonTotal > 0, Name: r.actor.Name, CanCreate: auth.Can(r.actor, auth.FamilyCreate)}
	for _, q := range work.Queues {
		p.Queues = append(p.Queues, queueIn(w, r.actor, q, r.today()))
		p.Waiting = p.Waiting || q.Total > 0
	}
	return r.page(0, "work/work", nil, p)
}

func queueIn(w words, actor auth.Actor, q service.Queue, today calendar.Date) queueView {
	text := queueWords[q.Key]
	view := queueView{Title: text.title, Hint: text.hint, Icon: text.icon, URL: listURL(filterOf(actor, q.Query)), Total: q.Total}
	for _, row := range q.Rows {
		x := queueRow{FamilyRow: row, Craft: w.craft(row.Craft), Area: w.area(row.Area), Since: row.UpdatedAt, SinceKey: "work.since_updated"}
		switch q.Key {
		case "papers":
			x.SinceKey = "work.valid_until"
			if ends := q.Ends[row.ID]; len(ends) > 0 {
				x.Since, x.What = ends[0].Until, paperName(w, ends[0].Kind)
				if ends[0].Until.Before(today) {
					x.SinceKey = "work.ended_on"
				}
			}
		case "renewals":
			x.Since, x.SinceKey = row.ValidUntil, "work.valid_until"
		case "waiting", "under_review", "waiting_long", "submitted_recently":
			x.Since, x.SinceKey = row.SubmittedAt, "work.since_submitted"
		case "approved_recently":
			x.Since, x.SinceKey = row.DecidedAt, "work.since_decided"
		}
		view.Rows = append(view.Rows, x)
	}
	return view
}

// filterOf is a query of the store as the filter of the list page.
func filterOf(actor auth.Actor, q store.FamilyQuery) listFilter {
	f := listFilter{CheckedFilter: intake.CheckedFilter{Text: q.Text, Areas: q.Areas, Crafts: q.Crafts, Overalls: q.Overalls, Amendment: q.Amendment,
		DateField: string(q.DateField), From: q.From, To: q.To, Sort: string(q.Sort), Limit: listRows}}
	for _, s := range q.States {
		f.States = append(f.States, registry.State(s))
	}
	if f.Sort == "" {
		f.Sort = intake.Sorts()[0]
	}
	f.NotMine = q.NotEnteredBy != 0
	f.EnteredBy, f.Mine = meOr(actor, q.EnteredBy)
	f.Reviewer, f.MyReviews = meOr(actor, q.ReviewerID)
	return f
}

func meOr(actor auth.Actor, id int64) (int64, bool) {
	if id != 0 && id == actor.UserID {
		return 0, true
	}
	return id, false
}
