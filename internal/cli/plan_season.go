package cli

import (
	"context"
	"fmt"

	urfave "github.com/urfave/cli/v3"

	"muntija/internal/highs"
	"muntija/internal/planner/season"
	"muntija/internal/planner/verify"
)

func (p *program) planSeasonCommand() *urfave.Command {
	return &urfave.Command{Name: "season", Usage: "dates and venues of a season", Flags: append(planFlags(), &urfave.BoolFlag{Name: "no-search", Usage: "do without HiGHS: a plan without proof"}),
		Description: "The formats are printed by \"muntija plan schema season\" and \"muntija plan schema season-plan\". Exit code 3: there is no plan, and the result says\n" +
			"which demands clash.\n" + sameBytes,
		Action: func(ctx context.Context, cmd *urfave.Command) error {
			run, err := p.planRun(cmd)
			if err != nil {
				return err
			}
			problem, err := season.Decode(run.data)
			if err != nil {
				return &inFile{run.in, err}
			}
			if err := run.fits(season.Memory(problem)); err != nil {
				return err
			}
			var solver *highs.Solver
			if !cmd.Bool("no-search") {
				solver = openSolver()
				defer solver.Close(context.WithoutCancel(ctx))
			}
			result, err := season.Solve(ctx, solver, problem, season.Params{TimeLimit: run.left(), Work: run.limit, Seed: int32(run.seed), Threads: run.threads})
			if err != nil {
				return err
			}
			if wrong := verify.Season(problem, result); len(wrong) > 0 {
				return fmt.Errorf("%w: %s", errWrongPlan, wrong[0])
			}
			result.Seconds = run.seconds()
			result.Seal()
			p.found = result.Objective == nil
			how := result.Status + " (" + result.Stop + ")"
			if result.Objective != nil {
				how += fmt.Sprintf(", objective %d, bound %d", *result.Objective, *result.Bound)
			} else if result.Clash != "" {
				how += fmt.Sprintf(", %d demands clash (%s)", len(result.Reasons), result.Clash)
				for _, d := range result.Reasons[:min(len(result.Reasons), 3)] {
					how += "; " + d.Sentence
				}
			}
			return p.writePlan(run, result, how)
		}}
}
