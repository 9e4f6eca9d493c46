package planfile

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// ErrFile is the kind of every error of a file or a problem: what stands in it cannot be asked.
var ErrFile = errors.New("the problem is not well formed")

// Fault says what is wrong with a file or a problem, and where. It is no sentence: the edge says it in the language of the person, by [Fault.Message].
type Fault struct {
	Line, Column int    // from 1; 0: what is wrong is no place in the text
	Path         string // such as exhibitors[12].value; empty: the whole
	Key          string // of the message that says what is wrong
	Args         []any  // of the message: strings, as they stand in the file, and [Word]s
	Kind         error  // what it is, for errors.Is; nil: an [ErrFile]
}

// Word is an argument that is itself a message: the name of a kind of thing.
type Word string

// MessageKey returns the key of the word's message.
func (w Word) MessageKey() string { return string(w) }

// At returns a fault at a path, which may be empty. Numbers among the arguments are said as the file has them, without marks of thousands.
func At(path, key string, args ...any) *Fault {
	f := &Fault{Path: path, Key: key}
	for _, a := range args {
		switch x := a.(type) {
		case Word:
			f.Args = append(f.Args, x)
		case []byte:
			f.Args = append(f.Args, string(x))
		default:
			f.Args = append(f.Args, fmt.Sprint(x))
		}
	}
	return f
}

// Error is the technical text: the place, the key and its arguments.
func (f *Fault) Error() string {
	var b strings.Builder
	if f.Line > 0 {
		fmt.Fprintf(&b, "line %d, column %d: ", f.Line, f.Column)
	}
	if f.Path != "" {
		b.WriteString(f.Path + ": ")
	}
	b.WriteString(f.Key)
	for _, a := range f.Args {
		fmt.Fprintf(&b, " %q", a)
	}
	return b.String()
}

// Unwrap returns the kind.
func (f *Fault) Unwrap() error { return cmp.Or(f.Kind, ErrFile) }

// In says of a fault that it lies in a part of a larger file, which has its own lines.
func In(path string, err error) error {
	var f *Fault
	if !errors.As(err, &f) {
		return fmt.Errorf("%s: %w", path, err)
	}
	inner := *f
	inner.Line, inner.Column, inner.Path = 0, 0, strings.TrimSuffix(path+"."+f.Path, ".")
	return &inner
}

// Message returns the key and the arguments of the whole message: where, and what.
func (f *Fault) Message() (string, []any) {
	what := &Fault{Key: f.Key, Args: f.Args}
	switch {
	case f.Line > 0 && f.Path != "":
		return "planfile.at_line_path", []any{f.number(f.Line), f.number(f.Column), f.Path, what}
	case f.Line > 0:
		return "planfile.at_line", []any{f.number(f.Line), f.number(f.Column), what}
	case f.Path != "":
		return "planfile.at", []any{f.Path, what}
	}
	return f.Key, f.Args
}

// number is a line or a column without marks of thousands, as editors show them.
func (f *Fault) number(n int) string { return fmt.Sprint(n) }
