package layout

import (
	_ "embed"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"muntija/internal/planner/planfile"
)

// Format is the value of "format" in the file of a problem, ResultFormat in that of a result.
const (
	Format       = "muntija.layout/1"
	ResultFormat = "muntija.layout-plan/1"
)

// Schema is the JSON Schema of the file of a problem, PlanSchema of that of a result.
var (
	//go:embed layout.schema.json
	Schema []byte
	//go:embed plan.schema.json
	PlanSchema []byte
)

// Limits of what is taken.
const (
	maxBooths = 5000
	maxMatrix = 1500 // rows of a matrix
	maxNumber = 1_000_000_000
)

// Booth is a place in the hall. X and Y are its middle in centimetres; they are needed where distances are neither given nor 0.
type Booth struct {
	ID       string   `json:"id"`
	Size     int64    `json:"size,omitempty"` // tenths of a square metre
	Features []string `json:"features,omitempty"`
	X        int64    `json:"x,omitempty"`
	Y        int64    `json:"y,omitempty"`
	Loading  int64    `json:"loading,omitempty"` // way to the loading gate, metres
}

// Exhibitor is who needs a booth.
type Exhibitor struct {
	ID          string   `json:"id"`
	Size        int64    `json:"size,omitempty"`
	Needs       []string `json:"needs,omitempty"`  // features that the booth must have
	Booths      []string `json:"booths,omitempty"` // that it may stand in, all unless said
	Craft       string   `json:"craft,omitempty"`
	Place       string   `json:"place,omitempty"`
	Category    string   `json:"category,omitempty"`    // of Apart
	Pavilion    string   `json:"pavilion,omitempty"`    // its members stand in one connected part of the hall
	Association string   `json:"association,omitempty"` // its members stand side by side
	Pull        int64    `json:"pull,omitempty"`        // how many people it draws, 0 to 100
	Heavy       int64    `json:"heavy,omitempty"`       // how heavy its goods are, 0 to 100
	Pin         string   `json:"pin,omitempty"`         // the booth that it must stand in
	Home        string   `json:"home,omitempty"`        // the booth where it stands now: another one costs Weights.Move
	Costs       []string `json:"costs,omitempty"`       // ids of Problem.Costs that count for it
}

// Weights are what the soft rules cost. One that is not said is its default; 0 takes the rule away.
type Weights struct {
	SameCraft *int64 `json:"same_craft,omitempty"` // two neighbours with the same craft from the same place; 100
	Crowd     *int64 `json:"crowd,omitempty"`      // two crowd-pullers within crowd_radius, times both pulls; 1
	Heavy     *int64 `json:"heavy,omitempty"`      // heavy times metres to the loading gate; 1
	Flow      *int64 `json:"flow,omitempty"`       // flow times distance; 1
	Aversion  *int64 `json:"aversion,omitempty"`   // aversion of two neighbours; 1
	Move      *int64 `json:"move,omitempty"`       // an exhibitor in another booth than its home; 0
}

// BoothCosts are what booths cost those who name them: wishes that a booth does not meet.
type BoothCosts struct {
	ID     string           `json:"id"`
	Booths map[string]int64 `json:"booths"` // what is not named costs nothing
}

// Keep keeps two categories away from each other in the pairs of booths named.
type Keep struct {
	A     string      `json:"a"`
	B     string      `json:"b"`
	Close [][2]string `json:"close"`          // booths that are too close
	Cost  int64       `json:"cost,omitempty"` // of each such pair; 0: they may not
}

// Problem is a hall to be laid out.
type Problem struct {
	Format      string      `json:"format"`
	Title       string      `json:"title,omitempty"`
	Booths      []Booth     `json:"booths"`
	Exhibitors  []Exhibitor `json:"exhibitors"`
	Neighbours  [][2]string `json:"neighbours,omitempty"`   // booths side by side or back to back
	Distances   [][]int64   `json:"distances,omitempty"`    // from booth to booth; from the coordinates (|dx|+|dy|, metres) unless given
	Flows       [][]int64   `json:"flows,omitempty"`        // from exhibitor to exhibitor
	Aversions   [][]int64   `json:"aversions,omitempty"`    // of exhibitors as neighbours
	Apart       [][2]string `json:"apart,omitempty"`        // categories that may not be neighbours
	CrowdRadius int64       `json:"crowd_radius,omitempty"` // in the unit of the distances
	Weights     Weights     `json:"weights,omitzero"`

	Near  [][2]string  `json:"near,omitempty"`  // booths so close that crowd-pullers in both cost: instead of CrowdRadius
	Links [][2]string  `json:"links,omitempty"` // booths that hang together in a pavilion besides neighbours: across a gangway
	Costs []BoothCosts `json:"costs,omitempty"`
	Keep  []Keep       `json:"keep,omitempty"`
}

// Decode reads a problem from its file format (see Schema) and checks it. What is refused is named with its place.
func Decode(data []byte) (*Problem, error) {
	p := new(Problem)
	if err := planfile.Decode(data, Format, p); err != nil {
		return nil, err
	}
	return p, p.Check()
}

// Hash returns the SHA-256 of the problem, in hexadecimal.
func (p *Problem) Hash() string { return planfile.Hash(p) }

// Check says what is wrong with the problem, if anything: the first mistake, with its place.
func (p *Problem) Check() error {
	n, m := len(p.Booths), len(p.Exhibitors)
	switch {
	case n == 0 || n > maxBooths:
		return planfile.At("booths", "planfile.count_between", n, maxBooths)
	case m == 0:
		return planfile.At("", "planfile.exhibitors_none")
	}
	booth, who := map[string]int{}, map[string]int{}
	for i, b := range p.Booths {
		at := fmt.Sprintf("booths[%d]", i)
		if err := firstError(unique(booth, at, b.ID, i), within(at+".size", b.Size, maxNumber), within(at+".loading", b.Loading, 1_000_000),
			within(at+".x", max(b.X, -b.X), maxNumber), within(at+".y", max(b.Y, -b.Y), maxNumber)); err != nil {
			return err
		}
	}
	for i, x := range p.Exhibitors {
		at := fmt.Sprintf("exhibitors[%d]", i)
		if err := firstError(unique(who, at, x.ID, i), within(at+".size", x.Size, maxNumber), within(at+".pull", x.Pull, 100), within(at+".heavy", x.Heavy, 100)); err != nil {
			return err
		}
		for j, id := range x.Booths {
			if _, ok := booth[id]; !ok {
				return planfile.At(fmt.Sprintf("%s.booths[%d]", at, j), "planfile.no_booth", id)
			}
		}
		if _, ok := booth[x.Pin]; x.Pin != "" && !ok {
			return planfile.At(at+".pin", "planfile.no_booth", x.Pin)
		}
		if _, ok := booth[x.Home]; x.Home != "" && !ok {
			return planfile.At(at+".home", "planfile.no_booth", x.Home)
		}
	}
	if err := firstError(pairs("neighbours", p.Neighbours, booth), pairs("links", p.Links, booth), pairs("near", p.Near, booth), p.checkCosts(booth), p.checkKeep(booth)); err != nil {
		return err
	}
	for i, q := range p.Apart {
		if q[0] == "" || q[1] == "" {
			return planfile.At(fmt.Sprintf("apart[%d]", i), "planfile.category_none")
		}
	}
	for _, k := range []struct {
		name string
		rows [][]int64
		want int
	}{{"distances", p.Distances, n}, {"flows", p.Flows, m}, {"aversions", p.Aversions, m}} {
		if err := square(k.name, k.rows, k.want); err != nil {
			return err
		}
	}
	w := p.Weights
	for name, v := range map[string]*int64{"same_craft": w.SameCraft, "crowd": w.Crowd, "heavy": w.Heavy, "flow": w.Flow, "aversion": w.Aversion, "move": w.Move} {
		if v != nil {
			if err := within("weights."+name, *v, maxNumber); err != nil {
				return err
			}
		}
	}
	if err := within("crowd_radius", p.CrowdRadius, maxNumber); err != nil {
		return err
	}
	return p.small()
}

// pairs checks pairs of different booths.
func pairs(name string, list [][2]string, booth map[string]int) error {
	for i, q := range list {
		for j, id := range q {
			if _, ok := booth[id]; !ok {
				return planfile.At(fmt.Sprintf("%s[%d][%d]", name, i, j), "planfile.no_booth", id)
			}
		}
		if q[0] == q[1] {
			return planfile.At(fmt.Sprintf("%s[%d]", name, i), "planfile.own_neighbour", q[0])
		}
	}
	return nil
}

func (p *Problem) checkCosts(booth map[string]int) error {
	rows := map[string]int{}
	for i, c := range p.Costs {
		at := fmt.Sprintf("costs[%d]", i)
		if err := unique(rows, at, c.ID, i); err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(c.Booths)) {
			if _, ok := booth[id]; !ok {
				return planfile.At(at+".booths", "planfile.no_booth", id)
			}
			if err := within(fmt.Sprintf("%s.booths[%q]", at, id), c.Booths[id], 1_000_000); err != nil {
				return err
			}
		}
	}
	for i, x := range p.Exhibitors {
		for j, id := range x.Costs {
			if _, ok := rows[id]; !ok {
				return planfile.At(fmt.Sprintf("exhibitors[%d].costs[%d]", i, j), "planfile.no_costs", id)
			}
		}
		if len(x.Costs) > 20 {
			return planfile.At(fmt.Sprintf("exhibitors[%d].costs", i), "planfile.count_most", len(x.Costs), 20)
		}
	}
	return nil
}

func (p *Problem) checkKeep(booth map[string]int) error {
	if len(p.Keep) > 20 {
		return planfile.At("keep", "planfile.count_most", len(p.Keep), 20)
	}
	for i, k := range p.Keep {
		at := fmt.Sprintf("keep[%d]", i)
		if k.A == "" || k.B == "" {
			return planfile.At(at, "planfile.category_none")
		}
		if err := firstError(within(at+".cost", k.Cost, 1_000_000), pairs(at+".close", k.Close, booth)); err != nil {
			return err
		}
	}
	return nil
}

func firstError(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

func unique(m map[string]int, at, id string, i int) error {
	if id == "" || len(id) > 200 {
		return planfile.At(at+".id", "planfile.id_length")
	}
	if j, ok := m[id]; ok {
		return planfile.At(at+".id", "planfile.id_also", id, j)
	}
	m[id] = i
	return nil
}

func within(at string, v, most int64) error {
	if v < 0 || v > most {
		return planfile.At(at, "planfile.not_between", v, 0, most)
	}
	return nil
}

func square(name string, rows [][]int64, want int) error {
	if rows == nil {
		return nil
	}
	if want > maxMatrix {
		return planfile.At(name, "planfile.matrix_large", want, maxMatrix)
	}
	if len(rows) != want {
		return planfile.At(name, "planfile.rows", len(rows), want)
	}
	for i, row := range rows {
		if len(row) != want {
			return planfile.At(fmt.Sprintf("%s[%d]", name, i), "planfile.matrix_columns", len(row), want)
		}
		for j, v := range row {
			if v < 0 || v > maxNumber {
				return planfile.At(fmt.Sprintf("%s[%d][%d]", name, i, j), "planfile.not_between", v, 0, maxNumber)
			}
		}
	}
	return nil
}

// small refuses a problem whose cost could pass 2^60: below, no sum of the search can overflow.
func (p *Problem) small() error {
	biggest := func(rows [][]int64) int64 {
		most := int64(0)
		for _, row := range rows {
			most = max(most, slices.Max(row))
		}
		return most
	}
	way := biggest(p.Distances)
	if p.Distances == nil {
		for _, b := range p.Booths {
			way = max(way, 4*max(b.X, -b.X, b.Y, -b.Y)/100)
		}
	}
	w, n := p.weights(), int64(len(p.Booths))
	total, add := new(big.Int), func(factors ...int64) *big.Int {
		x := big.NewInt(1)
		for _, f := range factors {
			x.Mul(x, big.NewInt(f))
		}
		return x
	}
	total.Add(total, add(w.flow, biggest(p.Flows), way, n, n))
	total.Add(total, add(w.aversion, biggest(p.Aversions), 2, int64(len(p.Neighbours))))
	total.Add(total, add(w.same, int64(len(p.Neighbours))))
	total.Add(total, add(w.crowd, 100, 100, n, n))
	total.Add(total, add(w.heavy, 100, 1_000_000, n))
	total.Add(total, add(w.move, n))
	total.Add(total, add(20, 1_000_000, n))
	for _, k := range p.Keep {
		total.Add(total, add(k.Cost, int64(len(k.Close))))
	}
	if total.BitLen() > 60 {
		return planfile.At("weights", "planfile.cost_large")
	}
	return nil
}

type weights struct{ same, crowd, heavy, flow, aversion, move int64 }

func (p *Problem) weights() weights {
	or := func(v *int64, other int64) int64 {
		if v != nil {
			return *v
		}
		return other
	}
	w := p.Weights
	return weights{or(w.SameCraft, 100), or(w.Crowd, 1), or(w.Heavy, 1), or(w.Flow, 1), or(w.Aversion, 1), or(w.Move, 0)}
}

// Placement is an exhibitor in a booth.
type Placement struct {
	Exhibitor string `json:"exhibitor"`
	Booth     string `json:"booth"`
}

// Shortage is why the needs cannot be met: these exhibitors can stand in these booths only, which are too few (Hall 1935).
type Shortage struct {
	Exhibitors []string `json:"exhibitors"`
	Booths     []string `json:"booths"`
	Sentence   string   `json:"sentence"`
}

// Breach is a hard rule that the plan breaks, or a soft one that it pays for.
type Breach struct {
	Rule       string   `json:"rule"` // "pavilion", "association", "apart", "keep"; "same_craft", "aversion"
	Name       string   `json:"name,omitempty"`
	Exhibitors []string `json:"exhibitors,omitempty"`
	Hard       bool     `json:"hard"`
	Cost       int64    `json:"cost,omitempty"`
}

// Result is a layout with what is proven about it.
type Result struct {
	Format     string      `json:"format"`
	Status     string      `json:"status"`              // "optimal", "feasible", "broken" (the best has hard breaches), "infeasible"
	Stop       string      `json:"stop"`                // "proven", "effort" (the work that the time allows for is done), "time_limit", "interrupted"
	Objective  *int64      `json:"objective,omitempty"` // cost, less is better
	Bound      *int64      `json:"bound,omitempty"`     // proven: no layout costs less
	Gap        *float64    `json:"gap,omitempty"`
	Hard       int         `json:"hard_breaches"`
	Assignment []Placement `json:"assignment,omitempty"` // in the order of the exhibitors
	Shortage   *Shortage   `json:"shortage,omitempty"`
	Reasons    []Breach    `json:"reasons,omitempty"`
	Seed       int64       `json:"seed"`
	Threads    int         `json:"threads"`
	Method     string      `json:"method"`            // "tabu", "annealing"
	Hash       string      `json:"hash"`              // SHA-256 of the problem
	Seconds    float64     `json:"seconds,omitempty"` // by the clock, if whoever writes the file wants that
	Sum        string      `json:"sum,omitempty"`     // see Seal
}

// Seal puts a sum of all of the result but the seconds into it, by which a file that was changed after it was written is told. It is no signature: whoever changes a
// result can make it anew.
func (r *Result) Seal() { r.Sum = r.sealed() }

// Intact reports whether the result is as it was when it was sealed, if it was.
func (r *Result) Intact() bool { return r.Sum == "" || r.Sum == r.sealed() }

func (r Result) sealed() string {
	r.Sum, r.Seconds = "", 0
	return planfile.Hash(r)
}
