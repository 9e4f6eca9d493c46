package exhibition

import (
	"cmp"
	"slices"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/place"
)

// Series is what both parties say of a series of exhibitions, such as ديارنا. It is known by the name in the terms of its editions; that name is agreed on with
// both keys and does not change here. A series of which nothing was said has only its Name.
type Series struct {
	ID, Version    int64
	Name           string
	NameEN         string
	About, AboutEN string
	Party          place.Country // of who wrote it last
	By             int64
	UpdatedAt      time.Time
}

// SeriesLine is a series with what its editions come to.
type SeriesLine struct {
	Series
	Editions    int // that are not cancelled
	First, Last calendar.Date
	Hosts       []place.Country // in the order of place.Countries
}

// GatherSeries returns the series of exhibitions, with what is on file about them, the one with the latest edition first. Exhibitions without a series are in none.
func GatherSeries(list []Exhibition, stored []Series) []SeriesLine {
	lines := map[string]*SeriesLine{}
	hosts := map[string]map[place.Country]bool{}
	for i := range list {
		t := &list[i].Terms
		if t.Series == "" || list[i].Status == Cancelled {
			continue
		}
		l := lines[t.Series]
		if l == nil {
			l = &SeriesLine{Series: Series{Name: t.Series}, First: t.First}
			lines[t.Series], hosts[t.Series] = l, map[place.Country]bool{}
		}
		l.Editions++
		l.First, l.Last = min(l.First, t.First), max(l.Last, t.Last)
		hosts[t.Series][t.Host] = true
	}
	for _, s := range stored {
		if l := lines[s.Name]; l != nil { // of one whose editions the reader may not see, nothing is said
			l.Series = s
		}
	}
	out := make([]SeriesLine, 0, len(lines))
	for name, l := range lines {
		for _, p := range place.Countries() {
			if hosts[name][p] {
				l.Hosts = append(l.Hosts, p)
			}
		}
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b SeriesLine) int { return cmp.Or(cmp.Compare(b.Last, a.Last), cmp.Compare(a.Name, b.Name)) })
	return out
}
