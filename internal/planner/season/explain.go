package season

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"muntija/internal/fault"
	"muntija/internal/highs"
)

// mostApart bounds the exhibitions whose rules become rows for an explanation: each has as many columns as venues times weeks.
const mostApart = 60

// explain fills the result of a season that cannot be planned with a set of demands that clash. only, if not nil, are exhibitions known to clash by themselves.
func (b *Board) explain(ctx context.Context, s *highs.Solver, r *Result, o Params, left func() time.Duration, only []int) error {
	r.Status, r.Stop, r.Clash = "infeasible", "proven", ClashUndecided
	if s == nil {
		return nil
	}
	params := func() highs.Params { return highs.Params{TimeLimit: left(), Seed: o.Seed} }
	keep := func(Demand) bool { return false }
	if only == nil {
		u := b.build(buildOptions{pairs: true})
		half := params()
		half.TimeLimit /= 2
		c, err := s.Clash(ctx, u.m, u.rows, half)
		if err != nil || !c.Decided {
			return undecided(err)
		}
		wanted := map[Demand]bool{}
		for _, g := range c.Groups {
			d := u.demands[g]
			if d.Rule == Scheduled {
				only = append(only, b.exhibitAt[d.Exhibition])
			} else {
				wanted[d] = true
			}
			r.Reasons = append(r.Reasons, d)
		}
		if r.Clash = ClashReduced; c.Minimal {
			r.Clash = ClashOutline
		}
		keep = func(d Demand) bool { d.Blocks = true; return wanted[d] }
	}
	slices.Sort(only)
	if len(only) <= mostApart {
		u := b.build(buildOptions{only: only, apart: true, pairs: true, keep: keep})
		c, err := s.Clash(ctx, u.m, u.rows, params())
		if err != nil {
			return undecided(err)
		}
		if c.Decided && len(c.Groups) > 0 && (c.Minimal || r.Reasons == nil) {
			r.Reasons, r.Clash = nil, ClashReduced
			for _, g := range c.Groups {
				r.Reasons = append(r.Reasons, u.demands[g])
			}
			if c.Minimal {
				r.Clash = ClashMinimal
			}
		}
	}
	return b.tell(ctx, s, r, o, left)
}

// tell adds the relaxations, if there is a solver to try them, and the sentences.
func (b *Board) tell(ctx context.Context, s *highs.Solver, r *Result, o Params, left func() time.Duration) error {
	var err error
	if s != nil {
		err = b.relax(ctx, s, r, func() highs.Params { return highs.Params{TimeLimit: left(), Seed: o.Seed} })
	}
	for i := range r.Reasons {
		r.Reasons[i].Sentence = r.Reasons[i].sentence()
	}
	return err
}

// uncovered explains, without a solver, why an exhibition with one session has no cell: a minimal set of its rules of which every venue and week breaks one.
func (b *Board) uncovered(r *Result, e int) bool {
	if b.exhibitions[e].count() > 1 {
		return false
	}
	var rules []Rule
	for _, rule := range cellRules {
		if b.set[rule].Mode == Block && rule != Fits {
			rules = append(rules, rule)
		}
	}
	masks := map[uint32]bool{}
	for v := range b.p.Venues {
		for w := range b.p.Weeks {
			if b.breach(Fits, e, v, w) > 0 {
				continue
			}
			mask := uint32(0)
			for n, rule := range rules {
				if b.breach(rule, e, v, w) > 0 {
					mask |= 1 << n
				}
			}
			masks[mask] = true
		}
	}
	needed := uint32(1)<<len(rules) - 1
	for n := range rules { // what can be left out is left out
		without := needed &^ (1 << n)
		covers := true
		for mask := range masks {
			covers = covers && mask&without != 0
		}
		if covers {
			needed = without
		}
	}
	r.Status, r.Stop, r.Clash = "infeasible", "proven", ClashMinimal
	id := b.exhibitions[e].ID
	for n, rule := range rules {
		if needed&(1<<n) != 0 {
			r.Reasons = append(r.Reasons, Demand{Rule: rule, Exhibition: id, Blocks: true})
		}
	}
	if len(masks) == 0 { // it is longer than the season
		r.Reasons = append(r.Reasons, Demand{Rule: Fits, Exhibition: id, Blocks: true})
	}
	r.Reasons = append(r.Reasons, Demand{Rule: Scheduled, Exhibition: id, Blocks: true})
	return true
}

// undecided lets a clash that was not found in time pass: the result says so.
func undecided(err error) error {
	if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.TooLarge) {
		return nil
	}
	return err
}

// relax finds out, as long as there is time, of which demands it would be enough to give up one for the whole season to be planned.
func (b *Board) relax(ctx context.Context, s *highs.Solver, r *Result, params func() highs.Params) error {
	for i := range r.Reasons {
		d := &r.Reasons[i]
		if p := params(); ctx.Err() != nil || p.TimeLimit == time.Millisecond {
			return nil
		}
		o := buildOptions{pairs: true}
		if e, ok := b.exhibitAt[d.Exhibition]; ok && d.Rule != Busy {
			o.drop = func(rule Rule, x int) bool { return rule == d.Rule && x == e }
		} else {
			given := *d
			o.give = func(x Demand) bool { x.Blocks = true; return x == given }
		}
		u := b.build(o)
		if u.withoutBut(o.drop) {
			continue
		}
		res, err := s.Solve(ctx, u.m, highs.Params{TimeLimit: params().TimeLimit, Seed: params().Seed, RelGap: 1e9, AbsGap: 1e15})
		if err != nil {
			return undecided(err)
		}
		d.Enough = res.HasValues
	}
	return nil
}

// withoutBut reports whether an exhibition has fewer cells than sessions, apart from those whose sessions were given up.
func (u *built) withoutBut(drop func(Rule, int) bool) bool {
	for e := range u.of {
		if len(u.of[e]) < u.b.exhibitions[e].count() && (drop == nil || !drop(Scheduled, e)) {
			return true
		}
	}
	return false
}

// sentence says a demand in English, for files; pages say it in both languages from the fields.
func (d Demand) sentence() string {
	q := func(s string) string { return fmt.Sprintf("%q", s) }
	say := map[Rule]string{
		Fits:        "exhibition E lies inside of the season",
		Pinned:      "exhibition E stays where it is pinned",
		Window:      "exhibition E is open only inside of its windows",
		Unavailable: "exhibition E is not open while it is unavailable",
		Closed:      "exhibition E keeps out of the blackouts of its venue",
		Capacity:    "exhibition E needs a venue that is large enough",
		Features:    "exhibition E needs a venue with all that it needs",
		Host:        "exhibition E needs a venue of the party that hosts it",
		Allowed:     "exhibition E needs one of the venues that it may use",
		Holidays:    "exhibition E is not open on holidays",
		Ramadan:     "exhibition E is not open in Ramadan",
		Held:        "exhibition E keeps out of what is held for others",
		Absent:      "exhibition E needs its people, who are away",
		Wish:        "exhibition E wishes to be open in Ramadan",
		HoldRank:    "exhibition E wishes for its best hold",
		Prefer:      "exhibition E wishes for its preferred weeks",
		Liked:       "exhibition E wishes for the venue that it likes best",
		Scheduled:   "exhibition E takes place",
		Itself:      "the sessions of exhibition E follow one another",
		Occupied:    "venue V takes one exhibition at a time",
		Busy:        "P is at one exhibition at a time",
		Gap:         "the editions of series S keep their gap",
		Balance:     "the parties host about equally many",
		Budget:      "the venues of M stay within the budget in C",
		Parallel:    "not too many exhibitions are open at one time",
	}[d.Rule]
	var out []string
	for _, w := range strings.Fields(say) {
		switch {
		case w == "E" || w == "E,":
			w = strings.Replace(w, "E", q(d.Exhibition), 1)
		case w == "V":
			if w = q(d.Venue); d.Alike > 0 {
				w += fmt.Sprintf(" (and %d like it, each)", d.Alike)
			}
		case w == "P" && d.Person != "":
			w = q(d.Person)
		case w == "P":
			w = "who conflicts"
		case w == "S":
			w = q(d.Series)
		case w == "M":
			w = q(d.Party)
		case w == "C":
			w = d.Currency
		}
		out = append(out, w)
	}
	text := strings.Join(out, " ")
	if d.Other != "" {
		text += fmt.Sprintf(" (with %q)", d.Other)
		if d.Rule == Busy && d.Person == "" {
			text = fmt.Sprintf("%q and %q are not open at the same time", d.Exhibition, d.Other)
		}
	}
	return text
}
