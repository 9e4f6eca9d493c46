// Package intake turns what people type into checked values of the domain: one input struct for a form and for a row of a workbook.
//
// # Design
//
// Every input is a struct of strings, because a form that is drawn again must show what was typed, not what was understood. An input goes
// two steps:
//
//   - Decode reads a map of form values (or of the cells of a row, by the same names) into the struct. It takes anything: unknown fields are
//     ignored, rows are compacted, invisible characters go, and what is over-long, repeated, full of control characters or not UTF-8
//     becomes a problem of its field, with the value kept as far as it can be shown.
//   - Check gives the domain's value and the problems. It reads digits of three scripts and both calendars, and knows what a party asks. With
//     blocking problems the value holds all that was sound, which is what a live checklist reads; it must not be stored as a record.
//
// The names of the fields are the JSON names of [registry.Record]: "household.members[2].name" is one word chain from the form to the message
// "field.household.members.name", the permission class and the audit log.
//
// [Registration] is also what a draft stores (as JSON): a draft needs nothing but shape, see [Registration.CheckDraft]. [FromRecord] is the
// way back from a stored record, and Check(FromRecord(r)) is r again for every record that Check let pass.
//
// A problem carries a message key ("problem.required", or a key of packages identity and calendar) and arguments that never hold a protected
// value. Problems come in the order of the form.
//
// # Doors
//
// This package is the only door of go-playground/validator. Struct tags in its language say what a field's shape is (length, code list, format);
// the formats are the validator's, the rest is checked in the pass that cleans, see rulesOf. Check says what a field means.
//
// Forms are decoded by a table of our own and not by go-playground/form, which was tried: the field name "formal[" makes it panic,
// "formal[9999].kind" makes it build 10,000 rows, of a field sent twice it drops one without a word, and cleaning, cutting and closing
// gaps would be a second pass. It took 28 µs for a form that takes 22 µs here, cleaning included.
//
// # Limits
//
// Uniqueness and anything else that needs other records is the business of package service.
package intake

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// Context is what a check may know besides the input.
type Context struct {
	Party       place.Country // whose form it is
	Today       calendar.Date // the civil date in the party's capital; required
	GuardianAge int           // below this age on the application date a guardian applies; 0: never (a parameter of the criteria set)
	Now         time.Time     // the instant of the check, for inputs that hold one
	CheckDigit  bool          // hint at an implausible check digit of an Egyptian id: a setting of the office
}

// MaxFields is the most fields one form may send. The largest honest registration has about 480.
const MaxFields = 1000

// messageOf returns the message key and arguments of an error of a package below, which are made for the person who typed.
func messageOf(err error) (key string, args []any) {
	var d *calendar.Error
	if errors.As(err, &d) {
		return d.Key, d.Args
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Key, f.Args
	}
	return "problem.unreadable", nil
}

// sortProblems puts problems in the order of the form and drops what is said twice of one field.
func (pl *plan) sortProblems(ps fault.Problems) fault.Problems {
	if len(ps) < 2 {
		return ps
	}
	type placed struct {
		at [3]int
		fault.Problem
	}
	all := make([]placed, len(ps))
	for i, p := range ps {
		all[i] = placed{pl.position(p.Field), p}
	}
	slices.SortStableFunc(all, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.at[0], b.at[0]), cmp.Compare(a.at[1], b.at[1]), cmp.Compare(a.at[2], b.at[2]))
	})
	out := ps[:0]
	for _, p := range all {
		if n := len(out); n > 0 && out[n-1].Field == p.Field && out[n-1].Key == p.Key {
			continue
		}
		out = append(out, p.Problem)
	}
	return out
}
