package testkit

import (
	"archive/zip"
	"bytes"
	"fmt"
	"html"
	"strings"
)

// RosterSheet is a worksheet of texts.
type RosterSheet struct {
	Name string
	Rows [][]string // the first is the header; "" is a blank cell
}

// Workbook returns an .xlsx of texts, as an association might send it.
func Workbook(sheets ...RosterSheet) []byte {
	const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`
	const ns = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	const office = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	const packages = `http://schemas.openxmlformats.org/package/2006/`
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	put := func(name, body string) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(head + body))
		}
		if err != nil {
			panic(err) // a buffer takes everything
		}
	}
	var list, rels, types strings.Builder
	for i, s := range sheets {
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d" r:id="r%d"/>`, html.EscapeString(s.Name), i+1, i+1)
		fmt.Fprintf(&rels, `<Relationship Id="r%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, office, i+1)
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, i+1)
		var b strings.Builder
		fmt.Fprintf(&b, `<worksheet %s><sheetData>`, ns)
		for r, row := range s.Rows {
			fmt.Fprintf(&b, `<row r="%d">`, r+1)
			for c, text := range row {
				if text != "" {
					fmt.Fprintf(&b, `<c r="%s%d" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, column(c), r+1, html.EscapeString(text))
				}
			}
			b.WriteString(`</row>`)
		}
		b.WriteString(`</sheetData></worksheet>`)
		put(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), b.String())
	}
	put("[Content_Types].xml", `<Types xmlns="`+packages+`content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`+
		`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>`+
		types.String()+`</Types>`)
	put("_rels/.rels", `<Relationships xmlns="`+packages+`relationships"><Relationship Id="r1" Type="`+office+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	put("xl/workbook.xml", `<workbook `+ns+` xmlns:r="`+office+`"><sheets>`+list.String()+`</sheets></workbook>`)
	put("xl/_rels/workbook.xml.rels", `<Relationships xmlns="`+packages+`relationships">`+rels.String()+`</Relationships>`)
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// column names a column: 0 is A.
func column(n int) string {
	if n < 26 {
		return string(rune('A' + n))
	}
	return column(n/26-1) + column(n%26)
}

// RosterHeader is the header of the rows of [RosterRow].
var RosterHeader = []string{"رقم الملف لدى الجهة", "تاريخ تقديم الطلب", "الاسم الأول", "باقي الاسم (الأب والجد والعائلة)", "الرقم القومي", "رقم الهاتف", "عدد أفراد الأسرة", "المحافظة",
	"المركز", "الحرفة", "النشاط", "مرحلة المشروع", "موافقة الوزارة", "تاريخ الموافقة", "طريقة الموافقة"}

// RosterFields are the fields of the columns of [RosterHeader].
var RosterFields = []string{"case.file_no", "case.application_date", "lead.given_name", "lead.rest_of_name", "lead.id_number", "lead.phones.number", "household.size", "address.area",
	"address.district", "project.craft", "project.activity", "project.stage", "consents[own_ministry].given", "consents[own_ministry].date", "consents[own_ministry].how"}

// RosterRow is the i-th family of [Form] (Egypt) as a row: everything that handing in demands.
func RosterRow(i int) []string {
	f := Form(i, "EG")
	return []string{f.Case.FileNo, "1/3/2026", f.Lead.GivenName, f.Lead.RestOfName, f.Lead.IDNumber, f.Lead.Phones[0].Number, f.Household.Size, "سوهاج", f.Address.District, "منسوجات يدوية",
		f.Project.Activity, "قائم", "نعم", "1/3/2026", "توقيع"}
}
