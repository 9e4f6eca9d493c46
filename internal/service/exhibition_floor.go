package service

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"time"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/store"
)

// A badge's token is 1 version byte, the exhibition's and the participation's numbers, and an Ed25519 signature over them: base64url. It names no person and
// opens nothing: what it is worth is looked up when it is shown at the door.
const (
	badgeVersion = 1
	badgeHead    = 1 + 8 + 8
)

func (c *core) badgeToken(exhibitionID, participation int64) string {
	b := make([]byte, badgeHead, badgeHead+64)
	b[0] = badgeVersion
	binary.BigEndian.PutUint64(b[1:], uint64(exhibitionID))
	binary.BigEndian.PutUint64(b[9:], uint64(participation))
	b = append(b, c.keys.Sign(append([]byte("badge\x00"), b...))...)
	return base64.RawURLEncoding.EncodeToString(b)
}

func (c *core) readBadge(token string) (exhibitionID, participation int64, ok bool) {
	if len(token) > 200 {
		return 0, 0, false
	}
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) != badgeHead+64 || b[0] != badgeVersion || !c.keys.Verify(append([]byte("badge\x00"), b[:badgeHead]...), b[badgeHead:]) {
		return 0, 0, false
	}
	return int64(binary.BigEndian.Uint64(b[1:])), int64(binary.BigEndian.Uint64(b[9:])), true
}

// Badge is one badge of the printable sheet. Code is typed at the door when no camera reads the square.
type Badge struct {
	Participation exhibition.Participation
	Token         string
	Code          string
	Person        int // 1 … People
	Stand         Stand
}

// BadgeCode is the number under a badge's square: the participation, with a check digit (ISO 7064 MOD 97-10 in two digits), so that a slip is noticed.
func BadgeCode(participation int64) string {
	check := 98 - participation*100%97
	return itoa(int(participation)) + "-" + string([]byte{'0' + byte(check/10), '0' + byte(check%10)})
}

// Badges returns the badges of the actor's party for an agreed exhibition: one for each person that was applied for.
func (s *Exhibitions) Badges(ctx context.Context, actor auth.Actor, id int64) (*exhibition.Exhibition, []Badge, error) {
	var out []Badge
	var e *exhibition.Exhibition
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if e, err = loadOpen(tx, actor, auth.ExhibitionView, id); err != nil {
			return err
		}
		reach, err := auth.ReachOf(actor, auth.InvitationAnswer)
		if err != nil {
			return err
		}
		stands, err := s.stands(tx, e)
		if err != nil {
			return err
		}
		list, err := tx.Participations(id, store.ParticipationQuery{Party: actor.Party, States: []exhibition.State{exhibition.Accepted}})
		for _, p := range list {
			if !reach.Holds(participationSubject(&p)) {
				continue
			}
			for n := range max(1, p.Application.People) {
				out = append(out, Badge{p, s.badgeToken(id, p.ID), BadgeCode(p.ID), n + 1, stands[p.ID]})
			}
		}
		return err
	})
	return e, out, err
}

// CheckedIn is the answer at the door.
type CheckedIn struct {
	Name  string
	Craft string
	Party place.Country
	Again bool      // was checked in before
	At    time.Time // when
	Stand Stand     // where to send the exhibitor
}

// CheckIn notes that an exhibitor came. token is a badge's, or the code under it. seen is when the device saw it: zero is now; an offline device sends it later, and the day is that of seen.
// A second check-in of the day changes nothing and says so. Sent again, it is the same check-in: the day and the exhibitor are its key.
func (s *Exhibitions) CheckIn(ctx context.Context, actor auth.Actor, id int64, token string, seen time.Time) (*CheckedIn, error) {
	now := s.now()
	offline := !seen.IsZero()
	if !offline || seen.After(now) { // a clock that runs ahead does not check in tomorrow
		seen = now
	}
	if now.Sub(seen) > 7*24*time.Hour {
		return nil, fault.New(fault.State, "error.checkin.unknown")
	}
	way := "camera"
	exhibitionID, pid, ok := s.readBadge(token)
	if !ok {
		if pid, ok = readBadgeCode(token); ok {
			exhibitionID, way = id, "code"
		}
	}
	if !ok || exhibitionID != id {
		return nil, fault.New(fault.NotFound, "error.checkin.unknown")
	}
	day := officeDay(seen)
	out := &CheckedIn{At: seen}
	load := func(tx *store.Tx) (*exhibition.Participation, error) {
		e, err := loadOpen(tx, actor, auth.CheckInRecord, id)
		if err != nil {
			return nil, err
		}
		p, err := tx.ParticipationByID("", pid)
		if err != nil || p.ExhibitionID != id {
			return nil, fault.New(fault.NotFound, "error.checkin.unknown")
		}
		out.Name, out.Craft, out.Party = p.Name, p.Traits.Craft, p.Traits.Party
		if out.Stand, err = s.standOf(tx, e, pid); err != nil {
			return nil, err
		}
		return p, e.Terms.MayCheckIn(p, day)
	}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		p, err := load(tx)
		if err != nil {
			return err
		}
		fresh, err := tx.InsertAttendance(id, &exhibition.Attendance{ParticipationID: pid, Day: day, At: seen, By: actor.UserID, Way: way, Offline: offline})
		if err != nil {
			return err
		}
		out.Again = !fresh
		if out.Again {
			out.At, err = tx.AttendanceOf(pid, day)
			return err
		}
		return audit(tx, actor, now, string(auth.CheckInRecord), store.AuditEntry{Party: string(p.Traits.Party), Entity: "participation", EntityID: pid, Area: p.Traits.Area, Note: day.String()})
	})
	return out, err
}

func readBadgeCode(s string) (int64, bool) {
	var n, check int64
	digits, dash := 0, false
	for _, r := range arabic.Digits(s) {
		switch {
		case r == ' ' || r == '-' && !dash && digits > 0:
			dash = dash || r == '-'
		case r >= '0' && r <= '9' && digits < 15:
			if dash {
				check = check*10 + int64(r-'0')
			} else {
				n = n*10 + int64(r-'0')
			}
			digits++
		default:
			return 0, false
		}
	}
	return n, dash && n > 0 && (n*100+check)%97 == 1
}

// Floor is a day of an exhibition: who is expected and who came.
type Floor struct {
	Exhibition *exhibition.Exhibition
	Day        calendar.Date
	Hours      exhibition.Day
	Rows       []FloorRow
	Present    int
	Incidents  []exhibition.Incident
	CanCheck   bool
	CanRecord  bool
	Names      map[int64]string
}

// FloorRow is one exhibitor on one day. Of the other party's there is no sum.
type FloorRow struct {
	Participation exhibition.Participation
	At            time.Time // zero: not here yet
	Own           bool
	Sale          *exhibition.Sale
	Stand         Stand
}

// Floor returns a day of an agreed or closed exhibition; zero is today, or the nearest day of the run.
func (s *Exhibitions) Floor(ctx context.Context, actor auth.Actor, id int64, day calendar.Date) (*Floor, error) {
	if day.IsZero() {
		day = s.today()
	}
	out := &Floor{CanCheck: auth.Can(actor, auth.CheckInRecord), CanRecord: auth.Can(actor, auth.IncidentRecord)}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		e, err := loadExhibition(tx, actor, auth.RosterView, id)
		if err != nil {
			return err
		}
		if e.Status != exhibition.Agreed && e.Status != exhibition.Closed {
			return fault.New(fault.State, "error.exhibition.not_open", e.Status.Title())
		}
		out.Exhibition = e
		out.CanCheck, out.CanRecord = out.CanCheck && e.Open(), out.CanRecord && e.Open()
		out.Day = max(e.Terms.First, min(e.Terms.Last, day))
		out.Hours = e.Terms.Hours.On(out.Day)
		here := map[int64]time.Time{}
		days, err := tx.Attendances(id)
		if err != nil {
			return err
		}
		for _, a := range days {
			if a.Day == out.Day {
				here[a.ParticipationID] = a.At
			}
		}
		sales, err := tx.Sales(id)
		if err != nil {
			return err
		}
		sold := map[int64]*exhibition.Sale{}
		for i := range sales {
			if sales[i].Day == out.Day {
				sold[sales[i].ParticipationID] = &sales[i]
			}
		}
		stands, err := s.stands(tx, e)
		if err != nil {
			return err
		}
		list, err := tx.Participations(id, store.ParticipationQuery{States: []exhibition.State{exhibition.Accepted, exhibition.Withdrawn}})
		if err != nil {
			return err
		}
		for _, p := range list {
			first, last, ok := e.Terms.Run(p.Wave)
			if !ok || out.Day.Before(first) || out.Day.After(last) || p.State == exhibition.Withdrawn && sold[p.ID] == nil {
				continue
			}
			row := FloorRow{Participation: p, At: here[p.ID], Own: p.Traits.Party == actor.Party, Stand: stands[p.ID]}
			if !row.At.IsZero() {
				out.Present++
			}
			if row.Own && auth.Allow(actor, auth.SaleRecord, participationSubject(&p)) == nil {
				row.Sale = sold[p.ID]
			}
			if !row.Own {
				row.Participation = onRoster(&p)
			}
			out.Rows = append(out.Rows, row)
		}
		if auth.Can(actor, auth.IncidentRecord) {
			if out.Incidents, err = tx.Incidents(actor.Party, id); err != nil {
				return err
			}
		}
		ids := []int64{}
		for _, i := range out.Incidents {
			ids = append(ids, i.By)
		}
		out.Names, err = userNames(tx, ids...)
		return err
	})
	return out, err
}

// onRoster is what the other country sees of an exhibitor: display name, craft, products, the sign and that it comes; the booth stands beside it. No area, no sex, no
// number of the family.
func onRoster(p *exhibition.Participation) exhibition.Participation {
	return exhibition.Participation{ID: p.ID, ExhibitionID: p.ExhibitionID, Wave: p.Wave, State: p.State, Name: p.Name, NameEN: p.NameEN,
		Traits:      exhibition.Traits{Party: p.Traits.Party, Craft: p.Traits.Craft},
		Application: exhibition.Application{Products: p.Application.Products, Sign: p.Application.Sign, SignEN: p.Application.SignEN}}
}

// RosterRow is one exhibitor of a roster.
type RosterRow struct {
	Participation exhibition.Participation
	Own           bool // of the actor's party
	Stand         Stand
	Fee           *PlaceFee // nil where there is none, and for who may not see the exhibitor
}

// Roster returns who comes to an agreed exhibition. Of the other party's exhibitors it holds what [onRoster] leaves, and no fees.
func (s *Exhibitions) Roster(ctx context.Context, actor auth.Actor, id int64) (*exhibition.Exhibition, []RosterRow, error) {
	var out []RosterRow
	var e *exhibition.Exhibition
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if e, err = loadExhibition(tx, actor, auth.RosterView, id); err != nil {
			return err
		}
		if e.Status != exhibition.Agreed && e.Status != exhibition.Closed {
			return fault.New(fault.State, "error.exhibition.not_open", e.Status.Title())
		}
		stands, err := s.stands(tx, e)
		if err != nil {
			return err
		}
		feeOf, err := feesAt(tx, e, actor.Party)
		if err != nil {
			return err
		}
		sold := map[int64]int64{}
		if feeOf != nil { // only a fee asks what was sold
			sales, err := tx.Sales(id)
			if err != nil {
				return err
			}
			for _, x := range sales {
				if x.Currency == e.Terms.Currency() {
					sold[x.ParticipationID] += x.Amount
				}
			}
		}
		out = nil
		list, err := tx.Participations(id, store.ParticipationQuery{States: []exhibition.State{exhibition.Accepted}})
		for _, p := range list {
			row := RosterRow{Participation: p, Own: p.Traits.Party == actor.Party, Stand: stands[p.ID]}
			switch {
			case !row.Own || auth.Allow(actor, auth.ExhibitorView, participationSubject(&p)) != nil:
				row.Participation = onRoster(&p)
			case feeOf != nil:
				fee := feeOf(p.ID, sold[p.ID])
				row.Fee = &fee
			}
			if row.Own {
				row.Participation.Traits.Area = p.Traits.Area
			}
			out = append(out, row)
		}
		return err
	})
	return e, out, err
}

// record notes something of one participation, at any version of it; open says that the exhibition must be agreed and not closed. What fn returns is the note of the log.
func (s *Exhibitions) record(ctx context.Context, actor auth.Actor, action auth.Action, id int64, op string, content any, w Write, open bool,
	fn func(tx *store.Tx, e *exhibition.Exhibition, p *exhibition.Participation, now time.Time) (note string, err error)) error {
	now := s.now()
	_, err := s.once(ctx, actor, op, w, []any{id, content}, func(tx *store.Tx) (string, error) {
		e, p, err := loadParticipation(tx, actor, action, id)
		if err != nil {
			return "", err
		}
		if open {
			if err := openFor(e, actor.Party); err != nil {
				return "", err
			}
		}
		note, err := fn(tx, e, p, now)
		if err != nil {
			return "", err
		}
		return "", participationAudit(tx, actor, now, string(action), p, p.State, note)
	})
	return err
}

// RecordSale enters what an exhibitor sold on a day. w.Version is the version of the sum that the person saw, 0 for a first entry.
func (s *Exhibitions) RecordSale(ctx context.Context, actor auth.Actor, participation int64, form *intake.Sale, w Write) error {
	return s.record(ctx, actor, auth.SaleRecord, participation, "sale.record", form, w, true, func(tx *store.Tx, e *exhibition.Exhibition, p *exhibition.Participation, now time.Time) (string, error) {
		sale, ps := form.Check(s.context(actor), e.Terms.Currency())
		if err := ps.Err(); err != nil {
			return "", err
		}
		if err := e.Terms.MayRecord(p, sale, officeDay(now)); err != nil {
			return "", err
		}
		sale.ParticipationID, sale.Version, sale.By, sale.At = p.ID, w.Version, actor.UserID, now
		return sale.Day.String() + " " + itoa(int(sale.Amount)) + " " + sale.Currency, tx.PutSale(e.ID, &sale)
	})
}

// RecordIncident keeps something that happened. Each party reads its own.
func (s *Exhibitions) RecordIncident(ctx context.Context, actor auth.Actor, id int64, form *intake.Incident, w Write) error {
	in, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "incident.record", w, []any{id, form}, func(tx *store.Tx) (string, error) {
		e, err := loadOpen(tx, actor, auth.IncidentRecord, id)
		if err != nil {
			return "", err
		}
		if in.ParticipationID != 0 {
			p, err := tx.ParticipationByID("", in.ParticipationID)
			if err != nil || p.ExhibitionID != id {
				var ps fault.Problems
				ps.Add("participation", "problem.choice")
				return "", ps.Err()
			}
		}
		i := in
		i.ExhibitionID, i.Party, i.At, i.By = id, actor.Party, now, actor.UserID
		if err := tx.InsertIncident(&i); err != nil {
			return "", err
		}
		return "", s.exhibitionAudit(tx, actor, e, string(auth.IncidentRecord), i.Kind)
	})
	return err
}

// Evaluate notes how an exhibitor's part went. It may be done while the exhibition is open or after it was closed.
func (s *Exhibitions) Evaluate(ctx context.Context, actor auth.Actor, participation int64, form *intake.Evaluation, w Write) error {
	in, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	return s.record(ctx, actor, auth.EvaluationRecord, participation, "evaluation.record", form, w, false, func(tx *store.Tx, e *exhibition.Exhibition, p *exhibition.Participation, now time.Time) (string, error) {
		if p.State != exhibition.Accepted && p.State != exhibition.Withdrawn {
			return "", fault.New(fault.State, "error.sale.no_place", p.State.Title())
		}
		x := in
		x.ParticipationID, x.Version, x.By, x.At = participation, w.Version, actor.UserID, now
		return x.Again, tx.PutEvaluation(e.ID, &x)
	})
}

// AddPacking enters one line of an exhibitor's packing list.
func (s *Exhibitions) AddPacking(ctx context.Context, actor auth.Actor, participation int64, form *intake.PackingItem, w Write) error {
	in, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	return s.record(ctx, actor, auth.PackingEdit, participation, "packing.add", form, w, true, func(tx *store.Tx, e *exhibition.Exhibition, p *exhibition.Participation, now time.Time) (string, error) {
		if p.State != exhibition.Accepted {
			return "", fault.New(fault.State, "error.checkin.no_place", p.State.Title())
		}
		i := in
		i.ParticipationID, i.By, i.At = participation, actor.UserID, now
		return i.Text, tx.PutPackingItem(e.ID, &i)
	})
}

// DropPacking takes a line out of a packing list.
func (s *Exhibitions) DropPacking(ctx context.Context, actor auth.Actor, participation, item int64, w Write) error {
	return s.record(ctx, actor, auth.PackingEdit, participation, "packing.drop", item, w, true, func(tx *store.Tx, _ *exhibition.Exhibition, _ *exhibition.Participation, _ time.Time) (string, error) {
		return "drop", tx.DeletePackingItem(participation, item)
	})
}

// Packer is who sends goods, and the booth that they go to.
type Packer struct {
	Name  string
	Stand Stand
}

// Packing returns the packing lists of the actor's party, in the order of shipments, with the exhibitors.
func (s *Exhibitions) Packing(ctx context.Context, actor auth.Actor, id int64) (*exhibition.Exhibition, []exhibition.PackingItem, map[int64]Packer, error) {
	var e *exhibition.Exhibition
	var out []exhibition.PackingItem
	names := map[int64]Packer{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if e, err = loadExhibition(tx, actor, auth.ExhibitionView, id); err != nil {
			return err
		}
		reach, err := auth.ReachOf(actor, auth.PackingEdit)
		if err != nil {
			return err
		}
		stands, err := s.stands(tx, e)
		if err != nil {
			return err
		}
		list, err := tx.Participations(id, store.ParticipationQuery{Party: actor.Party})
		if err != nil {
			return err
		}
		for _, p := range list {
			if reach.Holds(participationSubject(&p)) {
				names[p.ID] = Packer{p.Name, stands[p.ID]}
			}
		}
		items, err := tx.PackingItems(actor.Party, id)
		for _, i := range items {
			if _, ok := names[i.ParticipationID]; ok {
				out = append(out, i)
			}
		}
		return err
	})
	return e, out, names, err
}
