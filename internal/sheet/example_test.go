package sheet_test

import (
	"context"
	"fmt"
	"os"

	"muntija/internal/place"
	"muntija/internal/sheet"
)

// How an upload is read: open, find the tables, confirm what the columns are, take the rows as form values.
func ExampleBook_Rows() {
	f, err := os.Open("../../fixtures/import/export.xlsx")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		fmt.Println(err)
		return
	}
	book, err := sheet.Open(f, st.Size())
	if err != nil {
		fmt.Println(err) // a *fault.Error whose message says what to do
		return
	}
	rosters, err := book.FindRosters()
	if err != nil {
		fmt.Println(err)
		return
	}
	mapping := sheet.Suggest(rosters) // or what was remembered for this sender: rosters[i].Remember
	mapping.Sheets[0].Columns["Kind of thing made"] = "project.activity"
	if err := mapping.Check(rosters).Err(); err != nil {
		fmt.Println(err)
		return
	}
	for _, roster := range rosters {
		err := book.Rows(context.Background(), roster, sheet.Reading{Party: place.Egypt, Mapping: mapping}, func(row *sheet.Row) error {
			form, problems := row.Form() // then form.Check, as on the web
			row.Merge(problems)
			fmt.Println(row.N, form.Lead.GivenName, form.Lead.BirthDate, form.Address.Area, form.Project.Activity, len(row.Problems))
			return nil
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// 2 Samia 1990-03-15 EG-C weaving 0
	// 3 Hoda 1990-03-16 EG-GZ soap 0
	// 4 Nadia 1990-03-17 EG-KN pottery 0
	// 5 Amal 1990-12-03 EG-MN baskets 0
}
