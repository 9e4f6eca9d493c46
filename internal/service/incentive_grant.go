package service

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// GrantView is one grant as a person may see it.
type GrantView struct {
	store.GrantRow
	Offer      programme.Offer
	SchemeOpen bool
	Proposed   string // names
	Decided    string
	Delivered  string
	CanDecide  bool
	CanDeliver bool
	CanTake    bool       // withdraw
	SecondOnly bool       // it waits for somebody else than this person
	CanPaper   bool       // the proof may be opened
	Uses       []GrantUse // places at exhibitions whose fee it bears
}

// GrantQuery says which grants are listed.
type GrantQuery struct {
	Scheme int64
	State  programme.GrantState
	After  int64
	Limit  int
}

// GrantPage is a page of grants.
type GrantPage struct {
	Rows  []store.GrantRow
	Total int
	Next  int64 // After of the next page; 0: none
}

// MayOffer is one offer that a family could apply for, or why not.
type MayOffer struct {
	Scheme programme.Scheme
	Offer  programme.Offer
	Fits   bool
	Holds  bool // it has it, or may still get it
	Left   int  // how many the budget and the stock still cover; -1: no bound
	*Eligibility
}

// GrantUse is a place at an exhibition whose fee a grant bears, with what the exhibition is called and the days of the place.
type GrantUse struct {
	store.GrantUse
	Name, NameEN string
	First, Last  calendar.Date
}

func namedUses(tx *store.Tx, party place.Country, list []store.GrantUse) (out []GrantUse, err error) {
	shows := map[int64]*exhibition.Exhibition{}
	for _, u := range list {
		e := shows[u.Exhibition]
		if e == nil {
			if e, err = tx.ExhibitionByID(party, u.Exhibition); err != nil {
				return nil, err
			}
			shows[u.Exhibition] = e
		}
		first, last, _ := e.Terms.Run(u.Wave)
		out = append(out, GrantUse{u, e.Terms.Name, e.Terms.NameEN, first, last})
	}
	return out, nil
}

// FamilyGrants is what the page of a family says of incentives.
type FamilyGrants struct {
	Grants   []GrantView
	Offers   []MayOffer // of the schemes that are open today for the family's area
	CanApply bool
}

func (s *Incentives) grantView(tx *store.Tx, actor auth.Actor, g *store.GrantRow, x *programme.Scheme, names map[int64]string) GrantView {
	v := GrantView{GrantRow: *g, SchemeOpen: x.Open(s.today()), Proposed: names[g.ProposedBy], Decided: names[g.DecidedBy], Delivered: names[g.DeliveredBy]}
	v.Offer, _ = x.Offer(g.Grant.Offer)
	family := auth.Subject{Party: g.Party, Area: g.Area, EnteredBy: g.EnteredBy}
	proposed := auth.Subject{Party: g.Party, Area: g.Area, EnteredBy: g.ProposedBy}
	waits := g.State == programme.GrantProposed && v.SchemeOpen
	v.CanDecide = waits && auth.Allow(actor, auth.GrantDecide, proposed) == nil
	v.SecondOnly = waits && !v.CanDecide && actor.SamePerson(g.ProposedBy) && auth.Can(actor, auth.GrantDecide)
	v.CanDeliver = g.State == programme.GrantApproved && auth.Allow(actor, auth.GrantDeliver, family) == nil
	v.CanTake = g.State == programme.GrantApproved && auth.Allow(actor, auth.GrantDecide, proposed) == nil ||
		g.State == programme.GrantProposed && actor.SamePerson(g.ProposedBy)
	v.CanPaper = g.Delivery.Document != 0 && auth.Allow(actor, auth.DocumentView, family) == nil
	if auth.View(actor.Role, auth.ClassDecision) == auth.Masked {
		v.Note, v.Reason, v.Delivery.Note = "", "", ""
	}
	if auth.View(actor.Role, auth.ClassHousehold) == auth.Hidden {
		v.Delivery.Receiver = ""
	}
	return v
}

// loadGrant reads a grant of a family within reach of the action, with its scheme.
func loadGrant(tx *store.Tx, actor auth.Actor, action auth.Action, id int64) (*store.GrantRow, *programme.Scheme, error) {
	g, err := tx.GrantByID(actor.Party, id)
	if err != nil {
		return nil, nil, err
	}
	subject := auth.Subject{Party: g.Party, Area: g.Area, EnteredBy: g.EnteredBy}
	if auth.FourEyes(action) { // about who proposed it
		subject.EnteredBy = g.ProposedBy
	}
	if err := auth.Allow(actor, action, subject); err != nil {
		return nil, nil, err
	}
	x, err := tx.SchemeByID(actor.Party, g.SchemeID)
	return g, x, err
}

// Grant returns one grant.
func (s *Incentives) Grant(ctx context.Context, actor auth.Actor, id int64) (*GrantView, error) {
	var v GrantView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		g, x, err := loadGrant(tx, actor, auth.GrantView, id)
		if err != nil {
			return err
		}
		names, err := userNames(tx, g.ProposedBy, g.DecidedBy, g.DeliveredBy)
		if err != nil {
			return err
		}
		v = s.grantView(tx, actor, g, x, names)
		uses, err := tx.UsesOf(id)
		if err == nil {
			v.Uses, err = namedUses(tx, actor.Party, uses)
		}
		return err
	})
	return &v, err
}

// Grants returns a page of the grants that the actor may see.
func (s *Incentives) Grants(ctx context.Context, actor auth.Actor, q GrantQuery) (*GrantPage, error) {
	reach, err := auth.ReachOf(actor, auth.GrantView)
	if err != nil {
		return nil, err
	}
	sq := store.GrantQuery{Scheme: q.Scheme, After: q.After, Limit: q.Limit + 1}
	if q.State != "" {
		sq.States = []programme.GrantState{q.State}
	}
	if reach.OwnOnly {
		sq.EnteredBy = reach.Self
	}
	p := &GrantPage{}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		p.Next = 0
		var err error
		if p.Rows, err = tx.Grants(scopeOf(reach, sq.EnteredBy), sq); err != nil {
			return err
		}
		if len(p.Rows) > q.Limit {
			p.Rows = p.Rows[:q.Limit]
			p.Next = p.Rows[q.Limit-1].ID
		}
		p.Total, err = tx.CountGrants(scopeOf(reach, sq.EnteredBy), sq)
		return err
	})
	return p, err
}

// OfFamily returns the grants of a family, and what it could apply for today with the reasons.
func (s *Incentives) OfFamily(ctx context.Context, actor auth.Actor, family int64) (*FamilyGrants, error) {
	out := &FamilyGrants{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		*out = FamilyGrants{}
		f, err := load(tx, actor, auth.GrantView, family)
		if err != nil {
			return err
		}
		out.CanApply = auth.Allow(actor, auth.GrantPropose, subjectOf(f)) == nil && f.Status.State == registry.Approved
		rows, err := tx.Grants(store.Scope{Party: actor.Party}, store.GrantQuery{Family: family, Limit: 100})
		if err != nil {
			return err
		}
		schemes, err := tx.Schemes(actor.Party, maxSchemes, programme.SchemePublished, programme.SchemeClosed)
		if err != nil {
			return err
		}
		var ids []int64
		for _, g := range rows {
			ids = append(ids, g.ProposedBy, g.DecidedBy, g.DeliveredBy)
		}
		names, err := userNames(tx, ids...)
		if err != nil {
			return err
		}
		used, err := tx.UsesOfFamily(actor.Party, family)
		if err != nil {
			return err
		}
		uses, err := namedUses(tx, actor.Party, used)
		if err != nil {
			return err
		}
		for i := len(rows) - 1; i >= 0; i-- {
			for j := range schemes {
				if schemes[j].ID == rows[i].SchemeID {
					v := s.grantView(tx, actor, &rows[i], &schemes[j], names)
					for _, u := range uses {
						if u.Grant == v.ID {
							v.Uses = append(v.Uses, u)
						}
					}
					out.Grants = append(out.Grants, v)
				}
			}
		}
		if f.Status.State != registry.Approved {
			return nil
		}
		extra, err := tx.FamilyExtraOf(family)
		if err != nil {
			return err
		}
		for i := range schemes {
			x := &schemes[i]
			if !x.Open(s.today()) || !x.In(f.Record.Address.Area) {
				continue
			}
			e, err := s.eligible(tx, x, f, extra.Facts)
			if err != nil {
				return err
			}
			hideReadings(actor, e.Result)
			a, err := tx.AccountOf(x)
			if err != nil {
				return err
			}
			for _, o := range x.Offers {
				out.Offers = append(out.Offers, MayOffer{Scheme: *x, Offer: o, Fits: e.Fits(), Holds: e.Holds[o.N] && x.Once, Left: programme.Covers(a.Purse, o, a.Stock[o.N], 0), Eligibility: e})
			}
		}
		return nil
	})
	return out, err
}

// Apply enters an application of a family for an offer, and returns the grant's id. One that the rules do not let through is refused with the criteria that stand in
// the way; whether the budget holds it is decided when it is approved.
func (s *Incentives) Apply(ctx context.Context, actor auth.Actor, family int64, form *intake.GrantAsk, w Write) (int64, error) {
	scheme, offer, quantity, note, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "grant.apply", w, []any{family, form}, func(tx *store.Tx) (string, error) {
		f, err := load(tx, actor, auth.GrantPropose, family)
		if err != nil {
			return "", err
		}
		x, err := tx.SchemeByID(actor.Party, scheme)
		if err != nil {
			return "", err
		}
		o, ok := x.Offer(offer)
		if !ok || !x.Open(officeDay(now)) {
			return "", fault.New(fault.State, "error.scheme.not_open")
		}
		if quantity > o.Each {
			var ps fault.Problems
			ps.Add("quantity", "problem.range", 1, o.Each)
			return "", ps.Err()
		}
		extra, err := tx.FamilyExtraOf(family)
		if err != nil {
			return "", err
		}
		e, err := s.eligible(tx, x, f, extra.Facts)
		if err != nil {
			return "", err
		}
		switch {
		case !e.Approved:
			return "", fault.New(fault.State, "error.grant.not_registered")
		case !e.InArea:
			return "", fault.New(fault.State, "error.grant.area")
		case x.Once && e.Holds[offer]:
			return "", fault.New(fault.Duplicate, "error.grant.once")
		case !e.Fits():
			return "", fault.New(fault.State, "error.grant.not_eligible", strings.Join(inTheWay(e, actor.Locale), "، "))
		}
		g := grantOf(x, o, family, quantity, programme.Applied, actor.UserID, now)
		g.Note = note
		if err := tx.InsertGrant(g, o.Kind); err != nil {
			return "", err
		}
		return strconv.FormatInt(g.ID, 10), grantAudit(tx, actor, now, auth.GrantPropose, g, f.Record.Address.Area, "", string(programme.Applied))
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

func grantOf(x *programme.Scheme, o programme.Offer, family int64, quantity int, source programme.Source, by int64, at time.Time) *programme.Grant {
	return &programme.Grant{Party: x.Party, SchemeID: x.ID, Offer: o.N, FamilyID: family, Claimant: family, Once: x.Once, State: programme.GrantProposed, Quantity: quantity,
		Amount: o.UnitCost * int64(quantity), Source: source, ProposedBy: by, ProposedAt: at, UpdatedAt: at}
}

// inTheWay are the titles of the criteria for which a family is not eligible.
func inTheWay(e *Eligibility, lang string) []string {
	var out []string
	for i, r := range e.Result.Results {
		if c := e.Set.Criteria[i]; (Standing{r.Outcome, c.Weight}).blocks() {
			out = append(out, c.Title.In(lang))
		}
	}
	return out
}

// Decide approves a grant, which reserves its money, or refuses it with a reason.
func (s *Incentives) Decide(ctx context.Context, actor auth.Actor, id int64, approve bool, reason string, w Write) error {
	if !approve && strings.TrimSpace(reason) == "" {
		var ps fault.Problems
		ps.Add("text", "problem.required")
		return ps.Err()
	}
	if len([]rune(reason)) > 1000 {
		var ps fault.Problems
		ps.Add("text", "problem.too_long", 1000)
		return ps.Err()
	}
	now := s.now()
	_, err := s.once(ctx, actor, "grant.decide", w, []any{id, approve, reason}, func(tx *store.Tx) (string, error) {
		g, x, err := loadGrant(tx, actor, auth.GrantDecide, id)
		if err != nil {
			return "", err
		}
		if g.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		if approve {
			return "", s.approve(tx, actor, g, x, now)
		}
		from := g.State
		if err := g.Refuse(actor.UserID, now, strings.TrimSpace(reason)); err != nil {
			return "", err
		}
		if err := tx.UpdateGrant(&g.Grant); err != nil {
			return "", err
		}
		return "", grantAudit(tx, actor, now, auth.GrantDecide, &g.Grant, g.Area, from, g.Reason)
	})
	return err
}

// approve is the one way in which money of a scheme is promised. The rows of the purse and the stock decide.
func (s *Incentives) approve(tx *store.Tx, actor auth.Actor, g *store.GrantRow, x *programme.Scheme, now time.Time) error {
	if !x.Open(officeDay(now)) {
		return fault.New(fault.State, "error.scheme.not_open")
	}
	from := g.State
	if err := g.Approve(actor.UserID, now); err != nil {
		return err
	}
	f, err := tx.FamilyByID(store.Scope{Party: actor.Party}, g.FamilyID)
	if err != nil {
		return err
	}
	if f.Status.State != registry.Approved {
		return fault.New(fault.State, "error.grant.not_registered")
	}
	ok, err := tx.Reserve(x.ID, g.Grant.Offer, g.Quantity, g.Amount)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.State, "error.scheme.spent")
	}
	if err := tx.UpdateGrant(&g.Grant); err != nil {
		return err
	}
	return grantAudit(tx, actor, now, auth.GrantDecide, &g.Grant, g.Area, from, "")
}

// maxTogether bounds how many grants are approved at once.
const maxTogether = 100

// ApproveMany approves grants of a scheme in the order they are named, as far as the budget holds, and returns how many were approved and how many were left.
// What somebody else decided meanwhile, or this person proposed, is left.
func (s *Incentives) ApproveMany(ctx context.Context, actor auth.Actor, scheme int64, ids []int64, w Write) (done, left int, err error) {
	if len(ids) == 0 || len(ids) > maxTogether {
		return 0, 0, fault.New(fault.State, "error.grant.none_chosen", maxTogether)
	}
	now := s.now()
	res, err := s.once(ctx, actor, "grant.approve_many", w, []any{scheme, ids}, func(tx *store.Tx) (string, error) {
		done, left := 0, 0
		if _, err := loadScheme(tx, actor, auth.GrantDecide, scheme); err != nil {
			return "", err
		}
		for _, id := range ids {
			g, x, err := loadGrant(tx, actor, auth.GrantDecide, id)
			if err == nil && x.ID != scheme {
				return "", fault.New(fault.NotFound, "error.not_found")
			}
			if err == nil {
				err = s.approve(tx, actor, g, x, now)
			}
			switch {
			case err == nil:
				done++
			case fault.Is(err, fault.State), fault.Is(err, fault.Forbidden):
				left++
			default:
				return "", err
			}
		}
		return fmt.Sprintf("%d %d", done, left), nil
	})
	if err == nil {
		_, err = fmt.Sscan(res, &done, &left)
	}
	return done, left, err
}

// Deliver notes that an approved benefit was handed over, with its proof: a paper or picture of the family's file.
func (s *Incentives) Deliver(ctx context.Context, actor auth.Actor, id int64, form *intake.Delivery, document int64, w Write) error {
	d, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "grant.deliver", w, []any{id, form}, func(tx *store.Tx) (string, error) {
		g, x, err := loadGrant(tx, actor, auth.GrantDeliver, id)
		if err != nil {
			return "", err
		}
		if g.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		docs, err := tx.DocumentsOf(g.FamilyID)
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(docs, func(x registry.Document) bool { return x.ID == document && x.RemovedAt.IsZero() }) {
			var ps fault.Problems
			ps.Add("file", "problem.grant.proof")
			return "", ps.Err()
		}
		o, _ := x.Offer(g.Grant.Offer)
		from, quantity, reserved := g.State, g.Quantity, g.Amount
		used, err := tx.UnitsUsed(id)
		if err != nil {
			return "", err
		}
		if d.Quantity < used {
			var ps fault.Problems
			ps.Add("quantity", "problem.range", used, quantity)
			return "", ps.Err()
		}
		d.Document = document
		if err := g.Deliver(actor.UserID, now, d, o.UnitCost); err != nil {
			return "", err
		}
		if err := tx.Spend(x.ID, g.Grant.Offer, quantity, reserved, d.Quantity, g.Amount); err != nil {
			return "", err
		}
		if err := tx.UpdateGrant(&g.Grant); err != nil {
			return "", err
		}
		return "", grantAudit(tx, actor, now, auth.GrantDeliver, &g.Grant, g.Area, from, d.On.String()+" × "+strconv.Itoa(d.Quantity))
	})
	return err
}

// Withdraw takes a grant back that was not delivered, with a reason; its money is free again. Who proposed one may take it back while it waits.
func (s *Incentives) Withdraw(ctx context.Context, actor auth.Actor, id int64, form *intake.Words, w Write) error {
	reason, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "grant.withdraw", w, []any{id, form}, func(tx *store.Tx) (string, error) {
		g, x, err := loadGrant(tx, actor, auth.GrantView, id)
		if err != nil {
			return "", err
		}
		own := g.State == programme.GrantProposed && actor.SamePerson(g.ProposedBy)
		action := auth.GrantPropose
		if !own {
			action = auth.GrantDecide
			if g, x, err = loadGrant(tx, actor, action, id); err != nil {
				return "", err
			}
		}
		if g.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		used, err := tx.UnitsUsed(id)
		if err != nil {
			return "", err
		}
		if used > 0 {
			return "", fault.New(fault.State, "error.grant.used", used)
		}
		from := g.State
		if err := g.Withdraw(actor.UserID, now, reason); err != nil {
			return "", err
		}
		if from == programme.GrantApproved {
			if err := tx.Release(x.ID, g.Grant.Offer, g.Quantity, g.Amount); err != nil {
				return "", err
			}
		}
		if err := tx.UpdateGrant(&g.Grant); err != nil {
			return "", err
		}
		return "", grantAudit(tx, actor, now, action, &g.Grant, g.Area, from, reason)
	})
	return err
}

func grantAudit(tx *store.Tx, actor auth.Actor, at time.Time, action auth.Action, g *programme.Grant, area string, from programme.GrantState, note string) error {
	changes := append(stateTurn(string(from), string(g.State)), registry.Change{Path: "amount", Class: string(auth.ClassDecision), New: strconv.FormatInt(g.Amount, 10)})
	return audit(tx, actor, at, string(action), store.AuditEntry{Entity: "grant", EntityID: g.ID, Area: area, Changes: changes, Note: note})
}

// GrantWork is what waits for a person of incentives.
type GrantWork struct {
	Decide, Deliver           []store.GrantRow // the first of them
	DecideTotal, DeliverTotal int
}

// Work returns the grants that the actor may decide on, and those that the actor may deliver.
func (s *Incentives) Work(ctx context.Context, actor auth.Actor) (*GrantWork, error) {
	out := &GrantWork{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		*out = GrantWork{}
		for _, x := range []struct {
			action auth.Action
			state  programme.GrantState
			list   *[]store.GrantRow
			total  *int
		}{{auth.GrantDecide, programme.GrantProposed, &out.Decide, &out.DecideTotal}, {auth.GrantDeliver, programme.GrantApproved, &out.Deliver, &out.DeliverTotal}} {
			reach, err := auth.ReachOf(actor, x.action)
			if err != nil {
				continue // not this role's
			}
			q := store.GrantQuery{States: []programme.GrantState{x.state}, Limit: 6}
			if reach.OwnOnly {
				q.EnteredBy = reach.Self
			}
			if x.action == auth.GrantDecide {
				q.NotBy = actor.UserID
			}
			if *x.total, err = tx.CountGrants(scopeOf(reach, q.EnteredBy), q); err != nil {
				return err
			}
			if *x.list, err = tx.Grants(scopeOf(reach, q.EnteredBy), q); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}
