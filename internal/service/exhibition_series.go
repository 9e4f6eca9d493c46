package service

import (
	"context"
	"slices"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// SeasonView is a season with what is planned in it.
type SeasonView struct {
	exhibition.Season
	Exhibitions []exhibition.Exhibition
	Clashes     []exhibition.Clash
	By          string // who entered it
	CanEdit     bool
}

// Season returns one season with the exhibitions of it that the actor's party may see, by first day.
func (s *Exhibitions) Season(ctx context.Context, actor auth.Actor, id int64) (*SeasonView, error) {
	if err := auth.Allow(actor, auth.ExhibitionView, partySubject(actor)); err != nil {
		return nil, err
	}
	v := &SeasonView{CanEdit: auth.Can(actor, auth.ExhibitionEdit)}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		x, err := seasonByID(tx, id)
		if err != nil {
			return err
		}
		v.Season = *x
		if v.Exhibitions, err = tx.Exhibitions(actor.Party, store.ExhibitionQuery{SeasonID: id}); err != nil {
			return err
		}
		slices.Reverse(v.Exhibitions)
		holidays, err := tx.Holidays("", x.First, x.Last)
		if err != nil {
			return err
		}
		v.Clashes = exhibition.Clashes(v.Exhibitions, []exhibition.Season{*x}, holidays)
		names, err := userNames(tx, x.By)
		v.By = names[x.By]
		return err
	})
	return v, err
}

func seasonByID(tx *store.Tx, id int64) (*exhibition.Season, error) {
	seasons, err := tx.Seasons()
	if err != nil {
		return nil, err
	}
	for i := range seasons {
		if seasons[i].ID == id {
			return &seasons[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "error.not_found")
}

// seasonChanges is what of a season changed, as the audit log keeps it.
func seasonChanges(old, now *exhibition.Season) []registry.Change {
	return textChanges([][3]string{{"name", old.Name, now.Name}, {"name_en", old.NameEN, now.NameEN}, {"first", old.First.String(), now.First.String()}, {"last", old.Last.String(), now.Last.String()}})
}

// textChanges turns lines of path, old and new into changes; what stayed is left out.
func textChanges(lines [][3]string) []registry.Change {
	var out []registry.Change
	for _, l := range lines {
		if l[1] != l[2] {
			out = append(out, registry.Change{Path: l[0], Class: string(auth.ClassCase), Old: l[1], New: l[2]})
		}
	}
	return out
}

// Series returns the series of the exhibitions that the actor's party may see.
func (s *Exhibitions) Series(ctx context.Context, actor auth.Actor) ([]exhibition.SeriesLine, error) {
	if err := auth.Allow(actor, auth.ExhibitionView, partySubject(actor)); err != nil {
		return nil, err
	}
	var out []exhibition.SeriesLine
	err := s.db.View(ctx, func(tx *store.Tx) error {
		list, err := tx.Exhibitions(actor.Party, store.ExhibitionQuery{})
		if err != nil {
			return err
		}
		stored, err := tx.Series()
		out = exhibition.GatherSeries(list, stored)
		return err
	})
	return out, err
}

// SeriesView is one series with its editions.
type SeriesView struct {
	exhibition.SeriesLine
	List    []exhibition.Exhibition // the latest first
	By      string                  // who wrote about it last
	CanEdit bool
}

// SeriesOf returns the series of a name; fault.NotFound if the actor's party sees no exhibition of it.
func (s *Exhibitions) SeriesOf(ctx context.Context, actor auth.Actor, name string) (*SeriesView, error) {
	if err := auth.Allow(actor, auth.ExhibitionView, partySubject(actor)); err != nil {
		return nil, err
	}
	v := &SeriesView{CanEdit: auth.Can(actor, auth.ExhibitionEdit)}
	err := s.db.View(ctx, func(tx *store.Tx) error { return v.fill(tx, actor, name) })
	return v, err
}

func (v *SeriesView) fill(tx *store.Tx, actor auth.Actor, name string) error {
	var err error
	if name == "" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if v.List, err = tx.Exhibitions(actor.Party, store.ExhibitionQuery{Series: name}); err != nil {
		return err
	}
	stored, err := tx.Series()
	if err != nil {
		return err
	}
	lines := exhibition.GatherSeries(v.List, stored)
	if len(lines) == 0 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	v.SeriesLine = lines[0]
	names, err := userNames(tx, v.Series.By)
	v.By = names[v.Series.By]
	return err
}

// PutSeries says something about a series, at the version that the person saw: 0 if nothing was said yet.
func (s *Exhibitions) PutSeries(ctx context.Context, actor auth.Actor, name string, form *intake.Series, w Write) error {
	if err := auth.Allow(actor, auth.ExhibitionEdit, partySubject(actor)); err != nil {
		return err
	}
	in, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "series.put", w, []any{name, form}, func(tx *store.Tx) (string, error) {
		var v SeriesView
		if err := v.fill(tx, actor, name); err != nil {
			return "", err
		}
		old := v.Series
		if old.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		x := in
		x.ID, x.Version, x.Name, x.Party, x.By, x.UpdatedAt = old.ID, old.Version, name, actor.Party, actor.UserID, now
		if err := tx.PutSeries(&x); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.ExhibitionEdit), store.AuditEntry{Entity: "series", EntityID: x.ID, Note: name,
			Changes: textChanges([][3]string{{"name_en", old.NameEN, x.NameEN}, {"about", old.About, x.About}, {"about_en", old.AboutEN, x.AboutEN}})})
	})
	return err
}
