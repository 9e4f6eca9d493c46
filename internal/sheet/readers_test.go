//go:build readers

package sheet_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/sheet"
)

// readSheet is a sheet as another program reads it; see testdata/readers.
type readSheet struct {
	Name     string     `json:"name"`
	RTL      bool       `json:"rtl"`
	Hidden   bool       `json:"hidden"`
	Rows     [][]string `json:"rows"`
	Filter   string     `json:"filter"`
	Frozen   string     `json:"frozen"`
	Charts   int        `json:"charts"`
	Lists    int        `json:"lists"`
	Comments []string   `json:"comments"`
	Filled   []string   `json:"filled"`
	Formulas []string   `json:"formulas"`
}

func onDisk(t *testing.T, b []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "book.xlsx")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func readBy(t *testing.T, file string, command ...string) []readSheet {
	t.Helper()
	cmd := exec.Command(command[0], append(command[1:], file)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, errs.String())
	}
	var sheets []readSheet
	if err := json.Unmarshal(out, &sheets); err != nil {
		t.Fatal(err)
	}
	return sheets
}

func byOpenpyxl(t *testing.T, file string) []readSheet {
	return readBy(t, file, "/usr/bin/python3", "testdata/readers/read.py")
}
func bySheetJS(t *testing.T, file string) []readSheet {
	return readBy(t, file, "node", "testdata/readers/read.mjs")
}

// byLibreOffice opens a workbook in LibreOffice, saves it from there, and reads that.
func byLibreOffice(t *testing.T, file string) []readSheet {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("soffice", "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", dir, file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, out)
	}
	return byOpenpyxl(t, filepath.Join(dir, filepath.Base(file)))
}

// ours is a workbook as our own scanner reads it.
func ours(t *testing.T, b []byte) []readSheet {
	t.Helper()
	book := opened(t, b)
	var out []readSheet
	for _, info := range book.Sheets() {
		r := readSheet{Name: info.Name, Hidden: info.Hidden != sheet.Visible}
		s := book.Scan(info.Index)
		for s.Next() {
			for len(r.Rows) < s.Row() {
				r.Rows = append(r.Rows, nil)
			}
			row := &r.Rows[s.Row()-1]
			for _, c := range s.Cells() {
				for len(*row) <= c.Col {
					*row = append(*row, "")
				}
				v := "t:" + c.Text
				switch c.Kind {
				case sheet.Number:
					v = fmt.Sprintf("n:%.6f", c.Num)
				case sheet.Date:
					v = fmt.Sprintf("d:%sT%02d:%02d:%02d", c.Date, c.Seconds/3600, c.Seconds/60%60, c.Seconds%60)
				}
				(*row)[c.Col] = v
			}
		}
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// trimmed takes blank cells and rows off the ends: programs differ in how far a sheet reaches.
func trimmed(rows [][]string) [][]string {
	out := make([][]string, len(rows))
	for i, r := range rows {
		n := len(r)
		for n > 0 && r[n-1] == "" {
			n--
		}
		out[i] = r[:n]
	}
	for len(out) > 0 && len(out[len(out)-1]) == 0 {
		out = out[:len(out)-1]
	}
	return out
}

func same(t *testing.T, reader string, got, want []readSheet, rtl bool) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s reads %d sheets, want %d", reader, len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.Name != w.Name || g.Hidden != w.Hidden || g.RTL != rtl {
			t.Errorf("%s: sheet %q hidden %v right-to-left %v, want %q %v %v", reader, g.Name, g.Hidden, g.RTL, w.Name, w.Hidden, rtl)
		}
		a, b := trimmed(g.Rows), trimmed(w.Rows)
		if len(a) != len(b) {
			t.Errorf("%s: %q has %d rows, want %d", reader, g.Name, len(a), len(b))
			continue
		}
		for r := range b {
			if strings.HasPrefix(w.Name, "حسب") && len(g.Formulas) > 0 {
				continue // openpyxl gives the formula and not what it came to
			}
			if !slices.Equal(a[r], b[r]) {
				t.Errorf("%s: %q row %d:\ngot  %q\nwant %q", reader, g.Name, r+1, a[r], b[r])
			}
		}
	}
}

// tame are the texts that every program takes as they are: XML has no place for control characters, and programs differ in what they make of the escapes.
func tame() []string {
	var out []string
	for _, s := range nasty {
		if !strings.ContainsAny(s, "\x01\x1f\r\t\uFFFE") && !strings.Contains(s, "_x") {
			out = append(out, s)
		}
	}
	return out
}

// Our exports are read by openpyxl's read-only mode, LibreOffice and SheetJS as they were written: rows, types, direction, hidden lists, filter, drop-downs,
// charts; no text became a formula.
func TestReadersOfExports(t *testing.T) {
	texts := tame()
	b := written2(t, sampleWorkbook("ar", len(texts), func(i int) string { return texts[i] }))
	file, want := onDisk(t, b), ours(t, b)
	for reader, got := range map[string][]readSheet{"openpyxl": byOpenpyxl(t, file), "SheetJS": bySheetJS(t, file), "LibreOffice": byLibreOffice(t, file)} {
		same(t, reader, got, want, true)
		if got[1].Filter != fmt.Sprintf("A1:H%d", len(texts)+1) {
			t.Errorf("%s: filter %q", reader, got[1].Filter)
		}
		if len(got[1].Formulas) > 0 {
			t.Errorf("%s: formulas in %v", reader, got[1].Formulas)
		}
		if reader == "SheetJS" {
			continue
		}
		if got[1].Frozen != "A2" && reader != "LibreOffice" { // without a window LibreOffice saves no panes
			t.Errorf("%s: frozen %q", reader, got[1].Frozen)
		}
		if got[1].Lists != 2 || got[2].Charts != 1 || got[3].Charts != 1 || got[4].Charts != 1 {
			t.Errorf("%s: %d drop-downs, charts %d %d %d", reader, got[1].Lists, got[2].Charts, got[3].Charts, got[4].Charts)
		}
	}
	b = written2(t, sampleWorkbook("en", 3, func(int) string { return "name" }))
	for reader, got := range map[string][]readSheet{"openpyxl": byOpenpyxl(t, onDisk(t, b)), "SheetJS": bySheetJS(t, onDisk(t, b)), "LibreOffice": byLibreOffice(t, onDisk(t, b))} {
		same(t, reader, got, ours(t, b), false)
	}
}

// The blank templates open everywhere with their drop-downs.
func TestReadersOfTemplates(t *testing.T) {
	for _, party := range place.Countries() {
		var b bytes.Buffer
		if err := sheet.WriteTemplate(&b, sheet.Families, party, "ar", nil, locale.Default().For("ar").T, madeAt); err != nil {
			t.Fatal(err)
		}
		file := onDisk(t, b.Bytes())
		for reader, got := range map[string][]readSheet{"openpyxl": byOpenpyxl(t, file), "SheetJS": bySheetJS(t, file), "LibreOffice": byLibreOffice(t, file)} {
			same(t, reader, got, ours(t, b.Bytes()), true)
			if reader != "SheetJS" && got[1].Lists < 15 {
				t.Errorf("%s: %d drop-downs", reader, got[1].Lists)
			}
		}
	}
}

// Marked workbooks are read by all three: the sender's cells as they were, the comments and colours at their places, also where LibreOffice or openpyxl saved the
// workbook before.
func TestReadersOfMarkedWorkbooks(t *testing.T) {
	src := senders(t, true)
	b := markedFile(t, src, "ar", senderMarks(firstRoster(t, src)))
	file := onDisk(t, b)
	for reader, got := range map[string][]readSheet{"openpyxl": byOpenpyxl(t, file), "SheetJS": bySheetJS(t, file), "LibreOffice": byLibreOffice(t, file)} {
		rows := trimmed(got[0].Rows)
		if len(rows) != 9 || rows[2][6] != "t:حالة الاستيراد" || rows[4][6] != "t:لم يُستورد" || rows[3][1] != "t:منى أحمد علي 4" {
			t.Errorf("%s reads %q", reader, rows)
		}
		if got[0].Filter != "A3:H9" || !slices.Contains(got[0].Formulas, "F4") {
			t.Errorf("%s: filter %q, formulas %v", reader, got[0].Filter, got[0].Formulas)
		}
		if reader == "SheetJS" {
			continue
		}
		if want := []string{"B5", "C5", "D8", "E6"}; !slices.Equal(got[0].Comments, want) {
			t.Errorf("%s: comments at %v, want %v", reader, got[0].Comments, want)
		}
		for _, at := range []string{"B5", "C5", "E6", "G5"} {
			if !slices.Contains(got[0].Filled, at) {
				t.Errorf("%s: %s has no colour", reader, at)
			}
		}
		if slices.Contains(got[0].Filled, "B4") {
			t.Errorf("%s: a cell that is right is coloured", reader)
		}
	}

	// Another program saved it meanwhile: the marks are still known for ours and go.
	dir := t.TempDir()
	cmd := exec.Command("soffice", "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", dir, file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, out)
	}
	saved, err := os.ReadFile(filepath.Join(dir, filepath.Base(file)))
	if err != nil {
		t.Fatal(err)
	}
	roster := firstRoster(t, saved)
	clean := markedFile(t, saved, "ar", sheet.SheetMarks{Roster: roster, Rows: []sheet.RowMark{{Row: 5, Kind: sheet.MarkDone, Status: sheet.DoneWord("ar")}}})
	got := byOpenpyxl(t, onDisk(t, clean))
	if want := []string{"B5", "D8"}; !slices.Equal(got[0].Comments, want) || slices.Contains(got[0].Filled, "E6") || slices.Contains(got[0].Filled, "B5") {
		t.Errorf("after LibreOffice saved it: comments at %v, want %v; coloured %v", got[0].Comments, want, got[0].Filled)
	}
}
