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

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/locale"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

// The printed catalogue is a page like any other, with a style for A4. Any browser prints it; where the operator has Chromium, a job makes the PDF.
var printRoutes = []route{
	{method: "GET", path: "/catalogue/print", access: permit, action: auth.CataloguePrint, handle: (*Server).printForm},
	{method: "POST", path: "/catalogue/print", access: permit, action: auth.CataloguePrint, handle: (*Server).startPrint},
	{method: "GET", path: "/catalogue/print/book", access: permit, action: auth.CataloguePrint, handle: (*Server).printedBook},
	{method: "POST", path: "/catalogue/print/:id/cancel", access: permit, action: auth.CataloguePrint, handle: (*Server).cancelPrint},
	{method: "GET", path: "/catalogue/print/:id/pdf", access: permit, action: auth.CataloguePrint, handle: (*Server).printedPDF},
}

// book is the Body of catalogue/book.
type book struct {
	Title           string
	Subtitle        string
	Date            string
	Total           int // products of this book
	Sections        []bookSection
	Screen          bool // shown to a person, with a button to print
	Back            string
	Volume, Volumes int // of a catalogue that is more than one book takes
	All             int // products of all volumes
	Fair            *fairCard
	Hours           []hoursLine
	Turn            []render.Option // addresses of the other volumes, on the screen
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
func (s *Server) bookOf(w words, of *service.PrintedBook, sel service.Selection, base string) (*book, error) {
	products := of.Products
	b := &book{Title: w.T("catalogue.title"), Date: w.Date(s.svc.Now()), Total: len(products), Volume: of.Volume, Volumes: of.Volumes, All: of.Total}
	var about []string
	if of.Fair != nil {
		card := w.fairCard(of.Fair)
		b.Fair, b.Title, b.Hours = &card, card.Name, w.hours(of.Fair.Hours)
		about = append(about, w.T("catalogue.short"))
	}
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
			Price: w.Money(rec.Price, rec.Currency), Photo: firstPhoto(p), Booth: of.Booths[p.Family].Code}, Number: service.ProductNumber(p.Party, p.ID), Materials: registry.In(w.Lang(), rec.Materials, rec.MaterialsEN),
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
	Fairs   []render.Option
	Most    int // products of one volume
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
	fairs, err := s.svc.Catalogue.Fairs(r.ctx(), false)
	if err != nil {
		return err
	}
	p := printPage{CanPDF: s.svc.Jobs.CanPrint(), Most: service.MaxPrinted}
	for i := range fairs {
		p.Fairs = append(p.Fairs, render.Option{Value: itoa(fairs[i].ID), Label: w.show(fairs[i].Name, fairs[i].NameEN)})
	}
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
		if x.Fair != nil {
			parts = append(parts, w.show(x.Fair.Name, x.Fair.NameEN))
		}
		if x.Params.Party != "" {
			parts = append(parts, w.country(string(x.Params.Party)))
		}
		if x.Params.Craft != "" {
			parts = append(parts, w.craft(x.Params.Craft))
		}
		if x.Params.Area != "" {
			parts = append(parts, w.area(x.Params.Area))
		}
		if x.Params.Volume > 1 {
			parts = append(parts, w.T("catalogue.volume_n", x.Params.Volume))
		}
		p.Moving = p.Moving || !x.Ended()
		p.Prints = append(p.Prints, printLine{x, strings.Join(parts, " · ")})
	}
	if r.isHTMX() {
		return r.fragment(0, "catalogue/print", "print-jobs", form, p)
	}
	return r.page(status, "catalogue/print", form, p)
}

// printParams reads what is to be printed. A number that is none is a problem beside its field.
func (r *request) printParams(value func(string) string) (service.PrintParams, error) {
	p := service.PrintParams{Selection: service.Selection{Party: place.Country(value("party")), Craft: value("craft"), Area: value("area")}, Lang: value("lang")}
	var ps fault.Problems
	var err error
	if text := value("exhibition"); text != "" {
		if p.Exhibition, err = strconv.ParseInt(text, 10, 64); err != nil || p.Exhibition < 1 {
			ps.Add("exhibition", "problem.choice")
		}
	}
	if text := arabic.Digits(strings.TrimSpace(value("volume"))); text != "" {
		if p.Volume, err = strconv.Atoi(text); err != nil || p.Volume < 1 {
			ps.Add("volume", "problem.range", 1, 1_000)
		}
	}
	if ps.Err() != nil {
		return p, ps.Err()
	}
	return p.Check()
}

// bookURL is the address of a book on the screen.
func bookURL(p service.PrintParams) string {
	q := url.Values{"lang": {p.Lang}}
	for _, x := range [][2]string{{"party", string(p.Party)}, {"craft", p.Craft}, {"area", p.Area}} {
		if x[1] != "" {
			q.Set(x[0], x[1])
		}
	}
	if p.Exhibition != 0 {
		q.Set("exhibition", itoa(p.Exhibition))
	}
	if p.Volume > 1 {
		q.Set("volume", strconv.Itoa(p.Volume))
	}
	return "/catalogue/print/book?" + q.Encode()
}

func (s *Server) startPrint(r *request) error {
	p, err := r.printParams(r.value)
	open := r.value("open") != ""
	if err == nil && open {
		_, err = s.svc.Catalogue.Printed(r.ctx(), r.actor, p.Selection) // a volume that there is not is said beside the field
		if err == nil {
			return r.c.Redirect(bookURL(p), fiber.StatusSeeOther)
		}
	}
	if err == nil {
		_, err = s.svc.Jobs.Print(r.ctx(), r.actor, p, r.write())
	}
	if ps, ok := problems(err); ok {
		typed := map[string]string{}
		for _, name := range []string{"party", "craft", "area", "lang", "exhibition", "volume"} {
			typed[name] = r.value(name)
		}
		return s.drawPrintForm(r, fiber.StatusUnprocessableEntity, &render.Form{Values: typed, Problems: ps})
	}
	if err != nil {
		return err
	}
	return r.redirect("/catalogue/print", "info", "flash.catalogue.printing")
}

func (s *Server) cancelPrint(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if err := s.svc.Jobs.CancelPrint(r.ctx(), r.actor, id, r.write()); err != nil {
		return err
	}
	return r.redirect("/catalogue/print", "info", "flash.catalogue.cancelled")
}

// printedBook is the printed catalogue on the screen.
func (s *Server) printedBook(r *request) error {
	p, err := r.printParams(func(name string) string { return strings.Clone(r.c.Query(name)) })
	if err != nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	of, err := s.svc.Catalogue.Printed(r.ctx(), r.actor, p.Selection)
	if _, ok := problems(err); ok {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return err
	}
	r.locale = p.Lang
	b, err := s.bookOf(r.words(), of, p.Selection, s.baseURL(r.c))
	if err != nil {
		return err
	}
	b.Screen, b.Back = true, "/catalogue/print"
	for n := 1; b.Volumes > 1 && n <= b.Volumes; n++ {
		other := p
		other.Volume = n
		b.Turn = append(b.Turn, render.Option{Value: bookURL(other), Label: r.words().T("catalogue.volume_n", n)})
	}
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
	of, err := s.svc.Catalogue.Printed(ctx, actor, p.Selection)
	if err != nil {
		return nil, err
	}
	w := words{s.pages.Locale(p.Lang), actor.Party}
	b, err := s.bookOf(w, of, p.Selection, s.o.BaseURL)
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
	total, done := len(of.Products)+3, atomic.Int64{}
	step := func() { progress(min(int(done.Add(1)), total-1), total) }
	step()
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		rw.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'")
		_, _ = rw.Write(page.Bytes())
	})
	mux.HandleFunc("GET /static/{name...}", s.printStatic)
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
