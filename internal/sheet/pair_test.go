package sheet

import (
	"bytes"
	"slices"
	"testing"

	"muntija/internal/fault"
)

func TestPairs(t *testing.T) {
	rows := []PairRow{
		{ID: 12, Version: 3, Percent: 97, A: [3]string{"EG-2026-000001-12", "منى سيد", "قنا"}, B: [3]string{"", "=منى", "قنا"}, Reasons: "الاسم الأول: متطابق", Decision: "same", Note: "هي هي"},
		{ID: 13, Version: 1, Percent: 95},
		{ID: 14, Version: 2, Percent: 94, Decision: "different"},
	}
	for _, lang := range []string{"ar", "en"} {
		var b bytes.Buffer
		if err := WritePairs(&b, rows, lang); err != nil {
			t.Fatal(err)
		}
		got, err := ReadPairs(bytes.NewReader(b.Bytes()), int64(b.Len()))
		want := []PairRow{{ID: 12, Version: 3, Decision: "same", Note: "هي هي"}, {ID: 14, Version: 2, Decision: "different"}}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %+v, %v", lang, got, err)
		}
	}
	var twice bytes.Buffer
	if err := WritePairs(&twice, []PairRow{rows[0], rows[0]}, "ar"); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPairs(bytes.NewReader(twice.Bytes()), int64(twice.Len())); !fault.Is(err, fault.Invalid) {
		t.Errorf("one pair twice: %v", err)
	}
	for _, bad := range []string{"", "P", "P1", "P1-", "P0-1", "Px-1", "P1-0", "P-1-1"} {
		if _, _, ok := parsePairCode(bad); ok {
			t.Errorf("%q is taken for a pair", bad)
		}
	}
	if _, err := ReadPairs(bytes.NewReader([]byte("no workbook")), 11); err == nil {
		t.Error("a text is taken for a workbook")
	}
}
