package registry

import (
	"slices"
	"strings"
	"testing"
)

func record(t testing.TB) *Record {
	return &Record{
		Case:      Case{Channel: "online", ApplicationDate: day(t, "2026-03-01")},
		Lead:      LeadProducer{GivenName: "هبة الله", IDNumber: "29003152601245", Phones: []Phone{{Number: "+201001234567", WhatsApp: true}}},
		Household: Household{Size: 4, Members: []Member{{Name: "علي", BirthYear: 2012}, {Name: "منى"}}},
		Project:   Project{Channels: []SaleChannel{"home", "market"}},
		Finance:   Finance{EstValue: 125050, Currency: "EGP", OwnShareGiven: true},
	}
}

func TestValues(t *testing.T) {
	var got []string
	for _, v := range record(t).Values() {
		got = append(got, v.Path+"="+v.Text+" ("+v.Class+")")
	}
	want := []string{
		"case.channel=online (case)", "case.application_date=2026-03-01 (case)", "lead.given_name=هبة الله (name)", "lead.id_number=29003152601245 (identity)",
		"lead.phones[0].number=+201001234567 (phone)", "lead.phones[0].whatsapp=yes (phone)", "household.members[0].name=علي (household)", "household.members[0].birth_year=2012 (household)",
		"household.members[1].name=منى (household)", "household.size=4 (demographic)", "project.channels[0]=home (project)", "project.channels[1]=market (project)",
		"finance.est_value=125050 (finance)", "finance.currency=EGP (finance)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := (&Record{}).Values(); len(got) != 0 {
		t.Errorf("an empty record has values: %v", got)
	}
}

func TestDiff(t *testing.T) {
	if got := Diff(record(t), record(t)); len(got) != 0 {
		t.Errorf("equal records differ: %v", got)
	}
	changed := record(t)
	changed.Case.ApplicationDate = day(t, "2026-03-02")
	changed.Lead.Phones = nil
	changed.Household.Members = []Member{{Name: "علي", BirthYear: 2012}, {Name: "سعاد", Works: true}}
	changed.Project.Name = "نسيج"
	got := Diff(record(t), changed)
	want := []Change{
		{Path: "case.application_date", Class: "case", Old: "2026-03-01", New: "2026-03-02"},
		{Path: "household.members[1].name", Class: "household", Old: "منى", New: "سعاد"},
		{Path: "household.members[1].works", Class: "household", New: "yes"},
		{Path: "project.name", Class: "project", New: "نسيج"},
		{Path: "lead.phones[0].number", Class: "phone", Old: "+201001234567"},
		{Path: "lead.phones[0].whatsapp", Class: "phone", Old: "yes"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
	// The way back is the same list with the sides exchanged.
	back := Diff(changed, record(t))
	if len(back) != len(got) {
		t.Fatalf("back: %d changes, want %d", len(back), len(got))
	}
	for _, c := range got {
		if !slices.Contains(back, Change{Path: c.Path, Class: c.Class, Old: c.New, New: c.Old}) {
			t.Errorf("%s is missing on the way back", c.Path)
		}
	}
}

func TestPathsAndClasses(t *testing.T) {
	for path, class := range Paths() {
		if class == "" || class == "-" {
			t.Errorf("%s has no class", path)
		}
		if strings.ContainsAny(path, "[]") || StripIndex(path) != path {
			t.Errorf("%s holds an index", path)
		}
	}
	for _, v := range record(t).Values() {
		if _, ok := Paths()[StripIndex(v.Path)]; !ok {
			t.Errorf("%s is a value and no path", v.Path)
		}
	}
	for path, want := range map[string]string{"lead.id_number": "identity", "guardian.id_number": "identity", "formal[3].number": "bank", "household.members[12].name": "household", "project.channels[0]": "project",
		"lead.birth_date": "birth", "case.application_date": "case", "finance.own_share_given": "", "nope": "", "lead": ""} {
		if got := ClassOf(path); got != want {
			t.Errorf("ClassOf(%q) = %q, want %q", path, got, want)
		}
	}
	for in, want := range map[string]string{"a[2].b": "a.b", "a": "a", "a[1][2].c": "a.c", "a[": "a", "": ""} {
		if got := StripIndex(in); got != want {
			t.Errorf("StripIndex(%q) = %q, want %q", in, got, want)
		}
	}
}

func BenchmarkDiff(b *testing.B) {
	x, y := record(b), record(b)
	y.Household.Size = 5
	b.ReportAllocs()
	for b.Loop() {
		Diff(x, y)
	}
}
