package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPathAndOpen(t *testing.T) {
	set := Files()
	for _, name := range set.Names() {
		p := set.Path(name)
		if got := regexp.MustCompile(`^/static/.+\.[0-9a-f]{12}\.[a-z0-9]+$`).MatchString(p); !got {
			t.Errorf("Path(%q) = %q, want a hashed name", name, p)
		}
		a, ok := set.Open(strings.TrimPrefix(p, Prefix))
		if !ok || len(a.Body) == 0 || a.Type == "" || a.ETag == "" {
			t.Fatalf("Open(%q) = %v bytes, %q, %v", p, len(a.Body), a.Type, ok)
		}
		if a.Gzip == nil {
			continue
		}
		z, err := gzip.NewReader(bytes.NewReader(a.Gzip))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(plain, a.Body) {
			t.Errorf("%s: the compressed bytes are not the file (%v)", name, err)
		}
	}
	for _, bad := range []string{"css/app.css", "css/app.000000000000.css", "", "../static.go", "package.json"} {
		if _, ok := set.Open(bad); ok {
			t.Errorf("Open(%q) found something, want nothing", bad)
		}
	}
}

// A change of a font must change the address of the style sheet that names it, or browsers keep the old pair for a year.
func TestHashCoversReferences(t *testing.T) {
	files := func(font string) fstest.MapFS {
		return fstest.MapFS{
			"css/a.css": {Data: []byte(`@font-face{src:url("../f/x.woff2")} b{background:url(data:image/svg+xml,x)}`)},
			"f/x.woff2": {Data: []byte(font)},
			"js/a.js":   {Data: []byte(`import { b } from "./b.js"; const c = await import('./c.js');`)},
			"js/b.js":   {Data: []byte(`export const b = 1;`)},
			"js/c.js":   {Data: []byte(`export const c = 1;`)},
			"notes.md":  {Data: []byte(`not served`)},
		}
	}
	one, err := New(files("one"))
	if err != nil {
		t.Fatal(err)
	}
	two, err := New(files("two"))
	if err != nil {
		t.Fatal(err)
	}
	if one.Path("css/a.css") == two.Path("css/a.css") {
		t.Error("the style sheet kept its address although its font changed")
	}
	if one.Path("js/a.js") != two.Path("js/a.js") {
		t.Error("the module changed its address although nothing in it changed")
	}
	css, _ := one.Open(strings.TrimPrefix(one.Path("css/a.css"), Prefix))
	if got, want := string(css.Body), `url("`+one.Path("f/x.woff2")+`")`; !strings.Contains(got, want) {
		t.Errorf("style sheet = %s, want it to hold %s", got, want)
	}
	js, _ := one.Open(strings.TrimPrefix(one.Path("js/a.js"), Prefix))
	for _, dep := range []string{"js/b.js", "js/c.js"} {
		if !strings.Contains(string(js.Body), one.Path(dep)) {
			t.Errorf("module = %s, want it to name %s", js.Body, one.Path(dep))
		}
	}
	if one.Has("notes.md") {
		t.Error("a file of an unknown type is served")
	}
}

func TestBadReferences(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"missing": {"a.css": {Data: []byte(`a{background:url(none.png)}`)}},
		"circle":  {"a.js": {Data: []byte(`import "./b.js"`)}, "b.js": {Data: []byte(`import "./a.js"`)}},
	} {
		if _, err := New(files); err == nil {
			t.Errorf("%s: New took it, want an error", name)
		}
	}
}
