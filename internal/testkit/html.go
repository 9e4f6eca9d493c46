package testkit

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// MaxPage is the most bytes of HTML that a page may have.
const MaxPage = 60 << 10

// CheckHTML returns what is wrong with a whole page by the rules that every page keeps: a language and its direction, one h1, a title, a main part, ids that
// stand once and are there where something points at them, a name for every control, image and button, no script or style inside the page (the
// Content-Security-Policy would stop it), nothing from other hosts, no link without an address, no table head without scope, at most [MaxPage] bytes. It sees
// what can be told without a browser; the browser suite asks axe-core for the rest.
func CheckHTML(body []byte) []string {
	c := &checker{ids: map[string]int{}}
	if len(body) > MaxPage {
		c.say("the page has %d bytes, at most %d are allowed", len(body), MaxPage)
	}
	if !bytes.HasPrefix(bytes.TrimSpace(bytes.ToLower(body[:min(len(body), 200)])), []byte("<!doctype html>")) {
		c.say("no doctype")
	}
	doc, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return append(c.faults, "not HTML: "+err.Error())
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			if id, ok := attr(n, "id"); ok {
				c.ids[id]++
			}
			if n.Data == "label" {
				c.labels = append(c.labels, n)
			}
		}
	}
	for _, id := range sortedKeys(c.ids) {
		switch n := c.ids[id]; {
		case id == "" || strings.ContainsAny(id, " \t\n"):
			c.say("id %q is none", id)
		case n > 1:
			c.say("id %q stands %d times", id, n)
		}
	}
	c.frame(doc)
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			c.element(n)
		}
	}
	return c.faults
}

type checker struct {
	faults []string
	ids    map[string]int
	labels []*html.Node
}

func (c *checker) say(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *checker) frame(doc *html.Node) {
	roots := Find(doc, "html")
	if len(roots) != 1 {
		c.say("%d html elements", len(roots))
		return
	}
	lang, dir := Attr(roots[0], "lang"), Attr(roots[0], "dir")
	want := map[bool]string{true: "rtl", false: "ltr"}[strings.HasPrefix(lang, "ar")]
	if lang == "" {
		c.say("no language")
	}
	if dir != want {
		c.say("direction %q for language %q, want %q", dir, lang, want)
	}
	if n := len(Find(doc, "h1")); n != 1 {
		c.say("%d h1, want one", n)
	}
	if n := len(Find(doc, "main")); n != 1 {
		c.say("%d main, want one", n)
	}
	titles := Find(doc, "title")
	if len(titles) == 0 || Text(titles[0]) == "" {
		c.say("no title")
	}
}

func (c *checker) element(n *html.Node) {
	for _, a := range n.Attr {
		switch key := strings.ToLower(a.Key); {
		case key == "style":
			c.say("<%s> has an inline style", n.Data)
		case strings.HasPrefix(key, "on"), strings.HasPrefix(key, "hx-on"):
			c.say("<%s> has an inline script: %s", n.Data, a.Key)
		case key == "href" || key == "src" || key == "action" || key == "srcset" || key == "formaction":
			c.address(n, key, a.Val)
		case key == "for" || key == "aria-labelledby" || key == "aria-describedby" || key == "aria-controls" || key == "list" || key == "headers" || key == "aria-errormessage":
			for _, id := range strings.Fields(a.Val) {
				if c.ids[id] == 0 {
					c.say("<%s %s=%q> points at nothing", n.Data, a.Key, id)
				}
			}
		}
	}
	switch n.Data {
	case "style":
		c.say("a style element")
	case "script":
		kind := Attr(n, "type")
		if _, ok := attr(n, "src"); !ok && kind != "application/json" && kind != "application/ld+json" {
			c.say("a script in the page: %.60s", Text(n))
		}
	case "input", "select", "textarea":
		kind := Attr(n, "type")
		if n.Data == "input" && (kind == "hidden" || kind == "submit" || kind == "button" || kind == "reset" || kind == "image") {
			if kind != "hidden" && strings.TrimSpace(Attr(n, "value")) == "" && !c.named(n) {
				c.say("an %s button without words", kind)
			}
			return
		}
		if !c.named(n) {
			c.say("<%s name=%q> has no label", n.Data, Attr(n, "name"))
		}
	case "button":
		if Attr(n, "aria-hidden") == "true" && Attr(n, "tabindex") == "-1" { // what the Enter key presses; nobody meets it
			return
		}
		if Text(n) == "" && !c.named(n) {
			c.say("a button without words (name=%q value=%q)", Attr(n, "name"), Attr(n, "value"))
		}
	case "a":
		if href, ok := attr(n, "href"); ok && Text(n) == "" && !c.named(n) && !hasAlt(n) {
			c.say("a link without words to %q", href)
		}
	case "img":
		if _, ok := attr(n, "alt"); !ok {
			c.say("an image without alt: %q", Attr(n, "src"))
		}
		if Attr(n, "width") == "" || Attr(n, "height") == "" {
			c.say("an image without width and height moves the page: %q", Attr(n, "src"))
		}
	case "th":
		if Attr(n, "scope") == "" {
			c.say("a table head without scope: %q", Text(n))
		}
	case "form":
		if strings.EqualFold(Attr(n, "method"), "post") {
			token := false
			for _, in := range Find(n, "input") {
				token = token || Attr(in, "name") == "csrf" && Attr(in, "value") != ""
			}
			if !token {
				c.say("the form to %q posts without a token", Attr(n, "action"))
			}
		}
	}
}

// address refuses scripts in addresses and anything that is loaded from or sent to another host.
func (c *checker) address(n *html.Node, key, value string) {
	u, err := url.Parse(strings.TrimSpace(value))
	if err != nil {
		c.say("<%s %s> is no address: %q", n.Data, key, value)
		return
	}
	switch {
	case u.Scheme == "data" && n.Data == "img", u.Scheme == "blob" && n.Data == "img":
	case n.Data == "a" && (u.Scheme == "tel" || u.Scheme == "mailto" || u.Scheme == "otpauth"):
	case n.Data == "a" && u.Scheme == "https" && strings.Contains(Attr(n, "rel"), "noopener"):
	case n.Data == "link" && (Attr(n, "rel") == "canonical" || Attr(n, "rel") == "alternate"):
	case u.Scheme != "" || u.Host != "":
		c.say("<%s %s=%q> leads off the site", n.Data, key, value)
	case n.Data == "a" && value == "#":
		c.say("a link to #: %q", Text(n))
	}
}

// named reports whether a control has a name for who cannot see it: a label, aria-label, aria-labelledby or a title.
func (c *checker) named(n *html.Node) bool {
	for _, a := range []string{"aria-label", "title"} {
		if strings.TrimSpace(Attr(n, a)) != "" {
			return true
		}
	}
	for _, id := range strings.Fields(Attr(n, "aria-labelledby")) {
		if c.ids[id] > 0 {
			return true
		}
	}
	if id := Attr(n, "id"); id != "" {
		for _, l := range c.labels {
			if Attr(l, "for") == id && Text(l) != "" {
				return true
			}
		}
	}
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Type == html.ElementNode && p.Data == "label" && Text(p) != "" {
			return true
		}
	}
	return false
}

func hasAlt(n *html.Node) bool {
	for _, img := range Find(n, "img") {
		if strings.TrimSpace(Attr(img, "alt")) != "" {
			return true
		}
	}
	for _, svg := range Find(n, "svg") {
		if Attr(svg, "aria-label") != "" || len(Find(svg, "title")) > 0 {
			return true
		}
	}
	return false
}

func sortedKeys(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func attr(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if strings.EqualFold(a.Key, key) {
			return a.Val, true
		}
	}
	return "", false
}

// Attr returns an attribute of an element, "" if it has none.
func Attr(n *html.Node, key string) string {
	v, _ := attr(n, key)
	return v
}

// Find returns the elements with a tag below a node that have all the given attributes, each as "name" or "name=value".
func Find(n *html.Node, tag string, attrs ...string) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type != html.ElementNode || d.Data != tag {
			continue
		}
		all := true
		for _, a := range attrs {
			key, want, exact := strings.Cut(a, "=")
			got, ok := attr(d, key)
			all = all && ok && (!exact || got == want)
		}
		if all {
			out = append(out, d)
		}
	}
	return out
}

// Text returns what can be read in a node, with single spaces; scripts, styles, templates and what is hidden from everybody are left out.
func Text(n *html.Node) string {
	var b strings.Builder
	var visit func(n *html.Node)
	visit = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
			return
		case n.Type == html.ElementNode && (n.Data == "style" || n.Data == "template" || n.Data == "script" && n.Parent != nil && n.Parent.Data != "#document"):
			return
		case n.Type == html.ElementNode && Attr(n, "aria-hidden") == "true":
			return
		}
		for c := range n.ChildNodes() {
			visit(c)
		}
		if n.Type == html.ElementNode && n.Data != "bdi" && n.Data != "span" && n.Data != "b" && n.Data != "strong" {
			b.WriteByte(' ')
		}
	}
	visit(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

// fields is what a browser sends of a form when its first button without a name is pressed.
func fields(form *html.Node) url.Values {
	out := url.Values{}
	for n := range form.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		name := Attr(n, "name")
		if _, off := attr(n, "disabled"); off || name == "" {
			continue
		}
		switch n.Data {
		case "input":
			switch kind := Attr(n, "type"); kind {
			case "submit", "button", "reset", "image", "file":
			case "checkbox", "radio":
				if _, on := attr(n, "checked"); on {
					value, ok := attr(n, "value")
					if !ok {
						value = "on"
					}
					out.Add(name, value)
				}
			default:
				out.Add(name, Attr(n, "value"))
			}
		case "textarea":
			var b strings.Builder
			for c := range n.ChildNodes() {
				b.WriteString(c.Data)
			}
			out.Add(name, strings.TrimPrefix(b.String(), "\n"))
		case "select":
			options := Find(n, "option")
			_, multiple := attr(n, "multiple")
			chosen := 0
			for _, o := range options {
				if _, on := attr(o, "selected"); on {
					out.Add(name, optionValue(o))
					chosen++
				}
			}
			if chosen == 0 && !multiple && len(options) > 0 {
				out.Add(name, optionValue(options[0]))
			}
		}
	}
	return out
}

func optionValue(o *html.Node) string {
	if v, ok := attr(o, "value"); ok {
		return v
	}
	return Text(o)
}
