package service

import (
	"context"
	"slices"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Figures is what a registry amounts to now, as far as one person counts it. Craft, area and protection are those of the families whose registration is
// approved; states are those of all.
type Figures struct {
	Party       place.Country
	Total       int
	Registered  programme.Count // approved, and how many of them are led by a woman
	Waiting     int             // for a decision
	States      []programme.Count
	Areas       []programme.Count
	Crafts      []programme.Count
	Protections []programme.Count // nil for who does not see protection
	Months      []store.FigureMonth
	Waited      []Waited
	Median      int // days from handing in to the decision; -1 without any
	Other       *OtherFigures
}

// Waited is how many decisions took at most so many days, and more than the one before; UpTo 0: longer than all.
type Waited struct{ UpTo, N int }

// OtherFigures is what one country sees of the other's registry: sums, with small cells hidden.
type OtherFigures struct {
	Party      place.Country
	Registered programme.Count
	Areas      []programme.Count
	Crafts     []programme.Count
}

// figureMonths is how many months back the course of the work is shown.
const figureMonths = 18

// Figures counts the families in the actor's reach, and for who works with the other country, that country's approved ones.
func (s *Families) Figures(ctx context.Context, actor auth.Actor) (*Figures, error) {
	reach, err := auth.ReachOf(actor, auth.FiguresView)
	if err != nil {
		return nil, err
	}
	var mine, theirs *store.Figures
	other := actor.Party.Other()
	both := auth.Can(actor, auth.FiguresOther)
	err = s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if mine, err = tx.Figures(scopeOf(reach, 0)); err != nil || !both {
			return err
		}
		theirs, err = tx.Figures(store.Scope{Party: other})
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &Figures{Party: actor.Party, Median: -1}
	states := map[string]*programme.Count{}
	for _, c := range mine.Cells {
		out.Total += c.N
		add(states, c.State, c)
		if c.State == string(registry.Submitted) || c.State == string(registry.UnderReview) {
			out.Waiting += c.N
		}
	}
	for _, st := range registry.States() {
		if n := states[string(st)]; n != nil {
			out.States = append(out.States, *n)
		}
	}
	out.Registered, out.Areas, out.Crafts = approvedOf(mine)
	if auth.View(actor.Role, auth.ClassProtection) != auth.Hidden {
		byKind := map[string]*programme.Count{}
		for _, c := range mine.Cells {
			if c.State == string(registry.Approved) {
				add(byKind, c.Protection, c)
			}
		}
		for _, p := range registry.Protections() {
			if n := byKind[string(p)]; n != nil {
				out.Protections = append(out.Protections, *n)
			}
		}
	}
	out.Months = lastMonths(mine.Months, s.today().Year(), int(s.today().Month()))
	out.Waited, out.Median = waitedOf(mine.Waited)
	if both {
		o := &OtherFigures{Party: other}
		o.Registered, o.Areas, o.Crafts = approvedOf(theirs)
		total, tables := programme.Suppress(o.Areas, o.Crafts)
		for _, t := range tables {
			programme.HiddenLast(t)
		}
		o.Registered, o.Areas, o.Crafts = total, tables[0], tables[1]
		out.Other = o
	}
	return out, nil
}

func add(to map[string]*programme.Count, code string, c store.FigureCell) {
	n := to[code]
	if n == nil {
		n = &programme.Count{Code: code, Split: true}
		to[code] = n
	}
	n.N += c.N
	if c.Sex == "f" {
		n.Women += c.N
	}
}

// approvedOf sums the approved families, by area in the order of the country's list and by craft, most first.
func approvedOf(f *store.Figures) (all programme.Count, areas, crafts []programme.Count) {
	all.Split = true
	byArea, byCraft := map[string]*programme.Count{}, map[string]*programme.Count{}
	sum := map[string]*programme.Count{}
	for _, c := range f.Cells {
		if c.State != string(registry.Approved) {
			continue
		}
		add(sum, "", c)
		add(byArea, c.Area, c)
		add(byCraft, c.Craft, c)
	}
	if n := sum[""]; n != nil {
		all = *n
	}
	return all, mostFirst(byArea), mostFirst(byCraft)
}

func mostFirst(by map[string]*programme.Count) []programme.Count {
	var out []programme.Count
	for _, n := range by {
		out = append(out, *n)
	}
	slices.SortFunc(out, func(a, b programme.Count) int {
		if a.N != b.N {
			return b.N - a.N
		}
		if a.Code < b.Code {
			return -1
		}
		return 1
	})
	return out
}

// lastMonths returns the months up to this one, those without anything too.
func lastMonths(all []store.FigureMonth, year, month int) []store.FigureMonth {
	at := map[[2]int]store.FigureMonth{}
	for _, m := range all {
		at[[2]int{m.Year, m.Month}] = m
	}
	out := make([]store.FigureMonth, figureMonths)
	for i := figureMonths - 1; i >= 0; i-- {
		out[i] = at[[2]int{year, month}]
		out[i].Year, out[i].Month = year, month
		if month--; month == 0 {
			year, month = year-1, 12
		}
	}
	return out
}

// waitedOf puts the days that decisions took into a few lines, and finds the median; -1 without any decision.
func waitedOf(days []int) ([]Waited, int) {
	lines := []Waited{{UpTo: 7}, {UpTo: 14}, {UpTo: 30}, {UpTo: 60}, {UpTo: 0}}
	total := 0
	for d, n := range days {
		total += n
		for i := range lines {
			if lines[i].UpTo == 0 || d <= lines[i].UpTo {
				lines[i].N += n
				break
			}
		}
	}
	if total == 0 {
		return nil, -1
	}
	seen := 0
	for d, n := range days {
		if seen += n; 2*seen >= total {
			return lines, d
		}
	}
	return lines, -1
}
