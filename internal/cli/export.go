package cli

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	urfave "github.com/urfave/cli/v3"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/intake"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// wordsOf gives the words of a language for workbooks.
func wordsOf(lang string) sheet.Say { return locale.Default().For(lang).T }

func partyFlag(cmd *urfave.Command) (place.Country, error) {
	party := place.Country(strings.ToUpper(cmd.String("party")))
	if !party.Valid() {
		return "", fmt.Errorf("--party must be EG or QA; %w", errUsage)
	}
	return party, nil
}

// exportCache is the page cache of a connection in KiB while an export reads each family once: the inner pages of the trees, and no more.
const exportCache = 4 << 10

// An export drops what it makes at once, so that collecting at thrice the live heap is half of the work, and the limit is above what it then needs.
const (
	exportPercent = 200
	exportHeap    = 56 << 20
)

func (p *program) exportCommand() *urfave.Command {
	return &urfave.Command{Name: "export", Usage: "write a list into a workbook", ArgsUsage: "families|members|products|assessments|documents",
		Description: "--filter takes what stands behind the ? in the address of the list of families, such as \"state=approved&area=EG-SHG&q=نسيج\".\n" +
			"The export is in the audit log under the user that --as names; with --full, for who may, it is a showing of whole numbers.",
		Flags: []urfave.Flag{&urfave.StringFlag{Name: "out", Required: true, Usage: "file to write, .xlsx or .csv; it must not be there"},
			&urfave.StringFlag{Name: "as", Required: true, Usage: "E-MAIL of the user who exports: what they may see goes out, in their areas"}, &urfave.StringFlag{Name: "filter", Usage: "which families; all without it"},
			&urfave.StringFlag{Name: "columns", Usage: "keys with commas; \"all\" for every column; the usual ones without it"}, &urfave.StringFlag{Name: "lang", Value: "ar", Usage: "ar or en"},
			&urfave.BoolFlag{Name: "full", Usage: "whole ID, phone and account numbers"}, &urfave.BoolFlag{Name: "extras", Usage: "the sheet for pivot tables and summaries with charts"}},
		Action: func(ctx context.Context, cmd *urfave.Command) error {
			kind, err := argument(cmd, "KIND")
			if err != nil {
				return err
			}
			values, err := url.ParseQuery(strings.TrimPrefix(cmd.String("filter"), "?"))
			if err != nil {
				return fmt.Errorf("reading --filter: %w; %w", err, errUsage)
			}
			if err := p.speak(cmd); err != nil {
				return err
			}
			file := cmd.String("out")
			format := strings.TrimPrefix(strings.ToLower(filepath.Ext(file)), ".")
			if format != "xlsx" && format != "csv" {
				return fmt.Errorf("the name of the file ends in .xlsx or .csv; %w", errUsage)
			}
			o, err := p.openWith(ctx, cmd, store.Options{CacheKB: exportCache})
			if err != nil {
				return err
			}
			defer o.close()
			defer debug.SetGCPercent(debug.SetGCPercent(exportPercent))
			defer debug.SetMemoryLimit(debug.SetMemoryLimit(exportHeap))
			actor, err := o.actor(ctx, cmd.String("as"))
			if err != nil {
				return err
			}
			in, problems := intake.DecodeFamilyFilter(values)
			filter, more := in.Check(intake.Context{Party: actor.Party, Today: calendar.Of(time.Now())})
			for _, x := range append(problems, more...) { // on a page a part that is not known is left out and said; a file without it would mislead
				return fmt.Errorf("--filter: %s: %s; %w", x.Field, p.locale().T(x.Key, x.Args...), errUsage)
			}
			spec := service.ExportSpec{Kind: kind, Query: service.FamilyQueryOf(filter, actor.UserID), Filter: filter.Query().Encode(), Lang: p.lang, Format: format,
				Full: cmd.Bool("full"), Extras: cmd.Bool("extras")}
			if spec.Filter != "" {
				spec.Words = []sheet.Line{{Name: wordsOf(spec.Lang)("export.cover.filter"), Text: cmd.String("filter")}}
			}
			if spec.Columns, err = p.columnsOf(ctx, o, actor, kind, spec.Lang, cmd.String("columns")); err != nil {
				return err
			}
			var done service.Exported
			err = newFile(file, func(w io.Writer) error {
				done, err = o.svc.Exports.Write(ctx, actor, spec, w)
				return err
			})
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "%s: %d rows, %d bytes, SHA-256 %s\n", file, done.Rows, done.Size, done.SHA256)
			return nil
		}}
}

// columnsOf reads --columns: keys, "all" of those that the kind offers to the user, nil for the usual ones. What is not offered is left out, and said to be.
func (p *program) columnsOf(ctx context.Context, o *opened, actor auth.Actor, kind, lang, text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	offer, err := o.svc.Exports.Offer(ctx, actor, kind, lang)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, c := range offer.Columns {
		all = append(all, c.Key)
	}
	if text == "all" {
		return all, nil
	}
	keys := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	for _, k := range keys { // a key that is misspelt looks like one that the user's role has not
		if !slices.Contains(all, k) {
			fmt.Fprintf(p.errw, "muntija: --columns: %q is left out, it is no column of %s or not one for this user\n", k, kind)
		}
	}
	return keys, nil
}

func (p *program) templateCommand() *urfave.Command {
	return &urfave.Command{Name: "template", Usage: "write the blank workbook of an import", ArgsUsage: "families|members|products OUT.xlsx",
		Flags: []urfave.Flag{&urfave.StringFlag{Name: "party", Value: "EG", Usage: "EG or QA"}, &urfave.StringFlag{Name: "lang", Value: "ar", Usage: "ar or en"}},
		Action: func(_ context.Context, cmd *urfave.Command) error {
			party, err := partyFlag(cmd)
			if err != nil {
				return err
			}
			if cmd.Args().Len() != 2 {
				return fmt.Errorf("template needs a kind and one file; %w", errUsage)
			}
			kind, lang := sheet.RosterKind(cmd.Args().First()), cmd.String("lang")
			if !slices.Contains(sheet.Kinds(), kind) || lang != "ar" && lang != "en" {
				return fmt.Errorf("the kind is families, members or products, --lang is ar or en; %w", errUsage)
			}
			return newFile(cmd.Args().Get(1), func(w io.Writer) error {
				return sheet.WriteTemplate(w, kind, party, lang, nil, wordsOf(lang), time.Now())
			})
		}}
}
