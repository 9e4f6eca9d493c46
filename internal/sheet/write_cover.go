package sheet

import (
	"slices"
	"strconv"
	"strings"
)

// listSheet writes the hidden sheet of code lists, a column each.
func (x *workbookWriter) listSheet() error {
	x.listName = x.unique(x.out.Say("sheet.out.lists"))
	if _, err := x.begin(sheetEntry{name: x.listName, hidden: true}); err != nil {
		return err
	}
	x.add(xmlHead, `<worksheet xmlns="`, nsMain, `"><sheetViews><sheetView`, x.rtl(), ` workbookViewId="0"/></sheetViews><sheetData>`)
	longest := 0
	for _, l := range x.lists {
		longest = max(longest, len(l.values))
	}
	for r := range longest {
		x.add(`<row r="`, strconv.Itoa(r+1), `">`)
		for c, l := range x.lists {
			if r < len(l.values) {
				x.cell(c, r+1, styleText, l.values[r])
			}
		}
		x.add(`</row>`)
	}
	x.add(`</sheetData></worksheet>`)
	return x.flush()
}

// cell writes a text cell.
func (x *workbookWriter) cell(col, row, style int, text string) {
	x.add(`<c r="`, Letter(col), strconv.Itoa(row), `" s="`, strconv.Itoa(style), `"`)
	if text == "" {
		x.add(`/>`)
		return
	}
	x.add(` t="inlineStr"><is><t xml:space="preserve">`)
	x.buf = appendEscaped(x.buf, cleanText(text), true)
	x.add(`</t></is></c>`)
}

func (x *workbookWriter) number(col, row, style int, n int64) {
	x.add(`<c r="`, Letter(col), strconv.Itoa(row), `" s="`, strconv.Itoa(style), `"><v>`, strconv.FormatInt(n, 10), `</v></c>`)
}

// cover writes the first sheet: what this is, when and by whom, and what each sheet of rows holds.
func (x *workbookWriter) cover() error {
	say := x.out.Say
	w, err := x.zip.create("xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	x.w, x.buf = w, x.buf[:0]
	x.add(xmlHead, `<worksheet xmlns="`, nsMain, `" xmlns:r="`, nsRels, `"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView showGridLines="0"`, x.rtl(),
		` tabSelected="1" workbookViewId="0"/></sheetViews><sheetFormatPr defaultRowHeight="18"/><cols><col min="1" max="1" width="26" customWidth="1"/>`+
			`<col min="2" max="2" width="48" customWidth="1"/><col min="3" max="3" width="68" customWidth="1"/></cols><sheetData>`)
	n := 1
	open := func(height string) {
		x.add(`<row r="`, strconv.Itoa(n), `"`, height, `>`)
	}
	open(` ht="33" customHeight="1"`)
	x.cell(0, n, styleTitle, x.out.Title)
	x.add(`</row>`)
	n += 2
	lines := slices.Concat(x.out.Cover, []Line{{say("sheet.out.by"), x.out.Author}})
	for _, l := range lines {
		if l.Text == "" {
			continue
		}
		open("")
		x.cell(0, n, styleLabel, l.Name)
		x.cell(1, n, styleWrapped, l.Text)
		x.add(`</row>`)
		n++
	}
	if x.out.Plain {
		x.add(`</sheetData>` + coverEnd)
		return x.flush()
	}
	open("")
	x.cell(0, n, styleLabel, say("sheet.out.at"))
	at := InstantValue(x.out.At)
	if at.kind == valueInstant {
		x.add(`<c r="B`, strconv.Itoa(n), `" s="`, strconv.Itoa(styleInstantStart), `"><v>`)
		x.buf = at.appendNumber(x.buf)
		x.add(`</v></c>`)
	}
	x.add(`</row>`)
	n += 2
	open("")
	for i, h := range []string{say("sheet.out.sheet"), say("sheet.out.rows"), say("sheet.out.checksum")} {
		x.cell(i, n, styleHeader, h)
	}
	x.add(`</row>`)
	n++
	var links strings.Builder
	total, listed := int64(0), 0
	for _, e := range x.sheets {
		if e.sum == "" {
			continue
		}
		open("")
		x.cell(0, n, styleLink, e.name)
		x.number(1, n, styleCount, int64(e.rows))
		x.cell(2, n, styleID, e.sum)
		x.add(`</row>`)
		links.WriteString(`<hyperlink ref="A` + strconv.Itoa(n) + `" location="` + string(appendEscaped(nil, quoteSheet(e.name)+"!A1", false)) + `"/>`)
		total += int64(e.rows)
		listed++
		n++
	}
	if listed > 1 {
		open("")
		x.cell(0, n, styleTotal, say("sheet.out.total"))
		x.number(1, n, styleTotalCount, total)
		x.add(`</row>`)
	}
	x.add(`</sheetData>`)
	if listed > 0 {
		x.add(`<hyperlinks>`, links.String(), `</hyperlinks>`)
	}
	x.add(coverEnd)
	return x.flush()
}

const coverEnd = `<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/><pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>`

// quoteSheet is a sheet's name in a reference.
func quoteSheet(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }
