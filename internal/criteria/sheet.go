package criteria

import "strings"

// Row is one line of a decision sheet or live checklist, in words of one language. Digits are ASCII.
type Row struct {
	Code      string
	Title     string
	Weight    Weight
	Points    int // earned
	MaxPoints int
	Outcome   Outcome
	Confirmed bool
	Applies   string // when the rule applies; "" to everyone
	Limit     string // the condition
	Values    []SheetValue
	Missing   []string
	Change    string // the smallest change that would alter the outcome; "" if none was found
	Exception string // title of the exception that holds, or of the one a waiver rests on
	Waiver    *Waiver
	Evidence  []string
	Citation  string
	Note      string
}

// SheetValue is one fact as the rule saw it.
type SheetValue struct {
	Ref   Ref
	Title string
	Text  string // "" if it is missing
}

// Sheet puts a stored assessment into words. The program must be of the version that the assessment names; a criterion that the program
// does not have is shown by its code.
func (p *Program) Sheet(a *Assessment, lang string) []Row {
	w := words{lang}
	out := make([]Row, 0, len(a.Results))
	facts := a.facts()
	for i := range a.Results {
		res := &a.Results[i]
		row := Row{Code: res.Code, Title: res.Code, Points: res.Points, Outcome: res.Outcome, Waiver: res.Waiver}
		exc := res.Exception
		if res.Waiver != nil {
			exc = res.Waiver.Exception
		}
		if r := p.rule(res.Code); r != nil {
			c := r.c
			row.Title, row.Weight, row.MaxPoints, row.Confirmed = c.Title.In(lang), c.Weight, c.Points, c.Confirmed
			row.Limit = w.cond(r.cond.root, false, false)
			if r.applies != nil {
				row.Applies = w.cond(r.applies.root, false, false)
			}
			for _, t := range c.Evidence {
				ref, _ := PaperRef(t)
				row.Evidence = append(row.Evidence, ref.Title().In(lang))
			}
			if res.Outcome == Met || res.Outcome == NotApplicable {
				withChange := *res
				withChange.Changes = r.changes(&facts, res.Outcome, nil)
				row.Change = withChange.ChangeText(lang)
			}
			row.Citation, row.Note = c.Citation.In(lang), c.Note.In(lang)
			for _, x := range c.Exceptions {
				if x.Code == exc {
					row.Exception = x.Title.In(lang)
				}
			}
		}
		for _, x := range res.Read {
			row.Values = append(row.Values, SheetValue{x.Ref, x.Ref.Title().In(lang), x.Text(lang)})
		}
		for _, m := range res.Missing {
			row.Missing = append(row.Missing, m.Title().In(lang))
		}
		if len(res.Changes) > 0 {
			row.Change = res.ChangeText(lang)
		}
		out = append(out, row)
	}
	return out
}

// facts returns the facts that the rules read, as they were.
func (a *Assessment) facts() Facts {
	var f Facts
	f.SetDate(Today, a.On)
	for i := range a.Results {
		for _, x := range a.Results[i].Read {
			if x.Known {
				f.put(x.Ref, x.n, true) // the age is computed and not kept
			}
		}
	}
	return f
}

// ChangeText puts the smallest change of a result into one clause.
func (r *Result) ChangeText(lang string) string {
	var parts []string
	for _, c := range r.Changes {
		from := Reading{Ref: c.Ref}
		for _, x := range r.Read {
			if x.Ref == c.Ref {
				from = x
			}
		}
		parts = append(parts, c.Text(from, lang))
	}
	return strings.Join(parts, words{lang}.t("، و", ", and "))
}

func (p *Program) rule(code string) *rule {
	for i := range p.rules {
		if p.rules[i].c.Code == code {
			return &p.rules[i]
		}
	}
	return nil
}
