package criteria

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"muntija/internal/calendar"
	"muntija/internal/place"
)

// The stored form of an assessment is JSON with short names, because there is one for every save:
//
//	{"v":1,"set":"EG","ver":3,"on":"2026-11-24","overall":"not_eligible","pts":4,"max":9,
//	 "f":[["birth_date","2009-03-02"],["application_date","2026-10-01"]],
//	 "r":[{"c":"age","o":"not_met","f":[0,1],"a":17,"ch":[["application_date","at_least","2027-03-02",18]]}]}
//
// f: the facts read, null (a paper: false) if missing; r: results; c: criterion; o: outcome; p: points; x: exception; w: waiver; f: which
// facts it read; a: the age it measured, null if missing; m: missing; ch: changes, each a fact, an operation, a value and perhaps the age reached. Limits
// and titles stand in the set of that version, which never changes.
const storedVersion = 1

// AppendJSON appends the stored form of an assessment that this program made. It is written by hand: it is most of the time of a
// re-check of a whole country.
func (p *Program) AppendJSON(b []byte, a *Assessment) []byte {
	b = append(b, `{"v":1,"set":"`...)
	b = append(b, a.Party...)
	b = append(b, `","ver":`...)
	b = strconv.AppendInt(b, int64(a.Version), 10)
	b = append(b, `,"on":"`...)
	if !a.On.IsZero() {
		b = appendDay(b, int64(a.On))
	}
	b = append(b, `","overall":"`...)
	b = append(b, a.Overall...)
	b = append(b, '"')
	if a.MaxPoints != 0 {
		b = append(b, `,"pts":`...)
		b = strconv.AppendInt(b, int64(a.Points), 10)
		b = append(b, `,"max":`...)
		b = strconv.AppendInt(b, int64(a.MaxPoints), 10)
	}
	b = p.appendReadings(b, a)
	b = append(b, `,"r":[`...)
	for i := range a.Results {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.appendResult(b, i, &a.Results[i])
	}
	return append(b, "]}"...)
}

// appendReadings writes each fact that was read once, whichever rules read it.
func (p *Program) appendReadings(b []byte, a *Assessment) []byte {
	var seen Facts
	for i := range a.Results {
		for _, x := range a.Results[i].Read {
			if x.Ref != Age && x.Known {
				seen.put(x.Ref, x.n, true)
			}
		}
	}
	b = append(b, `,"f":[`...)
	for i, ref := range p.reads {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, p.readKeys[i]...)
		n, ok := seen.get(ref)
		switch {
		case ok:
			b = ref.appendValue(b, n)
		case ref >= papersBase:
			b = append(b, "false"...)
		default:
			b = append(b, "null"...)
		}
		b = append(b, ']')
	}
	return append(b, ']')
}

func (p *Program) appendResult(b []byte, i int, r *Result) []byte {
	b = append(b, `{"c":"`...)
	b = append(b, r.Code...)
	b = append(b, `","o":"`...)
	b = append(b, r.Outcome...)
	b = append(b, '"')
	if r.Points != 0 {
		b = append(b, `,"p":`...)
		b = strconv.AppendInt(b, int64(r.Points), 10)
	}
	if r.Exception != "" {
		b = append(b, `,"x":"`...)
		b = append(b, r.Exception...)
		b = append(b, '"')
	}
	if r.Waiver != nil {
		w, err := json.Marshal(r.Waiver)
		if err != nil { // a year outside 0–9999: the rest of the record is worth more than its date
			undated := *r.Waiver
			undated.At = time.Time{}
			w, _ = json.Marshal(undated)
		}
		b = append(b, `,"w":`...)
		b = append(b, w...)
	}
	b = append(b, `,"f":[`...)
	b = append(b, p.rules[i].readIndex...)
	b = append(b, ']')
	if len(r.Read) > 0 && r.Read[0].Ref == Age {
		b = append(b, `,"a":`...)
		if r.Read[0].Known {
			b = strconv.AppendInt(b, r.Read[0].n, 10)
		} else {
			b = append(b, "null"...)
		}
	}
	if len(r.Missing) > 0 {
		b = append(b, `,"m":[`...)
		for j, x := range r.Missing {
			if j > 0 {
				b = append(b, ',')
			}
			b = appendName(b, x)
		}
		b = append(b, ']')
	}
	if len(r.Changes) > 0 {
		b = append(b, `,"ch":[`...)
		for j, c := range r.Changes {
			if j > 0 {
				b = append(b, ',')
			}
			b = append(b, '[')
			b = appendName(b, c.Ref)
			b = append(b, `,"`...)
			b = append(b, c.Op...)
			b = append(b, `",`...)
			if c.Known {
				b = c.Ref.appendValue(b, c.n)
			} else {
				b = append(b, "false"...)
			}
			if c.Age != 0 {
				b = append(b, ',')
				b = strconv.AppendInt(b, int64(c.Age), 10)
			}
			b = append(b, ']')
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func appendName(b []byte, r Ref) []byte {
	b = append(b, '"')
	if i, ok := r.paper(); ok {
		b = append(b, "documents."...)
		b = append(b, documentsFact.Values[i].Code...)
	} else {
		b = append(b, r.fact().Name...)
	}
	return append(b, '"')
}

type storedAssessment struct {
	V       int                 `json:"v"`
	Set     place.Country       `json:"set"`
	Ver     int                 `json:"ver"`
	On      calendar.Date       `json:"on"`
	Overall Overall             `json:"overall"`
	Pts     int                 `json:"pts"`
	Max     int                 `json:"max"`
	F       [][]json.RawMessage `json:"f"`
	R       []storedResult      `json:"r"`
}

type storedResult struct {
	C  string              `json:"c"`
	O  Outcome             `json:"o"`
	P  int                 `json:"p"`
	X  string              `json:"x"`
	W  *Waiver             `json:"w"`
	F  []int               `json:"f"`
	A  json.RawMessage     `json:"a"`
	M  []string            `json:"m"`
	Ch [][]json.RawMessage `json:"ch"`
}

var errStored = errors.New("criteria: not a stored assessment")

// DecodeAssessment reads the stored form. It needs no set: an old decision is read as it was made.
func DecodeAssessment(data []byte) (*Assessment, error) {
	var s storedAssessment
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("%w: %w", errStored, err)
	}
	if s.V != storedVersion || !slices.Contains(overalls[:], s.Overall) {
		return nil, errStored
	}
	a := &Assessment{Party: s.Set, Version: s.Ver, On: s.On, Overall: s.Overall, Points: s.Pts, MaxPoints: s.Max}
	read := make([]Reading, len(s.F))
	for i, pair := range s.F {
		var err error
		if read[i], err = decodeReading(pair); err != nil {
			return nil, err
		}
	}
	for _, r := range s.R {
		if !slices.Contains(Outcomes(), r.O) || !utf8.ValidString(r.C) {
			return nil, errStored
		}
		res := Result{Code: r.C, Outcome: r.O, Points: r.P, Exception: r.X, Waiver: r.W}
		if r.A != nil {
			n, known, err := Age.parseValue(r.A)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", errStored, err)
			}
			res.Read = append(res.Read, Reading{Age, known, n})
		}
		for _, i := range r.F {
			if i < 0 || i >= len(read) {
				return nil, errStored
			}
			res.Read = append(res.Read, read[i])
		}
		for _, name := range r.M {
			ref, ok := RefByName(name)
			if !ok {
				return nil, fmt.Errorf("%w: fact %.40q", errStored, name)
			}
			res.Missing = append(res.Missing, ref)
		}
		for _, raw := range r.Ch {
			c, err := decodeChange(raw)
			if err != nil {
				return nil, err
			}
			res.Changes = append(res.Changes, c)
		}
		a.Results = append(a.Results, res)
	}
	return a, nil
}

func decodeReading(pair []json.RawMessage) (Reading, error) {
	var name string
	if len(pair) != 2 || json.Unmarshal(pair[0], &name) != nil {
		return Reading{}, errStored
	}
	ref, ok := RefByName(name)
	if _, paper := ref.paper(); !ok || ref >= numFacts && !paper {
		return Reading{}, fmt.Errorf("%w: fact %.40q", errStored, name)
	}
	n, known, err := ref.parseValue(pair[1])
	if err != nil {
		return Reading{}, fmt.Errorf("%w: %w", errStored, err)
	}
	return Reading{ref, known, n}, nil
}

func decodeChange(raw []json.RawMessage) (Change, error) {
	var c Change
	var name string
	if len(raw) < 3 || len(raw) > 4 || json.Unmarshal(raw[0], &name) != nil || json.Unmarshal(raw[1], &c.Op) != nil {
		return c, errStored
	}
	var ok bool
	if c.Ref, ok = RefByName(name); !ok || !slices.Contains([]ChangeOp{ToValue, AtLeast, AtMost, Other}, c.Op) {
		return c, fmt.Errorf("%w: change of %.40q", errStored, name)
	}
	var err error
	if c.n, c.Known, err = c.Ref.parseValue(raw[2]); err != nil {
		return c, fmt.Errorf("%w: %w", errStored, err)
	}
	if len(raw) == 4 && json.Unmarshal(raw[3], &c.Age) != nil {
		return c, errStored
	}
	return c, nil
}

// Failing returns the codes of the criteria that a stored assessment finds not met, in its order. It reads nothing else of it: figures ask very many.
func Failing(body []byte) ([]string, error) {
	var a struct {
		R []struct {
			C string
			O Outcome
		}
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, fmt.Errorf("criteria: stored assessment: %w", err)
	}
	var out []string
	for _, r := range a.R {
		if r.O == NotMet {
			out = append(out, r.C)
		}
	}
	return out, nil
}
