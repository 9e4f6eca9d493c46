package store

import (
	"database/sql"
	"fmt"

	"muntija/internal/calendar"
	"muntija/internal/programme"
)

// CheckFigures compares the kept sums with a count of every family and returns how many differ; behind is true if the sums have not taken in everything yet, and nothing
// was compared. It takes minutes for a million families.
func (tx *Tx) CheckFigures() (differ int64, example string, behind bool, err error) {
	c, err := tx.figureClock()
	if err != nil || c == nil || c.built >= 0 {
		return 0, "", true, err
	}
	p, err := tx.pendingAfter(c, c.day, 1)
	if err != nil || p.more || len(p.ids) > 0 {
		return 0, "", true, err
	}
	differ, example, err = tx.fullCount(c.day)
	return differ, example, false, err
}

// fullCount counts every family from its record and returns how many sums of figure_cell differ from that, with one of them in words.
func (tx *Tx) fullCount(today calendar.Date) (differ int64, example string, err error) {
	want := map[cellKey]int{}
	for after := int64(0); ; {
		var ids []int64
		err := tx.each(func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		}, `SELECT id FROM family WHERE id > $1 ORDER BY id LIMIT $2`, after, tallyBatch)
		if err != nil {
			return 0, "", err
		}
		if len(ids) == 0 {
			break
		}
		rows, err := tx.countAnew(ids, today)
		if err != nil {
			return 0, "", err
		}
		for i := range rows {
			rows[i].to(want, 1)
		}
		after = ids[len(ids)-1]
	}
	note := func(k cellKey, got, want int) {
		if differ++; differ == 1 {
			example = fmt.Sprintf("%s %s %s %s %s %s: %d for %d", k.party, k.area, k.Measure, k.Month, k.Code, k.Sex, got, want)
		}
	}
	err = tx.each(func(rows *sql.Rows) error {
		var k cellKey
		var measure string
		var month int64
		var n int
		err := rows.Scan(&k.party, &k.area, &measure, &month, &k.Code, &k.Sex, &n)
		k.Measure, k.Month = programme.Measure(measure), programme.Month(month)
		if want[k] != n {
			note(k, n, want[k])
		}
		delete(want, k)
		return err
	}, `SELECT party, area, measure, month, code, sex, n FROM figure_cell`)
	for k, n := range want {
		if n != 0 {
			note(k, 0, n)
		}
	}
	return differ, example, err
}
