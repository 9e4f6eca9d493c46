package exhibition

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Terms are what the parties agree on. Its JSON form is stored.
type Terms struct {
	Name          string          `json:"name"`
	NameEN        string          `json:"name_en,omitempty"`
	Series        string          `json:"series,omitempty"` // such as ديارنا; editions of one series are compared
	Edition       int             `json:"edition,omitempty"`
	Theme         string          `json:"theme,omitempty"`
	GuestOfHonour string          `json:"guest_of_honour,omitempty"`
	SeasonID      int64           `json:"season_id,omitempty"`
	Parties       []place.Country `json:"parties"` // who takes part, in the order of place.Countries
	Host          place.Country   `json:"host"`
	City          string          `json:"city,omitempty"`
	Venue         string          `json:"venue,omitempty"`    // in words; of a place in the host's registry the names that it had when it was chosen
	VenueEN       string          `json:"venue_en,omitempty"` // of a place in the registry
	VenueID       int64           `json:"venue_id,omitempty"` // in the host's registry of venues; 0: a place that is not in it
	HallID        int64           `json:"hall_id,omitempty"`  // a hall of that venue; 0: any of them
	First         calendar.Date   `json:"first"`
	Last          calendar.Date   `json:"last"`
	Waves         []Wave          `json:"waves,omitempty"` // none: the whole run is one
	Hours         Hours           `json:"hours"`
	Capacity      int             `json:"capacity"` // exhibitors in each wave
	Quotas        []Quota         `json:"quotas,omitempty"`
	OverInvite    int             `json:"over_invite,omitempty"` // per cent of a quota that may be invited beyond it, because some decline
	Fees          []Fee           `json:"fees,omitempty"`        // one for each party at most
	Lodging       Lodging         `json:"lodging,omitempty"`
	LodgingNights int             `json:"lodging_nights,omitempty"` // at most, for each exhibitor
	Travel        Travel          `json:"travel,omitempty"`
	Rules         string          `json:"rules,omitempty"` // participation rules in words
	// Papers that must be valid through the last day of the exhibitor's wave.
	Documents []registry.DocumentType `json:"documents,omitempty"`
}

// Wave is a part of the run with its own exhibitors. Waves may not overlap.
type Wave struct {
	Name  string        `json:"name,omitempty"`
	First calendar.Date `json:"first"`
	Last  calendar.Date `json:"last"`
}

// Lodging says who is housed.
type Lodging string

// Travel says who pays for the exhibitors' journeys.
type Travel string

// Lodgings and Travels are the choices, in the order of display.
func Lodgings() []Lodging { return []Lodging{"none", "out_of_town", "visitors", "all"} }

// Travels returns who may pay for journeys.
func Travels() []Travel { return []Travel{"own", "each_party", "host"} }

// FeeKind says how a fee is reckoned.
type FeeKind string

// FeeKinds returns how a fee may be reckoned: not at all, a sum for each place, a share of sales (ten per cent at Diyarna 2017, waived for Sinai).
func FeeKinds() []FeeKind { return []FeeKind{"none", "fixed", "share"} }

// Fee is what an exhibitor of one party pays. Amounts are minor units of Currency.
type Fee struct {
	Party    place.Country `json:"party"`
	Kind     FeeKind       `json:"kind"`
	Amount   int64         `json:"amount,omitempty"`  // of a fixed fee
	Percent  int           `json:"percent,omitempty"` // of sales
	Deposit  int64         `json:"deposit,omitempty"` // given back
	Subsidy  int           `json:"subsidy,omitempty"` // per cent of what the place costs that the organiser bears (75 at Turathna 2020): told, and no part of Due, which is what is left after it
	Currency string        `json:"currency"`
}

// Currency is what visitors pay in: the host's.
func (t *Terms) Currency() string { return CurrencyOf(t.Host) }

// CurrencyOf is the currency of a country.
func CurrencyOf(p place.Country) string {
	if p == place.Qatar {
		return "QAR"
	}
	return "EGP"
}

// FeeOf returns what a party's exhibitors pay; kind "none" if nothing was agreed.
func (t *Terms) FeeOf(p place.Country) Fee {
	for _, f := range t.Fees {
		if f.Party == p {
			return f
		}
	}
	return Fee{Party: p, Kind: "none", Currency: CurrencyOf(p)}
}

// Due is what a fee comes to, in minor units of the currency that it returns: a fixed fee in the exhibitor's, a share of sales in that of the sales. The deposit is given back and
// no part of it.
func (f Fee) Due(sales int64, salesIn string) (int64, string) {
	switch f.Kind {
	case "fixed":
		return f.Amount, f.Currency
	case "share":
		return (sales*int64(f.Percent) + 50) / 100, salesIn
	}
	return 0, f.Currency
}

// Days is how many days the exhibition lasts, 0 without dates.
func (t *Terms) Days() int {
	if t.First.IsZero() || t.Last.Before(t.First) {
		return 0
	}
	return calendar.DaysBetween(t.First, t.Last) + 1
}

// Run returns the days of a wave, of the whole exhibition if it has no waves. ok is false if there is no such wave.
func (t *Terms) Run(wave int) (first, last calendar.Date, ok bool) {
	if len(t.Waves) == 0 {
		return t.First, t.Last, wave == 0
	}
	if wave < 0 || wave >= len(t.Waves) {
		return 0, 0, false
	}
	return t.Waves[wave].First, t.Waves[wave].Last, true
}

// Site says which place of the host's registry was chosen: "hall:4", "venue:2", or "" for a place in words only.
func (t *Terms) Site() string {
	switch {
	case t.HallID != 0:
		return "hall:" + strconv.FormatInt(t.HallID, 10)
	case t.VenueID != 0:
		return "venue:" + strconv.FormatInt(t.VenueID, 10)
	}
	return ""
}

// VenueIn returns the place in a language; in Arabic where it has no English name.
func (t *Terms) VenueIn(lang string) string {
	if lang == "en" && t.VenueEN != "" {
		return t.VenueEN
	}
	return t.Venue
}

// MayUseHall reports whether a hall of a venue is within what was agreed.
func (t *Terms) MayUseHall(venue, hall int64) bool {
	return (t.VenueID == 0 || t.VenueID == venue) && (t.HallID == 0 || t.HallID == hall)
}

// WaveCount is the number of waves, at least 1.
func (t *Terms) WaveCount() int { return max(1, len(t.Waves)) }

// maxRun bounds the length of an exhibition: two months at Marina is the longest known (2025); a year is a shop.
const maxRun = 370

// Check returns what is wrong with terms that are to be proposed. Field names are those of the form.
func (t *Terms) Check() fault.Problems {
	var ps fault.Problems
	if t.Name == "" {
		ps.Add("name", "problem.required")
	}
	if len(t.Parties) == 0 {
		ps.Add("parties", "problem.required")
	}
	if !slices.Contains(t.Parties, t.Host) {
		ps.Add("host", "problem.exhibition.host")
	}
	switch {
	case t.First.IsZero():
		ps.Add("first", "problem.required")
	case t.Last.IsZero():
		ps.Add("last", "problem.required")
	case t.Last.Before(t.First):
		ps.Add("last", "problem.exhibition.backwards")
	case t.Days() > maxRun:
		ps.Add("last", "problem.exhibition.too_long", maxRun)
	}
	if t.Capacity < 1 {
		ps.Add("capacity", "problem.exhibition.capacity")
	}
	for i, w := range t.Waves {
		name := fmt.Sprintf("waves[%d].", i)
		switch {
		case w.First.IsZero():
			ps.Add(name+"first", "problem.required")
		case w.Last.IsZero():
			ps.Add(name+"last", "problem.required")
		case w.Last.Before(w.First):
			ps.Add(name+"last", "problem.exhibition.backwards")
		case w.First.Before(t.First) || w.Last.After(t.Last):
			ps.Add(name+"first", "problem.exhibition.wave_outside")
		case i > 0 && !w.First.After(t.Waves[i-1].Last):
			ps.Add(name+"first", "problem.exhibition.wave_overlap")
		}
	}
	t.Hours.check(&ps)
	t.checkQuotas(&ps)
	for i, f := range t.Fees {
		if !slices.Contains(t.Parties, f.Party) {
			ps.Add(fmt.Sprintf("fees[%d].party", i), "problem.exhibition.fee_party")
		}
		if f.Currency != CurrencyOf(f.Party) {
			ps.Add(fmt.Sprintf("fees[%d].currency", i), "problem.currency", CurrencyOf(f.Party))
		}
		if slices.ContainsFunc(t.Fees[:i], func(o Fee) bool { return o.Party == f.Party }) {
			ps.Add(fmt.Sprintf("fees[%d].party", i), "problem.twice")
		}
	}
	return ps
}

// Diff is one thing in which terms differ, as texts of codes, dates and numbers. Field is the form name without index.
type Diff struct {
	Field    string `json:"field"`
	Old, New string
}

// Compare returns in what b differs from a, in the order of the form.
func Compare(a, b *Terms) []Diff {
	var out []Diff
	add := func(field, old, now string) {
		if old != now {
			out = append(out, Diff{field, old, now})
		}
	}
	x, y := a.lines(), b.lines()
	for i := range x {
		add(x[i][0], x[i][1], y[i][1])
	}
	return out
}

// lines is the terms as pairs of field and text, always the same fields.
func (t *Terms) lines() [][2]string {
	num := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	var parties, waves, quotas, fees, docs []string
	for _, p := range t.Parties {
		parties = append(parties, string(p))
	}
	for _, w := range t.Waves {
		waves = append(waves, strings.TrimSpace(w.Name+" "+w.First.String()+"/"+w.Last.String()))
	}
	for _, q := range t.Quotas {
		quotas = append(quotas, q.String())
	}
	for _, f := range t.Fees {
		fees = append(fees, f.String())
	}
	for _, d := range t.Documents {
		docs = append(docs, string(d))
	}
	season := ""
	if t.SeasonID != 0 {
		season = strconv.FormatInt(t.SeasonID, 10)
	}
	return [][2]string{{"name", t.Name}, {"name_en", t.NameEN}, {"series", t.Series}, {"edition", num(t.Edition)}, {"theme", t.Theme},
		{"guest_of_honour", t.GuestOfHonour}, {"season", season}, {"parties", strings.Join(parties, ",")}, {"host", string(t.Host)}, {"city", t.City}, {"venue", t.Venue}, {"site", t.Site()},
		{"first", t.First.String()}, {"last", t.Last.String()}, {"waves", strings.Join(waves, "; ")}, {"hours", t.Hours.String()}, {"capacity", num(t.Capacity)},
		{"quotas", strings.Join(quotas, "; ")}, {"over_invite", num(t.OverInvite)}, {"fees", strings.Join(fees, "; ")}, {"lodging", string(t.Lodging)},
		{"lodging_nights", num(t.LodgingNights)}, {"travel", string(t.Travel)}, {"rules", t.Rules}, {"documents", strings.Join(docs, ",")}}
}

// String is the fee as one line of codes and numbers: "EG share 10% deposit 0 subsidy 75% EGP".
func (f Fee) String() string {
	return fmt.Sprintf("%s %s %d.%02d/%d%% +%d.%02d -%d%% %s", f.Party, f.Kind, f.Amount/100, f.Amount%100, f.Percent, f.Deposit/100, f.Deposit%100, f.Subsidy, f.Currency)
}
