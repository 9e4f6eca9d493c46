package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/store"
)

const (
	seasonShows  = 60
	seasonVenues = 40
	seasonWeeks  = 52
	seasonEmail  = "season@muntija.example"
)

// benchSeasonDrop measures what a drop on the board of a season waits for, over HTTP as the script of the page asks it: what speaks against every cell when an exhibition is taken
// up, and the move. 60 exhibitions stand on the board of 40 venues and 52 weeks where the planner put them.
func benchSeasonDrop(ctx context.Context) error {
	dir := filepath.Join(*dirFlag, "season-drop")
	_ = os.RemoveAll(dir)
	season, shows, err := seasonIn(ctx, dir)
	if err != nil {
		return err
	}
	if err := dayWorked(ctx, dir); err != nil { // a board is moved about by day
		return err
	}
	s, err := startServer(dir, filepath.Join(dir, "muntija.db"))
	if err != nil {
		return err
	}
	defer s.stop()
	c, err := s.signIn(seasonEmail)
	if err != nil {
		return err
	}
	plan := fmt.Sprintf("/seasons/%d/plan", season)
	if _, _, err := c.get(plan); err != nil {
		return err
	}
	if status, err := c.post(plan+"/start", "", "season-start"); err != nil || status != 303 {
		return fmt.Errorf("starting the planner: %d, %w", status, err)
	}
	draft, version, err := c.seasonPlanned(plan)
	if err != nil {
		return err
	}
	const drops = 600
	var judges, moves, both, draws spread
	warned, heaviest := 0, 0
	for i := range drops {
		show := strconv.FormatInt(shows[(i*37)%len(shows)], 10)
		began := time.Now()
		status, body, err := c.get(draft + "/judge?exhibition=" + show)
		judge := time.Since(began)
		if err != nil || status != 200 {
			return fmt.Errorf("what speaks against exhibition %s: %d, %w", show, status, err)
		}
		var verdicts struct {
			Cells map[string][]int `json:"cells"`
		}
		if err := json.Unmarshal(body, &verdicts); err != nil {
			return err
		}
		venue, week, ok := freeCell(verdicts.Cells, i)
		if !ok {
			return fmt.Errorf("there is no cell for exhibition %s", show)
		}
		if verdicts.Cells[venue][week] < 0 {
			warned++
		}
		form := url.Values{"exhibition": {show}, "venue": {venue}, "week": {strconv.Itoa(week)}, "version": {strconv.FormatInt(version, 10)}}
		began = time.Now()
		status, err = c.postAs(draft+"/move", form.Encode(), "drop-"+strconv.Itoa(i), "application/json")
		move := time.Since(began)
		if err != nil || status != 204 {
			return fmt.Errorf("moving exhibition %s to venue %s in week %d: %d, %w", show, venue, week, status, err)
		}
		version++
		began = time.Now()
		status, body, err = c.get(draft + "?from=" + strconv.Itoa(week))
		if err != nil || status != 200 {
			return fmt.Errorf("the board: %d, %w", status, err)
		}
		draws, heaviest = append(draws, time.Since(began)), max(heaviest, len(body))
		judges, moves, both = append(judges, judge), append(moves, move), append(both, judge+move)
	}
	fmt.Printf("season-drop: the board drawn anew: %s, at most %d KB of HTML; target < 60 KB: %s\n", draws.String(), heaviest/1024, verdict(heaviest < 60*1024))
	fmt.Printf("season-drop: %d × %d × %d, %d drops (%d with a warning): what speaks against each cell %s; move %s; both %s; server peak memory %d MB; target p99 of both < 50 ms: %s\n\n", seasonShows, seasonVenues, seasonWeeks,
		drops, warned, judges.String(), moves.String(), both.String(), peakMB(s.cmd.Process.Pid), verdict(both.at(.99) < 50*time.Millisecond))
	return nil
}

// seasonIn makes a folder with a season: venues of both parties with rents, blackouts and holds, joint exhibitions in series with people, windows and wishes, and a coordinator.
func seasonIn(ctx context.Context, dir string) (season int64, shows []int64, err error) {
	o, err := openOffice(ctx, dir, "")
	if err != nil {
		return 0, nil, err
	}
	defer o.db.Close()
	hash, err := auth.HashPassword(ctx, benchPassword)
	if err != nil {
		return 0, nil, err
	}
	now, first := time.Now().UTC(), o.today().AddDays(35)
	var venues []*exhibition.Venue
	u := auth.User{Email: seasonEmail, Name: "المنسقة", Role: auth.Coordinator, Party: place.Egypt, Areas: auth.AllAreas(), Locale: "ar", PasswordHash: hash, Active: true, CreatedAt: now, PasswordAt: now}
	err = o.db.Update(ctx, func(tx *store.Tx) error {
		shows, venues = nil, nil
		if err := tx.InsertUser(&u); err != nil {
			return err
		}
		s := &exhibition.Season{Name: "موسم القياس", First: first, Last: first.AddDays(7*seasonWeeks - 1), Party: place.Egypt, By: u.ID, CreatedAt: now}
		if err := tx.InsertSeason(s); err != nil {
			return err
		}
		season = s.ID
		for i := range seasonVenues {
			party := place.Countries()[i%2]
			v := &exhibition.Venue{Party: party, Area: map[place.Country]string{place.Egypt: "EG-C", place.Qatar: "QA-DA"}[party], Name: exhibition.Label{AR: fmt.Sprintf("أرض المعارض %d", i+1), EN: fmt.Sprintf("Fairground %d", i+1)},
				City: exhibition.Label{AR: "المدينة", EN: "The city"}, Setting: []exhibition.Setting{exhibition.Indoor, exhibition.Outdoor}[i/2%2], FloorM2: 400 + 60*i, CreatedAt: now, UpdatedAt: now}
			if err := tx.InsertVenue(v); err != nil {
				return err
			}
			venues = append(venues, v)
		}
		for i := range seasonShows {
			from := first.AddDays(7 * (i * 17 % (seasonWeeks - 3)))
			e := &exhibition.Exhibition{Status: exhibition.Agreed, Proposer: place.Egypt, EnteredBy: u.ID, CreatedAt: now, UpdatedAt: now, Keys: []exhibition.Key{{Party: place.Egypt, By: u.ID, At: now}, {Party: place.Qatar, By: u.ID, At: now}},
				Terms: exhibition.Terms{Name: fmt.Sprintf("معرض %d", i+1), NameEN: fmt.Sprintf("Fair %d", i+1), Parties: place.Countries(), Host: place.Countries()[i%2], SeasonID: season, First: from, Last: from.AddDays(3 + i%10), Capacity: 20 + i%20}}
			if i%6 == 0 {
				e.Terms.Series = "series-" + strconv.Itoa(i%4)
			}
			if err := tx.InsertExhibition(e); err != nil {
				return err
			}
			shows = append(shows, e.ID)
		}
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	for _, party := range place.Countries() {
		actor := auth.Actor{UserID: u.ID, Role: auth.Coordinator, Party: party, Areas: auth.AllAreas(), Locale: "ar"}
		if err := o.seasonSaid(ctx, actor, season, first, shows, venues); err != nil {
			return 0, nil, err
		}
	}
	return season, shows, nil
}

// seasonSaid has one party say what its venues offer, whom its exhibitions need and when they had better be.
func (o *office) seasonSaid(ctx context.Context, actor auth.Actor, season int64, first calendar.Date, shows []int64, venues []*exhibition.Venue) error {
	writes := 0
	write := func() service.Write {
		writes++
		return service.Write{Key: fmt.Sprint("season-", actor.Party, writes)}
	}
	days := func(from, n int) []intake.DayRow {
		return []intake.DayRow{{First: first.AddDays(from).String(), Last: first.AddDays(from + n - 1).String()}}
	}
	plans := o.svc.SeasonPlans
	var people []string
	for i := range 8 {
		id, err := plans.PutPerson(ctx, actor, season, 0, &intake.SeasonPerson{Name: fmt.Sprintf("موظف %d", i+1), Away: days(40*i, 14)}, write())
		if err != nil {
			return err
		}
		people = append(people, strconv.FormatInt(id, 10))
	}
	for i, v := range venues {
		if v.Party != actor.Party {
			continue
		}
		form := &intake.SeasonVenue{Rent: strconv.Itoa(1000 + 100*i), Blackouts: days(7*i, 21), Features: []string{"power", "accessible"}}
		if i < 8 {
			form.Holds = []intake.SeasonHold{{Exhibition: strconv.FormatInt(shows[i], 10), First: first.AddDays(200).String(), Last: first.AddDays(240).String(), Rank: "1"}}
		}
		if err := plans.PutVenue(ctx, actor, season, v.ID, form, write()); err != nil {
			return err
		}
	}
	for i, id := range shows {
		if place.Countries()[i%2] != actor.Party {
			continue
		}
		wish := exhibition.DefaultSeasonShow()
		form := intake.FromSeasonShow(&wish)
		form.People = []string{people[i/2%len(people)]}
		switch i / 2 % 3 {
		case 0:
			form.Prefer = days(6*i, 60)
		case 1:
			form.Unavailable, form.Needs = days(5*i, 28), []string{"power"}
		}
		if err := plans.PutShow(ctx, actor, season, id, form, write()); err != nil {
			return err
		}
	}
	return nil
}

// seasonPlanned waits until the planner's plan stands on the board, and returns the address of its draft and the version.
func (c *client) seasonPlanned(plan string) (draft string, version int64, err error) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		draft = plan + "/drafts/1"
		status, body, err := c.get(draft)
		if err != nil || status != 200 {
			return "", 0, fmt.Errorf("the board: %d, %w", status, err)
		}
		_, rest, _ := strings.Cut(string(body), `data-version="`)
		text, _, _ := strings.Cut(rest, `"`)
		if version, err = strconv.ParseInt(text, 10, 64); err != nil {
			return "", 0, fmt.Errorf("the version of the board: %w", err)
		}
		if strings.Contains(string(body), `<p class="soft" data-tray>`) { // nothing waits for a place any more
			return draft, version, nil
		}
	}
	return "", 0, errors.New("the planner's plan does not stand on the board after a minute")
}

// freeCell is a cell that nothing forbids, another one for each n.
func freeCell(cells map[string][]int, n int) (venue string, week int, ok bool) {
	for k := range seasonVenues * seasonWeeks {
		at := (n*977 + k*61) % (seasonVenues * seasonWeeks)
		venue, week = strconv.Itoa(1+at/seasonWeeks), at%seasonWeeks
		if weeks := cells[venue]; week < len(weeks) && weeks[week] <= 0 {
			return venue, week, true
		}
	}
	return "", 0, false
}
