package service

import (
	"cmp"
	"context"
	"slices"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// familiesExport gives each family a row, with every field of its record and where its registration stands. Written with all columns it is read back by the
// import without a question and without a change.
var familiesExport = &exportKind{name: "families", extras: true,
	defaults: []string{sheet.FieldNumber, "lead.given_name", "lead.rest_of_name", "lead.id_number", "lead.birth_date", "lead.sex", "lead.marital_status", "lead.breadwinner",
		"lead.education", "lead.has_disability", "lead.phones[0].number", "address.area", "address.district", "address.village", "household.size", "household.income_band",
		"project.name", "project.craft", "project.activity", "project.stage", "project.channels", "state", "overall", "submitted", "valid_until"},
	columns: func(x *exportRun) []exportColumn {
		out := []exportColumn{x.numberColumn()}
		for _, f := range sheet.RecordFields(partyOf(x.actor)) {
			out = append(out, x.recordColumn(f))
		}
		out = append(out,
			exportColumn{OutColumn: sheet.OutColumn{Key: "lead.age", Title: x.say("field.lead.age"), Kind: sheet.OutInt}, class: auth.ClassBirth, value: func(it *exportItem) sheet.Value {
				if it.family.Record.Lead.BirthDate.IsZero() {
					return sheet.Value{}
				}
				return sheet.IntValue(int64(calendar.AgeOn(it.family.Record.Lead.BirthDate, x.today)))
			}},
			exportColumn{OutColumn: sheet.OutColumn{Key: "lead.has_disability", Title: x.say("field.lead.has_disability"), Kind: sheet.OutBool}, class: auth.ClassHealth, value: func(it *exportItem) sheet.Value {
				d := it.family.Record.Lead.Disability
				return sheet.BoolValue(d != "" && d != "none")
			}},
			exportColumn{OutColumn: sheet.OutColumn{Key: "household.members_count", Title: x.say("field.household.members_count"), Kind: sheet.OutInt}, class: auth.ClassHousehold, value: func(it *exportItem) sheet.Value {
				return sheet.IntValue(int64(len(it.family.Record.Household.Members)))
			}})
		return append(out, x.statusColumns()...)
	},
	items: func(_ *exportRun, f *store.SealedFamily) []exportItem { return []exportItem{{family: f}} },
}

// numberColumn is the registration number, the key of every kind.
func (x *exportRun) numberColumn() exportColumn {
	return exportColumn{OutColumn: sheet.ColumnFor(sheet.Families, sheet.FieldNumber, x.spec.Lang, partyOf(x.actor)),
		value: func(it *exportItem) sheet.Value { return sheet.TextValue(string(it.family.Status.Number)) }}
}

// nameColumn is the whole name of the lead producer.
func (x *exportRun) nameColumn() exportColumn {
	return exportColumn{OutColumn: sheet.OutColumn{Key: "lead.name", Title: x.say("field.col.name"), Width: 30}, class: auth.ClassName,
		value: func(it *exportItem) sheet.Value { return sheet.TextValue(it.family.Record.Lead.DisplayName()) }}
}

// recordColumn is a field of the record.
func (x *exportRun) recordColumn(field string) exportColumn {
	class := auth.Class(registry.ClassOf(field))
	show := sheet.ValueOf(field, x.spec.Lang)
	c := exportColumn{OutColumn: sheet.ColumnFor(sheet.Families, field, x.spec.Lang, partyOf(x.actor)), class: class, least: auth.Revealable,
		value: func(it *exportItem) sheet.Value { return show(&it.family.Record) }}
	text := registry.KindOf(field).Type == "text"
	switch class {
	case auth.ClassIdentity, auth.ClassPhone, auth.ClassBank:
		if text {
			c.least, c.mask = auth.Masked, true
		}
	case auth.ClassFinance: // bands and codes, no amount and no lender
		if registry.KindOf(field).Type == "list" {
			c.least = auth.Masked
		}
	}
	return c
}

// statusColumns are where the registration stands.
func (x *exportRun) statusColumns() []exportColumn {
	titled := func(list, code string) sheet.Value {
		if code == "" {
			return sheet.Value{}
		}
		return sheet.TextValue(x.say("enum." + list + "." + code))
	}
	choices := func(list string, codes []string) []string {
		var out []string
		for _, c := range codes {
			out = append(out, x.say("enum."+list+"."+c))
		}
		return out
	}
	var states []string
	for _, s := range registry.States() {
		states = append(states, string(s))
	}
	column := func(key string, kind sheet.OutKind, value func(f *store.SealedFamily) sheet.Value) exportColumn {
		return exportColumn{OutColumn: sheet.OutColumn{Key: key, Title: x.say("field.export." + key), Kind: kind}, value: func(it *exportItem) sheet.Value { return value(it.family) }}
	}
	state := column("state", sheet.OutChoice, func(f *store.SealedFamily) sheet.Value { return titled("state", string(f.Status.State)) })
	state.Choices, state.class = choices("state", states), auth.ClassDecision
	overall := column("overall", sheet.OutChoice, func(f *store.SealedFamily) sheet.Value { return titled("overall", f.Overall) })
	overall.Choices = choices("overall", []string{"eligible", "not_eligible", "incomplete", "needs_review"})
	return []exportColumn{state, overall,
		column("points", sheet.OutInt, func(f *store.SealedFamily) sheet.Value { return sheet.IntValue(int64(f.Points)) }),
		column("created", sheet.OutInstant, func(f *store.SealedFamily) sheet.Value { return sheet.InstantValue(f.Status.CreatedAt.In(zone)) }),
		column("submitted", sheet.OutInstant, func(f *store.SealedFamily) sheet.Value { return sheet.InstantValue(f.Status.SubmittedAt.In(zone)) }),
		column("decided", sheet.OutInstant, func(f *store.SealedFamily) sheet.Value { return sheet.InstantValue(f.Status.DecidedAt.In(zone)) }),
		column("valid_until", sheet.OutDate, func(f *store.SealedFamily) sheet.Value { return sheet.DateValue(f.Status.ValidUntil) }),
		column("entered_by", sheet.OutText, func(f *store.SealedFamily) sheet.Value { return sheet.TextValue(x.names[f.Status.EnteredBy]) })}
}

// long is the pivot-ready sheet: a row for each thing that can be counted of a family, so that a pivot table of two clicks answers "how many households with
// Takaful sell at exhibitions, by governorate".
func (x *exportRun) long(ctx context.Context) sheet.Sheet {
	lang := x.spec.Lang
	text := func(key, title string, width float64) sheet.OutColumn {
		return sheet.OutColumn{Key: key, Title: title, Width: width}
	}
	columns := []sheet.OutColumn{{Key: "number", Title: sheet.HeaderFor(sheet.Families, sheet.FieldNumber, lang), Kind: sheet.OutID, Width: 24},
		text("area", x.say("field.col.area"), 18), text("craft", x.say("field.col.craft"), 22), text("sex", x.say("field.col.sex"), 10), text("state", x.say("field.export.state"), 16),
		{Key: "year", Title: x.say("export.long.year"), Kind: sheet.OutInt}, text("subject", x.say("export.long.subject"), 24), text("value", x.say("export.long.value"), 34),
		{Key: "amount", Title: x.say("export.long.amount"), Kind: sheet.OutInt}}
	sees := func(c auth.Class) bool { return auth.View(x.actor.Role, c) >= auth.Revealable }
	area, craft, sex := sheet.ValueOf("address.area", lang), sheet.ValueOf("project.craft", lang), sheet.ValueOf("lead.sex", lang)
	subjects := map[string]string{}
	for _, s := range []string{"programme", "formal_kind", "sale_channel", "training_kind", "size", "dependents", "workers"} {
		subjects[s] = x.say("enum.export_subject." + s)
	}
	return sheet.Sheet{Name: x.say("export.long.name"), Columns: columns, Rows: func(yield func([]sheet.Value) error) error {
		row := make([]sheet.Value, len(columns))
		return x.each(ctx, func(f *store.SealedFamily) error {
			r := &f.Record
			row[0], row[1], row[2], row[4] = sheet.TextValue(string(f.Status.Number)), area(r), craft(r), sheet.TextValue(x.say("enum.state."+string(f.Status.State)))
			row[3], row[5] = sheet.Value{}, sheet.Value{}
			if sees(auth.ClassDemographic) {
				row[3] = sex(r)
			}
			if !f.Status.CreatedAt.IsZero() {
				row[5] = sheet.IntValue(int64(f.Status.CreatedAt.In(zone).Year()))
			}
			put := func(subject, value string, n int) error {
				row[6], row[7], row[8] = sheet.TextValue(subjects[subject]), sheet.TextValue(value), sheet.IntValue(int64(n))
				return yield(row)
			}
			var err error
			coded := func(seen bool, list string, code string) {
				if seen && err == nil && code != "" {
					err = put(list, sheet.Title(list, code, lang), 1)
				}
			}
			for _, b := range r.Household.Benefits {
				coded(sees(auth.ClassProtection), "programme", string(b.Programme))
			}
			for _, i := range r.Formal {
				coded(sees(auth.ClassFormal), "formal_kind", string(i.Kind))
			}
			for _, c := range r.Project.Channels {
				coded(sees(auth.ClassProject), "sale_channel", string(c))
			}
			for _, t := range r.Skills.Training {
				coded(sees(auth.ClassDemographic), "training_kind", string(t.Kind))
			}
			if err == nil && sees(auth.ClassDemographic) && r.Household.Size > 0 {
				err = put("size", "", r.Household.Size)
			}
			if err == nil && sees(auth.ClassDemographic) && r.Household.Dependents > 0 {
				err = put("dependents", "", r.Household.Dependents)
			}
			if n := r.Project.WorkersFamily + r.Project.WorkersOther; err == nil && sees(auth.ClassProject) && n > 0 {
				err = put("workers", "", n)
			}
			return err
		})
	}}
}

// summaryCounts counts families for the summaries while they pass: by area, craft, state and sex, women and men apart if the actor sees the sex.
type summaryCounts struct {
	x     *exportRun
	split bool
	by    [3]map[string]*[3]int64 // area, craft, state → women, men, not said
	sexes [3]int64
}

func newSummaryCounts(x *exportRun) *summaryCounts {
	c := &summaryCounts{x: x, split: auth.View(x.actor.Role, auth.ClassDemographic) >= auth.Revealable}
	for i := range c.by {
		c.by[i] = map[string]*[3]int64{}
	}
	return c
}

func (c *summaryCounts) add(f *store.SealedFamily) {
	n := 2
	switch f.Record.Lead.Sex {
	case "f":
		n = 0
	case "m":
		n = 1
	}
	c.sexes[n]++
	for i, key := range [...]string{f.Record.Address.Area, f.Record.Project.Craft, string(f.Status.State)} {
		if c.by[i][key] == nil {
			c.by[i][key] = new([3]int64)
		}
		c.by[i][key][n]++
	}
}

// series are the names of the columns of numbers.
func (c *summaryCounts) series() []string {
	if !c.split {
		return []string{c.x.say("enum.export_summary.families")}
	}
	return []string{c.x.say("enum.export_summary.women"), c.x.say("enum.export_summary.men"), c.x.say("enum.export_summary.not_said")}
}

// summaries are the sheets before they are counted.
func (c *summaryCounts) summaries() []sheet.Summary {
	say := c.x.say
	var out []sheet.Summary
	for _, s := range []struct {
		key   string
		label string
		chart sheet.ChartKind
	}{{"area", "field.col.area", sheet.ChartBars}, {"craft", "field.col.craft", sheet.ChartBars}, {"state", "field.export.state", sheet.ChartColumns}} {
		out = append(out, sheet.Summary{Name: say("enum.export_summary." + s.key), Title: say("enum.export_summary." + s.key + "_title"), Label: say(s.label), Series: c.series(), Chart: s.chart})
	}
	if c.split {
		out = append(out, sheet.Summary{Name: say("enum.export_summary.sex"), Title: say("enum.export_summary.sex_title"), Label: say("field.col.sex"),
			Series: []string{say("enum.export_summary.families")}, Chart: sheet.ChartRing})
	}
	return out
}

// fill writes the counts into the summaries.
func (c *summaryCounts) fill(out []sheet.Summary) {
	lang := c.x.spec.Lang
	titles := [3]func(string) string{
		func(code string) string {
			a, _ := place.HistoricArea(code)
			if lang == "en" {
				return a.NameEn
			}
			return a.NameAr
		},
		func(code string) string { craft, _ := registry.CraftByCode(code); return craft.Name(lang) },
		func(code string) string { return c.x.say("enum.state." + code) },
	}
	for i := range c.by {
		type line struct {
			row   sheet.SummaryRow
			total int64
		}
		var lines []line
		for code, n := range c.by[i] {
			label := titles[i](code)
			if code == "" || label == "" {
				label = c.x.say("enum.export_summary.not_said")
			}
			l := line{row: sheet.SummaryRow{Label: label, Counts: n[:]}, total: n[0] + n[1] + n[2]}
			if !c.split {
				l.row.Counts = []int64{l.total}
			}
			lines = append(lines, l)
		}
		slices.SortFunc(lines, func(a, b line) int {
			return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.row.Label, b.row.Label))
		})
		for _, l := range lines {
			out[i].Rows = append(out[i].Rows, l.row)
		}
	}
	if c.split {
		for i, key := range []string{"women", "men", "not_said"} {
			if c.sexes[i] > 0 || i < 2 {
				out[3].Rows = append(out[3].Rows, sheet.SummaryRow{Label: c.x.say("enum.export_summary." + key), Counts: []int64{c.sexes[i]}})
			}
		}
	}
}
