package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/demo"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// rosterRows is how many rows the roster of the benchmark has, of 25 columns each.
var rosterRows = flag.Int("roster", 100_000, "rows of the roster")

// rosterColumns are a field each, with its value in a record.
var rosterColumns = []struct {
	header string
	field  string
	value  func(r *registry.Record) string
}{
	{"رقم الملف لدى الجهة", "case.file_no", func(r *registry.Record) string { return r.Case.FileNo }},
	{"تاريخ تقديم الطلب", "case.application_date", func(r *registry.Record) string { return r.Case.ApplicationDate.String() }},
	{"الجمعية المنفذة", "case.association", func(r *registry.Record) string { return r.Case.Association }},
	{"الاسم الأول", "lead.given_name", func(r *registry.Record) string { return r.Lead.GivenName }},
	{"باقي الاسم", "lead.rest_of_name", func(r *registry.Record) string { return r.Lead.RestOfName }},
	{"الرقم القومي", "lead.id_number", func(r *registry.Record) string { return r.Lead.IDNumber }},
	{"تاريخ انتهاء البطاقة", "lead.id_expiry", func(r *registry.Record) string { return r.Lead.IDExpiry.String() }},
	{"الحالة الاجتماعية", "lead.marital_status", func(r *registry.Record) string { return string(r.Lead.MaritalStatus) }},
	{"المؤهل", "lead.education", func(r *registry.Record) string { return string(r.Lead.Education) }},
	{"الموبايل", "lead.phones.number", func(r *registry.Record) string { return r.Lead.Phones[0].Number }},
	{"عدد أفراد الأسرة", "household.size", func(r *registry.Record) string { return strconv.Itoa(r.Household.Size) }},
	{"عدد المعالين", "household.dependents", func(r *registry.Record) string { return strconv.Itoa(r.Household.Dependents) }},
	{"المحافظة", "address.area", func(r *registry.Record) string {
		if a, ok := place.AreaByCode(r.Address.Area); ok {
			return a.NameAr
		}
		return r.Address.Area
	}},
	{"المركز", "address.district", func(r *registry.Record) string { return r.Address.District }},
	{"القرية", "address.village", func(r *registry.Record) string { return r.Address.Village }},
	{"الشارع", "address.street", func(r *registry.Record) string { return r.Address.Street }},
	{"رقم المبنى", "address.building", func(r *registry.Record) string { return r.Address.Building }},
	{"اسم المشروع", "project.name", func(r *registry.Record) string { return r.Project.Name }},
	{"الحرفة", "project.craft", func(r *registry.Record) string { return r.Project.Craft }},
	{"النشاط", "project.activity", func(r *registry.Record) string { return r.Project.Activity }},
	{"مرحلة المشروع", "project.stage", func(r *registry.Record) string { return string(r.Project.Stage) }},
	{"القيمة التقديرية", "finance.est_value", func(r *registry.Record) string { return strconv.FormatInt(r.Finance.EstValue/100, 10) }},
	{"موافقة الوزارة", "consents[own_ministry].given", func(r *registry.Record) string { return "نعم" }},
	{"تاريخ الموافقة", "consents[own_ministry].date", func(r *registry.Record) string { return r.Case.ApplicationDate.String() }},
	{"طريقة الموافقة", "consents[own_ministry].how", func(r *registry.Record) string { return "signature" }},
}

// writeRoster makes a workbook of families that can be handed in, as a spreadsheet program writes it: texts in a shared table.
func writeRoster(file string, n int) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	z := zip.NewWriter(f)
	put := func(name, body string) {
		if w, e := z.Create(name); e == nil {
			_, e = w.Write([]byte(body))
			err = errors.Join(err, e)
		} else {
			err = errors.Join(err, e)
		}
	}
	const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`
	const ns = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	const rel = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	put("[Content_Types].xml", head+`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`)
	put("_rels/.rels", head+`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="`+rel+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	put("xl/workbook.xml", head+`<workbook `+ns+` xmlns:r="`+rel+`"><sheets><sheet name="الأسر" sheetId="1" r:id="r1"/></sheets></workbook>`)
	put("xl/_rels/workbook.xml.rels", head+`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="`+rel+
		`/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="`+rel+`/sharedStrings" Target="sharedStrings.xml"/></Relationships>`)
	index := map[string]int{}
	var table strings.Builder
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	w, e := z.Create("xl/worksheets/sheet1.xml")
	if e != nil {
		return e
	}
	b := bufio.NewWriterSize(w, 1<<18)
	cell := func(col, row int, s string) {
		if s == "" {
			return
		}
		i, ok := index[s]
		if !ok {
			i = len(index)
			index[s] = i
			table.WriteString("<si><t>" + escape.Replace(s) + "</t></si>")
		}
		fmt.Fprintf(b, `<c r="%s%d" t="s"><v>%d</v></c>`, sheet.Letter(col), row, i)
	}
	b.WriteString(head + `<worksheet ` + ns + `><sheetData><row r="1">`)
	for i, c := range rosterColumns {
		cell(i, 1, c.header)
	}
	b.WriteString("</row>")
	gen := demo.Generator{Seed: 4}
	applied := calendar.Of(time.Now()).AddDays(-30)
	birth, e := calendar.New(1970, 1, 1)
	if e != nil {
		return e
	}
	for r := range n {
		rec := gen.Record(r, place.Egypt, applied)
		rec.Lead.IDNumber = demo.EgyptianNID(birth.AddDays(r/2000), "26", r%2000, true)
		fmt.Fprintf(b, `<row r="%d">`, r+2)
		for i, c := range rosterColumns {
			cell(i, r+2, c.value(&rec))
		}
		b.WriteString("</row>")
	}
	b.WriteString("</sheetData></worksheet>")
	err = errors.Join(err, b.Flush())
	put("xl/sharedStrings.xml", head+"<sst "+ns+">"+table.String()+"</sst>")
	return errors.Join(err, z.Close())
}

// roster returns the file of the benchmark, made once.
func roster(n int) ([]byte, error) {
	file := filepath.Join(*dirFlag, fmt.Sprintf("roster-%d-%s.xlsx", n, time.Now().Format(time.DateOnly)))
	if _, err := os.Stat(file); err != nil {
		if err := os.MkdirAll(*dirFlag, 0o700); err != nil {
			return nil, err
		}
		if err := writeRoster(file, n); err != nil {
			return nil, err
		}
	}
	return os.ReadFile(file)
}

func rosterMapping(body []byte) (sheet.Mapping, []sheet.Roster, *sheet.Book, error) {
	book, err := sheet.Open(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return sheet.Mapping{}, nil, nil, err
	}
	rosters, err := book.FindRosters()
	if err != nil {
		return sheet.Mapping{}, nil, nil, err
	}
	m := sheet.Suggest(rosters)
	m.Sheets[0].Key = "lead.id_number"
	for _, c := range rosterColumns {
		m.Sheets[0].Columns[c.header] = c.field
	}
	return m, rosters, book, nil
}

// benchSheet times the reading of typed rows.
func benchSheet(ctx context.Context) error {
	body, err := roster(*rosterRows)
	if err != nil {
		return err
	}
	best := time.Hour
	for range 5 {
		runtime.GC()
		start := time.Now()
		m, rosters, book, err := rosterMapping(body)
		if err != nil {
			return err
		}
		n := 0
		err = book.Rows(ctx, rosters[0], sheet.Reading{Party: place.Egypt, Mapping: m}, func(r *sheet.Row) error {
			if len(r.Values) < 20 {
				return fmt.Errorf("row %d has %d values", r.N, len(r.Values))
			}
			n++
			return nil
		})
		if err != nil || n != *rosterRows {
			return fmt.Errorf("read %d rows: %w", n, err)
		}
		best = min(best, time.Since(start))
	}
	rate := float64(*rosterRows) / best.Seconds()
	fmt.Printf("sheet: %d typed rows × %d columns of %d MB in %s (%.0f rows/s); target 100,000 rows/s: %s\n\n", *rosterRows, len(rosterColumns), len(body)>>20,
		best.Round(time.Millisecond), rate, verdict(rate >= 100_000))
	return nil
}

// benchImport times a whole import: read, check, match, assess, store, audit.
func benchImport(ctx context.Context) error {
	body, err := roster(*rosterRows)
	if err != nil {
		return err
	}
	m, _, _, err := rosterMapping(body)
	if err != nil {
		return err
	}
	dir := filepath.Join(*dirFlag, "import")
	_ = os.RemoveAll(dir)
	o, err := openOffice(ctx, dir, "")
	if err != nil {
		return err
	}
	defer o.db.Close()
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(116 << 20)) // that of "muntija import"
	debug.FreeOSMemory()                                        // hashing the office's passwords took 64 MB
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	actor := auth.Actor{UserID: o.user[benchEmail], Name: "worker", Role: auth.FieldWorker, Party: place.Egypt, Areas: auth.AllAreas(), Locale: "ar"}
	key := func(s string) service.Write { return service.Write{Key: fmt.Sprint(s, time.Now().UnixNano())} }
	id, err := o.svc.Imports.Stage(ctx, actor, "roster.xlsx", body, key("stage"))
	if err != nil {
		return err
	}
	work := func(what string, want service.ImportState) (time.Duration, *service.ImportView, error) {
		v, err := o.svc.Imports.Import(ctx, actor, id)
		if err != nil {
			return 0, nil, err
		}
		start := time.Now()
		if err := o.svc.Jobs.Work(ctx, v.JobID); err != nil {
			return 0, nil, err
		}
		took := time.Since(start)
		v, err = o.svc.Imports.Import(ctx, actor, id)
		if err == nil && v.State != want {
			err = fmt.Errorf("%s ended as %s (%s)", what, v.State, v.ErrorKey)
		}
		return took, v, err
	}
	if err := o.svc.Imports.Map(ctx, actor, id, m, key("map")); err != nil {
		var f *fault.Error
		if errors.As(err, &f) {
			return fmt.Errorf("%w: %+v", err, f.Problems)
		}
		return err
	}
	runtime.GC()
	dry, _, err := work("the dry run", service.ImportReady)
	if err != nil {
		return err
	}
	if err := o.svc.Imports.Confirm(ctx, actor, id, true, key("confirm")); err != nil {
		return err
	}
	stop, err := profile(*importProfile)
	if err != nil {
		return err
	}
	before := processorTime()
	took, v, err := work("the import", service.ImportDone)
	used := processorTime() - before
	stop()
	if err != nil {
		return err
	}
	fmt.Printf("import: dry run %s; %d rows × %d columns taken in %s (%.0f rows/s; %s of processor time), outcomes %v; peak memory %d MB; target 8 s and 200 MB: %s\n\n", dry.Round(time.Millisecond),
		v.Counts.Rows, len(rosterColumns), took.Round(time.Millisecond), float64(v.Counts.Rows)/took.Seconds(), used.Round(10*time.Millisecond), v.Counts.By, peakMB(os.Getpid()),
		verdict(took <= 8*time.Second && peakMB(os.Getpid()) < 200 && v.Counts.Of(service.RowNew) == int64(*rosterRows)))
	r, err := store.VerifyAudit(ctx, o.db)
	if err != nil || r.Reason != "" {
		return fmt.Errorf("the audit chain after the import: %+v, %w", r, err)
	}
	return nil
}

var importProfile = flag.String("importprofile", "", "file for a profile of the import itself, without the roster's making and the dry run")

// processorTime is what this process has used of the processors: on a machine that others use too it says more than the clock.
func processorTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
