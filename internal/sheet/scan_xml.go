package sheet

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

var (
	errXML      = errors.New("the XML is broken")
	errDoctype  = errors.New("the XML declares a document type")
	errEncoding = errors.New("the XML is not UTF-8")
)

const (
	windowStart = 256 << 10
	windowMax   = 4 << 20 // the longest tag or text; a cell's text has at most 32,767 characters, 230 KB as references
)

type tokenKind uint8

const (
	tokEOF tokenKind = iota
	tokStart
	tokEnd
	tokText
	tokOther // a comment or a processing instruction, only if the reader is asked for all
)

// xmlReader reads XML as tags and texts, in one pass over a window of the part. It knows what spreadsheets need: elements, attributes, texts,
// character references, CDATA. Comments and processing instructions are passed over. It refuses document types, so that there are no entities to
// expand and nothing outside to fetch.
type xmlReader struct {
	r        io.Reader
	buf      []byte
	pos, end int
	err      error // of r
	fail     error // of the XML or of r, what the last next found
	began    bool

	name  []byte // of the element, without its prefix
	attrs []byte // what stands after the name
	text  []byte // of a text, raw
	cdata bool   // the text stands as it is
	raw   []byte // of the token as it is written, for those who copy
	all   bool   // comments and processing instructions are tokens too
	empty bool   // <x/>
}

func newXML(r io.Reader) *xmlReader { return &xmlReader{r: r, buf: make([]byte, windowStart)} }

// more makes the window hold at least one more byte, keeping all from pos on. It reports false at the end or at an error.
func (x *xmlReader) more() bool {
	if x.err != nil {
		return false
	}
	if x.pos > 0 {
		copy(x.buf, x.buf[x.pos:x.end])
		x.end -= x.pos
		x.pos = 0
	}
	if x.end == len(x.buf) {
		if len(x.buf) >= windowMax {
			x.err = errTooLarge
			return false
		}
		grown := make([]byte, 2*len(x.buf))
		copy(grown, x.buf[:x.end])
		x.buf = grown
	}
	for tries := 0; ; tries++ {
		n, err := x.r.Read(x.buf[x.end:])
		x.end += n
		if err != nil {
			x.err = err
		} else if n == 0 && tries < 100 {
			continue
		} else if n == 0 {
			x.err = io.ErrNoProgress
		}
		return n > 0
	}
}

func (x *xmlReader) stop(err error) tokenKind {
	if x.err != nil && !errors.Is(x.err, io.EOF) {
		err = x.err
	}
	x.fail = err
	return tokEOF
}

// next moves to the next tag or text. Its slices hold until the next call. After tokEOF, fail says whether the end was a good one.
func (x *xmlReader) next() tokenKind {
	if x.fail != nil {
		return tokEOF
	}
	if !x.began {
		x.began = true
		for x.end-x.pos < 3 && x.more() {
		}
		switch head := x.buf[x.pos:x.end]; {
		case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
			x.pos += 3
		case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")), len(head) > 1 && (head[0] == 0 || head[1] == 0):
			return x.stop(errEncoding)
		}
	}
	for {
		if x.pos == x.end && !x.more() {
			return x.stop(nil)
		}
		if x.buf[x.pos] != '<' {
			n := 0
			for {
				if i := bytes.IndexByte(x.buf[x.pos+n:x.end], '<'); i >= 0 {
					n += i
					break
				}
				n = x.end - x.pos
				if !x.more() {
					if !errors.Is(x.err, io.EOF) {
						return x.stop(x.err)
					}
					break
				}
			}
			x.text, x.cdata = x.buf[x.pos:x.pos+n], false
			x.raw = x.text
			x.pos += n
			return tokText
		}
		tag, ok := x.tag()
		if !ok {
			return x.stop(errXML)
		}
		x.raw = tag
		switch tag[1] {
		case '?':
			if bytes.HasPrefix(tag, []byte("<?xml ")) && !utf8Declared(tag) {
				return x.stop(errEncoding)
			}
			if x.all {
				return tokOther
			}
		case '!':
			if !bytes.HasPrefix(tag, []byte("<![CDATA[")) {
				if x.all {
					return tokOther
				}
				continue
			}
			x.text, x.cdata = tag[9:len(tag)-3], true
			return tokText
		case '/':
			name := tag[2 : len(tag)-1]
			for len(name) > 0 && name[len(name)-1] <= ' ' {
				name = name[:len(name)-1]
			}
			x.name = local(name)
			return tokEnd
		default:
			body := tag[1 : len(tag)-1]
			x.empty = body[len(body)-1] == '/'
			if x.empty {
				body = body[:len(body)-1]
			}
			i := 0
			for i < len(body) && body[i] > ' ' {
				i++
			}
			x.name, x.attrs = local(body[:i]), body[i:]
			if len(x.name) == 0 {
				return x.stop(errXML)
			}
			return tokStart
		}
	}
}

// tag takes one piece of markup out of the window, from < to >.
func (x *xmlReader) tag() ([]byte, bool) {
	for x.end-x.pos < 3 {
		if !x.more() {
			return nil, false
		}
	}
	switch x.buf[x.pos+1] {
	case '?':
		return x.until("?>", 2)
	case '!':
		for x.end-x.pos < 9 && x.more() {
		}
		switch head := x.buf[x.pos:x.end]; {
		case bytes.HasPrefix(head, []byte("<!--")):
			return x.until("-->", 4)
		case bytes.HasPrefix(head, []byte("<![CDATA[")):
			return x.until("]]>", 9)
		case len(head) >= 9 && bytes.EqualFold(head[:9], []byte("<!DOCTYPE")):
			x.err = errDoctype
		}
		return nil, false
	}
	n, quote := 1, byte(0)
	for {
		for w := x.buf[x.pos:x.end]; n < len(w); n++ {
			switch c := w[n]; {
			case c > '>':
			case quote != 0:
				if c == quote {
					quote = 0
				} else if c == '<' {
					return nil, false
				}
			case c == '>':
				if n == 1 {
					return nil, false
				}
				x.pos += n + 1
				return w[:n+1], true
			case c == '"' || c == '\'':
				quote = c
			case c == '<':
				return nil, false
			}
		}
		if !x.more() {
			return nil, false
		}
	}
}

func (x *xmlReader) until(end string, from int) ([]byte, bool) {
	for {
		w := x.buf[x.pos:x.end]
		if from < len(w) {
			if i := bytes.Index(w[from:], []byte(end)); i >= 0 {
				n := from + i + len(end)
				x.pos += n
				return w[:n], true
			}
			from = max(from, len(w)-len(end)+1)
		}
		if !x.more() {
			return nil, false
		}
	}
}

// quick takes the rest of a cell that holds only a value, out of the window, without cutting it into tags: "<v>12</v></c>", and
// "<is><t>text</t></is></c>". It takes nothing if the cell is anything else, if the window ends first or if the text needs more than copying.
func (x *xmlReader) quick(before, after string) ([]byte, bool) {
	w := x.buf[x.pos:x.end]
	if len(w) < len(before) || string(w[:len(before)]) != before {
		return nil, false
	}
	w = w[len(before):]
	n := bytes.IndexByte(w, '<')
	if n < 0 || len(w) < n+len(after) || string(w[n:n+len(after)]) != after {
		return nil, false
	}
	for _, c := range w[:n] {
		if c == '&' || c == '_' || c == '\r' {
			return nil, false
		}
	}
	x.pos += len(before) + n + len(after)
	return w[:n], true
}

// restTo takes everything up to and with the given end tag out of the window, as it is written. It takes nothing if what stands before it could hide
// an end tag (a comment, CDATA) or does not fit into the window.
func (x *xmlReader) restTo(end string) ([]byte, bool) {
	for from := 0; ; {
		w := x.buf[x.pos:x.end]
		if i := bytes.Index(w[from:], []byte(end)); i >= 0 {
			w = w[:from+i+len(end)]
			if bytes.Contains(w, []byte("<!")) {
				return nil, false
			}
			x.pos += len(w)
			return w, true
		}
		from = max(0, len(w)-len(end)+1)
		if x.end-x.pos >= windowMax || !x.more() {
			return nil, false
		}
	}
}

// skip passes over the rest of the element whose start tag was the last token.
func (x *xmlReader) skip() {
	if x.empty {
		return
	}
	for depth := 1; depth > 0; {
		switch x.next() {
		case tokStart:
			if !x.empty {
				depth++
			}
		case tokEnd:
			depth--
		case tokEOF:
			if x.fail == nil {
				x.fail = errXML
			}
			return
		}
	}
}

// utf8Declared reports whether an XML declaration names UTF-8, a subset of it, or nothing.
func utf8Declared(tag []byte) bool {
	for b := tag[5:]; ; {
		name, value, rest, ok := nextAttr(b)
		if !ok {
			return true
		}
		if string(name) == "encoding" {
			return bytes.EqualFold(value, []byte("utf-8")) || bytes.EqualFold(value, []byte("utf8")) || bytes.EqualFold(value, []byte("us-ascii"))
		}
		b = rest
	}
}

// local is a name without its namespace prefix: <x:row> is a row.
func local(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// nextAttr takes the first attribute off b. The value is raw.
func nextAttr(b []byte) (name, value, rest []byte, ok bool) {
	i := 0
	for i < len(b) && b[i] <= ' ' {
		i++
	}
	start := i
	for i < len(b) && b[i] != '=' && b[i] > ' ' {
		i++
	}
	name = b[start:i]
	for i < len(b) && b[i] <= ' ' {
		i++
	}
	if i >= len(b) || b[i] != '=' || len(name) == 0 {
		return nil, nil, nil, false
	}
	for i++; i < len(b) && b[i] <= ' '; i++ {
	}
	if i >= len(b) || b[i] != '"' && b[i] != '\'' {
		return nil, nil, nil, false
	}
	j := bytes.IndexByte(b[i+1:], b[i])
	if j < 0 {
		return nil, nil, nil, false
	}
	return name, b[i+1 : i+1+j], b[i+j+2:], true
}

// attr returns the value of an attribute of the element, decoded; "" if there is none. A name matches with any prefix or none.
func (x *xmlReader) attr(want string) string {
	for b := x.attrs; ; {
		name, value, rest, ok := nextAttr(b)
		if !ok {
			return ""
		}
		if string(local(name)) == want {
			return string(appendText(nil, value))
		}
		b = rest
	}
}

// appendText appends a raw text with its character references resolved and its line breaks as "\n". An unknown entity stays as it is written.
func appendText(dst, raw []byte) []byte {
	for {
		i := 0
		for i < len(raw) && raw[i] != '&' && raw[i] != '\r' {
			i++
		}
		dst = append(dst, raw[:i]...)
		if i == len(raw) {
			return dst
		}
		raw = raw[i:]
		if raw[0] == '\r' {
			dst = append(dst, '\n')
			if raw = raw[1:]; len(raw) > 0 && raw[0] == '\n' {
				raw = raw[1:]
			}
			continue
		}
		j := bytes.IndexByte(raw[:min(len(raw), 12)], ';')
		if j < 0 {
			dst, raw = append(dst, '&'), raw[1:]
			continue
		}
		if r, ok := reference(raw[1:j]); ok {
			dst = utf8.AppendRune(dst, r)
		} else {
			dst = append(dst, raw[:j+1]...)
		}
		raw = raw[j+1:]
	}
}

func reference(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	base, digits := 10, string(name[1:])
	if name[1] == 'x' {
		base, digits = 16, string(name[2:])
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || n == 0 || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	return rune(n), true
}

// unescape resolves the _xHHHH_ escapes of Excel's strings (ECMA-376 part 1, 22.9.2.19) in b, in place: _x000D_ is a carriage return, _x005F_ the
// underscore that protects what only looks like an escape. Halves of a pair that stand alone become U+FFFD.
func unescape(b []byte) []byte {
	i := bytes.Index(b, []byte("_x"))
	if i < 0 {
		return b
	}
	out := b[:i]
	for i < len(b) {
		n, ok := escapeAt(b[i:])
		if !ok {
			out = append(out, b[i])
			i++
			continue
		}
		i += 7
		r := rune(n)
		if n >= 0xd800 && n < 0xdc00 {
			if low, ok := escapeAt(b[i:]); ok && low >= 0xdc00 && low < 0xe000 {
				r = 0x10000 + (rune(n)-0xd800)<<10 + rune(low) - 0xdc00
				i += 7
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

func escapeAt(b []byte) (uint16, bool) {
	if len(b) < 7 || b[0] != '_' || b[1] != 'x' || b[6] != '_' {
		return 0, false
	}
	n := uint16(0)
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | uint16(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | uint16(c-'a'+10)
		case c >= 'A' && c <= 'F':
			n = n<<4 | uint16(c-'A'+10)
		default:
			return 0, false
		}
	}
	return n, true
}
