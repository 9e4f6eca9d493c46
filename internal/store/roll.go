package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"

	"muntija/internal/calendar"
	"muntija/internal/fault"
)

// roll is the list of all families as columns in memory: what lists filter and sort by, and nothing by which a person could be reached. Any
// filter of a million families is one pass over a few of its columns (milliseconds, with an exact total), where SQL needed an index for each
// order, fifteen in all, which made a save twice as dear and still left mixed filters slow.
//
// # Design
//
// The database stays the only truth. Each write of a family adds a row to the table family_change in its transaction; each reader looks for
// rows that are newer than the roll, reads those families in its own snapshot, and only then lists. So a list holds all that was committed
// before it began, also by other processes and on other machines. The rows of a page are read from the database and held against the scope again.
//
// # Limits
//
// About 130 MB for a million families. The first list after a start waits until all of them are read (9 s for a million); serve begins at once. Ids must be dense, as the engines give them: the columns are addressed by id.
type roll struct {
	mu     sync.RWMutex
	loaded bool
	seq    int64               // last change that was taken in
	holes  map[int64]time.Time // numbers below seq that were not there yet: on PostgreSQL a later number can be committed first

	// By family id.
	cell      []uint32 // into cells; 0: no such family
	trait     []uint32 // into traits
	created   []uint64 // µs since 1970
	submitted []uint64 // µs since 1970, or last
	number    []uint64 // year and serial of the registration number, or last
	name      []uint64 // the first eight bytes of the sort key, so that most comparisons need no more
	nameAt    []uint32 // where in names the sort key stands
	nameLen   []uint8  // its length; longer keys are cut
	decided   []uint32 // days, calendar.Date; or lastDay
	valid     []uint32 // days, or lastDay
	entered   []uint32 // into users
	handed    []uint32 // into users: who submitted it
	reviewer  []uint32 // into users
	words     []uint32 // sum of the hashes of its words, to see whether they changed

	cells  dictionary[rollCell]
	traits dictionary[rollTrait]
	users  dictionary[int64]
	names  [][]byte // pieces of nameChunk bytes, so that growing copies nothing

	index wordIndex
	news  news // for the members of households, see kin

	districts map[[2]string]map[string]bool // by party and area
	count     int

	outside map[unsafe.Pointer][]byte // memory outside of the heap, by where it begins
	closed  bool
}

// rollCell and rollTrait are what many families have alike: a filter is looked up once for each kind, not for each family.
type rollCell struct {
	party, state, area string
	amendment          bool
}

type rollTrait struct{ craft, sex, protection, overall string }

// last and lastDay stand for "never" and sort behind all else, as never does in SQL.
const (
	last    = ^uint64(0)
	lastDay = ^uint32(0)
)

// dictionary numbers different values from 1.
type dictionary[T comparable] struct {
	index  map[T]uint32
	values []T // values[0] is not used
}

func (d *dictionary[T]) number(v T) uint32 {
	if n, ok := d.index[v]; ok {
		return n
	}
	if d.index == nil {
		d.index = map[T]uint32{}
		d.values = make([]T, 1)
	}
	n := uint32(len(d.values))
	d.index[v] = n
	d.values = append(d.values, v)
	return n
}

// accept returns for each number whether its value is wanted.
func (d *dictionary[T]) accept(wanted func(T) bool) []bool {
	ok := make([]bool, max(1, len(d.values)))
	for i := 1; i < len(ok); i++ {
		ok[i] = wanted(d.values[i])
	}
	return ok
}

// selectListed gives what the roll holds of a family as one text, which halves the time of reading a million rows of twenty columns. No value has a
// unit separator in it: typed text is cleaned of control characters.
var selectListed = `SELECT id, ` + strings.ReplaceAll(`party|state|area|number|craft|sex|protection|overall|amendment|entered_by|submitted_by|reviewer_id|created_at|`+
	`submitted_at|decided_at|valid_until|district|name_sort|name|project|search`, "|", " || '\x1f' || ") + ` FROM family WHERE `

// listed is one row of selectListed.
type listed struct {
	id                                                             int64
	party, state, area, number, craft, sex, protection, overall    []byte
	amendment, entered, handed, reviewer                           int64
	created, submitted, decided, valid, district, nameSort, search []byte
	name, project                                                  []byte
	goods                                                          []string // folded words of each product; read when a family is read again
}

// parse reads the text of a row.
func (l *listed) parse(line []byte) error {
	for _, to := range []any{&l.party, &l.state, &l.area, &l.number, &l.craft, &l.sex, &l.protection, &l.overall, &l.amendment, &l.entered, &l.handed, &l.reviewer,
		&l.created, &l.submitted, &l.decided, &l.valid, &l.district, &l.nameSort, &l.name, &l.project} {
		value, rest, ok := bytes.Cut(line, []byte{0x1f})
		if !ok {
			return fmt.Errorf("the row of family %d is broken", l.id)
		}
		line = rest
		switch to := to.(type) {
		case *[]byte:
			*to = value
		case *int64:
			n, err := strconv.ParseInt(string(value), 10, 64)
			if err != nil {
				return fmt.Errorf("the row of family %d: %w", l.id, err)
			}
			*to = n
		}
	}
	l.search = line
	return nil
}

// read takes in the families of a query that begins with selectListed, with the words of their products, which are taken in apart when all are read.
func (r *roll) read(tx *Tx, goods map[int64][]string, query string, args ...any) error {
	var l listed
	var line sql.RawBytes
	dest := into(&l.id, &line)
	return tx.each(func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		if err := l.parse(line); err != nil {
			return err
		}
		l.goods = goods[l.id]
		r.take(&l)
		return nil
	}, query, args...)
}

// changed notes in the transaction that what lists show of families is new.
func (tx *Tx) changed(id int64) error {
	if _, err := tx.exec(`INSERT INTO family_change (family_id) VALUES ($1)`, id); err != nil {
		return fmt.Errorf("noting the change: %w", err)
	}
	return nil
}

// keepChanges is how many rows of family_change are kept; a roll that is further behind is read anew.
const keepChanges = 100_000

// ForgetChanges deletes old notes of changes and returns how many. The newest ones stay, so that their numbers are not given out again, and so do those that
// the figures have not taken in yet.
func (tx *Tx) ForgetChanges() (int64, error) {
	return tx.exec(`DELETE FROM family_change WHERE seq < (SELECT max(seq) FROM family_change) - $1 AND seq <= coalesce((SELECT seq FROM figure_clock), 0)`, keepChanges)
}

// WarmLists brings the lists up to date, so that the next reader need not. Serve calls it before it answers and every second.
func (db *DB) WarmLists(ctx context.Context) error {
	return db.View(ctx, func(tx *Tx) error {
		return errors.Join(tx.withRoll(func(*roll) error { return nil }), tx.warmCatalogue())
	})
}

// withRoll calls fn with the roll as it is in the transaction's snapshot or a little later. Only View may: what an Update has not committed yet
// must not get into a roll that others read.
func (tx *Tx) withRoll(fn func(*roll) error) error {
	if tx.write {
		return errors.New("store: list inside Update")
	}
	r := &tx.db.roll
	if err := r.refresh(tx); err != nil {
		return fmt.Errorf("reading the families' changes: %w", err)
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return fault.New(fault.Unavailable, "error.unavailable")
	}
	return fn(r)
}

// newestChange has a query for each end of the index: one for both would read all of it.
const newestChange = `SELECT coalesce((SELECT max(seq) FROM family_change), 0), coalesce((SELECT min(seq) FROM family_change), 0)`

// LastChange returns the number of the newest note that a family was entered or changed; every transaction that does so leaves one. It reports false where notes do not
// appear in the order of their numbers, so that an older one may still come.
func (tx *Tx) LastChange() (seq int64, ordered bool, err error) {
	err = tx.row(into(&seq), `SELECT coalesce((SELECT max(seq) FROM family_change), 0)`)
	return seq, tx.db.d.ordered, err
}

// size returns how many families the roll holds, if it was read.
func (r *roll) size() (int, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.count, r.loaded
}

// refresh takes in what was committed before the transaction's snapshot.
func (r *roll) refresh(tx *Tx) error {
	var newest, oldest int64
	if err := tx.row(into(&newest, &oldest), newestChange); err != nil {
		return err
	}
	r.mu.RLock()
	current := r.loaded && r.seq >= newest && len(r.holes) == 0
	r.mu.RUnlock()
	if current {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return fault.New(fault.Unavailable, "error.unavailable")
	}
	if r.loaded && r.seq >= newest && len(r.holes) == 0 {
		return nil
	}
	if !r.loaded || r.seq+1 < oldest && r.seq < newest {
		return r.load(tx, newest)
	}
	return r.catchUp(tx, newest)
}

// load reads all families.
func (r *roll) load(tx *Tx, newest int64) error {
	var most, n int64
	if err := tx.row(into(&most, &n), `SELECT coalesce(max(id), 0), count(*) FROM family`); err != nil {
		return err
	}
	if most > 100*n+1_000_000 {
		return fmt.Errorf("family ids go up to %d for %d families", most, n)
	}
	r.reset(int(most))
	if err := r.read(tx, nil, selectListed+`id > 0 ORDER BY id`); err != nil {
		return err
	}
	if err := tx.eachGoods(`family_id > 0 ORDER BY family_id`, nil, r.takeGoods); err != nil {
		return err
	}
	if !tx.db.d.ordered {
		if err := r.findHoles(tx, newest-1000, newest); err != nil {
			return err
		}
	}
	r.index.settle(r)
	r.news.reload()
	r.loaded, r.seq = true, newest
	return nil
}

// holeLife is how long a missing number is waited for. Numbers of transactions that were rolled back never come.
const holeLife = 10 * time.Minute

// catchUp reads the families that changed since the roll was read.
func (r *roll) catchUp(tx *Tx, newest int64) error {
	ids := map[int64]bool{}
	note := func(rows *sql.Rows) error {
		var seq, id int64
		err := rows.Scan(&seq, &id)
		ids[id] = true
		delete(r.holes, seq)
		return err
	}
	if newest > r.seq {
		before := r.seq
		if !tx.db.d.ordered {
			if err := r.findHoles(tx, before, newest); err != nil {
				return err
			}
		}
		if err := tx.each(note, `SELECT seq, family_id FROM family_change WHERE seq > $1 AND seq <= $2`, before, newest); err != nil {
			return err
		}
	}
	var late []int64
	for seq, since := range r.holes {
		if time.Since(since) > holeLife {
			delete(r.holes, seq)
			continue
		}
		late = append(late, seq)
	}
	for part := range slices.Chunk(late, 256) {
		var q statement
		q.add("SELECT seq, family_id FROM family_change WHERE 1 = 1")
		q.inIDs("seq", part)
		if err := tx.each(note, q.text(), q.args...); err != nil {
			return err
		}
	}
	all := make([]int64, 0, len(ids))
	for id := range ids {
		all = append(all, id)
	}
	slices.Sort(all)
	for part := range slices.Chunk(all, 256) {
		var q statement
		q.add(selectListed + "1 = 1")
		q.inIDs("id", part)
		goods, err := tx.goodsOf(part)
		if err != nil {
			return err
		}
		if err := r.read(tx, goods, q.text(), q.args...); err != nil {
			return err
		}
	}
	r.news.tell(all)
	r.seq = max(r.seq, newest)
	return nil
}

// findHoles notes which numbers between two are not there yet.
func (r *roll) findHoles(tx *Tx, after, upto int64) error {
	at := max(after, 0)
	missing := func(to int64) {
		for s := max(at+1, to-10_000); s < to; s++ {
			r.holes[s] = time.Now()
		}
	}
	err := tx.each(func(rows *sql.Rows) error {
		var seq int64
		err := rows.Scan(&seq)
		if at > 0 {
			missing(seq)
		}
		at = seq
		return err
	}, `SELECT seq FROM family_change WHERE seq > $1 AND seq <= $2 ORDER BY seq`, max(after, 0), upto)
	return err
}

func (r *roll) reset(most int) {
	r.cells, r.traits, r.users = dictionary[rollCell]{}, dictionary[rollTrait]{}, dictionary[int64]{}
	r.names, r.index = nil, wordIndex{}
	r.districts, r.holes = map[[2]string]map[string]bool{}, map[int64]time.Time{}
	r.loaded, r.count = false, 0
	r.cell = nil
	r.trait, r.created, r.submitted, r.number, r.name, r.nameAt, r.nameLen = nil, nil, nil, nil, nil, nil, nil
	r.decided, r.valid, r.entered, r.handed, r.reviewer, r.words = nil, nil, nil, nil, nil, nil
	r.release()
	r.grow(most + most/16 + 1024)
}

// grow makes room for ids below n.
func (r *roll) grow(n int) {
	if n <= len(r.cell) {
		return
	}
	for _, c := range []*[]uint32{&r.cell, &r.trait, &r.nameAt, &r.decided, &r.valid, &r.entered, &r.handed, &r.reviewer, &r.words} {
		*c = resized(r, *c, n)
	}
	for _, c := range []*[]uint64{&r.created, &r.submitted, &r.number, &r.name} {
		*c = resized(r, *c, n)
	}
	r.nameLen = resized(r, r.nameLen, n)
}

// outsideFrom is the size in bytes from which a column lies outside of the heap, so that a large registry does not make the collector work harder.
const outsideFrom = 1 << 20

// resized returns a longer copy of a column and gives the old one back. Nobody else may use the roll meanwhile.
func resized[T uint8 | uint32 | uint64](r *roll, s []T, n int) []T {
	var out []T
	if size := n * int(unsafe.Sizeof(T(0))); size >= outsideFrom {
		if b, err := mapMemory(size); err == nil {
			at := unsafe.Pointer(&b[0])
			r.outside[at] = b
			out = unsafe.Slice((*T)(at), n)
		}
	}
	if out == nil {
		out = make([]T, n)
	}
	copy(out, s)
	if len(s) > 0 {
		if at := unsafe.Pointer(&s[0]); r.outside[at] != nil {
			unmapMemory(r.outside[at])
			delete(r.outside, at)
		}
	}
	return out
}

// release gives the memory outside of the heap back.
func (r *roll) release() {
	for _, b := range r.outside {
		unmapMemory(b)
	}
	r.outside = map[unsafe.Pointer][]byte{}
}

// close ends the roll when no reader is in it any more.
func (r *roll) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reset(0)
	r.release()
	r.closed = true
}

// ListMemory returns the bytes that the lists hold outside of the heap.
func (db *DB) ListMemory() int64 {
	db.roll.mu.RLock()
	defer db.roll.mu.RUnlock()
	n := int64(0)
	for _, b := range db.roll.outside {
		n += int64(len(b))
	}
	return n
}

// take puts a family's row into the columns, in place of what stood there before.
func (r *roll) take(l *listed) {
	id := int(l.id)
	if id >= len(r.cell) {
		r.grow(id + id/8 + 1024)
	}
	fresh := r.cell[id] == 0
	if fresh {
		r.count++
	}
	r.cell[id] = r.cells.number(rollCell{string(l.party), string(l.state), string(l.area), l.amendment == 1})
	r.trait[id] = r.traits.number(rollTrait{string(l.craft), string(l.sex), string(l.protection), string(l.overall)})
	r.created[id], r.submitted[id] = micros(l.created), micros(l.submitted)
	r.number[id] = serialOf(l.number)
	r.decided[id], r.valid[id] = dayOf(l.decided), dayOf(l.valid)
	r.entered[id], r.handed[id], r.reviewer[id] = r.users.number(l.entered), r.users.number(l.handed), r.users.number(l.reviewer)
	if key := l.nameSort[:min(len(l.nameSort), 255)]; fresh || string(r.nameOf(uint32(id))) != string(key) {
		piece := len(r.names) - 1
		if piece < 0 || len(r.names[piece])+len(key) > nameChunk {
			r.names, piece = append(r.names, resized(r, []uint8(nil), nameChunk)[:0]), piece+1
		}
		r.nameAt[id], r.nameLen[id], r.name[id] = uint32(piece*nameChunk+len(r.names[piece])), uint8(len(key)), prefix(key)
		r.names[piece] = append(r.names[piece], key...)
	}
	if len(l.district) > 0 {
		k := [2]string{string(l.party), string(l.area)}
		if r.districts[k] == nil {
			r.districts[k] = map[string]bool{}
		}
		if !r.districts[k][string(l.district)] {
			r.districts[k][string(l.district)] = true
		}
	}
	r.takeWords(uint32(id), l, fresh)
}

// nameChunk is a power of two, so that a place is a piece and an offset.
const nameChunk = 1 << 20

func (r *roll) nameOf(id uint32) []byte {
	at := r.nameAt[id] % nameChunk
	return r.names[r.nameAt[id]/nameChunk][at : at+uint32(r.nameLen[id])]
}

// prefix packs the first eight bytes of a text so that numbers order as texts do.
func prefix(s []byte) uint64 {
	var b [8]byte
	copy(b[:], s)
	return binary.BigEndian.Uint64(b[:])
}

// micros reads an instant of the layout "2006-01-02T15:04:05.000000Z"; last if it is never.
func micros(s []byte) uint64 {
	if len(s) != len(instant) {
		if t := unstamp(string(s)); !t.IsZero() {
			return uint64(t.UnixMicro())
		}
		return last
	}
	days := dayOf(s)
	if days == lastDay {
		return last
	}
	two := func(i int) uint64 { return uint64(s[i]-'0')*10 + uint64(s[i+1]-'0') }
	us := ((two(11)*60+two(14))*60+two(17))*1_000_000 + two(20)*10_000 + two(22)*100 + two(24)
	return uint64(int64(days)-int64(epoch))*86_400_000_000 + us
}

// epoch is 1970-01-01.
var epoch = calendar.Of(time.Unix(0, 0).UTC())

// dayOf reads the day of "2006-01-02" or of an instant; lastDay if it is never.
func dayOf(s []byte) uint32 {
	if len(s) < 10 {
		return lastDay
	}
	d, err := calendar.Parse(string(s[:10]))
	if err != nil {
		return lastDay
	}
	return uint32(d)
}

// serialOf reads "EG-2026-000123-45" as year and serial in one number, which orders the numbers of a party; last if there is none.
func serialOf(s []byte) uint64 {
	var part [4]uint64
	at, any := 0, false
	for _, c := range s {
		switch {
		case c == '-':
			at = min(at+1, len(part)-1)
		case c >= '0' && c <= '9':
			part[at], any = part[at]*10+uint64(c-'0'), true
		}
	}
	if !any {
		return last
	}
	return part[1]*1_000_000_000_000 + part[2]
}
