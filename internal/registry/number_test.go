package registry

import (
	"strings"
	"testing"

	"muntija/internal/place"
)

func TestNumber(t *testing.T) {
	n := MakeNumber("EG", 2026, 123)
	if got, want := string(n[:len(n)-2]), "EG-2026-000123-"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, typed := range []string{string(n), strings.ToLower(string(n)), strings.ReplaceAll(string(n), "-", ""), strings.ReplaceAll(string(n), "-", " "), strings.ReplaceAll(string(n), "-", " / ")} {
		if got, ok := ParseNumber(typed); !ok || got != n {
			t.Errorf("ParseNumber(%q) = %q, %v; want %q", typed, got, ok, n)
		}
	}
	for _, typed := range []string{"", "EG", "EG-2026-000123", "SA-2026-000123-45", string(n) + "0", "EG-2026-00012x-45", "EG-2026-000000-" + string(MakeNumber("EG", 2026, 0)[15:]),
		strings.Repeat("9", 200), "٢٠٢٦", "EG-2026-\x0000123-45"} {
		if got, ok := ParseNumber(typed); ok {
			t.Errorf("ParseNumber(%q) = %q, want none", typed, got)
		}
	}
	// A serial beyond six digits is a longer number, not a wrong one.
	big := MakeNumber("QA", 2031, 12_345_678)
	if got, ok := ParseNumber(string(big)); !ok || got != big {
		t.Errorf("ParseNumber(%q) = %q, %v", big, got, ok)
	}
}

// The check digits catch every wrong digit and every swap of two neighbours in the year and the serial, and the other country's letters.
func TestNumberCatchesSlips(t *testing.T) {
	for serial := int64(1); serial < 300_000; serial += 7919 {
		n := MakeNumber("EG", 2026, serial)
		compact := []byte(strings.ReplaceAll(string(n), "-", ""))
		try := func(what string) {
			if got, ok := ParseNumber(string(compact)); ok {
				t.Errorf("%s: %s for %s is taken as %s", what, compact, n, got)
			}
		}
		for i := 2; i < len(compact); i++ {
			was := compact[i]
			for d := byte('0'); d <= '9'; d++ {
				if compact[i] = d; d != was {
					try("one wrong digit")
				}
			}
			compact[i] = was
			if i+1 < len(compact) && compact[i] != compact[i+1] {
				compact[i], compact[i+1] = compact[i+1], compact[i]
				try("two neighbours swapped")
				compact[i], compact[i+1] = compact[i+1], compact[i]
			}
		}
		copy(compact, "QA")
		try("the other country")
	}
}

func FuzzParseNumber(f *testing.F) {
	f.Add("EG-2026-000123-45")
	f.Add("qa 2026 000001 99")
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := ParseNumber(s)
		if !ok {
			if n != "" {
				t.Errorf("%q: refused, but gives %q", s, n)
			}
			return
		}
		if again, ok := ParseNumber(string(n)); !ok || again != n || !place.Country(n[:2]).Valid() {
			t.Errorf("%q gives %q, which gives %q, %v", s, n, again, ok)
		}
	})
}
