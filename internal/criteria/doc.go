// Package criteria checks a family against its party's registration criteria (معايير تسجيل الأسر). The criteria are data, edited by the
// ministry in Arabic words; this package reads them, runs them, and says why.
//
// Start with [ParseSet] and [Compile], once per version of a set; keep the [Program]. [FactsOf] turns a registry.Family into [Facts];
// [Program.Assess] runs the set on them; [Program.AppendJSON] stores the result and [DecodeAssessment] reads it back. [Program.Sheet] puts
// a stored [Assessment] into words: the decision sheet and the live checklist. [Compare] prepares the preview of a new version: who would
// enter, who would leave. [Check], [Build], [Rows] and [Describe] serve the editor of rules.
//
// # Design
//
// A condition is CEL (the Common Expression Language), type-checked over the facts of [Schema]. This package is the only door to cel-go.
// Beside CEL's operators, the functions and values of the language are:
//
//	age                          full years on the date that the set names
//	age_on(date)                 full years on another date, such as today or round_closing
//	age_between(date, date)      full years from the first to the second
//	days_between(date, date)     days from the first to the second
//	add_days(date, n)            n days later;   add_years(date, n): the day of being n years older
//	date('2026-11-24')           a date
//	'takaful' in benefits        membership;     has_any(benefits, […]), has_all(benefits, […])
//	has_document('contract')     on file;        document_valid('id_card', date): on file and in force on a date
//	params.guardian_age          a parameter of the set
//
// There are no loops (CEL's macros are off), so that an expression costs no more than its length. Length, size, depth and cost are
// limited all the same.
//
// Truth has three values. A fact that nobody has answered is missing, which is not "no": a condition that could still go either way is
// "facts missing" and names what to ask. Papers can always be looked up, so has_document is yes or no; but a condition that fails only for
// want of a paper it names is also "facts missing", because nobody is refused for what can still be brought.
//
// An outcome is reached in this order: does the rule apply; is its condition met, or does an exception with its proof hold; are the papers
// of evidence on file and in force today; does the rule ask for a person to look. A waiver covers whatever of these would stand in the
// way. The worst hard criterion gives the overall answer. Soft criteria and points decide nothing.
//
// Nearly all rules are compiled to a small tree that this package walks itself, some twenty times quicker than CEL: boolean operators,
// comparisons of facts, dates, ages and constants, membership, documents. Anything else is left whole to cel-go, with the same meaning; a
// test runs random rules through both. Facts are one flat vector of integers (153 bytes stored), so a hundred thousand are decoded and run
// in a fraction of a second.
//
// For what is not met, the assessment holds the smallest change that would alter it, found by trying one value of each cell that the rule
// cuts the facts into (see change.go). A named date only moves forward: "apply on 2027-03-02 or later, when the age reaches 18".
//
// A published version never changes, and a stored assessment is never computed again: an old decision reads as it was made.
//
// # Limits
//
// The smallest change is proven smallest for rules of the fast subset, in which at most two facts are compared with each other at a time;
// for rules left to CEL its candidates are guessed from the literals of the text. Beyond eight facts, or 6,000 trials, none is given.
// The fact today must be set before Assess. A clock, the closing date of a round, and the counts of other registrations come from the
// caller. Dates run from 1800 to 2400. The lists of [Schema] only grow at their end, because stored vectors hold positions; a list of
// package registry that is reordered needs a new encodingVersion.
package criteria
