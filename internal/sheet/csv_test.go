package sheet_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"muntija/internal/locale"
	"muntija/internal/sheet"
)

// Text comes back from CSV as it was once the apostrophe is off, no field begins as a formula does, and Excel's mark of UTF-8 stands in front.
func TestCSV(t *testing.T) {
	texts := append([]string{"'=1", "''+1", "'a", "a,b", "a;b", `a"b`}, nasty...)
	w := sampleWorkbook("ar", len(texts), func(i int) string { return texts[i] })
	var b bytes.Buffer
	if err := sheet.CSV(&b, w.Sheets[0], locale.Default().For("ar").T); err != nil {
		t.Fatal(err)
	}
	body, ok := strings.CutPrefix(b.String(), "\ufeff")
	if !ok {
		t.Error("no byte order mark")
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) != len(texts)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, want := range texts {
		got := rows[i+1][0]
		if got != "" && strings.ContainsAny(got[:1], "=+-@\t\r\n") {
			t.Errorf("%q begins as a formula", got)
		}
		if rest, ok := strings.CutPrefix(got, "'"); ok {
			if first := []rune(strings.TrimLeft(rest, "'"))[0]; strings.ContainsRune("=+-@\t\r\n＝", first) {
				got = rest
			}
		}
		if got != strings.ReplaceAll(want, "\r\n", "\n") {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got, want := strings.Join(rows[2][1:], "|"), "29003152600001|1|123.45|2026-02-28|2026-03-01 10:31|أنثى|لا"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
