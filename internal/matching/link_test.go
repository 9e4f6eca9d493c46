package matching

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
)

func link(t testing.TB, records []Record, o Options) *Result {
	t.Helper()
	s, err := NewSet(records)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Link(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestQuality(t *testing.T) {
	sets := map[string]*corpus{"few": families(8, 600), "small census": census(10, 1000)}
	if !raced {
		sets["families"], sets["census"] = families(7, 10_000), census(9, 10_000)
	}
	for name, c := range sets {
		r := link(t, c.records, Options{})
		precision, recall := c.score(r)
		t.Logf("%s: %d records, %d true pairs, %d found of %d compared, precision %.4f, recall %.4f", name, len(c.records), len(c.truth), len(r.Pairs), r.Compared, precision, recall)
		if precision < 0.98 || recall < 0.92 {
			t.Errorf("%s: precision %.4f, recall %.4f, want 0.98 and 0.92", name, precision, recall)
		}
	}
}

// Of two people of one home nothing but the home agrees. However much of it agrees, they are two.
func TestHouseholds(t *testing.T) {
	base := families(3, 500).records
	home := func(id, given string, birth Birth, nid string) Record {
		return Record{ID: id, Given: given, Rest: "عبدالموجود شلبي القوصي", Birth: birth, Sex: "f", IDNumber: nid, Phones: []string{"01098765432"}, Area: "EG-3", Locality: "قوص", Street: "شارع الجسر 4", Household: ""}
	}
	tests := []struct {
		name string
		a, b Record
		want bool
	}{
		{"sisters", home("a", "سهير", Birth{1980, 3, 4}, "28003042700123"), home("b", "نبيلة", Birth{1983, 9, 21}, "28309212700456"), false},
		{"sisters without numbers", home("a", "سهير", Birth{1980, 3, 4}, ""), home("b", "نبيلة", Birth{1983, 9, 21}, ""), false},
		{"twins", home("a", "سهير", Birth{1980, 3, 4}, "28003042700123"), home("b", "نبيلة", Birth{1980, 3, 4}, "28003042700456"), false},
		{"mother and daughter", home("a", "سهير", Birth{1955, 3, 4}, ""), home("b", "نبيلة", Birth{1983, 9, 21}, ""), false},
		{"one woman, id with a slip", home("a", "سهير", Birth{1980, 3, 4}, "28003042700123"), home("b", "سهير", Birth{1980, 3, 4}, "28003042701023"), true},
		{"one woman, day and month exchanged, no id", home("a", "سهير", Birth{1980, 3, 4}, ""), home("b", "سهير", Birth{1980, 4, 3}, ""), true},
		{"one woman in Latin letters", home("a", "سهير", Birth{1980, 3, 4}, "28003042700123"),
			Record{ID: "b", Given: "Soheir", Rest: "Abdelmawgoud Shalaby", Birth: Birth{1980, 3, 4}, Sex: "female", IDNumber: "28003042700123"}, true},
		{"only a phone", Record{ID: "a", Phones: []string{"01098765432"}}, Record{ID: "b", Phones: []string{"+20 109 876 5432"}}, false},
	}
	for _, test := range tests {
		records := append(append([]Record{}, base...), test.a, test.b)
		got := false
		for _, p := range link(t, records, Options{}).Pairs {
			got = got || p.A == "a" && p.B == "b"
		}
		if got != test.want {
			t.Errorf("%s: linked %v, want %v", test.name, got, test.want)
		}
	}
}

// The parts add up, the answer is the same with any number of threads, and the pairs come likeliest first.
func TestAnswer(t *testing.T) {
	c := families(5, 2000)
	one, two := link(t, c.records, Options{Threads: 1}), link(t, c.records, Options{Threads: 2})
	if !reflect.DeepEqual(one, two) {
		t.Error("one thread and two give different answers")
	}
	before := math.Inf(1)
	for _, p := range one.Pairs {
		sum := 0.0
		for _, r := range p.Reasons {
			sum += r.Bits
		}
		if math.Abs(sum-p.Weight) > 1e-6 || p.Weight > before || p.Probability < one.Threshold || p.Probability > 1 {
			t.Fatalf("pair %+v after weight %v: parts add up to %v", p, before, sum)
		}
		before = p.Weight
	}
	in := map[string]int{}
	for i, cluster := range one.Clusters {
		if len(cluster) < 2 {
			t.Errorf("cluster %v", cluster)
		}
		for _, id := range cluster {
			if old, twice := in[id]; twice {
				t.Errorf("%s is in clusters %d and %d", id, old, i)
			}
			in[id] = i
		}
	}
}

// A run over new records finds exactly the pairs of the whole run that have a new one, but for what the estimates differ.
func TestFresh(t *testing.T) {
	c := families(6, 3000)
	fresh := make([]bool, len(c.records))
	for i := range fresh {
		fresh[i] = i >= len(fresh)-300
	}
	number := map[string]int{}
	for i, r := range c.records {
		number[r.ID] = i
	}
	part := map[[2]string]bool{}
	for _, p := range link(t, c.records, Options{Fresh: fresh}).Pairs {
		if !fresh[number[p.A]] && !fresh[number[p.B]] {
			t.Errorf("pair %s, %s of two old records", p.A, p.B)
		}
		part[[2]string{p.A, p.B}] = true
	}
	found := 0
	for _, p := range link(t, c.records, Options{}).Pairs {
		if fresh[number[p.A]] || fresh[number[p.B]] {
			if part[[2]string{p.A, p.B}] {
				found++
			} else if p.Probability > .999 {
				t.Errorf("pair %s, %s with probability %v is missing", p.A, p.B, p.Probability)
			}
		}
	}
	if found == 0 {
		t.Error("no pair of new records was found")
	}
}

// Bad registers take bounded time: nobody has a name, or everybody has the same one.
func TestBounded(t *testing.T) {
	const n = 6000 // more than a small set, which is compared nearly whole
	for name, make := range map[string]func(i int) Record{
		"empty": func(int) Record { return Record{} },
		"bad bytes": func(i int) Record {
			return Record{Given: "\xff\xfe\x00", Rest: "محمد\x00" + string([]byte{byte(i), 0xc3})}
		},
		"mixed":       func(int) Record { return Record{Full: "محمد Ahmed محمد Мария 山田 عبدAllah"} },
		"one letter":  func(int) Record { return Record{Given: "م", Rest: "ا"} },
		"one name":    func(int) Record { return Record{Given: "محمد", Rest: "أحمد محمد"} },
		"long names":  func(i int) Record { return Record{Full: strings.Repeat("عبد الرحمن ", 50) + fmt.Sprint(i)} },
		"one phone":   func(int) Record { return Record{Phones: []string{"01000000000"}} },
		"one address": func(i int) Record { return Record{Given: women[i%len(women)], Area: "EG-C", Street: "شارع 1"} },
		"emoji": func(i int) Record {
			return Record{Given: "😀", Rest: "👩‍👩‍👧 fatma فاطمة", Birth: Birth{1980, 1, 1}}
		},
	} {
		if raced && name != "bad bytes" && name != "mixed" && name != "one phone" {
			continue
		}
		records := []Record{}
		for i := range n {
			r := make(i)
			r.ID = fmt.Sprint(i)
			records = append(records, r)
		}
		if r := link(t, records, Options{}); r.Compared > 300*n {
			t.Errorf("%s: %d pairs compared of %d records", name, r.Compared, n)
		}
	}
}

func TestWords(t *testing.T) {
	bones := map[string][]string{
		"mhmd":    {"محمد", "mohamed", "muhammad", "mohammed"},
		"ftm":     {"فاطمه", "fatma", "fatima"},
		"ysf":     {"يوسف", "youssef", "yousif"},
		"bdlrhmn": {"عبدالرحمن", "abdelrahman", "abdulrahman"},
		"xdj":     {"خديجه", "khadija", "khadiga"},
	}
	for want, words := range bones {
		for _, w := range words {
			if got := Bones(w); got != want {
				t.Errorf("Bones(%s) = %s, want %s", w, got, want)
			}
		}
	}
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"abcd", "abdc", 1}, {"abcd", "acd", 1}, {"abcd", "xbcy", 2}, {"abcd", "wxyz", 3}, {"ca", "abc", 3}} {
		if got := distance([]byte(test.a), []byte(test.b), 2); got != test.want {
			t.Errorf("distance(%s, %s) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
	for _, test := range []struct {
		a, b string
		want float64
	}{{"martha", "marhta", .9611}, {"dixon", "dicksonx", .8133}, {"abc", "abc", 1}, {"abc", "xyz", 0}} { // the examples of Winkler's report
		if got := jaroWinkler([]byte(test.a), []byte(test.b)); math.Abs(got-test.want) > 1e-4 {
			t.Errorf("jaroWinkler(%s, %s) = %.4f, want %.4f", test.a, test.b, got, test.want)
		}
	}
}

// In a register whose unknown days are 1 January, that day says no more than the year.
func TestRoundBirths(t *testing.T) {
	c := families(11, 2000)
	for i := range c.records {
		if i%4 == 0 {
			c.records[i].Birth.Month, c.records[i].Birth.Day = 1, 1
		}
	}
	s, err := NewSet(c.records)
	if err != nil {
		t.Fatal(err)
	}
	p := &comparer{Set: s, memory: newMemory()}
	if got := p.compare(&s.people[0], &s.people[0]).at(Born); got != BornYear {
		t.Errorf("1 January of one year: level %d, want %d", got, BornYear)
	}
	if got := p.compare(&s.people[1], &s.people[1]).at(Born); got != BornSame {
		t.Errorf("a whole date: level %d, want %d", got, BornSame)
	}
}
