package service

import (
	"context"
	"io"
	"slices"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/identity"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// exportRun is the making of one export. It belongs to one goroutine but for what reads and opens families ahead.
type exportRun struct {
	s        *Exports
	actor    auth.Actor
	kind     *exportKind
	spec     ExportSpec
	say      sheet.Say
	today    calendar.Date
	at       time.Time
	offered  []exportColumn // that the actor may have
	columns  []exportColumn // that are asked for
	scope    store.Scope
	ids      []int64
	rows     int64
	progress func(families int)

	names   map[int64]string // of users, as far as a column asks
	papers  map[int64][]registry.Document
	results map[int64][]assessedResult
	titles  map[int64]map[string]string // of criteria, by set
	counts  *summaryCounts

	products map[int64][]store.ProductRow
	grants   map[int64][]exportedGrant
	plans    map[int64][]store.DevelopmentRow
	types    map[string]registry.Taxon // of the party's product taxonomy, by code
}

func (s *Exports) newRun(actor auth.Actor, k *exportKind, spec ExportSpec) *exportRun {
	now := s.now()
	x := &exportRun{s: s, actor: actor, kind: k, spec: spec, say: s.words(spec.Lang), today: officeDay(now), at: now.In(zone), names: map[int64]string{}, titles: map[int64]map[string]string{}}
	for _, c := range k.columns(x) {
		if c.class == "" || x.sight(&c) >= max(c.least, auth.Masked) {
			x.offered = append(x.offered, c)
		}
	}
	want := spec.Columns
	if len(want) == 0 {
		want = k.defaults
	}
	for _, key := range want {
		if i := slices.IndexFunc(x.offered, func(c exportColumn) bool { return c.Key == key }); i >= 0 &&
			!slices.ContainsFunc(x.columns, func(c exportColumn) bool { return c.Key == key }) {
			x.columns = append(x.columns, x.offered[i])
		}
	}
	return x
}

// known keeps the columns that the actor may have.
func (x *exportRun) known(keys []string) []string {
	var out []string
	for _, key := range keys {
		if slices.ContainsFunc(x.offered, func(c exportColumn) bool { return c.Key == key }) && !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

// sight is how much of a column the actor sees.
func (x *exportRun) sight(c *exportColumn) auth.Sight {
	if c.class == "" {
		return auth.Shown
	}
	return auth.View(x.actor.Role, c.class)
}

// masked reports whether a column shows the last four digits only: whole numbers are for who asks for them and may have them.
func (x *exportRun) masked(c *exportColumn) bool {
	return c.mask && (x.sight(c) < auth.Shown && !x.spec.Full || x.sight(c) < auth.Revealable)
}

// shows reports whether whole protected numbers go out, which makes the export a showing.
func (x *exportRun) shows() bool {
	return slices.ContainsFunc(x.columns, func(c exportColumn) bool { return c.mask && !x.masked(&c) })
}

// find reads which families the export is of.
func (x *exportRun) find(ctx context.Context) error {
	reach, err := auth.ReachOf(x.actor, auth.ExportRun)
	if err != nil {
		return err
	}
	q := x.spec.Query
	if reach.OwnOnly {
		q.EnteredBy = reach.Self
	}
	q = seenFilters(x.actor, q)
	x.scope = scopeOf(reach, q.EnteredBy)
	if x.scope.Party == "" {
		x.scope.Party = partyOf(x.actor)
	}
	return x.s.db.View(ctx, func(tx *store.Tx) error {
		if x.kind.prepare != nil {
			if err := x.kind.prepare(x, tx); err != nil {
				return err
			}
		}
		x.ids, err = tx.FamilyIDs(x.scope, q)
		return err
	})
}

// openedBatch is a batch of families on its way to the rows.
type openedBatch struct {
	families []*store.SealedFamily
	papers   map[int64][]registry.Document
	results  map[int64][]assessedResult
	names    map[int64]string
	products map[int64][]store.ProductRow
	grants   map[int64][]exportedGrant
	plans    map[int64][]store.DevelopmentRow
	err      error
}

// each calls fn with each family in order, opened. One goroutine reads the batches, two open them, and they come in order; a few batches are in memory.
func (x *exportRun) each(ctx context.Context, fn func(*store.SealedFamily) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	const ahead = 3
	queue := make(chan chan *openedBatch, ahead)
	go func() {
		defer close(queue)
		for ids := range slices.Chunk(x.ids, exportBatch) {
			slot := make(chan *openedBatch, 1)
			select {
			case queue <- slot:
			case <-ctx.Done():
				return
			}
			b := x.read(ctx, ids)
			go func() {
				for _, f := range b.families {
					if b.err == nil {
						b.err = f.Open()
					}
				}
				slot <- b
			}()
		}
	}()
	n := 0
	for slot := range queue {
		b := <-slot
		if b.err != nil {
			return b.err
		}
		x.papers, x.results, x.products, x.grants, x.plans = b.papers, b.results, b.products, b.grants, b.plans
		for id, name := range b.names {
			x.names[id] = name
		}
		for _, f := range b.families {
			if err := fn(f); err != nil {
				return err
			}
		}
		n += len(b.families)
		if x.progress != nil {
			x.progress(n)
		}
	}
	return ctx.Err()
}

// read reads one batch in a transaction of its own.
func (x *exportRun) read(ctx context.Context, ids []int64) *openedBatch {
	b := &openedBatch{}
	b.err = x.s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if b.families, err = tx.FamiliesByID(x.scope, ids); err != nil {
			return err
		}
		seen := make([]int64, len(b.families))
		var people []int64
		for i, f := range b.families {
			seen[i] = f.ID
			people = append(people, f.Status.EnteredBy)
		}
		if x.wants("entered_by") {
			slices.Sort(people)
			if b.names, err = tx.UserNames(slices.Compact(people)); err != nil {
				return err
			}
		}
		if x.kind.beside == nil {
			return nil
		}
		return x.kind.beside(x, b, tx, seen)
	})
	return b
}

func (x *exportRun) wants(key string) bool {
	return slices.ContainsFunc(x.columns, func(c exportColumn) bool { return c.Key == key })
}

// table is the first sheet: the chosen columns.
func (x *exportRun) table(ctx context.Context) sheet.Sheet {
	s := sheet.Sheet{Name: x.say("enum.export_kind." + x.spec.Kind), Columns: make([]sheet.OutColumn, len(x.columns))}
	for i, c := range x.columns {
		s.Columns[i] = c.OutColumn
	}
	s.Rows = func(yield func([]sheet.Value) error) error {
		row := make([]sheet.Value, len(x.columns))
		masked := make([]bool, len(x.columns))
		for i := range x.columns {
			masked[i] = x.masked(&x.columns[i])
		}
		x.rows = 0
		return x.each(ctx, func(f *store.SealedFamily) error {
			if x.counts != nil {
				x.counts.add(f)
			}
			items := x.kind.items(x, f)
			for k := range items {
				for i := range x.columns {
					row[i] = x.columns[i].value(&items[k])
					if masked[i] {
						row[i] = sheet.TextValue(identity.Mask(row[i].Text()))
					}
				}
				x.rows++
				if err := yield(row); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return s
}

// write writes the file.
func (x *exportRun) write(ctx context.Context, w io.Writer) error {
	if x.spec.Format == "csv" {
		return sheet.CSV(w, x.table(ctx), x.say)
	}
	title := x.say("enum.export_kind." + x.spec.Kind)
	book := sheet.Workbook{Lang: x.spec.Lang, Say: x.say, Title: title, Author: x.actor.Name, At: x.at, Cover: slices.Clone(x.spec.Words)}
	if len(x.spec.Words) == 0 {
		book.Cover = []sheet.Line{{Name: x.say("export.cover.filter"), Text: x.say("export.cover.no_filter")}}
	}
	some := slices.ContainsFunc(x.columns, func(c exportColumn) bool { return c.mask && x.masked(&c) })
	numbers := ""
	switch shows := x.shows(); {
	case shows && some:
		numbers = "export.cover.some"
	case shows:
		numbers = "export.cover.full"
	case some:
		numbers = "export.cover.masked"
	}
	if numbers != "" {
		book.Cover = append(book.Cover, sheet.Line{Name: x.say("export.cover.numbers"), Text: x.say(numbers)})
	}
	if x.spec.Extras && x.kind.extras {
		x.counts = newSummaryCounts(x)
		book.Sheets = append(book.Sheets, x.table(ctx), x.long(ctx))
		book.Summaries = x.counts.summaries()
		// The counts are whole once the rows of the first sheet are written, and the summaries are written after them.
		rows := book.Sheets[0].Rows
		book.Sheets[0].Rows = func(yield func([]sheet.Value) error) error {
			if err := rows(yield); err != nil {
				return err
			}
			counts := x.counts
			x.counts = nil // the long sheet reads the families again
			counts.fill(book.Summaries)
			return nil
		}
	} else {
		book.Sheets = append(book.Sheets, x.table(ctx))
	}
	return sheet.Write(w, book)
}
