package service

import (
	"bytes"
	"cmp"
	"os"
	"strconv"
	"strings"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/planner/allocation"
	"muntija/internal/planner/model"
	"muntija/internal/store"
)

// planMemory is how many bytes a solve may take where the settings say nothing: what a season of a million applicants needs.
const planMemory = 1200 << 20

// fits refuses a solve whose estimate is more than it may take, or than is free on this machine, before anything of it is queued.
func (c *core) fits(need int64) error {
	allowed := cmp.Or(c.planMemory, planMemory)
	if free := freeMemory(); free > 0 {
		allowed = min(allowed, free)
	}
	if need <= allowed {
		return nil
	}
	return fault.New(fault.State, "error.plan.memory", need>>20+1, allowed>>20)
}

// freeMemory is how many bytes a process may still take, by the kernel and the control group it is in; 0 where neither says.
func freeMemory() int64 {
	free := int64(0)
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		if _, rest, ok := bytes.Cut(text, []byte("MemAvailable:")); ok {
			if f := strings.Fields(string(rest[:min(len(rest), 40)])); len(f) > 0 {
				kib, _ := strconv.ParseInt(f[0], 10, 64)
				free = kib << 10
			}
		}
	}
	limit, used := fileNumber("/sys/fs/cgroup/memory.max"), fileNumber("/sys/fs/cgroup/memory.current")
	if stat, err := os.ReadFile("/sys/fs/cgroup/memory.stat"); err == nil {
		used -= reclaimable(string(stat))
	}
	if limit > 0 && used > 0 && (free == 0 || limit-used < free) {
		free = max(1, limit-used)
	}
	return free
}

// reclaimable is what a control group's use holds only as long as nobody wants it: files that were read or written, and the kernel's own caches of them (the kernel's
// documentation of memory.stat). Beside a build or a large database they fill the whole limit.
func reclaimable(stat string) (sum int64) {
	for line := range strings.Lines(stat) {
		switch f := strings.Fields(line); {
		case len(f) != 2:
		case f[0] == "inactive_file", f[0] == "active_file", f[0] == "slab_reclaimable":
			n, _ := strconv.ParseInt(f[1], 10, 64)
			sum += n
		}
	}
	return sum
}

// fileNumber reads a file that holds one number, 0 if there is none.
func fileNumber(name string) int64 {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n
}

// applicationBytes is what one application takes while the problem is made: the row, its text and its part of the file.
const applicationBytes = 1100

// allocationMemory is an estimate of the bytes that a run of an allocation takes, from counts alone: the problem is made in its job.
func allocationMemory(tx *store.Tx, a *exhibition.Allocation) (int64, error) {
	pairs, people, err := tx.CandidateCounts(a.ID)
	if err != nil || pairs == 0 {
		return 0, err
	}
	lines := map[string]bool{}
	p := &model.Problem{Sense: model.Max, AtMost: int32(a.Terms.AtMost), Type: make([]int32, people), Exh: make([]uint16, pairs)}
	for _, id := range a.Terms.Exhibitions {
		e, err := tx.ExhibitionByID("", id)
		if err != nil {
			return 0, err
		}
		for range e.Terms.WaveCount() {
			x := model.Exhibition{Capacity: int64(e.Terms.Capacity), Metres: model.Unlimited}
			if m := a.Terms.MetresOf(id); m > 0 {
				x.Metres = int64(m) * 10
			}
			p.Exhibitions = append(p.Exhibitions, x)
		}
		for _, q := range e.Terms.Quotas {
			lines[q.Line()] = true
		}
	}
	for _, q := range a.Terms.Quotas {
		lines[q.Line()] = true
	}
	if len(a.Terms.Metres) > 0 {
		p.Metres = make([]int32, pairs)
	}
	for _, party := range place.Countries() {
		if t := a.Terms.TravelOf(party); t.Budget > 0 {
			p.Budgets, p.Cost = append(p.Budgets, model.Budget{Amount: int64(t.Budget)}), make([]int32, pairs)
		}
	}
	p.Quotas = make([]model.Quota, len(lines))
	p.Types = make([][]int32, min(people, 1<<min(len(lines), 30))) // as many combinations of groups as there can be
	return allocation.Memory(p, 2) + int64(pairs)*applicationBytes, nil
}

// solves are the kinds of solve with how each finds the one at work, and what who must wait for it is told.
var solves = []struct {
	kind, busy string
	job        func(tx *store.Tx) (id int64, at bool, err error)
}{
	{JobAllocate, "error.allocation.busy", func(tx *store.Tx) (int64, bool, error) {
		r, err := tx.RunAtWork()
		if r == nil {
			return 0, false, err
		}
		return r.JobID, true, err
	}},
	{JobSeason, "error.season_plan.busy", func(tx *store.Tx) (int64, bool, error) {
		r, err := tx.SeasonRunAtWork()
		if r == nil {
			return 0, false, err
		}
		return r.JobID, true, err
	}},
	{JobLayout, "error.layout.busy", func(tx *store.Tx) (int64, bool, error) {
		r, err := tx.LayoutAtWork()
		if r == nil {
			return 0, false, err
		}
		return r.JobID, true, err
	}},
}

// othersAtWork refuses a solve of one kind beside one of another: they share processor and memory. That of the same kind is each kind's own to look at, as it also frees
// the place of one whose process died.
func othersAtWork(tx *store.Tx, kind string) error {
	for _, s := range solves {
		if s.kind == kind {
			continue
		}
		job, at, err := s.job(tx)
		if err != nil {
			return err
		}
		if !at {
			continue
		}
		ended, err := tx.JobEnded(job)
		if err != nil {
			return err
		}
		if !ended {
			return fault.New(fault.State, s.busy)
		}
	}
	return nil
}
