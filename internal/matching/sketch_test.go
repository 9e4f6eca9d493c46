package matching

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// hunted compares the records from a number on with all, by sketches, as a registry does after an import.
func hunted(t testing.TB, records []Record, from int, p *Params) (*Hunt, []Pair) {
	t.Helper()
	sketches, err := Sketches(records)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for i := from; i < len(records); i++ {
		ids = append(ids, int64(i))
	}
	h := NewHunt(ids, sketches[from:])
	for i := range sketches {
		k := ReadSketch(sketches[i].AppendTo(nil))
		if k != sketches[i] {
			t.Fatal("a sketch comes back otherwise")
		}
		h.See(int64(i), &k)
	}
	var part []Record
	at := map[int64]int{}
	var pairs [][2]int
	for _, x := range h.Found() {
		var ij [2]int
		for k, id := range x {
			n, ok := at[id]
			if !ok {
				n = len(part)
				at[id] = n
				part = append(part, records[id])
			}
			ij[k] = n
		}
		pairs = append(pairs, ij)
	}
	out, err := p.Compare(part, pairs, h, DefaultThreshold)
	if err != nil {
		t.Fatal(err)
	}
	return h, out
}

// TestHunt holds that new records are found again among many by sketches as well as in a run over all.
func TestHunt(t *testing.T) {
	c := families(31, 12_000)
	from := len(c.records) - 2000
	whole := link(t, c.records, Options{})
	fresh := map[string]bool{}
	for _, r := range c.records[from:] {
		fresh[r.ID] = true
	}
	truth := &corpus{truth: map[[2]string]bool{}}
	for p := range c.truth {
		if fresh[p[0]] || fresh[p[1]] {
			truth.truth[p] = true
		}
	}
	for name, p := range map[string]*Params{"of the run over all": whole.Params, "before any run": DefaultParams()} {
		h, pairs := hunted(t, c.records, from, p)
		precision, recall := truth.score(&Result{Pairs: pairs})
		t.Logf("weights %s: %d true pairs, %d looked at, %d found, precision %.4f, recall %.4f", name, len(truth.truth), len(h.Found()), len(pairs), precision, recall)
		if precision < .98 || recall < .92 {
			t.Errorf("weights %s: precision %.4f, recall %.4f", name, precision, recall)
		}
		for _, x := range pairs {
			if !fresh[x.A] && !fresh[x.B] {
				t.Errorf("pair %s, %s of two old records", x.A, x.B)
			}
		}
	}
}

// TestHuntBounded: bounded work if everybody is called the same, or nobody has more than a phone.
func TestHuntBounded(t *testing.T) {
	for name, make := range map[string]func(i int) Record{
		"empty": func(int) Record { return Record{} },
		"one name": func(int) Record {
			return Record{Given: "محمد", Rest: "أحمد محمد", Area: "EG-C", Birth: Birth{1980, 1, 1}}
		},
		"one phone":  func(int) Record { return Record{Phones: []string{"01000000000"}} },
		"long names": func(i int) Record { return Record{Full: strings.Repeat("عبد الرحمن ", 50) + fmt.Sprint(i)} },
		"emoji": func(int) Record {
			return Record{Given: "😀", Rest: "👩‍👩‍👧 fatma فاطمة", Birth: Birth{1980, 1, 1}}
		},
	} {
		var records []Record
		for i := range 5000 {
			r := make(i)
			r.ID = fmt.Sprint(i)
			records = append(records, r)
		}
		if h, _ := hunted(t, records, 3000, DefaultParams()); len(h.Found()) > mostNear*2000 {
			t.Errorf("%s: %d pairs are looked at", name, len(h.Found()))
		}
	}
}

// TestSketch: the same person written twice has one sketch, and whatever changes of what is compared shows.
func TestSketch(t *testing.T) {
	base := Record{ID: "a", Given: "فاطمة", Rest: "محمود حسن السيد", Birth: Birth{1980, 3, 4}, Sex: "f", IDNumber: "28003042700123", Phones: []string{"01001234567"}, Area: "EG-C", Locality: "حلوان",
		Street: "شارع النيل 4", Email: "a@b.eg"}
	all := []Record{base}
	for i, change := range []func(r *Record){func(r *Record) { r.Given = "فاطمه" }, func(r *Record) { r.Given = "فاطيمة" }, func(r *Record) { r.Rest = "محمود حسان السيد" }, func(r *Record) { r.Birth.Day = 5 },
		func(r *Record) { r.Sex = "m" }, func(r *Record) { r.IDNumber = "28003042700124" }, func(r *Record) { r.Phones = nil }, func(r *Record) { r.Area = "EG-GZ" }, func(r *Record) { r.Locality = "طرة" },
		func(r *Record) { r.Street = "شارع النيل 5" }, func(r *Record) { r.Email = "b@b.eg" }, func(r *Record) { r.Postcode = "11511" }} {
		r := base
		r.Phones = slices.Clone(base.Phones)
		r.ID = fmt.Sprint(i)
		change(&r)
		all = append(all, r)
	}
	sketches, err := Sketches(all)
	if err != nil {
		t.Fatal(err)
	}
	if sketches[0] != sketches[1] {
		t.Error("another spelling of one name is another sketch")
	}
	for i := 2; i < len(sketches); i++ {
		if sketches[i] == sketches[0] {
			t.Errorf("change %d does not show", i-1)
		}
	}
}
