package sheet

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// The authors of our comments, in all languages: by them the comments of an earlier mark are known. A comment of the sender's on a marked cell is kept and gets a
// run of ours behind it, which begins with ownRun and the author.
var markAuthors = [...]string{"منتجة", "Muntija"}

const ownRun = "◆ "

// markTitles begin our comments, in all languages: LibreOffice drops the authors when it saves a workbook.
var markTitles = [...]string{"ما يلزم تصحيحه\n", "To be corrected\n"}

type place2 struct{ row, col int }

// comments prepares the parts with the comments of a sheet and with their boxes.
func (s *sheetMarker) comments(sheet string) error {
	k := s.marker
	rels, err := k.book.relations(relsOf(sheet))
	if err != nil {
		return err
	}
	if rels == nil {
		rels = map[string]relation{}
	}
	dir, _ := path.Split(sheet)
	var notes, shapes *entry
	vml := false
	for _, rel := range rels {
		switch rel.kind {
		case "table":
			s.tables = true
		case "comments":
			notes = k.book.zip.find(resolve(dir, rel.target))
		case "vmlDrawing":
			vml = true
		}
	}
	legacy := ""
	if vml {
		if legacy, err = k.book.legacyOf(sheet); err != nil {
			return err
		}
		if legacy != "" {
			shapes = k.book.zip.find(resolve(dir, rels[legacy].target))
		}
	}
	if len(s.cells) == 0 && notes == nil {
		return nil
	}
	gone := map[place2]bool{}   // places of our earlier comments
	theirs := map[place2]bool{} // of the sender's
	if notes != nil {
		src, err := k.book.read(notes)
		if err != nil {
			return err
		}
		text, err := patchComments(src, s.cells, k.marks.Say, gone, theirs)
		if err != nil {
			return fmt.Errorf("reading the comments: %w", err)
		}
		k.text(notes.name, text)
	} else {
		name := k.fresh("xl/comments%d.xml")
		text, err := patchComments([]byte(noComments), s.cells, k.marks.Say, gone, theirs)
		if err != nil {
			return err
		}
		k.text(name, text)
		k.types = append(k.types, `<Override PartName="/`+name+`" ContentType="`+contentBase+`spreadsheetml.comments+xml"/>`)
		if err := k.relate(sheet, relation{"comments", "/" + name}, freshID(rels)); err != nil {
			return err
		}
	}
	var boxes []CellMark
	for _, c := range s.cells {
		if !theirs[place2{c.Row, c.Col}] {
			boxes = append(boxes, c)
		}
	}
	k.shapes++
	sheetNo := k.shapes
	if shapes != nil {
		src, err := k.book.read(shapes)
		if err != nil {
			return err
		}
		k.part(shapes.name, func(w io.Writer) error { return patchShapes(w, src, boxes, gone, sheetNo) })
		return nil
	}
	name := k.fresh("xl/drawings/vmlDrawing%d.vml")
	k.part(name, func(w io.Writer) error { return patchShapes(w, []byte(noShapes), boxes, nil, sheetNo) })
	k.vml = true
	s.drawing = freshID(rels)
	return k.relate(sheet, relation{"vmlDrawing", "/" + name}, s.drawing)
}

// legacyOf is the relationship that the <legacyDrawing> of a sheet names, "" if it has none.
func (b *Book) legacyOf(sheet string) (string, error) {
	r, err := b.zip.open(b.zip.find(sheet))
	if err != nil {
		return "", err
	}
	tail, err := afterRows(r)
	if err != nil || tail == nil {
		return "", err
	}
	x := newXML(tail)
	for {
		switch x.next() {
		case tokEOF:
			return "", x.fail
		case tokStart:
			if string(x.name) == "legacyDrawing" {
				return x.relationID(), nil
			}
		}
	}
}

const noComments = xmlHead + `<comments xmlns="` + nsMain + `"><authors></authors><commentList></commentList></comments>`

// patchComments writes a part of comments anew: those of an earlier mark are taken out, the sender's stay, ours are added. It fills gone and theirs.
func patchComments(src []byte, cells []CellMark, say Say, gone, theirs map[place2]bool) (string, error) {
	author := say("sheet.mark.author")
	marks := make(map[place2]*CellMark, len(cells))
	for i := range cells {
		marks[place2{cells[i].Row, cells[i].Col}] = &cells[i]
	}
	x := newXML(bytes.NewReader(src))
	x.all = true
	var out strings.Builder
	prefix, own, authors := "", -1, 0
	ours := map[int]bool{}
	var name strings.Builder
	inAuthor := false
	run := func(prefix, text string, bold bool) {
		out.WriteString("<" + prefix + "r><" + prefix + "rPr>")
		if bold {
			out.WriteString("<" + prefix + "b/>")
		}
		out.WriteString("<" + prefix + `sz val="10"/><` + prefix + `rFont val="Arial"/></` + prefix + "rPr><" + prefix + `t xml:space="preserve">`)
		out.Write(appendEscaped(nil, cleanText(text), true))
		out.WriteString("</" + prefix + "t></" + prefix + "r>")
	}
	for {
		switch x.next() {
		case tokEOF:
			if x.fail == nil && prefix == "" && out.Len() == 0 {
				return "", errXML
			}
			return out.String(), x.fail
		case tokStart:
			switch string(x.name) {
			case "comments":
				prefix = prefixOf(x.raw, "comments")
				out.Write(x.raw)
			case "author":
				name.Reset()
				inAuthor = !x.empty
				out.Write(x.raw)
				if x.empty {
					authors++
				}
			case "authors", "commentList":
				if x.empty { // no author, or no comment yet: open it
					out.WriteString("<" + prefix + string(x.name) + ">")
					s := string(x.name)
					if s == "authors" {
						own = authors
						out.WriteString("<" + prefix + "author>" + author + "</" + prefix + "author>")
					} else {
						newComments(&out, prefix, cells, theirs, own, say, run)
					}
					out.WriteString("</" + prefix + s + ">")
					continue
				}
				out.Write(x.raw)
			case "comment":
				ref := attrOf(x.attrs, "ref")
				col, row, _ := cellRef(ref)
				id, _ := atoi(attrOf(x.attrs, "authorId"))
				at := place2{row, col}
				raw, err := x.element()
				if err != nil {
					return "", err
				}
				if ours[id] || titled(raw) {
					gone[at] = true
					continue
				}
				theirs[at] = true
				raw = withoutOwnRun(raw, prefix)
				m := marks[at]
				if m == nil {
					out.WriteString(raw)
					continue
				}
				end := strings.LastIndex(raw, "</"+prefix+"text>")
				if end < 0 { // <text/>
					out.WriteString(raw)
					continue
				}
				out.WriteString(raw[:end])
				run(prefix, "\n"+ownRun+author+": "+m.Text, false)
				out.WriteString(raw[end:])
			default:
				out.Write(x.raw)
			}
		case tokEnd:
			switch string(x.name) {
			case "author":
				for _, a := range markAuthors {
					if name.String() == a {
						ours[authors] = true
						if a == author {
							own = authors
						}
					}
				}
				authors++
				inAuthor = false
			case "authors":
				if own < 0 {
					own = authors
					out.WriteString("<" + prefix + "author>" + author + "</" + prefix + "author>")
				}
			case "commentList":
				newComments(&out, prefix, cells, theirs, own, say, run)
			}
			out.Write(x.raw)
		default:
			if inAuthor {
				name.Write(appendText(nil, x.text))
			}
			out.Write(x.raw)
		}
	}
}

// newComments writes the comments of cells that have none of the sender's.
func newComments(out *strings.Builder, prefix string, cells []CellMark, theirs map[place2]bool, author int, say Say, run func(string, string, bool)) {
	title := say("sheet.mark.comment") + "\n"
	for _, c := range cells {
		if theirs[place2{c.Row, c.Col}] {
			continue
		}
		out.WriteString("<" + prefix + `comment ref="` + Letter(c.Col) + strconv.Itoa(c.Row) + `" authorId="` + strconv.Itoa(author) + `"><` + prefix + "text>")
		run(prefix, title, true)
		run(prefix, c.Text, false)
		out.WriteString("</" + prefix + "text></" + prefix + "comment>")
	}
}

// titled reports whether the text of a comment begins as ours do.
func titled(raw string) bool {
	x := newXML(strings.NewReader(raw))
	var text []byte
	for {
		switch x.next() {
		case tokEOF:
			for _, t := range markTitles {
				if bytes.HasPrefix(bytes.TrimLeft(text, " \n"), []byte(t)) {
					return true
				}
			}
			return false
		case tokText:
			text = appendText(text, x.text)
		}
	}
}

// element returns the element whose start tag is at hand as it is written.
func (x *xmlReader) element() (string, error) {
	var b strings.Builder
	b.Write(x.raw)
	for depth := 1; !x.empty && depth > 0; {
		switch x.next() {
		case tokEOF:
			return "", cmpErr(x.fail)
		case tokStart:
			if !x.empty {
				depth++
			}
			x.empty = false
		case tokEnd:
			depth--
		}
		b.Write(x.raw)
	}
	return b.String(), nil
}

// withoutOwnRun takes what an earlier mark added out of a comment of the sender's.
func withoutOwnRun(raw, prefix string) string {
	for _, a := range markAuthors {
		i := strings.Index(raw, ownRun+a+":")
		if i < 0 {
			continue
		}
		from := strings.LastIndex(raw[:i], "<"+prefix+"r>")
		end := "</" + prefix + "r>"
		to := strings.Index(raw[i:], end)
		if from >= 0 && to >= 0 {
			raw = raw[:from] + raw[i+to+len(end):]
		}
	}
	return raw
}

// prefixOf is the prefix of a start tag whose local name is known: "x:" of <x:comments …>.
func prefixOf(raw []byte, name string) string {
	if i := bytes.Index(raw, []byte(":"+name)); i > 0 && !bytes.ContainsAny(raw[:i], " \t\r\n") {
		return string(raw[1 : i+1])
	}
	return ""
}

// noShapes is an empty VML part. VML is what comments are drawn with to this day (ECMA-376 part 4, 19).
const noShapes = `<xml ` + shapeNames + `><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>` +
	shapeType + `</xml>`

const shapeNames = `xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel" `

const shapeType = `<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>`

// patchShapes writes a VML part without the boxes of comments that are gone and with those of new ones. The part is cut by its tags as text: what programs
// write there is not always XML.
func patchShapes(w io.Writer, src []byte, cells []CellMark, gone map[place2]bool, sheet int) error {
	end := bytes.LastIndex(src, []byte("</xml>"))
	if end < 0 {
		return fmt.Errorf("the boxes of comments have no end: %w", errXML)
	}
	body := src[:end]
	var b []byte
	for {
		i, j := nextShape(body)
		if j == 0 {
			break
		}
		b = append(b, body[:i]...)
		if shape := body[i:j]; !gone[place2{numberIn(shape, "Row") + 1, numberIn(shape, "Column")}] {
			b = append(b, shape...)
		}
		body = body[j:]
	}
	names := ""
	if root, _, _ := bytes.Cut(src, []byte(">")); !bytes.Contains(root, []byte(`xmlns:v=`)) || !bytes.Contains(root, []byte(`xmlns:o=`)) || !bytes.Contains(root, []byte(`xmlns:x=`)) {
		names = shapeNames // some programs name the namespaces in each element, by prefixes of their own
	}
	b = append(b, body...)
	if !bytes.Contains(b, []byte(`"_x0000_t202"`)) {
		b = append(b, strings.Replace(shapeType, "<v:shapetype ", "<v:shapetype "+names, 1)...)
	}
	for i, c := range cells {
		row, col := c.Row-1, c.Col
		lines := 3 + strings.Count(c.Text, "\n") + len([]rune(c.Text))/34
		b = append(b, `<v:shape `+names+`id="_x0000_s`...)
		b = strconv.AppendInt(b, int64(sheet)<<20+int64(i)+1, 10)
		b = append(b, `" type="#_x0000_t202" style="position:absolute;margin-left:60pt;margin-top:2pt;width:230pt;height:`...)
		b = strconv.AppendInt(b, int64(lines*15), 10)
		b = append(b, `pt;z-index:1;visibility:hidden" fillcolor="#fffbe6" o:insetmode="auto"><v:fill color2="#fffbe6"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>`+
			`<v:textbox style="mso-direction-alt:auto"><div style="text-align:right;direction:rtl"></div></v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>`...)
		for n, v := range [...]int{col + 1, 12, max(row-1, 0), 4, col + 4, 40, max(row-1, 0) + lines, 4} {
			if n > 0 {
				b = append(b, ',', ' ')
			}
			b = strconv.AppendInt(b, int64(v), 10)
		}
		b = append(b, `</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>`...)
		b = strconv.AppendInt(b, int64(row), 10)
		b = append(b, `</x:Row><x:Column>`...)
		b = strconv.AppendInt(b, int64(col), 10)
		b = append(b, `</x:Column></x:ClientData></v:shape>`...)
		if len(b) >= flushAt {
			if _, err := w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	b = append(b, src[end:]...)
	_, err := w.Write(b)
	return err
}

// nextShape returns where the first box begins and ends, whatever the prefix of its namespace; 0, 0 if there is none.
func nextShape(b []byte) (from, to int) {
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("shape"))
		if i < 0 {
			return 0, 0
		}
		i += at
		at = i + len("shape")
		from := bytes.LastIndexByte(b[:i], '<')
		if from < 0 || at == len(b) || !bytes.ContainsRune([]byte(" \t\r\n>"), rune(b[at])) {
			continue
		}
		prefix := b[from+1 : i]
		if len(prefix) > 0 && (prefix[len(prefix)-1] != ':' || bytes.ContainsAny(prefix, " \t\r\n/>\"")) {
			continue
		}
		end := "</" + string(prefix) + "shape>"
		if j := bytes.Index(b[at:], []byte(end)); j >= 0 {
			return from, at + j + len(end)
		}
	}
}

// numberIn is the number in the element of a name, whatever its prefix; -2 if there is none.
func numberIn(b []byte, name string) int {
	i := bytes.Index(b, []byte(":"+name+">"))
	if i < 0 {
		return -2
	}
	rest := b[i+len(name)+2:]
	j := bytes.IndexByte(rest, '<')
	if j < 0 {
		return -2
	}
	if n, ok := atoi(bytes.TrimSpace(rest[:j])); ok {
		return n
	}
	return -2
}
