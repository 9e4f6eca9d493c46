package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/demo"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

const (
	benchProducts = 100_000 // of the catalogue on the screen
	perFamily     = 8
	printedOnes   = 300 // of the catalogue on paper
)

// catalogueOf returns the folder of a registry with n approved products, filling it if need be. photos of them have a picture each.
func catalogueOf(ctx context.Context, n, photos int) (string, error) {
	dir := filepath.Join(*dirFlag, fmt.Sprintf("catalogue-%d", n))
	if _, err := os.Stat(filepath.Join(dir, "full")); err == nil {
		return dir, nil
	}
	_ = os.RemoveAll(dir)
	o, err := openOffice(ctx, dir, "")
	if err != nil {
		return "", err
	}
	start := time.Now()
	if err := o.fillCatalogue(ctx, n, photos); err != nil {
		return "", err
	}
	if err := o.db.Close(); err != nil {
		return "", err
	}
	fmt.Printf("filled a catalogue of %d products in %s\n", n, time.Since(start).Round(time.Second))
	return dir, os.WriteFile(filepath.Join(dir, "full"), nil, 0o600)
}

// fillCatalogue inserts families and products straight through the store, as the committee leaves them.
func (o *office) fillCatalogue(ctx context.Context, n, photos int) error {
	gen, today := demo.Generator{Seed: 5}, calendar.Of(time.Now())
	first, err := calendar.New(1950, 1, 1)
	if err != nil {
		return err
	}
	body, thumb, err := picture()
	if err != nil {
		return err
	}
	words := []string{"كليم", "شال", "مزهرية", "سلة", "عسل", "بخور", "عباية", "فانوس", "حقيبة", "صابون", "دلة", "سدو"}
	now := time.Now().UTC()
	const batch = 100 // families in one transaction
	for from := 0; from < n; from += batch * perFamily {
		err := o.db.Update(ctx, func(tx *store.Tx) error {
			for i := from; i < min(from+batch*perFamily, n); i += perFamily {
				f := &registry.Family{Party: place.Egypt, Record: gen.Record(i, place.Egypt, today.AddDays(-30))}
				f.Record.Lead.IDNumber = demo.EgyptianNID(first.AddDays(i/5000), "01", i, true)
				f.Record.Consents = []registry.Consent{{Scope: registry.ConsentCatalogue, Version: registry.ConsentVersion, Given: true, Date: today.AddDays(-30)}}
				f.Status.State, f.Status.CreatedAt, f.Status.EnteredBy = registry.Approved, now, o.user[benchEmail]
				f.Status.Number = registry.MakeNumber(f.Party, today.Year(), int64(i+1))
				if err := tx.InsertFamily(f, store.FamilyExtra{}); err != nil {
					return err
				}
				for k := range min(perFamily, n-i) {
					p := registry.NewProduct(f, o.user[benchEmail], now)
					crafts := registry.Crafts()
					p.Record = registry.ProductRecord{NameAR: words[(i+k)%len(words)] + " " + words[(i/7+k*3)%len(words)] + " " + strconv.Itoa(i+k), NameEN: "Product " + strconv.Itoa(i+k),
						Craft: crafts[(i/perFamily+k)%(len(crafts)-2)].Code, DescriptionAR: "صنعته الأسرة كاملًا في بيتها، وتتوارثه من جيل إلى جيل.", Materials: "قطن وصوف", Handmade: 90,
						HandmadeGiven: true, OriginArea: f.Record.Address.Area, Unit: "piece", Price: int64(10_000 + i), Currency: "EGP", MadeIn: true}
					p.Status.State, p.Status.DecidedAt = registry.ProductApproved, now.Add(-time.Duration(i+k)*time.Second)
					if err := tx.InsertProduct(p); err != nil {
						return err
					}
					if i+k >= photos {
						continue
					}
					h := registry.ProductPhoto{ProductID: p.ID, Position: 1, SHA256: strconv.Itoa(i + k), Width: 960, Height: 960, Size: int64(len(body)), AddedAt: now}
					if err := tx.InsertProductPhoto(&h, body, thumb); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// picture is a photograph as a phone's is after it was made safe, and its small one.
func picture() (body, thumb []byte, err error) {
	draw := func(side int) ([]byte, error) {
		m := image.NewRGBA(image.Rect(0, 0, side, side))
		r := rand.New(rand.NewPCG(1, 2))
		for y := range side {
			for x := range side {
				m.SetRGBA(x, y, color.RGBA{uint8(x * 255 / side), uint8(y * 255 / side), uint8(r.IntN(60)), 255})
			}
		}
		var b bytes.Buffer
		err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 80})
		return b.Bytes(), err
	}
	if body, err = draw(960); err != nil {
		return nil, nil, err
	}
	thumb, err = draw(480)
	return body, thumb, err
}

// benchCatalogue asks for pages of the public catalogue at 200 requests a second, whatever the answers take.
func benchCatalogue(ctx context.Context) error {
	dir, err := catalogueOf(ctx, benchProducts, 200)
	if err != nil {
		return err
	}
	s, err := startServer(dir, filepath.Join(dir, "muntija.db"))
	if err != nil {
		return err
	}
	defer s.stop()
	const rate, seconds = 200, 20
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 128, DisableCompression: true}}
	for range 20 { // a server that has been up for a while
		if resp, err := client.Get(s.base + "/catalogue"); err == nil {
			resp.Body.Close()
		}
	}
	r := rand.New(rand.NewPCG(8, 9))
	words := []string{"كليم", "عسل سدو", "مزه", "ش", "بخور 12", "Product 77", "قطن"}
	page := func() (kind, path string) {
		lang := []string{"ar", "en"}[r.IntN(2)]
		switch n := r.IntN(10); {
		case n == 0:
			return "home", "/catalogue?lang=" + lang
		case n < 4:
			return "list", "/catalogue/products?lang=" + lang + "&page=" + strconv.Itoa(1+r.IntN(40)) + []string{"", "&craft=TX", "&area=EG-C", "&party=EG&sort=name"}[r.IntN(4)]
		case n < 7:
			return "search", "/catalogue/products?lang=" + lang + "&q=" + url.QueryEscape(words[r.IntN(len(words))])
		}
		return "product", "/catalogue/products/" + strconv.Itoa(1+r.IntN(benchProducts)) + "?lang=" + lang
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	byKind, all, bad := map[string]*spread{}, spread{}, 0
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for range rate * seconds {
		<-tick.C
		kind, path := page()
		due := time.Now()
		wg.Go(func() {
			resp, err := client.Get(s.base + path)
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			took := time.Since(due)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || resp.StatusCode != 200 {
				bad++
				return
			}
			if byKind[kind] == nil {
				byKind[kind] = &spread{}
			}
			*byKind[kind] = append(*byKind[kind], took)
			all = append(all, took)
		})
	}
	wg.Wait()
	for _, kind := range []string{"home", "list", "search", "product"} {
		if byKind[kind] != nil {
			fmt.Printf("catalogue, %s page: %d requests, %s\n", kind, len(*byKind[kind]), byKind[kind].String())
		}
	}
	text := all.String()
	fmt.Printf("catalogue: %d products on file, %d requests/s for %d s, %s, %d answers were bad; server peak memory %d MB; target p99 < 30 ms: %s\n\n", benchProducts, rate, seconds, text, bad,
		peakMB(s.cmd.Process.Pid), verdict(bad == 0 && all.at(.99) < 30*time.Millisecond))
	return nil
}

// benchPrint makes the PDF of a catalogue of 300 products with a photograph each, from the click to the file. It needs Chromium.
func benchPrint(ctx context.Context) error {
	dir, err := catalogueOf(ctx, printedOnes, printedOnes)
	if err != nil {
		return err
	}
	s, err := startServer(dir, filepath.Join(dir, "muntija.db"))
	if err != nil {
		return err
	}
	defer s.stop()
	c, err := s.signIn(benchReviewer)
	if err != nil {
		return err
	}
	_, form, err := c.get("/catalogue/print")
	if err != nil {
		return err
	}
	if !strings.Contains(string(form), "file-text") {
		fmt.Print("print: there is no Chromium here, so no PDF was made\n\n")
		return nil
	}
	before := strings.Count(string(form), `/pdf"`)
	start := time.Now()
	if status, err := c.post("/catalogue/print", url.Values{"lang": {"ar"}}.Encode(), fmt.Sprint("print-", start.UnixNano())); err != nil || status != 303 {
		return fmt.Errorf("asking for a PDF: %d, %w", status, err)
	}
	for time.Since(start) < 3*time.Minute {
		_, list, err := c.get("/catalogue/print")
		if err != nil {
			return err
		}
		if i := strings.Index(string(list), "/catalogue/print/"); strings.Count(string(list), `/pdf"`) > before && i >= 0 {
			took := time.Since(start)
			link, _, _ := strings.Cut(string(list)[i:], `"`)
			_, pdf, err := c.get(link)
			if err != nil {
				return err
			}
			fmt.Printf("print: a PDF of %d products, %.1f MB, in %s; target < 60 s: %s\n\n", printedOnes, float64(len(pdf))/1e6, took.Round(100*time.Millisecond), verdict(took < time.Minute))
			return nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return errors.New("no PDF after three minutes")
}
