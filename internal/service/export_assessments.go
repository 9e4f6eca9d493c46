package service

import (
	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// assessedResult is the outcome of one criterion in a family's newest assessment.
type assessedResult struct {
	made   *store.Assessment
	result *criteria.Result
	title  string
}

// assessmentsExport gives each criterion of each family's newest assessment a row: which rule stands in the way of how many, where.
var assessmentsExport = &exportKind{name: "assessments", action: auth.SheetView,
	defaults: []string{sheet.FieldNumber, "lead.name", "address.area", "state", "overall", "assessed", "version", "criterion", "criterion_title", "outcome", "criterion_points"},
	columns: func(x *exportRun) []exportColumn {
		column := func(key string, kind sheet.OutKind, width float64, value func(it *exportItem) sheet.Value) exportColumn {
			return exportColumn{OutColumn: sheet.OutColumn{Key: key, Title: x.say("field.export." + key), Kind: kind, Width: width}, value: value}
		}
		outcome := column("outcome", sheet.OutChoice, 18, func(it *exportItem) sheet.Value {
			return sheet.TextValue(x.say("criteria.outcome." + string(it.result.result.Outcome)))
		})
		for _, o := range []string{"met", "not_met", "facts_missing", "needs_review", "waived", "not_applicable"} {
			outcome.Choices = append(outcome.Choices, x.say("criteria.outcome."+o))
		}
		out := []exportColumn{x.numberColumn(), x.nameColumn(), x.recordColumn("address.area"), x.recordColumn("address.district"), x.recordColumn("project.craft"), x.recordColumn("lead.sex")}
		out = append(out, x.statusColumns()[:3]...)
		return append(out,
			column("assessed", sheet.OutInstant, 0, func(it *exportItem) sheet.Value { return sheet.InstantValue(it.result.made.At.In(zone)) }),
			column("version", sheet.OutInt, 0, func(it *exportItem) sheet.Value { return sheet.IntValue(int64(it.result.made.SetVersion)) }),
			column("criterion", sheet.OutID, 20, func(it *exportItem) sheet.Value { return sheet.TextValue(it.result.result.Code) }),
			column("criterion_title", sheet.OutText, 44, func(it *exportItem) sheet.Value { return sheet.TextValue(it.result.title) }),
			outcome,
			column("criterion_points", sheet.OutInt, 0, func(it *exportItem) sheet.Value { return sheet.IntValue(int64(it.result.result.Points)) }))
	},
	beside: func(x *exportRun, b *openedBatch, tx *store.Tx, ids []int64) error {
		made, err := tx.LatestAssessments(ids)
		if err != nil {
			return err
		}
		b.results = make(map[int64][]assessedResult, len(made))
		for id, a := range made {
			full, err := criteria.DecodeAssessment(a.Body)
			if err != nil {
				return err
			}
			titles, err := x.criterionTitles(tx, a.SetID)
			if err != nil {
				return err
			}
			for i := range full.Results {
				r := &full.Results[i]
				b.results[id] = append(b.results[id], assessedResult{made: a, result: r, title: titles[r.Code]})
			}
		}
		return nil
	},
	items: func(x *exportRun, f *store.SealedFamily) []exportItem {
		results := x.results[f.ID]
		out := make([]exportItem, len(results))
		for i := range results {
			out[i] = exportItem{family: f, result: &results[i]}
		}
		return out
	},
}

// criterionTitles are the titles of a set's criteria by their codes. Only the goroutine that reads asks for them.
func (x *exportRun) criterionTitles(tx *store.Tx, set int64) (map[string]string, error) {
	if t, ok := x.titles[set]; ok {
		return t, nil
	}
	p, err := x.s.criteria.byID(tx, x.scope.Party, set)
	if err != nil {
		return nil, err
	}
	t := map[string]string{}
	for _, c := range p.Set().Criteria {
		t[c.Code] = c.Title.In(x.spec.Lang)
	}
	x.titles[set] = t
	return t, nil
}
