package auth

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muntija/internal/fault"
	"muntija/internal/place"
)

var everyRole = append(Roles(), System)

// person returns an actor of the party "EG" with number 1 and the area Giza.
func person(role Role) Actor {
	if role == System {
		return SystemActor("EG")
	}
	areas := SomeAreas("EG-GZ")
	if role == Administrator {
		areas = AllAreas()
	}
	return Actor{UserID: 1, Role: role, Party: "EG", Areas: areas}
}

// TestGolden compares both permission tables with testdata/permissions.golden, which a person reads when a permission changes.
// Run with MUNTIJA_UPDATE=1 to write it anew.
func TestGolden(t *testing.T) {
	var b strings.Builder
	line := func(first string, cells []string, last string) {
		fmt.Fprintf(&b, "%-20s", first)
		for _, c := range cells {
			fmt.Fprintf(&b, " %-13s", c)
		}
		b.WriteString(last + "\n")
	}
	var heads []string
	for _, r := range everyRole {
		heads = append(heads, string(r))
	}
	line("action", heads, " notes")
	for _, a := range Actions() {
		var cells []string
		for _, r := range everyRole {
			cells = append(cells, grant(a, r).String())
		}
		notes := ""
		if actions[a].fourEyes {
			notes += " four-eyes"
		}
		if actions[a].reads {
			notes += " reads"
		}
		line(string(a), cells, notes)
	}
	b.WriteString("\n")
	line("class", heads, "")
	for _, c := range Classes() {
		var cells []string
		for _, r := range everyRole {
			cells = append(cells, View(r, c).String())
		}
		line(string(c), cells, "")
	}
	// What Allow answers for every role, action and kind of subject: the code above the tables is in the golden text too.
	b.WriteString("\nallow: own · own without area · own in another area · other's in own area · other's in another area · other party\n")
	subjects := []Subject{{"EG", "EG-GZ", 1}, {"EG", "", 1}, {"EG", "EG-C", 1}, {"EG", "EG-GZ", 2}, {"EG", "EG-C", 2}, {"QA", "QA-DA", 2}}
	for _, a := range Actions() {
		var cells []string
		for _, r := range everyRole {
			cell := ""
			for _, s := range subjects {
				cell += allowMark(Allow(person(r), a, s))
			}
			cells = append(cells, cell)
		}
		line(string(a), cells, "")
	}
	var lines []string
	for l := range strings.Lines(b.String()) {
		lines = append(lines, strings.TrimRight(l, " \n"))
	}
	got := strings.Join(lines, "\n") + "\n"
	path := filepath.Join("testdata", "permissions.golden")
	if os.Getenv("MUNTIJA_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wantLines := strings.Split(string(want), "\n")
	for i, g := range strings.Split(got, "\n") {
		if i >= len(wantLines) || g != wantLines[i] {
			t.Fatalf("line %d differs from %s (MUNTIJA_UPDATE=1 writes it anew)\n got %s\nwant %s", i+1, path, g, append(wantLines, "(end)")[min(i, len(wantLines))])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s has more lines than the tables", path)
	}
}

// allowMark is one letter for Allow's answer: yes, forbidden, not found, four eyes, unauthenticated.
func allowMark(err error) string {
	switch {
	case err == nil:
		return "y"
	case err.(*fault.Error).Key == "error.four_eyes":
		return "4"
	}
	return map[fault.Kind]string{fault.Forbidden: "f", fault.NotFound: "n", fault.Unauthenticated: "u"}[fault.KindOf(err)]
}

func TestInvariants(t *testing.T) {
	for _, a := range Actions() {
		r := actions[a]
		for _, role := range Roles() {
			// Nobody ever reaches the other party, whatever the area and whoever entered.
			for _, s := range []Subject{{"QA", "QA-DA", 1}, {"QA", "", 1}, {"QA", "EG-GZ", 1}, {"", "EG-GZ", 1}} {
				if err := Allow(person(role), a, s); err == nil {
					t.Errorf("%s may %s on %+v", role, a, s)
				} else if kind := fault.KindOf(err); Can(person(role), a) && kind != fault.NotFound {
					t.Errorf("%s, %s on %+v: got %v, want not found", role, a, s, kind)
				}
			}
			reach, err := ReachOf(person(role), a)
			if (err == nil) != Can(person(role), a) || err == nil && reach.Party != "EG" {
				t.Errorf("%s, %s: reach %+v, %v", role, a, reach, err)
			}
		}
		if !r.reads && r.analyst != None && a != FeedManage && a != FilterSave && a != ProfileEdit && a != TokenManage {
			t.Errorf("an analyst writes: %s", a)
		}
		decision := strings.HasPrefix(string(a), "review.") || a == AmendDecide || a == CriterionWaive
		if decision && (r.worker != None || r.coordinator != None || r.admin != None || r.system != None) {
			t.Errorf("not only reviewers decide: %s", a)
		}
		if decision && a != ReviewRelease && !r.fourEyes {
			t.Errorf("one pair of eyes is enough: %s", a)
		}
		if r.worker > viewScope(FieldWorker) && !ofExhibitions[a] && a != FamilyCreate && a != DuplicateCheck && a != CriteriaView && a != SchemeView { // what is offered is known to everybody
			t.Errorf("a field worker reaches further than they see: %s", a)
		}
		if a != FilterSave && a != ProfileEdit && strings.HasPrefix(string(a), "family.") && !r.reads && (r.coordinator != None || r.admin != None) {
			t.Errorf("a coordinator or administrator writes families: %s", a)
		}
	}
	for _, role := range everyRole {
		if grant("family.shred", role) != None || View(role, "shoe_size") != Hidden && role != System {
			t.Errorf("%s may do unknown things", role)
		}
	}
	for _, c := range Classes() {
		action, has := RevealAction(c)
		for _, role := range Roles() {
			revealable := View(role, c) == Revealable
			if revealable && !has {
				t.Errorf("%s: %s is revealable by no action", role, c)
			}
			if has && revealable != Can(person(role), action) {
				t.Errorf("%s: %s revealable %v, but %s %v", role, c, revealable, action, Can(person(role), action))
			}
		}
		if View(Coordinator, c) != Hidden && (c == ClassIdentity || c == ClassIncome || c == ClassProtection || c == ClassBank) {
			t.Errorf("a coordinator sees %s", c)
		}
		if v := View(Administrator, c); v != Hidden && v != Shown {
			t.Errorf("an administrator sees %s %v", c, v)
		}
		if View(Analyst, c) == Revealable {
			t.Errorf("an analyst may ask for %s", c)
		}
		if View("", c) != Hidden || View("owner", c) != Hidden {
			t.Errorf("an unknown role sees %s", c)
		}
	}
	if got, want := len(classOrder), len(classes); got != want {
		t.Errorf("%d classes in order, %d in the table", got, want)
	}
}

// viewScope is how far a role sees families.
func viewScope(r Role) Scope { return grant(FamilyView, r) }

func TestAllow(t *testing.T) {
	worker, reviewer := person(FieldWorker), person(Reviewer)
	closed := User{ID: 1, Role: Administrator, Party: "EG", Areas: AllAreas()}.Actor("")
	everywhere := SystemActor("")
	tests := []struct {
		name   string
		actor  Actor
		action Action
		s      Subject
		want   string // message key, "" for yes
	}{
		{"own entry", worker, FamilyEdit, Subject{"EG", "EG-GZ", 1}, ""},
		{"own draft before an area is typed", worker, FamilyEdit, Subject{"EG", "", 1}, ""},
		{"a new draft without an area", worker, FamilyCreate, Subject{"EG", "", 1}, ""},
		{"a new draft in own area", worker, FamilyCreate, Subject{"EG", "EG-GZ", 1}, ""},
		{"a new draft elsewhere", worker, FamilyCreate, Subject{"EG", "EG-C", 1}, "auth.other_area"},
		{"a new draft in the other country", worker, FamilyCreate, Subject{"QA", "QA-DA", 1}, "error.not_found"},
		{"a colleague's entry", worker, FamilyView, Subject{"EG", "EG-GZ", 2}, "error.not_found"},
		{"a colleague's draft without area", reviewer, FamilyView, Subject{"EG", "", 2}, "error.not_found"},
		{"a decision by a worker", worker, ReviewApprove, Subject{"EG", "EG-GZ", 2}, "error.forbidden"},
		{"a decision", reviewer, ReviewApprove, Subject{"EG", "EG-GZ", 2}, ""},
		{"a decision on an own entry", reviewer, ReviewApprove, Subject{"EG", "EG-GZ", 1}, "error.four_eyes"},
		{"a decision on an own entry elsewhere", reviewer, ReviewApprove, Subject{"EG", "EG-C", 1}, "error.not_found"},
		{"a decision in another area", reviewer, ReviewApprove, Subject{"EG", "EG-C", 2}, "error.not_found"},
		{"a decision by the program", everywhere, ReviewApprove, Subject{"EG", "EG-GZ", 2}, "error.forbidden"},
		{"the end of a term", everywhere, FamilyExpire, Subject{"QA", "QA-DA", 2}, ""},
		{"the end of a term, other party's job", SystemActor("EG"), FamilyExpire, Subject{"QA", "QA-DA", 2}, "error.not_found"},
		{"nobody", Actor{}, FamilyView, Subject{}, "error.unauthenticated"},
		{"nobody with a role", Actor{Role: Administrator, Party: "EG", Areas: AllAreas()}, UserList, Subject{Party: "EG"}, "error.unauthenticated"},
		{"a person without a party", Actor{UserID: 1, Role: Administrator, Areas: AllAreas()}, UserList, Subject{}, "error.unauthenticated"},
		{"a person who says to be the program", Actor{UserID: 1, Role: System}, UserList, Subject{}, "error.unauthenticated"},
		{"a closed account", closed, UserList, Subject{Party: "EG"}, "error.unauthenticated"},
		{"somebody else's filter", worker, FilterSave, Subject{"EG", "", 2}, "error.not_found"},
		{"own filter", worker, FilterSave, Subject{"EG", "", 1}, ""},
		{"an unknown action", reviewer, "family.shred", Subject{"EG", "EG-GZ", 2}, "error.forbidden"},
		{"duplicates in the next governorate", worker, DuplicateCheck, Subject{"EG", "EG-C", 2}, ""},
	}
	for _, tt := range tests {
		err := Allow(tt.actor, tt.action, tt.s)
		got := ""
		if err != nil {
			got = err.(*fault.Error).Key
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAllowManage(t *testing.T) {
	admin := person(Administrator)
	for _, tt := range []struct {
		actor  Actor
		target User
		want   string
	}{
		{admin, User{ID: 2, Party: "EG"}, ""},
		{admin, User{ID: 1, Party: "EG"}, "auth.own_account"},
		{admin, User{ID: 2, Party: "QA"}, "error.not_found"},
		{person(Reviewer), User{ID: 2, Party: "EG"}, "error.forbidden"},
		{SystemActor(""), User{ID: 2, Party: "QA"}, ""},
	} {
		got := ""
		if err := AllowManage(tt.actor, tt.target); err != nil {
			got = err.(*fault.Error).Key
		}
		if got != tt.want {
			t.Errorf("%s on %+v: got %q, want %q", tt.actor.Role, tt.target, got, tt.want)
		}
	}
}

func TestAreaSet(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		none, in   bool // empty; within Egypt
		has        string
	}{
		{"*", "*", false, true, "EG-GZ EG-C"},
		{"", "", true, true, ""},
		{"EG-GZ,EG-C,EG-GZ", "EG-C,EG-GZ", false, true, "EG-GZ EG-C"},
		{" EG-C, ,", "EG-C", false, true, "EG-C"},
		{"EG-C,QA-DA", "EG-C,QA-DA", false, false, "EG-C"},
	} {
		a := ParseAreas(tt.text)
		if got := a.String(); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
		if a.None() != tt.none || a.In("EG") != tt.in || a.All() != (tt.text == "*") {
			t.Errorf("%q: none %v, in Egypt %v, all %v", tt.text, a.None(), a.In("EG"), a.All())
		}
		for _, c := range []string{"EG-GZ", "EG-C"} {
			if got, want := a.Has(c), strings.Contains(tt.has, c); got != want {
				t.Errorf("%q has %s: got %v, want %v", tt.text, c, got, want)
			}
		}
		if a.Has("") && !a.All() {
			t.Errorf("%q has the unknown area", tt.text)
		}
	}
	a := SomeAreas("EG-C")
	a.Codes()[0] = "EG-GZ"
	if !a.Has("EG-C") {
		t.Error("a caller can change a set")
	}
}

func TestUserCheck(t *testing.T) {
	good := User{Email: "mona@example.org", Name: "منى حسن", Role: Reviewer, Party: "EG", Areas: SomeAreas("EG-GZ"), Locale: "ar"}
	if p := good.Check(); len(p) > 0 {
		t.Fatalf("a good account: %v", p)
	}
	tests := []struct {
		name   string
		change func(*User)
		want   string
	}{
		{"no e-mail", func(u *User) { u.Email = "" }, "auth.email.invalid"},
		{"e-mail not as stored", func(u *User) { u.Email = "Mona@example.org" }, "auth.email.invalid"},
		{"named e-mail", func(u *User) { u.Email = "mona <mona@example.org>" }, "auth.email.invalid"},
		{"two e-mails", func(u *User) { u.Email = "mona@example.org, a@example.org" }, "auth.email.invalid"},
		{"line end in e-mail", func(u *User) { u.Email = "mona@example.org\r\nbcc: a@b" }, "auth.email.invalid"},
		{"long e-mail", func(u *User) { u.Email = strings.Repeat("a", 250) + "@example.org" }, "auth.email.invalid"},
		{"blank name", func(u *User) { u.Name = "  " }, "auth.name.required"},
		{"long name", func(u *User) { u.Name = strings.Repeat("م", 121) }, "auth.name.long"},
		{"no role", func(u *User) { u.Role = "" }, "auth.role.unknown"},
		{"the program's role", func(u *User) { u.Role = System }, "auth.role.unknown"},
		{"no party", func(u *User) { u.Party = "" }, "auth.party.unknown"},
		{"a third country", func(u *User) { u.Party = "BH"; u.Areas = AllAreas() }, "auth.party.unknown"},
		{"no areas", func(u *User) { u.Areas = AreaSet{} }, "auth.areas.required"},
		{"the other party's areas", func(u *User) { u.Areas = SomeAreas("EG-GZ", "QA-DA") }, "auth.areas.foreign"},
		{"half an administrator", func(u *User) { u.Role = Administrator }, "auth.areas.administrator"},
		{"no language", func(u *User) { u.Locale = "fr" }, "auth.locale.unknown"},
	}
	for _, tt := range tests {
		u := good
		tt.change(&u)
		if p := u.Check(); len(p) != 1 || p[0].Key != tt.want {
			t.Errorf("%s: got %v, want %s alone", tt.name, p, tt.want)
		}
	}
	if got, want := SignInName("  Mona@Example.ORG\n"), "mona@example.org"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// ofExhibitions are what a field worker may do about exhibitions of the whole party, which are no families: see them and their rosters, stand at the door.
var ofExhibitions = map[Action]bool{ExhibitionView: true, RosterView: true, CheckInRecord: true, IncidentRecord: true}

// TestMessages holds the names of roles, actions and classes, which are built at run time, against the catalogues.
func TestMessages(t *testing.T) {
	for _, lang := range []string{"ar", "en"} {
		raw, err := os.ReadFile(filepath.Join("..", "locale", "messages", lang, "auth.toml"))
		if err != nil {
			t.Fatal(err)
		}
		text := "\n" + string(raw)
		want := func(key string) {
			if strings.Count(text, "\n\""+key+"\" = ") != 1 {
				t.Errorf("%s: no message %s", lang, key)
			}
		}
		for _, r := range everyRole {
			want("auth.role." + string(r))
		}
		for _, a := range Actions() {
			want("auth.action." + string(a))
		}
		for _, c := range Classes() {
			want("auth.class." + string(c))
		}
	}
}

// FuzzAllow looks for any actor of one party who is let through to the other, or past their reach.
func FuzzAllow(f *testing.F) {
	f.Add(0, 0, "EG-GZ", "EG-GZ", int64(1), int64(1))
	f.Add(1, 9, "*", "QA-DA", int64(1), int64(2))
	f.Fuzz(func(t *testing.T, role, action int, areas, area string, user, by int64) {
		a := Actor{UserID: user, Role: Roles()[uint(role)%5], Party: "EG", Areas: ParseAreas(areas)}
		act := Actions()[uint(action)%uint(len(actions))]
		for _, party := range []place.Country{"EG", "QA", ""} {
			s := Subject{party, area, by}
			err := Allow(a, act, s)
			if err != nil {
				continue
			}
			if party != "EG" || user <= 0 {
				t.Errorf("%+v may %s on %+v", a, act, s)
			}
			scope := grant(act, a.Role)
			if scope != Party && area != "" && !a.Areas.Has(area) || scope == Own && by != user {
				t.Errorf("%+v may %s on %+v beyond %v", a, act, s, scope)
			}
			if actions[act].fourEyes && by == user {
				t.Errorf("%+v may %s on an own entry", a, act)
			}
		}
	})
}
