package testkit_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"sort"
	"strings"
	"testing"
)

// depsRules is the import direction of the whole program, as data (as go/build/deps_test.go does for Go). "a < b" lets b import a and all
// that a may import. A package that is not named here may not exist. Packages of later rooms are named already.
const depsRules = `
	# leaves
	NONE < fault, arabic, place, metrics, pack;
	arabic < calendar, lexicon;
	fault < seal, media, highs;
	fault, arabic, place, calendar < identity < registry;

	# domain
	registry < criteria, exhibition, matching;
	exhibition < programme;
	exhibition, highs < planner;
	NONE < planner/planfile < planner/model < planner/explain, planner/verify, planner/instance;
	planner/instance, highs < planner/allocation; # tests stand on planner/instance, nothing else does
	planner/allocation, planner/explain, planner/verify, planner/planfile < planner;
	planner/planfile < planner/layout;
	calendar, highs, planner/planfile < planner/season;
	planner/season, planner/layout < planner/verify;
	fault, place < auth;
	fault, calendar < locale;

	# what people type, and where it is kept
	arabic, identity, criteria, exhibition, programme < intake;
	intake, pack < sheet;
	auth, seal, pack, lexicon, criteria, exhibition, programme < store;

	# use-cases, edge, program
	media, planner, matching, intake, sheet, store < service;
	fault < courier < store;
	locale, fault < web/render;
	NONE < web/schema < web;
	service, locale, metrics, web/render < web;
	service, fixtures < demo;
	config, views, static, fixtures, demo, web < cli;
	cli < cmd/muntija;

	# only tests import these
	planner/instance < testkit/bench;
	store, service, web, demo, fixtures < testkit, store/storetest, testkit/bench, testkit/fill;
`

// doors names, for each outside library, the one package that may import it.
var doors = map[string][]string{
	"cel.dev/cel-go":                      {"criteria"},
	"github.com/tetratelabs/wazero":       {"highs"},
	"github.com/go-playground/validator":  {"intake"},
	"github.com/xuri/excelize":            {"sheet"},
	"modernc.org/sqlite":                  {"store"},
	"github.com/klauspost/compress":       {"pack"},
	"github.com/jackc/pgx":                {"store"},
	"github.com/gofiber/fiber":            {"web"},
	"github.com/tink-crypto/tink-go":      {"seal"},
	"github.com/pquerna/otp":              {"auth"},
	"golang.org/x/crypto":                 {"auth"},
	"golang.org/x/text/unicode/norm":      {"arabic", "auth"}, // two needs: keys of names, and NFKC of passwords (ASVS 5.0, 6.2.8)
	"github.com/boombuler/barcode":        {"media"},
	"github.com/disintegration/imaging":   {"media"},
	"golang.org/x/image":                  {"media"},
	"github.com/hablullah/go-hijri":       {"calendar"},
	"github.com/prometheus/client_golang": {"metrics"},
	"github.com/urfave/cli":               {"cli"},
	"github.com/BurntSushi/toml":          {"locale"},
	"golang.org/x/text/language":          {"locale"},
	"golang.org/x/text/encoding/charmap":  {"matching"}, // files of strangers: Windows-1256
	"golang.org/x/text/encoding/unicode":  {"matching"}, // and UTF-16
	"golang.org/x/text/feature/plural":    {"locale"},
	"golang.org/x/net/html":               {"testkit"},
}

// allowed parses depsRules into package → every package it may import.
func allowed(t *testing.T) map[string]map[string]bool {
	t.Helper()
	direct := map[string]map[string]bool{}
	var text strings.Builder
	for line := range strings.Lines(depsRules) {
		line, _, _ = strings.Cut(line, "#")
		text.WriteString(line + " ")
	}
	for rule := range strings.SplitSeq(text.String(), ";") {
		var before []string
		for part := range strings.SplitSeq(rule, "<") {
			var names []string
			for n := range strings.SplitSeq(part, ",") {
				if n = strings.TrimSpace(n); n != "" && n != "NONE" {
					names = append(names, n)
					if direct[n] == nil {
						direct[n] = map[string]bool{}
					}
				}
			}
			for _, n := range names {
				for _, b := range before {
					direct[n][b] = true
				}
			}
			before = names
		}
	}
	full := map[string]map[string]bool{}
	var close func(n string, seen map[string]bool)
	close = func(n string, seen map[string]bool) {
		for d := range direct[n] {
			if !seen[d] {
				seen[d] = true
				close(d, seen)
			}
		}
	}
	for n := range direct {
		full[n] = map[string]bool{}
		close(n, full[n])
		if full[n][n] {
			t.Errorf("rule cycle through %s", n)
		}
	}
	return full
}

type listed struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "muntija/...")
	out, err := cmd.Output()
	if err != nil {
		var ee *exec.ExitError
		if errors.As(err, &ee) {
			t.Fatalf("go list: %v\n%s", err, ee.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var pkgs []listed
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatalf("go list output: %v", err)
		}
		pkgs = append(pkgs, p)
	}
}

func short(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, "muntija/"), "internal/")
}

// TestImportDirection holds every import of the program to depsRules and every outside library to its door.
func TestImportDirection(t *testing.T) {
	full := allowed(t)
	pkgs := listPackages(t)
	if len(pkgs) < 20 {
		t.Fatalf("go list found %d packages; the check would check nothing", len(pkgs))
	}
	for _, p := range pkgs {
		name := short(p.ImportPath)
		rules, known := full[name]
		if !known {
			t.Errorf("package %s is not in the rules: name its place in the house first", name)
			continue
		}
		for _, imp := range p.Imports {
			if rest, ok := strings.CutPrefix(imp, "muntija/"); ok {
				dep := strings.TrimPrefix(rest, "internal/")
				if !rules[dep] {
					t.Errorf("%s imports %s, against the import direction", name, dep)
				}
				continue
			}
			checkDoor(t, name, imp)
		}
		for _, imp := range slices.Concat(p.TestImports, p.XTestImports) {
			if name == "testkit" || !strings.HasPrefix(imp, "muntija/") {
				continue
			}
			dep := short(imp)
			if dep == name || rules[dep] || dep == "testkit" || dep == "store/storetest" {
				continue
			}
			if full[dep][name] { // a test may use what lies above its package, never sideways
				continue
			}
			if slices.Contains([]string{"views", "static", "fixtures", "arabic", "seal", "locale"}, dep) {
				continue // data and keys that tests stand on
			}
			t.Errorf("tests of %s import %s, which is neither below nor above it", name, dep)
		}
	}
}

func checkDoor(t *testing.T, name, imp string) {
	first, _, _ := strings.Cut(imp, "/")
	if !strings.Contains(first, ".") {
		return // standard library
	}
	best := ""
	for lib := range doors {
		if (imp == lib || strings.HasPrefix(imp, lib+"/")) && len(lib) > len(best) {
			best = lib
		}
	}
	if best == "" {
		t.Errorf("%s imports %s, which has no door in the table", name, imp)
		return
	}
	if !slices.Contains(doors[best], name) {
		t.Errorf("%s imports %s; its door is %v", name, imp, doors[best])
	}
}

// TestRulesNameEveryPackage guards the guard: a rule table that allows everything would pass the test above.
func TestRulesNameEveryPackage(t *testing.T) {
	full := allowed(t)
	for _, c := range []struct{ pkg, imp string }{
		{"registry", "store"}, {"criteria", "intake"}, {"web", "views"}, {"web", "static"}, {"auth", "store"}, {"service", "web"}, {"fault", "arabic"},
		{"criteria", "exhibition"}, {"planner", "store"}, {"store", "intake"}, {"locale", "registry"},
	} {
		if full[c.pkg][c.imp] {
			t.Errorf("the rules let %s import %s", c.pkg, c.imp)
		}
	}
	var names []string
	for n := range full {
		names = append(names, n)
	}
	sort.Strings(names)
	t.Logf("packages in the rules: %s", strings.Join(names, " "))
}
