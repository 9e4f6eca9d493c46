package cli

import (
	"context"
	"fmt"

	urfave "github.com/urfave/cli/v3"

	"muntija/internal/planner/layout"
	"muntija/internal/planner/verify"
)

func (p *program) planLayoutCommand() *urfave.Command {
	return &urfave.Command{Name: "layout", Usage: "booths of an exhibition", Flags: planFlags(),
		Description: "The formats are printed by \"muntija plan schema layout\" and \"muntija plan schema layout-plan\". Exit code 3: the needs cannot be met, and the result names exhibitors\n" +
			"whose booths are too few, or a hard rule stays broken.\n" + sameBytes,
		Action: func(ctx context.Context, cmd *urfave.Command) error {
			run, err := p.planRun(cmd)
			if err != nil {
				return err
			}
			problem, err := layout.Decode(run.data)
			if err != nil {
				return &inFile{run.in, err}
			}
			if err := run.fits(layout.Memory(problem, run.threads)); err != nil {
				return err
			}
			result, err := layout.Solve(ctx, problem, layout.Params{TimeLimit: run.left(), Work: run.limit, Seed: int64(run.seed), Threads: run.threads})
			if err != nil {
				return err
			}
			if wrong := verify.Layout(problem, result); len(wrong) > 0 {
				return fmt.Errorf("%w: %s", errWrongPlan, wrong[0])
			}
			result.Seconds = run.seconds()
			result.Seal()
			p.found = result.Objective == nil || result.Hard > 0
			how := result.Status + " (" + result.Stop + ")"
			if result.Objective != nil {
				how += fmt.Sprintf(", objective %d, bound %d, %d hard breaches", *result.Objective, *result.Bound, result.Hard)
			} else {
				how += ": " + result.Shortage.Sentence + " (" + firstOf(result.Shortage.Exhibitors) + ")"
			}
			return p.writePlan(run, result, how)
		}}
}
