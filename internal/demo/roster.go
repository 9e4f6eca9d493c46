package demo

import (
	"context"
	"fmt"
	"time"

	"muntija/fixtures"
	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/service"
)

// importRosters leaves two imports behind: one that is done, of a list as an association sends it, and one that waits for its confirmation.
func (l *loader) importRosters(ctx context.Context) error {
	for _, x := range []struct {
		area, file string
		ago        time.Duration
		confirm    bool
	}{{"EG-SHG", "association.xlsx", 26 * time.Hour, true}, {"EG-C", "export.xlsx", 2 * time.Hour, false}} {
		l.clock.set(l.now.Add(-x.ago))
		actor := l.who(place.Egypt, auth.FieldWorker, x.area, 0)
		body, err := fixtures.Roster(x.file)
		if err != nil {
			return err
		}
		im := l.svc.Imports
		id, err := im.Stage(ctx, actor, x.file, body, l.write(0))
		if err != nil {
			return fmt.Errorf("the roster %s: %w", x.file, err)
		}
		c, err := im.Columns(ctx, actor, id)
		if err != nil {
			return err
		}
		if err := im.Map(ctx, actor, id, c.Mapping, l.write(0)); err != nil {
			return fmt.Errorf("the columns of %s: %w", x.file, err)
		}
		if err := l.workImport(ctx, actor, id); err != nil {
			return err
		}
		if !x.confirm {
			continue
		}
		if err := im.Confirm(ctx, actor, id, true, l.write(0)); err != nil {
			return fmt.Errorf("confirming %s: %w", x.file, err)
		}
		if err := l.workImport(ctx, actor, id); err != nil {
			return err
		}
	}
	return nil
}

// workImport runs the job of an import, which must not fail.
func (l *loader) workImport(ctx context.Context, actor auth.Actor, id int64) error {
	v, err := l.svc.Imports.Import(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := l.svc.Jobs.Work(ctx, v.JobID); err != nil {
		return err
	}
	if v, err = l.svc.Imports.Import(ctx, actor, id); err != nil {
		return err
	}
	if v.State == service.ImportFailed {
		return fmt.Errorf("import %d failed: %s", id, v.ErrorKey)
	}
	return nil
}
