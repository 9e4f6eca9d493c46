package service

import (
	"context"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/lexicon"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Search looks for families, places and products by what somebody types into the box on every page. It shows what the lists would show, to the same people.
type Search struct{ core }

// FoundFamily is a family that was found. Village is there if it was found by its place and the actor may see that.
type FoundFamily struct {
	store.FamilyRow
	Village string
	Member  registry.Member // who is called so, if it is somebody of the household
}

// Findings are the answers to a text, by kind, each with the best first.
type Findings struct {
	Query    lexicon.Query // marks what was found in the texts that are shown
	Exact    bool          // the text was a number of a family, a person or a paper
	People   []FoundFamily
	Members  []FoundFamily // for who may see households
	Projects []FoundFamily
	Villages []FoundFamily
	Places   []store.FoundPlace
	Products []store.ProductRow
	Total    int // families by name, project or place, all of which the list shows
}

// Empty reports whether nothing was found.
func (f *Findings) Empty() bool {
	return len(f.People)+len(f.Members)+len(f.Projects)+len(f.Villages)+len(f.Places)+len(f.Products) == 0
}

// Find answers a text with at most limit results of each kind, inside of the actor's reach: own entries, areas, party. A text that is an id number, a phone or a
// licence finds its family only for who may see such a number.
func (s *Search) Find(ctx context.Context, actor auth.Actor, text string, limit int) (*Findings, error) {
	reach, err := auth.ReachOf(actor, auth.FamilyList)
	if err != nil {
		return nil, err
	}
	q := store.FindQuery{Text: text, Limit: limit, Products: auth.Can(actor, auth.ProductView)}
	q.IDs, q.Phones, q.NoPlaces = textSight(actor)
	if reach.OwnOnly {
		q.EnteredBy = reach.Self
	}
	scope := scopeOf(reach, q.EnteredBy)
	if q.Members = auth.View(actor.Role, auth.ClassHousehold) == auth.Shown; q.Members {
		if err := s.db.HearOfMembers(ctx); err != nil {
			return nil, err
		}
	}
	var out *Findings
	err = s.db.View(ctx, func(tx *store.Tx) error {
		found, err := tx.Find(scope, q)
		if err != nil {
			return err
		}
		out = &Findings{Query: found.Query, Exact: found.Exact, Places: found.Places, Products: found.Products, Total: found.Total}
		for _, x := range []struct {
			from []store.FoundFamily
			to   *[]FoundFamily
		}{{found.People, &out.People}, {found.Members, &out.Members}, {found.Projects, &out.Projects}, {found.Villages, &out.Villages}} {
			for i := range x.from {
				hideRow(actor, &x.from[i].FamilyRow)
				*x.to = append(*x.to, FoundFamily{FamilyRow: x.from[i].FamilyRow, Member: x.from[i].Member})
			}
		}
		for i := range out.Villages {
			f, err := tx.FamilyByID(scope, out.Villages[i].ID)
			if fault.Is(err, fault.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			out.Villages[i].Village = f.Record.Address.Village
		}
		return nil
	})
	return out, err
}
