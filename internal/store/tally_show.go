package store

import (
	"cmp"
	"database/sql"
	"fmt"
	"slices"

	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// ShowSum is a part of what an exhibition came to: exhibitors of one party, area, craft and sex, first-timers or not, in one state.
type ShowSum struct {
	ExhibitionID     int64
	Party            place.Country
	Area, Craft, Sex string
	FirstTime        bool
	State            string // "came" or an exhibition.State
	N, Days          int
	Amount           int64 // minor units of Currency
	Currency         string
}

// Came is the state of exhibitors that held a place to the end, or had come or sold something before they withdrew.
const Came = "came"

// exhibitionChanged notes in the transaction that the sums of an exhibition are to be counted again.
func (tx *Tx) exhibitionChanged(id int64) error {
	if _, err := tx.exec(`INSERT INTO exhibition_change (exhibition_id) VALUES ($1)`, id); err != nil {
		return fmt.Errorf("noting the change of an exhibition: %w", err)
	}
	return nil
}

func (tx *Tx) countShows(ids []int64) (out map[int64][]ShowSum, err error) {
	out = make(map[int64][]ShowSum, len(ids))
	for _, id := range ids {
		if out[id], err = tx.CountShow(id); err != nil {
			return nil, fmt.Errorf("counting exhibition %d: %w", id, err)
		}
	}
	return out, nil
}

// CountShow counts an exhibition from its lists. Sales in another currency than the host's are left out, as the report of the exhibition does.
func (tx *Tx) CountShow(id int64) ([]ShowSum, error) {
	e, err := tx.ExhibitionByID("", id)
	if err != nil {
		return nil, err
	}
	list, err := tx.Participations(id, ParticipationQuery{Limit: 1_000_000})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	sales, err := tx.Sales(id)
	if err != nil {
		return nil, err
	}
	attended, err := tx.Attendances(id)
	if err != nil {
		return nil, err
	}
	currency := e.Terms.Currency()
	sold, days := map[int64]int64{}, map[int64]int{}
	for _, x := range sales {
		if x.Currency == currency {
			sold[x.ParticipationID] += x.Amount
		}
	}
	for _, a := range attended {
		days[a.ParticipationID]++
	}
	sums := map[ShowSum]*ShowSum{}
	for _, p := range list {
		t := &p.Traits
		k := ShowSum{ExhibitionID: id, Party: t.Party, Area: t.Area, Craft: t.Craft, Sex: string(t.Sex), FirstTime: t.FirstTime, State: string(p.State), Currency: currency}
		if p.State == exhibition.Accepted || p.State == exhibition.Withdrawn && (sold[p.ID] != 0 || days[p.ID] != 0) {
			k.State = Came
		}
		x := sums[k]
		if x == nil {
			c := k
			x = &c
			sums[k] = x
		}
		x.N++
		if k.State == Came {
			x.Days += days[p.ID]
			x.Amount += sold[p.ID]
		}
	}
	var out []ShowSum
	for _, x := range sums {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b ShowSum) int {
		return cmp.Or(cmp.Compare(a.Party, b.Party), cmp.Compare(a.Area, b.Area), cmp.Compare(a.Craft, b.Craft), cmp.Compare(a.Sex, b.Sex), cmp.Compare(flag(a.FirstTime), flag(b.FirstTime)),
			cmp.Compare(a.State, b.State))
	})
	return out, nil
}

func (tx *Tx) putShows(shows map[int64][]ShowSum) error {
	for id, sums := range shows {
		if _, err := tx.exec(`DELETE FROM figure_show WHERE exhibition_id = $1`, id); err != nil {
			return err
		}
		err := tx.insertMany("figure_show", "exhibition_id, party, area, craft, sex, first_time, state, n, days, amount, currency", "", 11, len(sums), func(i int, c *cells) {
			x := &sums[i]
			c.num(id)
			c.text(string(x.Party))
			c.text(x.Area)
			c.text(x.Craft)
			c.text(x.Sex)
			c.num(flag(x.FirstTime))
			c.text(x.State)
			c.num(int64(x.N))
			c.num(int64(x.Days))
			c.num(x.Amount)
			c.text(x.Currency)
		}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// ShowSums returns what the exhibitions came to that touch days of a period, of one party, summed over areas and crafts: by exhibition, sex, first-timers and state.
func (tx *Tx) ShowSums(s Scope, from, to calendar.Date) ([]ShowSum, error) {
	clock, err := tx.figureClock()
	if err != nil || clock == nil || clock.built >= 0 {
		return nil, err
	}
	p, err := tx.pendingAfter(clock, 0, overlayMost)
	if err != nil {
		return nil, err
	}
	fresh, err := tx.countShows(p.shows) // what the sums have not taken in yet
	if err != nil {
		return nil, err
	}
	var q statement
	q.add(`SELECT s.exhibition_id, s.area, s.sex, s.first_time, s.state, s.n, s.days, s.amount, s.currency FROM exhibition e JOIN figure_show s ON s.exhibition_id = e.id
		WHERE e.last >= ? AND e.first <= ? AND s.party = ?`, from.String(), to.String(), string(s.Party))
	if s.Areas != nil {
		q.in("s.area", s.Areas)
	}
	sums := map[ShowSum]*ShowSum{}
	add := func(x ShowSum) {
		k := ShowSum{ExhibitionID: x.ExhibitionID, Party: s.Party, Sex: x.Sex, FirstTime: x.FirstTime, State: x.State, Currency: x.Currency}
		at := sums[k]
		if at == nil {
			c := k
			at = &c
			sums[k] = at
		}
		at.N, at.Days, at.Amount = at.N+x.N, at.Days+x.Days, at.Amount+x.Amount
	}
	err = tx.each(func(rows *sql.Rows) error {
		var x ShowSum
		var first int64
		if err := rows.Scan(&x.ExhibitionID, &x.Area, &x.Sex, &first, &x.State, &x.N, &x.Days, &x.Amount, &x.Currency); err != nil {
			return err
		}
		x.FirstTime = first == 1
		if _, again := fresh[x.ExhibitionID]; !again {
			add(x)
		}
		return nil
	}, q.text(), q.args...)
	if err != nil {
		return nil, err
	}
	for id, list := range fresh {
		e, err := tx.ExhibitionByID("", id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		if err != nil || e.Terms.Last.Before(from) || e.Terms.First.After(to) {
			continue
		}
		for _, x := range list {
			if x.Party == s.Party && (s.Areas == nil || slices.Contains(s.Areas, x.Area)) {
				add(x)
			}
		}
	}
	var out []ShowSum
	for _, x := range sums {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b ShowSum) int {
		return cmp.Or(cmp.Compare(a.ExhibitionID, b.ExhibitionID), cmp.Compare(a.Sex, b.Sex), cmp.Compare(flag(a.FirstTime), flag(b.FirstTime)), cmp.Compare(a.State, b.State))
	})
	return out, nil
}
