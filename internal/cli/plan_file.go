package cli

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	urfave "github.com/urfave/cli/v3"

	"muntija/internal/highs"
	"muntija/internal/planner/planfile"
)

// planFlags are the flags of "plan season" and "plan layout".
func planFlags() []urfave.Flag {
	return []urfave.Flag{
		&urfave.StringFlag{Name: "in", Usage: "file of the problem; - is standard input", Required: true},
		&urfave.StringFlag{Name: "out", Usage: "file of the result; - is standard output", Value: "-"},
		&urfave.DurationFlag{Name: "time", Usage: "how long to plan; then the best plan and bound so far", Value: 30 * time.Second},
		&urfave.IntFlag{Name: "seed", Usage: "of all random choices, from 0", Value: 1},
		&urfave.IntFlag{Name: "threads", Usage: "threads, 1 to 64", Value: 2},
		&urfave.IntFlag{Name: "memory", Usage: "most memory in MB; a problem that is estimated to need more is refused", Value: 2048},
		noSecondsFlag(),
	}
}

// noSecondsFlag is that of the planners of files that makes two answers comparable.
func noSecondsFlag() urfave.Flag {
	return &urfave.BoolFlag{Name: "no-seconds", Usage: "leave the seconds that it took out of the file, so that two runs give the same bytes"}
}

// sameBytes is what the descriptions of "plan season" and "plan layout" say of repeating a run.
const sameBytes = "The same problem, seed, threads and time limit give the same file but for \"seconds\", unless \"stop\" is \"time_limit\" or \"interrupted\" (SIGINT): then it is the best\n" +
	"plan and bound that there was time for. The time limit holds for all of the run, reading and writing included."

// planRun is one run of "plan season" or "plan layout": what its flags say.
type planRun struct {
	data    []byte
	in, out string
	limit   time.Duration
	seed    int
	threads int
	memory  int64 // bytes
	clock   bool  // the seconds are wanted
	began   time.Time
}

// left is how long the solver may take: the time limit holds for reading the problem, checking and writing the plan too.
func (r *planRun) left() time.Duration {
	return max(r.limit*95/100-time.Since(r.began), 20*time.Millisecond)
}

// fits refuses a problem that would need more memory than it may.
func (r *planRun) fits(need int64) error {
	if need > r.memory {
		return planfile.At("", "planfile.memory", need>>20, r.memory>>20)
	}
	return nil
}

func (p *program) planRun(cmd *urfave.Command) (*planRun, error) {
	r := &planRun{in: cmd.String("in"), out: cmd.String("out"), clock: !cmd.Bool("no-seconds"), limit: cmd.Duration("time"), seed: cmd.Int("seed"), threads: cmd.Int("threads"), memory: int64(cmd.Int("memory")) << 20, began: time.Now()}
	switch {
	case cmd.Args().Len() > 0:
		return nil, fmt.Errorf("plan %s takes no word %q; %w", cmd.Name, cmd.Args().First(), errUsage)
	case r.limit <= 0 || r.limit > 24*time.Hour:
		return nil, fmt.Errorf("--time is more than 0 and at most 24h, not %s; %w", r.limit, errUsage)
	case r.seed < 0 || r.seed > math.MaxInt32:
		return nil, fmt.Errorf("--seed is between 0 and %d, not %d; %w", math.MaxInt32, r.seed, errUsage)
	case r.threads < 1 || r.threads > 64:
		return nil, fmt.Errorf("--threads is between 1 and 64, not %d; %w", r.threads, errUsage)
	case cmd.Int("memory") < 1:
		return nil, fmt.Errorf("--memory is above 0; %w", errUsage)
	}
	var err error
	if r.data, err = p.readPlanFile(cmd.String("in")); err != nil {
		return nil, err
	}
	return r, nil
}

// seconds is how long the run has taken, in thousandths; 0 if the file is to be without.
func (r *planRun) seconds() float64 {
	if !r.clock {
		return 0
	}
	return max(0.001, math.Round(time.Since(r.began).Seconds()*1000)/1000)
}

// writePlan writes a result, and one line on standard error that says how the run went.
func (p *program) writePlan(r *planRun, result any, how string) error {
	b, err := planfile.Encode(result)
	if err != nil {
		return err
	}
	if err := p.writePlanFile(r.out, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	fmt.Fprintf(p.errw, "%s; %.2f seconds, seed %d, %d threads\n", how, time.Since(r.began).Seconds(), r.seed, r.threads)
	return nil
}

// openSolver opens the exact solver with its compiled code kept between runs: the first compile takes about two seconds, the next ones none.
func openSolver() *highs.Solver {
	return highs.New(highs.Options{CacheDir: highs.UserCache(), MemoryMiB: 2048})
}

var errWrongPlan = errors.New("the plan does not pass its own check; this is a mistake of the program")
