package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"
	mathbits "math/bits"
	"slices"
	"sync"

	"muntija/internal/lexicon"
	"muntija/internal/registry"
)

// kin finds families by the names of their household members. Those names stand in the sealed record of a family and nowhere else, in clear neither in a column nor in an
// index; so their words are read from the records into memory, step by step beside the work of the server ([DB.ReadMembers]).
//
// # Design
//
// It only proposes. [Tx.foundMembers] opens the records of the families that it proposes and looks at the names again. So what it says of names that have changed does no
// harm, and nothing is ever taken out. Families that change after the roll was read reach it through the roll, which hears of them from family_change.
//
// Families are taken in parts: a part is built as one bag for each word, then frozen into one piece of memory outside of the heap.
//
// # Limits
//
// About 12 MB for a million families of four. Until all records have been read after a start (a minute for a million), members of the later ones are not found.
type kin struct {
	step  sync.Mutex // held by who reads records
	begun int        // roll.news.load when the reading began; 0: it has not
	upto  int64      // last family of the first reading; kinDone

	mu    sync.RWMutex // guards what follows
	lex   lexicon.Lexicon
	fresh [][]byte // by word: ids as in bag, of the part that is being built
	last  []uint32 // by word: the last one of them
	taken int      // families in it
	parts []kinPart
}

// kinPart is the ids by word: those of word w are ids[from[w]:from[w+1]].
type kinPart struct {
	from []uint32
	ids  []byte
	free func()
}

const (
	kinDone     = -1
	kinPartSize = 1 << 16 // families
	kinStep     = 400     // records that are read in one transaction
	kinInline   = 2000    // families of a registry whose members are read by who asks first
	kinNews     = 64      // changed families that who searches reads himself
)

// news is what kin has to hear of: families that changed, in the order in which the roll took them in.
type news struct {
	mu   sync.Mutex
	on   bool
	load int // how often the roll was read anew
	ids  []int64
}

func (n *news) reload() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.load, n.ids = n.load+1, nil
}

func (n *news) tell(ids []int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.on {
		n.ids = append(n.ids, ids...)
	}
}

func (n *news) take(most int) (ids []int64, load int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.on = true
	most = min(most, len(n.ids))
	ids = slices.Clone(n.ids[:most])
	n.ids = n.ids[most:]
	return ids, n.load
}

// ReadMembers reads the members of some more families and says whether there are more to read. Serve calls it again and again, with pauses.
func (db *DB) ReadMembers(ctx context.Context) (more bool, err error) {
	db.kin.step.Lock()
	defer db.kin.step.Unlock()
	return db.readKin(ctx, kinStep)
}

// HearOfMembers takes in what has changed, before a search: all members of a small registry, of a large one those of a few families that were saved just now.
func (db *DB) HearOfMembers(ctx context.Context) error {
	if !db.kin.step.TryLock() {
		return nil // somebody is at it, and a search does not wait for records
	}
	defer db.kin.step.Unlock()
	for {
		n, _ := db.roll.size()
		if n > kinInline && db.kin.upto != kinDone {
			return nil
		}
		more, err := db.readKin(ctx, kinNews)
		if err != nil || !more || n > kinInline {
			return err
		}
	}
}

// readKin reads some records: those of families that changed, then the next ones.
func (db *DB) readKin(ctx context.Context, most int) (more bool, err error) {
	k := &db.kin
	if err := db.View(ctx, func(tx *Tx) error { return tx.withRoll(func(*roll) error { return nil }) }); err != nil {
		return false, err
	}
	ids, load := db.roll.news.take(most)
	if k.begun != load {
		k.forget()
		k.begun, k.upto = load, 0
	}
	type member struct {
		family int64
		words  []string
	}
	var read []member
	upto := k.upto
	// The snapshot is newer than the changes that were taken.
	err = db.View(ctx, func(tx *Tx) error {
		read, upto = read[:0], k.upto
		put := func(id int64, list []registry.Member) {
			m := member{family: id}
			for _, x := range list {
				m.words = append(m.words, lexicon.Words(x.Name)...)
			}
			read = append(read, m)
		}
		for part := range slices.Chunk(ids, 256) {
			if err := tx.membersOfFamilies(part, put); err != nil {
				return err
			}
		}
		if upto == kinDone {
			return nil
		}
		before := len(read)
		if err := tx.eachMembers(put, `SELECT family_id, record FROM family_record WHERE family_id > $1 ORDER BY family_id LIMIT $2`, upto, most); err != nil {
			return err
		}
		if len(read)-before < most {
			upto = kinDone
		} else {
			upto = read[len(read)-1].family
		}
		return nil
	})
	if err != nil {
		db.roll.news.tell(ids)
		return false, fmt.Errorf("reading household members: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.upto = upto
	for _, m := range read {
		for _, w := range m.words {
			k.add(uint32(m.family), []byte(w))
		}
		if k.taken++; k.taken >= kinPartSize {
			k.freeze()
		}
	}
	return k.upto != kinDone || len(ids) == most, nil
}

// eachMembers calls fn with the household members of each family of a query for family_id and record.
func (tx *Tx) eachMembers(fn func(family int64, list []registry.Member), query string, args ...any) error {
	return tx.each(func(rows *sql.Rows) error {
		var id int64
		var sealed sql.RawBytes
		if err := rows.Scan(&id, &sealed); err != nil {
			return err
		}
		plain, err := tx.openDocID("family_record", "record", id, sealed)
		if err != nil {
			return err
		}
		fn(id, membersOf(plain))
		return nil
	}, query, args...)
}

func (tx *Tx) membersOfFamilies(ids []int64, fn func(family int64, list []registry.Member)) error {
	var q statement
	q.add(`SELECT family_id, record FROM family_record WHERE 1 = 1`)
	q.inIDs("family_id", ids)
	return tx.eachMembers(fn, q.text(), q.args...)
}

// membersOf reads the household members of a record's text, where alone the word "members" can stand with plain quotes around it, and nothing else of it.
func membersOf(plain []byte) (out []registry.Member) {
	at := bytes.Index(plain, []byte(`"members":[`))
	if at < 0 {
		return nil
	}
	if err := json.NewDecoder(bytes.NewReader(plain[at+len(`"members":`):])).Decode(&out); err != nil {
		return nil
	}
	return out
}

func (k *kin) add(id uint32, word []byte) {
	n, isNew := k.lex.Add(word)
	if isNew {
		k.fresh, k.last = append(k.fresh, nil), append(k.last, 0)
	}
	switch ids, last := k.fresh[n], k.last[n]; {
	case len(ids) > 0 && id == last:
	case id > last:
		k.fresh[n], k.last[n] = binary.AppendUvarint(ids, uint64(id-last)), id
	default:
		k.fresh[n], k.last[n] = binary.AppendUvarint(append(ids, 0), uint64(id)), id
	}
}

// freeze makes a part of what was taken.
func (k *kin) freeze() {
	size := 0
	for _, ids := range k.fresh {
		size += len(ids)
	}
	p := kinPart{from: make([]uint32, len(k.fresh)+1), free: func() {}}
	if b, err := mapMemory(max(size, 1)); err == nil {
		p.ids, p.free = b[:0], func() { unmapMemory(b) }
	}
	for w, ids := range k.fresh {
		p.from[w] = uint32(len(p.ids))
		p.ids = append(p.ids, ids...)
		k.fresh[w], k.last[w] = ids[:0], 0
	}
	p.from[len(k.fresh)] = uint32(len(p.ids))
	k.parts, k.taken = append(k.parts, p), 0
}

// forget ends what was read. Nobody reads in it meanwhile.
func (k *kin) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.parts {
		p.free()
	}
	k.lex, k.fresh, k.last, k.taken, k.parts = lexicon.Lexicon{}, nil, nil, 0, nil
}

// mark sets the bits of the families that have a word.
func (k *kin) mark(word uint32, bits []uint64) {
	for i := range k.parts {
		if p := &k.parts[i]; int(word)+1 < len(p.from) {
			markIDs(p.ids[p.from[word]:p.from[word+1]], bits)
		}
	}
	markIDs(k.fresh[word], bits)
}

// having returns the families of whom members have all terms, in one name or in several.
func (k *kin) having(r *roll, terms []lexicon.Term, slips bool) (all []uint64) {
	for _, t := range terms {
		some := r.newBits()
		for i, form := range t.Forms {
			var whole []uint64
			for _, w := range form {
				bits := r.newBits()
				k.lex.Each(w, slips && i == 0, func(n uint32, _ lexicon.Closeness) { k.mark(n, bits) })
				if whole == nil {
					whole = bits
					continue
				}
				and(whole, bits)
				giveBack(bits)
			}
			or(some, whole)
			giveBack(whole)
		}
		if all == nil {
			all = some
			continue
		}
		and(all, some)
		giveBack(some)
	}
	return all
}

// pickKin chooses whose members to look at: families of the filter, newest first, without those that were found already.
func (r *roll) pickKin(f *filter, k *kin, terms []lexicon.Term, without []uint32, want int) (ids []uint32) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.lex.Len() == 0 {
		return nil
	}
	for _, slips := range []bool{false, true} {
		all := k.having(r, terms, slips)
		for _, id := range without {
			all[id/64] &^= 1 << (id % 64)
		}
		for i := len(all) - 1; i >= 0 && len(ids) < want; i-- {
			for word := all[i]; word != 0 && len(ids) < want; {
				bit := 63 - mathbits.LeadingZeros64(word)
				word &^= 1 << bit
				if id := uint32(i*64 + bit); id < uint32(len(r.cell)) && f.meets(id) {
					ids = append(ids, id)
				}
			}
		}
		giveBack(all)
		if len(ids) > 0 {
			break
		}
	}
	return ids
}

// foundMembers opens the records of families and returns those that have a member who answers the whole query, best first.
func (tx *Tx) foundMembers(s Scope, ids []uint32, q lexicon.Query, limit int) ([]FoundFamily, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	hits := make([]cursor, len(ids))
	long := make([]int64, len(ids))
	for i, id := range ids {
		hits[i].ID, long[i] = int64(id), int64(id)
	}
	type best struct {
		registry.Member
		cost int
	}
	found := map[int64]best{}
	err := tx.membersOfFamilies(long, func(id int64, list []registry.Member) {
		for _, x := range list {
			m := q.Marks(x.Name)
			cost := m.Cost * 4
			if !m.First {
				cost += 30
			}
			if old, ok := found[id]; m.Terms == len(q.Terms) && (!ok || cost < old.cost) {
				found[id] = best{x, cost}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	hits = slices.DeleteFunc(hits, func(h cursor) bool { _, ok := found[h.ID]; return !ok })
	rows, err := tx.familyRows(s, hits)
	if err != nil {
		return nil, err
	}
	out := make([]FoundFamily, len(rows))
	for i, row := range rows {
		b := found[row.ID]
		out[i] = FoundFamily{FamilyRow: row, Member: b.Member, Cost: b.cost}
		if ended(row.State) {
			out[i].Cost += 3
		}
	}
	return bestFirst(out, limit), nil
}
