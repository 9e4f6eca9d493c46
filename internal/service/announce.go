package service

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/courier"
	"muntija/internal/exhibition"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// What is told to the outside. Every change writes an audit entry in its own transaction, and what is to be told of it is written right there, so that nothing is
// told that was rolled back and nothing that was committed is forgotten, whoever made the change: a page, a program, an import, the calendar.

// EventKind is a kind of event that other programs are told of. Its text stands in the public page and must not change.
type EventKind string

// The kinds.
const (
	EventPing             EventKind = "ping"
	EventFamilySubmitted  EventKind = "family.submitted"
	EventFamilyDecided    EventKind = "family.decided"
	EventFamilyAmended    EventKind = "family.amended"
	EventFamilyState      EventKind = "family.state_changed"
	EventFamilyMerged     EventKind = "family.merged"
	EventProductDecided   EventKind = "product.decided"
	EventApplication      EventKind = "application.entered"
	EventInvited          EventKind = "invitation.sent"
	EventAnswered         EventKind = "invitation.answered"
	EventInvitationEnded  EventKind = "invitation.expired"
	EventExhibitionAgreed EventKind = "exhibition.agreed"
	EventExhibitionState  EventKind = "exhibition.state_changed"
)

// EventKinds returns the kinds that an address can be told of, in the order of display.
func EventKinds() []EventKind {
	return []EventKind{EventFamilySubmitted, EventFamilyDecided, EventFamilyAmended, EventFamilyState, EventFamilyMerged, EventProductDecided, EventApplication, EventInvited, EventAnswered,
		EventInvitationEnded, EventExhibitionAgreed, EventExhibitionState}
}

// announced names the event of an audit action; what needs a closer look is done in eventOf.
var announced = map[string]EventKind{
	string(auth.FamilySubmit): EventFamilySubmitted, string(auth.ReviewReturn): EventFamilyDecided, string(auth.ReviewApprove): EventFamilyDecided, string(auth.ReviewReject): EventFamilyDecided,
	string(auth.AmendDecide): EventFamilyAmended, string(auth.FamilySuspend): EventFamilyState, string(auth.FamilyResume): EventFamilyState, string(auth.FamilyRenew): EventFamilyState,
	string(auth.FamilyExpire): EventFamilyState, string(auth.FamilyGraduate): EventFamilyState, string(auth.FamilyWithdraw): EventFamilyState, string(auth.FamilyReopen): EventFamilyState,
	string(auth.FamilyMerge): EventFamilyMerged, string(auth.ProductDecide): EventProductDecided, string(auth.ApplicationEnter): EventApplication, string(auth.InvitationExpire): EventInvitationEnded,
	string(auth.SelectionDecide): EventInvited, string(auth.InvitationAnswer): EventAnswered, string(auth.ExhibitionAgree): EventExhibitionAgreed, string(auth.ExhibitionEdit): EventExhibitionState,
}

// stateAfter is the state that an entry's changes lead to, "" if they change none.
func stateAfter(e *store.AuditEntry) string {
	for _, c := range e.Changes {
		if c.Path == "state" {
			return c.New
		}
	}
	return ""
}

// eventOf returns the event that an entry of the audit log is, "" for none.
func eventOf(e *store.AuditEntry) EventKind {
	kind := announced[e.Action]
	state := stateAfter(e)
	switch kind {
	case EventInvited: // a decision on an exhibitor: only an invitation is told
		if state != string(exhibition.Invited) {
			return ""
		}
	case EventAnswered, EventExhibitionState: // also the making of a link, a comment
		if state == "" {
			return ""
		}
	case EventExhibitionAgreed:
		if e.Entity != "exhibition" {
			return ""
		}
		if state != "" && state != string(exhibition.Agreed) {
			return EventExhibitionState
		}
		if e.Note != "agree" {
			return ""
		}
	}
	return kind
}

// eventBody is the body of an event: ids and codes, never a person's name, number or address. Who wants more asks the programming interface, which knows what they may see.
type eventBody struct {
	Type      EventKind `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      eventData `json:"data"`
}

type eventData struct {
	Entity string        `json:"entity"`
	ID     int64         `json:"id"`
	Party  place.Country `json:"party"`
	Area   string        `json:"area,omitempty"`
	State  string        `json:"state,omitempty"`
	URL    string        `json:"url,omitempty"` // where the thing stands in the programming interface
}

// SampleEvent is an event as it would be sent, for the page that explains events.
func SampleEvent() string {
	b, err := json.MarshalIndent(eventBody{EventFamilyDecided, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		eventData{"family", 1042, place.Egypt, "EG-GZ", string(registry.Approved), "/api/v1/families/1042"}}, "", "  ")
	if err != nil {
		return ""
	}
	return string(b)
}

var entityRoutes = map[string]string{"family": "families", "product": "products", "participation": "participations", "exhibition": "exhibitions"}

// announce writes what is to be told of an entry into the outbox.
func announce(tx *store.Tx, at time.Time, e *store.AuditEntry) error {
	kind := eventOf(e)
	if kind == "" {
		return nil
	}
	parties := []place.Country{place.Country(e.Party)}
	if e.Entity == "exhibition" { // it belongs to all that take part
		x, err := tx.ExhibitionByID("", e.EntityID)
		if err != nil {
			return err
		}
		if kind == EventExhibitionAgreed && x.Status != exhibition.Agreed {
			return nil
		}
		parties = slices.DeleteFunc(place.Countries(), func(p place.Country) bool { return !x.VisibleTo(p) })
	}
	for _, party := range parties {
		hooks, err := tx.HooksFor(party, string(kind))
		if err != nil {
			return err
		}
		for _, id := range hooks {
			if err := queueEvent(tx, id, kind, at, eventData{Entity: e.Entity, ID: e.EntityID, Party: party, Area: e.Area, State: stateAfter(e)}); err != nil {
				return err
			}
		}
	}
	return write(tx, at, kind, e)
}

// announceMany tells programs of families that were stored together; who listens is asked once. Families are not written to: a roster of thousands is old news to them.
func announceMany(tx *store.Tx, at time.Time, list []*store.ReadyFamily) error {
	listens := map[EventKind][]int64{}
	for _, r := range list {
		kind := eventOf(&r.Audit)
		if kind == "" {
			continue
		}
		party, area, state := r.Where()
		hooks, asked := listens[kind]
		if !asked {
			var err error
			if hooks, err = tx.HooksFor(party, string(kind)); err != nil {
				return err
			}
			listens[kind] = hooks
		}
		for _, id := range hooks {
			if err := queueEvent(tx, id, kind, at, eventData{Entity: "family", ID: r.ID, Party: party, Area: area, State: string(state)}); err != nil {
				return err
			}
		}
	}
	return nil
}

func queueEvent(tx *store.Tx, hook int64, kind EventKind, at time.Time, data eventData) error {
	if route, ok := entityRoutes[data.Entity]; ok {
		data.URL = fmt.Sprintf("/api/v1/%s/%d", route, data.ID)
	}
	body, err := json.Marshal(eventBody{kind, at, data})
	if err != nil {
		return fmt.Errorf("encoding an event: %w", err)
	}
	return tx.InsertDelivery(&store.Delivery{HookID: hook, Kind: string(kind), Entity: data.Entity, EntityID: data.ID, At: at, Body: body, State: store.OutWaiting, Due: at})
}

// MessageKind is an event on which a family can be written to. Its text is stored.
type MessageKind string

// The kinds of message.
const (
	MessageSubmitted MessageKind = "family.submitted"
	MessageReturned  MessageKind = "family.returned"
	MessageApproved  MessageKind = "family.approved"
	MessageRejected  MessageKind = "family.rejected"
	MessageInvited   MessageKind = "invitation.sent"
	MessageAccepted  MessageKind = "invitation.accepted"
	MessageRenewal   MessageKind = "family.renewal" // of no event: the day comes by itself, see [Jobs.remind]
)

// MessageKinds returns the kinds in the order of display.
func MessageKinds() []MessageKind {
	return []MessageKind{MessageSubmitted, MessageReturned, MessageApproved, MessageRejected, MessageInvited, MessageAccepted, MessageRenewal}
}

// Placeholders returns what a template of a kind may name.
func (k MessageKind) Placeholders() []string {
	out := []string{"name", "number"}
	switch k {
	case MessageApproved:
		out = append(out, "valid_until")
	case MessageRenewal:
		out = append(out, "papers", "until")
	case MessageInvited, MessageAccepted:
		out = append(out, "exhibition", "first", "place")
		if k == MessageInvited {
			out = append(out, "deadline")
		}
	}
	return out
}

// messageOf returns the kind of message that an event calls for, "" for none.
func messageOf(kind EventKind, e *store.AuditEntry) MessageKind {
	switch kind {
	case EventFamilySubmitted:
		return MessageSubmitted
	case EventFamilyDecided:
		switch e.Action {
		case string(auth.ReviewReturn):
			return MessageReturned
		case string(auth.ReviewApprove):
			return MessageApproved
		case string(auth.ReviewReject):
			return MessageRejected
		}
	case EventInvited:
		return MessageInvited
	case EventAnswered:
		if stateAfter(e) == string(exhibition.Accepted) {
			return MessageAccepted
		}
	}
	return ""
}

// write puts the message that an event calls for into the outbox: over the first channel that has a template in force and by which the family can be reached, if it consented
// to the ministry's keeping its data and the address refused nothing.
func write(tx *store.Tx, at time.Time, event EventKind, e *store.AuditEntry) error {
	kind := messageOf(event, e)
	if kind == "" {
		return nil
	}
	party := place.Country(e.Party)
	templates, err := tx.Templates(party, string(kind))
	if err != nil || !slices.ContainsFunc(templates, func(t store.MessageTemplate) bool { return t.Active }) {
		return err
	}
	family, values := e.EntityID, [2]map[string]string{{}, {}} // of Arabic and English
	if e.Entity == "participation" {
		if family, err = invitationValues(tx, party, e.EntityID, values); err != nil || family == 0 {
			return err
		}
	}
	f, err := tx.FamilyByID(store.Scope{Party: party}, family)
	if err != nil {
		return err
	}
	return send(tx, at, kind, templates, e.Entity, e.EntityID, f, values)
}

// send writes a message to a family, about an entity.
func send(tx *store.Tx, at time.Time, kind MessageKind, templates []store.MessageTemplate, entity string, entityID int64, f *registry.Family, values [2]map[string]string) error {
	party := f.Party
	if !f.Record.Consented(registry.ConsentOwnMinistry) {
		return nil
	}
	for i := range values {
		values[i]["name"], values[i]["number"] = f.Record.Lead.DisplayName(), string(f.Status.Number)
		if !f.Status.ValidUntil.IsZero() {
			values[i]["valid_until"] = f.Status.ValidUntil.String()
		}
	}
	if n := f.Record.Lead.NameEN; n != "" {
		values[1]["name"] = n
	}
	for _, channel := range []courier.Channel{courier.WhatsApp, courier.SMS, courier.Email} {
		i := slices.IndexFunc(templates, func(t store.MessageTemplate) bool { return t.Active && t.Channel == channel })
		to := addressOf(&f.Record, channel)
		if i < 0 || to == "" {
			continue
		}
		refused, err := tx.Refused(party, channel, to)
		if err != nil {
			return err
		}
		if refused {
			continue
		}
		text, lang := compose(&templates[i].Body, values)
		return tx.InsertMessage(&store.Message{Party: party, Kind: string(kind), Channel: channel, Lang: lang, Entity: entity, EntityID: entityID, Area: f.Record.Address.Area,
			State: store.OutWaiting, Due: at, CreatedAt: at, MessageDetail: store.MessageDetail{To: to, Subject: text.Subject, Text: text.Text}})
	}
	return nil
}

// invitationValues fills in what a message about an invitation may name, and returns the family; 0 for an association, which the office speaks with itself.
func invitationValues(tx *store.Tx, party place.Country, id int64, values [2]map[string]string) (int64, error) {
	p, err := tx.ParticipationByID(party, id)
	if err != nil || p.FamilyID == 0 {
		return 0, err
	}
	x, err := tx.ExhibitionByID("", p.ExhibitionID)
	if err != nil {
		return 0, err
	}
	t := &x.Terms
	for i, v := range values {
		v["exhibition"], v["place"], v["first"] = t.Name, strings.TrimPrefix(t.City+"، "+t.Venue, "، "), t.First.String()
		if i == 1 {
			v["place"] = strings.TrimPrefix(t.City+", "+t.Venue, ", ")
			if t.NameEN != "" {
				v["exhibition"] = t.NameEN
			}
			if t.VenueEN != "" {
				v["place"] = t.VenueEN
			}
		}
		if !p.Deadline.IsZero() {
			v["deadline"] = officeDay(p.Deadline).String()
		}
	}
	return p.FamilyID, nil
}

// addressOf is where a family is reached over a channel: the lead producer's own number before a relative's, never a neighbour's or an association's. "" if nowhere.
func addressOf(r *registry.Record, channel courier.Channel) string {
	if channel == courier.Email {
		return r.Lead.Email
	}
	best := ""
	for _, p := range r.Lead.Phones {
		if p.Number == "" || channel == courier.WhatsApp && !p.WhatsApp || p.Use == "neighbour" || p.Use == "association" {
			continue
		}
		if p.Use == "own" || p.Use == "" {
			return p.Number
		}
		if best == "" {
			best = p.Number
		}
	}
	return best
}

// compose fills a template in the languages that it is sent in.
func compose(b *store.TemplateBody, values [2]map[string]string) (courier.Text, string) {
	ar, en := b.AR.Fill(values[0]), b.EN.Fill(values[1])
	switch b.Langs {
	case "en":
		return en, "en"
	case "both":
		subject := strings.TrimSuffix(strings.TrimPrefix(ar.Subject+" · "+en.Subject, " · "), " · ")
		return courier.Text{Subject: subject, Text: ar.Text + "\n\n" + en.Text}, "ar"
	}
	return ar, "ar"
}
