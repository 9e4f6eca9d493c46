package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// JobIncentive counts who qualifies for an offer of a scheme and, if asked to, proposes it to them as far as the budget goes.
const JobIncentive = "incentive"

type countParams struct {
	Scheme  int64    `json:"scheme"`
	Version int64    `json:"version"` // of the scheme, as it was asked about
	Offer   int      `json:"offer"`
	Propose bool     `json:"propose,omitempty"`
	Areas   []string `json:"areas,omitempty"` // of who asked; nil: all
}

// CountResult is what a count came to. Money is in minor units of the scheme's currency.
type CountResult struct {
	Weighed  int         `json:"weighed"` // families in force in the areas
	Qualify  int         `json:"qualify"` // that may have the offer and do not have it
	Review   int         `json:"review"`  // for whom somebody has to look first
	Holding  int         `json:"holding"` // that have it already or wait for it
	Cost     int64       `json:"cost"`    // of one for each that qualifies
	Covered  int         `json:"covered"` // as many as budget and stock hold
	CoverFor int64       `json:"cover_for"`
	ByArea   []AreaCount `json:"by_area,omitempty"`
	LastIn   *Border     `json:"last_in,omitempty"`   // the last one whom the budget covers
	FirstOut *Border     `json:"first_out,omitempty"` // the first one whom it does not
	Proposed int         `json:"proposed,omitempty"`
}

// AreaCount is the count of one area.
type AreaCount struct {
	Area    string `json:"a"`
	Qualify int    `json:"n"`
	Covered int    `json:"c"`
}

// Border says what stood at the end of the budget, without a name.
type Border struct {
	Need    int    `json:"need"` // place of the income band, from 0 for the lowest; -1: not known
	Points  int    `json:"points"`
	Applied string `json:"applied,omitempty"`
}

// CountView is a count as its scheme shows it.
type CountView struct {
	Job     store.Job
	Result  CountResult
	Offer   programme.Offer
	Propose bool
	Old     bool // the scheme was changed since
}

// Moving reports whether it is still at work.
func (v *CountView) Moving() bool {
	return v.Job.State == store.JobQueued || v.Job.State == store.JobRunning
}

// lastCount returns the newest count of a scheme by the actor's own reach; nil if there is none.
func lastCount(tx *store.Tx, actor auth.Actor, x *programme.Scheme) (*CountView, error) {
	jobs, err := tx.ListJobs(x.Party, jobListLen)
	if err != nil {
		return nil, err
	}
	for i := range jobs {
		var p countParams
		if jobs[i].Kind != JobIncentive || readJob(jobs[i].Params, &p) != nil || p.Scheme != x.ID || !slices.Equal(p.Areas, actor.Areas.Codes()) {
			continue
		}
		v := &CountView{Job: jobs[i], Propose: p.Propose, Old: p.Version != x.Version}
		v.Offer, _ = x.Offer(p.Offer)
		return v, readJob(jobs[i].Result, &v.Result)
	}
	return nil, nil
}

// Count queues a count of who qualifies for an offer, in the actor's areas, and returns the job. With propose it then proposes to them in the scheme's order, as far as
// the budget goes.
func (s *Incentives) Count(ctx context.Context, actor auth.Actor, id int64, offer int, propose bool, w Write) (int64, error) {
	now := s.now()
	res, err := s.once(ctx, actor, "scheme.count", w, []any{id, offer, propose}, func(tx *store.Tx) (string, error) {
		x, err := loadScheme(tx, actor, auth.SchemeCount, id)
		if err != nil {
			return "", err
		}
		if _, ok := x.Offer(offer); !ok {
			return "", fault.New(fault.NotFound, "error.not_found")
		}
		if x.State == programme.SchemeClosed {
			return "", fault.New(fault.State, "error.scheme.not_open")
		}
		if propose {
			if _, err := auth.ReachOf(actor, auth.GrantPropose); err != nil {
				return "", err
			}
			if !x.Open(officeDay(now)) {
				return "", fault.New(fault.State, "error.scheme.not_open")
			}
		}
		last, err := lastCount(tx, actor, x)
		if err != nil {
			return "", err
		}
		if last != nil && last.Moving() {
			return "", fault.New(fault.State, "error.scheme.counting")
		}
		total, err := tx.CountFacts(x.Party, granted)
		if err != nil {
			return "", err
		}
		job := &store.Job{Kind: JobIncentive, Party: x.Party, By: actor.UserID, CreatedAt: now, Total: total}
		if job.Params, err = writeJob(countParams{x.ID, x.Version, offer, propose, actor.Areas.Codes()}); err != nil {
			return "", err
		}
		if err := tx.InsertJob(job); err != nil {
			return "", err
		}
		note := strconv.Itoa(offer)
		if propose {
			note += " +"
		}
		return strconv.FormatInt(job.ID, 10), schemeAudit(tx, actor, now, auth.SchemeCount, x, nil, note)
	})
	if err != nil {
		return 0, err
	}
	s.jobs.nudge()
	return strconv.ParseInt(res, 10, 64)
}

// granted is the state in which a family may have an incentive.
var granted = []registry.State{registry.Approved}

// countBatch is how many families are read in one transaction of a count.
const countBatch = 2000

// run works a count off. It begins anew when it was interrupted: nobody is proposed twice, because who has the offer is left out.
func (s *Incentives) run(ctx context.Context, job *store.Job) error {
	var p countParams
	if err := readJob(job.Params, &p); err != nil {
		return err
	}
	var x *programme.Scheme
	var program *criteria.Program
	var holders map[int64]bool
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if x, err = tx.SchemeByID(job.Party, p.Scheme); err != nil {
			return err
		}
		if program, err = s.criteria.ofScheme(x); err != nil {
			return err
		}
		holders, err = tx.Holders(x.ID, p.Offer)
		return err
	})
	if err != nil {
		return err
	}
	offer, ok := x.Offer(p.Offer)
	if !ok || p.Propose && x.Version != p.Version {
		return fault.New(fault.Stale, "error.stale")
	}
	var r CountResult
	list, err := s.weigh(ctx, job, x, program, p, holders, &r)
	if err != nil {
		return err
	}
	if job.Cancel {
		return s.jobs.finish(ctx, job, store.JobCancelled, nil)
	}
	programme.Rank(x.Order, list)
	r.Qualify, r.Cost = len(list), int64(len(list))*offer.UnitCost
	var covers int
	err = s.db.View(ctx, func(tx *store.Tx) error {
		a, err := tx.AccountOf(x)
		if err == nil {
			covers = programme.Covers(a.Purse, offer, a.Stock[offer.N], a.Asked[offer.N])
		}
		return err
	})
	if err != nil {
		return err
	}
	r.Covered = len(list)
	if covers >= 0 && covers < r.Covered {
		r.Covered = covers
		r.FirstOut = borderOf(list[covers])
	}
	if r.Covered > 0 && r.FirstOut != nil {
		r.LastIn = borderOf(list[r.Covered-1])
	}
	r.CoverFor = int64(r.Covered) * offer.UnitCost
	byArea(&r, list)
	if p.Propose {
		if err := s.proposeTo(ctx, job, x, offer, program, list[:r.Covered], &r); err != nil {
			return err
		}
	}
	if job.Result, err = writeJob(r); err != nil {
		return err
	}
	job.Done = job.Total
	return s.jobs.finish(ctx, job, store.JobDone, nil)
}

// weigh holds every family in force in the areas against the rules, batch by batch, and returns who qualifies.
func (s *Incentives) weigh(ctx context.Context, job *store.Job, x *programme.Scheme, program *criteria.Program, p countParams, holders map[int64]bool, r *CountResult) ([]programme.Candidate, error) {
	var list []programme.Candidate
	var f criteria.Facts
	var a criteria.Assessment
	today := officeDay(job.CreatedAt)
	for after := int64(0); ; {
		var rows []store.FactsRow
		err := s.db.View(ctx, func(tx *store.Tx) (err error) {
			rows, err = tx.FactsBetween(job.Party, granted, after, 0, countBatch)
			return err
		})
		if err != nil || len(rows) == 0 {
			return list, err
		}
		after = rows[len(rows)-1].ID
		for _, row := range rows {
			if !x.In(row.Area) || p.Areas != nil && !slices.Contains(p.Areas, row.Area) {
				continue
			}
			r.Weighed++
			if holders[row.ID] {
				r.Holding++
				continue
			}
			if err := f.Decode(row.Facts); err != nil {
				return nil, fmt.Errorf("facts of family %d: %w", row.ID, err)
			}
			f.SetDate(criteria.Today, today)
			switch program.Overall(&f, nil) {
			case criteria.Eligible:
			case criteria.ReviewNeeded:
				r.Review++
				continue
			default:
				continue
			}
			program.AssessInto(&a, &f, nil)
			list = append(list, candidateOf(&f, &a, row.ID, row.Area))
		}
		next := *job
		next.Done += int64(len(rows))
		next.Total = max(next.Total, next.Done)
		if err := s.db.Update(ctx, func(tx *store.Tx) error { return tx.ProgressJob(&next, s.now()) }); err != nil {
			return nil, err
		}
		if *job = next; job.Cancel {
			return list, nil
		}
	}
}

// needUnknown sorts families whose income nobody wrote down behind all others.
const needUnknown = 99

func candidateOf(f *criteria.Facts, a *criteria.Assessment, id int64, area string) programme.Candidate {
	c := programme.Candidate{Family: id, Area: area, Need: needUnknown, Points: a.Points}
	if x := f.Read(criteria.IncomeBand); x.Known {
		c.Need = int(x.Number())
	}
	if x := f.Read(criteria.ApplicationDate); x.Known {
		c.Applied = x.Date()
	}
	return c
}

func borderOf(c programme.Candidate) *Border {
	b := &Border{Need: c.Need, Points: c.Points}
	if c.Need == needUnknown {
		b.Need = -1
	}
	if !c.Applied.IsZero() {
		b.Applied = c.Applied.String()
	}
	return b
}

func byArea(r *CountResult, list []programme.Candidate) {
	at := map[string]int{}
	for i, c := range list {
		n, ok := at[c.Area]
		if !ok {
			n = len(r.ByArea)
			at[c.Area] = n
			r.ByArea = append(r.ByArea, AreaCount{Area: c.Area})
		}
		r.ByArea[n].Qualify++
		if i < r.Covered {
			r.ByArea[n].Covered++
		}
	}
	slices.SortFunc(r.ByArea, func(a, b AreaCount) int {
		if a.Qualify != b.Qualify {
			return b.Qualify - a.Qualify
		}
		return slices.Compare([]string{a.Area}, []string{b.Area})
	})
}

// proposeBatch is how many proposals are stored in one transaction.
const proposeBatch = 100

// proposeTo stores a proposal for each candidate in their order. Each is read again in the transaction: who was changed, or given the offer, since is left out, and the
// budget is asked anew before each batch.
func (s *Incentives) proposeTo(ctx context.Context, job *store.Job, x *programme.Scheme, offer programme.Offer, program *criteria.Program, list []programme.Candidate, r *CountResult) error {
	actor, err := s.asker(ctx, job)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(list, proposeBatch) {
		now := s.now()
		made := 0
		next := *job
		err := s.db.Update(ctx, func(tx *store.Tx) error {
			made, next = 0, *job
			cur, err := tx.SchemeByID(x.Party, x.ID)
			if err != nil {
				return err
			}
			if !cur.Open(officeDay(now)) {
				return errStop
			}
			a, err := tx.AccountOf(cur)
			if err != nil {
				return err
			}
			room := programme.Covers(a.Purse, offer, a.Stock[offer.N], a.Asked[offer.N])
			for _, c := range part {
				if room >= 0 && made >= room {
					break
				}
				ok, err := s.stillFits(tx, cur, offer, program, c.Family, now)
				if err != nil {
					return err
				}
				if !ok {
					continue
				}
				g := grantOf(cur, offer, c.Family, 1, programme.Automatic, actor.UserID, now)
				if err := tx.InsertGrant(g, offer.Kind); err != nil {
					return err
				}
				if err := grantAudit(tx, actor, now, auth.GrantPropose, g, c.Area, "", string(programme.Automatic)); err != nil {
					return err
				}
				made++
			}
			return tx.ProgressJob(&next, now)
		})
		if errors.Is(err, errStop) {
			return nil
		}
		if err != nil {
			return err
		}
		*job = next
		r.Proposed += made
		if job.Cancel {
			return nil
		}
	}
	return nil
}

// errStop ends a run of proposals without an error: the scheme was closed meanwhile.
var errStop = errors.New("service: the scheme is not open any more")

// asker is who asked for a job, as they are now.
func (s *Incentives) asker(ctx context.Context, job *store.Job) (auth.Actor, error) {
	var actor auth.Actor
	err := s.db.View(ctx, func(tx *store.Tx) error {
		u, err := tx.UserByID(job.By)
		if err != nil {
			return err
		}
		if !u.Active || !auth.Can(u.Actor(""), auth.GrantPropose) {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		actor = u.Actor("")
		return nil
	})
	return actor, err
}

func (s *Incentives) stillFits(tx *store.Tx, x *programme.Scheme, offer programme.Offer, program *criteria.Program, family int64, now time.Time) (bool, error) {
	rows, err := tx.FactsBetween(x.Party, granted, family-1, family, 1)
	if err != nil || len(rows) == 0 || !x.In(rows[0].Area) {
		return false, err
	}
	if held, err := tx.HoldsOffer(x.ID, offer.N, family); err != nil || held {
		return false, err
	}
	var f criteria.Facts
	if err := f.Decode(rows[0].Facts); err != nil {
		return false, fmt.Errorf("facts of family %d: %w", family, err)
	}
	f.SetDate(criteria.Today, officeDay(now))
	return program.Overall(&f, nil) == criteria.Eligible, nil
}
