package verify_test

import (
	"slices"
	"testing"

	"muntija/internal/planner/layout"
	"muntija/internal/planner/season"
	"muntija/internal/planner/verify"
)

// A verifier that finds nothing proves nothing: each way of tampering with a good result must be found.
func TestSeasonTampered(t *testing.T) {
	p := season.Generate(12, 8, 26, 1, false)
	good := func() *season.Result {
		r, err := season.Solve(t.Context(), nil, p, season.Params{Seed: 1}) // without a solver: the verifier does not care
		if err != nil || r.Objective == nil {
			t.Fatal(r, err)
		}
		return r
	}
	if wrong := verify.Season(p, good()); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	for name, tamper := range map[string]func(r *season.Result){
		"cheaper":       func(r *season.Result) { *r.Objective-- },
		"bound above":   func(r *season.Result) { *r.Bound = *r.Objective + 1 },
		"called best":   func(r *season.Result) { r.Status = "optimal"; *r.Bound = *r.Objective - 1 },
		"no gap":        func(r *season.Result) { r.Gap = nil },
		"other problem": func(r *season.Result) { r.Hash = "0" },
		"left out":      func(r *season.Result) { r.Assignment = r.Assignment[1:] },
		"twice":         func(r *season.Result) { r.Assignment = append(r.Assignment, r.Assignment[0]) },
		"unknown":       func(r *season.Result) { r.Assignment[0].Venue = "nowhere" },
		"out of season": func(r *season.Result) { r.Assignment[0].Week = 26 },
		"in one hall": func(r *season.Result) {
			for i := range r.Assignment {
				r.Assignment[i].Venue, r.Assignment[i].Week = "v0", 9
			}
		},
		"said to be unplaced": func(r *season.Result) { r.Unplaced = []string{"e1"} },
	} {
		r := good()
		tamper(r)
		if wrong := verify.Season(p, r); len(wrong) == 0 {
			t.Errorf("%s: nothing was found", name)
		}
	}
}

func TestLayoutTampered(t *testing.T) {
	p := layout.Generate(60, 50, 1)
	good := func() *layout.Result {
		r, err := layout.Solve(t.Context(), p, layout.Params{Work: 1, Seed: 1})
		if err != nil || r.Objective == nil {
			t.Fatal(r, err)
		}
		return r
	}
	if wrong := verify.Layout(p, good()); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	small := slices.IndexFunc(p.Booths, func(b layout.Booth) bool { return b.Size < 60 })
	large := slices.IndexFunc(p.Exhibitors, func(x layout.Exhibitor) bool { return x.Size == 60 })
	for name, tamper := range map[string]func(r *layout.Result){
		"cheaper":       func(r *layout.Result) { *r.Objective-- },
		"fewer broken":  func(r *layout.Result) { r.Hard-- },
		"bound above":   func(r *layout.Result) { *r.Bound = *r.Objective + 1 },
		"called best":   func(r *layout.Result) { r.Status = "optimal"; *r.Bound = *r.Objective - 1 },
		"other problem": func(r *layout.Result) { r.Hash = "0" },
		"left out":      func(r *layout.Result) { r.Assignment = r.Assignment[1:] },
		"same booth":    func(r *layout.Result) { r.Assignment[0].Booth = r.Assignment[1].Booth },
		"unknown":       func(r *layout.Result) { r.Assignment[0].Exhibitor = "nobody" },
		"too small": func(r *layout.Result) {
			r.Assignment = slices.DeleteFunc(r.Assignment, func(q layout.Placement) bool {
				return q.Booth == p.Booths[small].ID && q.Exhibitor != p.Exhibitors[large].ID
			})
			for i := range r.Assignment {
				if r.Assignment[i].Exhibitor == p.Exhibitors[large].ID {
					r.Assignment[i].Booth = p.Booths[small].ID
				}
			}
		},
		"no shortage": func(r *layout.Result) {
			r.Shortage = &layout.Shortage{Exhibitors: []string{"x0", "x1"}, Booths: []string{"b0"}}
		},
	} {
		r := good()
		tamper(r)
		if wrong := verify.Layout(p, r); len(wrong) == 0 {
			t.Errorf("%s: nothing was found", name)
		}
	}
}
