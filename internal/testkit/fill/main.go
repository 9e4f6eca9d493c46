// Command fill makes the data folder of the browser test that plans a whole season: the demo with its people and families, a season of exhibitions with
// thousands of applicants that passed screening, and a season of a single exhibition for an equal-chance draw. All calls are open for another week.
//
//	go run ./internal/testkit/fill -data FOLDER [-exhibitions 12] [-applicants 3000]
//
// It prints, as one line of JSON, the seasons with their exhibitions. "muntija serve --demo --data FOLDER" then serves what it made.
//
// # Limits
//
// Families and people come through the use-cases, as in every demo; the seasons are stored straight, which takes two seconds where the use-cases take minutes.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/demo"
	"muntija/internal/exhibition"
	"muntija/internal/seal"
	"muntija/internal/store"
)

// filled is one season as the test reads it.
type filled struct {
	ID          int64   `json:"id"`
	Exhibitions []int64 `json:"exhibitions"`
}

func main() {
	data := flag.String("data", "", "an empty folder for the database and its keys")
	exhibitions := flag.Int("exhibitions", 12, "exhibitions of the large season")
	applicants := flag.Int("applicants", 3000, "exhibitors that apply in the large season, each for two to four exhibitions")
	flag.Parse()
	if *data == "" || *exhibitions < 1 || *applicants < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := fill(context.Background(), *data, *exhibitions, *applicants); err != nil {
		fmt.Fprintln(os.Stderr, "fill:", err)
		os.Exit(1)
	}
}

func fill(ctx context.Context, data string, exhibitions, applicants int) (err error) {
	keys, err := seal.Open(filepath.Join(data, "muntija.keys"))
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, filepath.Join(data, "muntija.db"), keys, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := demo.Load(ctx, db, keys, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	today := calendar.Of(time.Now().UTC().Add(3 * time.Hour)) // the office's
	var out struct {
		Season filled `json:"season"`
		Draw   filled `json:"draw"`
	}
	err = db.Update(ctx, func(tx *store.Tx) error {
		if out.Season, err = season(tx, today, exhibitions, applicants, 1); err != nil {
			return err
		}
		if out.Draw, err = season(tx, today, 1, 200, 2); err != nil {
			return err
		}
		// A draw with equal chances honours quotas in two directions.
		e, err := tx.ExhibitionByID("", out.Draw.Exhibitions[0])
		if err != nil {
			return err
		}
		e.Terms.Quotas = slices.DeleteFunc(e.Terms.Quotas, func(q exhibition.Quota) bool { return q.By != exhibition.ByParty && q.By != exhibition.ByCraft })
		return tx.UpdateExhibition(e)
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

func season(tx *store.Tx, today calendar.Date, exhibitions, applicants int, seed uint64) (filled, error) {
	s, shows, err := demo.FillSeason(tx, today, exhibitions, applicants, seed)
	if err != nil {
		return filled{}, err
	}
	f := filled{ID: s.ID}
	for _, e := range shows {
		f.Exhibitions = append(f.Exhibitions, e.ID)
	}
	return f, nil
}
