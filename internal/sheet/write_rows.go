package sheet

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// outColumn is a column ready to be written.
type outColumn struct {
	OutColumn
	open   string // `<c r="AB`
	style  int    // of its own kind of values
	words  [2]string
	tries  int // texts looked up in the table of shared ones
	hits   int
	unlike bool // its texts are too different to be shared
}

// rows writes a sheet of rows, on as many sheets as they need.
func (x *workbookWriter) rows(s *Sheet) error {
	cols := make([]outColumn, len(s.Columns))
	for i, c := range s.Columns {
		o := outColumn{OutColumn: c, open: `<c r="` + Letter(i), style: kindStyles[c.Kind], words: [2]string{x.out.Say("enum.tri.no"), x.out.Say("enum.tri.yes")}}
		if c.Kind == OutBool && c.Choices == nil {
			o.Choices = []string{o.words[1], o.words[0]}
		}
		cols[i] = o
	}
	limit := x.out.RowsPerSheet
	if limit <= 0 || limit > maxRows-1-s.Spare {
		limit = min(rowsPerSheet, maxRows-1-s.Spare)
	}
	total := 0
	var sheet *sheetEntry
	var sum *checksum
	begin := func() (err error) {
		if sheet, err = x.begin(sheetEntry{name: x.unique(s.Name), header: true}); err != nil {
			return err
		}
		sum = newChecksum()
		count := 0
		if s.Count > 0 {
			count = min(s.Count-total, limit)
		}
		x.sheetHead(cols, count)
		header := make([]Value, len(cols))
		for i, c := range cols {
			header[i] = TextValue(c.Title)
		}
		x.row(1, header, cols, rowHeader, sum)
		return nil
	}
	finish := func() error {
		sheet.sum = sum.String()
		x.sheetTail(s, cols, sheet)
		return x.flush()
	}
	if err := begin(); err != nil {
		return err
	}
	err := s.Rows(func(values []Value) error {
		if len(values) > len(cols) {
			return fmt.Errorf("a row of %d values under %d columns", len(values), len(cols))
		}
		if sheet.rows == limit {
			if err := finish(); err != nil {
				return err
			}
			if err := begin(); err != nil {
				return err
			}
		}
		look := rowPlain
		if total < s.Example {
			look = rowExample
		}
		sheet.rows++
		total++
		x.row(sheet.rows+1, values, cols, look, sum)
		if len(x.buf) >= flushAt {
			return x.flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	if s.Count > 0 && total != s.Count {
		return fmt.Errorf("%q has %d rows and not %d: %w", s.Name, total, s.Count, errCount)
	}
	return finish()
}

// rowLook is how the cells of a row look.
type rowLook uint8

const (
	rowPlain rowLook = iota
	rowHeader
	rowExample
)

// row writes a row and adds it to the checksum.
func (x *workbookWriter) row(n int, values []Value, cols []outColumn, look rowLook, sum *checksum) {
	var digits [8]byte
	at := strconv.AppendInt(digits[:0], int64(n), 10)
	b := append(x.buf, `<row r="`...)
	b = append(b, at...)
	if look == rowHeader {
		b = append(b, `" ht="33" customHeight="1">`...)
	} else {
		b = append(b, `">`...)
	}
	for i := range values {
		v := &values[i]
		c := &cols[i]
		text, style := v.s, c.style
		switch v.kind {
		case valueBlank:
			continue
		case valueText:
			if c.Kind != OutID {
				style = styleText
			}
			text = cleanText(text)
		case valueBool:
			text, style = c.words[v.n], styleText
		default:
			if style == styleText || style == styleID {
				style = plainStyles[v.kind]
			}
		}
		isText := v.kind == valueText || v.kind == valueBool
		switch {
		case look == rowHeader && c.Required:
			style = styleRequired
		case look == rowHeader:
			style = styleHeader
		case look == rowExample:
			style = exampleStyles[style]
		case isText && dangerous(text):
			style = styleQuoted
			if c.Kind == OutID {
				style = styleQuotedID
			}
		}
		b = append(b, c.open...)
		b = append(b, at...)
		b = append(b, `" s="`...)
		b = strconv.AppendInt(b, int64(style), 10)
		if !isText {
			b = append(b, `"><v>`...)
			from := len(b)
			b = v.appendNumber(b)
			sum.number(i, b[from:])
			b = append(b, `</v></c>`...)
			continue
		}
		sum.text(i, text)
		if id, ok := x.share(c, text); ok {
			b = append(b, `" t="s"><v>`...)
			b = strconv.AppendInt(b, int64(id), 10)
			b = append(b, `</v></c>`...)
			continue
		}
		if preserved(text) {
			b = append(b, `" t="inlineStr"><is><t xml:space="preserve">`...)
		} else {
			b = append(b, `" t="inlineStr"><is><t>`...)
		}
		b = appendEscaped(b, text, true)
		b = append(b, `</t></is></c>`...)
	}
	x.buf = append(b, `</row>`...)
	sum.row()
}

// share returns the index of a text in the table of shared ones. Texts of a column that hardly ever come again are not looked for there.
func (x *workbookWriter) share(c *outColumn, s string) (int, bool) {
	if c.unlike || len(s) > maxSharedLen {
		return 0, false
	}
	c.tries++
	id, ok := x.shared[s]
	switch {
	case ok:
		c.hits++
	case len(x.texts) == maxShared:
		c.unlike = c.tries > 256 && c.hits*2 < c.tries
		return 0, false
	case c.tries > 64 && c.hits*2 < c.tries:
		c.unlike = true
		return 0, false
	default:
		id = len(x.texts)
		s = strings.Clone(s)
		x.texts = append(x.texts, s)
		x.shared[s] = id
	}
	x.refs++
	return id, true
}

// sheetHead writes what stands before the rows.
func (x *workbookWriter) sheetHead(cols []outColumn, count int) {
	x.add(xmlHead, `<worksheet xmlns="`, nsMain, `" xmlns:r="`, nsRels, `"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>`)
	if count > 0 {
		x.add(`<dimension ref="A1:`, Letter(len(cols)-1), strconv.Itoa(count+1), `"/>`)
	}
	active := ""
	if len(x.sheets) == 1 {
		active = ` tabSelected="1"`
	}
	x.add(`<sheetViews><sheetView`, x.rtl(), active, ` workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>`+
		`<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>`)
	for i := range cols {
		n := strconv.Itoa(i + 1)
		x.add(`<col min="`, n, `" max="`, n, `" width="`, strconv.FormatFloat(cols[i].width(), 'f', 1, 64), `" style="`, strconv.Itoa(cols[i].style), `" customWidth="1"/>`)
	}
	x.add(`</cols><sheetData>`)
}

// width is by what a column holds, and so that its header stands on two lines.
func (c *outColumn) width() float64 {
	if c.Width > 0 {
		return min(c.Width, 255)
	}
	w := [...]float64{OutText: 22, OutID: 18, OutInt: 9, OutMoney: 14, OutDate: 12, OutInstant: 17, OutChoice: 16, OutBool: 9}[c.Kind]
	for _, choice := range c.Choices {
		w = max(w, min(float64(utf8.RuneCountInString(choice))+3, 32))
	}
	title := utf8.RuneCountInString(c.Title)
	for word := range strings.FieldsSeq(c.Title) {
		w = max(w, float64(utf8.RuneCountInString(word))+4)
	}
	return max(w, float64((title+1)/2)+4)
}

// sheetTail writes what stands behind the rows.
func (x *workbookWriter) sheetTail(s *Sheet, cols []outColumn, e *sheetEntry) {
	last := e.rows + 1
	e.filter = "A1:" + Letter(len(cols)-1) + strconv.Itoa(last)
	x.add(`</sheetData><autoFilter ref="`, e.filter, `"/>`)
	x.validations(cols, max(last, 2)+s.Spare)
	x.add(`<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/><pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>` +
		`<headerFooter><oddFooter>&amp;C&amp;P / &amp;N</oddFooter></headerFooter></worksheet>`)
}

// validations writes the drop-downs and the input help down to the last row.
func (x *workbookWriter) validations(cols []outColumn, last int) {
	n := 0
	from := len(x.buf)
	for i := range cols {
		c := &cols[i]
		if len(c.Choices) == 0 && c.Note == "" {
			continue
		}
		n++
		x.add(`<dataValidation`)
		if len(c.Choices) > 0 {
			x.add(` type="list"`)
			if !c.Strict {
				x.add(` errorStyle="warning"`)
			}
		}
		x.add(` allowBlank="1" showInputMessage="1" showErrorMessage="1"`)
		if len(c.Choices) > 0 {
			x.attr("errorTitle", cutUnits(c.Title, maxPromptTitle))
			x.attr("error", cutUnits(x.out.Say("sheet.out.not_in_list"), maxPrompt-30))
		}
		if c.Note != "" {
			x.attr("promptTitle", cutUnits(c.Title, maxPromptTitle))
			x.attr("prompt", cutUnits(c.Note, maxPrompt))
		}
		at := Letter(i)
		x.add(` sqref="`, at, `2:`, at, strconv.Itoa(last), `">`)
		if len(c.Choices) > 0 {
			x.add(`<formula1>`, x.list(c.Choices), `</formula1>`)
		}
		x.add(`</dataValidation>`)
	}
	if n > 0 {
		tail := string(x.buf[from:])
		x.buf = x.buf[:from]
		x.add(`<dataValidations count="`, strconv.Itoa(n), `">`, tail, `</dataValidations>`)
	}
}

func (x *workbookWriter) attr(name, value string) {
	x.add(` `, name, `="`)
	x.buf = appendEscaped(x.buf, value, false)
	x.add(`"`)
}
