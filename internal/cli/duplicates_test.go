package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
)

// TestDuplicatesFile compares a plain file as a stranger would, and refuses bad ones with a word that says what to mend.
func TestDuplicatesFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	run := func(args ...string) (string, error) {
		var out, errs bytes.Buffer
		if code := Run(context.Background(), append([]string{"muntija", "duplicates"}, args...), func(string) string { return "" }, strings.NewReader(""), &out, &errs); code != 0 {
			return out.String(), errors.New(errs.String())
		}
		return out.String(), nil
	}
	people := write("people.csv", "n,first,last,born,tel\na,Katherine,Oakley,1980-03-04,01012345678\nb,Kathrine,Oakley,1980-04-03,01012345678\nc,Peter,Marsh,1955-09-30,01112345670\n")
	mapped := write("map.json", `{"given_name": "first", "surname": "last", "birth_date": "born", "phone": "tel"}`)
	out, err := run("--file", people, "--key", "n", "--map", mapped, "--json")
	var got duplicatesJSON
	if err != nil || json.Unmarshal([]byte(out), &got) != nil || got.Records != 3 || len(got.Pairs) != 1 || got.Pairs[0].A != "a" || got.Pairs[0].B != "b" || len(got.Clusters) != 1 {
		t.Fatalf("got %s, %v", out, err)
	}
	sum := 0.0
	for _, r := range got.Pairs[0].Reasons {
		sum += r.Bits
	}
	if math.Abs(sum-got.Pairs[0].Weight) > .01 {
		t.Errorf("the reasons add up to %v, the weight is %v", sum, got.Pairs[0].Weight)
	}
	arabic, err := charmap.Windows1256.NewEncoder().String("id,الاسم,تاريخ الميلاد\n1,منى سيد أحمد القوصي,1980/1/2\n2,منى سيد احمد القوصى,1980/1/2\n")
	if err != nil {
		t.Fatal(err)
	}
	if out, err = run("--file", write("1256.csv", arabic), "--json"); err != nil || !strings.Contains(out, `"clusters":[["1","2"]]`) {
		t.Errorf("Windows-1256: got %s, %v", out, err)
	}
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no such key":        {[]string{"--file", people, "--key", "x"}, "no column"},
		"no such column":     {[]string{"--file", people, "--map", write("a.json", `{"given_name": "x"}`)}, "no column"},
		"no such field":      {[]string{"--file", people, "--map", write("b.json", `{"shoe": "size"}`)}, "is no field"},
		"a broken map":       {[]string{"--file", people, "--map", write("c.json", `{"given_name":`)}, "no JSON object"},
		"a map of numbers":   {[]string{"--file", people, "--map", write("d.json", `{"given_name": 5}`)}, "a column or a list"},
		"a key twice":        {[]string{"--file", write("e.csv", "id,name\n1,A\n1,B\n"), "--key", "id"}, "must differ"},
		"an empty file":      {[]string{"--file", write("f.csv", "")}, "is empty"},
		"no text":            {[]string{"--file", write("g.csv", "\x00\x01\x02\x00")}, "no UTF-8"},
		"a quote left open":  {[]string{"--file", write("h.csv", "id,name\n1,\"A\n2,B\n")}, "quotation mark"},
		"no such file":       {[]string{"--file", filepath.Join(dir, "nowhere.csv")}, "nowhere.csv"},
		"a threshold of 3":   {[]string{"--file", people, "--threshold", "3"}, "--threshold"},
		"no file, no party":  {nil, "--party"},
		"nothing comparable": {[]string{"--file", write("i.csv", "a,b\n1,2\n")}, "column"},
	} {
		if out, err := run(test.args...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %q, %v; want %s", name, out, err, test.want)
		}
	}
	// What no register should hold, ten thousand times over, in bounded time.
	var b strings.Builder
	b.WriteString("id,name,phone\n")
	names := []string{"", "م", "محمد أحمد محمد", "محمد أحمد محمد", "😀👩‍👩‍👧", strings.Repeat("عبد الرحمن ", 50), "fatma فاطمة", `"O'Neil; ""x"""`}
	for i := range 10_000 {
		fmt.Fprintf(&b, "%d,%s,%s\n", i, names[i%len(names)], []string{"", "01000000000", "٠١٠١٢٣٤٥٦٧٨"}[i%3])
	}
	start := time.Now()
	if out, err = run("--file", write("bad.csv", b.String())); err != nil || !strings.Contains(out, "10000 records") {
		t.Errorf("a bad register: got %.300s, %v", out, err)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("a bad register took %s", took)
	}
}
