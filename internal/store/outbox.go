package store

import (
	"database/sql"
	"fmt"
	"strings"
	"time"

	"muntija/internal/courier"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// HookState says whether events go to an address.
type HookState string

// The states of an address. A removed one is kept for its deliveries and never shown.
const (
	HookOn      HookState = "on"
	HookOff     HookState = "off"
	HookRemoved HookState = "removed"
)

// Hook is an address that is told of events. Its address and secrets are kept sealed.
type Hook struct {
	ID, Version int64
	Party       place.Country
	Kinds       []string
	State       HookState
	CreatedBy   int64
	CreatedAt   time.Time
	HookDetail
	uid string
}

// HookDetail is what of a hook is sealed. OldSecret signs beside Secret until OldUntil. StoppedAt is when the program itself switched it off, because nothing got through.
type HookDetail struct {
	URL       string    `json:"url"`
	Secret    string    `json:"secret"`
	OldSecret string    `json:"old_secret,omitempty"`
	OldUntil  time.Time `json:"old_until,omitzero"`
	StoppedAt time.Time `json:"stopped_at,omitzero"`
}

// OutState is the state of what is to be sent.
type OutState string

// The states of a delivery and of a message.
const (
	OutWaiting OutState = "waiting"
	OutSent    OutState = "sent"
	OutDead    OutState = "dead"    // given up; a person may send it again
	OutDropped OutState = "dropped" // not to be sent any more: the address was switched off, or wants nothing
)

// Delivery is one event on its way to one address.
type Delivery struct {
	ID, HookID int64
	UID        string
	Kind       string
	Entity     string
	EntityID   int64
	At         time.Time // of the event
	Body       []byte
	State      OutState
	Tries      int
	Due        time.Time
	EndedAt    time.Time
	Answer     int // HTTP status of the last answer; 0: none
	Error      string
}

// InsertHook stores an address and sets its ID and Version 1.
func (tx *Tx) InsertHook(h *Hook) error {
	h.uid = newUID()
	detail, err := tx.sealJSON("hook", "detail", h.uid, h.HookDetail)
	if err != nil {
		return err
	}
	h.Version = 1
	return tx.row(into(&h.ID), `INSERT INTO hook (version, party, uid, kinds, state, created_by, created_at, detail) VALUES (1, $1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		string(h.Party), h.uid, ","+strings.Join(h.Kinds, ",")+",", string(h.State), h.CreatedBy, stamp(h.CreatedAt), detail)
}

// UpdateHook stores an address anew; the stored version must be h.Version, else fault.Stale.
func (tx *Tx) UpdateHook(h *Hook) error {
	detail, err := tx.sealJSON("hook", "detail", h.uid, h.HookDetail)
	if err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE hook SET version = version + 1, kinds = $3, state = $4, detail = $5 WHERE id = $1 AND version = $2`, h.ID, h.Version,
		","+strings.Join(h.Kinds, ",")+",", string(h.State), detail)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	h.Version++
	return nil
}

const hookColumns = `id, version, party, uid, kinds, state, created_by, created_at, detail`

func (tx *Tx) hooks(where string, args ...any) ([]Hook, error) {
	var out []Hook
	err := tx.each(func(rows *sql.Rows) error {
		var h Hook
		var party, kinds, state, created string
		var detail []byte
		if err := rows.Scan(&h.ID, &h.Version, &party, &h.uid, &kinds, &state, &h.CreatedBy, &created, &detail); err != nil {
			return err
		}
		h.Party, h.State, h.CreatedAt, h.Kinds = place.Country(party), HookState(state), unstamp(created), splitCodes[string](strings.Trim(kinds, ","))
		if err := tx.openJSON("hook", "detail", h.uid, detail, &h.HookDetail); err != nil {
			return err
		}
		out = append(out, h)
		return nil
	}, `SELECT `+hookColumns+` FROM hook WHERE `+where+` ORDER BY id`, args...)
	return out, err
}

// Hooks returns the addresses of a party.
func (tx *Tx) Hooks(party place.Country) ([]Hook, error) {
	return tx.hooks(`party = $1 AND state <> 'removed'`, string(party))
}

// HookByID returns an address of a party ("": of any, also a removed one), else fault.NotFound.
func (tx *Tx) HookByID(party place.Country, id int64) (*Hook, error) {
	list, err := tx.hooks(`id = $1 AND ($2 = '' OR party = $2 AND state <> 'removed')`, id, string(party))
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return &list[0], nil
}

// HooksFor returns the ids of the addresses of a party that are told of a kind of event.
func (tx *Tx) HooksFor(party place.Country, kind string) ([]int64, error) {
	var out []int64
	err := tx.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		out = append(out, id)
		return err
	}, `SELECT id FROM hook WHERE party = $1 AND state = 'on' AND kinds LIKE $2 ORDER BY id`, string(party), "%,"+kind+",%")
	return out, err
}

// InsertDelivery puts an event into the outbox and sets its ID and UID.
func (tx *Tx) InsertDelivery(d *Delivery) error {
	if d.UID == "" {
		d.UID = "msg_" + newUID()
	}
	return tx.row(into(&d.ID), `INSERT INTO hook_delivery (hook_id, uid, kind, entity, entity_id, at, body, state, tries, due, ended_at, answer, error)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', 0, '') RETURNING id`, d.HookID, d.UID, d.Kind, d.Entity, d.EntityID, stamp(d.At), string(d.Body), string(d.State), d.Tries, stamp(d.Due))
}

const deliveryColumns = `d.id, d.hook_id, d.uid, d.kind, d.entity, d.entity_id, d.at, d.body, d.state, d.tries, d.due, d.ended_at, d.answer, d.error`

func (tx *Tx) deliveries(rest string, args ...any) ([]Delivery, error) {
	var out []Delivery
	err := tx.each(func(rows *sql.Rows) error {
		var d Delivery
		var at, body, state, due, ended string
		if err := rows.Scan(&d.ID, &d.HookID, &d.UID, &d.Kind, &d.Entity, &d.EntityID, &at, &body, &state, &d.Tries, &due, &ended, &d.Answer, &d.Error); err != nil {
			return err
		}
		d.At, d.Body, d.State, d.Due, d.EndedAt = unstamp(at), []byte(body), OutState(state), unstamp(due), unstamp(ended)
		out = append(out, d)
		return nil
	}, `SELECT `+deliveryColumns+` FROM hook_delivery d `+rest, args...)
	return out, err
}

// DueDeliveries returns what is to be sent now, the longest due first. Of one object's events only the first that waits is due: they go out in order.
func (tx *Tx) DueDeliveries(now time.Time, limit int) ([]Delivery, error) {
	return tx.deliveries(`WHERE d.state = 'waiting' AND d.due <= $1 AND NOT EXISTS (SELECT 1 FROM hook_delivery e WHERE e.hook_id = d.hook_id AND e.entity = d.entity AND
		e.entity_id = d.entity_id AND e.state = 'waiting' AND e.id < d.id) ORDER BY d.due, d.id LIMIT $2`, stamp(now), int64(limit))
}

// ClaimDelivery takes a due delivery for one try and reports whether it was still to be had. Nobody else tries before until; if this process ends meanwhile, somebody does then.
func (tx *Tx) ClaimDelivery(d *Delivery, until time.Time) (bool, error) {
	n, err := tx.exec(`UPDATE hook_delivery SET tries = tries + 1, due = $3 WHERE id = $1 AND state = 'waiting' AND tries = $2`, d.ID, int64(d.Tries), stamp(until))
	if n == 1 {
		d.Tries++
		d.Due = until
	}
	return n == 1, err
}

// SettleDelivery stores what became of a try; nothing if another one was made meanwhile.
func (tx *Tx) SettleDelivery(d *Delivery) error {
	_, err := tx.exec(`UPDATE hook_delivery SET state = $3, due = $4, ended_at = $5, answer = $6, error = $7 WHERE id = $1 AND tries = $2 AND state = 'waiting'`, d.ID, int64(d.Tries),
		string(d.State), stamp(d.Due), stamp(d.EndedAt), int64(d.Answer), d.Error)
	return err
}

// HookTookSince reports whether an address took anything after a time.
func (tx *Tx) HookTookSince(hook int64, since time.Time) (bool, error) {
	var n int64
	err := tx.row(into(&n), `SELECT count(*) FROM hook_delivery WHERE hook_id = $1 AND state = 'sent' AND ended_at > $2`, hook, stamp(since))
	return n > 0, err
}

// Deliveries returns the last deliveries to an address, the newest first; only those in a state unless it is "".
func (tx *Tx) Deliveries(hook int64, state OutState, limit int) ([]Delivery, error) {
	return tx.deliveries(`WHERE d.hook_id = $1 AND ($2 = '' OR d.state = $2) ORDER BY d.id DESC LIMIT $3`, hook, string(state), int64(limit))
}

// Resend makes a delivery to an address that was given up wait again, from now; fault.State if it was not.
func (tx *Tx) Resend(hook, id int64, now time.Time) error {
	n, err := tx.exec(`UPDATE hook_delivery SET state = 'waiting', tries = 0, due = $3, ended_at = '', error = '' WHERE id = $1 AND hook_id = $2 AND state IN ('dead', 'dropped')`, id, hook, stamp(now))
	return one(n, err, fault.State, "error.outbox.resend")
}

// DropDeliveries ends what waits for an address.
func (tx *Tx) DropDeliveries(hook int64, now time.Time) error {
	_, err := tx.exec(`UPDATE hook_delivery SET state = 'dropped', ended_at = $2 WHERE hook_id = $1 AND state = 'waiting'`, hook, stamp(now))
	return err
}

// OutCounts counts what is in the outbox by state.
type OutCounts map[OutState]int

func (tx *Tx) outCounts(query string, args ...any) (OutCounts, error) {
	out := OutCounts{}
	err := tx.each(func(rows *sql.Rows) error {
		var state string
		var n int
		err := rows.Scan(&state, &n)
		out[OutState(state)] = n
		return err
	}, query, args...)
	return out, err
}

// DeliveryCounts counts the deliveries to an address by state.
func (tx *Tx) DeliveryCounts(hook int64) (OutCounts, error) {
	return tx.outCounts(`SELECT state, count(*) FROM hook_delivery WHERE hook_id = $1 GROUP BY state`, hook)
}

// MessageTemplate is what is written to a person on an event over a channel, in both languages.
type MessageTemplate struct {
	Party     place.Country
	Kind      string
	Channel   courier.Channel
	Version   int64
	Active    bool
	Body      TemplateBody
	UpdatedBy int64
	UpdatedAt time.Time
}

// TemplateBody is the words of a template. Langs is "ar", "en" or "both": one below the other.
type TemplateBody struct {
	Langs string       `json:"langs"`
	AR    courier.Text `json:"ar"`
	EN    courier.Text `json:"en"`
}

// PutTemplate stores a template: a new one at version 0, else the stored version must be t.Version, else fault.Stale.
func (tx *Tx) PutTemplate(t *MessageTemplate) error {
	text, err := body(t.Body)
	if err != nil {
		return err
	}
	args := []any{string(t.Party), t.Kind, string(t.Channel), flag(t.Active), text, t.UpdatedBy, stamp(t.UpdatedAt)}
	if t.Version == 0 {
		n, err := tx.exec(`INSERT INTO message_template (party, kind, channel, version, active, body, updated_by, updated_at) VALUES ($1, $2, $3, 1, $4, $5, $6, $7)
			ON CONFLICT (party, kind, channel) DO NOTHING`, args...)
		if err := one(n, err, fault.Stale, "error.stale"); err != nil {
			return err
		}
		t.Version = 1
		return nil
	}
	n, err := tx.exec(`UPDATE message_template SET version = version + 1, active = $4, body = $5, updated_by = $6, updated_at = $7 WHERE party = $1 AND kind = $2 AND channel = $3 AND version = $8`,
		append(args, t.Version)...)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	t.Version++
	return nil
}

// Templates returns the templates of a party; of one kind of event unless it is "".
func (tx *Tx) Templates(party place.Country, kind string) ([]MessageTemplate, error) {
	var out []MessageTemplate
	err := tx.each(func(rows *sql.Rows) error {
		t := MessageTemplate{Party: party}
		var channel, text, updated string
		var active int64
		if err := rows.Scan(&t.Kind, &channel, &t.Version, &active, &text, &t.UpdatedBy, &updated); err != nil {
			return err
		}
		t.Channel, t.Active, t.UpdatedAt = courier.Channel(channel), active == 1, unstamp(updated)
		if err := readBody(text, &t.Body); err != nil {
			return err
		}
		out = append(out, t)
		return nil
	}, `SELECT kind, channel, version, active, body, updated_by, updated_at FROM message_template WHERE party = $1 AND ($2 = '' OR kind = $2) ORDER BY kind, channel`, string(party), kind)
	return out, err
}

// Message is one message on its way to a person. What it says and to whom is kept sealed.
type Message struct {
	ID        int64
	UID       string
	Party     place.Country
	Kind      string
	Channel   courier.Channel
	Lang      string
	Entity    string // what it is about
	EntityID  int64
	Area      string
	State     OutState
	Tries     int
	Due       time.Time
	CreatedAt time.Time
	EndedAt   time.Time
	Error     string
	MessageDetail
}

// MessageDetail is what of a message is sealed.
type MessageDetail struct {
	To      string `json:"to"`
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text"`
}

// InsertMessage puts a message into the outbox and sets its ID and UID.
func (tx *Tx) InsertMessage(m *Message) error {
	m.UID = newUID()
	detail, err := tx.sealJSON("message", "detail", m.UID, m.MessageDetail)
	if err != nil {
		return err
	}
	return tx.row(into(&m.ID), `INSERT INTO message (uid, party, kind, channel, lang, entity, entity_id, area, state, tries, due, created_at, ended_at, error, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', '', $13) RETURNING id`, m.UID, string(m.Party), m.Kind, string(m.Channel), m.Lang, m.Entity, m.EntityID, m.Area,
		string(m.State), int64(m.Tries), stamp(m.Due), stamp(m.CreatedAt), detail)
}

func (tx *Tx) messages(rest string, args ...any) ([]Message, error) {
	var out []Message
	err := tx.each(func(rows *sql.Rows) error {
		var m Message
		var party, channel, state, due, created, ended string
		var detail []byte
		if err := rows.Scan(&m.ID, &m.UID, &party, &m.Kind, &channel, &m.Lang, &m.Entity, &m.EntityID, &m.Area, &state, &m.Tries, &due, &created, &ended, &m.Error, &detail); err != nil {
			return err
		}
		m.Party, m.Channel, m.State, m.Due, m.CreatedAt, m.EndedAt = place.Country(party), courier.Channel(channel), OutState(state), unstamp(due), unstamp(created), unstamp(ended)
		if err := tx.openJSON("message", "detail", m.UID, detail, &m.MessageDetail); err != nil {
			return err
		}
		out = append(out, m)
		return nil
	}, `SELECT id, uid, party, kind, channel, lang, entity, entity_id, area, state, tries, due, created_at, ended_at, error, detail FROM message `+rest, args...)
	return out, err
}

// DueMessages returns what is to be sent now over some channels, the longest due first.
func (tx *Tx) DueMessages(now time.Time, channels []courier.Channel, limit int) ([]Message, error) {
	if len(channels) == 0 {
		return nil, nil
	}
	var list []string
	for _, c := range channels {
		list = append(list, "'"+string(c)+"'") // our own words
	}
	return tx.messages(`WHERE state = 'waiting' AND due <= $1 AND channel IN (`+strings.Join(list, ", ")+`) ORDER BY due, id LIMIT $2`, stamp(now), int64(limit))
}

// ClaimMessage and SettleMessage are [Tx.ClaimDelivery] and [Tx.SettleDelivery] for messages.
func (tx *Tx) ClaimMessage(m *Message, until time.Time) (bool, error) {
	n, err := tx.exec(`UPDATE message SET tries = tries + 1, due = $3 WHERE id = $1 AND state = 'waiting' AND tries = $2`, m.ID, int64(m.Tries), stamp(until))
	if n == 1 {
		m.Tries++
		m.Due = until
	}
	return n == 1, err
}

// SettleMessage stores what became of a try.
func (tx *Tx) SettleMessage(m *Message) error {
	_, err := tx.exec(`UPDATE message SET state = $3, due = $4, ended_at = $5, error = $6 WHERE id = $1 AND tries = $2 AND state = 'waiting'`, m.ID, int64(m.Tries), string(m.State), stamp(m.Due),
		stamp(m.EndedAt), m.Error)
	return err
}

// Messages returns messages of a party, the newest first, older than the id before unless it is 0; only those in a state unless it is "".
func (tx *Tx) Messages(party place.Country, state OutState, before int64, limit int) ([]Message, error) {
	return tx.messages(`WHERE party = $1 AND ($2 = '' OR state = $2) AND ($3 = 0 OR id < $3) ORDER BY id DESC LIMIT $4`, string(party), string(state), before, int64(limit))
}

// MessageCounts counts the messages of a party by state.
func (tx *Tx) MessageCounts(party place.Country) (OutCounts, error) {
	return tx.outCounts(`SELECT state, count(*) FROM message WHERE party = $1 GROUP BY state`, string(party))
}

// ResendMessage makes a message of a party that was given up wait again; fault.State if it was not.
func (tx *Tx) ResendMessage(party place.Country, id int64, now time.Time) error {
	n, err := tx.exec(`UPDATE message SET state = 'waiting', tries = 0, due = $3, ended_at = '', error = '' WHERE id = $1 AND party = $2 AND state = 'dead'`, id, string(party), stamp(now))
	return one(n, err, fault.State, "error.outbox.resend")
}

// blindAddress is the blind index of a number or an address for one channel.
func (tx *Tx) blindAddress(channel courier.Channel, to string) string {
	return fmt.Sprintf("%x", tx.db.keys.Blind("message/"+string(channel), strings.ToLower(to)))
}

// Refuse notes that an address wants no messages over a channel, and drops what waits for it; Unrefuse takes it back.
func (tx *Tx) Refuse(party place.Country, channel courier.Channel, to string, by int64, at time.Time) error {
	_, err := tx.exec(`INSERT INTO message_refusal (party, channel, blind, at, by_id) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (party, channel, blind) DO NOTHING`, string(party), string(channel),
		tx.blindAddress(channel, to), stamp(at), by)
	return err
}

// Unrefuse lets messages go to an address again.
func (tx *Tx) Unrefuse(party place.Country, channel courier.Channel, to string) error {
	_, err := tx.exec(`DELETE FROM message_refusal WHERE party = $1 AND channel = $2 AND blind = $3`, string(party), string(channel), tx.blindAddress(channel, to))
	return err
}

// Refused reports whether an address wants no messages over a channel.
func (tx *Tx) Refused(party place.Country, channel courier.Channel, to string) (bool, error) {
	var n int
	err := tx.row(into(&n), `SELECT count(*) FROM message_refusal WHERE party = $1 AND channel = $2 AND blind = $3`, string(party), string(channel), tx.blindAddress(channel, to))
	return n > 0, err
}

// Refusals returns how many addresses of a party want no messages.
func (tx *Tx) Refusals(party place.Country) (int, error) {
	var n int
	err := tx.row(into(&n), `SELECT count(*) FROM message_refusal WHERE party = $1`, string(party))
	return n, err
}

// PurgeOutbox forgets deliveries and messages that ended before a time and returns how many.
func (tx *Tx) PurgeOutbox(before time.Time) (int64, error) {
	a, err := tx.exec(`DELETE FROM hook_delivery WHERE state <> 'waiting' AND ended_at < $1`, stamp(before))
	if err != nil {
		return 0, err
	}
	b, err := tx.exec(`DELETE FROM message WHERE state <> 'waiting' AND ended_at < $1`, stamp(before))
	return a + b, err
}
