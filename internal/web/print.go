package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/locale"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

// The printed catalogue is a page like any other, with a style for A4. Any browser prints it; where the operator has Chromium, a job makes the PDF.
var printRoutes = []route{
	{method: "GET", path: "/catalogue/print", access: permit, action: auth.CataloguePrint, handle: (*Server).printForm},
	{method: "POST", path: "/catalogue/print", access: permit, action: auth.CataloguePrint, handle: (*Server).startPrint},
	{method: "GET", path: "/catalogue/print/book", access: permit, action: auth.CataloguePrint, handle: (*Server).printedBook},
	{method: "GET", path: "/catalogue/print/:id/pdf", access: permit, action: auth.CataloguePrint, handle: (*Server).printedPDF},
}

// book is the Body of catalogue/book.
type book struct {
	Title    string
	Subtitle string
	Date     string
	Total    int
	Sections []bookSection
	Screen   bool // shown to a person, with a button to print
	Back     string
	Cut      bool // there are more products than one book takes
}

// bookSection is the products of one craft, in rows of three.
type bookSection struct {
	Code, Name string
	Count      int
	Rows       [][]bookEntry
	Photo      int64
}

type bookEntry struct {
	productCard
	Number    string
	Materials string
	Facts     string
	MadeIn    string
	QRBox     string
	QRPath    string
}

// bookOf lays out products, which come sorted by craft. base is what the codes lead to.
func (s *Server) bookOf(w words, products []store.PublicProduct, sel service.Selection, base string) (*book, error) {
	b := &book{Title: w.T("catalogue.title"), Date: w.Date(s.svc.Now()), Total: len(products), Cut: len(products) == service.MaxPrinted}
	var about []string
	if sel.Craft != "" {
		about = append(about, w.craft(sel.Craft))
	}
	if sel.Area != "" {
		about = append(about, w.area(sel.Area))
	}
	if sel.Party != "" {
		about = append(about, w.country(string(sel.Party)))
	} else {
		about = append(about, w.T("catalogue.both_countries"))
	}
	b.Subtitle = strings.Join(about, " · ")
	for i := range products {
		p := &products[i]
		if n := len(b.Sections); n == 0 || b.Sections[n-1].Code != p.Record.Craft {
			b.Sections = append(b.Sections, bookSection{Code: p.Record.Craft, Name: w.craft(p.Record.Craft)})
		}
		sec := &b.Sections[len(b.Sections)-1]
		qr, err := s.svc.Catalogue.QR(base + productURL(p.ID))
		if err != nil {
			return nil, err
		}
		rec := &p.Record
		e := bookEntry{productCard: productCard{ID: p.ID, Name: rec.Name(w.Lang()), Maker: makerIn(w, p.Maker), Place: w.area(p.Area) + w.comma() + w.country(string(p.Party)),
			Price: w.Money(rec.Price, rec.Currency), Photo: firstPhoto(p)}, Number: service.ProductNumber(p.Party, p.ID), Materials: registry.In(w.Lang(), rec.Materials, rec.MaterialsEN),
			Facts: strings.Trim(w.sizeOf(rec.Size)+" · "+w.grams(rec.Weight), " ·"), QRBox: qr.ViewBox(), QRPath: qr.SVGPath()}
		if rec.MadeIn {
			e.MadeIn = w.T("catalogue.made_in." + string(p.Party))
		}
		if sec.Photo == 0 {
			sec.Photo = e.Photo
		}
		if n := len(sec.Rows); n == 0 || len(sec.Rows[n-1]) == 3 {
			sec.Rows = append(sec.Rows, nil)
		}
		last := len(sec.Rows) - 1
		sec.Rows[last] = append(sec.Rows[last], e)
		sec.Count++
	}
	return b, nil
}

// printPage is the Body of catalogue/print.
type printPage struct {
	Crafts  []render.Option
	Parties []render.Option
	Areas   []render.Option
	Langs   []render.Option
	CanPDF  bool
	Prints  []printLine
	Moving  bool
}

type printLine struct {
	service.PrintView
	What string
}

func (s *Server) printForm(r *request) error {
	w := r.words()
	v := map[string]string{"lang": w.Name()}
	return s.drawPrintForm(r, 0, &render.Form{Values: v})
}

func (s *Server) drawPrintForm(r *request, status int, form *render.Form) error {
	prints, err := s.svc.Jobs.Prints(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	w := r.words()
	p := printPage{CanPDF: s.svc.Jobs.CanPrint()}
	for _, c := range registry.Crafts() {
		if c.Code != "LV" {
			p.Crafts = append(p.Crafts, render.Option{Value: c.Code, Label: c.Name(w.Lang())})
		}
	}
	for _, party := range place.Countries() {
		p.Parties = append(p.Parties, render.Option{Value: string(party), Label: w.country(string(party))})
		for _, a := range place.Areas(party) {
			p.Areas = append(p.Areas, render.Option{Value: a.Code, Label: w.area(a.Code)})
		}
	}
	p.Langs = []render.Option{{Value: locale.Arabic, Label: "العربية"}, {Value: locale.English, Label: "English"}}
	for _, x := range prints {
		parts := []string{map[string]string{"ar": "العربية", "en": "English"}[x.Params.Lang]}
		if x.Params.Party != "" {
			parts = append(parts, w.country(string(x.Params.Party)))
		}
		if x.Params.Craft != "" {
			parts = append(parts, w.craft(x.Params.Craft))
		}
		if x.Params.Area != "" {
			parts = append(parts, w.area(x.Params.Area))
		}
		p.Moving = p.Moving || !x.Ended()
		p.Prints = append(p.Prints, printLine{x, strings.Join(parts, " · ")})
	}
	if r.isHTMX() {
		return r.fragment(0, "catalogue/print", "print-jobs", form, p)
	}
	return r.page(status, "catalogue/print", form, p)
}

func (r *request) printParams(value func(string) string) service.PrintParams {
	return service.PrintParams{Selection: service.Selection{Party: place.Country(value("party")), Craft: value("craft"), Area: value("area")}, Lang: value("lang")}
}

func (s *Server) startPrint(r *request) error {
	p := r.printParams(r.value)
	if r.value("open") != "" {
		if _, err := p.Check(); err == nil {
			q := url.Values{"lang": {p.Lang}}
			for _, x := range [][2]string{{"party", string(p.Party)}, {"craft", p.Craft}, {"area", p.Area}} {
				if x[1] != "" {
					q.Set(x[0], x[1])
				}
			}
			return r.c.Redirect("/catalogue/print/book?"+q.Encode(), fiber.StatusSeeOther)
		}
	}
	_, err := s.svc.Jobs.Print(r.ctx(), r.actor, p, r.write())
	if ps, ok := problems(err); ok {
		return s.drawPrintForm(r, fiber.StatusUnprocessableEntity, &render.Form{Values: map[string]string{"party": string(p.Party), "craft": p.Craft, "area": p.Area, "lang": p.Lang},
			Problems: ps})
	}
	if err != nil {
		return err
	}
	return r.redirect("/catalogue/print", "info", "flash.catalogue.printing")
}

// printedBook is the printed catalogue on the screen.
func (s *Server) printedBook(r *request) error {
	p, err := r.printParams(func(name string) string { return strings.Clone(r.c.Query(name)) }).Check()
	if err != nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	products, err := s.svc.Catalogue.Printed(r.ctx(), r.actor, p.Selection)
	if err != nil {
		return err
	}
	r.locale = p.Lang
	b, err := s.bookOf(r.words(), products, p.Selection, s.baseURL(r.c))
	if err != nil {
		return err
	}
	b.Screen, b.Back = true, "/catalogue/print"
	return r.publicPage("catalogue/book", b)
}

func (s *Server) printedPDF(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	body, err := s.svc.Jobs.PrintedPDF(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	r.c.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	r.c.Set("Content-Type", media.PDF)
	r.c.Set("Content-Disposition", `attachment; filename="catalogue-`+strconv.FormatInt(id, 10)+`.pdf"`)
	return r.c.Send(body)
}

// FindChromium returns the program that a setting names: "off" is none, "auto" looks for the usual names.
func FindChromium(setting string) string {
	switch setting {
	case "", "off":
		return ""
	case "auto":
		for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
			if path, err := exec.LookPath(name); err == nil {
				return path
			}
		}
		return ""
	}
	return setting
}

// printBook makes the PDF of a selection: a listener of its own on the loopback, under a random path, gives Chromium the page, the style, the fonts and the
// pictures and nothing else; Chromium can reach no other host. Each picture that it fetches is progress.
func (s *Server) printBook(ctx context.Context, actor auth.Actor, p service.PrintParams, progress func(done, total int)) ([]byte, error) {
	products, err := s.svc.Catalogue.Printed(ctx, actor, p.Selection)
	if err != nil {
		return nil, err
	}
	w := words{s.pages.Locale(p.Lang), actor.Party}
	b, err := s.bookOf(w, products, p.Selection, s.o.BaseURL)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	if err := s.pages.Render(&page, p.Lang, "catalogue/book", &render.Page{Now: s.svc.Now(), Body: b}); err != nil {
		return nil, err
	}
	var secret [16]byte
	_, _ = rand.Read(secret[:])
	path := "/" + hex.EncodeToString(secret[:])
	total, done := len(products)+3, atomic.Int64{}
	step := func() { progress(min(int(done.Add(1)), total-1), total) }
	step()
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		rw.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'")
		_, _ = rw.Write(page.Bytes())
	})
	mux.HandleFunc("GET /static/{name...}", func(rw http.ResponseWriter, req *http.Request) {
		a, ok := s.assets.Asset(req.PathValue("name"))
		if !ok || strings.HasSuffix(a.Type, "javascript") {
			http.NotFound(rw, req)
			return
		}
		rw.Header().Set("Content-Type", a.Type)
		_, _ = rw.Write(a.Body)
	})
	mux.HandleFunc("GET /catalogue/thumbs/{id}", func(rw http.ResponseWriter, req *http.Request) {
		id, err := strconv.ParseInt(req.PathValue("id"), 10, 64)
		if err == nil {
			var body []byte
			if body, err = s.svc.Catalogue.Photo(req.Context(), id, true); err == nil {
				rw.Header().Set("Content-Type", media.JPEG)
				_, _ = rw.Write(body)
			}
		}
		if err != nil {
			http.NotFound(rw, req)
		}
		step()
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the printer: %w", err)
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(ln) }()
	defer srv.Close()
	return s.chromium(ctx, "http://"+ln.Addr().String()+path)
}

// chromium prints one address of the loopback to PDF.
func (s *Server) chromium(ctx context.Context, address string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "muntija-print-")
	if err != nil {
		return nil, fmt.Errorf("a folder for the printer: %w", err)
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "catalogue.pdf")
	args := []string{"--headless=new", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-extensions", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-default-apps", "--mute-audio", "--user-data-dir=" + filepath.Join(dir, "profile"),
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--no-proxy-server", "--no-pdf-header-footer", "--print-to-pdf=" + out, address}
	if os.Geteuid() == 0 { // Chromium has no sandbox for the superuser; run the service as a user of its own
		args = append([]string{"--no-sandbox"}, args...)
	}
	cmd := exec.CommandContext(ctx, s.o.Chromium, args...)
	cmd.Env = []string{"HOME=" + dir, "TMPDIR=" + dir, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}
	cmd.WaitDelay = 5 * time.Second
	said, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fault.Wrap(fmt.Errorf("%s: %w: %.500s", s.o.Chromium, err, said), fault.State, "error.catalogue.print_failed")
	}
	body, err := os.ReadFile(out)
	if err == nil && !bytes.HasPrefix(body, []byte("%PDF-")) {
		err = errors.New("what came out is no PDF")
	}
	if err != nil {
		return nil, fault.Wrap(fmt.Errorf("reading the PDF: %w", err), fault.State, "error.catalogue.print_failed")
	}
	return body, nil
}
