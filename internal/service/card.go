package service

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"time"
	"unicode/utf8"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Card is the printable registration card of an approved family.
type Card struct {
	FamilyID   int64
	Number     registry.Number
	Name       string
	NameEN     string
	Project    string
	Craft      string
	Area       string
	Party      place.Country
	ValidUntil calendar.Date
	Token      string // signed: what the QR code carries behind the address
	Photo      int64  // document id of the newest photograph; 0 if none or not for this person
}

// A card's token is 1 version byte, the family id, the last valid day of the card, and an Ed25519 signature over them: base64url. It names no
// person. The signature makes tokens unguessable; what the card is worth today is looked up when it is checked.
const (
	cardVersion = 1
	cardHead    = 1 + 8 + 4
)

func (c *core) cardToken(id int64, until calendar.Date) string {
	b := make([]byte, cardHead, cardHead+64)
	b[0] = cardVersion
	binary.BigEndian.PutUint64(b[1:], uint64(id))
	binary.BigEndian.PutUint32(b[9:], uint32(int32(until)))
	b = append(b, c.keys.Sign(append([]byte("card\x00"), b...))...)
	return base64.RawURLEncoding.EncodeToString(b)
}

func (c *core) readCardToken(token string) (int64, bool) {
	if len(token) > 200 {
		return 0, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != cardHead+64 || b[0] != cardVersion || !c.keys.Verify(append([]byte("card\x00"), b[:cardHead]...), b[cardHead:]) {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(b[1:])), true
}

// Card returns the card of an approved family. The printing is audited.
func (s *Families) Card(ctx context.Context, actor auth.Actor, id int64) (*Card, error) {
	var c *Card
	var f *registry.Family
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if f, err = load(tx, actor, auth.CardView, id); err != nil {
			return err
		}
		if f.Status.State != registry.Approved {
			return fault.New(fault.State, "error.state.card", f.Status.State.Title())
		}
		c = &Card{FamilyID: id, Number: f.Status.Number, Name: f.Record.Lead.DisplayName(), NameEN: f.Record.Lead.NameEN, Project: f.Record.Project.Name,
			Craft: f.Record.Project.Craft, Area: f.Record.Address.Area, Party: f.Party, ValidUntil: f.Status.ValidUntil}
		c.Token = s.cardToken(id, f.Status.ValidUntil)
		if auth.Allow(actor, auth.DocumentView, subjectOf(f)) != nil {
			return nil
		}
		docs, err := tx.DocumentsOf(id)
		if err != nil {
			return err
		}
		for _, d := range docs {
			if d.Type == "photo" && d.RemovedAt.IsZero() && d.ID > c.Photo {
				c.Photo = d.ID
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c, s.noteShowing(ctx, actor, f, "card", s.now())
}

// CardQR draws the QR code of an address.
func (s *Families) CardQR(address string) (*media.QRCode, error) { return media.QR(address) }

// CardCheck is what anybody who scans a card learns: enough to compare with the person in front of them, and no more.
type CardCheck struct {
	Known      bool // false: not a card of this registry
	Valid      bool // registered today
	State      registry.State
	Number     registry.Number
	Name       string // given name and the initial of the rest
	Craft      string
	Area       string
	Party      place.Country
	ValidUntil calendar.Date
	CheckedAt  time.Time
	Was        registry.Number // the number on the card, if its registration was merged into the one that is told
}

// VerifyCard checks the token of a card against the registry of today. It asks for no sign-in and never fails on a bad token: it says so.
func (s *Families) VerifyCard(ctx context.Context, token string) (*CardCheck, error) {
	now := s.now()
	check := &CardCheck{CheckedAt: now}
	id, ok := s.readCardToken(token)
	if !ok {
		return check, nil
	}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		for _, party := range place.Countries() {
			f, err := tx.FamilyByID(store.Scope{Party: party}, id)
			if fault.Is(err, fault.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if f.Status.State == registry.Merged { // the card of a registration that was merged leads to the one that stayed
				check.Was = f.Status.Number
				stays, err := tx.SurvivorOf(f.ID)
				if err != nil {
					return err
				}
				if f, err = tx.FamilyByID(store.Scope{Party: party}, stays); err != nil {
					return err
				}
			}
			s.fillCheck(check, f, officeDay(now))
			return nil
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return check, nil
}

func (s *Families) fillCheck(c *CardCheck, f *registry.Family, today calendar.Date) {
	c.Known, c.State, c.Number, c.Party = true, f.Status.State, f.Status.Number, f.Party
	c.Valid = f.Status.State == registry.Approved && !f.Status.ValidUntil.Before(today)
	if !c.Valid { // a card that is worth nothing tells nothing more about the person
		return
	}
	c.Craft, c.Area, c.ValidUntil = f.Record.Project.Craft, f.Record.Address.Area, f.Status.ValidUntil
	c.Name = f.Record.Lead.GivenName
	if r, size := utf8.DecodeRuneInString(f.Record.Lead.RestOfName); size > 0 && r != utf8.RuneError {
		c.Name += " " + string(r) + "."
	}
}
