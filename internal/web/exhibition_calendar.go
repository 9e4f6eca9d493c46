package web

import (
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var calendarRoutes = []route{
	{method: "GET", path: "/calendar", access: permit, action: auth.ExhibitionView, handle: (*Server).calendar},
	{method: "POST", path: "/calendar/feed", access: permit, action: auth.FeedManage, handle: (*Server).feedMake},
	{method: "POST", path: "/calendar/feed/revoke", access: permit, action: auth.FeedManage, handle: (*Server).feedRevoke},
	{method: "POST", path: "/seasons", access: permit, action: auth.ExhibitionEdit, handle: (*Server).seasonSave},
	{method: "GET", path: "/holidays", access: permit, action: auth.ExhibitionView, handle: (*Server).holidays},
	{method: "POST", path: "/holidays", access: permit, action: auth.HolidayEdit, handle: (*Server).holidaySave},
	{method: "POST", path: "/holidays/:id", access: permit, action: auth.HolidayEdit, handle: (*Server).holidaySave},
	{method: "POST", path: "/holidays/:id/confirm", access: permit, action: auth.HolidayEdit, handle: (*Server).holidayConfirm},
	{method: "POST", path: "/holidays/:id/remove", access: permit, action: auth.HolidayEdit, handle: (*Server).holidayRemove},
}

// calendarPage is the Body of calendar/calendar.
type calendarPage struct {
	*service.Calendar
	Timeline   bool
	Title      string
	Prev, Next string
	Month      string // of the address, "2027-01"
	Weeks      [][]calendarDay
	Weekdays   []string
	Bars       []timelineBar
	Months     []timelineMonth
	Rests      []timelineSpan // public holidays of either party
	TodayX     int            // ‰ of the width, -1 outside
	Clashes    []calendarClash
	CanSeason  bool
	CanPlan    bool // sees allocations
	Seasons    []seasonView
}

type seasonView struct {
	exhibition.Season
	Title string
}

type calendarDay struct {
	Date     calendar.Date
	Out      bool // of another month
	Today    bool
	Weekend  bool
	Ramadan  bool // its first day in view, or of the month
	Empty    bool // nothing to show on a narrow screen
	Holidays []holidayMark
	Items    []calendarItem
}

type holidayMark struct {
	Name     string
	Party    string
	Expected bool
}

type calendarItem struct {
	Title, URL, Tone string
	Begins           bool
	Clash            bool // something is in its way on this day
}

// timelineBar is an exhibition as a bar: its place and length in ‰ of the width.
type timelineBar struct {
	Title, URL, Tone, Where string
	X, Width                int
	First, Last             calendar.Date
	Status                  exhibition.Status
	Clashes                 []timelineSpan // the days on which something is in its way
}

// timelineSpan is a stretch of days in ‰ of the width.
type timelineSpan struct{ X, Width int }

type timelineMonth struct {
	Title  string
	Number int // of the month, for narrow screens
	X      int
	Width  int
}

type calendarClash struct {
	exhibition.Clash
	Name, URL, With, WithURL string
}

var tones = map[exhibition.Status]string{exhibition.Draft: "neutral", exhibition.Proposed: "wait", exhibition.Agreed: "good", exhibition.Closed: "off", exhibition.Cancelled: "bad"}

func (s *Server) calendar(r *request) error { return s.drawCalendar(r, 0, nil) }

func (s *Server) drawCalendar(r *request, status int, form *render.Form) error {
	q := r.query()
	today := r.today()
	first, _ := calendar.New(today.Year(), int(today.Month()), 1)
	if v := q["month"]; len(v) == 1 {
		if d, err := calendar.Parse(v[0] + "-01"); err == nil && d.Year() >= 2000 && d.Year() < 2100 {
			first = d
		}
	}
	timeline := len(q["view"]) == 1 && q["view"][0] == "timeline"
	b := &calendarPage{Timeline: timeline, Month: first.String()[:7], TodayX: -1, CanSeason: auth.Can(r.actor, auth.ExhibitionEdit), CanPlan: auth.Can(r.actor, auth.AllocationView)}
	from, to := first, first.AddMonths(1).AddDays(-1)
	if timeline {
		to = first.AddMonths(12).AddDays(-1)
		b.Prev, b.Next = first.AddMonths(-6).String()[:7], first.AddMonths(6).String()[:7]
	} else {
		from = from.AddDays(-(int(from.Weekday()) + 1) % 7) // weeks begin on Saturday
		to = to.AddDays(6 - (int(to.Weekday())+1)%7)
		b.Prev, b.Next = first.AddMonths(-1).String()[:7], first.AddMonths(1).String()[:7]
	}
	v, err := s.svc.Exhibitions.Calendar(r.ctx(), r.actor, from, to)
	if err != nil {
		return err
	}
	b.Calendar = v
	w := r.words()
	b.Title = w.T("month."+strconv.Itoa(int(first.Month()))) + " " + strconv.Itoa(first.Year())
	for _, x := range v.Seasons {
		b.Seasons = append(b.Seasons, seasonView{x, w.show(x.Name, x.NameEN)})
	}
	names := map[int64]string{}
	for _, e := range v.Exhibitions {
		names[e.ID] = w.show(e.Terms.Name, e.Terms.NameEN)
	}
	b.Clashes = w.clashes(v.Clashes, names)
	if timeline {
		b.fillTimeline(r, from, to)
	} else {
		b.fillMonth(r, first, from, to)
	}
	if form == nil {
		form = &render.Form{}
	}
	return r.page(status, "calendar/calendar", form, b)
}

func (w words) holiday(h exhibition.Holiday) string { return w.show(h.Name, h.NameEN) }

// clashOn reports whether something is in an exhibition's way on a day.
func (b *calendarPage) clashOn(id int64, d calendar.Date) bool {
	for _, c := range b.Calendar.Clashes {
		if (c.Exhibition == id || c.Other == id) && !d.Before(c.First) && !d.After(c.Last) {
			return true
		}
	}
	return false
}

func (b *calendarPage) fillMonth(r *request, first, from, to calendar.Date) {
	w := r.words()
	for i := range 7 {
		b.Weekdays = append(b.Weekdays, w.Weekday(from.AddDays(i)))
	}
	var week []calendarDay
	for d := from; !d.After(to); d = d.AddDays(1) {
		day := calendarDay{Date: d, Out: d.Month() != first.Month(), Today: d == b.Today, Weekend: d.Weekday() == 5 || d.Weekday() == 6}
		if h, err := d.Hijri(); err == nil && h.Month == 9 && (h.Day == 1 || d == first) {
			day.Ramadan = true
		}
		for _, h := range b.Holidays {
			if !d.Before(h.First) && !d.After(h.Last) {
				day.Holidays = append(day.Holidays, holidayMark{w.holiday(h), w.country(string(h.Party)), h.Expected})
			}
		}
		for _, e := range b.Exhibitions {
			if !d.Before(e.Terms.First) && !d.After(e.Terms.Last) {
				day.Items = append(day.Items, calendarItem{w.show(e.Terms.Name, e.Terms.NameEN), exhibitionURL(e.ID), tones[e.Status], d == e.Terms.First || d.Weekday() == 6, b.clashOn(e.ID, d)})
			}
		}
		for _, m := range b.Meetings {
			if m.Day == d {
				day.Items = append(day.Items, calendarItem{m.Title, "/meetings/" + strconv.FormatInt(m.ID, 10), "info", true, false})
			}
		}
		for _, a := range b.Activities {
			if !d.Before(a.First) && !d.After(a.Last) {
				day.Items = append(day.Items, calendarItem{w.show(a.Title, a.TitleEN), activityURL(a.ID), "info", d == a.First || d.Weekday() == 6, false})
			}
		}
		day.Empty = !day.Today && !day.Ramadan && len(day.Items)+len(day.Holidays) == 0
		if week = append(week, day); len(week) == 7 {
			b.Weeks = append(b.Weeks, week)
			week = nil
		}
	}
}

func (b *calendarPage) fillTimeline(r *request, from, to calendar.Date) {
	w := r.words()
	days := calendar.DaysBetween(from, to) + 1
	x := func(d calendar.Date) int { return calendar.DaysBetween(from, d) * 1000 / days }
	b.Title = w.Date(from) + " – " + w.Date(to)
	for m := from; !m.After(to); m = m.AddMonths(1) {
		b.Months = append(b.Months, timelineMonth{w.T("month." + strconv.Itoa(int(m.Month()))), int(m.Month()), x(m), x(m.AddMonths(1)) - x(m)})
	}
	for _, h := range b.Holidays {
		if f, l := max(from, h.First), min(to, h.Last); !l.Before(f) {
			b.Rests = append(b.Rests, timelineSpan{x(f), max(3, x(l.AddDays(1))-x(f))})
		}
	}
	if !b.Today.Before(from) && !b.Today.After(to) {
		b.TodayX = x(b.Today)
	}
	for _, e := range b.Exhibitions {
		first, last := max(from, e.Terms.First), min(to, e.Terms.Last)
		c := r.exhibitionCard(e)
		bar := timelineBar{Title: c.Title, URL: exhibitionURL(e.ID), Tone: tones[e.Status], Where: c.Where, X: x(first), Width: max(6, x(last.AddDays(1))-x(first)), First: e.Terms.First,
			Last: e.Terms.Last, Status: e.Status}
		for _, k := range b.Calendar.Clashes {
			if f, l := max(from, k.First), min(to, k.Last); (k.Exhibition == e.ID || k.Other == e.ID) && !l.Before(f) {
				bar.Clashes = append(bar.Clashes, timelineSpan{x(f), max(5, x(l.AddDays(1))-x(f))})
			}
		}
		b.Bars = append(b.Bars, bar)
	}
}

func (s *Server) seasonSave(r *request) error {
	in, bad := intake.DecodeSpan(r.values())
	err := bad.Err()
	if err == nil {
		_, err = s.svc.Exhibitions.PutSeason(r.ctx(), r.actor, 0, in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawCalendar(r, 422, &render.Form{Values: in.Values(), Problems: p})
	}
	if err != nil {
		return err
	}
	return r.redirect("/calendar", "success", "flash.season_saved")
}

func (s *Server) feedMake(r *request) error {
	token, err := s.svc.Exhibitions.MakeFeed(r.ctx(), r.actor, r.write())
	if err != nil {
		return err
	}
	return r.showLink("link.feed_title", "link.feed_text", "/feeds/"+token, "/calendar")
}

func (s *Server) feedRevoke(r *request) error {
	if err := s.svc.Exhibitions.RevokeFeed(r.ctx(), r.actor, r.write()); err != nil {
		return err
	}
	return r.redirect("/calendar", "success", "flash.feed_revoked")
}

// feed is a user's calendar, for a program that asks with the secret address alone.
func (s *Server) feed(r *request) error {
	v, lang, err := s.svc.Exhibitions.Feed(r.ctx(), r.c.Params("token"))
	if err != nil {
		return err
	}
	r.locale = lang
	w := r.words()
	entries := v.FeedEntries(s.baseURL(r.c), func(h exhibition.Holiday) string {
		name := w.holiday(h) + " (" + w.country(string(h.Party)) + ")"
		if h.Expected {
			name += " – " + w.T("holiday.expected")
		}
		return name
	}, func(p place.Country) string { return w.country(string(p)) })
	r.c.Set("Content-Type", "text/calendar; charset=utf-8")
	r.c.Set("Content-Disposition", `inline; filename="muntija.ics"`)
	r.c.Set("Cache-Control", "private, max-age=900")
	return r.c.Send(exhibition.ICalendar(w.T("calendar.feed_name"), entries))
}

// holidayPage is the Body of calendar/holidays.
type holidayPage struct {
	Year       int
	Prev, Next int
	Rows       []holidayRow
	Party      string
	CanEdit    bool
	Editing    *exhibition.Holiday
	Refused    string
}

type holidayRow struct {
	exhibition.Holiday
	Title string
}

func (s *Server) holidays(r *request) error { return s.drawHolidays(r, 0, nil, 0, "") }

func (s *Server) drawHolidays(r *request, status int, form *render.Form, editing int64, refused string) error {
	year := r.today().Year()
	q := r.query()
	if v := q["year"]; len(v) == 1 {
		if n, err := strconv.Atoi(v[0]); err == nil && n >= 2000 && n < 2100 {
			year = n
		}
	}
	if v := q["edit"]; len(v) == 1 && editing == 0 {
		editing, _ = strconv.ParseInt(v[0], 10, 64)
	}
	list, err := s.svc.Exhibitions.Holidays(r.ctx(), r.actor, year)
	if err != nil {
		return err
	}
	w := r.words()
	b := holidayPage{Year: year, Prev: year - 1, Next: year + 1, Party: w.country(string(r.actor.Party)), CanEdit: auth.Can(r.actor, auth.HolidayEdit), Refused: refused}
	for i, h := range list {
		b.Rows = append(b.Rows, holidayRow{h, w.holiday(h)})
		if h.ID == editing {
			b.Editing = &list[i]
		}
	}
	if form == nil {
		form = &render.Form{}
		if h := b.Editing; h != nil {
			form.Values = map[string]string{"name": h.Name, "name_en": h.NameEN, "first": h.First.String(), "last": h.Last.String(), "source": h.Source}
			if h.Expected {
				form.Values["expected"] = "yes"
			}
		}
	}
	return r.page(status, "calendar/holidays", form, b)
}

func (s *Server) holidaySave(r *request) error {
	id, err := r.idOrNew()
	if err != nil {
		return err
	}
	in, bad := intake.DecodeSpan(r.values())
	err = bad.Err()
	if err == nil {
		err = s.svc.Exhibitions.PutHoliday(r.ctx(), r.actor, id, in, r.write())
	}
	return s.onHolidays(r, id, &render.Form{Values: in.Values()}, err, "flash.holiday_saved")
}

func (s *Server) onHolidays(r *request, id int64, form *render.Form, err error, flash string) error {
	if err == nil {
		to := "/holidays"
		if y := r.value("year"); len(y) == 4 {
			if _, err := strconv.Atoi(y); err == nil {
				to += "?year=" + y
			}
		}
		return r.redirect(to, "success", flash)
	}
	if p, ok := problems(err); ok {
		form.Problems = p
		return s.drawHolidays(r, 422, form, id, "")
	}
	if fault.Is(err, fault.Stale) {
		text, _ := r.refusal(err)
		return s.drawHolidays(r, 409, form, id, text)
	}
	return err
}

func (s *Server) holidayConfirm(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.onHolidays(r, 0, nil, s.svc.Exhibitions.ConfirmHoliday(r.ctx(), r.actor, id, r.write()), "flash.holiday_confirmed")
}

func (s *Server) holidayRemove(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.onHolidays(r, 0, nil, s.svc.Exhibitions.RemoveHoliday(r.ctx(), r.actor, id, r.write()), "flash.holiday_removed")
}
