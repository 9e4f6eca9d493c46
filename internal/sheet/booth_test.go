package sheet

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/xuri/excelize/v2"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
)

func TestBoothsRoundTrip(t *testing.T) {
	want := []exhibition.Booth{
		{Code: "A-1", Type: "stand_3x3", X: 12_345, Y: 6_000, Width: 3000, Depth: 3000, Open: exhibition.Front},
		{Code: "ط-٢", Type: "food_unit", X: -500, Y: 9_990, Width: 3200, Depth: 2400, Angle: 90, Open: exhibition.Front | exhibition.Left, PowerW: 4000, Water: true, Extraction: true, Shaded: true},
		{Code: "B-1", Type: "table", Width: 1300, Depth: 660, Accessible: true},
	}
	for _, lang := range []string{"ar", "en"} {
		var out bytes.Buffer
		if err := WriteBooths(&out, want, lang); err != nil {
			t.Fatal(err)
		}
		got, err := ReadBooths(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		got[1].Code = want[1].Code // digits are read as digits
		got[2].Open = want[2].Open // an empty cell is the usual side
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v\nwant %+v", lang, got, want)
		}
		f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		view, err := f.GetSheetView("booths", 0)
		if err != nil || *view.RightToLeft != (lang == "ar") {
			t.Errorf("%s: right to left is %v, %v", lang, *view.RightToLeft, err)
		}
	}
}

func TestReadBoothsRefuses(t *testing.T) {
	book := func(rows ...[]any) []byte {
		f := excelize.NewFile()
		for i, r := range rows {
			if err := f.SetSheetRow("Sheet1", "A"+string(rune('1'+i)), &r); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		if err := f.Write(&out); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	head := []any{"Code", "Type", "x (m)", "y (m)", "Open sides"}
	for _, test := range []struct {
		name string
		body []byte
		want string // key of the error, or the first problem's field
	}{
		{"no workbook", []byte("code,type"), "sheet.problem.not_excel"},
		{"no table", book([]any{"hello"}), "error.plan.table"},
		{"no rows", book(head), "error.plan.table"},
		{"a type", book(head, []any{"A-1", "castle", 1, 1, "F"}), "B2"},
		{"a number", book([]any{"Booths of the hall"}, head, []any{"A-1", "table", "far", 1, "F"}), "C3"},
		{"a side", book(head, []any{"A-1", "table", 1, 1, "Q"}), "E2"},
	} {
		_, err := ReadBooths(bytes.NewReader(test.body), int64(len(test.body)))
		var f *fault.Error
		if !errors.As(err, &f) {
			t.Errorf("%s: got %v", test.name, err)
			continue
		}
		got := f.Key
		if len(f.Problems) > 0 {
			got = f.Problems[0].Field
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}
