package media

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"

	"muntija/internal/fault"
)

// active are the names in a PDF (ISO 32000-2, 12.6 and 7.11.4) by which opening it would do something, or by which it carries another file.
var active = []string{"JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia", "SubmitForm", "ImportData", "GoToE", "XFA"}

const maxUnpacked = 64 << 20 // bytes of all object streams of one file together

// checkPDF returns nil if the PDF is whole, not encrypted and holds nothing active.
func checkPDF(raw []byte) error {
	if len(raw) < 8 || raw[5] < '1' || raw[5] > '2' || raw[6] != '.' {
		return fault.New(fault.Invalid, "media.damaged")
	}
	// ISO 32000-2, 7.5.5; readers look for the end in the last kilobyte.
	tail := raw[max(0, len(raw)-1024):]
	if !bytes.Contains(tail, []byte("%%EOF")) || !bytes.Contains(tail, []byte("startxref")) {
		return fault.Wrap(errShort, fault.Invalid, "media.damaged")
	}
	names := unescape(raw)
	if hasName(names, "Encrypt") {
		return fault.New(fault.Unsupported, "media.pdf.encrypted")
	}
	if hasActive(names) {
		return fault.New(fault.Unsupported, "media.pdf.active")
	}
	found, err := activeInStreams(raw)
	if err != nil { // what cannot be looked into is not taken
		return fault.Wrap(err, fault.Unsupported, "media.pdf.active")
	}
	if found {
		return fault.New(fault.Unsupported, "media.pdf.active")
	}
	return nil
}

// activeInStreams unpacks the object streams, in which a PDF from version 1.5 keeps most of its objects, and searches them.
func activeInStreams(raw []byte) (bool, error) {
	left := int64(maxUnpacked)
	for from := 0; ; {
		i := bytes.Index(raw[from:], []byte("stream"))
		if i < 0 {
			return false, nil
		}
		start := from + i + len("stream")
		// The stream's dictionary stands between the last object's end and here.
		dict := raw[from : from+i]
		if j := bytes.LastIndex(dict, []byte("obj")); j >= 0 {
			dict = dict[j:]
		}
		dict = unescape(dict)
		from = start
		if !hasName(dict, "ObjStm") {
			continue
		}
		if !hasName(dict, "FlateDecode") && !hasName(dict, "Fl") || hasName(dict, "DecodeParms") {
			if hasName(dict, "Filter") || hasName(dict, "F") {
				return false, fmt.Errorf("an object stream has a filter that is not looked into")
			}
			continue // not packed: the search over the raw file has seen it
		}
		body := bytes.TrimLeft(raw[start:min(start+2, len(raw))], "\r\n")
		z, err := zlib.NewReader(io.MultiReader(bytes.NewReader(body), bytes.NewReader(raw[min(start+2, len(raw)):])))
		if err != nil {
			return false, fmt.Errorf("unpacking an object stream: %w", err)
		}
		text, err := io.ReadAll(io.LimitReader(z, left+1))
		if err != nil {
			return false, fmt.Errorf("unpacking an object stream: %w", err)
		}
		if left -= int64(len(text)); left < 0 {
			return false, fmt.Errorf("object streams unpack to more than %d bytes", maxUnpacked)
		}
		if hasActive(unescape(text)) {
			return true, nil
		}
	}
}

func hasActive(b []byte) bool {
	for _, n := range active {
		if hasName(b, n) {
			return true
		}
	}
	return false
}

// hasName reports whether b holds the PDF name, whole: /Launch but not /LaunchDate.
func hasName(b []byte, name string) bool {
	key := []byte("/" + name)
	for {
		i := bytes.Index(b, key)
		if i < 0 {
			return false
		}
		b = b[i+len(key):]
		if len(b) == 0 || bytes.IndexByte([]byte("\x00\t\n\f\r ()<>[]{}/%"), b[0]) >= 0 {
			return true
		}
	}
}

// unescape reads #xx in names (ISO 32000-2, 7.3.5), so that /J#61vaScript is not missed.
func unescape(b []byte) []byte {
	if bytes.IndexByte(b, '#') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '#' && i+2 < len(b) {
			if hi, lo := hexDigit(b[i+1]), hexDigit(b[i+2]); hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
