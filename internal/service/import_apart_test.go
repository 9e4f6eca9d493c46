package service_test

import (
	"fmt"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// A dry run that met nobody is believed only as long as nobody else enters a family: whoever comes in before the import begins, or while it is at work, is met,
// and so are rows of the file that were stored before.
func TestImportMeetsWhoCameMeanwhile(t *testing.T) {
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	there := func(o *testkit.Office) (number, phone string) {
		id := o.Family(t, 4, place.Egypt, registry.Approved)
		o.View(t, func(tx *store.Tx) error {
			f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, id)
			if err == nil {
				number, phone = f.Record.Lead.IDNumber, f.Record.Lead.Phones[0].Number
			}
			return err
		})
		return number, phone
	}
	number, phone := there(testkit.Service(t))
	var rows [][]string
	for i := range 16 {
		r := row(30 + i)
		switch i {
		case 9:
			r = row(30+i, "lead.phones.number", rows[1][5]) // that of a row that is stored by then
		case 12:
			r = row(30+i, "lead.id_number", number)
		case 13:
			r = row(30+i, "lead.phones.number", phone)
		}
		rows = append(rows, r)
	}
	body := roster(rows...)
	// when: after how many transactions somebody registers the woman of rows 14 and 15; -1: never, 0: between the dry run and the import.
	run := func(when int) string {
		o := testkit.Service(t)
		v := staged(t, o, worker, body, func(m *sheet.SheetMap) { m.Key = "case.file_no" })
		wantCounts(t, v, "new 16")
		n := 0
		o.Imports.SetBatch(4, func() {
			if n++; n == when {
				there(o)
			}
		})
		if when == 0 {
			there(o)
		}
		v = confirmed(t, o, worker, v.ID)
		said := fmt.Sprintf("new %d draft %d:", v.Counts.Of(service.RowNew), v.Counts.Of(service.RowDraft))
		dups, err := o.Imports.Duplicates(background, worker, v.ID, 20)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range dups {
			said += fmt.Sprintf(" %d %s", d.Row, d.Reason)
		}
		wantWholeAudit(t, o)
		return said
	}
	for when, want := range map[int]string{
		-1: "new 16 draft 0: 11 phone",
		0:  "new 15 draft 1: 11 phone 14 eg_nid 15 phone",
		1:  "new 15 draft 1: 11 phone 14 eg_nid 15 phone",
		3:  "new 15 draft 1: 11 phone 14 eg_nid 15 phone",
	} {
		if got := run(when); got != want {
			t.Errorf("entered after transaction %d: got %q, want %q", when, got, want)
		}
	}
}
