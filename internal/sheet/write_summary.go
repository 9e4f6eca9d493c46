package sheet

import (
	"strconv"
	"strings"
)

// Summary is a sheet with a small table of counts and a chart of it.
type Summary struct {
	Name   string // of the sheet
	Title  string // above the table and the chart
	Label  string // header of the first column
	Series []string
	Rows   []SummaryRow
	Chart  ChartKind
}

// SummaryRow is a line of a summary: what is counted, and a number for each series.
type SummaryRow struct {
	Label  string
	Counts []int64
}

// ChartKind is how a summary is drawn. The series of bars and columns are stacked.
type ChartKind uint8

// The kinds.
const (
	ChartBars    ChartKind = iota // lying, for many or long labels
	ChartColumns                  // standing
	ChartRing                     // shares of one whole: only the first series is drawn
)

// chartColors are told apart also by those who do not see red and green alike (Okabe and Ito, 2008, darkened to 3 : 1 on white).
var chartColors = []string{"0F766E", "C2570C", "1D4ED8", "8A1538", "7C6A0A", "6B21A8", "475569", "0B7285"}

// summary writes a summary's sheet, drawing and chart. Totals are formulas, so that they stay right when somebody changes a count.
func (x *workbookWriter) summary(s *Summary) error {
	x.charts++
	chart := strconv.Itoa(x.charts)
	e, err := x.begin(sheetEntry{name: x.unique(s.Name), chart: x.charts})
	if err != nil {
		return err
	}
	name, file := e.name, strconv.Itoa(e.file)
	x.add(xmlHead, `<worksheet xmlns="`, nsMain, `" xmlns:r="`, nsRels, `"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView showGridLines="0"`, x.rtl(),
		` workbookViewId="0"/></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols><col min="1" max="1" width="30" customWidth="1"/><col min="2" max="`, strconv.Itoa(len(s.Series)+3),
		`" width="12" customWidth="1"/></cols><sheetData><row r="1" ht="30" customHeight="1">`)
	x.cell(0, 1, styleTitle, s.Title)
	x.add(`</row><row r="3" ht="33" customHeight="1">`)
	x.cell(0, 3, styleHeader, s.Label)
	total := len(s.Series) > 1
	for i, h := range s.Series {
		x.cell(i+1, 3, styleHeader, h)
	}
	if total {
		x.cell(len(s.Series)+1, 3, styleHeader, x.out.Say("sheet.out.total"))
	}
	x.add(`</row>`)
	first, last := 4, 3+len(s.Rows)
	sums := make([]int64, len(s.Series)+1)
	for i, r := range s.Rows {
		n := first + i
		x.add(`<row r="`, strconv.Itoa(n), `">`)
		x.cell(0, n, styleText, r.Label)
		sum := int64(0)
		for k := range s.Series {
			c := int64(0)
			if k < len(r.Counts) {
				c = r.Counts[k]
			}
			x.number(k+1, n, styleCount, c)
			sum += c
			sums[k] += c
		}
		sums[len(s.Series)] += sum
		if total {
			x.formula(len(s.Series)+1, n, styleCount, "SUM("+Letter(1)+strconv.Itoa(n)+":"+Letter(len(s.Series))+strconv.Itoa(n)+")", sum)
		}
		x.add(`</row>`)
	}
	if len(s.Rows) > 1 {
		n := last + 1
		x.add(`<row r="`, strconv.Itoa(n), `">`)
		x.cell(0, n, styleTotal, x.out.Say("sheet.out.total"))
		columns := len(s.Series)
		if total {
			columns++
		}
		for k := range columns {
			col := Letter(k + 1)
			x.formula(k+1, n, styleTotalCount, "SUM("+col+strconv.Itoa(first)+":"+col+strconv.Itoa(last)+")", sums[k])
		}
		x.add(`</row>`)
	}
	x.add(`</sheetData><pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/><pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>` +
		`<drawing r:id="rId1"/></worksheet>`)
	if err := x.flush(); err != nil {
		return err
	}
	height := 20
	if s.Chart == ChartBars {
		height = max(20, len(s.Rows)+6)
	}
	from := len(s.Series) + 3
	for _, p := range [][2]string{
		{"xl/worksheets/_rels/sheet" + file + ".xml.rels", relsHead + `<Relationship Id="rId1" Type="` + nsRels + `/drawing" Target="../drawings/drawing` + chart + `.xml"/></Relationships>`},
		{"xl/drawings/drawing" + chart + ".xml", drawing(s.Title, from, from+10, height)},
		{"xl/drawings/_rels/drawing" + chart + ".xml.rels", relsHead + `<Relationship Id="rId1" Type="` + nsRels + `/chart" Target="../charts/chart` + chart + `.xml"/></Relationships>`},
		{"xl/charts/chart" + chart + ".xml", x.chart(s, name, first, last)},
	} {
		if err := x.zip.put(p[0], p[1]); err != nil {
			return err
		}
	}
	return nil
}

func (x *workbookWriter) formula(col, row, style int, f string, n int64) {
	x.add(`<c r="`, Letter(col), strconv.Itoa(row), `" s="`, strconv.Itoa(style), `"><f>`, f, `</f><v>`, strconv.FormatInt(n, 10), `</v></c>`)
}

// drawing is the part that places a chart beside its table. Its title is what a screen reader says of it.
func drawing(title string, fromCol, toCol, rows int) string {
	at := func(name string, col, row int) string {
		return `<xdr:` + name + `><xdr:col>` + strconv.Itoa(col) + `</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>` + strconv.Itoa(row) + `</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:` + name + `>`
	}
	text := string(appendEscaped(nil, title, false))
	return xmlHead + `<xdr:wsDr xmlns:xdr="` + nsDrawing + `spreadsheetDrawing" xmlns:a="` + nsDrawing + `main"><xdr:twoCellAnchor>` + at("from", fromCol, 2) + at("to", toCol, 2+rows) +
		`<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="2" name="` + text + `" descr="` + text + `"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>` +
		`<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm><a:graphic><a:graphicData uri="` + nsDrawing + `chart"><c:chart xmlns:c="` + nsDrawing + `chart" xmlns:r="` + nsRels +
		`" r:id="rId1"/></a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>`
}

// chart is the part of a chart. Its numbers point at the cells and are repeated in it, so that it is drawn also where nothing is computed. In a
// right-to-left workbook bars grow from the right and columns begin there.
func (x *workbookWriter) chart(s *Summary, sheet string, first, last int) string {
	var b strings.Builder
	text := func(s string) string { return string(appendEscaped(nil, s, false)) }
	rtl, order, side, across := "0", "minMax", "l", "b"
	if x.out.Lang == "ar" {
		rtl, order, side = "1", "maxMin", "r"
	}
	ref := func(col, from, to int) string {
		l := Letter(col)
		return text(quoteSheet(sheet)) + "!$" + l + "$" + strconv.Itoa(from) + ":$" + l + "$" + strconv.Itoa(to)
	}
	letters := `<a:bodyPr/><a:lstStyle/><a:p><a:pPr rtl="` + rtl + `"><a:defRPr sz="1000"><a:solidFill><a:srgbClr val="374151"/></a:solidFill><a:latin typeface="Arial"/><a:cs typeface="Arial"/></a:defRPr></a:pPr><a:endParaRPr lang="` + x.out.Lang + `"/></a:p>`
	b.WriteString(xmlHead + `<c:chartSpace xmlns:c="` + nsDrawing + `chart" xmlns:a="` + nsDrawing + `main" xmlns:r="` + nsRels + `"><c:roundedCorners val="0"/><c:chart><c:title><c:tx><c:rich><a:bodyPr/><a:lstStyle/><a:p><a:pPr rtl="` + rtl +
		`"><a:defRPr sz="1300" b="1"/></a:pPr><a:r><a:rPr lang="` + x.out.Lang + `" sz="1300" b="1"><a:solidFill><a:srgbClr val="0F4C4A"/></a:solidFill><a:latin typeface="Arial"/><a:cs typeface="Arial"/></a:rPr><a:t>` + text(s.Title) +
		`</a:t></a:r></a:p></c:rich></c:tx><c:overlay val="0"/></c:title><c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>`)
	series := len(s.Series)
	switch s.Chart {
	case ChartRing:
		series = min(series, 1)
		b.WriteString(`<c:doughnutChart><c:varyColors val="1"/>`)
	case ChartColumns:
		b.WriteString(`<c:barChart><c:barDir val="col"/><c:grouping val="stacked"/><c:varyColors val="0"/>`)
	default:
		b.WriteString(`<c:barChart><c:barDir val="bar"/><c:grouping val="stacked"/><c:varyColors val="0"/>`)
	}
	for k := range series {
		n := strconv.Itoa(k)
		b.WriteString(`<c:ser><c:idx val="` + n + `"/><c:order val="` + n + `"/><c:tx><c:strRef><c:f>` + ref(k+1, 3, 3) + `</c:f><c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>` + text(s.Series[k]) + `</c:v></c:pt></c:strCache></c:strRef></c:tx>`)
		if s.Chart == ChartRing {
			for i := range s.Rows {
				b.WriteString(`<c:dPt><c:idx val="` + strconv.Itoa(i) + `"/><c:bubble3D val="0"/>` + filled(i) + `</c:dPt>`)
			}
			b.WriteString(`<c:dLbls><c:spPr><a:noFill/></c:spPr><c:txPr><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="1000" b="1"><a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill></a:defRPr></a:pPr><a:endParaRPr lang="` + x.out.Lang +
				`"/></a:p></c:txPr><c:showLegendKey val="0"/><c:showVal val="0"/><c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="1"/><c:showBubbleSize val="0"/><c:showLeaderLines val="0"/></c:dLbls>`)
		} else {
			b.WriteString(filled(k) + `<c:invertIfNegative val="0"/>`)
		}
		b.WriteString(`<c:cat><c:strRef><c:f>` + ref(0, first, max(last, first)) + `</c:f><c:strCache><c:ptCount val="` + strconv.Itoa(len(s.Rows)) + `"/>`)
		for i, r := range s.Rows {
			b.WriteString(`<c:pt idx="` + strconv.Itoa(i) + `"><c:v>` + text(r.Label) + `</c:v></c:pt>`)
		}
		b.WriteString(`</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:f>` + ref(k+1, first, max(last, first)) + `</c:f><c:numCache><c:formatCode>#,##0</c:formatCode><c:ptCount val="` + strconv.Itoa(len(s.Rows)) + `"/>`)
		for i, r := range s.Rows {
			if k < len(r.Counts) {
				b.WriteString(`<c:pt idx="` + strconv.Itoa(i) + `"><c:v>` + strconv.FormatInt(r.Counts[k], 10) + `</c:v></c:pt>`)
			}
		}
		b.WriteString(`</c:numCache></c:numRef></c:val></c:ser>`)
	}
	if s.Chart == ChartRing {
		b.WriteString(`<c:firstSliceAng val="0"/><c:holeSize val="55"/></c:doughnutChart>`)
	} else {
		b.WriteString(`<c:gapWidth val="40"/><c:overlap val="100"/><c:axId val="111"/><c:axId val="112"/></c:barChart>`)
		catOrder, catAt, valOrder, valAt, crosses, labels := order, across, "minMax", side, "autoZero", "nextTo"
		if s.Chart == ChartBars { // the first label on top; the numbers then stand at the far end, below
			catOrder, catAt, valOrder, valAt, crosses, labels = "maxMin", side, order, across, "max", "low"
		}
		lines := `<c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="9CA3AF"/></a:solidFill></a:ln></c:spPr>`
		b.WriteString(`<c:catAx><c:axId val="111"/><c:scaling><c:orientation val="` + catOrder + `"/></c:scaling><c:delete val="0"/><c:axPos val="` + catAt +
			`"/><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="` + labels + `"/>` + lines + `<c:txPr>` + letters +
			`</c:txPr><c:crossAx val="112"/><c:crosses val="autoZero"/><c:auto val="1"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:noMultiLvlLbl val="1"/></c:catAx>`)
		b.WriteString(`<c:valAx><c:axId val="112"/><c:scaling><c:orientation val="` + valOrder + `"/></c:scaling><c:delete val="0"/><c:axPos val="` + valAt +
			`"/><c:majorGridlines><c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="E5E7EB"/></a:solidFill></a:ln></c:spPr></c:majorGridlines><c:numFmt formatCode="#,##0" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:txPr>` +
			letters + `</c:txPr><c:crossAx val="111"/><c:crosses val="` + crosses + `"/><c:crossBetween val="between"/></c:valAx>`)
	}
	b.WriteString(`</c:plotArea>`)
	if series > 1 || s.Chart == ChartRing {
		b.WriteString(`<c:legend><c:legendPos val="t"/><c:overlay val="0"/><c:txPr>` + letters + `</c:txPr></c:legend>`)
	}
	b.WriteString(`<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart><c:spPr><a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill><a:ln w="6350"><a:solidFill><a:srgbClr val="D1D5DB"/></a:solidFill></a:ln></c:spPr></c:chartSpace>`)
	return b.String()
}

func filled(i int) string {
	return `<c:spPr><a:solidFill><a:srgbClr val="` + chartColors[i%len(chartColors)] + `"/></a:solidFill></c:spPr>`
}
