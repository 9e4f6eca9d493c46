package sheet

import "muntija/internal/calendar"

// Kind is what a cell holds.
type Kind uint8

// The kinds. A blank cell is one without a value, or a formula that was never computed.
const (
	Blank Kind = iota
	Text
	Number
	Date // a number in a date or time format, or a date as such
	Bool
	ErrorValue // #N/A, #REF! …
)

// String returns the kind's name, for tests and logs.
func (k Kind) String() string {
	return [...]string{"blank", "text", "number", "date", "bool", "error"}[min(int(k), 5)]
}

// Cell is one cell as the file holds it, without the looks.
type Cell struct {
	Col     int           // 0 is column A
	Kind    Kind          //
	Formula bool          // computed, not typed; the value is the one that the last program stored
	Percent bool          // a Number that is shown in hundredths: 0.25 as 25 %
	Seconds int32         // of a Date: seconds after midnight
	Date    calendar.Date // of a Date; no date for a time of day alone
	Num     float64       // of a Number, a Date (the serial number) and a Bool (0 or 1)
	Text    string        // the text; a number as the file writes it; TRUE or FALSE; the name of the error
}

// Letter returns the name of a column: A, Z, AA.
func Letter(col int) string {
	if col < 0 {
		return ""
	}
	var b [8]byte
	i := len(b)
	for col++; col > 0; col = (col - 1) / 26 {
		i--
		b[i] = byte('A' + (col-1)%26)
	}
	return string(b[i:])
}

// reference reads the column and the row (from 1) of "AB12"; row 0 if there is none.
func cellRef(ref []byte) (col, row int, ok bool) {
	i := 0
	for ; i < len(ref); i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		if col = col*26 + int(c-'A') + 1; col > maxCols {
			return 0, 0, false
		}
	}
	for _, c := range ref[i:] {
		if c < '0' || c > '9' {
			return 0, 0, false
		}
		if row = row*10 + int(c-'0'); row > maxRows {
			return 0, 0, false
		}
	}
	return col - 1, row, col > 0
}

// The size of a sheet (Excel 2007 and later).
const (
	maxRows = 1 << 20
	maxCols = 1 << 14
)
