package planner

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"muntija/internal/planner/allocation"
	"muntija/internal/planner/model"
	"muntija/internal/planner/planfile"
	"muntija/internal/planner/verify"
)

// DrawFormat is the value of "format" in the files of equal-chance draws.
const DrawFormat = "muntija.draw/1"

// Drawn is an equal-chance draw of one exhibition: what is published of it, with everything that decides.
type Drawn struct {
	Chosen  []int32   // pairs, ascending
	Chances []float64 // of each exhibitor, 0 to 1
	Unmet   []model.Shortfall
}

// DrawFile is the file of a draw.
type DrawFile struct {
	Format     string          `json:"format"`
	Problem    string          `json:"problem_sha256"`
	Seed       string          `json:"seed"`
	Commitment string          `json:"commitment"`
	Unmet      []drawShort     `json:"unmet"`
	Drawn      []string        `json:"drawn"`
	Chances    []drawChance    `json:"chances"` // the distinct ones, each with its exhibitors
	Question   json.RawMessage `json:"problem"`
}

type drawShort struct {
	Quota   string `json:"quota"`
	Missing int64  `json:"missing"`
}

type drawChance struct {
	Chance     float64  `json:"chance"`
	Exhibitors []string `json:"exhibitors"`
}

// Draw makes the equal-chance draw of a problem with one exhibition from a seed, and checks it.
func Draw(p *model.Problem, seed []byte) (*Drawn, error) {
	c, err := allocation.Leximin(p)
	if err != nil {
		return nil, err
	}
	d := &Drawn{Chosen: c.Draw(seed), Chances: c.ChanceOf(), Unmet: c.Unmet}
	if found := verify.Draw(p, seed, model.Commit(seed), d.Chosen, c.Shares(), c.Unmet); len(found) > 0 {
		return nil, fmt.Errorf("the draw does not pass its own check: %s", found[0])
	}
	return d, nil
}

// WriteDraw writes the file of a draw. problem is the text that p was decoded from: with it the file can be verified alone.
func WriteDraw(w io.Writer, p *model.Problem, seed []byte, d *Drawn, problem []byte) error {
	h, commitment := p.Hash(), model.Commit(seed)
	f := DrawFile{Format: DrawFormat, Problem: hex.EncodeToString(h[:]), Seed: hex.EncodeToString(seed), Commitment: hex.EncodeToString(commitment[:]),
		Unmet: []drawShort{}, Drawn: []string{}, Chances: []drawChance{}, Question: problem}
	for _, s := range d.Unmet {
		f.Unmet = append(f.Unmet, drawShort{p.Quotas[s.Quota].ID, s.Missing})
	}
	for _, i := range (&model.Plan{Chosen: d.Chosen}).Of(p) {
		f.Drawn = append(f.Drawn, p.IDs.At(int(i)))
	}
	levels := slices.Clone(d.Chances)
	slices.Sort(levels)
	for _, level := range slices.Compact(levels) {
		x := drawChance{Chance: level}
		for i, c := range d.Chances {
			if c == level {
				x.Exhibitors = append(x.Exhibitors, p.IDs.At(i))
			}
		}
		f.Chances = append(f.Chances, x)
	}
	text, err := planfile.Encode(f)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// ReadDraw reads the file of a draw and its problem. What is wrong with the content is for [CheckDraw].
func ReadDraw(data []byte) (*model.Problem, *DrawFile, error) {
	f := &DrawFile{}
	if err := planfile.Decode(data, DrawFormat, f); err != nil {
		return nil, nil, err
	}
	p, err := model.Decode(f.Question)
	if err != nil {
		return nil, nil, planfile.In("question", err)
	}
	return p, f, nil
}

// IsDraw reports whether a file says that it is one of a draw.
func IsDraw(data []byte) bool {
	var head struct {
		Format string `json:"format"`
	}
	return json.Unmarshal(data, &head) == nil && head.Format == DrawFormat
}

// CheckDraw makes the draw of a file again, from the problem and the seed alone, and returns everything in which the file differs.
func CheckDraw(data []byte) (p *model.Problem, places int, found []verify.Finding, err error) {
	p, f, err := ReadDraw(data)
	if err != nil {
		return nil, 0, nil, err
	}
	find := func(where, format string, args ...any) {
		found = append(found, verify.Finding{Where: where, What: fmt.Sprintf(format, args...)})
	}
	h := p.Hash()
	if f.Problem != hex.EncodeToString(h[:]) {
		find("problem", "its SHA-256 is %x, the file says %s", h, f.Problem)
	}
	seed, err := model.SeedHex(f.Seed)
	if err != nil {
		return nil, 0, nil, planfile.In("seed", err)
	}
	commitment, err := model.SeedHex(f.Commitment)
	if err != nil {
		return nil, 0, nil, planfile.In("commitment", err)
	}
	c, err := allocation.Leximin(p)
	if err != nil {
		return nil, 0, nil, err
	}
	chosen := c.Draw(seed[:])
	found = append(found, verify.Draw(p, seed[:], commitment, chosen, c.Shares(), c.Unmet)...)
	drawn := map[string]bool{}
	for _, id := range f.Drawn {
		if drawn[id] {
			find("exhibitor "+id, "it is named twice")
		}
		drawn[id] = true
	}
	for _, i := range (&model.Plan{Chosen: chosen}).Of(p) {
		id := p.IDs.At(int(i))
		if !drawn[id] {
			find("exhibitor "+id, "the seed draws it, the file does not")
		}
		delete(drawn, id)
	}
	for _, id := range f.Drawn {
		if drawn[id] {
			find("exhibitor "+id, "the file draws it, the seed does not")
			drawn[id] = false
		}
	}
	chances := map[string]float64{}
	for _, x := range f.Chances {
		for _, id := range x.Exhibitors {
			chances[id] = x.Chance
		}
	}
	for i, x := range c.ChanceOf() {
		if id := p.IDs.At(i); chances[id] != x {
			find("exhibitor "+id, "its chance is %.6f, the file says %.6f", x, chances[id])
		}
	}
	return p, len(chosen), found, nil
}
