package web

import (
	"testing"

	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/service"
)

// TestBoardWindow: a light board is shown whole, a heavy one a stretch at a time, which holds the week that is asked for, else today.
func TestBoardWindow(t *testing.T) {
	first := calendar.Date(20000)
	board := func(weeks, venues, shows int) *seasonBoardPage {
		b := &service.SeasonBook{Season: &exhibition.Season{First: first}, Weeks: weeks, Today: first.AddDays(100), Places: make([]service.SeasonPlace, venues), Entries: make([]service.SeasonEntry, shows)}
		return &seasonBoardPage{SeasonBoard: &service.SeasonBoard{SeasonBook: b, Draft: &exhibition.SeasonDraft{}}}
	}
	for _, c := range []struct {
		weeks, venues, shows int
		asked                string
		from, to             int
	}{
		{26, 6, 12, "", 0, 26}, {26, 6, 12, "20", 0, 26}, {52, 20, 60, "", 13, 26}, {52, 20, 60, "0", 0, 13}, {52, 20, 60, "51", 39, 52}, {52, 20, 60, "-9", 0, 13},
		{52, 20, 60, "999999", 39, 52}, {52, 20, 60, "x", 13, 26}, {52, 40, 60, "", 8, 16}, {52, 40, 60, "50", 48, 52}, {8, 99, 99, "", 0, 8},
	} {
		b := board(c.weeks, c.venues, c.shows)
		if from, to := b.window(c.asked); from != c.from || to != c.to {
			t.Errorf("%d weeks, %d venues, %d exhibitions, asked %q: got %d–%d, want %d–%d", c.weeks, c.venues, c.shows, c.asked, from, to, c.from, c.to)
		}
	}
}
