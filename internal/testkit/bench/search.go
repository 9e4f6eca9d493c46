package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/demo"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// The search box and the suggestions at entry, on a million families, 25 requests a second on one connection each.

const (
	searchRate    = 25
	searchSeconds = 24
)

// searchText is what somebody types into the box: names as they stand, in another spelling, with a slip, half typed, in Latin letters; places, projects, numbers.
func searchText(r *rand.Rand, gen demo.Generator) (kind, text string) {
	rec := gen.Record(r.IntN(*families), place.Egypt, calendar.Of(time.Now()))
	given, rest := rec.Lead.GivenName, strings.Fields(rec.Lead.RestOfName)
	switch r.IntN(11) {
	case 0:
		return "one name", given
	case 1:
		return "whole name", given + " " + rec.Lead.RestOfName
	case 2:
		return "other spelling", strings.NewReplacer("ة", "ه", "أ", "ا", "إ", "ا", "ى", "ي", "عبد ", "عبد").Replace(given + " " + rec.Lead.RestOfName)
	case 3:
		return "two names", given + " " + rest[0]
	case 4:
		runes := []rune(given + " " + rec.Lead.RestOfName)
		if i := 1 + r.IntN(2); len(runes) > i+1 {
			runes[i], runes[i+1] = runes[i+1], runes[i]
		}
		return "a slip", string(runes)
	case 5:
		runes := []rune(given)
		return "half typed", string(runes[:min(len(runes), 2+r.IntN(2))])
	case 6:
		return "latin", strings.ToLower(rec.Lead.NameEN)
	case 7:
		return "place", given + " " + rec.Address.Village
	case 8:
		return "project", rec.Project.Name
	case 9:
		if members := rec.Household.Members; len(members) > 0 {
			return "member", members[r.IntN(len(members))].Name
		}
	}
	return "nothing", "غير موجود هنا"
}

// ready signs in and waits until the server has read its lists.
func (s *server) ready(email string) (c *client, err error) {
	for range 10 {
		status := 0
		if c, err = s.signIn(email); err == nil {
			if status, _, err = c.get("/search/suggest?q=x"); err == nil && status == 200 {
				return c, nil
			}
		}
	}
	return nil, fmt.Errorf("the lists are not read: %w", err)
}

func benchSearch(ctx context.Context) error {
	dir, err := largeRegistry(ctx)
	if err != nil {
		return err
	}
	s, err := startServer(dir, filepath.Join(dir, "muntija.db"))
	if err != nil {
		return err
	}
	defer s.stop()
	begun := time.Now()
	c, err := s.ready(benchReviewer)
	if err != nil {
		return err
	}
	fmt.Printf("search: lists read in %s, resident %d MB at most\n", time.Since(begun).Round(100*time.Millisecond), peakMB(s.cmd.Process.Pid))
	gen, r := demo.Generator{Seed: 99}, rand.New(rand.NewPCG(8, 15))
	var all spread
	byKind := map[string]*spread{}
	var kinds []string
	tick := time.NewTicker(time.Second / searchRate)
	defer tick.Stop()
	for i := range searchRate * searchSeconds {
		kind, text := searchText(r, gen)
		path := "/search/suggest?"
		if i%4 == 0 {
			path = "/search?"
		}
		<-tick.C
		start := time.Now()
		status, _, err := c.get(path + url.Values{"q": {text}}.Encode())
		took := time.Since(start)
		if err != nil || status != 200 {
			return fmt.Errorf("search: %d, %w", status, err)
		}
		if byKind[kind] == nil {
			byKind[kind] = &spread{}
			kinds = append(kinds, kind)
		}
		*byKind[kind] = append(*byKind[kind], took)
		all = append(all, took)
	}
	for _, kind := range kinds {
		fmt.Printf("search, %s: %d, p95 %s, %s\n", kind, len(*byKind[kind]), percentile(*byKind[kind], .95), byKind[kind])
	}
	p95 := percentile(all, .95)
	rss := peakMB(s.cmd.Process.Pid)
	fmt.Printf("search: %d families on file, %d searches, %d a second: p95 %s, %s; server peak memory %d MB; target p95 < 30 ms and < 400 MB: %s\n\n", *families, len(all),
		searchRate, p95, all, rss, verdict(p95 < 30*time.Millisecond && rss < 400))
	return nil
}

func percentile(s spread, q float64) time.Duration {
	_ = s.String() // sorts
	return s.at(q).Round(10 * time.Microsecond)
}

// somebodies reads the records of some families that stand, as they are on file.
func somebodies(ctx context.Context, dir string, r *rand.Rand, n int) (out []registry.Record, err error) {
	o, err := openOffice(ctx, dir, "")
	if err != nil {
		return nil, err
	}
	defer o.db.Close()
	err = o.db.View(ctx, func(tx *store.Tx) error {
		for len(out) < n {
			f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, 1+r.Int64N(int64(*families)))
			if err != nil {
				return err
			}
			if f.Status.State != registry.Withdrawn && f.Status.State != registry.Merged {
				out = append(out, f.Record)
			}
		}
		return nil
	})
	return out, err
}

// benchSuggest types registrations of people who are on file already, with a slip, and of others, and asks what a page asks while it is typed.
func benchSuggest(ctx context.Context) error {
	dir, err := largeRegistry(ctx)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(23, 42))
	onFile, err := somebodies(ctx, dir, r, searchRate*searchSeconds/2)
	if err != nil {
		return err
	}
	s, err := startServer(dir, filepath.Join(dir, "muntija.db"))
	if err != nil {
		return err
	}
	defer s.stop()
	c, err := s.ready(benchEmail)
	if err != nil {
		return err
	}
	others, today := demo.Generator{Seed: 7}, calendar.Of(time.Now())
	var all spread
	found, twice := 0, 0
	tick := time.NewTicker(time.Second / searchRate)
	defer tick.Stop()
	for i := range searchRate * searchSeconds {
		rec := others.Record(r.IntN(*families), place.Egypt, today)
		if i%2 == 0 {
			rec = onFile[i/2]
		}
		y, m, d := rec.Lead.BirthDate.YMD()
		if i%4 == 0 && d <= 12 {
			m, d = d, m
		}
		form := url.Values{"lead.given_name": {strings.NewReplacer("ة", "ه", "أ", "ا").Replace(rec.Lead.GivenName)}, "lead.rest_of_name": {rec.Lead.RestOfName},
			"lead.birth_date": {strconv.Itoa(d) + "/" + strconv.Itoa(m) + "/" + strconv.Itoa(y)}, "lead.sex": {string(rec.Lead.Sex)}, "address.area": {rec.Address.Area},
			"address.district": {rec.Address.District}, "address.village": {rec.Address.Village}}
		<-tick.C
		start := time.Now()
		status, err := c.post("/registrations/known", form.Encode(), "")
		took := time.Since(start)
		if err != nil || status != 200 && status != 204 {
			return fmt.Errorf("suggest: %d, %w", status, err)
		}
		if i%2 == 0 {
			twice++
			if status == 200 {
				found++
			}
		}
		all = append(all, took)
	}
	p95 := percentile(all, .95)
	rss := peakMB(s.cmd.Process.Pid)
	fmt.Printf("suggest: %d families on file, %d forms while they are typed, %d a second: p95 %s, %s; of %d who are on file, birth dates partly with day and month exchanged, %d were shown; "+
		"server peak memory %d MB; target p95 < 60 ms: %s\n\n", *families, len(all), searchRate, p95, all, twice, found, rss, verdict(p95 < 60*time.Millisecond))
	return nil
}
