package cli

import (
	"context"
	"fmt"

	urfave "github.com/urfave/cli/v3"

	"muntija/internal/store"
)

// figuresCommand looks after the sums of the dashboards.
func (p *program) figuresCommand() *urfave.Command {
	return &urfave.Command{Name: "figures", Usage: "the sums of the dashboards", Commands: []*urfave.Command{
		{Name: "check", Usage: "compare the sums with a count of every family; exit code 3 if some differ", Action: func(ctx context.Context, cmd *urfave.Command) error {
			return p.withFigures(ctx, cmd, false)
		}},
		{Name: "recount", Usage: "forget the sums and count from the beginning, while a server may go on", Action: func(ctx context.Context, cmd *urfave.Command) error {
			return p.withFigures(ctx, cmd, true)
		}},
	}}
}

// withFigures brings the sums on, from the beginning if asked, and compares them with a full count.
func (p *program) withFigures(ctx context.Context, cmd *urfave.Command, anew bool) error {
	o, err := p.open(ctx, cmd)
	if err != nil {
		return err
	}
	defer o.close()
	if anew {
		if err := o.db.RecountFigures(ctx); err != nil {
			return fmt.Errorf("forgetting the sums: %w", err)
		}
	}
	for {
		more, err := o.svc.Dashboards.CountOn(ctx, 10_000)
		if err != nil {
			return fmt.Errorf("counting: %w", err)
		}
		if !more {
			break
		}
	}
	return o.db.View(ctx, func(tx *store.Tx) error {
		differ, example, behind, err := tx.CheckFigures()
		switch {
		case err != nil:
			return fmt.Errorf("comparing: %w", err)
		case behind:
			fmt.Fprintln(p.out, "families changed meanwhile; nothing was compared, try again")
		case differ > 0:
			p.found = true
			fmt.Fprintf(p.out, "%d sums differ from a full count, such as %s; muntija figures recount mends them\n", differ, example)
		default:
			fmt.Fprintln(p.out, "the sums agree with a count of every family")
		}
		return nil
	})
}
