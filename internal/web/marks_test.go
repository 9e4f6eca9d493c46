package web

import (
	"strings"
	"testing"
)

func TestMarks(t *testing.T) {
	show := func(ms []stretch) string {
		var b strings.Builder
		for _, m := range ms {
			if m.Differ {
				b.WriteString("[" + m.Text + "]")
			} else {
				b.WriteString(m.Text)
			}
		}
		return b.String()
	}
	for _, test := range []struct{ a, b, wantA, wantB string }{
		{"منى سيد أحمد", "منى سيد احمد", "منى سيد [أ]حمد", "منى سيد [ا]حمد"},
		{"منى سيد أحمد", "منى أحمد", "منى [سيد] أحمد", "منى أحمد"},
		{"28003042700123", "28003042701023", "2800304270[01]23", "2800304270[10]23"},
		{"same", "same", "", ""},
		{"a b c", "x", "[a] [b] [c]", "[x]"},
		{"فاطمة", "فاطمه", "فاطم[ة]", "فاطم[ه]"},
	} {
		x, y := marks(test.a, test.b)
		if show(x) != test.wantA || show(y) != test.wantB {
			t.Errorf("marks(%q, %q) = %s and %s, want %s and %s", test.a, test.b, show(x), show(y), test.wantA, test.wantB)
		}
	}
}

// FuzzMarks holds that nothing of a text is lost or added, but for runs of blanks.
func FuzzMarks(f *testing.F) {
	f.Add("منى سيد", "منى  احمد")
	f.Add("a\xff b", "ab")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := marks(a, b)
		for _, side := range []struct {
			ms   []stretch
			text string
		}{{x, a}, {y, b}} {
			got := ""
			for _, m := range side.ms {
				got += m.Text
			}
			if side.ms != nil && strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(side.text), " ") {
				t.Errorf("%q became %q", side.text, got)
			}
		}
	})
}
