// Package cli is the command line: it reads the settings, opens what they name, and calls the same use-cases as the pages.
//
// Commands: serve, config, user, audit, backup, restore, migrate, move, doctor, figures, import, export, template, plan. "muntija COMMAND --help" tells each one's flags; every
// setting is a flag and an environment variable (package config).
//
// Exit codes: 0 done; 1 it failed, one line on standard error says why; 2 the call's words are off; 3 a check found something (audit verify,
// doctor, plan verify), an import left rows out, or there is no plan.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"

	urfave "github.com/urfave/cli/v3"

	"muntija/internal/config"
	"muntija/internal/courier"
	"muntija/internal/fault"
	"muntija/internal/highs"
	"muntija/internal/locale"
	"muntija/internal/planner/planfile"
	"muntija/internal/seal"
	"muntija/internal/service"
	"muntija/internal/store"
)

// Exit codes.
const (
	exitOK = iota
	exitFailed
	exitUsage
	exitFound
)

// program is one run of the command line with everything it may touch.
type program struct {
	getenv func(string) string
	in     io.Reader
	out    io.Writer
	errw   io.Writer
	found  bool   // a check found something
	lang   string // of what "plan" and "import" say: "ar" or "en"; empty: English
}

// Run runs the command line and returns its exit code. It stops at the end of ctx and at SIGINT and SIGTERM.
func Run(ctx context.Context, args []string, getenv func(string) string, in io.Reader, out, errw io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := &program{getenv: getenv, in: in, out: out, errw: errw}
	usage := false
	root := &urfave.Command{
		Name:      "muntija",
		Usage:     "the registry of productive families (منتجة)",
		Writer:    out,
		ErrWriter: errw,
		Flags:     settingFlags(),
		ExitErrHandler: func(context.Context, *urfave.Command, error) {
			// the code is decided below, once
		},
		OnUsageError: func(_ context.Context, _ *urfave.Command, err error, _ bool) error {
			usage = true
			return err
		},
		CommandNotFound: func(_ context.Context, _ *urfave.Command, name string) {
			usage = true
			fmt.Fprintf(errw, "muntija: there is no command %q; see muntija --help\n", name)
		},
		Commands: []*urfave.Command{p.serveCommand(), p.configCommand(), p.userCommand(), p.auditCommand(), p.backupCommand(), p.restoreCommand(),
			p.migrateCommand(), p.moveCommand(), p.doctorCommand(), p.figuresCommand(), p.duplicatesCommand(), p.importCommand(), p.planCommand(),
			p.exportCommand(), p.templateCommand()},
	}
	for _, c := range root.Commands {
		c.OnUsageError = root.OnUsageError
		for _, sub := range c.Commands {
			sub.OnUsageError = root.OnUsageError
		}
	}
	err := root.Run(ctx, args)
	switch {
	case err != nil:
		fmt.Fprintln(errw, "muntija: "+p.message(err))
		if usage || errors.Is(err, errUsage) {
			return exitUsage
		}
		return exitFailed
	case usage:
		return exitUsage
	case p.found:
		return exitFound
	}
	return exitOK
}

var errUsage = errors.New("see --help")

// message is an error as a person at a terminal reads it: the sentence of a fault, and the technical cause behind it.
func (p *program) message(err error) string {
	l := p.locale()
	var in *inFile
	if errors.As(err, &in) {
		return in.name + ": " + p.message(in.err)
	}
	var wrong *planfile.Fault
	if errors.As(err, &wrong) {
		key, args := wrong.Message()
		return l.T(key, args...)
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		return err.Error()
	}
	text := l.T(f.Key, f.Args...)
	for _, x := range f.Problems.Blocking() {
		text += "\n  " + x.Field + ": " + l.T(x.Key, x.Args...)
	}
	if f.Err != nil {
		text += " (" + f.Err.Error() + ")"
	}
	return text
}

// locale is the language of a terminal: English, unless a command was asked for Arabic.
func (p *program) locale() *locale.Locale {
	return locale.Default().For(cmp.Or(p.lang, locale.English))
}

// settingFlags makes a flag of every setting. They stand before or behind the command.
func settingFlags() []urfave.Flag {
	var out []urfave.Flag
	for _, s := range config.Settings() {
		out = append(out, &urfave.StringFlag{Name: s.Flag, Usage: s.Usage + " [" + s.Env + "]", DefaultText: s.Default})
	}
	return out
}

// settings reads the settings of a command: flag, else environment, else default.
func (p *program) settings(cmd *urfave.Command) (*config.Config, error) {
	return config.Load(func(flag string) (string, bool) {
		if cmd.IsSet(flag) {
			return cmd.String(flag), true
		}
		for _, s := range config.Settings() {
			if s.Flag == flag {
				if v := p.getenv(s.Env); v != "" {
					return v, true
				}
			}
		}
		return "", false
	})
}

func (p *program) logger(c *config.Config) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.errw, o))
	}
	return slog.New(slog.NewTextHandler(p.errw, o))
}

// opened is a database with its keys and use-cases.
type opened struct {
	cfg  *config.Config
	keys *seal.Keyring
	db   *store.DB
	svc  *service.Service
	log  *slog.Logger
}

// open opens the database that the settings name, bringing its schema up to date. A database that has data and no key file is refused: a new key
// could not read it, and would split it in two.
func (p *program) open(ctx context.Context, cmd *urfave.Command) (*opened, error) {
	return p.openWith(ctx, cmd, store.Options{})
}

func (p *program) openWith(ctx context.Context, cmd *urfave.Command, with store.Options) (*opened, error) {
	cfg, err := p.settings(cmd)
	if err != nil {
		return nil, fmt.Errorf("%w; %w", err, errUsage)
	}
	o := &opened{cfg: cfg, log: p.logger(cfg)}
	if o.keys, err = openKeys(ctx, cfg.DB, cfg.Keys); err != nil {
		return nil, err
	}
	if o.db, err = store.Open(ctx, cfg.DB, o.keys, with); err != nil {
		return nil, fmt.Errorf("opening the database %s: %w", config.Redact(cfg.DB), err)
	}
	o.svc = service.New(service.Deps{DB: o.db, Keys: o.keys, Log: o.log, Words: wordsOf, PlanCache: highs.UserCache(), KeepUploads: cfg.KeepUploads,
		Poster: courier.Poster{Allow: cfg.HookAllow}, Senders: sendersOf(cfg)})
	return o, nil
}

// sendersOf are the senders that the settings name.
func sendersOf(cfg *config.Config) map[courier.Channel]courier.Sender {
	out := map[courier.Channel]courier.Sender{}
	if cfg.MessageDir != "" {
		out[courier.SMS], out[courier.WhatsApp] = courier.Folder(cfg.MessageDir), courier.Folder(cfg.MessageDir)
	}
	if cfg.SMTP != "" {
		out[courier.Email] = &courier.SMTP{Addr: cfg.SMTP, From: cfg.SMTPFrom, User: cfg.SMTPUser, Password: cfg.SMTPPassword}
	}
	return out
}

func openKeys(ctx context.Context, db, path string) (*seal.Keyring, error) {
	if !seal.Exists(path) {
		has, err := store.HasData(ctx, db)
		if err != nil {
			return nil, fmt.Errorf("looking into the database %s: %w", config.Redact(db), err)
		}
		if has {
			return nil, fmt.Errorf("the database %s has data, but its key file %s is missing: put the key file back, or name it with --keys", config.Redact(db), path)
		}
	}
	keys, err := seal.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the key file %s: %w", path, err)
	}
	return keys, nil
}

func (o *opened) close() { _ = o.db.Close() }

func (p *program) configCommand() *urfave.Command {
	return &urfave.Command{Name: "config", Usage: "print the settings as they are in force, and where each came from",
		Action: func(_ context.Context, cmd *urfave.Command) error {
			cfg, err := p.settings(cmd)
			if err != nil {
				return fmt.Errorf("%w; %w", err, errUsage)
			}
			w := tabwriter.NewWriter(p.out, 0, 8, 2, ' ', 0)
			fmt.Fprintln(w, "FLAG\tVARIABLE\tVALUE\tFROM")
			for _, s := range config.Settings() {
				value, from := s.Default, "default"
				switch {
				case cmd.IsSet(s.Flag):
					value, from = cmd.String(s.Flag), "flag"
				case p.getenv(s.Env) != "":
					value, from = p.getenv(s.Env), "environment"
				}
				switch s.Flag {
				case "db":
					value = cfg.DB
				case "keys":
					value = cfg.Keys
				}
				if s.Secret {
					value = config.Redact(value)
				}
				fmt.Fprintf(w, "--%s\t%s\t%s\t%s\n", s.Flag, s.Env, value, from)
			}
			return w.Flush()
		}}
}
