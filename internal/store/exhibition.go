package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// body writes what nothing is searched by. These types always can be written; the error is for those to come.
func body(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("writing %T: %w", v, err)
	}
	return string(b), nil
}

func readBody(s string, to any) error {
	if err := json.Unmarshal([]byte(s), to); err != nil {
		return fmt.Errorf("reading %T: %w", to, err)
	}
	return nil
}

func partiesText(list []place.Country) string {
	var b strings.Builder
	for _, p := range list {
		b.WriteString("," + string(p))
	}
	return b.String() + ","
}

// InsertSeason stores a new season and sets its ID and Version 1.
func (tx *Tx) InsertSeason(s *exhibition.Season) error {
	text, err := body(s)
	if err != nil {
		return err
	}
	err = tx.row(into(&s.ID), `INSERT INTO season (version, party, first, last, body) VALUES (1, $1, $2, $3, $4) RETURNING id`,
		string(s.Party), s.First.String(), s.Last.String(), text)
	if err != nil {
		return fmt.Errorf("inserting season: %w", err)
	}
	s.Version = 1
	return nil
}

// UpdateSeason stores a season anew; another version on file is fault.Stale.
func (tx *Tx) UpdateSeason(s *exhibition.Season) error {
	text, err := body(s)
	if err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE season SET version = version + 1, first = $3, last = $4, body = $5 WHERE id = $1 AND version = $2`,
		s.ID, s.Version, s.First.String(), s.Last.String(), text)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	s.Version++
	return nil
}

// Seasons returns all seasons, the newest first.
func (tx *Tx) Seasons() ([]exhibition.Season, error) {
	return bodies(tx, func(s *exhibition.Season, id, version int64) { s.ID, s.Version = id, version }, `SELECT id, version, body FROM season ORDER BY first DESC, id`)
}

// bodies reads rows of id, version and JSON; number puts the first two into what the third became.
func bodies[T any](tx *Tx, number func(v *T, id, version int64), query string, args ...any) ([]T, error) {
	var out []T
	err := tx.each(func(rows *sql.Rows) error {
		var v T
		var id, version int64
		var text string
		if err := rows.Scan(&id, &version, &text); err != nil {
			return err
		}
		err := readBody(text, &v)
		number(&v, id, version)
		out = append(out, v)
		return err
	}, query, args...)
	return out, err
}

// exhibitionBody is what of an exhibition nothing is searched by.
type exhibitionBody struct {
	Terms   exhibition.Terms
	Keys    []exhibition.Key
	Pending *exhibition.Change `json:",omitempty"`
	Report  string             `json:",omitempty"`
	Reason  string             `json:",omitempty"`
}

// InsertExhibition stores a new exhibition and sets its ID and Version 1.
func (tx *Tx) InsertExhibition(e *exhibition.Exhibition) error {
	text, err := body(exhibitionBody{e.Terms, e.Keys, e.Pending, e.Report, e.Reason})
	if err != nil {
		return err
	}
	t := &e.Terms
	err = tx.row(into(&e.ID), `INSERT INTO exhibition (version, status, proposer, host, parties, season_id, first, last, name, entered_by, created_at, updated_at, body)
		VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`, string(e.Status), string(e.Proposer), string(t.Host), partiesText(t.Parties),
		t.SeasonID, t.First.String(), t.Last.String(), t.Name, e.EnteredBy, stamp(e.CreatedAt), stamp(e.UpdatedAt), text)
	if err != nil {
		return fmt.Errorf("inserting exhibition: %w", err)
	}
	e.Version = 1
	return tx.touchFairs()
}

// UpdateExhibition stores an exhibition anew; another version on file is fault.Stale.
func (tx *Tx) UpdateExhibition(e *exhibition.Exhibition) error {
	text, err := body(exhibitionBody{e.Terms, e.Keys, e.Pending, e.Report, e.Reason})
	if err != nil {
		return err
	}
	t := &e.Terms
	n, err := tx.exec(`UPDATE exhibition SET version = version + 1, status = $3, host = $4, parties = $5, season_id = $6, first = $7, last = $8, name = $9,
		updated_at = $10, body = $11 WHERE id = $1 AND version = $2`, e.ID, e.Version, string(e.Status), string(t.Host), partiesText(t.Parties), t.SeasonID,
		t.First.String(), t.Last.String(), t.Name, stamp(e.UpdatedAt), text)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	e.Version++
	return tx.touchFairs()
}

const exhibitionColumns = `id, version, status, proposer, entered_by, created_at, updated_at, body`

func scanExhibition(scan func(...any) error) (*exhibition.Exhibition, error) {
	var e exhibition.Exhibition
	var status, proposer, created, updated, text string
	if err := scan(&e.ID, &e.Version, &status, &proposer, &e.EnteredBy, &created, &updated, &text); err != nil {
		return nil, err
	}
	var b exhibitionBody
	if err := readBody(text, &b); err != nil {
		return nil, err
	}
	e.Status, e.Proposer, e.CreatedAt, e.UpdatedAt = exhibition.Status(status), place.Country(proposer), unstamp(created), unstamp(updated)
	e.Terms, e.Keys, e.Pending, e.Report, e.Reason = b.Terms, b.Keys, b.Pending, b.Report, b.Reason
	return &e, nil
}

// ExhibitionByID returns an exhibition that a party may see ([exhibition.Exhibition.VisibleTo]), else fault.NotFound. "" sees all.
func (tx *Tx) ExhibitionByID(party place.Country, id int64) (*exhibition.Exhibition, error) {
	e, err := scanExhibition(func(dest ...any) error {
		return tx.row(dest, `SELECT `+exhibitionColumns+` FROM exhibition WHERE id = $1`, id)
	})
	if err != nil {
		return nil, err
	}
	if party != "" && !e.VisibleTo(party) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return e, nil
}

// ExhibitionQuery selects exhibitions. Zero values do not restrict.
type ExhibitionQuery struct {
	Statuses []exhibition.Status
	SeasonID int64
	Series   string
	From, To calendar.Date // days that an exhibition touches
	Limit    int           // 0: 500
}

// Exhibitions returns the exhibitions that a party may see ("" sees all), by first day, the latest first.
func (tx *Tx) Exhibitions(party place.Country, q ExhibitionQuery) ([]exhibition.Exhibition, error) {
	var s statement
	s.add("SELECT " + exhibitionColumns + " FROM exhibition WHERE 1 = 1")
	if q.SeasonID != 0 {
		s.add(" AND season_id = ?", q.SeasonID)
	}
	if !q.From.IsZero() {
		s.add(" AND last >= ?", q.From.String())
	}
	if !q.To.IsZero() {
		s.add(" AND first <= ?", q.To.String())
	}
	if len(q.Statuses) > 0 {
		names := make([]string, len(q.Statuses))
		for i, x := range q.Statuses {
			names[i] = string(x)
		}
		s.in("status", names)
	}
	limit := q.Limit
	if limit == 0 {
		limit = 500
	}
	s.add(" ORDER BY first DESC, id DESC LIMIT ?", limit)
	var out []exhibition.Exhibition
	err := tx.each(func(rows *sql.Rows) error {
		e, err := scanExhibition(rows.Scan)
		if err != nil {
			return err
		}
		if (party == "" || e.VisibleTo(party)) && (q.Series == "" || e.Terms.Series == q.Series) {
			out = append(out, *e)
		}
		return nil
	}, s.text(), s.args...)
	return out, err
}

// ExhibitionEvent is one thing that happened to an exhibition, for both parties to read. Step is "create", "submit", "edit", "agree", "refuse", "change",
// "cancel", "close", "comment" or "call".
type ExhibitionEvent struct {
	ID           int64
	ExhibitionID int64
	At           time.Time
	By           int64
	Party        place.Country
	Step         string
	Text         string            // of a comment, or the reason
	Diffs        []exhibition.Diff // of an edit or a change
}

type eventBody struct {
	Text  string            `json:"text,omitempty"`
	Diffs []exhibition.Diff `json:"diffs,omitempty"`
}

// InsertExhibitionEvent adds to the history of an exhibition.
func (tx *Tx) InsertExhibitionEvent(e *ExhibitionEvent) error {
	text, err := body(eventBody{e.Text, e.Diffs})
	if err != nil {
		return err
	}
	return tx.row(into(&e.ID), `INSERT INTO exhibition_event (exhibition_id, at, by_id, party, step, body) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		e.ExhibitionID, stamp(e.At), e.By, string(e.Party), e.Step, text)
}

// ExhibitionEvents returns the history of an exhibition, oldest first.
func (tx *Tx) ExhibitionEvents(id int64) ([]ExhibitionEvent, error) {
	var out []ExhibitionEvent
	err := tx.each(func(rows *sql.Rows) error {
		e := ExhibitionEvent{ExhibitionID: id}
		var at, party, text string
		if err := rows.Scan(&e.ID, &at, &e.By, &party, &e.Step, &text); err != nil {
			return err
		}
		var b eventBody
		if err := readBody(text, &b); err != nil {
			return err
		}
		e.At, e.Party, e.Text, e.Diffs = unstamp(at), place.Country(party), b.Text, b.Diffs
		out = append(out, e)
		return nil
	}, `SELECT id, at, by_id, party, step, body FROM exhibition_event WHERE exhibition_id = $1 ORDER BY id`, id)
	return out, err
}

// PutHoliday stores a holiday: a new one if its ID is 0 (one whose code its party has already, removed or not, is left as it is), else the version on file must
// be its own. removed keeps the row, so that seeding does not bring it back.
func (tx *Tx) PutHoliday(h *exhibition.Holiday, removed bool) error {
	text, err := body(h)
	if err != nil {
		return err
	}
	if h.ID == 0 {
		err := tx.row(into(&h.ID), `INSERT INTO holiday (version, party, code, first, last, removed, body) VALUES (1, $1, $2, $3, $4, 0, $5)
			ON CONFLICT DO NOTHING RETURNING id`, string(h.Party), h.Code, h.First.String(), h.Last.String(), text)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		h.Version = 1
		return err
	}
	n, err := tx.exec(`UPDATE holiday SET version = version + 1, first = $4, last = $5, removed = $6, body = $7 WHERE id = $1 AND version = $2 AND party = $3`,
		h.ID, h.Version, string(h.Party), h.First.String(), h.Last.String(), flag(removed), text)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	h.Version++
	return nil
}

// Holidays returns the holidays of a party (of both, if party is "") that touch the days from and to, by day.
func (tx *Tx) Holidays(party place.Country, from, to calendar.Date) ([]exhibition.Holiday, error) {
	return bodies(tx, func(h *exhibition.Holiday, id, version int64) { h.ID, h.Version = id, version },
		`SELECT id, version, body FROM holiday WHERE removed = 0 AND last >= $1 AND first <= $2 AND ($3 = '' OR party = $3) ORDER BY first, id`,
		from.String(), to.String(), string(party))
}

// HolidayByID returns a holiday of a party, else fault.NotFound.
func (tx *Tx) HolidayByID(party place.Country, id int64) (*exhibition.Holiday, error) {
	var h exhibition.Holiday
	var version int64
	var text string
	if err := tx.row(into(&version, &text), `SELECT version, body FROM holiday WHERE id = $1 AND party = $2 AND removed = 0`, id, string(party)); err != nil {
		return nil, err
	}
	err := readBody(text, &h)
	h.ID, h.Version = id, version
	return &h, err
}

type meetingBody struct {
	Title, Place, Agenda, Decisions string
	Attendees                       []exhibition.Attendee
	By                              int64
	CreatedAt, UpdatedAt            time.Time
}

// PutMeeting stores a meeting with its links and actions: a new one if its ID is 0, else the version on file must be its own. Actions that are not in m any more
// and were not done are dropped; done ones stay.
func (tx *Tx) PutMeeting(m *exhibition.Meeting) error {
	text, err := body(meetingBody{m.Title, m.Place, m.Agenda, m.Decisions, m.Attendees, m.By, m.CreatedAt, m.UpdatedAt})
	if err != nil {
		return err
	}
	if m.ID == 0 {
		err := tx.row(into(&m.ID), `INSERT INTO meeting (version, party, day, body) VALUES (1, $1, $2, $3) RETURNING id`, string(m.Party), m.Day.String(), text)
		if err != nil {
			return fmt.Errorf("inserting meeting: %w", err)
		}
		m.Version = 1
	} else {
		n, err := tx.exec(`UPDATE meeting SET version = version + 1, day = $3, body = $4 WHERE id = $1 AND version = $2`, m.ID, m.Version, m.Day.String(), text)
		if err := one(n, err, fault.Stale, "error.stale"); err != nil {
			return err
		}
		m.Version++
	}
	if _, err := tx.exec(`DELETE FROM meeting_exhibition WHERE meeting_id = $1`, m.ID); err != nil {
		return err
	}
	for _, id := range m.Exhibitions {
		if _, err := tx.exec(`INSERT INTO meeting_exhibition (meeting_id, exhibition_id) VALUES ($1, $2)`, m.ID, id); err != nil {
			return err
		}
	}
	kept := []int64{0}
	for i := range m.Actions {
		a := &m.Actions[i]
		a.MeetingID = m.ID
		if err := tx.putAction(a); err != nil {
			return err
		}
		kept = append(kept, a.ID)
	}
	old, err := tx.actions(`meeting_id = $1`, m.ID)
	if err != nil {
		return err
	}
	for _, a := range old {
		if slices.Contains(kept, a.ID) || !a.Open() {
			continue
		}
		if _, err := tx.exec(`DELETE FROM meeting_action WHERE id = $1`, a.ID); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) putAction(a *exhibition.Action) error {
	if a.ID == 0 {
		return tx.row(into(&a.ID), `INSERT INTO meeting_action (meeting_id, party, owner_id, due, done_at, done_by, body) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
			a.MeetingID, string(a.Party), a.OwnerID, a.Due.String(), stamp(a.DoneAt), a.DoneBy, a.Text)
	}
	n, err := tx.exec(`UPDATE meeting_action SET party = $3, owner_id = $4, due = $5, done_at = $6, done_by = $7, body = $8 WHERE id = $1 AND meeting_id = $2`,
		a.ID, a.MeetingID, string(a.Party), a.OwnerID, a.Due.String(), stamp(a.DoneAt), a.DoneBy, a.Text)
	return one(n, err, fault.NotFound, "error.not_found")
}

func (tx *Tx) actions(where string, args ...any) ([]exhibition.Action, error) {
	var out []exhibition.Action
	err := tx.each(func(rows *sql.Rows) error {
		var a exhibition.Action
		var party, due, done string
		if err := rows.Scan(&a.ID, &a.MeetingID, &party, &a.OwnerID, &due, &done, &a.DoneBy, &a.Text); err != nil {
			return err
		}
		a.Party, a.Due, a.DoneAt = place.Country(party), undate(due), unstamp(done)
		out = append(out, a)
		return nil
	}, `SELECT id, meeting_id, party, owner_id, due, done_at, done_by, body FROM meeting_action WHERE `+where+` ORDER BY due, id`, args...)
	return out, err
}

// OpenActions returns what a party still has to do from its meetings, the most urgent first.
func (tx *Tx) OpenActions(party place.Country) ([]exhibition.Action, error) {
	return tx.actions(`party = $1 AND done_at = ''`, string(party))
}

// MeetingByID returns a meeting with its links and actions, else fault.NotFound. Meetings are of both parties.
func (tx *Tx) MeetingByID(id int64) (*exhibition.Meeting, error) {
	list, err := tx.meetings(`id = $1`, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return &list[0], nil
}

// Meetings returns all meetings, the latest first; of one exhibition if its id is not 0.
func (tx *Tx) Meetings(exhibitionID int64) ([]exhibition.Meeting, error) {
	if exhibitionID == 0 {
		return tx.meetings(`1 = 1`)
	}
	return tx.meetings(`id IN (SELECT meeting_id FROM meeting_exhibition WHERE exhibition_id = $1)`, exhibitionID)
}

func (tx *Tx) meetings(where string, args ...any) ([]exhibition.Meeting, error) {
	var out []exhibition.Meeting
	err := tx.each(func(rows *sql.Rows) error {
		var m exhibition.Meeting
		var party, day, text string
		if err := rows.Scan(&m.ID, &m.Version, &party, &day, &text); err != nil {
			return err
		}
		var b meetingBody
		if err := readBody(text, &b); err != nil {
			return err
		}
		m.Party, m.Day, m.Title, m.Place, m.Agenda, m.Decisions, m.Attendees = place.Country(party), undate(day), b.Title, b.Place, b.Agenda, b.Decisions, b.Attendees
		m.By, m.CreatedAt, m.UpdatedAt = b.By, b.CreatedAt, b.UpdatedAt
		out = append(out, m)
		return nil
	}, `SELECT id, version, party, day, body FROM meeting WHERE `+where+` ORDER BY day DESC, id DESC LIMIT 300`, args...)
	if err != nil {
		return nil, err
	}
	for i := range out {
		m := &out[i]
		err := tx.each(func(rows *sql.Rows) error {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			m.Exhibitions = append(m.Exhibitions, id)
			return nil
		}, `SELECT exhibition_id FROM meeting_exhibition WHERE meeting_id = $1 ORDER BY exhibition_id`, m.ID)
		if err != nil {
			return nil, err
		}
		if m.Actions, err = tx.actions(`meeting_id = $1`, m.ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}
