package service

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Products holds the use-cases of what families make: entering, photographs, the committee, the taxonomy and the score sheet.
type Products struct{ core }

// ProductView is a product as one person may see it.
type ProductView struct {
	registry.Product
	Area    string
	Family  string // lead producer's name
	Project string
	Number  registry.Number
	Photos  []registry.ProductPhoto
	Events  []ProductEventView
	Scores  []ScoreView          // of all rounds, those of others only once the person has scored or may not score
	Result  registry.ScoreResult // of the round at hand
	Sheet   *registry.ScoreSheet // of the round; the one in force while there is none
	Mine    *registry.Score      // what this person gave in the round at hand
	Maker   registry.Maker
	Public  bool // in the catalogue now
	Consent bool // the family consented to the catalogue
	Own     bool // the person entered or handed it in
	Can     map[auth.Action]bool
}

// ProductEventView is one step of a product with the name of the person.
type ProductEventView struct {
	registry.ProductEvent
	Name string
}

// ScoreView is a member's score with the member's name and the percentage that it makes.
type ScoreView struct {
	registry.Score
	Name  string
	Total int // hundredths of a per cent
}

// productSubject is what permission on a product depends on: the place and the enterer of its family.
func productSubject(f *registry.Family) auth.Subject { return subjectOf(f) }

// loadProduct reads a product with its family for an action of the actor. What the actor may not even see is NotFound.
func loadProduct(tx *store.Tx, actor auth.Actor, action auth.Action, id int64) (*registry.Product, *registry.Family, error) {
	p, err := tx.ProductByID(store.Scope{Party: actor.Party}, id)
	if err != nil {
		return nil, nil, err
	}
	f, err := tx.FamilyByID(store.Scope{Party: actor.Party}, p.FamilyID)
	if err != nil {
		return nil, nil, err
	}
	subject := productSubject(f)
	if auth.FourEyes(action) { // it is the product that must not be one's own
		subject.EnteredBy = p.Status.EnteredBy
		if p.OwnEntry(actor.UserID) {
			subject.EnteredBy = actor.UserID
		}
	}
	return p, f, auth.Allow(actor, action, subject)
}

func productAudit(tx *store.Tx, actor auth.Actor, at time.Time, action string, p *registry.Product, f *registry.Family, changes []registry.Change, note string) error {
	return audit(tx, actor, at, action, store.AuditEntry{Party: string(p.Party), Entity: "product", EntityID: p.ID, Area: f.Record.Address.Area, Changes: changes, Note: note})
}

// stateChange is a step as the audit log shows it.
func stateChange(e *registry.ProductEvent) []registry.Change {
	if e.From == e.To {
		return nil
	}
	return []registry.Change{{Path: "product.state", Class: registry.ClassOfProduct, Old: string(e.From), New: string(e.To)}}
}

// typesOf returns the types of a party's taxonomy that its form offers, with the group of each.
func typesOf(tx *store.Tx, party place.Country) (map[string]string, error) {
	lines, err := taxonomy(tx, party)
	out := map[string]string{}
	for _, t := range lines {
		if t.Parent != "" {
			out[t.Code] = t.Parent
		}
	}
	return out, err
}

// Save enters a product of a family (id 0) or corrects one, and returns its id.
func (s *Products) Save(ctx context.Context, actor auth.Actor, familyID, id int64, in intake.Product, w Write) (int64, error) {
	now := s.now()
	type content struct {
		Family, ID, Version int64
		In                  intake.Product
	}
	res, err := s.once(ctx, actor, "product.save", w, content{familyID, id, w.Version, in}, func(tx *store.Tx) (string, error) {
		types, err := typesOf(tx, actor.Party)
		if err != nil {
			return "", err
		}
		record, problems := in.Check(intake.Context{Party: actor.Party, Today: officeDay(now), Now: now}, types)
		if id == 0 {
			f, err := load(tx, actor, auth.ProductEdit, familyID)
			if err != nil {
				return "", err
			}
			if err := problems.Err(); err != nil {
				return "", err
			}
			p, err := s.create(tx, actor, f, record, now, "create")
			if err != nil {
				return "", err
			}
			return strconv.FormatInt(p.ID, 10), nil
		}
		p, f, err := loadProduct(tx, actor, auth.ProductEdit, id)
		if err != nil {
			return "", err
		}
		if familyID != 0 && p.FamilyID != familyID {
			return "", fault.New(fault.NotFound, "error.not_found")
		}
		if err := problems.Err(); err != nil {
			return "", err
		}
		if p.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		return strconv.FormatInt(id, 10), s.edit(tx, actor, p, f, record, now, "")
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// maxProducts bounds the products of one family: five to ten are usual.
const maxProducts = 200

// create enters a product; note is for the audit log.
func (s *Products) create(tx *store.Tx, actor auth.Actor, f *registry.Family, record registry.ProductRecord, now time.Time, note string) (*registry.Product, error) {
	if !f.Status.State.Active() || f.Status.State == registry.Graduated {
		return nil, fault.New(fault.State, "error.product.family", f.Status.State.Title())
	}
	have, err := tx.ProductsOf(f.ID)
	if err != nil {
		return nil, err
	}
	if len(have) >= maxProducts {
		return nil, fault.New(fault.State, "error.product.too_many", maxProducts)
	}
	p := registry.NewProduct(f, actor.UserID, now)
	p.Record = record
	if err := tx.InsertProduct(p); err != nil {
		return nil, err
	}
	e := registry.ProductEvent{ProductID: p.ID, At: now, By: actor.UserID, Step: registry.ProductCreate, To: registry.ProductDraft}
	if err := tx.InsertProductEvent(&e); err != nil {
		return nil, err
	}
	empty := registry.ProductRecord{}
	return p, productAudit(tx, actor, now, string(auth.ProductEdit), p, f, empty.Changes(&record), note)
}

// edit corrects a product; note is for the audit log.
func (s *Products) edit(tx *store.Tx, actor auth.Actor, p *registry.Product, f *registry.Family, record registry.ProductRecord, now time.Time, note string) error {
	changes := p.Record.Changes(&record)
	e, err := p.Edit(record, actor.UserID, now)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		return nil
	}
	if err := tx.UpdateProduct(p); err != nil {
		return err
	}
	if err := tx.InsertProductEvent(&e); err != nil {
		return err
	}
	return productAudit(tx, actor, now, string(auth.ProductEdit), p, f, append(changes, stateChange(&e)...), note)
}

// Do takes one step in the life of a product: submit, withdraw or reopen. w.Version is the version that the person saw.
func (s *Products) Do(ctx context.Context, actor auth.Actor, id int64, step registry.ProductStep, note string, w Write) error {
	if step != registry.ProductSubmit && step != registry.ProductWithdraw && step != registry.ProductReopen {
		return fault.New(fault.NotFound, "error.not_found")
	}
	now := s.now()
	_, err := s.once(ctx, actor, "product."+string(step), w, [2]any{id, note}, func(tx *store.Tx) (string, error) {
		p, f, err := loadProduct(tx, actor, auth.ProductEdit, id)
		if err != nil {
			return "", err
		}
		if p.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		var e registry.ProductEvent
		switch step {
		case registry.ProductSubmit:
			photos, err := tx.ProductPhotosOf(id)
			if err != nil {
				return "", err
			}
			sheet, err := s.sheetInForce(tx, p.Party, now)
			if err != nil {
				return "", err
			}
			if e, err = p.Submit(f, len(photos), sheet.Number, actor.UserID, now); err != nil {
				return "", err
			}
		case registry.ProductWithdraw:
			if e, err = p.Withdraw(actor.UserID, now); err != nil {
				return "", err
			}
		case registry.ProductReopen:
			if e, err = p.Reopen(actor.UserID, now); err != nil {
				return "", err
			}
		}
		e.Note = note
		return "", s.keepStep(tx, actor, p, f, &e, auth.ProductEdit, now)
	})
	return err
}

// keepStep stores a product after a step, with its event and its audit entry.
func (s *Products) keepStep(tx *store.Tx, actor auth.Actor, p *registry.Product, f *registry.Family, e *registry.ProductEvent, action auth.Action, now time.Time) error {
	if err := tx.UpdateProduct(p); err != nil {
		return err
	}
	if err := tx.InsertProductEvent(e); err != nil {
		return err
	}
	return productAudit(tx, actor, now, string(action), p, f, stateChange(e), string(e.Step))
}

// PhotoThumb is the side of the cropped small picture of a product, in pixels: two to a row on a phone of twice the density.
const PhotoThumb = 480

// AddPhoto stores a photograph at the end of a product's and returns its id. The file has been through package media.
func (s *Products) AddPhoto(ctx context.Context, actor auth.Actor, id int64, file *media.File, w Write) (int64, error) {
	if !file.Picture() {
		return 0, fault.New(fault.Unsupported, "error.product.photo_type")
	}
	thumb, err := media.Square(file, PhotoThumb)
	if err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "product.photo", w, [2]any{id, file.SHA256}, func(tx *store.Tx) (string, error) {
		p, f, err := loadProduct(tx, actor, auth.ProductEdit, id)
		if err != nil {
			return "", err
		}
		photos, err := tx.ProductPhotosOf(id)
		if err != nil {
			return "", err
		}
		for _, h := range photos {
			if h.SHA256 == file.SHA256 {
				return strconv.FormatInt(h.ID, 10), nil // the same picture once more
			}
		}
		if len(photos) >= registry.MaxPhotos {
			return "", fault.New(fault.State, "error.product.too_many_photos", registry.MaxPhotos)
		}
		e, err := p.Repicture(actor.UserID, now)
		if err != nil {
			return "", err
		}
		h := registry.ProductPhoto{ProductID: id, Position: len(photos) + 1, SHA256: file.SHA256, Width: file.Width, Height: file.Height, Size: int64(len(file.Body)),
			AddedBy: actor.UserID, AddedAt: now}
		if err := tx.InsertProductPhoto(&h, file.Body, thumb); err != nil {
			return "", err
		}
		change := registry.Change{Path: "product.photos", Class: registry.ClassOfProduct, New: strconv.FormatInt(h.ID, 10)}
		return strconv.FormatInt(h.ID, 10), s.keepPhotos(tx, actor, p, f, &e, change, now)
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

func (s *Products) keepPhotos(tx *store.Tx, actor auth.Actor, p *registry.Product, f *registry.Family, e *registry.ProductEvent, change registry.Change, now time.Time) error {
	if err := tx.UpdateProduct(p); err != nil {
		return err
	}
	if e.From != e.To { // pictures of a draft come and go; only leaving the catalogue is history
		if err := tx.InsertProductEvent(e); err != nil {
			return err
		}
	}
	return productAudit(tx, actor, now, string(auth.ProductEdit), p, f, append([]registry.Change{change}, stateChange(e)...), "photos")
}

// PhotoMove is what is done to a photograph: where it goes.
type PhotoMove string

// The moves.
const (
	PhotoEarlier PhotoMove = "earlier"
	PhotoLater   PhotoMove = "later"
	PhotoFirst   PhotoMove = "first"
	PhotoTo      PhotoMove = "to" // a place of its own, counted from 1
	PhotoRemove  PhotoMove = "remove"
)

// MovePhoto puts a photograph earlier, later, first or to a place, or removes it. place counts only for [PhotoTo]; one beyond the last is the last. Order alone is
// no material change, and one photograph's place does not depend on what others saw: two who order at once get the last wish of each photograph.
func (s *Products) MovePhoto(ctx context.Context, actor auth.Actor, id, photo int64, move PhotoMove, place int, w Write) error {
	now := s.now()
	if move == PhotoTo && place < 1 {
		return fault.New(fault.Invalid, "error.invalid")
	}
	_, err := s.once(ctx, actor, "product.photo_move", w, [4]any{id, photo, move, place}, func(tx *store.Tx) (string, error) {
		p, f, err := loadProduct(tx, actor, auth.ProductEdit, id)
		if err != nil {
			return "", err
		}
		photos, err := tx.ProductPhotosOf(id)
		if err != nil {
			return "", err
		}
		ids := make([]int64, len(photos))
		for i, h := range photos {
			ids[i] = h.ID
		}
		at := slices.Index(ids, photo)
		if at < 0 {
			return "", fault.New(fault.NotFound, "error.not_found")
		}
		old := joinInts(ids)
		ids = slices.Delete(ids, at, at+1)
		switch move {
		case PhotoEarlier:
			ids = slices.Insert(ids, max(0, at-1), photo)
		case PhotoLater:
			ids = slices.Insert(ids, min(len(ids), at+1), photo)
		case PhotoFirst:
			ids = slices.Insert(ids, 0, photo)
		case PhotoTo:
			ids = slices.Insert(ids, min(len(ids), place-1), photo)
		case PhotoRemove:
		default:
			return "", fault.New(fault.NotFound, "error.not_found")
		}
		var e registry.ProductEvent
		if move == PhotoRemove {
			e, err = p.Repicture(actor.UserID, now)
		} else if !p.Status.State.Editable() {
			err = fault.New(fault.State, "error.product_state.edit", p.Status.State.Title())
		}
		if err != nil {
			return "", err
		}
		if err := tx.OrderProductPhotos(id, ids); err != nil {
			return "", err
		}
		change := registry.Change{Path: "product.photos", Class: registry.ClassOfProduct, Old: old, New: joinInts(ids)}
		return "", s.keepPhotos(tx, actor, p, f, &e, change, now)
	})
	return err
}

func joinInts(ids []int64) string {
	var b []byte
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(b)
}

// Photo reads a photograph of a product that the actor may see, or its small picture.
func (s *Products) Photo(ctx context.Context, actor auth.Actor, photo int64, thumb bool) ([]byte, error) {
	var body []byte
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var id int64
		var err error
		if id, body, err = tx.ProductPhoto(photo, thumb); err != nil {
			return err
		}
		_, _, err = loadProduct(tx, actor, auth.ProductView, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return body, nil
}

// View reads a product as the actor may see it.
func (s *Products) View(ctx context.Context, actor auth.Actor, id int64) (*ProductView, error) {
	var v *ProductView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		p, f, err := loadProduct(tx, actor, auth.ProductView, id)
		if err != nil {
			return err
		}
		v = &ProductView{Product: *p, Area: f.Record.Address.Area, Family: f.Record.Lead.DisplayName(), Project: f.Record.Project.Name, Number: f.Status.Number,
			Maker: f.Maker(), Consent: f.Record.Consented(registry.ConsentCatalogue), Public: p.Status.State == registry.ProductApproved && f.InCatalogue(),
			Own: p.OwnEntry(actor.UserID), Can: map[auth.Action]bool{}}
		for _, a := range []auth.Action{auth.ProductEdit, auth.ProductScore, auth.ProductDecide, auth.FamilyView} {
			_, _, err := loadProduct(tx, actor, a, id)
			if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
				return err
			}
			v.Can[a] = err == nil
		}
		if v.Photos, err = tx.ProductPhotosOf(id); err != nil {
			return err
		}
		return s.viewCommittee(tx, actor, v)
	})
	return v, err
}

// viewCommittee fills in history and scores. A member scores without having seen the others': theirs stay hidden until the member's own is given or the round
// is over.
func (s *Products) viewCommittee(tx *store.Tx, actor auth.Actor, v *ProductView) error {
	events, err := tx.ProductEventsOf(v.ID)
	if err != nil {
		return err
	}
	scores, err := tx.ScoresOf(v.ID, 0)
	if err != nil {
		return err
	}
	var ids []int64
	for _, e := range events {
		ids = append(ids, e.By)
	}
	for _, x := range scores {
		ids = append(ids, x.Member)
	}
	names, err := userNames(tx, ids...)
	if err != nil {
		return err
	}
	for _, e := range events {
		v.Events = append(v.Events, ProductEventView{e, names[e.By]})
	}
	if v.Sheet, err = sheetOf(tx, v.Party, v.Status.Sheet); err != nil {
		return err
	}
	var round []registry.Score
	for i, x := range scores {
		if x.Round == v.Status.Round {
			round = append(round, x)
			if actor.SamePerson(x.Member) {
				v.Mine = &scores[i]
			}
		}
	}
	v.Result = v.Sheet.Result(round)
	open := v.Status.State == registry.ProductSubmitted
	for _, x := range scores {
		if open && x.Round == v.Status.Round && v.Can[auth.ProductScore] && v.Mine == nil {
			continue
		}
		total := v.Sheet.Result([]registry.Score{x}).Total
		v.Scores = append(v.Scores, ScoreView{x, names[x.Member], total})
	}
	return nil
}

// ProductList is one page of a list with what the page needs beside it.
type ProductList struct {
	store.ProductPage
	Taxonomy []registry.Taxon
}

// List returns a page of the products within the actor's reach.
func (s *Products) List(ctx context.Context, actor auth.Actor, q store.ProductQuery) (*ProductList, error) {
	reach, err := auth.ReachOf(actor, auth.ProductView)
	if err != nil {
		return nil, err
	}
	if reach.OwnOnly {
		q.EnteredBy = actor.UserID
	}
	out := &ProductList{}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if out.Taxonomy, err = taxonomy(tx, actor.Party); err != nil {
			return err
		}
		out.ProductPage, err = tx.ListProducts(scopeOf(reach, q.EnteredBy), q)
		return err
	})
	return out, err
}

// Queue returns the products that wait for the committee and for this member's score, longest waiting first, and how many more wait for others.
func (s *Products) Queue(ctx context.Context, actor auth.Actor, after string) (mine, others *ProductList, err error) {
	reach, err := auth.ReachOf(actor, auth.ProductScore)
	if err != nil {
		return nil, nil, err
	}
	mine, others = &ProductList{}, &ProductList{}
	q := store.ProductQuery{States: []string{string(registry.ProductSubmitted)}, Sort: store.ProductSubmitted, NotEnteredBy: actor.UserID, Limit: 25}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		todo := q
		todo.Unscored, todo.After = actor.UserID, after
		if mine.ProductPage, err = tx.ListProducts(scopeOf(reach, 0), todo); err != nil {
			return err
		}
		others.ProductPage, err = tx.ListProducts(scopeOf(reach, 0), q)
		return err
	})
	return mine, others, err
}

// OfFamily returns the products of a family that the actor may see.
func (s *Products) OfFamily(ctx context.Context, actor auth.Actor, familyID int64) ([]store.ProductRow, error) {
	var out []store.ProductRow
	err := s.db.View(ctx, func(tx *store.Tx) error {
		if _, err := load(tx, actor, auth.ProductView, familyID); err != nil {
			return err
		}
		page, err := tx.ListProducts(store.Scope{Party: actor.Party}, store.ProductQuery{FamilyID: familyID, Limit: maxProducts})
		out = page.Rows
		return err
	})
	return out, err
}

// Score keeps what a committee member gave to a product in the round at hand; a second time it replaces the first, as long as the round is open.
func (s *Products) Score(ctx context.Context, actor auth.Actor, id int64, values map[string][]string, w Write) error {
	now := s.now()
	_, err := s.once(ctx, actor, "product.score", w, [2]any{id, values}, func(tx *store.Tx) (string, error) {
		p, f, err := loadProduct(tx, actor, auth.ProductScore, id)
		if err != nil {
			return "", err
		}
		if p.Status.State != registry.ProductSubmitted {
			return "", fault.New(fault.State, "error.product_state.score", p.Status.State.Title())
		}
		if p.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		sheet, err := sheetOf(tx, p.Party, p.Status.Sheet)
		if err != nil {
			return "", err
		}
		in, problems := intake.DecodeScore(values, sheet)
		score, more := in.Check(sheet)
		if err := append(problems, more...).Err(); err != nil {
			return "", err
		}
		score.ProductID, score.Round, score.Member, score.At = id, p.Status.Round, actor.UserID, now
		if err := tx.InsertScore(&score); err != nil {
			return "", err
		}
		change := registry.Change{Path: "product.score", Class: string(auth.ClassDecision), New: strconv.Itoa(sheet.Result([]registry.Score{score}).Total)}
		return "", productAudit(tx, actor, now, string(auth.ProductScore), p, f, []registry.Change{change}, "")
	})
	return err
}

// Decide ends the round: the product is approved or returned as the rule of the sheet says. The remarks of the members go back with a returned one.
func (s *Products) Decide(ctx context.Context, actor auth.Actor, id int64, w Write) (registry.ProductState, error) {
	now := s.now()
	res, err := s.once(ctx, actor, "product.decide", w, id, func(tx *store.Tx) (string, error) {
		p, f, err := loadProduct(tx, actor, auth.ProductDecide, id)
		if err != nil {
			return "", err
		}
		if p.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		sheet, err := sheetOf(tx, p.Party, p.Status.Sheet)
		if err != nil {
			return "", err
		}
		scores, err := tx.ScoresOf(id, p.Status.Round)
		if err != nil {
			return "", err
		}
		e, _, err := p.Decide(sheet, scores, actor.UserID, now)
		if err != nil {
			return "", err
		}
		return string(p.Status.State), s.keepStep(tx, actor, p, f, &e, auth.ProductDecide, now)
	})
	return registry.ProductState(res), err
}

// sheetInForce returns the newest score sheet of a party; the one that a party begins with is stored the first time it is needed.
func (s *Products) sheetInForce(tx *store.Tx, party place.Country, now time.Time) (*registry.ScoreSheet, error) {
	sheets, err := tx.ScoreSheets(party)
	if err != nil {
		return nil, err
	}
	if len(sheets) > 0 {
		return &sheets[0], nil
	}
	sheet := registry.DefaultScoreSheet(party)
	sheet.CreatedAt = now
	return sheet, tx.InsertScoreSheet(sheet)
}

// sheetOf returns the score sheet with a number; the newest one, or the one to begin with, for 0.
func sheetOf(tx *store.Tx, party place.Country, number int) (*registry.ScoreSheet, error) {
	sheets, err := tx.ScoreSheets(party)
	if err != nil {
		return nil, err
	}
	for i := range sheets {
		if number == 0 || sheets[i].Number == number {
			return &sheets[i], nil
		}
	}
	return registry.DefaultScoreSheet(party), nil
}

// Sheets returns the score sheets of the actor's party, the one in force first.
func (s *Products) Sheets(ctx context.Context, actor auth.Actor) ([]registry.ScoreSheet, error) {
	if err := auth.Allow(actor, auth.ProductView, auth.Subject{Party: actor.Party, EnteredBy: actor.UserID}); err != nil {
		return nil, err
	}
	var out []registry.ScoreSheet
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		out, err = tx.ScoreSheets(actor.Party)
		return err
	})
	if err == nil && len(out) == 0 {
		out = []registry.ScoreSheet{*registry.DefaultScoreSheet(actor.Party)}
	}
	return out, err
}

// NewSheet puts the next version of the score sheet in force. w.Version is the number of the one that the person saw. Products before the committee keep
// theirs.
func (s *Products) NewSheet(ctx context.Context, actor auth.Actor, in intake.ScoreSheet, w Write) (int, error) {
	if err := auth.Allow(actor, auth.ScoreSheetEdit, auth.Subject{Party: actor.Party}); err != nil {
		return 0, err
	}
	sheet, problems := in.Check(intake.Context{Party: actor.Party})
	if err := problems.Err(); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "score_sheet.new", w, in, func(tx *store.Tx) (string, error) {
		last, err := s.sheetInForce(tx, actor.Party, now)
		if err != nil {
			return "", err
		}
		if int64(last.Number) != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		next := *sheet
		next.Party, next.Number, next.CreatedBy, next.CreatedAt = actor.Party, last.Number+1, actor.UserID, now
		if err := tx.InsertScoreSheet(&next); err != nil {
			return "", err
		}
		return strconv.Itoa(next.Number), audit(tx, actor, now, string(auth.ScoreSheetEdit), store.AuditEntry{Entity: "score_sheet", EntityID: next.ID,
			Note: strconv.Itoa(next.Number)})
	})
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(res)
}

// taxonomy returns a party's taxonomy; the one to begin with where none is stored yet.
func taxonomy(tx *store.Tx, party place.Country) ([]registry.Taxon, error) {
	lines, err := tx.Taxonomy(party)
	if err == nil && len(lines) == 0 {
		lines = registry.DefaultTaxonomy(party)
	}
	return lines, err
}

// Taxonomy returns the taxonomy of the actor's party in the order of display.
func (s *Products) Taxonomy(ctx context.Context, actor auth.Actor) ([]registry.Taxon, error) {
	if err := auth.Allow(actor, auth.ProductView, auth.Subject{Party: actor.Party, EnteredBy: actor.UserID}); err != nil {
		return nil, err
	}
	var out []registry.Taxon
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		out, err = taxonomy(tx, actor.Party)
		return err
	})
	return out, err
}

// fillTaxonomy stores the taxonomy to begin with for a party that has none.
func fillTaxonomy(tx *store.Tx, party place.Country) ([]registry.Taxon, error) {
	lines, err := tx.Taxonomy(party)
	if err != nil || len(lines) > 0 {
		return lines, err
	}
	lines = registry.DefaultTaxonomy(party)
	for i := range lines {
		if err := tx.PutTaxon(&lines[i]); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// SaveTaxon changes one line of the taxonomy (by its code), or adds a type to a group (code ""). It returns the code.
func (s *Products) SaveTaxon(ctx context.Context, actor auth.Actor, code string, in intake.Taxon, w Write) (string, error) {
	if err := auth.Allow(actor, auth.TaxonomyEdit, auth.Subject{Party: actor.Party}); err != nil {
		return "", err
	}
	now := s.now()
	return s.once(ctx, actor, "taxonomy.edit", w, [2]any{code, in}, func(tx *store.Tx) (string, error) {
		lines, err := fillTaxonomy(tx, actor.Party)
		if err != nil {
			return "", err
		}
		line := registry.Taxon{Party: actor.Party, Parent: in.Parent}
		if code != "" {
			at := slices.IndexFunc(lines, func(t registry.Taxon) bool { return t.Code == code })
			if at < 0 {
				return "", fault.New(fault.NotFound, "error.not_found")
			}
			line = lines[at]
			if w.Version != 0 && line.Version != w.Version { // 0: the page was drawn before the taxonomy was stored
				return "", fault.New(fault.Stale, "error.stale")
			}
		} else {
			group, ok := registry.CraftByCode(in.Parent)
			if !ok {
				var p fault.Problems
				p.Add("parent", "problem.choice")
				return "", p.Err()
			}
			line.Code, line.Food, line.Cosmetic, line.Exhibited = nextType(lines, group.Code), group.Food, group.Cosmetic, group.Exhibited
		}
		line, problems := in.Apply(intake.Context{Party: actor.Party}, line)
		if err := problems.Err(); err != nil {
			return "", err
		}
		if err := tx.PutTaxon(&line); err != nil {
			return "", err
		}
		return line.Code, audit(tx, actor, now, string(auth.TaxonomyEdit), store.AuditEntry{Entity: "taxon", Note: line.Code,
			Changes: []registry.Change{{Path: "name_ar", Class: registry.ClassOfProduct, New: line.NameAR}}})
	})
}

// nextType returns the next free code of a type in a group.
func nextType(lines []registry.Taxon, group string) string {
	for n := 1; ; n++ {
		code := group + "-" + strconv.Itoa(n)
		if !slices.ContainsFunc(lines, func(t registry.Taxon) bool { return t.Code == code }) {
			return code
		}
	}
}
