package store

import (
	"database/sql"
	"fmt"
	"time"

	"muntija/internal/exhibition"
	"muntija/internal/place"
	"muntija/internal/programme"
)

// Relief is one unit of a grant that bears an exhibitor's fee, or could.
type Relief struct {
	GrantID int64
	Scheme  int64
	Offer   int   // its number in the scheme
	Units   int   // of the grant, as it was approved
	Amount  int64 // of all units that were approved, or delivered: minor units of the scheme's currency
	Used    int
	Number  int // the unit, from 1; 0: none is taken yet
}

const reliefColumns = `SELECT g.id, g.scheme_id, g.offer, g.quantity, g.amount, (SELECT count(*) FROM grant_use u WHERE u.grant_id = g.id), `

// ReliefOf returns the unit that bears the fee of a participation, nil if there is none.
func (tx *Tx) ReliefOf(participation int64) (*Relief, error) {
	list, err := tx.reliefs(reliefColumns+`u.number FROM grant_use u JOIN incentive_grant g ON g.id = u.grant_id WHERE u.participation_id = $1`, participation)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// ReliefsAt returns the units that bear the fees of a party's exhibitors at an exhibition, by participation.
func (tx *Tx) ReliefsAt(exhibitionID int64, party place.Country) (map[int64]Relief, error) {
	out := map[int64]Relief{}
	err := tx.each(func(rows *sql.Rows) error {
		var participation int64
		var r Relief
		err := rows.Scan(&participation, &r.GrantID, &r.Scheme, &r.Offer, &r.Number)
		out[participation] = r
		return err
	}, `SELECT u.participation_id, g.id, g.scheme_id, g.offer, u.number FROM participation p JOIN grant_use u ON u.participation_id = p.id JOIN incentive_grant g ON g.id = u.grant_id
		WHERE p.exhibition_id = $1 AND p.party = $2`, exhibitionID, string(party))
	return out, err
}

// Reliefs returns the grants of a family, approved or delivered, that bear fees of exhibitions, the oldest first, those of which each unit is used included: how many units a
// grant has depends on its scheme.
func (tx *Tx) Reliefs(party place.Country, family int64) ([]Relief, error) {
	return tx.reliefs(reliefColumns+`0 FROM incentive_grant g WHERE g.party = $1 AND g.family_id = $2 AND g.kind IN ($3, $4) AND g.state IN ($5, $6) ORDER BY g.id`,
		string(party), family, string(programme.FeeWaiver), string(programme.SubsidisedBooth), string(programme.GrantApproved), string(programme.GrantDelivered))
}

func (tx *Tx) reliefs(query string, args ...any) (out []Relief, err error) {
	err = tx.each(func(rows *sql.Rows) error {
		var r Relief
		err := rows.Scan(&r.GrantID, &r.Scheme, &r.Offer, &r.Units, &r.Amount, &r.Used, &r.Number)
		out = append(out, r)
		return err
	}, query, args...)
	return out, err
}

// TakeRelief binds the lowest free unit of a grant to a participation and sets its Number. ok is false, and nothing is bound, if none is left. Two who reach for the same unit
// cannot both commit.
func (tx *Tx) TakeRelief(r *Relief, participation int64, now time.Time) (ok bool, err error) {
	taken := make(map[int]bool, r.Units)
	err = tx.each(func(rows *sql.Rows) error {
		var n int
		err := rows.Scan(&n)
		taken[n] = true
		return err
	}, `SELECT number FROM grant_use WHERE grant_id = $1`, r.GrantID)
	if err != nil {
		return false, err
	}
	for n := 1; n <= r.Units; n++ {
		if taken[n] {
			continue
		}
		if _, err := tx.exec(`INSERT INTO grant_use (grant_id, number, participation_id, at) VALUES ($1, $2, $3, $4)`, r.GrantID, n, participation, stamp(now)); err != nil {
			return false, fmt.Errorf("using a grant: %w", err)
		}
		r.Number = n
		return true, nil
	}
	return false, nil
}

// UnitsUsed counts the units of a grant that bear a fee.
func (tx *Tx) UnitsUsed(grant int64) (n int, err error) {
	err = tx.row(into(&n), `SELECT count(*) FROM grant_use WHERE grant_id = $1`, grant)
	return n, err
}

// GrantUse is where a unit of a grant is used: a place at an exhibition.
type GrantUse struct {
	Grant         int64
	Participation int64
	Exhibition    int64
	Wave          int // of the place, as in the terms of the exhibition
	At            time.Time
}

// UsesOf returns where the units of a grant are used, in the order of the units.
func (tx *Tx) UsesOf(grant int64) ([]GrantUse, error) {
	return tx.grantUses(`u.grant_id = $1`, grant)
}

// UsesOfFamily returns where the units of all grants of a family are used, by grant and unit.
func (tx *Tx) UsesOfFamily(party place.Country, family int64) ([]GrantUse, error) {
	return tx.grantUses(`g.party = $1 AND g.family_id = $2`, string(party), family)
}

func (tx *Tx) grantUses(where string, args ...any) (out []GrantUse, err error) {
	err = tx.each(func(rows *sql.Rows) error {
		var u GrantUse
		var at string
		err := rows.Scan(&u.Grant, &u.Participation, &u.Exhibition, &u.Wave, &at)
		u.At = unstamp(at)
		out = append(out, u)
		return err
	}, `SELECT u.grant_id, p.id, p.exhibition_id, p.wave, u.at FROM grant_use u JOIN incentive_grant g ON g.id = u.grant_id JOIN participation p ON p.id = u.participation_id
		WHERE `+where+` ORDER BY u.grant_id, u.number`, args...)
	return out, err
}

// giveBack frees the unit that bore the fee of a participation without a place.
func (tx *Tx) giveBack(p *exhibition.Participation) error {
	_, err := tx.exec(`DELETE FROM grant_use WHERE participation_id = $1`, p.ID)
	return err
}
