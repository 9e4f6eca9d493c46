package service

import (
	"context"
	"slices"
	"time"

	"muntija/internal/auth"
	"muntija/internal/courier"
	"muntija/internal/fault"
	"muntija/internal/identity"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Messages holds the use-cases of what families are written.
type Messages struct {
	core
	couriers *Couriers
}

// MessageRow is a message as an administrator sees it: to whom in part, and never what it says.
type MessageRow struct {
	store.Message // without To, Subject and Text
	Masked        string
}

// Outbox is the page of messages.
type Outbox struct {
	Rows      []MessageRow
	Counts    store.OutCounts
	Refusals  int
	Templates []store.MessageTemplate
	Channels  []courier.Channel // with a sender
	Next      int64             // before which id the next page begins; 0: there is none
}

// Outbox returns messages of the actor's party, the newest first.
func (s *Messages) Outbox(ctx context.Context, actor auth.Actor, state store.OutState, before int64) (*Outbox, error) {
	if err := auth.Allow(actor, auth.MessageManage, hookSubject(actor)); err != nil {
		return nil, err
	}
	out := &Outbox{Channels: s.couriers.Channels()}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		list, err := tx.Messages(actor.Party, state, before, messagesPage+1)
		if err != nil {
			return err
		}
		if len(list) > messagesPage {
			list = list[:messagesPage]
			out.Next = list[messagesPage-1].ID
		}
		for _, m := range list {
			row := MessageRow{Message: m, Masked: maskAddress(m.Channel, m.To)}
			row.MessageDetail = store.MessageDetail{}
			out.Rows = append(out.Rows, row)
		}
		if out.Counts, err = tx.MessageCounts(actor.Party); err != nil {
			return err
		}
		if out.Refusals, err = tx.Refusals(actor.Party); err != nil {
			return err
		}
		out.Templates, err = tx.Templates(actor.Party, "")
		return err
	})
	return out, err
}

// maskAddress is what of an address is shown: the last digits of a number, of an e-mail the host.
func maskAddress(channel courier.Channel, to string) string {
	if channel != courier.Email {
		return identity.Mask(to)
	}
	if i := slices.Index([]byte(to), '@'); i > 0 {
		return "•••" + to[i:]
	}
	return "•••"
}

// Template returns a template of the actor's party, an empty one that is not in force if none was written yet.
func (s *Messages) Template(ctx context.Context, actor auth.Actor, kind MessageKind, channel courier.Channel) (*store.MessageTemplate, error) {
	if err := auth.Allow(actor, auth.MessageManage, hookSubject(actor)); err != nil {
		return nil, err
	}
	if !slices.Contains(MessageKinds(), kind) || !slices.Contains(courier.Channels(), channel) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	out := &store.MessageTemplate{Party: actor.Party, Kind: string(kind), Channel: channel, Body: store.TemplateBody{Langs: "ar"}}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		list, err := tx.Templates(actor.Party, string(kind))
		for i := range list {
			if list[i].Channel == channel {
				out = &list[i]
			}
		}
		return err
	})
	return out, err
}

// checkTemplate returns a template as typed and what is wrong with it.
func (s *Messages) checkTemplate(actor auth.Actor, kind MessageKind, channel courier.Channel, form *intake.Template) (store.TemplateBody, bool, fault.Problems) {
	in, ps := form.Check(intake.Context{Party: actor.Party, Today: s.today(), Now: s.now()})
	body := store.TemplateBody{Langs: in.Langs, AR: courier.Text{Subject: in.ARSubject, Text: in.ARText}, EN: courier.Text{Subject: in.ENSubject, Text: in.ENText}}
	if len(ps) > 0 {
		return body, false, ps
	}
	// Both languages are written, also where one is sent: the other ministry reads along, and a choice of language must not find an empty text.
	ps = append(body.AR.Check("ar", channel, kind.Placeholders()), body.EN.Check("en", channel, kind.Placeholders())...)
	return body, in.Active == "yes", ps
}

// Preview returns a template as it would be sent, with made-up values, and what is wrong with it.
func (s *Messages) Preview(ctx context.Context, actor auth.Actor, kind MessageKind, channel courier.Channel, form *intake.Template) (courier.Text, fault.Problems, error) {
	if _, err := s.Template(ctx, actor, kind, channel); err != nil {
		return courier.Text{}, nil, err
	}
	body, _, ps := s.checkTemplate(actor, kind, channel, form)
	if len(ps) > 0 {
		return courier.Text{}, ps, nil
	}
	text, _ := compose(&body, sampleValues(s.today().AddDays(14).String()))
	return text, nil, nil
}

func sampleValues(day string) [2]map[string]string {
	ar := map[string]string{"name": "منى السيد", "number": string(registry.MakeNumber("EG", 2026, 42)), "valid_until": day, "exhibition": "ديارنا", "first": day, "deadline": day, "place": "القاهرة، مركز المعارض", "papers": "رخصة مؤقتة", "until": day}
	en := map[string]string{"name": "Mona El-Sayed", "number": ar["number"], "valid_until": day, "exhibition": "Diyarna", "first": day, "deadline": day, "place": "Cairo, exhibition centre", "papers": "Temporary licence", "until": day}
	return [2]map[string]string{ar, en}
}

// PutTemplate stores a template.
func (s *Messages) PutTemplate(ctx context.Context, actor auth.Actor, kind MessageKind, channel courier.Channel, form *intake.Template, w Write) error {
	if _, err := s.Template(ctx, actor, kind, channel); err != nil {
		return err
	}
	body, active, ps := s.checkTemplate(actor, kind, channel, form)
	if err := ps.Err(); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "message.template", w, []any{kind, channel, w.Version, form}, func(tx *store.Tx) (string, error) {
		t := &store.MessageTemplate{Party: actor.Party, Kind: string(kind), Channel: channel, Version: w.Version, Active: active, Body: body, UpdatedBy: actor.UserID, UpdatedAt: now}
		if err := tx.PutTemplate(t); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, "message.template", store.AuditEntry{Entity: "message_template", Note: string(kind) + " " + string(channel),
			Changes: []registry.Change{{Path: "text", Class: string(auth.ClassCase), New: body.AR.Text}}})
	})
	return err
}

// Resend makes a message that was given up wait again.
func (s *Messages) Resend(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	return s.do(ctx, actor, "message.resend", id, w, func(tx *store.Tx, now time.Time) (store.AuditEntry, error) {
		return store.AuditEntry{Entity: "message", EntityID: id}, tx.ResendMessage(actor.Party, id, now)
	})
}

// Refuse notes that a number or address wants no messages, or, with form.Again, that it wants them again. The audit log keeps its mask.
func (s *Messages) Refuse(ctx context.Context, actor auth.Actor, form *intake.Refusal, w Write) error {
	in, ps := form.Check(intake.Context{Party: actor.Party, Today: s.today(), Now: s.now()})
	if err := ps.Err(); err != nil {
		return err
	}
	channels := []courier.Channel{courier.SMS, courier.WhatsApp}
	if in.Email {
		channels = []courier.Channel{courier.Email}
	}
	return s.do(ctx, actor, "message.refuse", form, w, func(tx *store.Tx, now time.Time) (store.AuditEntry, error) {
		for _, c := range channels {
			var err error
			if in.Again {
				err = tx.Unrefuse(actor.Party, c, in.Address)
			} else {
				err = tx.Refuse(actor.Party, c, in.Address, actor.UserID, now)
			}
			if err != nil {
				return store.AuditEntry{}, err
			}
		}
		note := maskAddress(channels[0], in.Address)
		if in.Again {
			note = "again " + note
		}
		return store.AuditEntry{Entity: "message_refusal", Note: note}, nil
	})
}

func (s *Messages) do(ctx context.Context, actor auth.Actor, op string, content any, w Write, fn func(tx *store.Tx, now time.Time) (store.AuditEntry, error)) error {
	if err := auth.Allow(actor, auth.MessageManage, hookSubject(actor)); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, op, w, content, func(tx *store.Tx) (string, error) {
		e, err := fn(tx, now)
		if err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, op, e)
	})
	return err
}
