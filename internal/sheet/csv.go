package sheet

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// CSV writes the rows of a sheet as comma-separated text (RFC 4180) in UTF-8 with a byte order mark, by which Excel knows it.
//
// A text that a spreadsheet would take for a formula gets an apostrophe in front, which reading takes off again. Dates are YYYY-MM-DD, numbers plain.
func CSV(w io.Writer, s Sheet, say Say) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var b []byte
	cell := func(i int, text string) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendCSV(b, text)
	}
	b = append(b, "\ufeff"...)
	for i, c := range s.Columns {
		cell(i, c.Title)
	}
	b = append(b, "\r\n"...)
	words := [2]string{say("enum.tri.no"), say("enum.tri.yes")}
	n := 0
	err := s.Rows(func(values []Value) error {
		for i := range s.Columns {
			if i > 0 {
				b = append(b, ',')
			}
			if i >= len(values) {
				continue
			}
			switch v := &values[i]; v.kind {
			case valueBlank:
			case valueText:
				b = appendCSV(b, v.s)
			case valueBool:
				b = appendCSV(b, words[v.n])
			case valueDate:
				b = append(b, epoch1900.AddDays(int(v.n)).String()...)
			case valueInstant:
				b = append(b, epoch1900.AddDays(int(v.n/86400)).String()...)
				seconds := v.n % 86400
				b = append(b, ' ', byte('0'+seconds/36000), byte('0'+seconds/3600%10), ':', byte('0'+seconds/600%6), byte('0'+seconds/60%10))
			case valueInt:
				b = strconv.AppendInt(b, v.n, 10)
			default:
				b = v.appendNumber(b)
			}
		}
		b = append(b, "\r\n"...)
		n++
		if len(b) < flushAt {
			return nil
		}
		_, err := out.Write(b)
		b = b[:0]
		return err
	})
	if err != nil {
		return err
	}
	if s.Count > 0 && n != s.Count {
		return errCount
	}
	if _, err := out.Write(b); err != nil {
		return err
	}
	return out.Flush()
}

// appendCSV writes a field, in quotes if it needs them.
func appendCSV(b []byte, s string) []byte {
	guarded := dangerous(s) || s != "" && s[0] == '\'' && dangerous(strings.TrimLeft(s, "'"))
	quoted := guarded
	for i := 0; i < len(s) && !quoted; i++ {
		quoted = s[i] == '"' || s[i] == ',' || s[i] == ';' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t'
	}
	if s != "" && (s[0] == ' ' || s[len(s)-1] == ' ') {
		quoted = true
	}
	if !quoted {
		return append(b, s...)
	}
	b = append(b, '"')
	if guarded {
		b = append(b, '\'')
	}
	for i := range len(s) {
		if s[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}
