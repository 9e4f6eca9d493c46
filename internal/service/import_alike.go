package service

import (
	"encoding/binary"
	"strconv"

	"muntija/internal/fault"
	"muntija/internal/identity"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// The problems of a row that has a number which tells families apart in common with another: none of them keeps it out.
const (
	keyRowShares    = "import.problem.row_shares"       // with an earlier row of the same sheet: that row, its record
	keySheetShares  = "import.problem.sheet_shares"     // with a row of an earlier sheet
	keyFamilyShares = "import.problem.family_shares"    // with a family of the registry
	keyHeld         = "import.problem.id_held"          // and that one is handed in: this one stays a draft
	keyHeldHere     = "import.problem.id_held_in_sheet" // the same with an earlier row
)

// fieldNumber is a number of a record that tells families apart, and the field it stands in.
type fieldNumber struct {
	store.Identifier
	field string
}

// numbersIn returns what [store.IdentifiersIn] does, in its order, with the fields.
func numbersIn(r *registry.Record) (out []fieldNumber) {
	phone, item := 0, 0
	for _, id := range store.IdentifiersIn(r) {
		n := fieldNumber{id, "lead.id_number"}
		if id.Kind == "phone" {
			for r.Lead.Phones[phone].Number != id.Value {
				phone++
			}
			n.field = "lead.phones[" + strconv.Itoa(phone) + "].number"
		} else if !identity.Type(id.Kind).Valid() {
			for "formal:"+string(r.Formal[item].Kind) != id.Kind || r.Formal[item].Number != id.Value {
				item++
			}
			n.field = "formal[" + strconv.Itoa(item) + "].number"
		}
		out = append(out, n)
	}
	return out
}

// warn adds what is to be looked at about a field and keeps nothing out. Of several of one field, the first.
func (d *decision) warn(field, key string, args ...any) {
	for i := range d.problems {
		if d.problems[i].Field == field && d.problems[i].Key == key {
			return
		}
	}
	p := cellProblem(-1, field, key, args...)
	p.Severity = fault.Warning
	d.problems = append(d.problems[:len(d.problems):len(d.problems)], p)
}

// alike knows the numbers of the rows that a dry run has met: the rows of a file that are one woman under two file numbers are told before any of them is a
// family. What becomes of them is left to the registry, in which the second row meets the first. Of a number, eight bytes of its blind index stand for it: among
// a million, two that differ meet once in thirty-six million files.
type alike map[uint64]alikeRow

type alikeRow struct {
	firstRow
	handedIn bool // it will hold its identity number
}

// tell adds to a row's decision with which earlier row of the file it has a number in common. blinds are those of blindsOf. Telling it twice is telling it once.
func (a alike) tell(im *importer, r *rosterRow, d *decision, blinds []string) {
	if r.product || d.outcome == RowDuplicate || d.outcome == RowUnchanged {
		return // of a row that repeats the key of another, that is told; of one that says nothing new, nothing
	}
	had := len(d.problems)
	var numbers []fieldNumber
	for i, blind := range blinds {
		first, ok := a[standIn(blind)]
		if !ok || int64(first.seq) >= r.seq {
			continue
		}
		if numbers == nil { // of most rows nobody asks
			numbers = numbersIn(r.record)
		}
		if i >= len(numbers) {
			break // the sender's file number
		}
		n := numbers[i]
		if first.place>>rowBits == uint32(r.sheet) {
			d.warn(n.field, keyRowShares, strconv.Itoa(first.row()), int64(first.seq))
		} else {
			d.warn(n.field, keySheetShares)
		}
		d.hints = append(d.hints, im.hint(r, 0, int64(first.seq), n.Kind))
		if first.handedIn && d.handIn && identity.Type(n.Kind).Valid() {
			d.handIn = false
			d.warn(n.field, keyHeldHere)
			if d.outcome == RowNew {
				d.outcome = RowDraft
			}
		}
	}
	if numbers != nil {
		r.place(d.problems[had:])
	}
	for _, blind := range blinds {
		if _, ok := a[standIn(blind)]; !ok {
			a[standIn(blind)] = alikeRow{firstRow{uint32(r.seq), sheetRow(r)}, d.handIn}
		}
	}
}

// standIn stands for a blind index.
func standIn(blind string) uint64 { return binary.NativeEndian.Uint64([]byte(blind)) }

// earlierRow is the row of the sheet and the record that a problem names; ok is false if it names none.
func earlierRow(p *sheet.CellProblem) (row int, seq int64, ok bool) {
	if p.Key != keyRowTwiceAt && p.Key != keyProductTwiceAt && p.Key != keyRowShares || len(p.Args) != 2 {
		return 0, 0, false
	}
	text, _ := p.Args[0].(string)
	seq, _ = p.Args[1].(int64)
	row, err := strconv.Atoi(text)
	return row, seq, err == nil && seq > 0
}
