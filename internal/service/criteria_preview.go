package service

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// weighed are the states in which new criteria could matter to a family: handed in and still open, or in force. Drafts are not finished, and what was
// rejected, withdrawn or ended is no longer asked about.
var weighed = []registry.State{registry.Submitted, registry.UnderReview, registry.Returned, registry.Approved, registry.Suspended}

// PreviewPageSize is how many names one page of a preview holds.
const PreviewPageSize = 30

// PreviewQuery chooses the names that a preview shows.
type PreviewQuery struct {
	Move  criteria.Move // Entered or Left; Unchanged: both
	Area  string        // "" for all
	Page  int           // from 1
	Fresh bool          // count anew, even if it was counted a moment ago
}

// Preview is what a draft would change against the set in force today: who would become eligible and who would cease to be.
type Preview struct {
	Row            store.CriteriaSet
	Set            *criteria.Set // as it is stored; not to be changed
	From           *SetSummary   // the set in force; nil if there is none, then everybody eligible enters
	Total          int           // families weighed
	Entered, Left  int
	Unchanged      int
	EligibleBefore int
	EligibleAfter  int
	ByArea         []AreaMoves // areas in which somebody moves, in the order of the country
	Names          []Moved
	Matching       int // names that the query matches
	Page, Pages    int
	Same           bool // the two sets decide alike for every family
	At             time.Time
	Token          string // proves to Publish that this very version was seen
	CanPublish     bool
	Later          []store.CriteriaSet // published to begin after today: one that does not begin before this draft will never come into force
}

// AreaMoves is the preview of one area.
type AreaMoves struct {
	Area                 string
	Total, Entered, Left int
}

// Moved is one family that would enter or leave.
type Moved struct {
	ID       int64
	Name     string
	Area     string
	Move     criteria.Move
	From, To criteria.Overall
	Why      []Cause // in the order of the draft; nil if there is no set in force to compare with
	Changed  bool    // saved or decided after the count, so that it would be counted otherwise now; Why is nil then
}

// Cause is one criterion for which a family would enter or leave: it stands in the way under one of the versions only.
type Cause struct {
	N        int // its place in the draft, from 1; 0 if the draft has dropped it
	Title    criteria.Text
	From, To Standing
}

// Standing is what one version makes of a criterion for a family; the zero Standing is that of a version without it.
type Standing struct {
	Outcome criteria.Outcome
	Weight  criteria.Weight
}

// blocks reports whether a family is not eligible for this criterion alone.
func (s Standing) blocks() bool {
	return s.Weight == criteria.Hard && (s.Outcome == criteria.NotMet || s.Outcome == criteria.FactsMissing || s.Outcome == criteria.NeedsReview)
}

// counted is a preview without names: what is kept for its other pages.
type counted struct {
	at            time.Time
	total         int
	before, after int
	byArea        map[string]*AreaMoves
	moved         []Moved // by id, without names
	same          bool
}

// previewKey is everything that a preview depends on, beside the families themselves.
type previewKey struct {
	party             place.Country
	id, version       int64
	baseID, baseState int64
	day               calendar.Date
}

// previews keeps the last few counts, so that turning the pages of names does not weigh the country again.
type previews struct {
	mu   sync.Mutex
	kept map[previewKey]*counted
}

const (
	previewsKept = 4
	previewLife  = 15 * time.Minute
)

func (p *previews) get(k previewKey, now time.Time) *counted {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.kept[k]; c != nil && now.Sub(c.at) < previewLife {
		return c
	}
	return nil
}

func (p *previews) put(k previewKey, c *counted, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for old, x := range p.kept {
		if len(p.kept) >= previewsKept || now.Sub(x.at) >= previewLife {
			delete(p.kept, old)
		}
	}
	if p.kept == nil {
		p.kept = map[previewKey]*counted{}
	}
	p.kept[k] = c
}

// Preview weighs every family of the party that is handed in or in force with a draft and with the set in force today. Waivers count in both. It works on the
// facts as each family was last saved, with today's date; nothing is stored but the entry in the audit log that the preview was made.
func (s *Criteria) Preview(ctx context.Context, actor auth.Actor, id int64, q PreviewQuery) (*Preview, error) {
	if err := s.allow(actor, auth.CriteriaPreview, actor.Party); err != nil {
		return nil, err
	}
	now := s.now()
	today := officeDay(now)
	var v *Preview
	var made *counted
	var key previewKey
	err := s.db.View(ctx, func(tx *store.Tx) error {
		made = nil
		row, to, from, base, err := s.compared(tx, actor.Party, id, today)
		if err != nil {
			return err
		}
		key = previewKey{party: actor.Party, id: id, version: row.Version, day: today}
		if base != nil {
			key.baseID, key.baseState = base.ID, base.Version
		}
		c := s.previews.get(key, now)
		if c == nil || q.Fresh {
			if c, err = weigh(tx, actor.Party, from, to, today, now); err != nil {
				return err
			}
			made = c
		}
		v = &Preview{Row: *row, Total: c.total, EligibleBefore: c.before, EligibleAfter: c.after, Same: c.same, At: c.at,
			Token: s.previewToken(actor, key), CanPublish: row.Status == store.SetDraft && auth.Can(actor, auth.CriteriaPublish)}
		v.Set = to.Set() // shared with the cache: nobody changes it
		if base != nil {
			set := from.Set()
			v.From = &SetSummary{CriteriaSet: *base, Title: set.Title, Citation: set.Citation, Criteria: len(set.Criteria), InForce: true}
		}
		if v.Later, err = later(tx, row, today); err != nil {
			return err
		}
		v.fill(c, q)
		if err := v.name(tx, actor.Party); err != nil || from == nil {
			return err
		}
		return v.explain(tx, from, to, today)
	})
	if err != nil {
		return nil, err
	}
	if made != nil {
		err := s.db.Update(ctx, func(tx *store.Tx) error {
			return audit(tx, actor, now, string(auth.CriteriaPreview), store.AuditEntry{Entity: "criteria_set", EntityID: id,
				Note: fmt.Sprintf("%d: +%d −%d / %d", v.Row.Number, v.Entered, v.Left, v.Total)})
		})
		if err != nil {
			return nil, err
		}
		s.previews.put(key, made, now)
	}
	return v, nil
}

// compared reads a draft and the set in force on a day, compiled. base and from are nil if none is in force.
func (s *Criteria) compared(tx *store.Tx, party place.Country, id int64, day calendar.Date) (row *store.CriteriaSet, to, from *criteria.Program, base *store.CriteriaSet, err error) {
	if row, err = tx.CriteriaSetByID(party, id); err != nil {
		return nil, nil, nil, nil, err
	}
	if row.Status != store.SetDraft {
		return nil, nil, nil, nil, fault.New(fault.State, "error.criteria_published")
	}
	if to, err = s.program(row); err != nil {
		return nil, nil, nil, nil, err
	}
	base, err = tx.CriteriaSetOn(party, day)
	if fault.Is(err, fault.NotFound) || base == nil && err == nil {
		return row, to, nil, nil, nil
	}
	if err != nil {
		return nil, nil, nil, nil, err
	}
	from, err = s.program(base)
	return row, to, from, base, err
}

// later returns the published sets that begin after a day, soonest first, but for those that begin when the draft has ended.
func later(tx *store.Tx, draft *store.CriteriaSet, day calendar.Date) ([]store.CriteriaSet, error) {
	rows, err := tx.ListCriteriaSets(draft.Party)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(r store.CriteriaSet) bool {
		return r.Status != store.SetPublished || !r.ValidFrom.After(day) || !draft.ValidTo.IsZero() && r.ValidFrom.After(draft.ValidTo)
	})
	slices.SortFunc(rows, func(a, b store.CriteriaSet) int { return int(a.ValidFrom) - int(b.ValidFrom) })
	return rows, nil
}

// weigh runs both versions over the party. Reading and unsealing is one goroutine (in the store), deciding is this one.
func weigh(tx *store.Tx, party place.Country, from, to *criteria.Program, today calendar.Date, now time.Time) (*counted, error) {
	c := &counted{at: now, byArea: map[string]*AreaMoves{}}
	waivers, err := tx.WaiversBetween(party, 0, 0)
	if err != nil {
		return nil, err
	}
	var cmp *criteria.Comparison
	if from != nil {
		cmp = criteria.Compare(from, to)
		c.same = cmp.Same()
	}
	var f criteria.Facts
	var area *AreaMoves
	err = tx.EachFacts(store.Scope{Party: party}, weighed, 0, 0, func(id int64, code string, facts []byte) error {
		if err := f.Decode(facts); err != nil {
			return fmt.Errorf("facts of family %d: %w", id, err)
		}
		f.SetDate(criteria.Today, today)
		if area == nil || area.Area != code {
			if area = c.byArea[code]; area == nil {
				area = &AreaMoves{Area: code}
				c.byArea[code] = area
			}
		}
		c.total++
		area.Total++
		m := Moved{ID: id, Area: code}
		if cmp != nil {
			m.From, m.To, m.Move = cmp.Of(&f, waivers[id])
		} else if m.To = to.Overall(&f, waivers[id]); m.To == criteria.Eligible {
			m.Move = criteria.Entered
		}
		if m.From == criteria.Eligible {
			c.before++
		}
		if m.To == criteria.Eligible {
			c.after++
		}
		switch m.Move {
		case criteria.Entered:
			area.Entered++
		case criteria.Left:
			area.Left++
		default:
			return nil
		}
		c.moved = append(c.moved, m)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// fill takes counts and the page of names that the query asks for out of c, which is shared and not changed.
func (v *Preview) fill(c *counted, q PreviewQuery) {
	for _, a := range place.Areas(v.Row.Party) {
		if x := c.byArea[a.Code]; x != nil && x.Entered+x.Left > 0 {
			v.ByArea = append(v.ByArea, *x)
		}
	}
	// A family without an area, or with one that was dissolved, is counted too.
	var rest []AreaMoves
	for code, x := range c.byArea {
		if x.Entered+x.Left > 0 && !slices.ContainsFunc(v.ByArea, func(a AreaMoves) bool { return a.Area == code }) {
			rest = append(rest, *x)
		}
	}
	slices.SortFunc(rest, func(a, b AreaMoves) int { return slices.Compare([]string{a.Area}, []string{b.Area}) })
	v.ByArea = append(v.ByArea, rest...)
	var hits []Moved
	for _, m := range c.moved {
		if m.Move == criteria.Entered {
			v.Entered++
		} else {
			v.Left++
		}
		if (q.Move == criteria.Unchanged || q.Move == m.Move) && (q.Area == "" || q.Area == m.Area) {
			hits = append(hits, m)
		}
	}
	v.Unchanged = c.total - v.Entered - v.Left
	v.Matching = len(hits)
	v.Pages = max(1, (len(hits)+PreviewPageSize-1)/PreviewPageSize)
	v.Page = min(max(q.Page, 1), v.Pages)
	start := (v.Page - 1) * PreviewPageSize
	v.Names = slices.Clone(hits[start:min(start+PreviewPageSize, len(hits))])
}

// name reads the names of the page, of those who move and of nobody else.
func (v *Preview) name(tx *store.Tx, party place.Country) error {
	ids := make([]int64, len(v.Names))
	for i, m := range v.Names {
		ids[i] = m.ID
	}
	names, err := tx.NamesOf(store.Scope{Party: party}, ids)
	if err != nil {
		return err
	}
	for i := range v.Names {
		v.Names[i].Name = names[v.Names[i].ID]
	}
	return nil
}

// explain says of each name of the page why it would move. The count keeps no reasons, which nobody reads beyond the page: the families of the page are read and assessed again here. One that was saved since it was counted may not fit its count any more; then it is said so, and not explained.
func (v *Preview) explain(tx *store.Tx, from, to *criteria.Program, today calendar.Date) error {
	var f criteria.Facts
	var before, after criteria.Assessment
	for i := range v.Names {
		m := &v.Names[i]
		rows, err := tx.FactsBetween(v.Row.Party, weighed, m.ID-1, m.ID, 1)
		if err != nil {
			return err
		}
		if len(rows) == 0 { // decided, and no longer asked about
			m.Changed = true
			continue
		}
		waivers, err := tx.WaiversBetween(v.Row.Party, m.ID-1, m.ID)
		if err != nil {
			return err
		}
		if err := f.Decode(rows[0].Facts); err != nil {
			return fmt.Errorf("facts of family %d: %w", m.ID, err)
		}
		f.SetDate(criteria.Today, today)
		from.AssessInto(&before, &f, waivers[m.ID])
		to.AssessInto(&after, &f, waivers[m.ID])
		if m.Changed = before.Overall != m.From || after.Overall != m.To; !m.Changed {
			m.Why = causes(from.Set(), to.Set(), &before, &after)
		}
	}
	return nil
}

// causes compares two assessments of one family criterion by criterion. A criterion is the same in both versions if its code is.
func causes(from, to *criteria.Set, before, after *criteria.Assessment) []Cause {
	was := make(map[string]Standing, len(before.Results))
	for i, r := range before.Results {
		was[r.Code] = Standing{r.Outcome, from.Criteria[i].Weight}
	}
	var out []Cause
	for i, r := range after.Results {
		c := Cause{N: i + 1, Title: to.Criteria[i].Title, From: was[r.Code], To: Standing{r.Outcome, to.Criteria[i].Weight}}
		if c.From.blocks() != c.To.blocks() {
			out = append(out, c)
		}
		delete(was, r.Code)
	}
	for _, c := range from.Criteria {
		if s, dropped := was[c.Code]; dropped && s.blocks() {
			out = append(out, Cause{Title: c.Title, From: s})
		}
	}
	return out
}

// previewToken names what an actor has seen: the draft at its version against the set in force at its version. Another save, or another publication in
// between, makes it worthless.
func (s *Criteria) previewToken(actor auth.Actor, k previewKey) string {
	mac := hmac.New(sha256.New, s.keys.Derive("criteria-preview"))
	fmt.Fprintf(mac, "%s/%d/%d/%d/%d/%d", k.party, actor.UserID, k.id, k.version, k.baseID, k.baseState)
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Publication says from when a draft is to be in force, and proves that its preview was seen.
type Publication struct {
	ValidFrom calendar.Date
	Token     string // Preview.Token
}

// Publish puts a draft in force from a day on, today or later; the set before it ends the day before. Decisions and assessments that were made stay as they
// are: a registration is checked with the set of its application date. Without the preview of this very version it is refused.
func (s *Criteria) Publish(ctx context.Context, actor auth.Actor, id int64, p Publication, w Write) error {
	if err := s.allow(actor, auth.CriteriaPublish, actor.Party); err != nil {
		return err
	}
	now := s.now()
	today := officeDay(now)
	_, err := s.once(ctx, actor, "criteria.publish", w, []any{id, p}, func(tx *store.Tx) (string, error) {
		row, set, err := draft(tx, actor, id, w)
		if err != nil {
			return "", err
		}
		base, err := tx.CriteriaSetOn(actor.Party, today)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return "", err
		}
		key := previewKey{party: actor.Party, id: id, version: row.Version}
		if base != nil {
			key.baseID, key.baseState = base.ID, base.Version
		}
		if !hmac.Equal([]byte(s.previewToken(actor, key)), []byte(p.Token)) {
			return "", fault.New(fault.State, "error.ruleset.preview_first")
		}
		var problems fault.Problems
		switch {
		case p.ValidFrom.IsZero():
			problems.Add("publish.valid_from", "problem.required")
		case p.ValidFrom.Before(today):
			problems.Add("publish.valid_from", "problem.ruleset.past")
		case p.ValidFrom.After(today.AddYears(5)):
			problems.Add("publish.valid_from", "problem.ruleset.far")
		case !set.ValidTo.IsZero() && set.ValidTo.Before(p.ValidFrom):
			problems.Add("publish.valid_from", "problem.ruleset.after_end")
		}
		if err := problems.Err(); err != nil {
			return "", err
		}
		set.ValidFrom, set.Status = p.ValidFrom, criteria.Published
		if err := set.Check().Err(); err != nil {
			return "", err
		}
		if row.Body, err = set.JSON(); err != nil {
			return "", err
		}
		row.ValidFrom = p.ValidFrom
		if err := tx.PublishCriteriaSet(row, actor.UserID, now); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.CriteriaPublish), store.AuditEntry{Entity: "criteria_set", EntityID: id,
			Changes: []registry.Change{{Path: "status", Old: string(store.SetDraft), New: string(store.SetPublished)},
				{Path: "valid_from", New: p.ValidFrom.String()}}, Note: strconv.Itoa(row.Number)})
	})
	s.forget()
	return err
}

// Recheck begins a job that checks every family handed in or in force with the set in force today, and returns the job's id. It adds assessments; what was
// decided stays decided. One runs at a time for a party.
func (s *Criteria) Recheck(ctx context.Context, actor auth.Actor, setID int64, w Write) (int64, error) {
	if err := s.allow(actor, auth.RecheckRun, actor.Party); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "criteria.recheck", w, setID, func(tx *store.Tx) (string, error) {
		row, err := tx.CriteriaSetByID(actor.Party, setID)
		if err != nil {
			return "", err
		}
		rows, err := tx.ListCriteriaSets(actor.Party)
		if err != nil {
			return "", err
		}
		if row.Status == store.SetDraft || inForce(rows, officeDay(now)) != setID {
			return "", fault.New(fault.State, "error.ruleset.not_in_force")
		}
		jobs, err := tx.ListJobs(actor.Party, 200)
		if err != nil {
			return "", err
		}
		for _, j := range jobs {
			if j.Kind == JobRecheck && (j.State == store.JobQueued || j.State == store.JobRunning) {
				return "", fault.New(fault.State, "error.ruleset.recheck_runs")
			}
		}
		params, err := json.Marshal(recheckParams{Set: setID})
		if err != nil {
			return "", err
		}
		j := &store.Job{Kind: JobRecheck, Party: actor.Party, Params: params, By: actor.UserID, CreatedAt: now}
		if j.Total, err = tx.CountFacts(actor.Party, weighed); err != nil {
			return "", err
		}
		if err := tx.InsertJob(j); err != nil {
			return "", err
		}
		err = audit(tx, actor, now, string(auth.RecheckRun), store.AuditEntry{Entity: "criteria_set", EntityID: setID, Note: fmt.Sprintf("job %d", j.ID)})
		return strconv.FormatInt(j.ID, 10), err
	})
	if err != nil {
		return 0, err
	}
	s.jobs.nudge()
	return strconv.ParseInt(res, 10, 64)
}
