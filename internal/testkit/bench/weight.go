package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// weighed are pages of the demo by who opens them; %d is a family of the list.
var weighed = []struct {
	who   string
	pages []string
}{
	{"sayed.worker", []string{"/", "/families", "/families/%d", "/families/%d/sheet", "/families/%d/history", "/registrations/new"}},
	{"mahmoud.reviewer", []string{"/", "/families", "/families/%d", "/families/%d/sheet"}},
	{"karim.analyst", []string{"/families", "/families/%d"}},
	{"iman.admin", []string{"/users", "/audit", "/criteria/1", "/criteria/3/edit", "/criteria/3/criteria/4/edit", "/criteria/3/preview"}},
}

var (
	assetRE  = regexp.MustCompile(`(?:src|href)="(/static/[^"#]+)`)
	fontRE   = regexp.MustCompile(`url\(["']?([^)"']+\.woff2)`)
	familyRE = regexp.MustCompile(`href="/families/(\d+)"`)
)

// benchWeight weighs pages of the demo, and the first view: the sign-in page with all that it links to, fonts too, as a browser asks for it.
func benchWeight() error {
	dir := filepath.Join(*dirFlag, "weight")
	_ = os.RemoveAll(dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	s, err := startServer(dir, filepath.Join(dir, "muntija.db"), "--demo")
	if err != nil {
		return err
	}
	defer s.stop()
	heaviest, where := 0, ""
	for _, w := range weighed {
		c, err := s.signIn(w.who + "@demo.muntija.example")
		if err != nil {
			return err
		}
		family := 0
		for _, pattern := range w.pages {
			if family == 0 {
				_, list, err := c.get("/families?state=approved")
				if err != nil {
					return err
				}
				if m := familyRE.FindSubmatch(list); m != nil {
					_, _ = fmt.Sscan(string(m[1]), &family)
				}
			}
			page := pattern
			if strings.Contains(pattern, "%d") {
				page = fmt.Sprintf(pattern, family)
			}
			status, body, err := c.get(page)
			if err != nil || status != http.StatusOK {
				return fmt.Errorf("%s as %s: %d, %w", page, w.who, status, err)
			}
			if len(body) > heaviest {
				heaviest, where = len(body), page+" as "+w.who
			}
		}
	}
	first, parts, err := firstView(s.base)
	if err != nil {
		return err
	}
	fmt.Printf("weight: the heaviest page is %s with %.1f KB of HTML; the first view is %.0f KB compressed in %d answers; target 60 KB and 300 KB: %s\n\n",
		where, float64(heaviest)/1024, float64(first)/1024, parts, verdict(heaviest < 60*1024 && first < 300*1024))
	return nil
}

// firstView returns the bytes and the number of answers of the sign-in page and everything it links to.
func firstView(base string) (bytes, answers int, err error) {
	plain := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	fetch := func(at string) ([]byte, error) {
		// What goes over the wire is counted compressed; what is read for links is asked for plain.
		var read []byte
		for _, encoding := range []string{"identity", "gzip"} {
			req, err := http.NewRequest(http.MethodGet, base+at, nil)
			if err != nil {
				return nil, err
			}
			req.Header.Set("Accept-Encoding", encoding)
			resp, err := plain.Do(req)
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(resp.Body)
			if err = errors.Join(err, resp.Body.Close()); err != nil {
				return nil, err
			}
			if resp.StatusCode != http.StatusOK {
				return nil, fmt.Errorf("%s: %d", at, resp.StatusCode)
			}
			if encoding == "identity" {
				read = body
			} else {
				bytes += len(body)
				answers++
			}
		}
		return read, nil
	}
	page, err := fetch("/signin")
	if err != nil {
		return 0, 0, err
	}
	var assets []string
	for _, m := range assetRE.FindAllSubmatch(page, -1) {
		if a := string(m[1]); !slices.Contains(assets, a) {
			assets = append(assets, a)
		}
	}
	for i := 0; i < len(assets); i++ {
		body, err := fetch(assets[i])
		if err != nil {
			return 0, 0, err
		}
		if path.Ext(assets[i]) != ".css" {
			continue
		}
		for _, m := range fontRE.FindAllSubmatch(body, -1) {
			font := string(m[1])
			if font[0] != '/' {
				font = path.Join(path.Dir(assets[i]), font)
			}
			if !slices.Contains(assets, font) {
				assets = append(assets, font)
			}
		}
	}
	return bytes, answers, nil
}
