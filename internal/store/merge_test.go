package store

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestMergeKnowsEveryTable finds columns that name a family or an exhibitor and that a merge would forget: each must move, or stand here with its reason.
func TestMergeKnowsEveryTable(t *testing.T) {
	stays := map[string]string{
		"family_change.family_id":       "a note for lists",
		"family_record.family_id":       "the record itself",
		"figure_family.family_id":       "sums follow the notes of changes",
		"family_fact.family_id":         "the facts of the record",
		"identifier.family_id":          "follows the record",
		"family_due.family_id":          "follows the record",
		"family_backlog.family_id":      "a note for a job",
		"draft.family_id":               "the open form, kept with the merge",
		"catalogue.family_id":           "follows the product",
		"exhibitor.family_id":           "moveExhibitor",
		"participation.family_id":       "moveExhibitor",
		"participation.exhibitor_id":    "moveExhibitor",
		"exhibitor_member.family_id":    "moveMemberships",
		"exhibitor_member.exhibitor_id": "the association",
	}
	schema, err := os.ReadFile("testdata/schema.sqlite.golden")
	if err != nil {
		t.Fatal(err)
	}
	table, found := "", 0
	create := regexp.MustCompile(`CREATE TABLE "?(\w+)"?`)
	column := regexp.MustCompile(`\b(family_id|exhibitor_id)\b`)
	for line := range strings.Lines(string(schema)) {
		if m := create.FindStringSubmatch(line); m != nil {
			table = m[1]
		}
		if strings.Contains(line, "INDEX") || strings.Contains(line, "PRIMARY KEY (") {
			continue
		}
		m := column.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		found++
		name := table + "." + m[1]
		moves := slices.ContainsFunc(movables, func(x struct {
			table, column, key string
			print              bool
		}) bool {
			return x.table == table && x.column == m[1]
		})
		if !moves && stays[name] == "" {
			t.Errorf("%s: a merge leaves it behind", name)
		}
	}
	if found < 15 {
		t.Fatalf("%d columns found in the schema; the test would test nothing", found)
	}
}
