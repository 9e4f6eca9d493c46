package sheet

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The colours of marks. They are not Excel's own for "bad" and "neutral", so that nobody else's colour is taken for a mark.
var markColors = map[MarkKind]string{MarkProblem: "FFFFC9CB", MarkWarning: "FFFFE8A3", MarkDone: "FFD3F0DC"}

// stylePatch adds cell formats to a workbook's styles. A marked format is the cell's own with another fill; what colour the cell had before stands in the background
// colour of that fill, which a solid one does not show, so that it comes back when the mark is taken away.
type stylePatch struct {
	src    []byte
	prefix string
	fills  []string // as they are written
	xfs    []string
	fillOf []int
	count  struct{ fills, xfs int } // of the file

	any   bool // there are marks of an earlier time
	lost  bool // LibreOffice saved the workbook since: it writes a colour of its own behind each fill
	memo  map[[2]int]int
	byRGB map[string]int
}

const noStyles = xmlHead + `<styleSheet xmlns="` + nsMain + `"><fonts count="1"><font><sz val="11"/><name val="Arial"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>`

// loadStyles reads the part with the styles, which is written last: only then is known what it needs.
func (k *marker) loadStyles() error {
	name, src := "", []byte(noStyles)
	if e := k.book.styled; e != nil {
		var err error
		name = e.name
		if src, err = k.book.read(e); err != nil {
			return err
		}
	}
	var err error
	if k.styles, err = parseStyles(src); err != nil {
		return fmt.Errorf("reading the styles: %w", err)
	}
	if e := k.book.zip.find("docProps/app.xml"); e != nil {
		app, err := k.book.read(e)
		if err != nil {
			return err
		}
		k.styles.lost = bytes.Contains(app, []byte("LibreOffice"))
	}
	if name == "" {
		name = k.fresh("xl/styles%d.xml")
		if err := k.relate(k.book.main, relation{"styles", "/" + name}, "rIdMuntijaStyles"); err != nil {
			return err
		}
		k.types = append(k.types, `<Override PartName="/`+name+`" ContentType="`+contentBase+`spreadsheetml.styles+xml"/>`)
	}
	k.parts[strings.ToLower(name)] = k.styles.write
	k.late = append(k.late, name)
	return nil
}

// parseStyles reads the fills and the cell formats as they are written.
func parseStyles(src []byte) (*stylePatch, error) {
	p := &stylePatch{src: src, memo: map[[2]int]int{}, byRGB: map[string]int{}}
	x := newXML(bytes.NewReader(src))
	var path []string
	var cur strings.Builder
	inside := "" // fill or xf that is being read
	for {
		switch x.next() {
		case tokEOF:
			if x.fail == nil && len(p.xfs) == 0 {
				return nil, errXML
			}
			p.count.fills, p.count.xfs = len(p.fills), len(p.xfs)
			for i := range p.xfs {
				p.any = p.any || p.isMark(i)
			}
			return p, x.fail
		case tokStart:
			name := string(x.name)
			if len(path) == 0 {
				p.prefix = prefixOf(x.raw, "styleSheet")
			}
			if inside == "" && len(path) == 2 && (path[1] == "fills" && name == "fill" || path[1] == "cellXfs" && name == "xf") {
				inside = name
				cur.Reset()
				if name == "xf" {
					fill, _ := atoi(attrOf(x.attrs, "fillId"))
					p.fillOf = append(p.fillOf, fill)
				}
			}
			if inside != "" {
				cur.Write(x.raw)
			}
			if !x.empty {
				path = append(path, name)
			} else if inside != "" && len(path) == 2 {
				p.keep(inside, cur.String())
				inside = ""
			}
			if len(p.xfs) > maxFormats || len(p.fills) > maxFormats {
				return nil, errTooLarge
			}
		case tokEnd:
			if len(path) == 0 {
				return nil, errXML
			}
			path = path[:len(path)-1]
			if inside != "" {
				cur.Write(x.raw)
				if len(path) == 2 {
					p.keep(inside, cur.String())
					inside = ""
				}
			}
		case tokText:
			if inside != "" {
				cur.Write(x.raw)
			}
		}
	}
}

func (p *stylePatch) keep(kind, raw string) {
	if kind == "xf" {
		p.xfs = append(p.xfs, raw)
	} else {
		p.fills = append(p.fills, raw)
	}
}

// colors are the attributes of a solid fill's two colours; "" for another fill.
func fillColors(raw string) (fg, bg string) {
	x := newXML(strings.NewReader(raw))
	solid := false
	for {
		switch x.next() {
		case tokEOF:
			return fg, bg
		case tokStart:
			switch string(x.name) {
			case "patternFill":
				solid = x.attr("patternType") == "solid"
			case "fgColor":
				if solid {
					fg = strings.TrimSpace(string(x.attrs))
				}
			case "bgColor":
				if solid {
					bg = strings.TrimSpace(string(x.attrs))
				}
			}
		}
	}
}

func (p *stylePatch) fillRaw(xf int) string {
	if xf < 0 || xf >= len(p.fillOf) || p.fillOf[xf] < 0 || p.fillOf[xf] >= len(p.fills) {
		return ""
	}
	return p.fills[p.fillOf[xf]]
}

// isMark reports whether a cell format has the colour of a mark.
func (p *stylePatch) isMark(xf int) bool {
	fg, _ := fillColors(p.fillRaw(xf))
	for _, rgb := range markColors {
		if strings.Contains(strings.ToUpper(fg), rgb) {
			return true
		}
	}
	return false
}

// fill returns the number of a solid fill.
func (p *stylePatch) fill(fg, bg string) int {
	key := fg + "|" + bg
	if n, ok := p.byRGB[key]; ok {
		return n
	}
	n := len(p.fills)
	p.fills = append(p.fills, "<"+p.prefix+`fill><`+p.prefix+`patternFill patternType="solid"><`+p.prefix+`fgColor `+fg+`/><`+p.prefix+`bgColor `+bg+`/></`+p.prefix+`patternFill></`+p.prefix+`fill>`)
	p.byRGB[key] = n
	return n
}

// derive returns a format that is another one with a different fill.
func (p *stylePatch) derive(xf, fill, memo int) int {
	key := [2]int{xf, memo}
	if n, ok := p.memo[key]; ok {
		return n
	}
	x := newXML(strings.NewReader(p.xfs[xf]))
	x.next()
	var b strings.Builder
	b.WriteString("<" + p.prefix + "xf")
	for a := x.attrs; ; {
		name, value, rest, ok := nextAttr(a)
		if !ok {
			break
		}
		a = rest
		if n := string(name); n != "fillId" && n != "applyFill" {
			b.WriteString(" " + n + `="` + string(value) + `"`)
		}
	}
	b.WriteString(` fillId="` + strconv.Itoa(fill) + `" applyFill="1"`)
	if x.empty {
		b.WriteString("/>")
	} else {
		b.WriteString(">" + strings.TrimPrefix(p.xfs[xf], string(x.raw)))
	}
	n := len(p.xfs)
	p.xfs, p.fillOf = append(p.xfs, b.String()), append(p.fillOf, fill)
	p.memo[key] = n
	return n
}

// marked returns a cell format in the colour of a mark.
func (p *stylePatch) marked(xf int, kind MarkKind) int {
	if xf < 0 || xf >= len(p.xfs) {
		xf = 0
	}
	if n, ok := p.memo[[2]int{xf, int(kind) + 1}]; ok {
		return n
	}
	fg, bg := fillColors(p.fillRaw(xf))
	if p.isMark(xf) && p.lost {
		bg = `indexed="64"`
	} else if !p.isMark(xf) {
		if bg = fg; bg == "" {
			bg = `indexed="64"`
		}
	}
	return p.derive(xf, p.fill(`rgb="`+markColors[kind]+`"`, bg), int(kind)+1)
}

// plain returns the format that a marked one was before.
func (p *stylePatch) plain(xf int) int {
	if n, ok := p.memo[[2]int{xf, -1}]; ok {
		return n
	}
	_, bg := fillColors(p.fillRaw(xf))
	fill := 0
	if bg != "" && !p.lost && !strings.Contains(bg, `indexed="64"`) {
		fill = p.fill(bg, `indexed="64"`)
	}
	return p.derive(xf, fill, -1)
}

// status and note are the formats of the two columns.
func (p *stylePatch) status(kind MarkKind) int {
	return p.own(10+int(kind), p.fill(`rgb="`+markColors[kind]+`"`, `indexed="64"`), `<`+p.prefix+`alignment vertical="top"/>`)
}

func (p *stylePatch) note() int {
	return p.own(20, 0, `<`+p.prefix+`alignment vertical="top" wrapText="1"/>`)
}

func (p *stylePatch) own(memo, fill int, alignment string) int {
	key := [2]int{-1, memo}
	if n, ok := p.memo[key]; ok {
		return n
	}
	n := len(p.xfs)
	p.xfs = append(p.xfs, fmt.Sprintf(`<%sxf numFmtId="0" fontId="0" fillId="%d" borderId="0" xfId="0" applyFill="1" applyAlignment="1">%s</%sxf>`, p.prefix, fill, alignment, p.prefix))
	p.fillOf = append(p.fillOf, fill)
	p.memo[key] = n
	return n
}

// write writes the part with what was added to it.
func (p *stylePatch) write(w io.Writer) error {
	x := newXML(bytes.NewReader(p.src))
	x.all = true
	var out bytes.Buffer
	depth := 0
	for {
		switch x.next() {
		case tokEOF:
			if x.fail != nil {
				return x.fail
			}
			_, err := w.Write(out.Bytes())
			return err
		case tokStart:
			raw := x.raw
			if depth == 1 {
				switch string(x.name) {
				case "fills":
					raw = withAttr(x, "count", strconv.Itoa(len(p.fills)))
				case "cellXfs":
					raw = withAttr(x, "count", strconv.Itoa(len(p.xfs)))
				}
			}
			out.Write(raw)
			if !x.empty {
				depth++
			}
		case tokEnd:
			depth--
			if depth == 1 {
				switch string(x.name) {
				case "fills":
					out.WriteString(strings.Join(p.fills[p.count.fills:], ""))
				case "cellXfs":
					out.WriteString(strings.Join(p.xfs[p.count.xfs:], ""))
				}
			}
			out.Write(x.raw)
		default:
			out.Write(x.raw)
		}
	}
}

// withAttr is the start tag at hand with another value of an attribute, or with one more.
func withAttr(x *xmlReader, name, value string) []byte {
	s := sheetMarker{x: x}
	s.setAttr(name, value)
	return s.buf
}
