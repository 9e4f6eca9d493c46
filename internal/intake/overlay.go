package intake

import (
	"reflect"

	"muntija/internal/arabic"
	"muntija/internal/registry"
)

// Field returns the value of a field outside the repeatable rows, "" if there is no such field.
func (r *Registration) Field(path string) string {
	if l := scalar(path); l != nil {
		return reflect.ValueOf(r).Elem().FieldByIndex(l.index).String()
	}
	return ""
}

// SetField sets a field outside the repeatable rows; it reports whether there is such a field.
func (r *Registration) SetField(path, value string) bool {
	l := scalar(path)
	if l != nil {
		reflect.ValueOf(r).Elem().FieldByIndex(l.index).SetString(value)
	}
	return l != nil
}

func scalar(path string) *leaf {
	if l := form().byPath[path]; l != nil && l.list == nil && !l.multi {
		return l
	}
	return nil
}

// Lay puts what a row of a workbook says over a form: what the row leaves empty stays. typed is the row as it was sent and canon what the checks made
// of it ([FromRecord]). The rows of a list are those that name the same thing (a phone its number, a member the name, a licence its kind); what names
// none that is there is added, a phone takes the place of the one that stood there.
func (r *Registration) Lay(typed, canon *Registration) {
	to, from, as := reflect.ValueOf(r).Elem(), reflect.ValueOf(typed).Elem(), reflect.ValueOf(canon).Elem()
	pl := form()
	for _, l := range pl.leaves {
		switch {
		case l.list != nil:
		case l.multi:
			if v := from.FieldByIndex(l.index); v.Len() > 0 {
				if c := as.FieldByIndex(l.index); c.Len() > 0 {
					v = c
				}
				to.FieldByIndex(l.index).Set(v)
			}
		default:
			lay(to.FieldByIndex(l.index), from.FieldByIndex(l.index), as.FieldByIndex(l.index))
		}
	}
	for _, l := range pl.lists {
		rows, typed, canon := to.FieldByIndex(l.index), from.FieldByIndex(l.index), as.FieldByIndex(l.index)
		if typed.Len() == 0 {
			continue
		}
		if canon.Len() != typed.Len() {
			canon = typed
		}
		out := reflect.MakeSlice(rows.Type(), rows.Len(), rows.Len()+typed.Len())
		reflect.Copy(out, rows)
		taken := map[int]bool{}
		for i := range typed.Len() {
			at := -1
			for j := range rows.Len() {
				if !taken[j] && sameRow(rows.Index(j).Interface(), canon.Index(i).Interface()) {
					at = j
					break
				}
			}
			if at < 0 && l.path == "lead.phones" && i < rows.Len() && !taken[i] && !holdsPhone(rows, canon, i) {
				at = i
			}
			if at < 0 {
				out = reflect.Append(out, canon.Index(i))
				continue
			}
			taken[at] = true
			for _, x := range l.leaves {
				lay(out.Index(at).FieldByIndex(x.index), typed.Index(i).FieldByIndex(x.index), canon.Index(i).FieldByIndex(x.index))
			}
		}
		rows.Set(out)
	}
}

// Lay puts what a row of a workbook says of a product over its form: what the row leaves empty stays. typed is the row as it was sent and canon what the checks
// made of it ([FromProduct]).
func (p *Product) Lay(typed, canon *Product) {
	to, from, as := reflect.ValueOf(p).Elem(), reflect.ValueOf(typed).Elem(), reflect.ValueOf(canon).Elem()
	for _, l := range planFor[Product]().leaves {
		if l.multi {
			if v := from.FieldByIndex(l.index); v.Len() > 0 {
				to.FieldByIndex(l.index).Set(v)
			}
			continue
		}
		lay(to.FieldByIndex(l.index), from.FieldByIndex(l.index), as.FieldByIndex(l.index))
	}
}

// Empty takes the value of a field, by its form name, out of the form.
func (p *Product) Empty(field string) {
	if l := planFor[Product]().byPath[field]; l != nil {
		reflect.ValueOf(p).Elem().FieldByIndex(l.index).SetZero()
	}
}

// holdsPhone reports whether another row of the roster names the phone that stands at i.
func holdsPhone(rows, canon reflect.Value, i int) bool {
	for j := range canon.Len() {
		if sameRow(rows.Index(i).Interface(), canon.Index(j).Interface()) {
			return true
		}
	}
	return false
}

// lay sets a leaf: what was typed, as the checks read it; a "no" or a 0 that stands for nothing in a record is kept as typed.
func lay(to, typed, canon reflect.Value) {
	if typed.String() == "" {
		return
	}
	if canon.String() != "" {
		typed = canon
	}
	to.SetString(typed.String())
}

// sameRow reports whether two rows of a list are about the same thing.
func sameRow(a, b any) bool {
	switch x := a.(type) {
	case Phone:
		return x.Number == b.(Phone).Number
	case Member:
		return arabic.Fold(x.Name) == arabic.Fold(b.(Member).Name)
	case Benefit:
		return x.Programme == b.(Benefit).Programme
	case Training:
		y := b.(Training)
		return x.Kind == y.Kind && (x.Title == y.Title || x.Title == "" || y.Title == "")
	case FormalItem:
		return x.Kind == b.(FormalItem).Kind
	case Loan:
		y := b.(Loan)
		return arabic.Fold(x.Lender) == arabic.Fold(y.Lender) && (x.Year == y.Year || x.Year == "" || y.Year == "")
	case Consent:
		return x.Scope == b.(Consent).Scope
	}
	return false
}

// Continues reports whether a row of a workbook goes on with the one above it: it names the same family, says nothing else of it, and adds rows of its
// lists. Join then adds them.
func (r *Registration) Continues(next *Registration) bool {
	more := reflect.ValueOf(next).Elem()
	if !r.Agrees(next) {
		return false
	}
	for _, l := range form().lists {
		if more.FieldByIndex(l.index).Len() > 0 && registry.StripIndex(l.path) != "lead.phones" {
			return true
		}
	}
	return false
}

// Agrees reports whether next says nothing outside its lists that r does not say.
func (r *Registration) Agrees(next *Registration) bool {
	have, more := reflect.ValueOf(r).Elem(), reflect.ValueOf(next).Elem()
	pl := form()
	for _, l := range pl.leaves {
		if l.list != nil || l.multi {
			continue
		}
		if s := more.FieldByIndex(l.index).String(); s != "" && s != have.FieldByIndex(l.index).String() {
			return false
		}
	}
	return true
}

// Join adds the rows of next's lists that are not there yet.
func (r *Registration) Join(next *Registration) {
	have, more := reflect.ValueOf(r).Elem(), reflect.ValueOf(next).Elem()
	for _, l := range form().lists {
		rows := have.FieldByIndex(l.index)
		for i := range more.FieldByIndex(l.index).Len() {
			row := more.FieldByIndex(l.index).Index(i)
			same := false
			for j := range rows.Len() {
				same = same || rows.Index(j).Interface() == row.Interface()
			}
			if !same {
				rows = reflect.Append(rows, row)
			}
		}
		have.FieldByIndex(l.index).Set(rows)
	}
}
