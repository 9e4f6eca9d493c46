package service

import (
	"slices"
	"strconv"
	"strings"

	"muntija/internal/arabic"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/sheet"
)

// memberList is the list of the form that the rows of a sheet of members are.
const memberList = "household.members"

// memberSource says where in the file a member stands that is not on the row of its family: on a row that goes on with it, or on a sheet of members.
type memberSource struct {
	place    int            // in the family's form
	local    int            // among the members of the row it stands on
	sheet, n int            // the row
	key      int            // column of what has no column of its own; -1: such a problem is of the whole row
	at       map[string]int // field → column of the sheet
}

// memberLine is a row of a sheet of members, on its way to its family.
type memberLine struct {
	members  []intake.Member
	source   memberSource
	problems []sheet.CellProblem // of its cells
}

// memberKey is a family that a sheet of members names.
type memberKey struct {
	key      string
	keyField string
}

// memberField cuts "household.members[2].name" into 2 and "name".
func memberField(field string) (i int, leaf string, ok bool) {
	rest, ok := strings.CutPrefix(field, memberList+"[")
	if !ok {
		return 0, "", false
	}
	num, leaf, ok := strings.Cut(rest, "].")
	i, err := strconv.Atoi(num)
	return i, leaf, ok && err == nil
}

func memberFieldAt(i int, leaf string) string {
	return memberList + "[" + strconv.Itoa(i) + "]." + leaf
}

// joinRow adds what a row below the record goes on with. ps are the problems of its cells.
func (r *rosterRow) joinRow(next *intake.Registration, source memberSource, ps []sheet.CellProblem) {
	before := len(r.form.Household.Members)
	r.form.Join(next)
	r.joinMembers(before, next.Household.Members, source, ps)
}

// take adds rows of sheets of members to the record of their family.
func (r *rosterRow) take(lines []memberLine) {
	for i := range lines {
		l := &lines[i]
		before := len(r.form.Household.Members)
		r.form.Join(&intake.Registration{Household: intake.Household{Members: l.members}})
		r.joinMembers(before, l.members, l.source, l.problems)
		switch {
		case l.source.sheet != r.sheet:
			r.joined = append(r.joined, joinedAt(l.source.sheet, l.source.n))
		case l.source.n != r.n:
			r.joined = append(r.joined, joinedRow(l.source.n))
		}
	}
}

// joinMembers notes where members stand that were joined to the before ones of the record, and takes over what is wrong with their cells.
func (r *rosterRow) joinMembers(before int, members []intake.Member, source memberSource, ps []sheet.CellProblem) {
	for local, m := range members {
		place := slices.Index(r.form.Household.Members, m)
		if source.place, source.local = place, local; place >= before {
			r.from = append(r.from, source)
		}
		for _, p := range ps {
			if i, leaf, ok := memberField(p.Field); ok && i == local {
				p.Field = memberFieldAt(place, leaf)
				r.stands(&p, source)
				r.problems = append(r.problems, p)
			}
		}
	}
	if source.sheet == r.sheet && source.key < 0 {
		return // what else such a row says is said by the record's own
	}
	for _, p := range ps {
		if i, _, ok := memberField(p.Field); !ok || i >= len(members) {
			r.stands(&p, source)
			r.problems = append(r.problems, p)
		}
	}
}

// stands puts a problem on the row of a member.
func (r *rosterRow) stands(p *sheet.CellProblem, source memberSource) {
	if source.sheet != r.sheet {
		p.Sheet, p.Row = source.sheet+1, source.n
	} else if source.n != r.n {
		p.Row = source.n
	}
	if p.Col < 0 {
		p.Col = source.key
	}
}

// placeMember puts a problem of a member that does not stand on the record's row on its cell; it reports whether the problem is of such a member.
func (r *rosterRow) placeMember(p *sheet.CellProblem) bool {
	if len(r.from) == 0 {
		return false
	}
	i, leaf, ok := memberField(p.Field)
	if !ok {
		return false
	}
	for _, source := range r.from {
		if source.place != i {
			continue
		}
		col, ok := source.at[memberFieldAt(source.local, leaf)]
		if !ok && source.local == 0 {
			col, ok = source.at[registry.StripIndex(p.Field)]
		}
		if ok {
			p.Col = col
		}
		r.stands(p, source)
		return true
	}
	return false
}

// ownField is a field of a form that the record was laid over, as the record's own form has it: the members stand at other places there. A member that the
// record does not name stands in no cell.
func (r *rosterRow) ownField(laid *intake.Registration, field string) string {
	i, leaf, ok := memberField(field)
	if !ok || len(r.from) == 0 || i >= len(laid.Household.Members) {
		return field
	}
	name := arabic.Fold(laid.Household.Members[i].Name)
	for j := range r.form.Household.Members {
		if arabic.Fold(r.form.Household.Members[j].Name) == name {
			return memberFieldAt(j, leaf)
		}
	}
	return memberList
}

// member takes a row of a sheet of members: it waits for its family.
func (rd *rosterReader) member(at int, sm *sheet.SheetMap, row *sheet.Row, _ bool) error {
	form, shape := row.Form()
	row.Merge(shape)
	if row.Key == "" || len(form.Household.Members) == 0 {
		rd.seq++
		rd.counts.Rows++
		r := &rosterRow{seq: rd.seq, sheet: at, n: row.N, form: form, record: new(registry.Record), problems: slices.Clone(row.Problems), at: rd.at}
		if !blocking(r.problems) {
			r.problems = append(r.problems, cellProblem(-1, "", "sheet.problem.no_key"))
		}
		if r.seq <= rd.from {
			return nil
		}
		return rd.emit(r)
	}
	k := sm.Key + "\x1f" + row.Key
	if rd.members[k] == nil {
		rd.order = append(rd.order, memberKey{row.Key, sm.Key})
	}
	key, ok := rd.at[sm.Key]
	if !ok {
		key = -1
	}
	rd.members[k] = append(rd.members[k], memberLine{members: form.Household.Members, problems: slices.Clone(row.Problems),
		source: memberSource{sheet: at, n: row.N, key: key, at: rd.at}})
	return nil
}

// leftMembers hands on the members whose family stands in no sheet of the file: it is looked for in the registry.
func (rd *rosterReader) leftMembers() error {
	for _, m := range rd.order {
		k := m.keyField + "\x1f" + m.key
		lines := rd.members[k]
		if lines == nil {
			continue
		}
		rd.seq++
		rd.counts.Rows++
		if rd.seq <= rd.from {
			continue
		}
		r := &rosterRow{seq: rd.seq, sheet: lines[0].source.sheet, n: lines[0].source.n, keyField: m.keyField, key: m.key, form: &intake.Registration{}}
		if col := lines[0].source.key; col >= 0 {
			r.at = map[string]int{m.keyField: col}
		}
		r.take(lines)
		rec, ps := r.form.Check(intake.Context{Party: rd.party, Today: rd.today})
		r.record = newRecord(&rec)
		row := sheet.Row{Problems: r.problems}
		for _, p := range ps { // the rest of the form is the family's own
			if strings.HasPrefix(p.Field, memberList) {
				row.Merge(fault.Problems{p})
			}
		}
		r.problems = row.Problems
		r.members()
		if err := rd.emit(r); err != nil {
			return err
		}
	}
	return nil
}

// members marks a row as members alone.
func (r *rosterRow) members() { r.earlier = -1 }

// membersOnly reports whether the row adds members to a family that must be there already.
func (r *rosterRow) membersOnly() bool { return r.earlier < 0 }
