package sheet

import (
	"fmt"
	"strconv"
	"unsafe"
)

// texts is the table of shared strings. The strings stand in large blocks that are never written again, and where each stands in pages without a pointer, so that
// reading a table of a million strings allocates a few hundred times, never copies what it has, and leaves the collector nothing to go through.
type texts struct {
	pages  [][]textAt
	n      int
	blocks [][]byte
}

type textAt struct{ block, from, to int32 }

const (
	textPage  = 8 << 10
	textBlock = 256 << 10
)

func (t *texts) add(b []byte) {
	if t.n%textPage == 0 {
		t.pages = append(t.pages, make([]textAt, 0, textPage))
	}
	last := len(t.blocks) - 1
	if last < 0 || len(b) > cap(t.blocks[last])-len(t.blocks[last]) {
		t.blocks = append(t.blocks, make([]byte, 0, max(textBlock, len(b))))
		last++
	}
	block := &t.blocks[last]
	from := len(*block)
	*block = append(*block, b...) // never past its capacity: what was given away does not move
	page := &t.pages[len(t.pages)-1]
	*page = append(*page, textAt{int32(last), int32(from), int32(len(*block))})
	t.n++
}

func (t *texts) at(i int) (string, bool) {
	if i < 0 || i >= t.n {
		return "", false
	}
	x := t.pages[i/textPage][i%textPage]
	return view(t.blocks[x.block][x.from:x.to]), true
}

// view is b as a string without a copy; b must not change afterwards.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// readTexts reads the part with the shared strings.
func readTexts(x *xmlReader) (*texts, error) {
	t := &texts{}
	var b []byte
	for {
		switch x.next() {
		case tokEOF:
			return t, x.fail
		case tokStart:
			if string(x.name) != "si" {
				continue
			}
			b = b[:0]
			if !x.empty {
				raw, ok := x.quick("<t>", "</t></si>")
				if ok {
					t.add(raw)
					continue
				}
				if b, ok = readRich(x, b, "si"); !ok {
					return nil, x.fail
				}
			}
			t.add(b)
		}
	}
}

// readRich appends the text of a string item, the runs of a rich text one after the other and without the readings above East Asian characters
// (rPh), up to the end tag of the given name.
func readRich(x *xmlReader, b []byte, until string) ([]byte, bool) {
	start := len(b)
	escaped := false
	for inText := false; ; {
		switch x.next() {
		case tokEOF:
			if x.fail == nil {
				x.fail = errXML
			}
			return b, false
		case tokStart:
			switch string(x.name) {
			case "t":
				inText = !x.empty
			case "rPh":
				x.skip()
			}
		case tokEnd:
			switch string(x.name) {
			case "t":
				inText = false
			case until:
				if escaped {
					b = append(b[:start], unescape(b[start:])...)
				}
				return b, true
			}
		case tokText:
			if inText {
				b, escaped = x.appendTo(b, escaped)
			}
		}
		if len(b)-start > windowMax {
			x.fail = errTooLarge
			return b, false
		}
	}
}

// appendTo appends the current text, and notes whether there may be escapes in it.
func (x *xmlReader) appendTo(b []byte, escaped bool) ([]byte, bool) {
	n := len(b)
	plain := true
	for i := 0; i < len(x.text); i++ {
		c := x.text[i]
		if c == '&' || c == '\r' {
			plain = false
			break
		}
		if c == '_' {
			escaped = true
		}
	}
	if plain || x.cdata {
		return append(b, x.text...), escaped
	}
	b = appendText(b, x.text)
	if !escaped {
		for _, c := range b[n:] {
			if c == '_' {
				escaped = true
				break
			}
		}
	}
	return b, escaped
}

// styles says of each cell format (xf) what its numbers are.
type styles []look

type look uint8

const (
	lookPlain look = iota
	lookDate
	lookPercent
)

func (s styles) at(i int) look {
	if i < 0 || i >= len(s) {
		return lookPlain
	}
	return s[i]
}

func lookOf(code string) look {
	switch {
	case dateFormat(code):
		return lookDate
	case percentFormat(code):
		return lookPercent
	}
	return lookPlain
}

func builtinLook(id int) look {
	switch {
	case builtinDate(id):
		return lookDate
	case id == 9 || id == 10:
		return lookPercent
	}
	return lookPlain
}

const maxFormats = 1 << 16

func readStyles(x *xmlReader) (styles, error) {
	custom := map[int]look{}
	var out styles
	inCells := false
	for {
		switch x.next() {
		case tokEOF:
			return out, x.fail
		case tokEnd:
			if string(x.name) == "cellXfs" {
				inCells = false
			}
		case tokStart:
			switch string(x.name) {
			case "numFmt":
				if id, err := strconv.Atoi(x.attr("numFmtId")); err == nil && len(custom) < maxFormats {
					custom[id] = lookOf(x.attr("formatCode"))
				}
			case "cellXfs":
				inCells = !x.empty
			case "xf":
				if !inCells {
					continue
				}
				if len(out) == maxFormats {
					return nil, fmt.Errorf("%d cell formats: %w", len(out), errTooLarge)
				}
				id, _ := strconv.Atoi(x.attr("numFmtId")) // none is 0, General
				l, own := custom[id]
				if !own {
					l = builtinLook(id)
				}
				out = append(out, l)
			}
		}
	}
}
