package render

import (
	"strconv"

	"muntija/internal/locale"
)

// Pager is the foot of a list that is paged by key. Total is -1 where nobody counted.
type Pager struct {
	First, Next string // addresses; "" where there is no such page
	Total       int
}

// Empty is what a list shows when nothing is in it. Title, Text and Action are message keys.
type Empty struct {
	Icon, Title, Text, Action, Path string
}

// Sort is the head of a column that sorts. Dir is "asc", "desc", or "" if another column sorts.
type Sort struct {
	Key, URL, Dir string
}

// Step is one step of a long form. State is "done", "current" or "todo".
type Step struct {
	Key, URL, State string
	Problems        int
}

// Progress is how far a job is. Key names the job.
type Progress struct {
	Key         string
	Done, Total int
}

// SignIn is the Body of auth/signin.
type SignIn struct {
	Demo  []DemoAccount // shown only by a server that runs the demo
	Setup bool          // there is no account yet: the page says where the first one is made
}

// DemoAccount is one sign-in of the demo. Role is a message key.
type DemoAccount struct {
	Role, Party, Email, Password string
}

// Setup is the Body of auth/setup: the first administrator. Parties are the countries to choose from.
type Setup struct {
	Parties []string
}

// Invitation is the Body of auth/invitation: who sets a password, for the first time or again.
type Invitation struct {
	Name, Email string
	Reset       bool
}

// Fault is the Body of errors/error. Make it with [NewFault].
type Fault struct {
	Status  int
	Text    string
	Request string // id of the request, to be told to the administrator
	State   bool   // of 409: nobody changed anything, what was asked is not possible as things stand
}

// Words is the middle of the message keys of the title and the advice.
func (f Fault) Words() string {
	if f.State {
		return "state"
	}
	return strconv.Itoa(f.Status)
}

// faults are the statuses that have words of their own in the catalogues.
var faults = map[int]struct {
	icon  string
	retry bool
}{
	400: {"exclamation-circle", false},
	401: {"lock", false},
	403: {"shield-lock", false},
	404: {"file-search", false},
	405: {"ban", false},
	409: {"versions", true},
	413: {"file-off", false},
	415: {"file-off", false},
	422: {"alert-triangle", false},
	429: {"hourglass", true},
	500: {"alert-circle", true},
	503: {"hourglass", true},
}

// Statuses returns the statuses that have a page of their own words.
func Statuses() []int { return []int{400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503} }

// NewFault returns the body of the error page. A status without words of its own becomes 500 (from 500 on) or 400. key may be "" or unknown: then the
// text of the status stands.
func NewFault(l *locale.Locale, status int, request, key string, args ...any) Fault {
	if _, ok := faults[status]; !ok {
		if status >= 500 {
			status = 500
		} else {
			status = 400
		}
	}
	f := Fault{Status: status, Request: request}
	if key != "" && l.Has(key) {
		f.Text = l.T(key, args...)
	} else {
		f.Text = l.T("status." + strconv.Itoa(status) + ".text")
	}
	return f
}

// Icon returns the icon of the status.
func (f Fault) Icon() string { return faults[f.Status].icon }

// Retry reports whether the same request may succeed later.
func (f Fault) Retry() bool { return faults[f.Status].retry }
