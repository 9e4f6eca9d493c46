package cli

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	urfave "github.com/urfave/cli/v3"

	"muntija/internal/highs"
	"muntija/internal/locale"
	"muntija/internal/planner"
	"muntija/internal/planner/allocation"
	"muntija/internal/planner/explain"
	"muntija/internal/planner/layout"
	"muntija/internal/planner/model"
	"muntija/internal/planner/planfile"
	"muntija/internal/planner/season"
	"muntija/internal/planner/verify"
)

// planCommand is the planner on files, for other tools: no database is opened.
func (p *program) planCommand() *urfave.Command {
	return &urfave.Command{Name: "plan", Usage: "solve and check planning problems in files, without a database",
		Flags:    []urfave.Flag{&urfave.StringFlag{Name: "lang", Usage: "language of what is said of a problem or a plan: ar or en; that of LC_ALL, LC_MESSAGES or LANG without it"}},
		Before:   p.planLanguage,
		Commands: []*urfave.Command{p.planAllocationCommand(), p.planSeasonCommand(), p.planLayoutCommand(), p.planVerifyCommand(), p.planSchemaCommand()}}
}

// planLanguage settles the language in which "plan" says what is wrong with a problem.
func (p *program) planLanguage(ctx context.Context, cmd *urfave.Command) (context.Context, error) {
	switch lang := cmd.String("lang"); lang {
	case "":
		if strings.HasPrefix(cmp.Or(p.getenv("LC_ALL"), p.getenv("LC_MESSAGES"), p.getenv("LANG")), "ar") {
			p.lang = locale.Arabic
		}
	case locale.Arabic, locale.English:
		p.lang = lang
	default:
		return ctx, fmt.Errorf("--lang is ar or en, not %q; %w", lang, errUsage)
	}
	return ctx, nil
}

// say is a message about a problem or a plan, its numbers as files have them.
func (p *program) say(key string, args ...any) string {
	return p.locale().T(key, planfile.At("", key, args...).Args...)
}

// inFile is what is wrong with a file, told with its name.
type inFile struct {
	name string
	err  error
}

func (e *inFile) Error() string { return e.name + ": " + e.err.Error() }
func (e *inFile) Unwrap() error { return e.err }

// largestPlanFile is the size up to which a file is read.
const largestPlanFile = 4 << 30

func (p *program) planAllocationCommand() *urfave.Command {
	return &urfave.Command{Name: "allocation", Usage: "choose who goes to which exhibition: the best plan, a proof of how good it is, and reasons",
		Description: "The formats are those of \"muntija plan schema allocation\" and \"muntija plan schema allocation-plan\". The part \"plan\" of the answer is the same to the byte for the\n" +
			"same problem, seed, threads and time limit, which stands for an amount of work, unless the clock cut that short (\"stop\": \"time\") or SIGINT did (\"cancelled\"): then it is\n" +
			"the best plan and bound so far. Exit code 3: a minimum or must_place is not met, and the answer says why.",
		Flags: []urfave.Flag{
			&urfave.StringFlag{Name: "in", Required: true, Usage: "file of the problem; - is standard input"},
			&urfave.StringFlag{Name: "out", Required: true, Usage: "file of the answer; - is standard output"},
			&urfave.DurationFlag{Name: "time", Value: 30 * time.Second, Usage: "time limit"},
			&urfave.Uint64Flag{Name: "seed", Value: 1, Usage: "seed of the search (not of a lottery, which stands in the problem)"},
			&urfave.IntFlag{Name: "threads", Value: 2, Usage: "threads, 1 to 64"},
			&urfave.FloatFlag{Name: "gap", Value: 0.0001, Usage: "stop when the plan is proven to be within this share of the best; 0 goes on"},
			&urfave.IntFlag{Name: "memory", Value: 1200, Usage: "most memory in MB"},
			&urfave.StringFlag{Name: "reasons", Value: "auto", Usage: "all: for each exhibitor; summary: exhibitions, quotas and unmet minima; none; auto: all up to 20,000 exhibitors and 400,000 pairs"},
			noSecondsFlag(),
			&urfave.BoolFlag{Name: "bundle", Usage: "put the problem into the answer, so that it can be verified alone"},
			&urfave.BoolFlag{Name: "no-search", Usage: "do without HiGHS: no bound but that of prices"},
		},
		Action: p.planAllocation}
}

func (p *program) planAllocation(ctx context.Context, cmd *urfave.Command) error {
	began := time.Now()
	threads, gap, mode := cmd.Int("threads"), cmd.Float("gap"), cmd.String("reasons")
	switch {
	case threads < 1 || threads > 64:
		return fmt.Errorf("--threads is 1 to 64; %w", errUsage)
	case !(gap >= 0 && gap < 1):
		return fmt.Errorf("--gap is a share between 0 and 1; %w", errUsage)
	case cmd.Duration("time") <= 0:
		return fmt.Errorf("--time is above 0; %w", errUsage)
	case cmd.Int("memory") < 1:
		return fmt.Errorf("--memory is above 0; %w", errUsage)
	case mode != "auto" && mode != "all" && mode != "summary" && mode != "none":
		return fmt.Errorf("--reasons is auto, all, summary or none; %w", errUsage)
	}
	data, err := p.readPlanFile(cmd.String("in"))
	if err != nil {
		return err
	}
	problem, err := model.Decode(data)
	if err != nil {
		return &inFile{cmd.String("in"), err}
	}
	var bundle []byte
	if cmd.Bool("bundle") {
		bundle = data
	}
	data = nil
	families := mode == "all" || (mode == "auto" && problem.N() <= 20_000 && len(problem.Exh) <= 400_000)
	limit := cmd.Duration("time") // the work follows from it alone, the clock strikes in time for the check and the reasons
	loaded := time.Since(began)   // on a busy machine writing takes longer as reading did
	reserve := limit/20 + loaded
	if families {
		reserve += 5 * loaded
	}
	options := allocation.Options{Time: limit, Until: began.Add(max(limit-min(reserve, limit*4/10), loaded+50*time.Millisecond)), Seed: cmd.Uint64("seed"),
		Threads: threads, Gap: gap, Memory: int64(cmd.Int("memory")) << 20}
	if !cmd.Bool("no-search") {
		solver := highs.New(highs.Options{CacheDir: highs.UserCache()})
		defer solver.Close(context.WithoutCancel(ctx))
		options.Search = allocation.WithHighs(solver)
	}
	plan, err := allocation.Solve(ctx, problem, options)
	if err != nil {
		return err
	}
	if found := verify.Allocation(problem, plan); len(found) > 0 {
		return fmt.Errorf("the plan does not pass its own check, nothing was written: %s", found[0])
	}
	var reasons func(io.Writer) error
	if mode != "none" {
		reasons = func(w io.Writer) error { return explain.New(problem, plan).WriteJSON(w, families) }
	}
	took := time.Since(began).Seconds()
	run := model.Run{Seconds: math.Round(took*1000) / 1000, Threads: threads, Solver: "muntija " + model.Version}
	if cmd.Bool("no-seconds") {
		run.Seconds = 0
	}
	if err := p.writePlanFile(cmd.String("out"), func(w io.Writer) error { return model.WritePlan(w, problem, plan, run, reasons, bundle) }); err != nil {
		return err
	}
	fmt.Fprintf(p.errw, "%s: objective %d, bound %d, gap %.4f %%, %.2f s (%s)\n", plan.StatusFor(problem), plan.Objective, plan.Bound, 100*plan.Gap(), took, plan.Stop)
	p.found = plan.Status == model.Infeasible
	for _, s := range plan.Shortfalls {
		if s.Quota < 0 {
			fmt.Fprintln(p.errw, p.say("planfile.unplaced", s.Missing, firstOf(problem.Unplaced(plan))))
		} else {
			fmt.Fprintln(p.errw, p.say("planfile.short", problem.Quotas[s.Quota].ID, s.Missing, problem.Quotas[s.Quota].Min))
		}
	}
	return nil
}

// firstOf names the first of a list.
func firstOf(ids []string) string {
	const most = 5
	if len(ids) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
	}
	return strings.Join(ids, ", ")
}

func (p *program) readPlanFile(name string) ([]byte, error) {
	if name == "-" {
		data, err := io.ReadAll(io.LimitReader(p.in, largestPlanFile))
		if err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		return data, nil
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, planfile.At(name, "planfile.file_none")
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, planfile.At(name, "planfile.file_folder")
	case info.Size() > largestPlanFile:
		return nil, planfile.At(name, "planfile.bytes", info.Size(), int64(largestPlanFile))
	}
	return os.ReadFile(name)
}

// writePlanFile writes a file whole or not at all.
func (p *program) writePlanFile(name string, write func(io.Writer) error) error {
	if name == "-" {
		return write(p.out)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".muntija-plan-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := write(f); err != nil {
		f.Close()
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func (p *program) planVerifyCommand() *urfave.Command {
	return &urfave.Command{Name: "verify", ArgsUsage: "FILE", Usage: "recompute a plan or a draw: rules, objective, bound, lottery, order",
		Description: "FILE is what \"muntija plan allocation\", season or layout or a page of results wrote. A plan without its problem inside needs --in. The bound of an allocation is\n" +
			"recomputed from its prices, that of an assignment or knapsack problem with exact knapsacks, that of a layout from its own costs and flows, that of a season from each\n" +
			"exhibition by itself; of what a search proved beyond that it says that it was not checked. Exit code 3: something was found.",
		Flags: []urfave.Flag{&urfave.StringFlag{Name: "in", Usage: "file of the problem, if it is not in FILE"}},
		Action: func(_ context.Context, cmd *urfave.Command) error {
			name, err := argument(cmd, "FILE")
			if err != nil {
				return err
			}
			data, err := p.readPlanFile(name)
			if err != nil {
				return err
			}
			if planner.IsDraw(data) {
				return p.verifyDraw(name, data)
			}
			if kind := resultFormat(data); kind == season.ResultFormat || kind == layout.ResultFormat {
				return p.verifyFlat(name, kind, data, cmd.String("in"))
			}
			file, err := model.ReadPlan(data)
			if err != nil {
				return &inFile{name, err}
			}
			text := []byte(file.Problem)
			if in := cmd.String("in"); in != "" {
				if text, err = p.readPlanFile(in); err != nil {
					return err
				}
			} else if len(text) == 0 {
				return fmt.Errorf("%s holds no problem; name its file with --in; %w", name, errUsage)
			}
			problem, err := model.Decode(text)
			if err != nil {
				return planfile.In("problem", err)
			}
			plan, err := file.For(problem)
			if err != nil {
				p.found = true
				fmt.Fprintln(p.out, p.message(err))
				return nil
			}
			found := verify.Allocation(problem, plan)
			for _, f := range found {
				fmt.Fprintln(p.out, f)
			}
			if p.found = len(found) > 0; p.found {
				return nil
			}
			h := problem.Hash()
			fmt.Fprintln(p.out, p.say("planfile.verified_places", len(plan.Chosen), plan.Objective, hex.EncodeToString(h[:]))+" "+p.proofWords(plan))
			return nil
		}}
}

// resultFormat is the "format" of a file, empty if it has none.
func resultFormat(data []byte) string {
	var head struct {
		Format string `json:"format"`
	}
	if json.Unmarshal(data, &head) != nil {
		return ""
	}
	return head.Format
}

// verifyFlat checks the result of "plan season" or "plan layout" against its problem.
func (p *program) verifyFlat(name, kind string, data []byte, in string) error {
	if in == "" {
		return fmt.Errorf("%s holds no problem; name its file with --in; %w", name, errUsage)
	}
	text, err := p.readPlanFile(in)
	if err != nil {
		return err
	}
	var found []string
	var objective, bound *int64
	var hash string
	proven := int64(0) // by arithmetic, from the problem alone
	if kind == season.ResultFormat {
		problem, err := season.Decode(text)
		if err != nil {
			return &inFile{in, err}
		}
		result := new(season.Result)
		if err := planfile.Decode(data, kind, result); err != nil {
			return &inFile{name, err}
		}
		found, objective, bound, hash, proven = verify.Season(problem, result), result.Objective, result.Bound, result.Hash, verify.SeasonBound(problem)
	} else {
		problem, err := layout.Decode(text)
		if err != nil {
			return &inFile{in, err}
		}
		result := new(layout.Result)
		if err := planfile.Decode(data, kind, result); err != nil {
			return &inFile{name, err}
		}
		found, objective, bound, hash, proven = verify.Layout(problem, result), result.Objective, result.Bound, result.Hash, verify.LayoutBound(problem)
	}
	for _, f := range found {
		fmt.Fprintln(p.out, f)
	}
	switch {
	case len(found) > 0:
		p.found = true
	case objective == nil:
		fmt.Fprintln(p.out, p.say("planfile.verified_none", hash))
	case *bound <= proven:
		fmt.Fprintln(p.out, p.say("planfile.verified_bound", *objective, *bound, hash))
	default:
		fmt.Fprintln(p.out, p.say("planfile.verified_trust", *objective, *bound, proven, hash))
	}
	return nil
}

// verifyDraw makes an equal-chance draw again and says in what the file differs.
func (p *program) verifyDraw(name string, data []byte) error {
	problem, places, found, err := planner.CheckDraw(data)
	if err != nil {
		return &inFile{name, err}
	}
	for _, f := range found {
		fmt.Fprintln(p.out, f)
	}
	if p.found = len(found) > 0; p.found {
		return nil
	}
	h := problem.Hash()
	fmt.Fprintln(p.out, p.say("planfile.verified_draw", places, problem.N(), hex.EncodeToString(h[:])))
	return nil
}

// proofWords says what was checked of the bound of an allocation, and what was not.
func (p *program) proofWords(plan *model.Plan) string {
	switch {
	case plan.Places != nil && plan.PlaceBound == plan.Bound:
		return p.say("planfile.bound_places", plan.Bound)
	case plan.Places != nil:
		return p.say("planfile.bound_search", plan.Bound, plan.PlaceBound)
	case plan.Proof == model.ProofSearch:
		return p.say("planfile.bound_search", plan.Bound, plan.PriceBound)
	}
	return p.say("planfile.bound_prices", plan.Bound)
}

// planSchemas are the formats of plan files by name.
var planSchemas = map[string][]byte{"allocation": model.Schema, "allocation-plan": model.PlanSchema, "season": season.Schema, "season-plan": season.PlanSchema,
	"layout": layout.Schema, "layout-plan": layout.PlanSchema}

func (p *program) planSchemaCommand() *urfave.Command {
	return &urfave.Command{Name: "schema", ArgsUsage: "allocation|allocation-plan|season|season-plan|layout|layout-plan", Usage: "print the JSON Schema of a file format",
		Action: func(_ context.Context, cmd *urfave.Command) error {
			name, err := argument(cmd, "name")
			if err != nil {
				return err
			}
			schema, ok := planSchemas[name]
			if !ok {
				return fmt.Errorf("there is no schema %q; %w", name, errUsage)
			}
			_, err = p.out.Write(schema)
			return err
		}}
}
