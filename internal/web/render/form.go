package render

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"muntija/internal/fault"
	"muntija/internal/locale"
)

// Form is what a form shows: the values as typed, by flattened field name ("lead.given_name", "household.members[2].name"), and what is wrong
// with them.
type Form struct {
	Values   map[string]string
	Lists    map[string][]string // values of checkbox sets, whose name is sent once for each tick
	Rows     map[string]int      // how many rows a repeatable group shows, where that is more than its values tell
	Problems fault.Problems
	Disabled bool // shows everything, changes nothing
}

// Value returns what was typed in a field.
func (f *Form) Value(name string) string {
	if f == nil {
		return ""
	}
	return f.Values[name]
}

// Field is one field as its partial draws it. Templates make it with the function field.
type Field struct {
	Name, ID, Label, Hint, Value string
	Required, Disabled           bool
	Problems, Warnings           []string
	Options                      []Option
	Suffix                       string // shown in the box after the value, such as a currency
	Autocomplete, Inputmode      string
	Maxlength, Rows              string
	Type                         string // of an <input>; "" is text
	Class                        string
	Echo                         string // what was understood, such as both calendars of a date
	Accept                       string // of a file field
	List                         string // id of a datalist: what was typed before elsewhere
	Multiple                     bool
	Plain                        bool // the label is for screen readers only (a field in a table)
	Unmarked                     bool // says neither required nor optional: it depends on other answers
	loc                          *locale.Locale
}

// Option is one choice of a select, radio group or checkbox set.
type Option struct {
	Value, Label, Hint string
	Selected           bool
}

// DescribedBy returns the ids of the hint, the echo and the problems, for aria-describedby.
func (f Field) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Echo != "" {
		ids = append(ids, f.ID+"-echo")
	}
	if len(f.Problems) > 0 || len(f.Warnings) > 0 {
		ids = append(ids, f.ID+"-problems")
	}
	return strings.Join(ids, " ")
}

// Invalid reports whether something blocks.
func (f Field) Invalid() bool { return len(f.Problems) > 0 }

// OptionID returns the id of one choice: the first has the field's own id, so that the summary's link leads to it.
func (f Field) OptionID(i int) string {
	if i == 0 {
		return f.ID
	}
	return f.ID + "--" + strconv.Itoa(i)
}

var idUnsafe = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// FieldID returns the id of the field of a name: "f-household-members-2-name".
func FieldID(name string) string {
	if name == "" {
		return "form"
	}
	return "f-" + strings.Trim(idUnsafe.ReplaceAllString(name, "-"), "-")
}

var index = regexp.MustCompile(`\[[^\]]*\]`)

// LabelKey returns the message key of a field's label without its prefix: "household.members.name" for "household.members[2].name".
func LabelKey(name string) string { return index.ReplaceAllString(name, "") }

// field makes a Field. An option is a flag ("required", "unmarked", "multiple", "plain", "disabled") or key=value (label=KEY, hint=KEY, value=…,
// autocomplete=…, inputmode=…, maxlength=…, rows=…, type=…, class=…, accept=…, suffix=…, list=…).
func field(l *locale.Locale, form *Form, name string, opts ...string) (Field, error) {
	f := Field{Name: name, ID: FieldID(name), Value: form.Value(name), loc: l}
	label := LabelKey(name)
	labelKey, hintKey := "field."+label, "hint."+label
	for _, o := range opts {
		k, v, valued := strings.Cut(o, "=")
		switch {
		case !valued && k == "required":
			f.Required = true
		case !valued && k == "unmarked":
			f.Unmarked = true
		case !valued && k == "multiple":
			f.Multiple = true
		case !valued && k == "plain":
			f.Plain = true
		case !valued && k == "disabled":
			f.Disabled = true
		case k == "label" && valued:
			labelKey = v
		case k == "hint" && valued:
			hintKey = v
		case k == "value" && valued:
			if f.Value == "" {
				f.Value = v
			}
		case k == "autocomplete" && valued:
			f.Autocomplete = v
		case k == "inputmode" && valued:
			f.Inputmode = v
		case k == "maxlength" && valued:
			f.Maxlength = v
		case k == "rows" && valued:
			f.Rows = v
		case k == "type" && valued:
			f.Type = v
		case k == "class" && valued:
			f.Class = v
		case k == "accept" && valued:
			f.Accept = v
		case k == "list" && valued:
			f.List = v
		case k == "suffix" && valued:
			f.Suffix = v
		default:
			return f, fmt.Errorf("field %s: unknown option %q", name, o)
		}
	}
	f.Label = l.T(labelKey)
	if l.Has(hintKey) {
		f.Hint = l.T(hintKey)
	}
	if form != nil {
		f.Disabled = f.Disabled || form.Disabled
		for _, p := range form.Problems.On(name) {
			if p.Severity == fault.Blocking {
				f.Problems = append(f.Problems, l.T(p.Key, p.Args...))
			} else {
				f.Warnings = append(f.Warnings, l.T(p.Key, p.Args...))
			}
		}
	}
	return f, nil
}

// choices gives a field its options: []Option as they are, or any slice of strings with a prefix of message keys: choices f "enum.sex" .Sexes.
// Selected is set from the form's value or, for a checkbox set, its list.
func choices(form *Form, f Field, args ...any) (Field, error) {
	var opts []Option
	switch len(args) {
	case 1:
		o, ok := args[0].([]Option)
		if !ok {
			return f, fmt.Errorf("field %s: choices wants []Option or a prefix and a list, got %T", f.Name, args[0])
		}
		opts = append(opts, o...)
	case 2:
		prefix, ok := args[0].(string)
		list := reflect.ValueOf(args[1])
		if !ok || list.Kind() != reflect.Slice {
			return f, fmt.Errorf("field %s: choices wants a prefix and a list", f.Name)
		}
		for i := range list.Len() {
			v := list.Index(i)
			if v.Kind() != reflect.String {
				return f, fmt.Errorf("field %s: choices wants a list of strings, got %s", f.Name, v.Type())
			}
			opts = append(opts, Option{Value: v.String(), Label: f.loc.T(prefix + "." + v.String())})
		}
	default:
		return f, fmt.Errorf("field %s: choices takes one or two arguments", f.Name)
	}
	selected := map[string]bool{f.Value: f.Value != ""}
	if form != nil {
		for _, v := range form.Lists[f.Name] {
			selected[v] = true
		}
	}
	for i := range opts {
		opts[i].Selected = opts[i].Selected || selected[opts[i].Value]
	}
	f.Options = opts
	return f, nil
}

// Row is one row of a repeatable group.
type Row struct {
	Form   *Form
	Group  string // "household.members"
	Prefix string // "household.members[2]"
	Number int    // from 1; 0 in the blank row that rows.js copies
	Title  string
}

// Field returns the name of a field of the row: .Field "name" is "household.members[2].name".
func (r Row) Field(name string) string { return r.Prefix + "." + name }

// blankIndex stands for the number in the names of the blank row; rows.js replaces it.
const blankIndex = "NEW"

// rows returns the rows of a group: as many as its values have, at least Form.Rows and at least min.
func rows(l *locale.Locale, form *Form, group string, min int) []Row {
	n := min
	if form != nil {
		n = max(n, form.Rows[group])
		for name := range form.Values {
			n = max(n, rowIndex(name, group)+1)
		}
		for name := range form.Lists {
			n = max(n, rowIndex(name, group)+1)
		}
	}
	out := make([]Row, 0, n)
	for i := range n {
		out = append(out, Row{Form: form, Group: group, Prefix: fmt.Sprintf("%s[%d]", group, i), Number: i + 1, Title: l.T("row."+LabelKey(group), i+1)})
	}
	return out
}

// maxRows bounds what a hostile field name can make the page draw.
const maxRows = 200

func rowIndex(name, group string) int {
	rest, ok := strings.CutPrefix(name, group+"[")
	if !ok {
		return -1
	}
	num, _, ok := strings.Cut(rest, "]")
	n, err := strconv.Atoi(num)
	if !ok || err != nil || n < 0 || n >= maxRows {
		return -1
	}
	return n
}

func blank(l *locale.Locale, form *Form, group string) Row {
	r := Row{Group: group, Prefix: group + "[" + blankIndex + "]", Title: l.T("row."+LabelKey(group), locale.Raw(blankIndex))}
	r.Form = &Form{Disabled: form != nil && form.Disabled}
	return r
}

// SummaryItem is one line of the summary of problems: it leads to the field.
type SummaryItem struct {
	ID, Label, Text string
}

// summary lists what blocks, in the order of the form. The label names the row of a repeated field.
func summary(l *locale.Locale, form *Form) []SummaryItem {
	if form == nil {
		return nil
	}
	var out []SummaryItem
	for _, p := range form.Problems.Blocking() {
		item := SummaryItem{Text: l.T(p.Key, p.Args...)}
		if p.Field != "" {
			item.ID = FieldID(p.Field)
			item.Label = fieldLabel(l, p.Field)
		}
		out = append(out, item)
	}
	return out
}

func fieldLabel(l *locale.Locale, name string) string {
	label := ""
	if key := "field." + LabelKey(name); l.Has(key) {
		label = l.T(key)
	}
	if i := strings.LastIndex(name, "["); i >= 0 {
		group := name[:i]
		if n := rowIndex(name, group); n >= 0 && l.Has("row."+LabelKey(group)) {
			if row := l.T("row."+LabelKey(group), n+1); label == "" {
				label = row
			} else {
				label = row + ": " + label
			}
		}
	}
	return label
}
