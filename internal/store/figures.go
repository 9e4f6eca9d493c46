package store

import (
	"time"

	"muntija/internal/calendar"
)

// FigureCell is how many families have one combination of what lists filter by.
type FigureCell struct {
	State, Area, Craft, Sex, Protection, Overall string
	N                                            int
}

// FigureMonth is what happened in one month: families handed in (the last time each) and decided on.
type FigureMonth struct {
	Year, Month        int
	Submitted, Decided int
}

// Figures are the counts of a registry: each combination once, the months with something in them, rising, and how many days a decision took ([Figures.Waited][d]: d
// days; the last one holds all that took longer).
type Figures struct {
	Cells  []FigureCell
	Months []FigureMonth
	Waited []int
}

// waitedMost is from how many days on waiting is counted together.
const waitedMost = 366

// Figures counts all families inside the scope. It works in View only: the figures are those of the roll, which every committed save reaches before a reader is
// answered, so that no sum of its own can go wrong. A million families take some 20 ms.
func (tx *Tx) Figures(s Scope) (*Figures, error) {
	out := &Figures{Waited: make([]int, waitedMost+1)}
	err := tx.withRoll(func(r *roll) error {
		mine := r.cells.accept(func(c rollCell) bool { return s.holds(c.party, c.area) })
		width := len(r.traits.values)
		pairs := make([]int32, len(r.cells.values)*width)
		var submitted, decided []int32 // by day since day0
		day0 := uint32(calendar.Of(time.Unix(0, 0).UTC()))
		count := func(days *[]int32, day uint32) {
			if day < day0 || day-day0 > 100_000 {
				return
			}
			if n := int(day - day0); n >= len(*days) {
				*days = append(*days, make([]int32, n+1-len(*days))...)
			}
			(*days)[day-day0]++
		}
		const microsOfDay = 24 * 3600 * 1_000_000
		for id, cell := range r.cell {
			if cell == 0 || !mine[cell] {
				continue
			}
			pairs[int(cell)*width+int(r.trait[id])]++
			if r.submitted[id] == last {
				continue
			}
			handed := day0 + uint32(r.submitted[id]/microsOfDay)
			count(&submitted, handed)
			if d := r.decided[id]; d != lastDay {
				count(&decided, d)
				if d >= handed {
					out.Waited[min(d-handed, waitedMost)]++
				}
			}
		}
		for at, n := range pairs {
			if n == 0 {
				continue
			}
			c, t := r.cells.values[at/width], r.traits.values[at%width]
			out.Cells = append(out.Cells, FigureCell{c.state, c.area, t.craft, t.sex, t.protection, t.overall, int(n)})
		}
		out.Months = monthsOf(day0, submitted, decided)
		return nil
	})
	return out, err
}

func monthsOf(day0 uint32, submitted, decided []int32) []FigureMonth {
	var out []FigureMonth
	for n := range max(len(submitted), len(decided)) {
		var s, d int32
		if n < len(submitted) {
			s = submitted[n]
		}
		if n < len(decided) {
			d = decided[n]
		}
		if s == 0 && d == 0 {
			continue
		}
		year, month, _ := calendar.Date(day0 + uint32(n)).YMD()
		if k := len(out) - 1; k < 0 || out[k].Year != year || out[k].Month != month {
			out = append(out, FigureMonth{Year: year, Month: month})
		}
		m := &out[len(out)-1]
		m.Submitted += int(s)
		m.Decided += int(d)
	}
	return out
}
