package sheet

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/xuri/excelize/v2"

	"muntija/internal/arabic"
)

// A small table of its own kind: one sheet with a bold head, and a list of words offered in one column. Rosters and exports have the streaming writer ([Write]).

// tableColumn is a column with its titles in both languages; width is in characters.
type tableColumn struct {
	field, ar, en string
	width         float64
}

// title is the head of the column.
func (c tableColumn) title(rtl bool) string {
	if rtl {
		return c.ar
	}
	return c.en
}

// titlesOf returns the fields of columns by their folded titles in both languages and by their own names.
func titlesOf(columns []tableColumn) map[string]string {
	known := map[string]string{}
	for _, c := range columns {
		known[arabic.Fold(c.ar)], known[arabic.Fold(c.en)], known[c.field] = c.field, c.field, c.field
	}
	return known
}

// smallTable is what [smallTable.write] writes.
type smallTable struct {
	name    string // of the sheet
	rtl     bool
	columns []tableColumn
	field   string   // of the column that offers words
	words   []string // these
	most    int      // rows in which they are offered
}

// write writes a workbook of so many rows; row gives the values of each from 0.
func (t smallTable) write(w io.Writer, rows int, row func(i int) []any) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", t.name); err != nil {
		return fmt.Errorf("naming the sheet: %w", err)
	}
	// Right to left, then the dimension, then the rows: in another order right-to-left is lost.
	if err := f.SetSheetView(t.name, 0, &excelize.ViewOptions{RightToLeft: &t.rtl}); err != nil {
		return fmt.Errorf("turning the sheet: %w", err)
	}
	if err := f.SetSheetDimension(t.name, fmt.Sprintf("A1:%s%d", Letter(len(t.columns)-1), rows+1)); err != nil {
		return fmt.Errorf("sizing the sheet: %w", err)
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return fmt.Errorf("making a style: %w", err)
	}
	at := Letter(slices.IndexFunc(t.columns, func(c tableColumn) bool { return c.field == t.field }))
	list := excelize.NewDataValidation(true)
	list.Sqref = fmt.Sprintf("%s2:%s%d", at, at, t.most+1)
	if err := list.SetDropList(t.words); err != nil {
		return fmt.Errorf("making the list of column %s: %w", t.field, err)
	}
	if err := f.AddDataValidation(t.name, list); err != nil {
		return fmt.Errorf("adding the list of column %s: %w", t.field, err)
	}
	out, err := f.NewStreamWriter(t.name)
	if err != nil {
		return fmt.Errorf("opening the sheet: %w", err)
	}
	head := make([]any, len(t.columns))
	for i, c := range t.columns {
		head[i] = excelize.Cell{StyleID: bold, Value: c.title(t.rtl)}
		if err := out.SetColWidth(i+1, i+1, c.width); err != nil {
			return fmt.Errorf("sizing a column: %w", err)
		}
	}
	if err := out.SetRow("A1", head); err != nil {
		return fmt.Errorf("writing the head: %w", err)
	}
	for i := range rows {
		if err := out.SetRow("A"+strconv.Itoa(i+2), row(i)); err != nil {
			return fmt.Errorf("writing row %d: %w", i+2, err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the sheet: %w", err)
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("writing the workbook: %w", err)
	}
	return nil
}
