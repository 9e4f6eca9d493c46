package sheet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muntija/internal/fault"
	"muntija/internal/locale"
	"muntija/internal/place"
)

// dump renders what a workbook is read as: its rosters, and their rows with values, what was derived and the problems in Arabic.
func dump(t testing.TB, b *Book, party place.Country) string {
	t.Helper()
	var out strings.Builder
	rosters, err := b.FindRosters()
	if err != nil {
		return err.Error()
	}
	ar := locale.Default().For(locale.Arabic)
	m := Suggest(rosters)
	for _, ros := range rosters {
		fmt.Fprintf(&out, "roster %q %s header %d-%d first %d dates %s\n", ros.Name, ros.Kind, ros.HeaderFrom, ros.HeaderTo, ros.First, ros.DateOrder)
		for _, title := range ros.Titles {
			fmt.Fprintf(&out, "  title %q\n", title)
		}
		for _, c := range ros.Columns {
			hidden := ""
			if c.Hidden {
				hidden = " hidden"
			}
			fmt.Fprintf(&out, "  %s %q → %s %s%s\n", c.Letter, c.Header, c.Field, c.How, hidden)
		}
		err := b.Rows(context.Background(), ros, Reading{Party: party, Mapping: m}, func(r *Row) error {
			fmt.Fprintf(&out, "  %d", r.N)
			if r.Skip != "" {
				fmt.Fprintf(&out, " skipped: %s\n", r.Skip)
				return nil
			}
			fmt.Fprintf(&out, " key %q\n", r.Key)
			for _, f := range slices.Sorted(maps.Keys(r.Values)) {
				derived := ""
				if slices.Contains(r.Derived, f) {
					derived = " (derived)"
				}
				fmt.Fprintf(&out, "    %s = %s%s\n", f, strings.Join(r.Values[f], " + "), derived)
			}
			for _, p := range r.Problems {
				fmt.Fprintf(&out, "    ! %s%d %s: %s\n", Letter(p.Col), r.N, p.Field, ar.T(p.Key, p.Args...))
				if !ar.Has(p.Key) {
					t.Errorf("no message %q", p.Key)
				}
			}
			return nil
		})
		if err != nil {
			fmt.Fprintf(&out, "error %v\n", err)
		}
	}
	return out.String()
}

// Each fixture is read as its golden text says. The texts were read line by line against the fixtures.
func TestFixturesAreRead(t *testing.T) {
	for name, f := range fixtures() {
		file := filepath.Join("testdata", name+".txt")
		got := dump(t, openFile(t, filepath.Join(fixtureDir, name+".xlsx")), f.party)
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
			for i := range min(len(g), len(w)) {
				if g[i] != w[i] {
					t.Errorf("%s line %d:\ngot  %s\nwant %s", file, i+1, g[i], w[i])
					break
				}
			}
			if len(g) != len(w) {
				t.Errorf("%s: got %d lines, want %d", file, len(g), len(w))
			}
		}
	}
}

func TestNoRoster(t *testing.T) {
	for name, rows := range map[string][][]any{
		"empty":    {},
		"letter":   {{"السيد المدير"}, {"تحية طيبة وبعد"}, {"مرفق الكشف"}},
		"numbers":  {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}},
		"one word": {{"الاسم"}, {"فاطمة"}},
	} {
		f := fixture{sheets: []fixtureSheet{{name: "x", rows: rows}}}
		_, err := open(t, f.bytes(t)).FindRosters()
		if e := (*fault.Error)(nil); !errors.As(err, &e) || e.Key != "sheet.problem.no_header" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What a person said about a shape counts for the next file of that shape, also when it comes back with a status column.
func TestRemember(t *testing.T) {
	rows := [][]any{{"الاسم", "الرقم القومي", "عمود غامض"}, {"منى علي", nid(1), "فخار"}, {"هدى علي", nid(2), "فخار"}}
	first, err := open(t, fixture{sheets: []fixtureSheet{{name: "a", rows: rows}}}.bytes(t)).FindRosters()
	if err != nil {
		t.Fatal(err)
	}
	m := Suggest(first)
	if got := m.Sheets[0].Columns["عمود غامض"]; got != "" {
		t.Fatalf("the odd column leads to %q", got)
	}
	m.Sheets[0].Columns["عمود غامض"] = "project.activity"
	marked := [][]any{append(slices.Clone(rows[0]), "حالة الاستيراد"), append(slices.Clone(rows[1]), "تم"), rows[2]}
	b := open(t, fixture{sheets: []fixtureSheet{{name: "b", rows: marked}}}.bytes(t))
	again, err := b.FindRosters()
	if err != nil {
		t.Fatal(err)
	}
	if again[0].Shape != first[0].Shape || !again[0].Remember(m) {
		t.Fatalf("shapes %s and %s", first[0].Shape, again[0].Shape)
	}
	if c := again[0].Columns[2]; c.Field != "project.activity" || c.How != HowRemembered {
		t.Errorf("got %+v", c)
	}
	var got []string
	err = b.Rows(context.Background(), again[0], Reading{Party: place.Egypt, Mapping: m}, func(r *Row) error {
		got = append(got, fmt.Sprintf("%d %s %v", r.N, r.Skip, r.Values["project.activity"]))
		return nil
	})
	if want := []string{"2 done []", "3  [فخار]"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if again[0].Columns[3].Field != FieldStatus {
		t.Errorf("the status column is %+v", again[0].Columns[3])
	}
	if other := (&Roster{Shape: "x"}); other.Remember(m) {
		t.Error("a roster of another shape was remembered")
	}
}

func TestRowsStop(t *testing.T) {
	rows := [][]any{{"الاسم", "الرقم القومي", "المحافظة"}}
	for i := range 600 {
		rows = append(rows, []any{"منى علي", nid(i), "القاهرة"})
	}
	b := open(t, fixture{sheets: []fixtureSheet{{name: "a", rows: rows}}}.bytes(t))
	rosters, err := b.FindRosters()
	if err != nil {
		t.Fatal(err)
	}
	with := Reading{Party: place.Egypt, Mapping: Suggest(rosters)}
	mine := errors.New("mine")
	if err := b.Rows(context.Background(), rosters[0], with, func(*Row) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("got %v, want the callback's error", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	err = b.Rows(ctx, rosters[0], with, func(*Row) error {
		if n++; n == 10 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || n >= 600 {
		t.Errorf("cancelled after 10 rows: got %d rows, %v", n, err)
	}
	if err := b.Rows(context.Background(), rosters[0], Reading{Party: place.Egypt}, nil); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without a mapping: %v", err)
	}
	with.Mapping.Sheets[0].Constants = map[string]string{"case.channel": "association", "address.area": "EG-GZ", "project.craft": "نسيج"}
	err = b.Rows(context.Background(), rosters[0], with, func(r *Row) error {
		if r.Values["case.channel"][0] != "association" || r.Values["address.area"][0] != "EG-C" || r.Values["project.craft"][0] != CodeOf("craft", "نسيج") {
			t.Errorf("constants: got %v", r.Values)
		}
		return mine
	})
	if !errors.Is(err, mine) {
		t.Error(err)
	}
}

// Members in columns behind their family are members: the relation is theirs, unless a guardian is named.
func TestMembersBehindTheirFamily(t *testing.T) {
	for fourth, want := range map[string]string{
		"الهاتف":           "lead.phones.number household.members.name household.members.relation",
		"اسم الولي الشرعي": "guardian.name household.members.name guardian.relation",
	} {
		want = "lead.id_number lead.name address.area " + want + " household.members.birth_year"
		rows := [][]any{{"الرقم القومي", "الاسم رباعي", "المحافظة", fourth, "اسم الفرد", "صلة القرابة", "سنة الميلاد للفرد"},
			{nid(1), "منى أحمد علي حسن", "سوهاج", "", "كريم", "ابن", 2010}, {nid(2), "هدى أحمد علي حسن", "سوهاج", "", "ريم", "ابنة", 2012}}
		rosters, err := open(t, fixture{sheets: []fixtureSheet{{name: "x", rows: rows}}}.bytes(t)).FindRosters()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range rosters[0].Columns {
			got = append(got, c.Field)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
		}
	}
}

// What stands above a header counts: a group says whose numbers they are, a title where the families live.
func TestGroupsAndTitles(t *testing.T) {
	rows := [][]any{
		{"كشف الأسر المنتجة بمحافظة كفر الشيخ"},
		{"م", "المتقدم", nil, nil, "ولي الأمر", nil, "الزوج", nil, "المشروع"},
		{nil, "الاسم", "الرقم القومي", "تاريخ", "الاسم", "الرقم القومي", "الاسم", "الرقم القومي", "الاسم", "النشاط"},
		{1, "منى علي", nid(1), "1/3/2026", "علي حسن", nid(2), "سعيد", nid(3), "كليم منى", "كليم"},
		{2, "هدى علي"},
		{"م", "المتقدم", nil, nil, "ولي الأمر", nil, "الزوج", nil, "المشروع"},
		{3, "ليلى علي", nid(4), "1/3/2026", nil, nil, "سعيد", nid(5), nil, "فخار"},
	}
	b := open(t, fixture{sheets: []fixtureSheet{{name: "x", rows: rows}}}.bytes(t))
	rosters, err := b.FindRosters()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range rosters[0].Columns {
		got = append(got, c.Letter+":"+c.Field)
	}
	if want := "A:- B:lead.name C:lead.id_number D: E:guardian.name F:guardian.id_number G: H: I:project.name J:project.activity"; strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	m := Suggest(rosters)
	if got := m.Sheets[0].Constants["address.area"]; got != "EG-KFS" {
		t.Errorf("the area of the title is %q", got)
	}
	got = nil
	err = b.Rows(context.Background(), rosters[0], Reading{Party: place.Egypt, Mapping: m}, func(r *Row) error {
		got = append(got, fmt.Sprint(r.N, r.Skip, r.Values["lead.given_name"], r.Values["address.area"]))
		return nil
	})
	if want := []string{"4[منى] [EG-KFS]", "5[هدى] [EG-KFS]", "6header[] []", "7[ليلى] [EG-KFS]"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	for titles, want := range map[string]string{"محافظة سوهاج|محافظة قنا": "", "محافظة سوهاج|مديرية سوهاج": "EG-SHG", "سوهاج": "", "بلدية الريان": "QA-RA", "محافظة": "", "محافظة مجهولة": ""} {
		if got := titledArea(strings.Split(titles, "|")); got != want {
			t.Errorf("titledArea(%q) = %q, want %q", titles, got, want)
		}
	}
}

// A table whose headers nobody knows is still found, so that a person can say what its columns are.
func TestUnknownHeaders(t *testing.T) {
	rows := [][]any{{"تقرير"}, {"عمود أول", "عمود ثان", "عمود ثالث", "الاسم"}, {1, "أ", "ب", "منى علي"}, {2, "أ", "ب", "هدى علي"}, {3, "أ", "ب", "ليلى علي"}}
	rosters, err := open(t, fixture{sheets: []fixtureSheet{{name: "x", rows: rows}}}.bytes(t)).FindRosters()
	if err != nil {
		t.Fatal(err)
	}
	r := rosters[0]
	if r.HeaderFrom != 2 || r.First != 3 || len(r.Columns) != 4 || r.Columns[0].Field != "" || r.Columns[3].Field != FieldName || !slices.Equal(r.Columns[3].Samples, []string{"منى علي", "هدى علي", "ليلى علي"}) {
		t.Errorf("got %+v", r)
	}
	if problems := Suggest(rosters).Check(rosters); len(problems) != 0 {
		t.Errorf("the suggestion has problems: %v", problems)
	}
}

// "منطقة" is a zone's number in Qatar; over names of governorates it is the governorate, unless that has a column of its own.
func TestZoneOverAreas(t *testing.T) {
	for _, c := range []struct {
		more, zone any
		want       string
	}{{"ملف", "سوهاج", "address.area"}, {"ملف", 25, "address.zone"}, {"المحافظة", "سوهاج", "address.zone"}} {
		rows := [][]any{{"الاسم", "الرقم القومي", "منطقة", c.more}}
		for i := range 4 {
			rows = append(rows, []any{"منى علي", nid(i), c.zone, "قنا"})
		}
		rosters, err := open(t, fixture{sheets: []fixtureSheet{{name: "x", rows: rows}}}.bytes(t)).FindRosters()
		if err != nil || rosters[0].Columns[2].Field != c.want {
			t.Errorf("%v beside %v: got %+v, %v; want %s", c.zone, c.more, rosters, err, c.want)
		}
	}
}

// A sheet that ends in a thousand blank rows says so with a last call.
func TestRowsSayWhereTheyStopped(t *testing.T) {
	rows := [][]any{{"الاسم", "الرقم القومي", "المحافظة"}, {"منى", nid(1), "القاهرة"}}
	rows = append(rows, make([][]any, 1500)...)
	rows = append(rows, []any{"بعيدة", nid(2), "القاهرة"})
	b := open(t, fixture{sheets: []fixtureSheet{{name: "a", rows: rows}}}.bytes(t))
	rosters, err := b.FindRosters()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = b.Rows(context.Background(), rosters[0], Reading{Party: place.Egypt, Mapping: Suggest(rosters)}, func(r *Row) error {
		got = append(got, fmt.Sprintf("%d%s", r.N, r.Skip))
		return nil
	})
	if want := []string{"2", "2end"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestRowMerge(t *testing.T) {
	r := &Row{}
	r.reset(7)
	r.Cells["lead.sex"] = Ref{Col: 4}
	r.Problems = []CellProblem{{Col: 2, Problem: fault.Problem{Field: "lead.birth_date", Key: "a"}}}
	var ps fault.Problems
	ps.Add("lead.birth_date", "problem.required")
	ps.Warn("lead.sex", "w")
	ps.Add("case.channel", "problem.required")
	r.Merge(ps)
	want := []CellProblem{{Col: 2, Problem: fault.Problem{Field: "lead.birth_date", Key: "a"}}, {Col: 4, Problem: fault.Problem{Field: "lead.sex", Key: "w", Severity: fault.Warning}}, {Col: -1, Problem: fault.Problem{Field: "case.channel", Key: "problem.required"}}}
	if fmt.Sprint(r.Problems) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", r.Problems, want)
	}
	if !r.Blocked() || !r.Blank("lead.sex") || r.Blank("case.channel") {
		t.Error("Blocked or Blank")
	}
}

func BenchmarkRows(b *testing.B) {
	const rows = 100_000
	file := bigFile(b, rows, false)
	b.ReportAllocs()
	for b.Loop() {
		book := openFile(b, file)
		rosters, err := book.FindRosters()
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		err = book.Rows(context.Background(), rosters[0], Reading{Party: place.Egypt, Mapping: Suggest(rosters)}, func(r *Row) error {
			if r.Skip == "" {
				n++
			}
			return nil
		})
		if err != nil || n != rows {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
