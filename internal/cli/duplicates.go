package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"
	"strings"

	urfave "github.com/urfave/cli/v3"

	"muntija/internal/auth"
	"muntija/internal/matching"
	"muntija/internal/place"
)

func (p *program) duplicatesCommand() *urfave.Command {
	return &urfave.Command{Name: "duplicates", Usage: "find records that may be the same person, with reasons",
		Description: "Of the registry: muntija duplicates --party EG --json; with --queue the pairs come into the queue that reviewers work through, as after a first day with a large " +
			"registry, and the runs at night go on from there. Of a plain file: muntija duplicates --file F.csv --key COLUMN --map MAP.json --json. The map says which columns hold what, " +
			`{"given_name": "first", "street": ["address_1", "address_2"]}; its fields are ` + strings.Join(matching.MappingFields(), ", ") +
			". Other usual words are understood too (dob, zip, last name, or the columns first and the fields after them); a list of columns is put together. Without a map, columns are known by " +
			"their headers. Dates may be 1990-03-04, 19900304, 4/3/1990, 4 March 1990, a year, or a spreadsheet's day number. The answer of --json: " +
			`{"records": 2, "compared": 1, "threshold": 0.75, "pairs": [{"a": key, "b": key, "weight": bits, "probability": 0 to 1, "reasons": [{"field", "level", "bits"}]}], "clusters": [[key, key]]}` +
			": pairs likeliest first, from the threshold on; the bits of the reasons add up to the weight; a reason of the level household takes back what two people of one home share, " +
			"chain adds what a third record of the cluster says.",
		Flags: []urfave.Flag{
			&urfave.StringFlag{Name: "file", Usage: "a CSV file (UTF-8, UTF-16 or Windows-1256; comma, semicolon, tab or |); - for standard input"},
			&urfave.StringFlag{Name: "party", Usage: "without --file: whose families, EG or QA"},
			&urfave.StringFlag{Name: "key", Usage: "the column that names a record; without it: id, or the number of the line"},
			&urfave.StringFlag{Name: "map", Usage: "a JSON file that says which columns hold what"},
			&urfave.FloatFlag{Name: "threshold", Usage: "the probability from which a pair is shown, 0 to 1; without it: from which on, by the estimate, one pair in eighty is wrong"},
			&urfave.IntFlag{Name: "threads", Usage: "cores to use; 0: all. The answer does not depend on it"},
			&urfave.BoolFlag{Name: "queue", Usage: "without --file: put the pairs into the queue of the registry"},
			&urfave.BoolFlag{Name: "json", Usage: "print JSON"},
		},
		Action: func(ctx context.Context, cmd *urfave.Command) error {
			if cmd.IsSet("threshold") && cmd.Float("threshold") <= 0 || cmd.Float("threshold") > 1 || math.IsNaN(cmd.Float("threshold")) {
				return fmt.Errorf("--threshold must be above 0 and at most 1; %w", errUsage)
			}
			// A million is compared once and the program ends: rare collections, until memory is short.
			debug.SetGCPercent(300)
			debug.SetMemoryLimit(fileMemory)
			if cmd.String("file") == "" {
				return p.registryDuplicates(ctx, cmd)
			}
			records, err := p.readRecords(cmd)
			if err != nil {
				return err
			}
			set, err := matching.NewSet(records)
			if err != nil {
				return err
			}
			records = nil
			debug.FreeOSMemory()
			result, err := set.Link(ctx, matching.Options{Threshold: cmd.Float("threshold"), Threads: cmd.Int("threads")})
			if err != nil {
				return err
			}
			return p.printDuplicates(result, set.Len(), cmd.Bool("json"))
		}}
}

// fileMemory is how much memory the comparison of a file takes before it collects as often as it must.
const fileMemory = 2200 << 20

// registryDuplicates compares the families of a party. It prints numbers and reasons, and no name.
func (p *program) registryDuplicates(ctx context.Context, cmd *urfave.Command) error {
	party := place.Country(strings.ToUpper(cmd.String("party")))
	if party != place.Egypt && party != place.Qatar {
		return fmt.Errorf("--party must be EG or QA (or name a --file); %w", errUsage)
	}
	o, err := p.open(ctx, cmd)
	if err != nil {
		return err
	}
	defer o.close()
	result, families, err := o.svc.Duplicates.Search(ctx, auth.SystemActor(party), matching.Options{Threshold: cmd.Float("threshold"), Threads: cmd.Int("threads")},
		cmd.Bool("queue"))
	if err != nil {
		return err
	}
	return p.printDuplicates(result, families, cmd.Bool("json"))
}

func (p *program) readRecords(cmd *urfave.Command) ([]matching.Record, error) {
	var m matching.Mapping
	if name := cmd.String("map"); name != "" {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading the map: %w", err)
		}
		if m, err = matching.ParseMapping(raw); err != nil {
			return nil, err
		}
	}
	in := p.in
	if name := cmd.String("file"); name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("opening the file: %w", err)
		}
		defer f.Close()
		in = f
	}
	records, used, err := matching.ReadCSV(in, cmd.String("key"), m)
	if err != nil {
		return nil, err
	}
	if m == nil {
		for _, field := range matching.MappingFields() {
			if cols := used[field]; len(cols) > 0 {
				fmt.Fprintf(p.errw, "%s: %s\n", field, strings.Join(cols, ", "))
			}
		}
	}
	if cols := m.Ignored(); len(cols) > 0 {
		fmt.Fprintf(p.errw, "left out: %s\n", strings.Join(cols, ", "))
	}
	return records, nil
}

type duplicatePair struct {
	A           string            `json:"a"`
	B           string            `json:"b"`
	Weight      float64           `json:"weight"` // bits
	Probability float64           `json:"probability"`
	Reasons     []duplicateReason `json:"reasons"`
}

type duplicateReason struct {
	Field string  `json:"field"`
	Level string  `json:"level"`
	Bits  float64 `json:"bits"`
}

type duplicatesJSON struct {
	Records   int             `json:"records"`
	Compared  int             `json:"compared"`
	Threshold float64         `json:"threshold"`
	Pairs     []duplicatePair `json:"pairs"`
	Clusters  [][]string      `json:"clusters"`
}

func rounded(x, places float64) float64 { return math.Round(x*places) / places }

func (p *program) printDuplicates(r *matching.Result, records int, asJSON bool) error {
	out := duplicatesJSON{Records: records, Compared: r.Compared, Threshold: r.Threshold, Pairs: []duplicatePair{}, Clusters: r.Clusters}
	if out.Clusters == nil {
		out.Clusters = [][]string{}
	}
	for _, x := range r.Pairs {
		d := duplicatePair{A: x.A, B: x.B, Weight: rounded(x.Weight, 1e3), Probability: rounded(x.Probability, 1e6), Reasons: []duplicateReason{}}
		for _, y := range x.Reasons {
			d.Reasons = append(d.Reasons, duplicateReason{y.Field.String(), y.Level, rounded(y.Bits, 1e3)})
		}
		out.Pairs = append(out.Pairs, d)
	}
	w := bufio.NewWriterSize(p.out, 1<<16)
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(out); err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
		return w.Flush()
	}
	printPairs(w, &out)
	return w.Flush()
}

func printPairs(w io.Writer, out *duplicatesJSON) {
	for _, x := range out.Pairs {
		fmt.Fprintf(w, "%s\t%s\t%.1f bits\t%.4f\t", x.A, x.B, x.Weight, x.Probability)
		for i, y := range x.Reasons {
			if i > 0 {
				fmt.Fprint(w, ", ")
			}
			fmt.Fprintf(w, "%s %s %+.1f", y.Field, y.Level, y.Bits)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%d records, %d pairs compared, %d pairs at %.2f or more, %d clusters\n", out.Records, out.Compared, len(out.Pairs), out.Threshold, len(out.Clusters))
}
