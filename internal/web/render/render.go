// Package render turns typed values into pages, in the language of the person who asked.
//
// # Design
//
// Every page is one file views/page/<area>/<name>.html that defines "title" and "main", and, if it is not framed by the bar at the top, "frame".
// Each page and locale has its own set of the page and of what it calls in views/layout and views/partial. A set of its own, because pages define
// the same names; a set per locale, because the functions (t, date, num, …) are the set's. It is made when the page is first asked for (some
// milliseconds) and shares what is the same in others; all sets of all pages at once took 90 MB. [New] makes each once to look for faults: a fault in any
// template, an unknown function or a missing partial stops the program at its start.
//
// A page is rendered into a buffer, so that an error on the way never leaves half a page. [Engine.Fragment] renders one defined block of a page for
// htmx.
//
// The value of a page is a [Page]; what is particular to it is in Page.Body, a struct type of the web package's resource file. A form is a
// [Form]: what was typed, by field name, and the problems; the partials in views/partial/form.html draw it. See form.go.
//
// # To write a page
//
//	{{define "title"}}{{t "family.title"}}{{end}}
//	{{define "main"}}
//	<h1>{{t "family.title"}}</h1>
//	{{template "problems" .Form}}
//	<form method="post" action="{{url "/families" .Body.ID "edit"}}">{{template "csrf" .}}
//	{{template "text" (field .Form "lead.given_name" "required" "autocomplete=off")}}
//	{{template "submit" "action.save"}}
//	</form>
//	{{end}}
//
// # Limits
//
// There is no inline script or style anywhere, and no hx-on: the Content-Security-Policy forbids them and a test of this package looks.
package render

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"sort"
	"strings"
	"sync"
	"text/template/parse"
	"time"

	"muntija/internal/locale"
)

// Assets gives the address of a static file, such as "css/app.css". It may panic for a name that does not exist.
type Assets interface{ Path(name string) string }

// Page is what every page is given.
type Page struct {
	Locale string         // name of the locale; Engine.Render sets it
	Actor  *Person        // who is signed in; nil for nobody
	CSRF   string         // token for the hidden field and the htmx header
	Key    string         // idempotency key of what this page sends
	Flash  []Flash        // what the last step says, shown once
	Nav    []NavItem      // what this person may go to
	Search *Search        // the search box in the bar; nil for none
	Path   string         // path of this page with its query, where the language buttons come back to
	Now    time.Time      // the clock of the request, for relative times
	Zone   *time.Location // the party's zone; nil is UTC
	Demo   bool           // shows the strip that says the data are made up
	Form   *Form          // nil on a page without a form
	Body   any            // what is particular to the page
}

// Person is who is signed in, as the bar shows it.
type Person struct {
	Name  string
	Role  string // message key of the role's title, such as "role.reviewer"
	Party string // "EG" or "QA"
}

// Flash is one message after a step.
type Flash struct {
	Kind string // "success", "info", "warning" or "danger"
	Key  string
	Args []any
}

// NavItem is one place in the bar.
type NavItem struct {
	Key    string // message key of its title
	Path   string
	Icon   string
	Count  int  // things that wait there; 0 shows nothing
	Active bool // the page is here
}

// Search is the box in the bar.
type Search struct {
	Action  string // a GET target; the text is sent as q
	Suggest string // the fragment of suggestions, asked with the same q
	Value   string
}

// Engine renders all pages in all locales. A page is parsed and escaped for a locale when it is first asked for, and kept.
type Engine struct {
	views  fs.FS
	bundle *locale.Bundle
	funcs  map[string]template.FuncMap // by locale
	base   *template.Template          // layouts and partials, not escaped
	files  map[string]string           // by page
	pages  []string

	mu   sync.Mutex
	sets map[[2]string]*template.Template // by locale and page
	once trees
}

// New parses layout/*.html, partial/*.html and page/**/*.html of views and finds their faults.
func New(views fs.FS, assets Assets, bundle *locale.Bundle) (*Engine, error) {
	shared, err := fs.Glob(views, "layout/*.html")
	if err != nil {
		return nil, fmt.Errorf("listing layouts: %w", err)
	}
	partials, err := fs.Glob(views, "partial/*.html")
	if err != nil {
		return nil, fmt.Errorf("listing partials: %w", err)
	}
	shared = append(shared, partials...)
	if len(shared) == 0 {
		return nil, fmt.Errorf("no layouts and no partials")
	}
	e := &Engine{views: views, bundle: bundle, funcs: map[string]template.FuncMap{}, files: map[string]string{}, sets: map[[2]string]*template.Template{}, once: trees{}}
	err = fs.WalkDir(views, "page", func(file string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path.Ext(file) == ".html" {
			e.files[strings.TrimSuffix(strings.TrimPrefix(file, "page/"), ".html")] = file
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing pages: %w", err)
	}
	for name := range e.files {
		e.pages = append(e.pages, name)
	}
	sort.Strings(e.pages)
	for _, name := range locale.Names() {
		e.funcs[name] = funcs(bundle.For(name), assets)
	}
	first := locale.Names()[0]
	if e.base, err = template.New("").Funcs(e.funcs[first]).ParseFS(views, shared...); err != nil {
		return nil, fmt.Errorf("parsing the layouts: %w", err)
	}
	for _, page := range e.pages { // the locales have functions of the same names, so that a page without a fault in one has none in another
		if _, _, err := e.parse(first, page); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// parse makes the set of a page in a locale. It returns the names of what was escaped.
func (e *Engine) parse(locale, page string) (*template.Template, []string, error) {
	own, err := template.New("").Funcs(e.funcs[locale]).ParseFS(e.views, e.files[page])
	if err != nil {
		return nil, nil, fmt.Errorf("parsing page %s (%s): %w", page, locale, err)
	}
	set, err := reachable(template.New("").Funcs(e.funcs[locale]).Option("missingkey=error"), own, e.base)
	if err != nil {
		return nil, nil, fmt.Errorf("page %s (%s): %w", page, locale, err)
	}
	for _, block := range blocks {
		if set.Lookup(block) == nil {
			return nil, nil, fmt.Errorf("page %s does not define %q", page, block)
		}
	}
	checked, err := check(e.base, set)
	if err != nil {
		return nil, nil, fmt.Errorf("page %s (%s): %w", page, locale, err)
	}
	letGo(own)
	return set, checked, nil
}

// set returns a page in a locale, nil if there is no such page.
func (e *Engine) set(locale, page string) (*template.Template, error) {
	if e.files[page] == "" {
		return nil, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	at := [2]string{locale, page}
	if set := e.sets[at]; set != nil {
		return set, nil
	}
	set, checked, err := e.parse(locale, page)
	if err != nil {
		return nil, err
	}
	e.once.share(set, checked)
	e.sets[at] = set
	return set, nil
}

// blocks are what every page has.
var blocks = []string{"layout", "title", "main"}

// reachable adds to set the blocks that a page defines and what they and the layout call, copied because escaping changes a set in place. A clone of
// all layouts and partials for each page took 33 MB of small pointers, which every garbage collection walked.
func reachable(set, own, base *template.Template) (*template.Template, error) {
	var add func(name string) error
	add = func(name string) error {
		if t := set.Lookup(name); t != nil && t.Tree != nil {
			return nil
		}
		t := own.Lookup(name)
		if t == nil || t.Tree == nil {
			t = base.Lookup(name)
		}
		if t == nil || t.Tree == nil {
			return nil // what is missing shows when the page is checked
		}
		if _, err := set.AddParseTree(name, t.Tree.Copy()); err != nil {
			return err
		}
		return eachCall(t.Tree.Root, add)
	}
	for _, block := range blocks {
		if err := add(block); err != nil {
			return nil, err
		}
	}
	for _, t := range own.Templates() {
		if t.Tree != nil && !strings.HasSuffix(t.Name(), ".html") {
			if err := add(t.Name()); err != nil {
				return nil, err
			}
		}
	}
	return set, nil
}

// letGo drops the nodes of a template that was copied: each node of the copy points to the tree that the first one was read from.
func letGo(copied *template.Template) {
	for _, t := range copied.Templates() {
		if t.Tree != nil {
			t.Tree.Root = nil
		}
	}
}

// eachCall calls fn with the name of each block that a part of a tree calls.
func eachCall(n parse.Node, fn func(name string) error) error {
	branch := func(b *parse.BranchNode) error { return errors.Join(eachCall(b.List, fn), eachCall(b.ElseList, fn)) }
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, c := range n.Nodes {
			if err := eachCall(c, fn); err != nil {
				return err
			}
		}
	case *parse.IfNode:
		return branch(&n.BranchNode)
	case *parse.RangeNode:
		return branch(&n.BranchNode)
	case *parse.WithNode:
		return branch(&n.BranchNode)
	case *parse.TemplateNode:
		return fn(n.Name)
	}
	return nil
}

// check makes html/template escape the page and each block the page defines. Only then a missing partial or a value in a place that cannot be
// escaped shows; it should show at the start and not at the first request. The execution stops at the first write, and what it says of
// missing data does not count. It returns the names of what was escaped so.
func check(base, set *template.Template) (names []string, err error) {
	names = []string{"layout"}
	for _, t := range set.Templates() {
		if base.Lookup(t.Name()) == nil && t.Tree != nil && !strings.HasSuffix(t.Name(), ".html") {
			names = append(names, t.Name())
		}
	}
	for _, name := range names {
		var bad *template.Error
		if err := set.ExecuteTemplate(stopped{}, name, nil); errors.As(err, &bad) {
			return nil, err
		}
	}
	return names, nil
}

// trees are the blocks of all sets after escaping, each once. The layout and the partials are the same in every page, and a page is the same in both
// languages, because a function is looked up by its name when it is called: two million small objects became two hundred thousand, which the collector
// walks each time.
type trees map[[sha256.Size]byte]*parse.ListNode // by the sum of the text

// share puts the one copy of each block in place of the set's own. It follows the calls from what was escaped, by the names that escaping left: a block
// that is called inside of an attribute or a title is called by another name, and stays the set's own.
func (t trees) share(set *template.Template, checked []string) {
	done := map[string]bool{}
	var visit func(name string) error
	visit = func(name string) error {
		block := set.Lookup(name)
		if done[name] || block == nil || block.Tree == nil {
			return nil
		}
		done[name] = true
		_ = eachCall(block.Tree.Root, visit) // visit does not fail
		key := sha256.Sum256([]byte(name + "\x00" + block.Tree.Root.String()))
		if one, ok := t[key]; ok {
			block.Tree.Root = one
		} else {
			t[key] = block.Tree.Root
		}
		return nil
	}
	for _, name := range checked {
		_ = visit(name)
	}
}

type stopped struct{}

var errStopped = errors.New("render: checked")

func (stopped) Write([]byte) (int, error) { return 0, errStopped }

// Pages returns the names of all pages, sorted, such as "auth/signin".
func (e *Engine) Pages() []string { return append([]string(nil), e.pages...) }

// Locale returns the locale of a name, for sentences outside pages.
func (e *Engine) Locale(name string) *locale.Locale { return e.bundle.For(name) }

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render writes a whole page. Nothing is written if it fails.
func (e *Engine) Render(w io.Writer, localeName, page string, p *Page) error {
	p.Locale = e.bundle.For(localeName).Name()
	return e.execute(w, localeName, page, "layout", p)
}

// Fragment writes one defined block of a page, for htmx to put in place. data is what the block expects.
func (e *Engine) Fragment(w io.Writer, localeName, page, block string, data any) error {
	if p, ok := data.(*Page); ok {
		p.Locale = e.bundle.For(localeName).Name()
	}
	return e.execute(w, localeName, page, block, data)
}

func (e *Engine) execute(w io.Writer, localeName, page, block string, data any) error {
	set, err := e.set(e.bundle.For(localeName).Name(), page)
	if err != nil {
		return err
	}
	if set == nil {
		return fmt.Errorf("rendering: there is no page %q", page)
	}
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer func() {
		if buf.Cap() <= 1<<18 { // a rare giant page should not stay in memory
			buffers.Put(buf)
		}
	}()
	if err := set.ExecuteTemplate(buf, block, data); err != nil {
		return fmt.Errorf("rendering %s of page %s: %w", block, page, err)
	}
	_, err = w.Write(buf.Bytes())
	return err
}
