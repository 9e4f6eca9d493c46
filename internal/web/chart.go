package web

import (
	"strconv"

	"muntija/internal/calendar"
	"muntija/internal/service"
)

// Charts are drawn by the server as SVG: they need no script, print as they are, and the numbers stand in a table behind each. The units of a chart are the pixels
// of a phone; on a wider screen it grows to its greatest width and no further, so that its words stay readable.
const (
	chartWidth  = 330
	chartHeight = 150
	chartFoot   = 18 // below the bars: the days
	chartHead   = 10
	chartSide   = 58 // beside the bars: the scale
)

// dayChart is one measure by day, in the direction of reading: the first day stands where the line begins.
type dayChart struct {
	Title, Alt    string
	Tone          string // of the bars: "a" or "b"
	Width, Height int
	Bars          []chartBar
	Ticks         []chartTick
	Days          []chartLabel
	Left, Right   int // where the lines of the scale begin and end
}

// Foot is where the days stand, with room below them for what hangs under the line of a letter.
func (c dayChart) Foot() int { return c.Height - 4 }

type chartBar struct{ X, Y, W, H int }

// chartTick is a line of the scale with its number.
type chartTick struct {
	Y, X, Base int // of the line, of the number, of the number's feet
	Text       string
	End        bool // the number ends at X, else it begins there
}

type chartLabel struct {
	X    int
	Text string
}

// scaleTo returns the end of a scale for values up to most, a number with one digit and zeros or its half: 1, 2, 5, 10, 20, 50 …
func scaleTo(most int64) int64 {
	for unit := int64(1); ; unit *= 10 {
		for _, n := range []int64{1, 2, 5} {
			if n*unit >= most {
				return max(2, n*unit)
			}
		}
		if unit > most {
			return max(2, unit)
		}
	}
}

// chartOf draws values by day. text puts a number of the scale into words.
func (r *request) chartOf(title, alt, tone string, days []service.ReportDay, value func(service.ReportDay) int64, text func(int64) string) dayChart {
	c := dayChart{Title: title, Alt: alt, Tone: tone, Width: chartWidth, Height: chartHeight}
	most := int64(0)
	for _, d := range days {
		most = max(most, value(d))
	}
	if len(days) == 0 || most == 0 {
		return c
	}
	rtl := r.words().Lang() == "ar"
	top := scaleTo(most)
	c.Left, c.Right = chartSide, chartWidth
	if rtl {
		c.Left, c.Right = 0, chartWidth-chartSide
	}
	plot, floor := c.Right-c.Left, chartHeight-chartFoot
	tall := floor - chartHead
	for _, v := range []int64{0, top / 2, top} {
		t := chartTick{Y: floor - int(v*int64(tall)/top), Text: text(v), X: chartSide - 6, End: true}
		if rtl {
			t.X = c.Right + 6
		}
		t.Base = t.Y + 4
		c.Ticks = append(c.Ticks, t)
	}
	n := len(days)
	every := (n + 6) / 7 // at most seven days are named, so that they stay apart
	for i, d := range days {
		at := i
		if rtl {
			at = n - 1 - i
		}
		from, to := c.Left+plot*at/n, c.Left+plot*(at+1)/n
		w := min(30, max(1, (to-from)*7/10))
		x := from + (to-from-w)/2
		if h := int(value(d) * int64(tall) / top); h > 0 {
			c.Bars = append(c.Bars, chartBar{x, floor - h, w, h})
		}
		if i%every == 0 {
			c.Days = append(c.Days, chartLabel{(from + to) / 2, dayMonth(d.Day)})
		}
	}
	return c
}

// dayMonth is a day as short as people write it: "26/11".
func dayMonth(d calendar.Date) string {
	return strconv.Itoa(d.Day()) + "/" + strconv.Itoa(int(d.Month()))
}

// lineChart is a list of parts with one or two bars each: exhibitors, and sales in one currency.
type lineChart struct {
	Rows []lineChartRow
}

type lineChartRow struct {
	Name       string
	People     int // hundredths of the longest
	PeopleText string
	Sold       int
	SoldText   string
	PeopleX    int // where the bar begins, so that it grows in the direction of reading
	SoldX      int
}

// lines draws parts beside each other, scaled to the greatest of each measure.
func (r *request) lines(rows []reportLine, currency string) lineChart {
	w := r.words()
	people, sold := 1, int64(1)
	for _, l := range rows {
		people, sold = max(people, l.Exhibitors), max(sold, l.Sales)
	}
	var c lineChart
	for _, l := range rows {
		x := lineChartRow{Name: l.Name, People: l.Exhibitors * 100 / people, PeopleText: w.Num(int64(l.Exhibitors)), Sold: int(l.Sales * 100 / sold), SoldText: w.Money(l.Sales, currency)}
		if w.Lang() == "ar" {
			x.PeopleX, x.SoldX = 100-x.People, 100-x.Sold
		}
		c.Rows = append(c.Rows, x)
	}
	return c
}
