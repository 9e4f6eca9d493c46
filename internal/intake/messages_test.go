package intake

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muntija/internal/registry"
)

// catalogue reads the keys and texts of one language's plain messages, and the keys of its plurals.
func catalogue(t *testing.T, lang string) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../locale/messages/" + lang + "/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no catalogues of %s: %v", lang, err)
	}
	entry := regexp.MustCompile(`(?m)^(?:"([^"]+)" = "(.*)"|\["([^"]+)"\])$`)
	m := map[string]string{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entry.FindAllStringSubmatch(string(raw), -1) {
			m[e[1]+e[3]] = e[2]
		}
	}
	return m
}

// Everything that the form can show has its words in both languages.
func TestMessagesAreComplete(t *testing.T) {
	want := map[string]bool{"consent.own_ministry": true, "consent.other_ministry": true, "consent.catalogue": true}
	for path := range registry.Paths() {
		want["field."+path] = true
	}
	for list := range RowLimits() {
		for _, prefix := range []string{"field.", "row.", "add."} {
			want[prefix+list] = true
		}
	}
	for _, s := range Steps("EG") {
		want[s.Title] = true
	}
	for _, l := range registry.Lists() {
		for _, v := range l.Values {
			want["enum."+l.Name+"."+v] = true
		}
	}
	for _, v := range IDTypes() {
		want["enum.id_type."+v] = true
	}
	for _, v := range registry.States() {
		want["enum.state."+string(v)] = true
		for _, step := range v.Steps() {
			want["enum.step."+string(step)] = true
		}
	}
	for _, v := range []registry.Step{registry.StepCreate, registry.StepAmend, registry.StepAmendmentAccept, registry.StepAmendmentReturn} {
		want["enum.step."+string(v)] = true
	}
	for _, v := range registry.Protections() {
		want["enum.protection."+string(v)] = true
	}
	for list, values := range map[string][]string{"overall": Overalls(), "date_field": DateFields(), "sort": Sorts()} {
		for _, v := range values {
			want["enum."+list+"."+v] = true
		}
	}
	for _, pl := range []*plan{planFor[Decision](), planFor[Visit](), planFor[Document](), planFor[Waiver](), planFor[User](), planFor[PasswordChange](), planFor[SignIn](), planFor[SecondFactor](), planFor[FamilyFilter]()} {
		for _, l := range pl.leaves {
			switch l.path {
			case "version", "key", "next", "after", "before": // never shown
			default:
				want["field."+l.path] = true
			}
		}
	}
	for scope := range want {
		if s, ok := strings.CutPrefix(scope, "enum.consent_scope."); ok && ConsentText(registry.ConsentScope(s)) != "consent."+s {
			t.Errorf("the consent of scope %s has no text", s)
		}
	}
	// Every key of a problem that the sources name, and no other.
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	literal := regexp.MustCompile(`"(problem\.[a-z_]+)"`)
	for _, f := range sources {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range literal.FindAllStringSubmatch(string(raw), -1) {
			want[m[1]] = true
		}
	}
	arabic := regexp.MustCompile(`\p{Arabic}`)
	for _, lang := range []string{"ar", "en"} {
		have := catalogue(t, lang)
		for key := range want {
			text, ok := have[key]
			switch {
			case !ok || strings.TrimSpace(text) == "":
				t.Errorf("%s: no words for %s", lang, key)
			case lang == "ar" && !arabic.MatchString(text):
				t.Errorf("ar: %s is not Arabic: %s", key, text)
			case lang == "en" && arabic.MatchString(strings.ReplaceAll(text, "٠-٩", "")) && !strings.Contains(text, "«"):
				t.Errorf("en: %s is not English: %s", key, text)
			}
		}
		for _, law := range []string{"151", "13"} {
			for _, key := range []string{"consent.own_ministry", "consent.other_ministry", "consent.catalogue"} {
				if !strings.Contains(have[key], law) {
					t.Errorf("%s: %s does not name law %s", lang, key, law)
				}
			}
		}
	}
}
