package store

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/seal"
)

// How values stand in columns. Both engines see text, integers and bytes only.

// instant is the layout of stored instants: of fixed width, so that byte order is time order.
const instant = "2006-01-02T15:04:05.000000Z"

// never stands in the columns by which lists are sorted for "no number", "never submitted", "never approved": it sorts after all others.
const never = "~"

// nameless sorts after every name.
const nameless = "\U0010FFFD"

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if last := lastStamp.Load(); last != nil && last.at == t {
		return last.text
	}
	s := &stamped{t, t.UTC().Format(instant)}
	lastStamp.Store(s)
	return s.text
}

// stamped is an instant as it was written. The one that was written last is kept: what is saved together has one instant in many columns, and an import in many rows.
type stamped struct {
	at   time.Time
	text string
}

var lastStamp atomic.Pointer[stamped]

func stampOrNever(t time.Time) string {
	if t.IsZero() {
		return never
	}
	return stamp(t)
}

func unstamp(s string) time.Time {
	if s == "" || s == never {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

func undate(s string) calendar.Date {
	if s == "" || s == never {
		return 0
	}
	d, err := calendar.Parse(s)
	if err != nil {
		return 0
	}
	return d
}

func orNever(s string) string {
	if s == "" {
		return never
	}
	return s
}

func noNever(s string) string {
	if s == never {
		return ""
	}
	return s
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// newUID names a row for its sealed columns before its id is known.
func newUID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// sealRow seals a column of a row that is named by its uid; openRow opens it.
func (tx *Tx) sealRow(table, column, uid string, plain []byte) []byte {
	return tx.db.keys.Seal(plain, rowPlace(table, column, uid))
}

func (tx *Tx) openRow(table, column, uid string, sealed []byte) ([]byte, error) {
	return opened(table, column)(tx.db.keys.Open(sealed, rowPlace(table, column, uid)))
}

func rowPlace(table, column, uid string) []byte {
	b := make([]byte, 0, len(table)+len(column)+len(uid)+2)
	b = append(append(b, table...), 0)
	b = append(append(b, column...), 0)
	return append(b, uid...)
}

// sealID and openID are the same for a row whose id is known.
func (tx *Tx) sealID(table, column string, id int64, plain []byte) []byte {
	return tx.db.keys.Seal(plain, seal.Place(table, column, id))
}

func (tx *Tx) openID(table, column string, id int64, sealed []byte) ([]byte, error) {
	return opened(table, column)(tx.db.keys.Open(sealed, seal.Place(table, column, id)))
}

func opened(table, column string) func([]byte, error) ([]byte, error) {
	return func(b []byte, err error) ([]byte, error) {
		if err != nil {
			return nil, fault.Wrap(fmt.Errorf("opening %s.%s: %w", table, column, err), fault.Internal, "error.internal")
		}
		return b, nil
	}
}

// sealJSON seals a value as JSON under the row's uid.
func (tx *Tx) sealJSON(table, column, uid string, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("writing %s.%s: %w", table, column, err)
	}
	return tx.sealRow(table, column, uid, plain), nil
}

func (tx *Tx) openJSON(table, column, uid string, sealed []byte, v any) error {
	plain, err := tx.openRow(table, column, uid, sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("reading %s.%s: %w", table, column, err)
	}
	return nil
}

// joinCodes and splitCodes keep short lists of codes in a text column.
func joinCodes[T ~string](codes []T) string {
	s := make([]string, len(codes))
	for i, c := range codes {
		s[i] = string(c)
	}
	return strings.Join(s, ",")
}

func splitCodes[T ~string](s string) []T {
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ",")
	out := make([]T, len(parts))
	for i, p := range parts {
		out[i] = T(p)
	}
	return out
}

func joinIDs(ids []int64) string {
	var b []byte
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(b)
}

func splitIDs(s string) []int64 {
	var out []int64
	for p := range strings.SplitSeq(s, ",") {
		if id, err := strconv.ParseInt(p, 10, 64); err == nil {
			out = append(out, id)
		}
	}
	return out
}

// statement builds a query with numbered placeholders.
type statement struct {
	b    strings.Builder
	args []any
}

// add appends text in which each "?" becomes the next placeholder. Texts of queries hold no other question mark.
func (s *statement) add(text string, args ...any) {
	for _, a := range args {
		i := strings.IndexByte(text, '?')
		s.b.WriteString(text[:i])
		text = text[i+1:]
		s.args = append(s.args, a)
		s.b.WriteByte('$')
		s.b.WriteString(strconv.Itoa(len(s.args)))
	}
	s.b.WriteString(text)
}

// in appends " AND expr IN (…)" or "=" for one value. The number of placeholders is rounded up to a power of two (the last value is
// repeated), so that few texts need preparing.
func (s *statement) in(expr string, values []string) {
	if len(values) == 1 {
		s.add(" AND "+expr+" = ?", values[0])
		return
	}
	if len(values) == 0 {
		s.add(" AND 1 = 0")
		return
	}
	s.add(" AND " + expr + " IN (")
	n := 1
	for n < len(values) {
		n *= 2
	}
	for i := range n {
		if i > 0 {
			s.add(", ")
		}
		s.add("?", values[min(i, len(values)-1)])
	}
	s.add(")")
}

// inIDs is in for ids.
func (s *statement) inIDs(expr string, ids []int64) {
	if len(ids) == 0 {
		s.add(" AND 1 = 0")
		return
	}
	s.add(" AND " + expr + " IN (")
	n := 1
	for n < len(ids) {
		n *= 2
	}
	for i := range n {
		if i > 0 {
			s.add(", ")
		}
		s.add("?", ids[min(i, len(ids)-1)])
	}
	s.add(")")
}

// inBlinds is in for blind indexes.
func (s *statement) inBlinds(expr string, blinds []string) {
	s.add(" AND " + expr + " IN (")
	n := 1
	for n < len(blinds) {
		n *= 2
	}
	for i := range n {
		if i > 0 {
			s.add(", ")
		}
		s.add("?", []byte(blinds[min(i, len(blinds)-1)]))
	}
	s.add(")")
}

func (s *statement) text() string { return s.b.String() }
