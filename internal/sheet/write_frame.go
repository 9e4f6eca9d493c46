package sheet

import (
	"strconv"
	"strings"
	"time"
)

// Namespaces and relationship types of the format (ECMA-376 part 1).
const (
	xmlHead     = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	nsMain      = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	nsRels      = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	nsPackage   = "http://schemas.openxmlformats.org/package/2006/"
	nsDrawing   = "http://schemas.openxmlformats.org/drawingml/2006/"
	contentBase = "application/vnd.openxmlformats-officedocument."

	relsHead = xmlHead + `<Relationships xmlns="` + nsPackage + `relationships">`
	relsRoot = relsHead + `<Relationship Id="rId1" Type="` + nsRels + `/officeDocument" Target="xl/workbook.xml"/>` +
		`<Relationship Id="rId2" Type="` + nsPackage + `relationships/metadata/core-properties" Target="docProps/core.xml"/>` +
		`<Relationship Id="rId3" Type="` + nsRels + `/extended-properties" Target="docProps/app.xml"/></Relationships>`
)

// Cell formats: their places in cellXfs of styleSheet.
const (
	styleNone = iota
	styleText
	styleID
	styleInt
	styleMoney
	styleDate
	styleInstant
	styleExampleText // the same six, grey and italic
	styleExampleID
	styleExampleInt
	styleExampleMoney
	styleExampleDate
	styleExampleInstant
	styleQuoted // text that looks like a formula: it stays text also when the cell is edited
	styleQuotedID
	styleHeader
	styleRequired
	styleTitle
	styleLabel
	styleWrapped
	styleInstantStart
	styleLink
	styleCount
	styleTotal
	styleTotalCount
)

var (
	kindStyles    = [...]int{OutText: styleText, OutID: styleID, OutInt: styleInt, OutMoney: styleMoney, OutDate: styleDate, OutInstant: styleInstant, OutChoice: styleText, OutBool: styleText}
	plainStyles   = [...]int{valueBlank: styleText, valueText: styleText, valueInt: styleInt, valueMoney: styleMoney, valueDate: styleDate, valueInstant: styleInstant, valueBool: styleText}
	exampleStyles = [...]int{styleText: styleExampleText, styleID: styleExampleID, styleInt: styleExampleInt, styleMoney: styleExampleMoney, styleDate: styleExampleDate, styleInstant: styleExampleInstant}
)

// Dates read from left to right in both languages, as d/m/y, which is what offices of both countries write.
const (
	formatDate    = 164
	formatInstant = 165
)

// styleSheet is xl/styles.xml: teal headers with white letters, wine-red for required columns, both at a contrast of over 7 : 1.
var styleSheet = func() string {
	var b strings.Builder
	b.WriteString(xmlHead + `<styleSheet xmlns="` + nsMain + `"><numFmts count="2"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/><numFmt numFmtId="165" formatCode="dd/mm/yyyy\ hh:mm"/></numFmts>`)
	font := func(more, size, color string) string {
		return `<font>` + more + `<sz val="` + size + `"/><color ` + color + `/><name val="Arial"/><family val="2"/></font>`
	}
	fonts := []string{font("", "11", `rgb="FF1F2937"`), font("<b/>", "11", `rgb="FFFFFFFF"`), font("<i/>", "11", `rgb="FF6B7280"`), font("<b/>", "16", `rgb="FF0F4C4A"`),
		font("<b/>", "11", `rgb="FF374151"`), font("<u/>", "11", `rgb="FF0B5CAD"`)}
	b.WriteString(`<fonts count="` + strconv.Itoa(len(fonts)) + `">` + strings.Join(fonts, "") + `</fonts>`)
	fill := func(rgb string) string {
		return `<fill><patternFill patternType="solid"><fgColor rgb="` + rgb + `"/><bgColor indexed="64"/></patternFill></fill>`
	}
	b.WriteString(`<fills count="5"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` + fill("FF0F4C4A") + fill("FF8A1538") + fill("FFE8F1F0") + `</fills>`)
	line := func(side, style, rgb string) string {
		return `<` + side + ` style="` + style + `"><color rgb="` + rgb + `"/></` + side + `>`
	}
	b.WriteString(`<borders count="3"><border><left/><right/><top/><bottom/><diagonal/></border><border>` + line("left", "thin", "FFFFFFFF") + line("right", "thin", "FFFFFFFF") +
		`<top/>` + line("bottom", "medium", "FFC9A227") + `<diagonal/></border><border><left/><right/>` + line("top", "thin", "FF0F4C4A") + `<bottom/><diagonal/></border></borders>`)
	b.WriteString(`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>`)
	const (
		start = `<alignment vertical="top"/>`
		ltr   = `<alignment horizontal="center" vertical="top" readingOrder="1"/>`
		num   = `<alignment vertical="top" readingOrder="1"/>`
	)
	xf := func(format, font, fill, border int, more, alignment string) string {
		return `<xf numFmtId="` + strconv.Itoa(format) + `" fontId="` + strconv.Itoa(font) + `" fillId="` + strconv.Itoa(fill) + `" borderId="` + strconv.Itoa(border) +
			`" xfId="0"` + more + ` applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">` + alignment + `</xf>`
	}
	six := func(font int) []string {
		return []string{xf(49, font, 0, 0, "", start), xf(49, font, 0, 0, "", ltr), xf(1, font, 0, 0, "", num), xf(4, font, 0, 0, "", num), xf(formatDate, font, 0, 0, "", ltr), xf(formatInstant, font, 0, 0, "", ltr)}
	}
	xfs := []string{`<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>`}
	xfs = append(append(xfs, six(0)...), six(2)...)
	xfs = append(xfs,
		xf(49, 0, 0, 0, ` quotePrefix="1"`, start),
		xf(49, 0, 0, 0, ` quotePrefix="1"`, ltr),
		xf(49, 1, 2, 1, "", `<alignment horizontal="center" vertical="center" wrapText="1"/>`),
		xf(49, 1, 3, 1, "", `<alignment horizontal="center" vertical="center" wrapText="1"/>`),
		xf(49, 3, 0, 0, "", `<alignment vertical="center"/>`),
		xf(49, 4, 4, 0, "", `<alignment vertical="top" wrapText="1"/>`),
		xf(49, 0, 0, 0, "", `<alignment vertical="top" wrapText="1"/>`),
		xf(formatInstant, 0, 0, 0, "", `<alignment horizontal="center" vertical="top" readingOrder="1"/>`),
		xf(49, 5, 0, 0, "", start),
		xf(3, 0, 0, 0, "", num),
		xf(49, 4, 4, 2, "", start),
		xf(3, 4, 4, 2, "", num),
	)
	b.WriteString(`<cellXfs count="` + strconv.Itoa(len(xfs)) + `">` + strings.Join(xfs, "") + `</cellXfs>`)
	b.WriteString(`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles><dxfs count="0"/></styleSheet>`)
	return b.String()
}()

// frame writes the parts around the sheets: the shared texts, the looks, the workbook, the properties and the types of all parts.
func (x *workbookWriter) frame() error {
	if err := x.sharedTexts(); err != nil {
		return err
	}
	var types, rels, list, names strings.Builder
	types.WriteString(xmlHead + `<Types xmlns="` + nsPackage + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>`)
	override := func(part, kind string) {
		types.WriteString(`<Override PartName="/` + part + `" ContentType="` + kind + `"/>`)
	}
	override("xl/workbook.xml", contentBase+"spreadsheetml.sheet.main+xml")
	rels.WriteString(relsHead)
	for i, s := range x.sheets {
		file := strconv.Itoa(s.file)
		override("xl/worksheets/sheet"+file+".xml", contentBase+"spreadsheetml.worksheet+xml")
		rels.WriteString(`<Relationship Id="rId` + file + `" Type="` + nsRels + `/worksheet" Target="worksheets/sheet` + file + `.xml"/>`)
		hidden := ""
		if s.hidden {
			hidden = ` state="hidden"`
		}
		name := string(appendEscaped(nil, s.name, false))
		quoted := string(appendEscaped(nil, quoteSheet(s.name), false))
		list.WriteString(`<sheet name="` + name + `" sheetId="` + file + `"` + hidden + ` r:id="rId` + file + `"/>`)
		local := ` localSheetId="` + strconv.Itoa(i) + `"`
		if s.filter != "" {
			names.WriteString(`<definedName name="_xlnm._FilterDatabase"` + local + ` hidden="1">` + quoted + "!" + absolute(s.filter) + `</definedName>`)
		}
		if s.header {
			names.WriteString(`<definedName name="_xlnm.Print_Titles"` + local + `>` + quoted + `!$1:$1</definedName>`)
		}
		if s.chart > 0 {
			n := strconv.Itoa(s.chart)
			override("xl/drawings/drawing"+n+".xml", contentBase+"drawing+xml")
			override("xl/charts/chart"+n+".xml", contentBase+"drawingml.chart+xml")
		}
	}
	lists := string(appendEscaped(nil, quoteSheet(x.listName), false))
	for i, l := range x.lists {
		col := Letter(i)
		names.WriteString(`<definedName name="` + l.name + `">` + lists + `!$` + col + `$1:$` + col + `$` + strconv.Itoa(max(len(l.values), 1)) + `</definedName>`)
	}
	next := strconv.Itoa(len(x.sheets) + 1)
	rels.WriteString(`<Relationship Id="rId` + next + `" Type="` + nsRels + `/styles" Target="styles.xml"/>`)
	override("xl/styles.xml", contentBase+"spreadsheetml.styles+xml")
	if x.refs > 0 {
		rels.WriteString(`<Relationship Id="rId` + strconv.Itoa(len(x.sheets)+2) + `" Type="` + nsRels + `/sharedStrings" Target="sharedStrings.xml"/>`)
		override("xl/sharedStrings.xml", contentBase+"spreadsheetml.sharedStrings+xml")
	}
	rels.WriteString(`</Relationships>`)
	override("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml")
	override("docProps/app.xml", contentBase+"extended-properties+xml")
	types.WriteString(`</Types>`)

	workbook := xmlHead + `<workbook xmlns="` + nsMain + `" xmlns:r="` + nsRels + `"><workbookPr/><bookViews><workbookView xWindow="0" yWindow="0" windowWidth="24000" windowHeight="12000"/></bookViews><sheets>` +
		list.String() + `</sheets>`
	if names.Len() > 0 {
		workbook += `<definedNames>` + names.String() + `</definedNames>`
	}
	workbook += `</workbook>`
	at := x.out.At.UTC().Format(time.RFC3339)
	core := xmlHead + `<cp:coreProperties xmlns:cp="` + nsPackage + `metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>` +
		string(appendEscaped(nil, x.out.Title, false)) + `</dc:title><dc:creator>` + string(appendEscaped(nil, x.out.Author, false)) +
		`</dc:creator><dcterms:created xsi:type="dcterms:W3CDTF">` + at + `</dcterms:created><dc:language>` + x.out.Lang + `</dc:language></cp:coreProperties>`
	app := xmlHead + `<Properties xmlns="` + nsRels[:strings.LastIndexByte(nsRels, '/')] + `/extended-properties"><Application>Muntija</Application></Properties>`
	for _, p := range [][2]string{{"xl/styles.xml", styleSheet}, {"xl/workbook.xml", workbook}, {"xl/_rels/workbook.xml.rels", rels.String()},
		{"docProps/core.xml", core}, {"docProps/app.xml", app}, {"[Content_Types].xml", types.String()}} {
		if err := x.zip.put(p[0], p[1]); err != nil {
			return err
		}
	}
	return x.zip.close()
}

// sharedTexts writes the table of the texts that many cells hold.
func (x *workbookWriter) sharedTexts() error {
	if x.refs == 0 {
		return nil
	}
	w, err := x.zip.create("xl/sharedStrings.xml")
	if err != nil {
		return err
	}
	x.w, x.buf = w, x.buf[:0]
	x.add(xmlHead, `<sst xmlns="`, nsMain, `" count="`, strconv.Itoa(x.refs), `" uniqueCount="`, strconv.Itoa(len(x.texts)), `">`)
	for _, s := range x.texts {
		if preserved(s) {
			x.add(`<si><t xml:space="preserve">`)
		} else {
			x.add(`<si><t>`)
		}
		x.buf = appendEscaped(x.buf, s, true)
		x.add(`</t></si>`)
		if len(x.buf) >= flushAt {
			if err := x.flush(); err != nil {
				return err
			}
		}
	}
	x.add(`</sst>`)
	return x.flush()
}

// absolute writes A1:Y20 as $A$1:$Y$20.
func absolute(ref string) string {
	var b strings.Builder
	for i := range len(ref) {
		letter := ref[i] >= 'A' && ref[i] <= 'Z'
		if i == 0 || ref[i-1] == ':' || !letter && ref[i] != ':' && ref[i-1] >= 'A' && ref[i-1] <= 'Z' {
			b.WriteByte('$')
		}
		b.WriteByte(ref[i])
	}
	return b.String()
}
