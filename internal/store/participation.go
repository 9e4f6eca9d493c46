package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// exhibitorDetail is what of an exhibitor is personal, and what nothing is searched by.
type exhibitorDetail struct {
	NameEN, Contact, TravelNote string
	Sex                         registry.Sex
	Disability                  bool
	Travel                      exhibition.TravelList
	CreatedAt, UpdatedAt        time.Time
}

func (tx *Tx) sealExhibitor(uid string, e *exhibition.Exhibitor) ([]byte, error) {
	b, err := json.Marshal(exhibitorDetail{e.NameEN, e.Contact, e.TravelNote, e.Sex, e.Disability, e.Travel, e.CreatedAt, e.UpdatedAt})
	if err != nil {
		return nil, fmt.Errorf("writing exhibitor: %w", err)
	}
	return tx.sealRow("exhibitor", "detail", uid, b), nil
}

// InsertExhibitor stores a new exhibitor and sets its ID and Version 1. A family is an exhibitor once: fault.Duplicate.
func (tx *Tx) InsertExhibitor(e *exhibition.Exhibitor) error {
	uid := newUID()
	detail, err := tx.sealExhibitor(uid, e)
	if err != nil {
		return err
	}
	err = tx.row(into(&e.ID), `INSERT INTO exhibitor (version, party, kind, family_id, area, craft, name, entered_by, uid, detail)
		VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`, string(e.Party), string(e.Kind), e.FamilyID, e.Area, e.Craft, e.Name, e.EnteredBy, uid, detail)
	if err != nil {
		return fmt.Errorf("inserting exhibitor: %w", err)
	}
	e.Version = 1
	return tx.members(e)
}

// UpdateExhibitor stores an exhibitor anew; another version on file is fault.Stale.
func (tx *Tx) UpdateExhibitor(e *exhibition.Exhibitor) error {
	var uid string
	if err := tx.row(into(&uid), `SELECT uid FROM exhibitor WHERE id = $1 AND party = $2`, e.ID, string(e.Party)); err != nil {
		return err
	}
	detail, err := tx.sealExhibitor(uid, e)
	if err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE exhibitor SET version = version + 1, area = $3, craft = $4, name = $5, detail = $6 WHERE id = $1 AND version = $2`,
		e.ID, e.Version, e.Area, e.Craft, e.Name, detail)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	e.Version++
	return tx.members(e)
}

func (tx *Tx) members(e *exhibition.Exhibitor) error {
	if e.Kind != exhibition.Association {
		return nil
	}
	if _, err := tx.exec(`DELETE FROM exhibitor_member WHERE exhibitor_id = $1`, e.ID); err != nil {
		return err
	}
	for _, id := range e.Members {
		if _, err := tx.exec(`INSERT INTO exhibitor_member (exhibitor_id, family_id) VALUES ($1, $2)`, e.ID, id); err != nil {
			return err
		}
	}
	return nil
}

const exhibitorColumns = `id, version, party, kind, family_id, area, craft, name, entered_by, uid, detail`

func (tx *Tx) scanExhibitor(scan func(...any) error) (*exhibition.Exhibitor, error) {
	var e exhibition.Exhibitor
	var party, kind, uid string
	var sealed []byte
	if err := scan(&e.ID, &e.Version, &party, &kind, &e.FamilyID, &e.Area, &e.Craft, &e.Name, &e.EnteredBy, &uid, &sealed); err != nil {
		return nil, err
	}
	plain, err := tx.openRow("exhibitor", "detail", uid, sealed)
	if err != nil {
		return nil, err
	}
	var d exhibitorDetail
	if err := json.Unmarshal(plain, &d); err != nil {
		return nil, fmt.Errorf("reading exhibitor %d: %w", e.ID, err)
	}
	e.Party, e.Kind, e.NameEN, e.Contact, e.TravelNote, e.Sex, e.Disability = place.Country(party), exhibition.ExhibitorKind(kind), d.NameEN, d.Contact, d.TravelNote, d.Sex, d.Disability
	e.Travel, e.CreatedAt, e.UpdatedAt = d.Travel, d.CreatedAt, d.UpdatedAt
	return &e, nil
}

func (tx *Tx) exhibitor(where string, args ...any) (*exhibition.Exhibitor, error) {
	e, err := tx.scanExhibitor(func(dest ...any) error {
		return tx.row(dest, `SELECT `+exhibitorColumns+` FROM exhibitor WHERE `+where, args...)
	})
	if err != nil || e.Kind != exhibition.Association {
		return e, err
	}
	err = tx.each(func(rows *sql.Rows) error {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		e.Members = append(e.Members, id)
		return nil
	}, `SELECT family_id FROM exhibitor_member WHERE exhibitor_id = $1 ORDER BY family_id`, e.ID)
	return e, err
}

// ExhibitorByID returns an exhibitor of a party with its members, else fault.NotFound.
func (tx *Tx) ExhibitorByID(party place.Country, id int64) (*exhibition.Exhibitor, error) {
	return tx.exhibitor(`id = $1 AND party = $2`, id, string(party))
}

// ExhibitorOfFamily returns the exhibitor that a family is, else fault.NotFound.
func (tx *Tx) ExhibitorOfFamily(party place.Country, family int64) (*exhibition.Exhibitor, error) {
	return tx.exhibitor(`party = $1 AND family_id = $2 AND family_id <> 0`, string(party), family)
}

// Exhibitors returns the exhibitors of a scope, by name, without the members of associations.
func (tx *Tx) Exhibitors(s Scope, kind exhibition.ExhibitorKind, limit int) ([]exhibition.Exhibitor, error) {
	var q statement
	q.add("SELECT "+exhibitorColumns+" FROM exhibitor WHERE party = ?", string(s.Party))
	if s.Areas != nil {
		q.in("area", s.Areas)
	}
	if kind != "" {
		q.add(" AND kind = ?", string(kind))
	}
	q.add(" AND NOT EXISTS (SELECT 1 FROM family f WHERE f.id = exhibitor.family_id AND f.state = 'merged') ORDER BY name, id LIMIT ?", limit)
	var out []exhibition.Exhibitor
	err := tx.each(func(rows *sql.Rows) error {
		e, err := tx.scanExhibitor(rows.Scan)
		if err == nil {
			out = append(out, *e)
		}
		return err
	}, q.text(), q.args...)
	return out, err
}

// TravelNotes returns which of a party's exhibitors of these ids have a note on travel, and what it says.
func (tx *Tx) TravelNotes(party place.Country, ids []int64) (map[int64]exhibition.TravelList, error) {
	out := map[int64]exhibition.TravelList{}
	for part := range slices.Chunk(ids, 500) {
		var s statement
		s.add("SELECT "+exhibitorColumns+" FROM exhibitor WHERE party = ?", string(party))
		s.inIDs("id", part)
		err := tx.each(func(rows *sql.Rows) error {
			e, err := tx.scanExhibitor(rows.Scan)
			if err == nil && e.Travel != "" {
				out[e.ID] = e.Travel
			}
			return err
		}, s.text(), s.args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PastParticipations counts in how many other exhibitions an exhibitor held a place; who never did is a first-timer.
func (tx *Tx) PastParticipations(exhibitor, except int64) (int, error) {
	var n int
	err := tx.row(into(&n), `SELECT count(DISTINCT exhibition_id) FROM participation WHERE exhibitor_id = $1 AND exhibition_id <> $2 AND state = 'accepted'`, exhibitor, except)
	return n, err
}

type callBody struct {
	Rules               string
	ClosedAt, CreatedAt time.Time
	By                  int64
}

// PutCall stores a call: a new one if its ID is 0 (a party has one for each exhibition), else the version on file must be its own.
func (tx *Tx) PutCall(c *exhibition.Call) error {
	text, err := body(callBody{c.Rules, c.ClosedAt, c.CreatedAt, c.By})
	if err != nil {
		return err
	}
	if c.ID == 0 {
		err := tx.row(into(&c.ID), `INSERT INTO exhibition_call (version, exhibition_id, party, opens, closes, body) VALUES (1, $1, $2, $3, $4, $5) RETURNING id`,
			c.ExhibitionID, string(c.Party), c.Opens.String(), c.Closes.String(), text)
		c.Version = 1
		return err
	}
	n, err := tx.exec(`UPDATE exhibition_call SET version = version + 1, opens = $3, closes = $4, body = $5 WHERE id = $1 AND version = $2`,
		c.ID, c.Version, c.Opens.String(), c.Closes.String(), text)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	c.Version++
	return nil
}

func (tx *Tx) calls(where string, args ...any) ([]exhibition.Call, error) {
	var out []exhibition.Call
	err := tx.each(func(rows *sql.Rows) error {
		var c exhibition.Call
		var party, opens, closes, text string
		if err := rows.Scan(&c.ID, &c.Version, &c.ExhibitionID, &party, &opens, &closes, &text); err != nil {
			return err
		}
		var b callBody
		if err := readBody(text, &b); err != nil {
			return err
		}
		c.Party, c.Opens, c.Closes, c.Rules, c.ClosedAt, c.CreatedAt, c.By = place.Country(party), undate(opens), undate(closes), b.Rules, b.ClosedAt, b.CreatedAt, b.By
		out = append(out, c)
		return nil
	}, `SELECT id, version, exhibition_id, party, opens, closes, body FROM exhibition_call WHERE `+where+` ORDER BY closes, id`, args...)
	return out, err
}

// CallOf returns a party's call to an exhibition, nil if there is none.
func (tx *Tx) CallOf(party place.Country, exhibitionID int64) (*exhibition.Call, error) {
	list, err := tx.calls(`party = $1 AND exhibition_id = $2`, string(party), exhibitionID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// CallByID returns a call, else fault.NotFound.
func (tx *Tx) CallByID(id int64) (*exhibition.Call, error) {
	list, err := tx.calls(`id = $1`, id)
	if err == nil && len(list) == 0 {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// OpenCalls returns a party's calls that take applications on a day, the first to close first.
func (tx *Tx) OpenCalls(party place.Country, on calendar.Date) ([]exhibition.Call, error) {
	list, err := tx.calls(`party = $1 AND opens <= $2 AND closes >= $2`, string(party), on.String())
	out := list[:0]
	for _, c := range list {
		if c.OpenOn(on) {
			out = append(out, c)
		}
	}
	return out, err
}

type participationBody struct {
	Traits                exhibition.Traits
	NameEN                string
	Application           exhibition.Application
	Reasons               []exhibition.Reason `json:",omitempty"`
	Note                  string              `json:",omitempty"`
	InvitedAt, AnsweredAt time.Time
	Seats                 []exhibition.Seat `json:",omitempty"`
}

func participationText(p *exhibition.Participation) (string, error) {
	return body(participationBody{p.Traits, p.NameEN, p.Application, p.Reasons, p.Note, p.InvitedAt, p.AnsweredAt, p.Seats})
}

// InsertParticipation stores a new participation and sets its ID and Version 1. An exhibitor takes part once in an exhibition and wave: fault.Duplicate.
func (tx *Tx) InsertParticipation(p *exhibition.Participation) error {
	text, err := participationText(p)
	if err != nil {
		return err
	}
	err = tx.row(into(&p.ID), `INSERT INTO participation (version, exhibition_id, wave, exhibitor_id, family_id, party, area, craft, state, rank, name, deadline,
		entered_by, created_at, updated_at, body) VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id`,
		p.ExhibitionID, p.Wave, p.ExhibitorID, p.FamilyID, string(p.Traits.Party), p.Traits.Area, p.Traits.Craft, string(p.State), p.Rank, p.Name, stamp(p.Deadline),
		p.EnteredBy, stamp(p.CreatedAt), stamp(p.UpdatedAt), text)
	if err != nil {
		return fmt.Errorf("inserting participation: %w", err)
	}
	p.Version = 1
	if err := tx.exhibitionChanged(p.ExhibitionID); err != nil {
		return err
	}
	if p.State.Holds() {
		return tx.touchFairs()
	}
	return nil
}

// UpdateParticipation stores a participation anew; another version on file is fault.Stale. Seats that it no longer holds are given back.
func (tx *Tx) UpdateParticipation(p *exhibition.Participation) error {
	text, err := participationText(p)
	if err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE participation SET version = version + 1, area = $3, craft = $4, state = $5, rank = $6, name = $7, deadline = $8, updated_at = $9, body = $10
		WHERE id = $1 AND version = $2`, p.ID, p.Version, p.Traits.Area, p.Traits.Craft, string(p.State), p.Rank, p.Name, stamp(p.Deadline), stamp(p.UpdatedAt), text)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	p.Version++
	if err := tx.exhibitionChanged(p.ExhibitionID); err != nil {
		return err
	}
	if p.State.Holds() {
		return tx.touchFairs()
	}
	if p.State == exhibition.Withdrawn {
		if err := tx.touchFairs(); err != nil {
			return err
		}
	}
	if err := tx.giveBack(p); err != nil {
		return err
	}
	_, err = tx.exec(`DELETE FROM seat WHERE participation_id = $1`, p.ID)
	return err
}

// TakeSeats gives an exhibitor the lowest free number on each line; ok is false, and nothing is taken, if one of them is full. Two transactions that reach for the
// same number cannot both commit.
func (tx *Tx) TakeSeats(p *exhibition.Participation, lines []exhibition.Line) (seats []exhibition.Seat, ok bool, err error) {
	for _, line := range lines {
		taken := make([]bool, line.Max+1)
		err := tx.each(func(rows *sql.Rows) error {
			var n int
			if err := rows.Scan(&n); err != nil {
				return err
			}
			if n >= 1 && n <= line.Max {
				taken[n] = true
			}
			return nil
		}, `SELECT number FROM seat WHERE exhibition_id = $1 AND wave = $2 AND line = $3`, p.ExhibitionID, p.Wave, line.Name)
		if err != nil {
			return nil, false, err
		}
		free := 0
		for n := 1; n <= line.Max && free == 0; n++ {
			if !taken[n] {
				free = n
			}
		}
		if free == 0 {
			return nil, false, nil
		}
		seats = append(seats, exhibition.Seat{Line: line.Name, Number: free})
	}
	for _, s := range seats {
		_, err := tx.exec(`INSERT INTO seat (exhibition_id, wave, line, number, participation_id) VALUES ($1, $2, $3, $4, $5)`,
			p.ExhibitionID, p.Wave, s.Line, s.Number, p.ID)
		if err != nil {
			return nil, false, fmt.Errorf("taking a place: %w", err)
		}
	}
	return seats, true, nil
}

// SeatsTaken counts the numbers taken on a line of a wave.
func (tx *Tx) SeatsTaken(exhibitionID int64, wave int, line string) (int, error) {
	var n int
	err := tx.row(into(&n), `SELECT count(*) FROM seat WHERE exhibition_id = $1 AND wave = $2 AND line = $3`, exhibitionID, wave, line)
	return n, err
}

const participationColumns = `id, version, exhibition_id, wave, exhibitor_id, family_id, state, rank, name, deadline, entered_by, created_at, updated_at, body`

func scanParticipation(scan func(...any) error) (*exhibition.Participation, error) {
	var p exhibition.Participation
	var state, deadline, created, updated, text string
	err := scan(&p.ID, &p.Version, &p.ExhibitionID, &p.Wave, &p.ExhibitorID, &p.FamilyID, &state, &p.Rank, &p.Name, &deadline, &p.EnteredBy, &created, &updated, &text)
	if err != nil {
		return nil, err
	}
	var b participationBody
	if err := readBody(text, &b); err != nil {
		return nil, err
	}
	p.State, p.Deadline, p.CreatedAt, p.UpdatedAt = exhibition.State(state), unstamp(deadline), unstamp(created), unstamp(updated)
	p.Traits, p.NameEN, p.Application, p.Reasons, p.Note, p.InvitedAt, p.AnsweredAt, p.Seats = b.Traits, b.NameEN, b.Application, b.Reasons, b.Note, b.InvitedAt, b.AnsweredAt, b.Seats
	return &p, nil
}

// ParticipationByID returns a participation of a party ("" is any), else fault.NotFound.
func (tx *Tx) ParticipationByID(party place.Country, id int64) (*exhibition.Participation, error) {
	return scanParticipation(func(dest ...any) error {
		return tx.row(dest, `SELECT `+participationColumns+` FROM participation WHERE id = $1 AND ($2 = '' OR party = $2)`, id, string(party))
	})
}

// ParticipationQuery selects participations. Zero values do not restrict.
type ParticipationQuery struct {
	Party     place.Country
	Areas     []string // nil: all
	EnteredBy int64
	Exhibitor int64
	States    []exhibition.State
	DueBefore time.Time // invited with an earlier deadline
	Limit     int       // 0: 5000
}

// Participations returns participations of an exhibition (0: of all), by state, rank and name.
func (tx *Tx) Participations(exhibitionID int64, q ParticipationQuery) ([]exhibition.Participation, error) {
	var s statement
	s.add("SELECT " + participationColumns + " FROM participation WHERE 1 = 1")
	if exhibitionID != 0 {
		s.add(" AND exhibition_id = ?", exhibitionID)
	}
	if q.Party != "" {
		s.add(" AND party = ?", string(q.Party))
	}
	if q.Areas != nil {
		s.in("area", q.Areas)
	}
	if q.EnteredBy != 0 {
		s.add(" AND entered_by = ?", q.EnteredBy)
	}
	if q.Exhibitor != 0 {
		s.add(" AND exhibitor_id = ?", q.Exhibitor)
	}
	if len(q.States) > 0 {
		names := make([]string, len(q.States))
		for i, x := range q.States {
			names[i] = string(x)
		}
		s.in("state", names)
	}
	if !q.DueBefore.IsZero() {
		s.add(" AND state = 'invited' AND deadline < ?", stamp(q.DueBefore))
	}
	limit := q.Limit
	if limit == 0 {
		limit = 5000
	}
	s.add(" ORDER BY exhibition_id, rank, name, id LIMIT ?", limit)
	var out []exhibition.Participation
	err := tx.each(func(rows *sql.Rows) error {
		p, err := scanParticipation(rows.Scan)
		if err == nil {
			out = append(out, *p)
		}
		return err
	}, s.text(), s.args...)
	return out, err
}

// ExhibitionLink is a link that works without an account. Kind is "apply" (a family's form in a call), "answer" (to an invitation) or "feed" (a user's calendar).
// Only the hash of its token is kept.
type ExhibitionLink struct {
	Hash                            [32]byte
	Kind                            string
	Party                           place.Country
	CallID, FamilyID, Participation int64
	UserID, CreatedBy               int64
	CreatedAt, ExpiresAt, RevokedAt time.Time
}

// InsertExhibitionLink keeps a link.
func (tx *Tx) InsertExhibitionLink(l *ExhibitionLink) error {
	_, err := tx.exec(`INSERT INTO exhibition_link (hash, kind, party, call_id, family_id, participation_id, user_id, created_by, created_at, expires_at, revoked_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '')`, fmt.Sprintf("%x", l.Hash[:]), l.Kind, string(l.Party), l.CallID, l.FamilyID, l.Participation, l.UserID, l.CreatedBy,
		stamp(l.CreatedAt), stamp(l.ExpiresAt))
	return err
}

// ExhibitionLinkByHash returns a link that was not revoked, else fault.NotFound. Whether it has expired is the caller's question.
func (tx *Tx) ExhibitionLinkByHash(kind string, hash [32]byte) (*ExhibitionLink, error) {
	l := ExhibitionLink{Hash: hash, Kind: kind}
	var party, created, expires string
	err := tx.row(into(&party, &l.CallID, &l.FamilyID, &l.Participation, &l.UserID, &l.CreatedBy, &created, &expires), `SELECT party, call_id, family_id, participation_id,
		user_id, created_by, created_at, expires_at FROM exhibition_link WHERE hash = $1 AND kind = $2 AND revoked_at = ''`, fmt.Sprintf("%x", hash[:]), kind)
	if err != nil {
		return nil, err
	}
	l.Party, l.CreatedAt, l.ExpiresAt = place.Country(party), unstamp(created), unstamp(expires)
	return &l, nil
}

// RevokeExhibitionLinks ends links of a kind: a user's, a participation's, or a family's in a call. Zero does not restrict.
func (tx *Tx) RevokeExhibitionLinks(kind string, user, participation, call, family int64, at time.Time) (int64, error) {
	return tx.exec(`UPDATE exhibition_link SET revoked_at = $6 WHERE kind = $1 AND revoked_at = '' AND ($2 = 0 OR user_id = $2) AND ($3 = 0 OR participation_id = $3)
		AND ($4 = 0 OR call_id = $4) AND ($5 = 0 OR family_id = $5)`, kind, user, participation, call, family, stamp(at))
}

// FeedSince returns since when a user has a calendar feed; zero if there is none.
func (tx *Tx) FeedSince(user int64) (time.Time, error) {
	var at string
	err := tx.row(into(&at), `SELECT created_at FROM exhibition_link WHERE user_id = $1 AND kind = 'feed' AND revoked_at = '' ORDER BY created_at DESC LIMIT 1`, user)
	if fault.Is(err, fault.NotFound) {
		return time.Time{}, nil
	}
	return unstamp(at), err
}

// InsertAttendance checks an exhibitor in on a day. It reports false, and changes nothing, if that was done before.
func (tx *Tx) InsertAttendance(exhibitionID int64, a *exhibition.Attendance) (bool, error) {
	n, err := tx.exec(`INSERT INTO attendance (participation_id, day, exhibition_id, at, by_id, way, offline) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
		a.ParticipationID, a.Day.String(), exhibitionID, stamp(a.At), a.By, a.Way, flag(a.Offline))
	if err != nil || n != 1 {
		return false, err
	}
	return true, tx.exhibitionChanged(exhibitionID)
}

// AttendanceOf returns when an exhibitor was checked in on a day; zero if not.
func (tx *Tx) AttendanceOf(participation int64, day calendar.Date) (time.Time, error) {
	var at string
	err := tx.row(into(&at), `SELECT at FROM attendance WHERE participation_id = $1 AND day = $2`, participation, day.String())
	if fault.Is(err, fault.NotFound) {
		return time.Time{}, nil
	}
	return unstamp(at), err
}

// Attendances returns all days of presence in an exhibition, by day.
func (tx *Tx) Attendances(exhibitionID int64) ([]exhibition.Attendance, error) {
	var out []exhibition.Attendance
	err := tx.each(func(rows *sql.Rows) error {
		var a exhibition.Attendance
		var day, at string
		var offline int64
		if err := rows.Scan(&a.ParticipationID, &day, &at, &a.By, &a.Way, &offline); err != nil {
			return err
		}
		a.Day, a.At, a.Offline = undate(day), unstamp(at), offline == 1
		out = append(out, a)
		return nil
	}, `SELECT participation_id, day, at, by_id, way, offline FROM attendance WHERE exhibition_id = $1 ORDER BY day, at`, exhibitionID)
	return out, err
}

// PutSale stores a day's sum: a new one if its Version is 0 and there is none, else the version on file must be its own. fault.Stale if somebody entered it meanwhile.
func (tx *Tx) PutSale(exhibitionID int64, s *exhibition.Sale) error {
	if s.Version == 0 {
		n, err := tx.exec(`INSERT INTO sale (participation_id, day, exhibition_id, version, amount, currency, pieces, best, by_id, at) VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9)
			ON CONFLICT DO NOTHING`, s.ParticipationID, s.Day.String(), exhibitionID, s.Amount, s.Currency, s.Pieces, s.Best, s.By, stamp(s.At))
		if err := one(n, err, fault.Stale, "error.stale"); err != nil {
			return err
		}
		s.Version = 1
		return tx.exhibitionChanged(exhibitionID)
	}
	n, err := tx.exec(`UPDATE sale SET version = version + 1, amount = $4, currency = $5, pieces = $6, best = $7, by_id = $8, at = $9
		WHERE participation_id = $1 AND day = $2 AND version = $3`, s.ParticipationID, s.Day.String(), s.Version, s.Amount, s.Currency, s.Pieces, s.Best, s.By, stamp(s.At))
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	s.Version++
	return tx.exhibitionChanged(exhibitionID)
}

// Sales returns the sums of an exhibition, by day.
func (tx *Tx) Sales(exhibitionID int64) ([]exhibition.Sale, error) {
	var out []exhibition.Sale
	err := tx.each(func(rows *sql.Rows) error {
		var s exhibition.Sale
		var day, at string
		if err := rows.Scan(&s.ParticipationID, &s.Version, &day, &s.Amount, &s.Currency, &s.Pieces, &s.Best, &s.By, &at); err != nil {
			return err
		}
		s.Day, s.At = undate(day), unstamp(at)
		out = append(out, s)
		return nil
	}, `SELECT participation_id, version, day, amount, currency, pieces, best, by_id, at FROM sale WHERE exhibition_id = $1 ORDER BY day, participation_id`, exhibitionID)
	return out, err
}

// PutPackingItem stores a line of a packing list: a new one if its ID is 0.
func (tx *Tx) PutPackingItem(exhibitionID int64, i *exhibition.PackingItem) error {
	text, err := body(i)
	if err != nil {
		return err
	}
	if i.ID == 0 {
		return tx.row(into(&i.ID), `INSERT INTO packing_item (participation_id, exhibition_id, shipment, body) VALUES ($1, $2, $3, $4) RETURNING id`,
			i.ParticipationID, exhibitionID, i.Shipment, text)
	}
	n, err := tx.exec(`UPDATE packing_item SET shipment = $3, body = $4 WHERE id = $1 AND participation_id = $2`, i.ID, i.ParticipationID, i.Shipment, text)
	return one(n, err, fault.NotFound, "error.not_found")
}

// DeletePackingItem drops a line of an exhibition's packing lists.
func (tx *Tx) DeletePackingItem(participation, id int64) error {
	n, err := tx.exec(`DELETE FROM packing_item WHERE id = $1 AND participation_id = $2`, id, participation)
	return one(n, err, fault.NotFound, "error.not_found")
}

// PackingItems returns the lines of a party's shipments to an exhibition, by shipment and exhibitor.
func (tx *Tx) PackingItems(party place.Country, exhibitionID int64) ([]exhibition.PackingItem, error) {
	var out []exhibition.PackingItem
	err := tx.each(func(rows *sql.Rows) error {
		var i exhibition.PackingItem
		var id int64
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		err := readBody(text, &i)
		i.ID = id
		out = append(out, i)
		return err
	}, `SELECT i.id, i.body FROM packing_item i JOIN participation p ON p.id = i.participation_id WHERE i.exhibition_id = $1 AND p.party = $2
		ORDER BY i.shipment, i.participation_id, i.id`, exhibitionID, string(party))
	return out, err
}

// InsertIncident keeps an incident; its words are sealed, for they may name people.
func (tx *Tx) InsertIncident(i *exhibition.Incident) error {
	uid := newUID()
	return tx.row(into(&i.ID), `INSERT INTO incident (exhibition_id, party, participation_id, kind, at, by_id, uid, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		i.ExhibitionID, string(i.Party), i.ParticipationID, i.Kind, stamp(i.At), i.By, uid, tx.sealRow("incident", "detail", uid, []byte(i.Text)))
}

// Incidents returns the incidents of an exhibition that a party entered, oldest first.
func (tx *Tx) Incidents(party place.Country, exhibitionID int64) ([]exhibition.Incident, error) {
	var out []exhibition.Incident
	err := tx.each(func(rows *sql.Rows) error {
		i := exhibition.Incident{ExhibitionID: exhibitionID, Party: party}
		var at, uid string
		var sealed []byte
		if err := rows.Scan(&i.ID, &i.ParticipationID, &i.Kind, &at, &i.By, &uid, &sealed); err != nil {
			return err
		}
		plain, err := tx.openRow("incident", "detail", uid, sealed)
		i.At, i.Text = unstamp(at), string(plain)
		out = append(out, i)
		return err
	}, `SELECT id, participation_id, kind, at, by_id, uid, detail FROM incident WHERE exhibition_id = $1 AND party = $2 ORDER BY at, id`, exhibitionID, string(party))
	return out, err
}

// PutEvaluation stores how an exhibitor's part went; the version on file must be its own, 0 if there is none.
func (tx *Tx) PutEvaluation(exhibitionID int64, e *exhibition.Evaluation) error {
	text, err := body(e)
	if err != nil {
		return err
	}
	var n int64
	if e.Version == 0 {
		n, err = tx.exec(`INSERT INTO evaluation (participation_id, exhibition_id, version, body) VALUES ($1, $2, 1, $3) ON CONFLICT DO NOTHING`, e.ParticipationID, exhibitionID, text)
	} else {
		n, err = tx.exec(`UPDATE evaluation SET version = version + 1, body = $3 WHERE participation_id = $1 AND version = $2`, e.ParticipationID, e.Version, text)
	}
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	e.Version++
	return nil
}

// Evaluations returns the evaluations of an exhibition by participation.
func (tx *Tx) Evaluations(exhibitionID int64) (map[int64]exhibition.Evaluation, error) {
	out := map[int64]exhibition.Evaluation{}
	err := tx.each(func(rows *sql.Rows) error {
		var e exhibition.Evaluation
		var version int64
		var text string
		if err := rows.Scan(&version, &text); err != nil {
			return err
		}
		err := readBody(text, &e)
		e.Version = version
		out[e.ParticipationID] = e
		return err
	}, `SELECT version, body FROM evaluation WHERE exhibition_id = $1`, exhibitionID)
	return out, err
}

// ClearSeats gives all numbers of an exhibition back, to be taken anew under other terms in the same transaction.
func (tx *Tx) ClearSeats(exhibitionID int64) error {
	_, err := tx.exec(`DELETE FROM seat WHERE exhibition_id = $1`, exhibitionID)
	return err
}
