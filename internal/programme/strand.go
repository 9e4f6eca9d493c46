package programme

import (
	"slices"

	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// Strand is one of the fields of the memorandum.
type Strand string

// The strands, in the order of the memorandum.
const (
	General         Strand = "general"
	Women           Strand = "women"
	Disability      Strand = "disability"
	Families        Strand = "families" // the productive families, what Muntija exists for
	Childhood       Strand = "childhood"
	AlternativeCare Strand = "alternative_care"
	Elderly         Strand = "elderly"
)

// Strands returns all strands in the order of the memorandum.
func Strands() []Strand {
	return []Strand{General, Women, Disability, Families, Childhood, AlternativeCare, Elderly}
}

// Title is the message that names the strand.
func (s Strand) Title() fault.Key { return fault.Key("activity.strand." + string(s)) }

// clauses is the strand of each thing the memorandum promises: clause n stands at n-1. Numbers and order are those of the domain notes (6); the words are the
// messages activity.clause.<n>.
var clauses = [...]Strand{
	General, General, General, General,
	Women, Women, Women, Women,
	Disability, Disability, Disability, Disability,
	Families, Families, Families, Families, Families, Families, Families, Families, Families,
	Childhood, Childhood, Childhood, Childhood,
	AlternativeCare, AlternativeCare, AlternativeCare, AlternativeCare, AlternativeCare,
	Elderly, Elderly, Elderly, Elderly, Elderly, Elderly,
}

// The clauses that the rest of the program serves by itself.
const (
	ClauseMeetings    = 20 // bilateral meetings to organise exhibitions: the minutes
	ClauseExhibitions = 21 // a plan of joint exhibitions: the exhibitions
)

// Clauses returns the numbers of the clauses of a strand, ascending; of "" all.
func Clauses(s Strand) []int {
	var out []int
	for i, of := range clauses {
		if s == "" || of == s {
			out = append(out, i+1)
		}
	}
	return out
}

// StrandOf returns the strand of a clause, "" if there is none of that number.
func StrandOf(clause int) Strand {
	if clause < 1 || clause > len(clauses) {
		return ""
	}
	return clauses[clause-1]
}

func strandsOf(list []int) []Strand {
	var out []Strand
	for _, s := range Strands() {
		if slices.ContainsFunc(list, func(c int) bool { return StrandOf(c) == s }) {
			out = append(out, s)
		}
	}
	return out
}

// Tally is what was done in a strand, or under a clause, in a year. An activity of two strands counts in both, and once in a total.
type Tally struct {
	Planned   int // all that was not cancelled
	Held      int
	Late      int
	Cancelled int
	Proposed  int // waits for a yes
	Agreed    int // both said yes, its day is to come
	Outputs   int // held ones with what came of them written down
	Papers    int
	Done      int // follow-ups
	Open      int
	Overdue   int
}

func (t *Tally) add(a *Activity, papers int, today calendar.Date) {
	switch a.Progress(today) {
	case ActivityCancelled:
		t.Cancelled++
		return
	case ActivityHeld:
		t.Held++
		if a.Outputs != "" {
			t.Outputs++
		}
	case ActivityLate:
		t.Late++
	case ActivityProposed:
		t.Proposed++
	case ActivityAgreed:
		t.Agreed++
	}
	t.Planned++
	t.Papers += papers
	for i := range a.FollowUps {
		switch f := &a.FollowUps[i]; {
		case !f.Open():
			t.Done++
		case f.Late(today):
			t.Overdue++
			t.Open++
		default:
			t.Open++
		}
	}
}

// Joint is what both ministries did under the memorandum in a year, as each of them may see it: it holds no person's data.
type Joint struct {
	Year    int // 0: the whole term
	Total   Tally
	Strands map[Strand]*Tally
	Clauses map[int]*Tally
	Kinds   map[ActivityKind]*Tally
	Hosts   map[place.Country]int // activities not cancelled, by host
	Given   map[place.Country]int // documents, by whose they are
}

// Gather counts the activities whose first day lies in a year (0: all), with the number of papers of each by its id.
func Gather(list []Activity, papers map[int64][]Paper, year int, today calendar.Date) *Joint {
	j := &Joint{Year: year, Strands: map[Strand]*Tally{}, Clauses: map[int]*Tally{}, Kinds: map[ActivityKind]*Tally{}, Hosts: map[place.Country]int{}, Given: map[place.Country]int{}}
	for _, s := range Strands() {
		j.Strands[s] = &Tally{}
	}
	for _, c := range Clauses("") {
		j.Clauses[c] = &Tally{}
	}
	for _, k := range ActivityKinds() {
		j.Kinds[k] = &Tally{}
	}
	for i := range list {
		a := &list[i]
		if year != 0 && a.First.Year() != year {
			continue
		}
		n := 0
		for _, p := range papers[a.ID] {
			if p.RemovedAt.IsZero() {
				n++
				if a.Status != ActivityCancelled {
					j.Given[p.From]++
				}
			}
		}
		j.Total.add(a, n, today)
		for _, s := range a.Strands() {
			j.Strands[s].add(a, n, today)
		}
		for _, c := range a.Clauses {
			if t := j.Clauses[c]; t != nil {
				t.add(a, n, today)
			}
		}
		if t := j.Kinds[a.Kind]; t != nil {
			t.add(a, n, today)
		}
		if a.Status != ActivityCancelled {
			j.Hosts[a.Host]++
		}
	}
	return j
}

// OfMeeting is a meeting about exhibitions as an activity of the memorandum: its minutes stand where they were written, and it is not typed twice. Its ID is 0.
func OfMeeting(m *exhibition.Meeting, today calendar.Date) Activity {
	a := Activity{ActivityTerms: ActivityTerms{Kind: KindMeeting, Clauses: []int{ClauseMeetings}, Title: m.Title, First: m.Day, Last: m.Day, Host: m.Party, Place: m.Place},
		Lead: m.Party, Status: ActivityAgreed, Agenda: m.Agenda, Delegates: m.Attendees, Outputs: m.Decisions}
	if !m.Day.After(today) {
		a.Status = ActivityHeld // minutes are written of what took place
	}
	for _, x := range m.Actions {
		a.FollowUps = append(a.FollowUps, FollowUp{Text: x.Text, Party: x.Party, OwnerID: x.OwnerID, Due: x.Due, DoneAt: x.DoneAt, DoneBy: x.DoneBy})
	}
	return a
}
