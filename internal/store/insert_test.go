package store_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"muntija/internal/store"
	"muntija/internal/store/storetest"
)

// TestInsertManyStoresWhatItIsGiven: whatever is alike in the rows, counts on or is nothing of both, on both engines.
func TestInsertManyStoresWhatItIsGiven(t *testing.T) {
	dsns(t, func(t *testing.T, dsn string) {
		db := storetest.OpenAt(t, dsn, storetest.Keys(t))
		r := rand.New(rand.NewPCG(7, 8))
		for round := range 30 {
			types, rows := "", make([][]any, []int{1, 15, 16, 17, 64, 131}[round%6])
			for col := range 1 + r.IntN(8) {
				kind, how := "tnb"[r.IntN(3)], r.IntN(5)
				types += string(kind)
				start := r.Int64() - r.Int64()
				if start > 1<<62 {
					start = 1 << 62
				}
				for i := range rows {
					var v any
					n := start
					switch {
					case how == 1 || how == 2 && i%2 == 0: // of all rows, or of every other one
					case how == 3:
						n += int64(i)
					default:
						n = r.Int64() - r.Int64()
					}
					switch {
					case kind == 'n' && col > 0 && how == 4 && types[col-1] == 'n':
						v = rows[i][col-1]
					case kind == 'n':
						v = n
					case kind == 't':
						v = fmt.Sprint("ص", n)
					case n%7 == 0:
						v = []byte{}
					default:
						v = fmt.Append(nil, n)
					}
					rows[i] = append(rows[i], v)
				}
			}
			storetest.Update(t, db, func(tx *store.Tx) error {
				got, err := tx.InsertAndRead(fmt.Sprint("many", round), types, rows)
				if err == nil && !reflect.DeepEqual(got, rows) {
					t.Errorf("round %d, %s:\ngot  %.300v\nwant %.300v", round, types, got, rows)
				}
				return err
			})
		}
	})
}

// TestInsertManyHandsOverLittle: what is the same in all rows, as the column before, or counts on, is handed over once for a statement.
func TestInsertManyHandsOverLittle(t *testing.T) {
	var rows [][]any
	for i := range int64(64) {
		rows = append(rows, []any{"EG", 1000 + i, 1000 + i, i * i, fmt.Sprint(i)})
	}
	if got, want := store.Handed("little", 5, rows), 1+1+0+64+64; got != want {
		t.Errorf("%d values are handed over, want %d", got, want)
	}
	rows[40][1], rows[40][0] = int64(7), "QA"
	if got, want := store.Handed("more", 5, rows), 64+64+1+64+64; got != want {
		t.Errorf("%d values are handed over, want %d", got, want)
	}
}
