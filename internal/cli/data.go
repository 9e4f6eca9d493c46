package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	urfave "github.com/urfave/cli/v3"

	"muntija/internal/auth"
	"muntija/internal/config"
	"muntija/internal/intake"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/seal"
	"muntija/internal/service"
	"muntija/internal/store"
)

// argument returns the command's only argument.
func argument(cmd *urfave.Command, name string) (string, error) {
	if cmd.Args().Len() != 1 || cmd.Args().First() == "" {
		return "", fmt.Errorf("%s needs one %s; %w", cmd.Name, name, errUsage)
	}
	return cmd.Args().First(), nil
}

func (p *program) backupCommand() *urfave.Command {
	return &urfave.Command{Name: "backup", Usage: "write a consistent copy of the database into FILE, while writes go on", ArgsUsage: "FILE",
		Description: "The copy is an SQLite file, whichever engine is in use. It needs the same key file to be read: keep the two apart.",
		Action: func(ctx context.Context, cmd *urfave.Command) error {
			file, err := argument(cmd, "FILE")
			if err != nil {
				return err
			}
			if _, err := os.Stat(file); err == nil {
				return fmt.Errorf("%s is there already; a backup never overwrites one", file)
			}
			o, err := p.open(ctx, cmd)
			if err != nil {
				return err
			}
			defer o.close()
			if err := o.db.Backup(ctx, file); err != nil {
				return fmt.Errorf("writing the backup: %w", err)
			}
			info, err := os.Stat(file)
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "%s: %d bytes. Key file: %s (fingerprint %s)\n", file, info.Size(), o.cfg.Keys, o.keys.Fingerprint())
			return nil
		}}
}

func (p *program) restoreCommand() *urfave.Command {
	return &urfave.Command{Name: "restore", Usage: "fill the empty database that --db names from a backup FILE", ArgsUsage: "FILE",
		Action: func(ctx context.Context, cmd *urfave.Command) error {
			file, err := argument(cmd, "FILE")
			if err != nil {
				return err
			}
			cfg, err := p.settings(cmd)
			if err != nil {
				return fmt.Errorf("%w; %w", err, errUsage)
			}
			if _, err := os.Stat(file); err != nil {
				return fmt.Errorf("reading the backup: %w", err)
			}
			keys, err := seal.OpenExisting(cfg.Keys)
			if err != nil {
				return fmt.Errorf("a backup can be read with its own key file only; opening %s: %w", cfg.Keys, err)
			}
			if err := store.Restore(ctx, file, cfg.DB, keys); err != nil {
				return fmt.Errorf("restoring into %s: %w", config.Redact(cfg.DB), err)
			}
			fmt.Fprintf(p.out, "Restored %s into %s\n", file, config.Redact(cfg.DB))
			return nil
		}}
}

func (p *program) migrateCommand() *urfave.Command {
	return &urfave.Command{Name: "migrate", Usage: "bring the schema of the database up to date (serve does it too)",
		Action: func(ctx context.Context, cmd *urfave.Command) error {
			o, err := p.open(ctx, cmd)
			if err != nil {
				return err
			}
			defer o.close()
			fmt.Fprintf(p.out, "%s is up to date (%s)\n", config.Redact(o.cfg.DB), o.db.Stats(ctx).Engine)
			return nil
		}}
}

func (p *program) moveCommand() *urfave.Command {
	return &urfave.Command{Name: "move", Usage: "copy a database into an empty one, between the engines if need be",
		Flags: []urfave.Flag{&urfave.StringFlag{Name: "from", Required: true, Usage: "database to read"}, &urfave.StringFlag{Name: "to", Required: true, Usage: "empty database to fill"}},
		Action: func(ctx context.Context, cmd *urfave.Command) error {
			cfg, err := p.settings(cmd)
			if err != nil {
				return fmt.Errorf("%w; %w", err, errUsage)
			}
			keys, err := seal.OpenExisting(cfg.Keys)
			if err != nil {
				return fmt.Errorf("opening the key file %s: %w", cfg.Keys, err)
			}
			from, err := store.Open(ctx, cmd.String("from"), keys, store.Options{})
			if err != nil {
				return fmt.Errorf("opening %s: %w", config.Redact(cmd.String("from")), err)
			}
			defer from.Close()
			to, err := store.Open(ctx, cmd.String("to"), keys, store.Options{})
			if err != nil {
				return fmt.Errorf("opening %s: %w", config.Redact(cmd.String("to")), err)
			}
			defer to.Close()
			if err := store.Move(ctx, from, to); err != nil {
				return fmt.Errorf("moving: %w", err)
			}
			fmt.Fprintf(p.out, "Moved %s to %s; both hold the same audit chain\n", config.Redact(cmd.String("from")), config.Redact(cmd.String("to")))
			return nil
		}}
}

func (p *program) doctorCommand() *urfave.Command {
	return &urfave.Command{Name: "doctor", Usage: "check the database: integrity, audit chain, orphans, indexes, sealed values",
		Flags: []urfave.Flag{&urfave.BoolFlag{Name: "json", Usage: "print JSON"}},
		Action: func(ctx context.Context, cmd *urfave.Command) error {
			o, err := p.open(ctx, cmd)
			if err != nil {
				return err
			}
			defer o.close()
			findings, err := o.db.Doctor(ctx)
			if err != nil {
				return fmt.Errorf("examining the database: %w", err)
			}
			for _, f := range findings {
				p.found = p.found || f.Severity == store.SeverityError
			}
			if cmd.Bool("json") {
				return json.NewEncoder(p.out).Encode(findings)
			}
			l := locale.Default().For(locale.English)
			w := tabwriter.NewWriter(p.out, 0, 8, 2, ' ', 0)
			for _, f := range findings {
				count := ""
				if f.Count > 0 {
					count = fmt.Sprintf("%d found, the first in row %d %v", f.Count, f.ID, f.Args)
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", f.Severity, f.Check, l.T(f.Key), count)
			}
			return w.Flush()
		}}
}

func (p *program) auditCommand() *urfave.Command {
	return &urfave.Command{Name: "audit", Usage: "the audit log", Commands: []*urfave.Command{{
		Name: "verify", Usage: "prove the chain of the audit log, and name the first broken link",
		Description: "Works on a copy of the database too. --expect HEAD also proves that nothing was cut off since a head that you noted earlier.",
		Flags: []urfave.Flag{&urfave.StringFlag{Name: "expect", Usage: "a head printed by an earlier run, which must be part of the chain"},
			&urfave.BoolFlag{Name: "json", Usage: "print JSON"}},
		Action: func(ctx context.Context, cmd *urfave.Command) error {
			o, err := p.open(ctx, cmd)
			if err != nil {
				return err
			}
			defer o.close()
			var r store.AuditReport
			if head := cmd.String("expect"); head != "" {
				r, err = store.VerifyAuditWith(ctx, o.db, head)
			} else {
				r, err = store.VerifyAudit(ctx, o.db)
			}
			if err != nil {
				return fmt.Errorf("reading the audit log: %w", err)
			}
			p.found = r.Reason != ""
			if cmd.Bool("json") {
				return json.NewEncoder(p.out).Encode(r)
			}
			if r.Reason != "" {
				fmt.Fprintf(p.out, "BROKEN at entry %d: %s\n", r.FirstBroken, r.Reason)
				return nil
			}
			fmt.Fprintf(p.out, "whole: %d entries, head %s\n", r.Entries, r.Head)
			return nil
		}}}}
}

func (p *program) userCommand() *urfave.Command {
	return &urfave.Command{Name: "user", Usage: "people who may sign in", Commands: []*urfave.Command{
		{Name: "list", Usage: "list the users of both parties", Action: func(ctx context.Context, cmd *urfave.Command) error {
			o, err := p.open(ctx, cmd)
			if err != nil {
				return err
			}
			defer o.close()
			w := tabwriter.NewWriter(p.out, 0, 8, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tPARTY\tROLE\tAREAS\tE-MAIL\tSTATE\tSECOND FACTOR")
			q := service.UserQuery{Limit: 200}
			for {
				page, err := o.svc.People.Users(ctx, auth.SystemActor(""), q)
				if err != nil {
					return err
				}
				for _, u := range page.Rows {
					fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%v\n", u.ID, u.Party, u.Role, u.Areas, u.Email, u.State(), u.SecondFactor)
				}
				if q.After = page.Next; q.After == 0 {
					break
				}
			}
			return w.Flush()
		}},
		{Name: "add", Usage: "add a user and print the one-time link that sets the password",
			Flags: []urfave.Flag{&urfave.StringFlag{Name: "email", Required: true}, &urfave.StringFlag{Name: "name", Required: true},
				&urfave.StringFlag{Name: "role", Required: true, Usage: "field_worker, reviewer, coordinator, analyst or administrator"},
				&urfave.StringFlag{Name: "party", Required: true, Usage: "EG or QA"}, &urfave.StringFlag{Name: "areas", Value: "*", Usage: "* for all, or codes with commas"}},
			Action: func(ctx context.Context, cmd *urfave.Command) error {
				o, err := p.open(ctx, cmd)
				if err != nil {
					return err
				}
				defer o.close()
				areas := auth.ParseAreas(cmd.String("areas"))
				in := &intake.User{Email: cmd.String("email"), Name: cmd.String("name"), Role: cmd.String("role"), Party: cmd.String("party"), Areas: areas.Codes()}
				if areas.All() {
					in.All = "yes"
				}
				party := place.Country(cmd.String("party"))
				if !party.Valid() {
					return fmt.Errorf("--party must be EG or QA; %w", errUsage)
				}
				link, err := o.svc.People.Invite(ctx, auth.SystemActor(party), in, service.Write{})
				if err != nil {
					return err
				}
				p.printLink(o, link)
				return nil
			}},
		{Name: "reset", Usage: "print a one-time link that sets a new password", ArgsUsage: "E-MAIL", Action: func(ctx context.Context, cmd *urfave.Command) error {
			email, err := argument(cmd, "E-MAIL")
			if err != nil {
				return err
			}
			o, err := p.open(ctx, cmd)
			if err != nil {
				return err
			}
			defer o.close()
			system := auth.SystemActor("")
			id, err := o.svc.People.UserIDByEmail(ctx, system, email)
			if err != nil {
				return err
			}
			link, err := o.svc.People.ResetLink(ctx, system, id, service.Write{})
			if err != nil {
				return err
			}
			p.printLink(o, link)
			return nil
		}},
	}}
}

func (p *program) printLink(o *opened, link *service.Handover) {
	base := o.cfg.BaseURL
	if base == "" {
		base = "http://" + o.cfg.Addr
	}
	fmt.Fprintf(p.out, "%s/link/%s\nIt works once, until %s.\n", base, link.Token, link.ExpiresAt.Format(time.RFC3339))
}
