package web

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/web/render"
)

var rosterRoutes = []route{
	{method: "GET", path: "/imports", access: permit, action: auth.ImportList, handle: (*Server).imports},
	{method: "POST", path: "/imports", access: permit, action: auth.ImportRun, upload: true, handle: (*Server).uploadRoster},
	{method: "GET", path: "/imports/:id", access: permit, action: auth.ImportList, handle: (*Server).showImport},
	{method: "GET", path: "/imports/:id/columns", access: permit, action: auth.ImportView, handle: (*Server).importColumns},
	{method: "POST", path: "/imports/:id/columns", access: permit, action: auth.ImportRun, handle: (*Server).mapImport},
	{method: "GET", path: "/imports/:id/rows", access: permit, action: auth.ImportView, handle: (*Server).importRows},
	{method: "GET", path: "/imports/:id/file", access: permit, action: auth.ImportView, handle: (*Server).importFile},
	{method: "GET", path: "/imports/:id/marked", access: permit, action: auth.ImportView, handle: (*Server).markedRoster},
	{method: "POST", path: "/imports/:id/confirm", access: permit, action: auth.ImportRun, handle: (*Server).confirmImport},
	{method: "POST", path: "/imports/:id/cancel", access: permit, action: auth.ImportRun, handle: (*Server).cancelImport},
	{method: "POST", path: "/imports/:id/undo", access: permit, action: auth.ImportUndo, handle: (*Server).undoImport},
}

func importURL(id int64) string { return "/imports/" + itoa(id) }

// importListPage is the Body of import/list.
type importListPage struct {
	Imports []service.ImportView
	CanRun  bool
	MaxMB   int

	CanExport bool
}

func (s *Server) imports(r *request) error { return s.drawImports(r, 0, nil) }

func (s *Server) drawImports(r *request, status int, form *render.Form) error {
	list, err := s.svc.Imports.List(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	return r.page(status, "import/list", form, importListPage{list, auth.Can(r.actor, auth.ImportRun), uploadMB, auth.Can(r.actor, auth.ExportRun)})
}

// uploadMB is the largest roster that a page takes; the command line takes larger ones.
const uploadMB = (bodyLimit - formLimit) >> 20

// uploadRoster stages a file and goes on to its columns. What is wrong with the file is said beside the field.
func (s *Server) uploadRoster(r *request) error {
	var ps fault.Problems
	redraw := func(status int) error { return s.drawImports(r, status, &render.Form{Problems: ps}) }
	head, err := r.c.FormFile("file")
	if err != nil {
		ps.Add("file", "import.problem.no_file")
		return redraw(fiber.StatusUnprocessableEntity)
	}
	src, err := head.Open()
	if err != nil {
		return fmt.Errorf("opening an upload: %w", err)
	}
	defer src.Close()
	body, err := io.ReadAll(src)
	if err != nil {
		return fmt.Errorf("reading an upload: %w", err)
	}
	id, err := s.svc.Imports.Stage(r.ctx(), r.actor, head.Filename, body, r.write())
	if status, ok := ofFile(err, &ps); ok && !strings.HasPrefix(ps[0].Key, "error.") {
		return redraw(status)
	}
	if err != nil {
		return err
	}
	return r.redirect(importURL(id)+"/columns", "", "")
}

// importPage is the Body of import/show.
type importPage struct {
	*service.ImportView
	Tiles      []tile
	Duplicates []rosterDuplicate
	More       bool // there are more duplicates than are shown
	Filters    []rowTab
}

// AsksHandIn reports whether a row would enter or change a registration that can be handed in.
func (p importPage) AsksHandIn() bool {
	return p.Counts.Of(service.RowNew)+p.Counts.Of(service.RowDraft)+p.Counts.Of(service.RowChanged) > 0
}

// RateWhole is the speed of the job in rows a second.
func (p importPage) RateWhole() int64 { return int64(p.Rate) }

// LeftSeconds is how long the job needs still, as it goes now.
func (p importPage) LeftSeconds() int64 { return int64(p.Left.Seconds()) }

// tile is one count with the lines that it counts.
type tile struct {
	Outcome service.Outcome
	N       int64
	URL     string // "" if there is nothing to see behind it
}

type rowTab struct {
	Key    string
	URL    string
	Active bool
}

// rosterDuplicate is a pair of the queue in words.
type rosterDuplicate struct {
	service.DuplicateRow
	Reason, AreaName string
}

const duplicatesShown = 30

// showImport shows where an import is. Asked by a script for what changes, it answers with that part alone.
func (s *Server) showImport(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Imports.Import(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	if v.State == service.ImportMapping && v.CanMap && !r.isHTMX() {
		return r.c.Redirect(importURL(id)+"/columns", fiber.StatusSeeOther)
	}
	body := importPage{ImportView: v}
	behind := map[service.Outcome]service.RowFilter{service.RowProblem: service.RowsProblem, service.RowDraft: service.RowsDraft, service.RowChanged: service.RowsChanged,
		service.RowAmended: service.RowsChanged, service.RowProducts: service.RowsChanged, service.RowDuplicate: service.RowsDuplicate}
	for _, o := range service.Outcomes() {
		t := tile{Outcome: o, N: v.Counts.Of(o)}
		if f := behind[o]; f != "" && t.N > 0 && v.Own {
			t.URL = importURL(id) + "/rows?show=" + string(f)
		}
		body.Tiles = append(body.Tiles, t)
	}
	if v.Own && !v.Moving() {
		dups, err := s.svc.Imports.Duplicates(r.ctx(), r.actor, id, duplicatesShown+1)
		if err != nil {
			return err
		}
		if body.More = len(dups) > duplicatesShown; body.More {
			dups = dups[:duplicatesShown]
		}
		w := r.words()
		for _, d := range dups {
			body.Duplicates = append(body.Duplicates, rosterDuplicate{d, w.shared(d.Reason), w.area(d.Area)})
		}
	}
	if r.isHTMX() {
		return r.fragment(0, "import/show", "import-state", nil, body)
	}
	return r.page(0, "import/show", nil, body)
}

// shared says what two rows or families have in common.
func (w words) shared(reason string) string {
	switch kind, item, _ := strings.Cut(reason, ":"); {
	case reason == "key" || reason == "phone":
		return w.T("import.shared." + reason)
	case kind == "formal":
		return w.code("formal_kind", item)
	}
	return w.code("id_type", reason)
}

// importRowsPage is the Body of import/rows.
type importRowsPage struct {
	*service.ImportView
	Rows   []importRowView
	Filter string
	Tabs   []rowTab
	Pager  render.Pager
}

type importRowView struct {
	service.ImportRow
	Lines   []problemLine
	Changed []shownChange
}

// problemLine is one problem: the cell, the field, what to do.
type problemLine struct {
	Cell, Field, Text string
	Warning           bool
}

const importRowsShown = 40

func (s *Server) importRows(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	q := r.query()
	show, after := "problem", int64(0)
	if v := q["show"]; len(v) > 0 {
		show = v[0]
	}
	if v := q["after"]; len(v) > 0 {
		if after, err = strconv.ParseInt(v[0], 10, 64); err != nil || after < 0 {
			return fault.New(fault.NotFound, "error.not_found")
		}
	}
	rows, err := s.svc.Imports.Rows(r.ctx(), r.actor, id, service.RowFilter(show), after, importRowsShown)
	if err != nil {
		return err
	}
	w := r.words()
	base := importURL(id) + "/rows?show="
	p := importRowsPage{ImportView: rows.Import, Filter: show, Pager: render.Pager{Total: -1}}
	for _, f := range service.RowFilters() {
		p.Tabs = append(p.Tabs, rowTab{"import.rows." + string(f), base + string(f), string(f) == show})
	}
	if after > 0 {
		p.Pager.First = base + show
	}
	if rows.Next > 0 {
		p.Pager.Next = base + show + "&after=" + itoa(rows.Next)
	}
	for _, row := range rows.Rows {
		v := importRowView{ImportRow: row}
		for _, pr := range row.Problems {
			v.Lines = append(v.Lines, w.problemLine(row, pr))
		}
		slices.SortStableFunc(v.Lines, func(a, b problemLine) int { // what keeps the row out stands first
			switch {
			case a.Warning == b.Warning:
				return 0
			case b.Warning:
				return -1
			}
			return 1
		})
		for _, c := range row.Changes {
			v.Changed = append(v.Changed, shownChange{Label: w.label(c.Path), Old: w.value(c.Path, c.Old), New: w.value(c.Path, c.New)})
		}
		p.Rows = append(p.Rows, v)
	}
	return r.page(0, "import/rows", nil, p)
}

func (w words) problemLine(row service.ImportRow, p sheet.CellProblem) problemLine {
	line := problemLine{Text: w.T(p.Key, p.Args...), Warning: !row.KeepsOut(p)}
	line.Cell = row.Cell(p)
	if sheet.ValidField(p.Field) {
		key, args := sheet.FieldTitle(p.Field)
		line.Field = w.T(key, args...)
	}
	return line
}

// columnsPage is the Body of import/columns.
type columnsPage struct {
	*service.ImportView
	Sheets []rosterSheet
	Lists  []fieldList
}

// rosterSheet is one table with the questions about it.
type rosterSheet struct {
	At                     int
	Name                   string
	Kind                   string
	Key, Dates             string
	Skip, Erases           bool
	Titles                 []string
	HeaderFrom, First      int
	Columns                []rosterColumn
	Constants              []constantView // values for all rows that are asked for
	KindName, ErasesName   string         // names of the form's fields
	AsName                 string         // of the kind as which the columns were looked at
	SkipName               string
	Kinds, Keys, DateOrder []string
}

// constantView is a value for all rows: the name in the form, the message that is its label.
type constantView struct{ Name, Label string }

type rosterColumn struct {
	Letter, Header string
	Hidden         bool
	How            string
	Samples        []string
	Name           string // of the form's field
	List           string // id of the list of titles
}

// fieldList is the titles of all fields that a column of a kind of sheet can hold.
type fieldList struct {
	ID     string
	Titles []string
}

// fieldTitles names the fields of a kind of roster in the reader's language, each by a title of its own.
func (w words) fieldTitles(kind sheet.RosterKind) (titles []string, byField, byTitle map[string]string) {
	byField, byTitle = map[string]string{}, map[string]string{}
	for _, f := range sheet.Fields(kind) {
		key, args := sheet.FieldTitle(f)
		title := w.T(key, args...)
		if step := strings.SplitN(f, ".", 2)[0]; byTitle[arabic.Fold(title)] != "" && w.Has("step."+step) {
			title = w.T("step."+step) + ": " + title
		}
		for n := 2; byTitle[arabic.Fold(title)] != ""; n++ {
			title = w.T("sheet.field.nth", title, n)
		}
		byField[f], byTitle[arabic.Fold(title)] = title, f
		titles = append(titles, title)
	}
	return titles, byField, byTitle
}

// constantFields are the values for all rows that are asked for, by kind: of families if their sheet has no such column, of products if it has any of theirs.
var (
	familyConstants  = []string{"case.application_date", "case.round", "case.association", "address.area"}
	productConstants = []string{"product.unit", "product.handmade"}
)

func constantsOf(ros *sheet.Roster) []string {
	var out []string
	if ros.Kind == sheet.Families {
		out = append(out, familyConstants...)
	}
	if slices.ContainsFunc(ros.Columns, func(c sheet.Column) bool {
		return strings.HasPrefix(c.Field, "product") && c.Field != sheet.FieldProduct
	}) {
		out = append(out, productConstants...)
	}
	return out
}

func (s *Server) importColumns(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.drawColumns(r, id, 0, nil, nil)
}

// drawColumns draws the questions about the columns: with what is known, or with what was answered and is wrong.
func (s *Server) drawColumns(r *request, id int64, status int, answers map[string]string, ps fault.Problems) error {
	c, err := s.svc.Imports.Columns(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	form := &render.Form{Values: map[string]string{}, Problems: ps, Disabled: !c.Import.CanMap}
	p := columnsPage{ImportView: c.Import}
	for _, kind := range sheet.Kinds() {
		titles, _, _ := w.fieldTitles(kind)
		p.Lists = append(p.Lists, fieldList{"fields-" + string(kind), titles})
	}
	for i := range c.Rosters {
		ros := &c.Rosters[i]
		sm, _ := c.Mapping.For(ros)
		at := "s" + strconv.Itoa(i) + "."
		if kind := sheet.RosterKind(answers[at+"kind"]); kind != ros.Kind && slices.Contains(sheet.Kinds(), kind) {
			ros.ReadAs(kind)
		}
		_, byField, _ := w.fieldTitles(ros.Kind)
		v := rosterSheet{At: i, Name: ros.Name, Kind: string(ros.Kind), Titles: ros.Titles, HeaderFrom: ros.HeaderFrom, First: ros.First,
			AsName: at + "as", Keys: sheet.Keys(), DateOrder: []string{string(sheet.DayFirst), string(sheet.MonthFirst)},
			KindName: at + "kind", ErasesName: at + "erases", SkipName: at + "skip"}
		for _, kind := range sheet.Kinds() {
			v.Kinds = append(v.Kinds, string(kind))
		}
		set := func(name, value string) { form.Values[at+name] = value }
		set("kind", string(ros.Kind))
		set("key", sm.Key)
		set("dates", string(ros.DateOrder))
		set("erases", yes(sm.BlankErases))
		set("skip", yes(sm.Skip))
		for _, col := range ros.Columns {
			cv := rosterColumn{Letter: col.Letter, Header: col.Header, Hidden: col.Hidden, How: string(col.How), Samples: col.Samples, Name: at + "c" + strconv.Itoa(col.Index), List: "fields-" + string(ros.Kind)}
			if col.Field != sheet.FieldIgnore && col.Field != "" {
				set("c"+strconv.Itoa(col.Index), byField[col.Field])
			}
			if col.Field == sheet.FieldStatus || col.Field == sheet.FieldMessage {
				continue
			}
			if len(cv.Samples) > 3 {
				cv.Samples = cv.Samples[:3]
			}
			v.Columns = append(v.Columns, cv)
		}
		for _, field := range constantsOf(ros) {
			if slices.ContainsFunc(ros.Columns, func(c sheet.Column) bool { return registry.StripIndex(c.Field) == field }) && sm.Constants[field] == "" {
				continue
			}
			v.Constants = append(v.Constants, constantView{at + "k." + field, "field." + field})
			value := sm.Constants[field]
			switch {
			case field == "address.area" && value != "":
				value = w.area(value)
			case field == "product.unit" && value != "":
				value = w.code("product_unit", value)
			}
			set("k."+field, value)
		}
		p.Sheets = append(p.Sheets, v)
	}
	for name, value := range answers {
		form.Values[name] = value
	}
	for i := range c.Rosters {
		form.Values["s"+strconv.Itoa(i)+".as"] = string(c.Rosters[i].Kind)
	}
	return r.page(status, "import/columns", form, p)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// mapImport takes the answers about the columns and asks for the dry run.
func (s *Server) mapImport(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	c, err := s.svc.Imports.Columns(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	m, ps := w.mapping(c.Rosters, r.value)
	names := map[string]string{} // the mapping's words for its fields → the form's
	for i, ros := range c.Rosters {
		at := "s" + strconv.Itoa(i) + "."
		from := "sheets[" + strconv.Itoa(i) + "]"
		names[from+".key"], names[from+".kind"], names[from+".date_order"], names[from+".constants"] = at+"key", at+"kind", at+"dates", at+"k.case.application_date"
		names[from+".columns"] = at + "key"
		for _, col := range ros.Columns {
			names[from+".columns["+col.Header+"]"] = at + "c" + strconv.Itoa(col.Index)
		}
	}
	anew := map[string]bool{} // sheets that are another kind than their columns were looked at as: these are looked at again before anything is made of them
	for i := range c.Rosters {
		at := "s" + strconv.Itoa(i) + "."
		if as := r.value(at + "as"); as != "" && as != r.value(at+"kind") && r.value(at+"skip") != "yes" {
			anew[at] = true
		}
	}
	if len(anew) > 0 {
		ps = ps[:0]
		for at := range anew {
			ps.Add(at+"kind", "import.problem.kind_changed")
		}
	}
	if len(ps) == 0 {
		err := s.svc.Imports.Map(r.ctx(), r.actor, id, m, r.write())
		found, ok := problems(err)
		if err != nil && !ok {
			return r.asked(id, err, "", "")
		}
		for _, p := range found {
			if name, ok := names[p.Field]; ok {
				p.Field = name
			} else {
				p.Field = "s0.skip"
			}
			ps = append(ps, p)
		}
	}
	if len(ps) > 0 {
		answers := map[string]string{}
		for name, v := range r.values() {
			at, field, _ := strings.Cut(name, ".")
			if column := strings.HasPrefix(field, "c") || strings.HasPrefix(field, "k."); column && anew[at+"."] {
				continue
			}
			if strings.HasPrefix(name, "s") && len(v) > 0 && len(v[0]) < 200 {
				answers[name] = v[0]
			}
		}
		return s.drawColumns(r, id, fiber.StatusUnprocessableEntity, answers, ps)
	}
	return r.redirect(importURL(id), "", "")
}

// mapping reads the answers of the page into a mapping. Fields are named by their titles, as the lists of the page offer them.
func (w words) mapping(rosters []sheet.Roster, value func(string) string) (sheet.Mapping, fault.Problems) {
	var m sheet.Mapping
	var ps fault.Problems
	for i, ros := range rosters {
		at := "s" + strconv.Itoa(i) + "."
		kind := sheet.RosterKind(value(at + "kind"))
		if !slices.Contains(sheet.Kinds(), kind) {
			kind = sheet.Families
		}
		_, _, byTitle := w.fieldTitles(kind)
		sm := sheet.SheetMap{Shape: ros.Shape, Name: ros.Name, Kind: kind, Skip: value(at+"skip") == "yes", Key: value(at + "key"), DateOrder: sheet.DateOrder(value(at + "dates")),
			BlankErases: value(at+"erases") == "yes", Columns: map[string]string{}}
		for _, col := range ros.Columns {
			name := at + "c" + strconv.Itoa(col.Index)
			title := value(name)
			switch field := byTitle[arabic.Fold(title)]; {
			case col.Field == sheet.FieldStatus || col.Field == sheet.FieldMessage:
				sm.Columns[col.Header] = col.Field
			case strings.TrimSpace(title) == "":
				sm.Columns[col.Header] = sheet.FieldIgnore
			case field == "" && !sm.Skip:
				ps.Add(name, "sheet.problem.unknown_field")
			default:
				sm.Columns[col.Header] = field
			}
		}
		for _, field := range slices.Concat(familyConstants, productConstants) {
			v := strings.TrimSpace(value(at + "k." + field))
			if v == "" {
				continue
			}
			if field == "address.area" {
				code, ok := w.areaNamed(v)
				if !ok {
					ps.Add(at+"k."+field, "sheet.problem.area", v)
					continue
				}
				v = code
			}
			if field == "product.unit" {
				code := sheet.CodeOf("product_unit", v)
				if code == "" {
					ps.Add(at+"k."+field, "sheet.problem.choice", v)
					continue
				}
				v = code
			}
			if sm.Constants == nil {
				sm.Constants = map[string]string{}
			}
			sm.Constants[field] = v
		}
		m.Sheets = append(m.Sheets, sm)
	}
	return m, ps
}

func (s *Server) confirmImport(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return r.asked(id, s.svc.Imports.Confirm(r.ctx(), r.actor, id, r.value("hand_in") == "yes", r.write()), "", "")
}

func (s *Server) cancelImport(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return r.asked(id, s.svc.Imports.Cancel(r.ctx(), r.actor, id, r.write()), "info", "flash.import.cancelled")
}

func (s *Server) undoImport(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return r.asked(id, s.svc.Imports.Undo(r.ctx(), r.actor, id, r.write()), "", "")
}

// asked goes to the page of an import of which something was asked. One that another window has brought further meanwhile says so there, beside where it is.
func (r *request) asked(id int64, err error, kind, key string) error {
	switch {
	case fault.Is(err, fault.State):
		kind, key = "warning", "flash.import.moved"
	case err != nil:
		return err
	}
	return r.redirect(importURL(id), kind, key)
}

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func (s *Server) importFile(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	name, body, err := s.svc.Imports.File(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	return r.sendWorkbook(name, body)
}

func (s *Server) markedRoster(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	w := r.words()
	var out bytes.Buffer
	name, err := s.svc.Imports.Marked(r.ctx(), r.actor, id, w.Lang(), w.T, &out)
	if err != nil {
		return err
	}
	return r.sendWorkbook(name, out.Bytes())
}

// sendWorkbook sends a file to be kept. Its name is somebody's: it stands in the header in ASCII, and whole in the extended form (RFC 6266).
func (r *request) sendWorkbook(name string, body []byte) error {
	plain := strings.Map(func(c rune) rune {
		if c > unicode.MaxASCII || c < ' ' || c == '"' || c == '\\' || c == '/' {
			return '_'
		}
		return c
	}, name)
	r.c.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	r.c.Set("Content-Type", xlsxType)
	r.c.Set("Content-Disposition", `attachment; filename="`+plain+`"; filename*=UTF-8''`+strings.ReplaceAll(url.QueryEscape(name), "+", "%20"))
	return r.c.Send(body)
}

// areaNamed finds an area of the actor's party by its name in either language, or by its code.
func (w words) areaNamed(name string) (string, bool) {
	if a, ok := place.AreaByCode(strings.ToUpper(name)); ok && a.Country == w.party {
		return a.Code, true
	}
	a, ok := place.AreaByFolded(w.party, arabic.Fold(name))
	return a.Code, ok
}
