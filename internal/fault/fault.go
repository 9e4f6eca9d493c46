// Package fault is the one vocabulary of errors that cross package borders.
//
// # Design
//
// An [Error] has a [Kind], which the edge maps to an HTTP status or an exit code, and a message key, which the edge looks up in the
// language of the person. A [Problem] is a fault of one field of a form or one cell of a sheet. Packages below the edge never format a
// sentence for a person: they name a key and its arguments. Technical detail travels in the wrapped error and goes to the log only.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what went wrong in terms that decide what happens next.
type Kind uint8

// The kinds. The zero value is Internal, so that a forgotten kind is never mistaken for the person's mistake.
const (
	Internal        Kind = iota // ours: logged, shown as "something went wrong" (500)
	Invalid                     // what was sent cannot be taken; Problems say why (422)
	NotFound                    // no such thing, or not for this person: both look the same (404)
	Forbidden                   // known person, known thing, not allowed (403)
	Unauthenticated             // no valid session (sign-in page, 401)
	Stale                       // the thing was changed by somebody else meanwhile (409)
	Duplicate                   // something unique is already on file (409)
	State                       // the thing's state does not allow this step (409)
	TooLarge                    // over a size limit (413)
	Unsupported                 // a file or media type that is not taken (415)
	Limited                     // too many tries; wait (429)
	Unavailable                 // busy, shutting down or out of time; the same request may work later (503)
)

var kindNames = [...]string{"internal", "invalid", "not_found", "forbidden", "unauthenticated", "stale", "duplicate", "state",
	"too_large", "unsupported", "limited", "unavailable"}

// String returns the kind's stable name, used in logs and metrics.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Key is a message argument that is itself a message key, such as "enum.state.approved": it is shown in the reader's language.
type Key string

// MessageKey returns the key, by which package locale knows to translate the argument.
func (k Key) MessageKey() string { return string(k) }

// Error is an error with a kind and a message key for the person. Err, if any, is the technical cause.
type Error struct {
	Kind     Kind
	Key      string // message key in the catalogues, such as "error.stale"
	Args     []any  // arguments of the message, in its order
	Problems Problems
	Err      error
}

// New returns an Error of a kind with a message key and the message's arguments.
func New(kind Kind, key string, args ...any) *Error {
	return &Error{Kind: kind, Key: key, Args: args}
}

// Wrap returns an Error of a kind with a message key, caused by err.
func Wrap(err error, kind Kind, key string, args ...any) *Error {
	return &Error{Kind: kind, Key: key, Args: args, Err: err}
}

// Error returns the technical text for the log. It holds no personal data as long as Args hold none.
func (e *Error) Error() string {
	s := e.Kind.String() + ": " + e.Key
	if len(e.Problems) > 0 {
		s += fmt.Sprintf(" (%d problems)", len(e.Problems))
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the technical cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first Error in err's chain, Internal if there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err's chain holds an Error of the given kind.
func Is(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// Severity separates what stops a save from what a person should look at.
type Severity uint8

// The severities.
const (
	Blocking Severity = iota // must be mended before the thing can be taken
	Warning                  // shown; the person may go on
)

// Problem is what is wrong with one field.
type Problem struct {
	Field    string   // the field's form name, such as "household.members[2].name"; "" for the whole form
	Key      string   // message key, such as "problem.required"
	Args     []any    // arguments of the message, in its order; never a protected value
	Severity Severity // Blocking unless said
}

// Problems is a list of problems in the order of the form.
type Problems []Problem

// Add appends a blocking problem.
func (p *Problems) Add(field, key string, args ...any) {
	*p = append(*p, Problem{Field: field, Key: key, Args: args})
}

// Warn appends a warning.
func (p *Problems) Warn(field, key string, args ...any) {
	*p = append(*p, Problem{Field: field, Key: key, Args: args, Severity: Warning})
}

// Blocking returns the problems that stop a save, in order.
func (p Problems) Blocking() Problems { return p.of(Blocking) }

// Warnings returns the problems that do not stop a save, in order.
func (p Problems) Warnings() Problems { return p.of(Warning) }

func (p Problems) of(s Severity) Problems {
	var out Problems
	for _, x := range p {
		if x.Severity == s {
			out = append(out, x)
		}
	}
	return out
}

// On returns the problems of one field, in order.
func (p Problems) On(field string) Problems {
	var out Problems
	for _, x := range p {
		if x.Field == field {
			out = append(out, x)
		}
	}
	return out
}

// Err returns an Invalid error that carries the problems if at least one blocks, else nil.
func (p Problems) Err() error {
	if len(p.Blocking()) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Key: "error.invalid", Problems: p}
}
