package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	urfave "github.com/urfave/cli/v3"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/locale"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/sheet"
)

// importCommand takes rosters in: the same use-cases as the pages, as the person that --as names.
func (p *program) importCommand() *urfave.Command {
	as := &urfave.StringFlag{Name: "as", Required: true, Usage: "E-MAIL of the user who imports; rows are held to their areas and permissions"}
	asJSON := &urfave.BoolFlag{Name: "json", Usage: "print JSON"}
	report := &urfave.StringFlag{Name: "report", Usage: "write the workbook with its marks to this file"}
	lang := &urfave.StringFlag{Name: "lang", Value: locale.Arabic, Usage: "language of what is wrong with the file and its rows, on the screen and in the report: ar or en"}
	one := []urfave.Flag{as, asJSON, report, lang, &urfave.BoolFlag{Name: "dry-run", Usage: "say what would happen, and do nothing"},
		&urfave.StringFlag{Name: "map", Usage: "JSON file that says what the columns are; one that is not there is written with what is known"}}
	const same = "Flags and exit codes are those of import families."
	return &urfave.Command{Name: "import", Usage: "take rosters in", Commands: []*urfave.Command{
		{Name: "families", Usage: "import families from an Excel FILE", ArgsUsage: "FILE",
			Description: "Without --map, columns go where their headers say, or where this user said before. --dry-run stops before anything enters the registry.\n" +
				"Exit code 3: rows were left out, see the report.",
			Flags:  append(slices.Clone(one), &urfave.BoolFlag{Name: "drafts", Usage: "keep complete rows as drafts too"}),
			Action: func(ctx context.Context, cmd *urfave.Command) error { return p.importRoster(ctx, cmd, sheet.Families) }},
		{Name: "members", Usage: "import household members of registered families from an Excel FILE", ArgsUsage: "FILE",
			Description: "A row names its family by the number that the map chooses, and a member by the identity number or the name. Other sheets are left alone.\n" + same,
			Flags:       one, Action: func(ctx context.Context, cmd *urfave.Command) error { return p.importRoster(ctx, cmd, sheet.Members) }},
		{Name: "products", Usage: "import products of registered families from an Excel FILE", ArgsUsage: "FILE",
			Description: "A product is known by its number, or by its family and its name. Sheets of families and household members in the file are left alone.\n" + same,
			Flags:       one, Action: func(ctx context.Context, cmd *urfave.Command) error { return p.importRoster(ctx, cmd, sheet.Products) }},
		{Name: "resume", Usage: "go on with an import that was stopped or killed", ArgsUsage: "NUMBER", Flags: []urfave.Flag{as, asJSON, report, lang},
			Action: func(ctx context.Context, cmd *urfave.Command) error { return p.onImport(ctx, cmd, (*roster).resume) }},
		{Name: "undo", Usage: "take back everything that an import did, but what was saved since", ArgsUsage: "NUMBER", Flags: []urfave.Flag{as, asJSON, lang},
			Action: func(ctx context.Context, cmd *urfave.Command) error { return p.onImport(ctx, cmd, (*roster).undo) }},
		{Name: "list", Usage: "list a user's imports", Flags: []urfave.Flag{as, asJSON}, Action: p.listImports},
	}}
}

// roster is a command at work on an import.
type roster struct {
	p     *program
	o     *opened
	cmd   *urfave.Command
	actor auth.Actor
	id    int64
	left  []leftColumn
}

// leftColumn is a column of a sheet that is taken, which goes nowhere.
type leftColumn struct {
	Sheet  string `json:"sheet"`
	Column string `json:"column"`
	Header string `json:"header"`
}

// importHeap is where collecting becomes eager: with the caches of the database an import stays below 200 MB.
const importHeap = 116 << 20

// speak makes --lang the language of what the command says, errors included.
func (p *program) speak(cmd *urfave.Command) error {
	lang := cmd.String("lang")
	if lang != "" && lang != locale.Arabic && lang != locale.English {
		return fmt.Errorf("--lang is ar or en; %w", errUsage)
	}
	p.lang = lang
	return nil
}

// importer opens the database as the user that --as names.
func (p *program) importer(ctx context.Context, cmd *urfave.Command) (*roster, error) {
	if err := p.speak(cmd); err != nil {
		return nil, err
	}
	o, err := p.open(ctx, cmd)
	if err != nil {
		return nil, err
	}
	actor, err := o.actor(ctx, cmd.String("as"))
	if err != nil {
		o.close()
		return nil, err
	}
	return &roster{p: p, o: o, cmd: cmd, actor: actor}, nil
}

// actor is the active user whom --as names: what a command reads and writes for a person is held to that person's areas and permissions, and logged under the name.
func (o *opened) actor(ctx context.Context, email string) (auth.Actor, error) {
	actor, err := o.svc.People.ActorByEmail(ctx, auth.SystemActor(""), email)
	if fault.Is(err, fault.NotFound) {
		return actor, fmt.Errorf("there is no user %s", email)
	}
	return actor, err
}

func newWrite(what string) service.Write {
	return service.Write{Key: fmt.Sprintf("cli-%s-%d-%d", what, os.Getpid(), time.Now().UnixNano())}
}

// importRoster takes a file in: of families, with all its sheets, or of members or products, with their sheets alone.
func (p *program) importRoster(ctx context.Context, cmd *urfave.Command, kind sheet.RosterKind) error {
	file, err := argument(cmd, "FILE")
	if err != nil {
		return err
	}
	r, err := p.importer(ctx, cmd)
	if err != nil {
		return err
	}
	defer r.o.close()
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("reading the roster: %w", err)
	}
	if info.Size() > service.MaxImportBytes {
		return fault.New(fault.TooLarge, "import.too_large", int64(service.MaxImportBytes>>20))
	}
	body, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the roster: %w", err)
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(importHeap))
	if r.id, err = r.o.svc.Imports.Stage(ctx, r.actor, filepath.Base(file), body, newWrite("stage")); err != nil {
		return err
	}
	mapping, err := r.mapping(ctx, kind)
	if err != nil {
		return err
	}
	if r.left, err = r.leftColumns(ctx, mapping); err != nil {
		return err
	}
	take := r.o.svc.Imports.MapAsKnown
	if cmd.String("map") != "" {
		take = r.o.svc.Imports.Map
	}
	if err := take(ctx, r.actor, r.id, mapping, newWrite("map")); err != nil {
		return err
	}
	v, err := r.work(ctx, service.ImportReady)
	if err != nil {
		return err
	}
	if !cmd.Bool("dry-run") {
		if err := r.o.svc.Imports.Confirm(ctx, r.actor, r.id, !cmd.Bool("drafts"), newWrite("confirm")); err != nil {
			return err
		}
		if v, err = r.work(ctx, service.ImportDone); err != nil {
			return err
		}
	}
	return r.say(ctx, v)
}

// mapping is what --map says, or what is known of the columns. A map file that is not there is written.
func (r *roster) mapping(ctx context.Context, kind sheet.RosterKind) (sheet.Mapping, error) {
	c, err := r.o.svc.Imports.Columns(ctx, r.actor, r.id)
	if err != nil {
		return sheet.Mapping{}, err
	}
	if kind != sheet.Families {
		c.Mapping.Only(kind, c.Rosters)
	}
	name := r.cmd.String("map")
	if name == "" {
		return c.Mapping, nil
	}
	body, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		out, err := json.MarshalIndent(c.Mapping, "", "  ")
		if err != nil {
			return sheet.Mapping{}, err
		}
		if err := os.WriteFile(name, append(out, '\n'), 0o600); err != nil {
			return sheet.Mapping{}, fmt.Errorf("writing the map: %w", err)
		}
		return sheet.Mapping{}, fmt.Errorf("%s was not there; it is now, with what the headers say. Look through it and run the command again", name)
	}
	if err != nil {
		return sheet.Mapping{}, fmt.Errorf("reading the map: %w", err)
	}
	var m sheet.Mapping
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, fmt.Errorf("reading the map %s: %w", name, err)
	}
	for i := range m.Sheets { // a map that was written by hand may name the sheet alone
		for _, ros := range c.Rosters {
			if m.Sheets[i].Shape == "" && m.Sheets[i].Name == ros.Name {
				m.Sheets[i].Shape = ros.Shape
			}
		}
	}
	return m, nil
}

// leftColumns are the columns of which nothing is taken.
func (r *roster) leftColumns(ctx context.Context, m sheet.Mapping) ([]leftColumn, error) {
	c, err := r.o.svc.Imports.Columns(ctx, r.actor, r.id)
	if err != nil {
		return nil, err
	}
	var out []leftColumn
	for _, ros := range c.Rosters {
		sm, ok := m.For(&ros)
		for _, col := range ros.Columns {
			if col.Field == sheet.FieldStatus || col.Field == sheet.FieldMessage { // of a workbook that comes back
				continue
			}
			if field := sm.Columns[col.Header]; ok && !sm.Skip && (field == "" || field == sheet.FieldIgnore) {
				out = append(out, leftColumn{ros.Name, col.Letter, col.Header})
			}
		}
	}
	return out, nil
}

// work runs the job of the import in this process, or waits for the server that has it.
func (r *roster) work(ctx context.Context, want service.ImportState) (*service.ImportView, error) {
	v, err := r.o.svc.Imports.Import(ctx, r.actor, r.id)
	if err != nil {
		return nil, err
	}
	if err := r.o.svc.Jobs.Work(ctx, v.JobID); err != nil {
		return nil, fmt.Errorf("import %d: %w; go on with: muntija import resume %d", r.id, err, r.id)
	}
	if v, err = r.o.svc.Imports.Import(ctx, r.actor, r.id); err != nil {
		return nil, err
	}
	if v.State != want {
		l := r.p.locale()
		why := l.T("enum.import_state." + string(v.State))
		if v.ErrorKey != "" {
			why += ": " + l.T(v.ErrorKey)
		}
		return v, fmt.Errorf("import %d: %s", r.id, why)
	}
	return v, nil
}

// importReport is the JSON of an import.
type importReport struct {
	Number   int64                `json:"number"`
	State    service.ImportState  `json:"state"`
	File     string               `json:"file,omitempty"`
	By       string               `json:"by"`
	At       time.Time            `json:"at"`
	Counts   service.ImportCounts `json:"counts"`
	Before   []int64              `json:"before,omitempty"` // finished imports of exactly this file
	Problems []importProblem      `json:"problems,omitempty"`

	Duplicates []importDuplicate `json:"duplicates,omitempty"`
	NotTaken   []leftColumn      `json:"not_taken,omitempty"` // columns that go nowhere
	Kept       []importKept      `json:"kept,omitempty"`      // what an undo left as it is, since it was saved after the import
}

// importKept is a row whose family an undo left as it is.
type importKept struct {
	Sheet  string `json:"sheet"`
	Row    int    `json:"row"`
	Name   string `json:"name"`
	Family int64  `json:"family"` // as in the address of its page
}

// importDuplicate is a row that has a number in common with another row or with a family of the registry.
type importDuplicate struct {
	Row      int             `json:"row"`
	Shared   string          `json:"shared"`              // "key", or the kind of the number: phone, eg_nid, formal:commercial_register …
	OtherRow int             `json:"other_row,omitempty"` // of the same file
	Family   registry.Number `json:"family,omitempty"`    // of the registry; left out where the user may not open it, or it has no number yet
	Area     string          `json:"area,omitempty"`      // of that family
}

type importProblem struct {
	Sheet   string `json:"sheet"`
	Row     int    `json:"row"`
	Cell    string `json:"cell,omitempty"`
	Field   string `json:"field,omitempty"`
	Key     string `json:"key"`
	Message string `json:"message"`
	Warning bool   `json:"warning,omitempty"` // by itself it keeps nothing out

	title string // of the field
	draft bool   // only missing: the row becomes a draft, or would if nothing else kept it out
}

// problemsShown bounds the problems that are printed; the report has all.
const problemsShown = 1000

// say prints what became of an import and writes the report that was asked for.
func (r *roster) say(ctx context.Context, v *service.ImportView) error {
	l := locale.Default().For(r.cmd.String("lang"))
	if name := r.cmd.String("report"); name != "" {
		if err := r.report(ctx, name); err != nil {
			return err
		}
	}
	out := importReport{Number: v.ID, State: v.State, File: v.Name, By: v.ByName, At: v.CreatedAt, Counts: v.Counts, Before: v.Before, NotTaken: r.left}
	rows, err := r.toLookAt(ctx, v)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if v.State == service.ImportUndone {
			out.Kept = append(out.Kept, importKept{row.Sheet, row.Row, row.Name, row.FamilyID})
			continue
		}
		out.Problems = append(out.Problems, problemsOf(row, l)...)
	}
	dups, err := r.o.svc.Imports.Duplicates(ctx, r.actor, v.ID, problemsShown)
	if err != nil {
		return err
	}
	for _, d := range dups {
		out.Duplicates = append(out.Duplicates, importDuplicate{Row: cmp.Or(d.Row, int(d.Seq)), Shared: d.Reason, OtherRow: cmp.Or(d.OtherRow, int(d.OtherSeq)), Family: d.Number, Area: d.Area})
	}
	r.p.found = v.Counts.Conflicts > 0 || v.State != service.ImportUndone && v.Counts.Of(service.RowProblem)+v.Counts.Of(service.RowDuplicate) > 0
	if r.cmd.Bool("json") {
		return json.NewEncoder(r.p.out).Encode(out)
	}
	fmt.Fprintf(r.p.out, "%s: %s, %s\n", l.T("import.one", v.ID), l.T("enum.import_state."+string(v.State)), l.N("import.of_rows", int(v.Counts.Rows)))
	w := tabwriter.NewWriter(r.p.out, 0, 8, 2, ' ', 0)
	for _, o := range service.Outcomes() {
		if n := v.Counts.Of(o); n > 0 {
			fmt.Fprintf(w, "  %d\t%s\n", n, l.T("import.outcome."+string(o)))
		}
	}
	for _, x := range []struct {
		n   int64
		key string
	}{{v.Counts.Passed, "import.passed"}, {v.Counts.Skipped, "import.skipped"}, {v.Counts.ProductsNew, "import.products_new"}, {v.Counts.ProductsChanged, "import.products_changed"}} {
		if x.n > 0 {
			fmt.Fprintf(w, "  \t%s\n", l.N(x.key, int(x.n)))
		}
	}
	if v.Counts.Cut {
		fmt.Fprintf(w, "  \t%s\n", l.T("import.cut"))
	}
	if len(v.Before) > 0 {
		fmt.Fprintf(w, "  \t%s %s\n", l.T("import.same_file"), l.T("import.one", v.Before[0]))
	}
	if v.State == service.ImportDone && v.Counts.Writes() == 0 {
		fmt.Fprintf(w, "  \t%s\n", l.T("import.nothing_new"))
	}
	if v.State == service.ImportUndone {
		fmt.Fprintf(w, "  %s\n  %s\n", l.N("import.undone", int(v.Counts.Undone)), l.N("import.conflicts", int(v.Counts.Conflicts)))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, x := range out.Problems {
		if x.draft {
			continue // that something is missing is said by the count
		}
		fmt.Fprintf(r.p.out, "%s!%s%s: %s%s\n", x.Sheet, x.Cell, rowOf(x), x.title, x.Message)
	}
	for _, k := range out.Kept {
		fmt.Fprintf(r.p.out, "%s!%d: %s: %s\n", k.Sheet, k.Row, k.Name, l.T("import.kept"))
	}
	for _, c := range r.left {
		fmt.Fprintf(r.p.out, "%s!%s: %s (%s)\n", c.Sheet, c.Column, l.T("import.not_taken"), c.Header)
	}
	if len(out.Duplicates) > 0 {
		fmt.Fprintf(r.p.out, "%s: %s\n", l.T("import.duplicates"), l.N("import.alike", int(v.Counts.Duplicates)))
	}
	if v.State == service.ImportReady {
		fmt.Fprintln(r.p.out, l.T("import.only_looked"))
	}
	return nil
}

// problemsOf are the problems of a row in words. What a draft lacks keeps nothing out.
func problemsOf(row service.ImportRow, l *locale.Locale) []importProblem {
	var out []importProblem
	for _, p := range row.Problems {
		name, n, cell := row.Place(p)
		x := importProblem{Sheet: name, Row: n, Cell: cell, Field: p.Field, Key: p.Key, Message: l.T(p.Key, p.Args...), Warning: !row.KeepsOut(p), draft: row.Lacks(p)}
		if sheet.ValidField(p.Field) {
			key, args := sheet.FieldTitle(p.Field)
			x.title = l.T(key, args...) + ": "
		}
		out = append(out, x)
	}
	return out
}

// toLookAt are the rows that somebody should look at, in the order of the file: those with an error, those that repeat one, and those
// that are taken with a warning or as drafts. After an undo, those that it left as they are.
func (r *roster) toLookAt(ctx context.Context, v *service.ImportView) ([]service.ImportRow, error) {
	if v.State == service.ImportUndone {
		if v.Counts.Conflicts == 0 {
			return nil, nil
		}
		kept, err := r.o.svc.Imports.Rows(ctx, r.actor, v.ID, service.RowsConflict, 0, problemsShown)
		if err != nil {
			return nil, err
		}
		return kept.Rows, nil
	}
	var out []service.ImportRow
	for f, o := range map[service.RowFilter]service.Outcome{service.RowsProblem: service.RowProblem, service.RowsDuplicate: service.RowDuplicate, service.RowsDraft: service.RowDraft,
		service.RowsCheck: service.RowNew} {
		if v.Counts.Of(o) == 0 {
			continue
		}
		rows, err := r.o.svc.Imports.Rows(ctx, r.actor, v.ID, f, 0, problemsShown)
		if err != nil {
			return nil, err
		}
		out = append(out, rows.Rows...)
	}
	slices.SortFunc(out, func(a, b service.ImportRow) int { return cmp.Compare(a.Seq, b.Seq) })
	return out, nil
}

func rowOf(x importProblem) string {
	if x.Cell != "" {
		return ""
	}
	return strconv.Itoa(x.Row)
}

// report writes the marked workbook. A file that is there is not overwritten.
func (r *roster) report(ctx context.Context, name string) error {
	lang := r.cmd.String("lang")
	return newFile(name, func(w io.Writer) error {
		_, err := r.o.svc.Imports.Marked(ctx, r.actor, r.id, lang, wordsOf(lang), w)
		return err
	})
}

// onImport runs a command on the import whose number is its argument.
func (p *program) onImport(ctx context.Context, cmd *urfave.Command, do func(*roster, context.Context) (*service.ImportView, error)) error {
	text, err := argument(cmd, "NUMBER")
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return fmt.Errorf("%q is no number of an import; %w", text, errUsage)
	}
	r, err := p.importer(ctx, cmd)
	if err != nil {
		return err
	}
	defer r.o.close()
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(importHeap))
	r.id = id
	v, err := do(r, ctx)
	if err != nil {
		return err
	}
	return r.say(ctx, v)
}

// resume goes on with an import: one that was stopped is asked for again, one whose program was killed has its job still.
func (r *roster) resume(ctx context.Context) (*service.ImportView, error) {
	v, err := r.o.svc.Imports.Import(ctx, r.actor, r.id)
	if err != nil {
		return nil, err
	}
	if v.CanResume {
		if err := r.o.svc.Imports.Confirm(ctx, r.actor, r.id, v.HandIn, newWrite("resume")); err != nil {
			return nil, err
		}
	}
	switch v.State {
	case service.ImportChecking:
		return r.work(ctx, service.ImportReady)
	case service.ImportUndoing:
		return r.work(ctx, service.ImportUndone)
	}
	return r.work(ctx, service.ImportDone)
}

func (r *roster) undo(ctx context.Context) (*service.ImportView, error) {
	if err := r.o.svc.Imports.Undo(ctx, r.actor, r.id, newWrite("undo")); err != nil {
		return nil, err
	}
	return r.work(ctx, service.ImportUndone)
}

func (p *program) listImports(ctx context.Context, cmd *urfave.Command) error {
	r, err := p.importer(ctx, cmd)
	if err != nil {
		return err
	}
	defer r.o.close()
	list, err := r.o.svc.Imports.List(ctx, r.actor)
	if err != nil {
		return err
	}
	if cmd.Bool("json") {
		out := make([]importReport, 0, len(list))
		for _, v := range list {
			out = append(out, importReport{Number: v.ID, State: v.State, File: v.Name, By: v.ByName, At: v.CreatedAt, Counts: v.Counts})
		}
		return json.NewEncoder(p.out).Encode(out)
	}
	l := locale.Default().For(locale.English)
	w := tabwriter.NewWriter(p.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "NUMBER\tAT\tSTATE\tROWS\tFILE")
	for _, v := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%s\n", v.ID, v.CreatedAt.Format(time.RFC3339), l.T("enum.import_state."+string(v.State)), v.Counts.Rows, v.Name)
	}
	return w.Flush()
}
