// Package static is what the browser loads beside the pages: style sheets, scripts, fonts, icons and the mark.
//
// # Design
//
// The files lie beside this one and are embedded. Each is served under a name that holds a hash of its content
// (css/app.css → /static/css/app.3f2a9c01d4e5.css), so it may be cached for ever ([CacheControl]) and a new version is a new name.
// References between files, url(…) in style sheets and import in modules, are rewritten to the hashed names, so the hash of a file
// covers what it refers to. vendor/ is made by `make assets` (see vendor.mjs) and committed; building needs Go alone.
//
// The package knows nothing of HTTP frameworks: web asks [Set.Path] for an address when it renders and [Set.Open] for the bytes when
// the address is asked for. Compressed bytes are made once, when first asked for, and kept.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strings"
	"sync"
)

//go:embed css js img vendor/tabler vendor/fonts vendor/htmx vendor/jsqr vendor/echarts vendor/icons
var embedded embed.FS

// Prefix is where the addresses of assets begin. The web package mounts its handler there.
const Prefix = "/static/"

// CacheControl is the header for every answer of [Set.Open]: the name changes with the content.
const CacheControl = "public, max-age=31536000, immutable"

// types are the media types of all that we serve; a file of another type is not served at all.
var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".png":   "image/png",
	".ico":   "image/x-icon",
	".woff2": "font/woff2",
}

// Asset is one served file.
type Asset struct {
	Body []byte // as it is
	Gzip []byte // compressed; nil where compressing gains nothing (fonts, PNG)
	Type string // Content-Type
	ETag string // strong, quoted
}

// Set is all assets by name. It is safe for concurrent use.
type Set struct {
	paths  map[string]string // "css/app.css" → "/static/css/app.<hash>.css"
	hashed map[string]*entry // "css/app.<hash>.css" → the file
}

type entry struct {
	asset Asset
	once  sync.Once
}

// Files returns the embedded set. It panics if the embedded files refer to one that is missing, which a test would show first.
var Files = sync.OnceValue(func() *Set {
	s, err := New(embedded)
	if err != nil {
		panic(err)
	}
	return s
})

// New reads every file of a known type in fsys and names it by its content.
func New(fsys fs.FS) (*Set, error) {
	b := builder{fsys: fsys, set: &Set{paths: map[string]string{}, hashed: map[string]*entry{}}, open: map[string]bool{}}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || types[path.Ext(name)] == "" {
			return err
		}
		_, err = b.add(name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading static files: %w", err)
	}
	return b.set, nil
}

type builder struct {
	fsys fs.FS
	set  *Set
	open map[string]bool // being added, to find a cycle of references
}

// reference matches what one of our files may say about another: url(x) in a style sheet; from "./x.js" and import("./x.js") in a module.
var reference = map[string]*regexp.Regexp{
	".css": regexp.MustCompile(`url\(["']?([^"')]+)["']?\)`),
	".js":  regexp.MustCompile(`(?:\bfrom\s*|\bimport\s*\(?\s*)["'](\.{1,2}/[^"']+)["']`),
}

// add names the file and, before it, all that it refers to. It returns the address.
func (b *builder) add(name string) (string, error) {
	if p, ok := b.set.paths[name]; ok {
		return p, nil
	}
	if b.open[name] {
		return "", fmt.Errorf("%s: files refer to each other in a circle", name)
	}
	b.open[name] = true
	body, err := fs.ReadFile(b.fsys, name)
	if err != nil {
		return "", err
	}
	if re := reference[path.Ext(name)]; re != nil && !strings.HasSuffix(name, ".min.js") {
		var bad error
		body = re.ReplaceAllFunc(body, func(m []byte) []byte {
			at := re.FindSubmatchIndex(m)
			ref := string(m[at[2]:at[3]])
			if strings.HasPrefix(ref, "data:") || strings.HasPrefix(ref, "#") {
				return m
			}
			p, err := b.add(path.Join(path.Dir(name), ref))
			if err != nil {
				bad = fmt.Errorf("%s refers to %s: %w", name, ref, err)
				return m
			}
			return append(append(append([]byte{}, m[:at[2]]...), p...), m[at[3]:]...)
		})
		if bad != nil {
			return "", bad
		}
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:6])
	ext := path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "." + hash + ext
	b.set.hashed[hashed] = &entry{asset: Asset{Body: body, Type: types[ext], ETag: `"` + hash + `"`}}
	b.set.paths[name] = Prefix + hashed
	return Prefix + hashed, nil
}

// Path returns the address of a file, such as "css/app.css". It panics for a name that does not exist: the templates are all
// executed by tests, and a page without its style sheet is not worth serving.
func (s *Set) Path(name string) string {
	p, ok := s.paths[name]
	if !ok {
		panic("static: no file " + name)
	}
	return p
}

// Has reports whether there is a file of this name.
func (s *Set) Has(name string) bool { return s.paths[name] != "" }

// Names returns the names of all files, sorted.
func (s *Set) Names() []string {
	names := make([]string, 0, len(s.paths))
	for n := range s.paths {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Open returns the file whose address is Prefix + hashed. Names without the right hash are not found: an old page must not get
// a new file under an old name and keep it for a year.
func (s *Set) Open(hashed string) (Asset, bool) {
	e, ok := s.hashed[hashed]
	if !ok {
		return Asset{}, false
	}
	e.once.Do(func() {
		switch e.asset.Type {
		case types[".woff2"], types[".png"], types[".ico"]:
			return // compressed already
		}
		var buf bytes.Buffer
		z, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level is valid and a bytes.Buffer takes every write
		z.Write(e.asset.Body)                                   //nolint:errcheck // as above
		z.Close()                                               //nolint:errcheck // as above
		if buf.Len() < len(e.asset.Body) {
			e.asset.Gzip = buf.Bytes()
		}
	})
	return e.asset, true
}
