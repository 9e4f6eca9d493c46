package service

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/matching"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// LikelySame is a family that may be the one that is being entered, found by what describes its lead producer and not by a number.
type LikelySame struct {
	FamilyID    int64           // 0 if the actor may not open it
	Number      registry.Number // "" then, and so are Name and Reasons: the person learns whom to ask and nothing of her
	Name        string
	State       registry.State
	Area        string
	Visible     bool
	Probability float64
	Reasons     []string // ends of the message keys "likely.remark.…", what speaks for one person first
}

// KnownAlready is what the registry may hold already of who is being entered. It never stops anybody: only the same identity number does, when the registration is handed in.
type KnownAlready struct {
	Numbers []Duplicate // the same identity number, phone or licence
	Likely  []LikelySame
}

const (
	likelyLooked = 48 // families that are compared
	likelyShown  = 5  //
	likelyFrom   = .1 // probability from which a family is shown
	// A family that the actor may not open is told of only if it is nearly certain, and by more than names and places: nobody fishes for who is registered.
	likelyFromHidden = .9
)

// KnownAlready looks for who is being typed: on the first page of a registration (id 0), or on a step of a draft with what has been typed since. It saves nothing.
// step "" takes the draft as it is.
func (s *Families) KnownAlready(ctx context.Context, actor auth.Actor, id int64, step string, values map[string][]string) (*KnownAlready, error) {
	var st intake.Step
	if id != 0 && step != "" {
		var ok bool
		if st, ok = intake.StepNamed(step); !ok {
			return nil, fault.New(fault.NotFound, "error.not_found")
		}
	}
	out := &KnownAlready{}
	now := s.now()
	err := s.db.View(ctx, func(tx *store.Tx) error {
		f, form := s.begin(actor, now), &intake.Registration{}
		var err error
		if id == 0 {
			form, _ = intake.Decode(values)
			if err := allowCreate(actor, s.areaOf(actor, form)); err != nil {
				return err
			}
		} else if f, _, form, err = draftFor(tx, actor, id); err != nil {
			return err
		} else if step != "" {
			form, _ = intake.Merge(form, st, values)
		}
		record, _ := s.check(form, f.Party, now, nil)
		if out.Numbers, err = s.duplicates(tx, actor, f, &record); err != nil {
			return err
		}
		out.Likely, err = s.likely(tx, actor, f, &record)
		return err
	})
	return out, err
}

// likely compares who is being entered with the families of the party whose names come near. Those that share a number are told of elsewhere.
func (s *Families) likely(tx *store.Tx, actor auth.Actor, f *registry.Family, r *registry.Record) ([]LikelySame, error) {
	if !auth.Can(actor, auth.DuplicateCheck) || r.Lead.GivenName == "" || r.Lead.RestOfName == "" {
		return nil, nil
	}
	reach, err := auth.ReachOf(actor, auth.FamilyView)
	if err != nil {
		return nil, err
	}
	ids, numbered, err := nearEntry(tx, f, r)
	if err != nil {
		return nil, err
	}
	ids = slices.DeleteFunc(ids, func(id int64) bool { return slices.Contains(numbered, id) })
	records, compared, err := besideEntry(tx, f, r, ids)
	if err != nil {
		return nil, err
	}
	var out []LikelySame
	for _, c := range compared {
		l := &records[c.Index]
		x := LikelySame{State: l.State, Area: l.Area, Probability: c.Probability}
		x.Visible = reach.Holds(auth.Subject{Party: f.Party, Area: l.Area, EnteredBy: l.EnteredBy})
		switch {
		case x.Visible && c.Probability >= likelyFrom:
			x.FamilyID, x.Number, x.Name = l.FamilyID, l.Number, l.Name
			x.Reasons = reasonsOf(c.Remarks, r, &l.Record)
		case !x.Visible && c.Probability >= likelyFromHidden && slices.ContainsFunc(c.Remarks, ownRemark):
		default:
			continue
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b LikelySame) int { return cmp.Compare(b.Probability, a.Probability) })
	return out[:min(len(out), likelyShown)], nil
}

// nearEntry returns the families whose names come near those of an entry, and those that share a number with it.
func nearEntry(tx *store.Tx, f *registry.Family, r *registry.Record) (named, numbered []int64, err error) {
	if named, err = tx.LikelySame(store.Scope{Party: f.Party}, store.Likely{Given: r.Lead.GivenName, Rest: r.Lead.RestOfName, Place: r.Address.District + " " + r.Address.Village,
		Area: r.Address.Area}, likelyLooked); err != nil {
		return nil, nil, err
	}
	g := *f
	g.Record = *r
	matches, err := tx.MatchIdentifiers(f.Party, store.IdentifiersOf(&g), f.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range matches {
		numbered = append(numbered, m.FamilyID)
	}
	return slices.DeleteFunc(named, func(id int64) bool { return id == f.ID }), numbered, nil
}

// besideEntry compares an entry with some families.
func besideEntry(tx *store.Tx, f *registry.Family, r *registry.Record, ids []int64) ([]store.LikelyRecord, []matching.Comparison, error) {
	if len(ids) == 0 {
		return nil, nil, nil
	}
	records, err := tx.LikelyRecords(f.Party, ids, f.ID)
	if err != nil || len(records) == 0 {
		return nil, nil, err
	}
	others := make([]matching.Record, len(records))
	for i := range records {
		others[i] = personOf(strconv.Itoa(i), &records[i].Record)
	}
	families, having, err := tx.NameShare(matching.NameWords(r.Lead.GivenName, r.Lead.RestOfName))
	if err != nil {
		return nil, nil, err
	}
	compared, err := matching.Beside(personOf("", r), others, matching.Registry{People: families, Having: having})
	return records, compared, err
}

// pairsAtEntry returns the pairs of an entry with the families that its form showed as probably the same, for the queue: the worker has handed it in all the same, and a reviewer
// decides. They are read before the transaction that hands in, so that nobody waits for the comparison.
func (s *Families) pairsAtEntry(ctx context.Context, actor auth.Actor, id int64) (out []store.DuplicatePair, err error) {
	now := s.now()
	err = s.db.View(ctx, func(tx *store.Tx) error {
		out = nil
		f, d, form, err := draftFor(tx, actor, id)
		if err != nil || d.Kind == store.DraftAmendment {
			return err
		}
		r, _ := s.check(form, f.Party, now, nil)
		if r.Lead.GivenName == "" && r.Lead.RestOfName == "" {
			return nil
		}
		named, numbered, err := nearEntry(tx, f, &r)
		if err != nil {
			return err
		}
		ids := append(named, numbered...)
		slices.Sort(ids)
		records, compared, err := besideEntry(tx, f, &r, slices.Compact(ids))
		if err != nil {
			return err
		}
		slices.SortStableFunc(compared, func(a, b matching.Comparison) int { return cmp.Compare(b.Probability, a.Probability) })
		for _, c := range compared[:min(len(compared), likelyShown)] {
			other := &records[c.Index]
			if c.Probability < linkageFound {
				continue
			}
			p := store.DuplicatePair{A: other.FamilyID, B: id, Source: store.FoundAtEntry}
			pairWeight(&p, &matching.Pair{Weight: c.Weight, Probability: c.Probability, Reasons: c.Reasons})
			out = append(out, p)
		}
		return nil
	})
	return out, err
}

// ownRemark reports whether a remark is about something that a person has for herself and that strangers do not guess.
func ownRemark(r matching.Remark) bool {
	switch r {
	case matching.SameBirth, matching.SwappedBirth, matching.SlippedBirth, matching.NearID, matching.NearPhone:
		return true
	}
	return false
}

// reasonsOf puts the places among the remarks: the narrowest that both have.
func reasonsOf(remarks []matching.Remark, a, b *registry.Record) []string {
	same := func(x, y string) bool { return x != "" && arabic.Fold(x) == arabic.Fold(y) }
	place := ""
	switch {
	case same(a.Address.Village, b.Address.Village):
		place = "village_same"
	case same(a.Address.District, b.Address.District):
		place = "district_same"
	case same(a.Address.Area, b.Address.Area):
		place = "area_same"
	}
	var out []string
	for _, r := range remarks {
		if place != "" && (r == matching.OtherID || r == matching.OtherBirth) {
			out, place = append(out, place), ""
		}
		out = append(out, string(r))
	}
	if place != "" {
		out = append(out, place)
	}
	return out
}

// LikelyReasons returns the ends of all message keys "likely.remark.…".
func LikelyReasons() []string {
	out := []string{"village_same", "district_same", "area_same"}
	for _, r := range matching.Remarks() {
		out = append(out, string(r))
	}
	return out
}
