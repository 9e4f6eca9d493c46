package calendar

// AddMonths returns the day n months later (earlier if n is negative) with the same number in the month, or the month's last day if it has
// no such number: 31 January and one month is 28 or 29 February. Terms of registrations are counted so.
func (d Date) AddMonths(n int) Date {
	if d.IsZero() {
		return d
	}
	y, m, day := d.YMD()
	total := y*12 + (m - 1) + n
	if total < 12 {
		return 0
	}
	y, m = total/12, total%12+1
	return ymd(y, m, min(day, MonthDays(y, m)))
}
