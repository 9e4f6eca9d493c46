package sheet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strconv"
)

// checksum is the SHA-256 of the values of a sheet, its header included: for each cell with a value the number of its column (0 is A), "t" and the
// text or "n" and the number with at most 6 decimals, each ended by U+001F; U+001E at the end of each row.
type checksum struct {
	h   hash.Hash
	buf []byte
}

func newChecksum() *checksum { return &checksum{h: sha256.New()} }

func (s *checksum) text(col int, text string) {
	s.buf = strconv.AppendInt(s.buf, int64(col), 10)
	s.buf = append(s.buf, 't')
	s.buf = append(s.buf, text...)
	s.buf = append(s.buf, 0x1f)
}

// number adds a number as the file writes it.
func (s *checksum) number(col int, digits []byte) {
	s.buf = strconv.AppendInt(s.buf, int64(col), 10)
	s.buf = append(s.buf, 'n')
	if len(digits) < 7 || !slices.Contains(digits, '.') {
		s.buf = append(s.buf, digits...)
	} else if f, err := strconv.ParseFloat(string(digits), 64); err == nil {
		s.buf = appendSix(s.buf, f)
	}
	s.buf = append(s.buf, 0x1f)
}

// appendSix writes a number with at most 6 decimals.
func appendSix(b []byte, f float64) []byte {
	from := len(b)
	b = strconv.AppendFloat(b, f, 'f', 6, 64)
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	if string(b[from:]) == "-0" {
		b = append(b[:from], '0')
	}
	return b
}

func (s *checksum) row() {
	s.buf = append(s.buf, 0x1e)
	if len(s.buf) >= flushAt {
		s.h.Write(s.buf)
		s.buf = s.buf[:0]
	}
}

// String ends the sum and returns it as hexadecimal digits.
func (s *checksum) String() string {
	s.h.Write(s.buf)
	s.buf = s.buf[:0]
	return hex.EncodeToString(s.h.Sum(nil))
}

// Verified is what [Book.Verify] says of a sheet of rows.
type Verified struct {
	Sheet    string
	Rows     int  // on file now
	Promised int  // on the cover
	Same     bool // the values are those that were written
}

// Verify computes the checksums of a workbook that [Write] wrote and compares them with those on its cover. Looks, widths and filters may have been changed
// since; hidden rows count. It returns nothing for a workbook without such a cover.
func (b *Book) Verify() ([]Verified, error) {
	type promise struct {
		rows int
		sum  string
	}
	byName := map[string]promise{}
	var order []string
	sheets := b.Sheets()
	if len(sheets) == 0 {
		return nil, nil
	}
	s := b.Scan(sheets[0].Index)
	for s.Next() {
		cells := s.Cells()
		if len(cells) == 3 && cells[0].Kind == Text && cells[1].Kind == Number && cells[2].Kind == Text && len(cells[2].Text) == 2*sha256.Size {
			byName[cells[0].Text] = promise{int(cells[1].Num), cells[2].Text}
			order = append(order, cells[0].Text)
		}
	}
	s.Close()
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("reading the cover: %w", err)
	}
	var out []Verified
	for _, name := range order {
		v := Verified{Sheet: name, Promised: byName[name].rows}
		if i := slices.IndexFunc(sheets, func(s Info) bool { return s.Name == name }); i >= 0 {
			rows, sum, err := b.sum(sheets[i].Index)
			if err != nil {
				return nil, fmt.Errorf("reading %q: %w", name, err)
			}
			v.Rows = max(rows-1, 0)
			v.Same = sum == byName[name].sum
		}
		out = append(out, v)
	}
	return out, nil
}

// sum is the number of rows of a sheet, the header included, and their checksum.
func (b *Book) sum(index int) (rows int, sum string, err error) {
	h := newChecksum()
	s := b.Scan(index)
	defer s.Close()
	for s.Next() {
		for ; rows+1 < s.Row(); rows++ { // a blank row is none in the file
			h.row()
		}
		for _, c := range s.Cells() {
			switch c.Kind {
			case Text, Bool, ErrorValue:
				h.text(c.Col, c.Text)
			case Number, Date:
				h.number(c.Col, appendSix(nil, c.Num))
			}
		}
		h.row()
		rows++
	}
	return rows, h.String(), s.Err()
}
