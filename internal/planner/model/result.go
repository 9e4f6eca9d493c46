package model

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"

	"muntija/internal/planner/planfile"
)

// PlanFormat is the value of "format" in the files that WritePlan writes.
const PlanFormat = "muntija.allocation-plan/1"

// PlanSchema is the JSON Schema of the file that WritePlan writes.
//
//go:embed plan.schema.json
var PlanSchema []byte

// Run is what differs between two runs of the same problem; it stands outside of the plan in the file.
type Run struct {
	Seconds float64 `json:"seconds,omitempty"`
	Threads int     `json:"threads"`
	Solver  string  `json:"solver"`
}

// planJSON is the part of a plan file before the assignment.
type planJSON struct {
	Version    string          `json:"version"`
	Problem    string          `json:"problem_sha256"`
	Seed       uint64          `json:"seed"`
	Sense      string          `json:"sense"`
	Status     Status          `json:"status"`
	Stop       Stop            `json:"stop"`
	Objective  int64           `json:"objective"`
	Shortfalls []shortfallJSON `json:"shortfalls"`
	Penalised  int64           `json:"penalised_objective"`
	Bound      int64           `json:"bound"`
	PriceBound int64           `json:"price_bound"`
	PlaceBound *int64          `json:"place_bound,omitempty"`
	Proof      Proof           `json:"proof"`
	Gap        float64         `json:"gap"`
	Prices     *pricesJSON     `json:"prices"`
	Sum        string          `json:"sum,omitempty"` // of all of the plan but itself
}

// sum is the SHA-256 of a plan: of its JSON without the sum, and of who goes where in the order of the file. It tells a plan that was changed after it was written, in
// what cannot be computed again too, such as the seed of the search. It is no signature: whoever changes a plan can make it anew.
func (x planJSON) sum(assignment func(say func(exhibitor string, exhibitions ...string))) string {
	x.Sum = ""
	h := sha256.New()
	head, err := json.Marshal(x)
	if err != nil {
		panic(err) // numbers, texts and maps of them always have a JSON form
	}
	h.Write(head)
	var line []byte
	assignment(func(exhibitor string, exhibitions ...string) {
		line = append(line[:0], quoted(exhibitor)...)
		for _, e := range exhibitions {
			line = append(append(line, ' '), quoted(e)...)
		}
		h.Write(append(line, '\n'))
	})
	return hex.EncodeToString(h.Sum(nil))
}

type shortfallJSON struct {
	Quota     string `json:"quota,omitempty"`
	MustPlace bool   `json:"must_place,omitempty"`
	Missing   int64  `json:"missing"`
}

// pricesJSON leaves out prices of 0.
type pricesJSON struct {
	Scale       int64            `json:"scale"`
	Exhibitions map[string]int64 `json:"exhibitions"`
	Metres      map[string]int64 `json:"metres"`
	QuotaMax    map[string]int64 `json:"quotas_max"`
	QuotaMin    map[string]int64 `json:"quotas_min"`
	Budgets     map[string]int64 `json:"budgets"`
	Places      map[string]int64 `json:"places,omitempty"`
}

func named(prices []int64, name func(int) string) map[string]int64 {
	out := map[string]int64{}
	for k, v := range prices {
		if v != 0 {
			out[name(k)] = v
		}
	}
	return out
}

func (p *Problem) exhibitionID(k int) string { return p.Exhibitions[k].ID }
func (p *Problem) quotaID(k int) string      { return p.Quotas[k].ID }
func (p *Problem) budgetID(k int) string     { return p.Budgets[k].ID }

// WritePlan writes a plan file. reasons, if not nil, writes the value of "reasons"; problem, if not nil, is embedded so that the file can be verified alone. The
// part "plan" of two runs of the same problem is the same to the byte.
func WritePlan(w io.Writer, p *Problem, pl *Plan, run Run, reasons func(io.Writer) error, problem []byte) error {
	b := bufio.NewWriterSize(w, 1<<16)
	head := planJSON{Version: pl.Version, Problem: hex.EncodeToString(pl.Problem[:]), Seed: pl.Seed, Sense: p.Sense.String(), Status: pl.StatusFor(p), Stop: pl.Stop,
		Objective: pl.Objective, Shortfalls: []shortfallJSON{}, Penalised: pl.Penalised, Bound: pl.Bound, PriceBound: pl.PriceBound, Proof: pl.Proof, Gap: pl.Gap(),
		Prices: &pricesJSON{Scale: pl.Prices.Scale, Exhibitions: named(pl.Prices.Booths, p.exhibitionID), Metres: named(pl.Prices.Metres, p.exhibitionID),
			QuotaMax: named(pl.Prices.QuotaMax, p.quotaID), QuotaMin: named(pl.Prices.QuotaMin, p.quotaID), Budgets: named(pl.Prices.Budgets, p.budgetID)}}
	if pl.Places != nil {
		head.PlaceBound, head.Prices.Places = &pl.PlaceBound, named(pl.Places, p.IDs.At)
	}
	for _, s := range pl.Shortfalls {
		x := shortfallJSON{Missing: s.Missing, MustPlace: s.Quota < 0}
		if s.Quota >= 0 {
			x.Quota = p.Quotas[s.Quota].ID
		}
		head.Shortfalls = append(head.Shortfalls, x)
	}
	of := pl.Of(p)
	head.Sum = head.sum(func(say func(string, ...string)) {
		var list []string
		for k := 0; k < len(of); say(p.IDs.At(int(of[k-1])), list...) {
			list = list[:0]
			for first := k; k < len(of) && of[k] == of[first]; k++ {
				list = append(list, p.Exhibitions[p.Exh[pl.Chosen[k]]].ID)
			}
		}
	})
	text, err := json.MarshalIndent(head, "  ", " ")
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "{\n \"format\": %q,\n \"plan\": ", PlanFormat)
	b.Write(text[:len(text)-4]) // without the closing brace, which follows the assignment
	b.WriteString(",\n   \"assignment\": [")
	for k := 0; k < len(of); {
		if k > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    {\"exhibitor\": ")
		b.Write(quoted(p.IDs.At(int(of[k]))))
		b.WriteString(", \"exhibitions\": [")
		for first := k; k < len(of) && of[k] == of[first]; k++ {
			if k > first {
				b.WriteString(", ")
			}
			b.Write(quoted(p.Exhibitions[p.Exh[pl.Chosen[k]]].ID))
		}
		b.WriteString("]}")
	}
	b.WriteString("\n   ]\n  }")
	if reasons != nil {
		b.WriteString(",\n \"reasons\": ")
		if err := reasons(b); err != nil {
			return err
		}
	}
	r, err := json.Marshal(run)
	if err != nil {
		return err
	}
	b.WriteString(",\n \"run\": ")
	b.Write(r)
	if problem != nil {
		b.WriteString(",\n \"problem\": ")
		b.Write(problem)
	}
	b.WriteString("\n}\n")
	return b.Flush()
}

func quoted(s string) []byte {
	if plain(s) {
		return strconv.AppendQuote(nil, s)
	}
	out, _ := json.Marshal(s) // a string always has a JSON form
	return out
}

func plain(s string) bool {
	for k := range len(s) {
		if c := s[k]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// PlanFile is what a plan file holds.
type PlanFile struct {
	Format string `json:"format"`
	Plan   struct {
		planJSON
		Assignment []struct {
			Exhibitor   string   `json:"exhibitor"`
			Exhibitions []string `json:"exhibitions"`
		} `json:"assignment"`
	} `json:"plan"`
	Reasons json.RawMessage `json:"reasons"`
	Run     Run             `json:"run"`
	Problem json.RawMessage `json:"problem"`
}

// ReadPlan reads a plan file.
func ReadPlan(data []byte) (*PlanFile, error) {
	f := &PlanFile{}
	if err := json.Unmarshal(data, f); err != nil {
		return nil, bad("planfile.plan_read", err)
	}
	if f.Format != PlanFormat {
		return nil, bad("planfile.plan_format", f.Format, PlanFormat)
	}
	return f, nil
}

// For turns the file's plan into a plan of a problem.
func (f *PlanFile) For(p *Problem) (*Plan, error) {
	h, err := SeedHex(f.Plan.Problem)
	if err != nil {
		return nil, planfile.At("problem_sha256", "planfile.seed_hex", f.Plan.Problem)
	}
	pl := &Plan{Problem: h, Version: f.Plan.Version, Seed: f.Plan.Seed, Status: f.Plan.Status, Stop: f.Plan.Stop, Objective: f.Plan.Objective, Penalised: f.Plan.Penalised,
		Bound: f.Plan.Bound, PriceBound: f.Plan.PriceBound, Proof: f.Plan.Proof}
	if pl.Status == incomplete {
		pl.Status = Infeasible
	}
	if sum := f.Plan.Sum; sum != "" && sum != f.Plan.sum(func(say func(string, ...string)) {
		for _, a := range f.Plan.Assignment {
			say(a.Exhibitor, a.Exhibitions...)
		}
	}) {
		return nil, planfile.At("plan.sum", "planfile.sum")
	}
	if f.Plan.Prices == nil {
		return nil, bad("planfile.plan_no_prices")
	}
	pl.Prices = NewPrices(p, f.Plan.Prices.Scale)
	exhibitions, quotas := map[string]int{}, map[string]int{}
	for k := range p.Exhibitions {
		exhibitions[p.exhibitionID(k)] = k
	}
	for k := range p.Quotas {
		quotas[p.quotaID(k)] = k
	}
	budgets := map[string]int{}
	for k := range p.Budgets {
		budgets[p.budgetID(k)] = k
	}
	for _, c := range []struct {
		what  planfile.Word
		from  map[string]int64
		index map[string]int
		to    []int64
	}{{"planfile.word_exhibition", f.Plan.Prices.Exhibitions, exhibitions, pl.Prices.Booths}, {"planfile.word_exhibition", f.Plan.Prices.Metres, exhibitions, pl.Prices.Metres},
		{"planfile.word_quota", f.Plan.Prices.QuotaMax, quotas, pl.Prices.QuotaMax}, {"planfile.word_quota", f.Plan.Prices.QuotaMin, quotas, pl.Prices.QuotaMin},
		{"planfile.word_budget", f.Plan.Prices.Budgets, budgets, pl.Prices.Budgets}} {
		for id, v := range c.from {
			k, ok := c.index[id]
			if !ok {
				return nil, bad("planfile.prices_none", c.what, id)
			}
			c.to[k] = v
		}
	}
	for _, s := range f.Plan.Shortfalls {
		k := -1
		if !s.MustPlace {
			var ok bool
			if k, ok = quotas[s.Quota]; !ok {
				return nil, bad("planfile.shortfalls_none", s.Quota)
			}
		}
		pl.Shortfalls = append(pl.Shortfalls, Shortfall{Quota: int32(k), Missing: s.Missing})
	}
	ids := p.IDs.Index()
	if b := f.Plan.PlaceBound; b != nil {
		pl.Places, pl.PlaceBound = make([]int64, p.N()), *b
		for id, v := range f.Plan.Prices.Places {
			i, ok := ids[id]
			if !ok {
				return nil, bad("planfile.prices_exhibitor", id)
			}
			pl.Places[i] = v
		}
	}
	for _, a := range f.Plan.Assignment {
		i, ok := ids[a.Exhibitor]
		if !ok {
			return nil, bad("planfile.assignment_exhibitor", a.Exhibitor)
		}
		for _, x := range a.Exhibitions {
			j, ok := exhibitions[x]
			if !ok {
				return nil, bad("planfile.assignment_exhibition", a.Exhibitor, x)
			}
			o := p.Pair(int(i), uint16(j))
			if o < 0 {
				return nil, bad("planfile.assignment_eligible", a.Exhibitor, x)
			}
			pl.Chosen = append(pl.Chosen, o)
		}
	}
	slices.Sort(pl.Chosen)
	return pl, nil
}
