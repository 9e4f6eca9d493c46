package sheet

import (
	"archive/zip"
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"muntija/internal/place"
)

var update = flag.Bool("update", false, "write the fixtures and what they are read as")

// The files of fixtures/import are made here: rosters as offices send them, with made-up people. Run with -update after a change.

type (
	num    string // a number as the file shall write it
	inline string // an inline string
	styled struct {
		value string
		style int // of fixtureXfs
	}
	formula struct{ f, value string }
	failed  string // an error value
)

// The formats of the fixtures.
const (
	fixtureFormats = `<numFmt numFmtId="164" formatCode="dd/mm/yyyy"/><numFmt numFmtId="165" formatCode="[$-2060401]B2dd/mm/yyyy;@"/><numFmt numFmtId="166" formatCode="#,##0.00\ &quot;ج.م.&quot;"/><numFmt numFmtId="167" formatCode="[$-C01]d\ mmmm\ yyyy"/>`
	fixtureXfs     = `<xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/><xf numFmtId="166" applyNumberFormat="1"/><xf numFmtId="167" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/>`
)

type fixtureSheet struct {
	name   string
	state  string
	hidden []int // columns
	merged []string
	rows   [][]any // nil is a row that is not there
}

type fixture struct {
	sheets   []fixtureSheet
	date1904 bool
	party    place.Country
}

// bytes makes the workbook. The same fixture gives the same bytes.
func (f fixture) bytes(t testing.TB) []byte {
	files := parts{formats: fixtureFormats, xfs: fixtureXfs}.files()
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
	var table, list, rels, types strings.Builder
	index := map[string]int{}
	for n, s := range f.sheets {
		var b strings.Builder
		b.WriteString(dcl + `<worksheet ` + ns + `><sheetViews><sheetView rightToLeft="1" workbookViewId="0"/></sheetViews>`)
		if len(s.hidden) > 0 {
			b.WriteString("<cols>")
			for _, c := range s.hidden {
				fmt.Fprintf(&b, `<col min="%d" max="%d" width="9" hidden="1" customWidth="1"/>`, c+1, c+1)
			}
			b.WriteString("</cols>")
		}
		b.WriteString("<sheetData>")
		for i, row := range s.rows {
			if row == nil {
				continue
			}
			fmt.Fprintf(&b, `<row r="%d">`, i+1)
			for col, v := range row {
				ref := fmt.Sprintf(`<c r="%s%d"`, Letter(col), i+1)
				switch v := v.(type) {
				case nil:
				case string:
					k, ok := index[v]
					if !ok {
						k = len(index)
						index[v] = k
						table.WriteString(`<si><t xml:space="preserve">` + escape.Replace(v) + "</t></si>")
					}
					fmt.Fprintf(&b, `%s t="s"><v>%d</v></c>`, ref, k)
				case inline:
					b.WriteString(ref + ` t="inlineStr"><is><t xml:space="preserve">` + escape.Replace(string(v)) + `</t></is></c>`)
				case num:
					b.WriteString(ref + "><v>" + string(v) + "</v></c>")
				case int:
					fmt.Fprintf(&b, "%s><v>%d</v></c>", ref, v)
				case float64:
					fmt.Fprintf(&b, "%s><v>%v</v></c>", ref, v)
				case bool:
					fmt.Fprintf(&b, `%s t="b"><v>%d</v></c>`, ref, map[bool]int{true: 1}[v])
				case styled:
					fmt.Fprintf(&b, `%s s="%d"><v>%s</v></c>`, ref, v.style, v.value)
				case formula:
					fmt.Fprintf(&b, `%s><f>%s</f><v>%s</v></c>`, ref, escape.Replace(v.f), v.value)
				case failed:
					fmt.Fprintf(&b, `%s t="e"><v>%s</v></c>`, ref, v)
				default:
					t.Fatalf("a fixture holds a %T", v)
				}
			}
			b.WriteString("</row>")
		}
		b.WriteString("</sheetData>")
		if len(s.merged) > 0 {
			fmt.Fprintf(&b, `<mergeCells count="%d">`, len(s.merged))
			for _, m := range s.merged {
				b.WriteString(`<mergeCell ref="` + m + `"/>`)
			}
			b.WriteString("</mergeCells>")
		}
		b.WriteString("</worksheet>")
		name := fmt.Sprintf("worksheets/sheet%d.xml", n+1)
		files["xl/"+name] = b.String()
		state := ""
		if s.state != "" {
			state = ` state="` + s.state + `"`
		}
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d"%s r:id="rIdS%d"/>`, escape.Replace(s.name), n+1, state, n+1)
		fmt.Fprintf(&rels, `<Relationship Id="rIdS%d" Type="%sworksheet" Target="%s"/>`, n+1, rel, name)
		fmt.Fprintf(&types, `<Override PartName="/xl/%s" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, name)
	}
	pr := ""
	if f.date1904 {
		pr = ` date1904="1"`
	}
	files["xl/workbook.xml"] = dcl + `<workbook ` + ns + `><workbookPr` + pr + `/><sheets>` + list.String() + `</sheets></workbook>`
	files["xl/_rels/workbook.xml.rels"] = dcl + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + rels.String() + `<Relationship Id="rIdY" Type="` + rel + `styles" Target="styles.xml"/><Relationship Id="rIdT" Type="` + rel + `sharedStrings" Target="sharedStrings.xml"/></Relationships>`
	files["[Content_Types].xml"] = strings.Replace(files["[Content_Types].xml"], `<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, types.String(), 1)
	files["xl/sharedStrings.xml"] = dcl + "<sst " + ns + ">" + table.String() + "</sst>"
	files["xl/styles.xml"] = dcl + `<styleSheet ` + ns + `><numFmts count="4">` + fixtureFormats + `</numFmts><fonts count="1"><font><sz val="11"/><name val="Arial"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
		`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs><cellXfs count="7">` + fixtureXfs + `</cellXfs></styleSheet>`

	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err == nil {
			_, err = w.Write([]byte(files[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// nid is the i-th made-up Egyptian id of women born on 15 March 1990 in Sohag, qid a Qatari one of 1985.
// nid and qid are made-up numbers with the structure of real ones: a woman born on 15 March 1990 in Sohag, a Qatari born in 1985. Those of package demo
// would lead back here.
func nid(i int) string {
	s := fmt.Sprintf("290031526%04d", 2*(2*i)%10_000)
	sum := 0
	for j, w := range [...]int{2, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2} {
		sum += w * int(s[j]-'0')
	}
	return s + strconv.Itoa((11-sum%11)%10)
}
func qid(i int) string { return fmt.Sprintf("285634%05d", i) }

// presentation writes Arabic with the letter forms that a PDF gives when it is copied.
var presentation = strings.NewReplacer("لا", "ﻻ", "م", "ﻣ", "ن", "ﻧ", "ي", "ﻳ", "ه", "ﻫ")

func fixtures() map[string]fixture {
	return map[string]fixture{
		// An association's list as it is printed: titles, a header of two rows with groups, the governorate once for its rows, the header again on the
		// next page, a total, notes, signatures, a hidden column.
		"association": {party: place.Egypt, sheets: []fixtureSheet{{name: "كشف المستفيدات", hidden: []int{12},
			merged: []string{"A1:M1", "A2:M2", "A4:A5", "B4:E4", "F4:H4", "I4:K4", "F7:F9", "L4:L5"},
			rows: [][]any{
				{"جمعية تنمية المجتمع المحلي بأخميم"}, {"كشف بأسماء الأسر المنتجة — محافظة سوهاج — مارس ٢٠٢٦"}, nil,
				{"م", "بيانات المستفيدة", nil, nil, nil, "العنوان", nil, nil, "بيانات المشروع", nil, nil, "ملاحظات", "كود داخلي"},
				{nil, "الاسم", "الرقم القومى", "ت. الميلاد", "موبايل", "المحافظة", "المركز", "القرية/العزبة", "الاسم", "النوع", "القيمة التقديرية", nil, nil},
				{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13},
				{1, "فاطمة محمود علي السيد", nid(1), "١٥/٣/١٩٩٠", "٠١٠٠١٢٣٤٥٦٧", "سوهاج", "مركز أخميم", "الكوثر", "نسيج فاطمة", "نسيج يدوي", "١٢٬٥٠٠ جنيه", "نشطة", 71},
				{2, "عبد الرحمن حسن إبراهيم", nid(2), "15-3-1990", "01112345678 / 01234567890", nil, "مركز أخميم", "السلاموني", nil, "فخار", 9000, nil, 72},
				{3, "هبة الله أحمد سعد", nid(3), styled{"32947", 2}, nil, nil, "مركز جرجا", nil, "كليم هبة", "كليم", 7250.5, nil, 73},
				nil,
				{"م", "الاسم", "الرقم القومى", "ت. الميلاد", "موبايل", "المحافظة", "المركز", "القرية/العزبة", "الاسم", "النوع", "القيمة التقديرية"},
				{4, "منى السيد حسن", nid(4), "5 مارس 1988", "012 3456 7891", "سوهاج", "طما", "أم دومة", "منى للتطريز", "تلي", "خمسة آلاف"},
				nil, nil,
				{"الإجمالي", 4, nil, nil, nil, nil, nil, nil, nil, nil, formula{"SUM(K7:K12)", "28750.5"}},
				nil,
				{nil, "ملاحظة: الأسماء مرتبة حسب تاريخ التقديم"},
				{nil, "مدير الجمعية", nil, nil, "رئيس مجلس الإدارة"},
			}}}},
		// Dates in every way there is, in a workbook of the 1904 system.
		"dates-1904": {party: place.Egypt, date1904: true, sheets: []fixtureSheet{{name: "Sheet1", rows: [][]any{
			{"الاسم", "رقم البطاقة", "تاريخ الميلاد", "تاريخ تقديم الطلب", "تاريخ انتهاء البطاقة"},
			{"أ واحد", nid(11), styled{"31485", 1}, styled{"44619", 5}, styled{"45000.5", 6}},
			{"ب اثنان", nid(12), "١٥\u200f/\u200f٣\u200f/\u200f١٩٩٠", "2026-03-01", "۲۰۳۰/۰۱/۰۱"},
			{"ج ثلاثة", nid(13), "18 شعبان 1410", "12/9/1447هـ", "1 يناير 2030"},
			{"د أربعة", nid(14), "19900315", "01.03.2026", "2030-01-01 00:00:00"},
			{"هـ خمسة", nid(15), 36, "3/2026", 2030},
			{"و ستة", nid(16), 1990, styled{"0.5", 6}, "31/2/2030"},
			{"ز سبعة", nid(17), 31485, "15/3/26", failed("#VALUE!")},
			{"ح ثمانية", nid(18), styled{"31485", 3}, "لا يوجد", "-"},
		}}}},
		// Numbers that programs have mistreated, and texts with what cannot be seen.
		"numbers": {party: place.Egypt, sheets: []fixtureSheet{{name: "ورقة1", rows: [][]any{
			{"الاسم\u200f الأول", "باقى الاسم", "ر. قومي", "م/تليفون", "هاتف آخر", "رقم البطاقة الضريبية", "عدد الأفراد", "النوع", "المحافظه", "المؤهل"},
			{"سعاد", "علي حسن", num(nid(21)), 1001234567, num("1.001234567E9"), 12345678, "٤ أفراد", "انثي", "الاسكندرية", "دبلوم"},
			{presentation.Replace("منى"), "كامل\u00a0سالم", num("2.9003152600449E13"), "+201012345678", "0020 111 234 5678", "123-456-789", 5.0, "أنثى", "قنا", "بكالوريوس تجارة"},
			{"ليلى", "حسن", "2.9E+13", "٠١٢٣٤٥٦٧٨٩٠", "010 1234 5678 - 011 1234 5678", "123456789", "خمسة", "f", "EG-LX", "أمية"},
			{"\u202bهدى\u202c", "م\u200cحمد", " " + nid(24) + ".0", "(+20) 10-1234-5679", "لا يوجد", nil, "3.5", "ث", "الأقصرر", "مؤهل عالي"},
			{"نادية", "فؤاد", num("290031526004491234"), "01512345678", 222334455, nil, 40, "غير معروف", "الدوحة", "اعدادى"},
			{"سميرة", "يوسف", true, styled{"45000", 1}, nil, nil, -1, "ذكر/أنثى", "بلا", "ثانوي"},
			{"إيمان_x000D_", "صبحي", "29003152600\u200e45\u200f9", "'01012345670", nil, nil, "لا يوجد", "امرأة", "سوهاچ", "-"},
		}}}},
		// A Qatari list with headers in two languages.
		"qatar": {party: place.Qatar, sheets: []fixtureSheet{{name: "الأسر", rows: [][]any{
			{"Productive families / الأسر المنتجة"},
			{"Name (الاسم)", "QID", "الجوال", "البلدية", "رقم المنطقة", "الشارع", "رقم المبنى", "Activity", "الحرفة", "رقم الرخصة المنزلية", "تاريخ انتهاء الرخصة", "الحالة الاجتماعية", "قنوات البيع", "التأمين", "مبلغ القرض"},
			{"مريم علي ناصر المسند", qid(1), "00974 5512 3456", "الريان", 52, 341, 17, "بخور ودخون", "عطور وبخور وشموع", "HL-000123", "1/10/2026", "متزوجة", "من المنزل، انستقرام", nil, "10000 ريال"},
			{"نورة سالم الكواري", num(qid(2)), 97433123456, "Doha", "٥", "شارع ٨٤٠", "12أ", "دراعات وعبايات", "ملابس", "HL-000124", styled{"46296", 2}, "أرملة", "معارض / سوق واقف", nil, "500 جنيه"},
			{"شيخة محمد", qid(3), "55123457+", "القاهرة", 51, nil, nil, "حلويات شعبية", "مشغولات خوص", nil, nil, "مطلقة", "home; market", nil, nil},
		}}}},
		// Several sheets: what to do, the families, their members, and a hidden one that nobody should read.
		"sheets": {party: place.Egypt, sheets: []fixtureSheet{
			{name: "تعليمات", rows: [][]any{{"تعليمات ملء الكشف"}, {"1- يكتب الاسم رباعيا كما في البطاقة"}, {"2- يكتب الرقم القومي 14 رقما"}}},
			{name: "الأسر", rows: [][]any{
				{"رقم الملف", "الاسم", "الرقم القومي", "المحافظة", "النشاط", "برامج الحماية", "تكافل", "رقم السجل التجاري", "حالة الاستيراد"},
				{"مثال: 1/2026", "سلوى محمد علي حسن", "29001011234567", "القاهرة", "تطريز", "تأمين صحي", "نعم", "12345", nil},
				{"1/2026", "زينب محمد علي", nid(31), "القاهرة", "كروشيه", "تأمين صحي، معاش تأمينات", "نعم", "س/12345", "تم"},
				{"٢/٢٠٢٦", "أمينة حسن سالم", nid(32), "الجيزة", "صابون", "لا يوجد", "لا", nil, "يحتاج إلى تصحيح"},
				{"3/2026", "خديجة علي", nid(33), "الفيوم", "خوص", "برنامج لا نعرفه", "ربما", "12346", nil},
			}},
			{name: "أفراد الأسر", rows: [][]any{
				{"رقم الملف", "اسم الفرد", "صلة القرابة", "النوع", "تاريخ الميلاد", "يعمل بالمشروع"},
				{"1/2026", "أحمد سعيد", "زوج", "ذكر", styled{"31413", 1}, "نعم"},
				{"1/2026", "ليلى أحمد", "إبنة", "أنثى", "2015", "لا"},
				{nil, "يوسف", "ابن", "ذكر", 9, "✓"},
				{"2/2026", "سعاد", "الوالدة", "انثى", "1/7/1950", nil},
			}},
			{name: "قوائم", state: "hidden", rows: [][]any{{"الاسم", "الرقم القومي", "المحافظة"}, {"لا يُقرأ", nid(39), "القاهرة"}}},
		}},
		// An export of an English program: months first, names that the table does not know, a column without any.
		"export": {party: place.Egypt, sheets: []fixtureSheet{{name: "Export", rows: [][]any{
			{"Full Name", "NID", "Date of Birth", "Mobile No.", "Governorate", "X17", nil, "Husband NID", "Kind of thing made"},
			{"Samia Adel", nid(41), "3/15/1990", "01012345671", "Cairo", "a", "أنثى", nid(51), "weaving"},
			{"Hoda Kamal", nid(42), "3/16/1990", "01012345672", "Giza", "b", "أنثى", nid(52), "soap"},
			{"Nadia Fouad", nid(43), "3/17/1990", "01012345673", "Qena", "c", "أنثى", nid(53), "pottery"},
			{"Amal Sobhy", nid(44), "12/3/1990", "01012345674", "Minya", "d", "أنثى", nid(54), "baskets"},
		}}}},
	}
}

const fixtureDir = "../../fixtures/import"

// The files on disk are those that the generator makes.
func TestFixturesAreGenerated(t *testing.T) {
	for name, f := range fixtures() {
		want := f.bytes(t)
		file := filepath.Join(fixtureDir, name+".xlsx")
		if *update {
			if err := os.MkdirAll(fixtureDir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator makes (%v); run go test ./internal/sheet -run Fixtures -update", file, err)
		}
	}
}
