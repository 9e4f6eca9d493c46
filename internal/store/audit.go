package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/seal"
)

// The audit log is a chain: the hash of an entry is SHA-256 over the hash before it and the entry as it is stored, so that no entry can be
// changed, moved, put in or taken out without breaking every hash after it. The last hash stands, signed with a key, in audit_head, so
// that entries cut off at the end are missed too. Who holds the database and the key file can write another history; who keeps an old copy of the
// whole database can put it back. Against both, note the head's hash elsewhere from time to time ("muntija audit verify" prints it).

// chainHead is the end of the chain as one commit sees it.
type chainHead struct {
	loaded, dirty bool
	seq           int64
	hash          []byte
}

// sealedChanges is the plain text of audit.changes.
type sealedChanges struct {
	Changes []registry.Change `json:"c,omitempty"`
	Note    string            `json:"n,omitempty"`
}

// enteredV1 begins the plain text of audit.changes where a whole record was entered at once. What changed is then what [registry.AppendNew] says of the record,
// which says all of it in half the bytes and stands packed already beside the family: an import writes it for every row. After this byte come the note, with its
// length before it, and the record as family_record has it. JSON never begins with such a byte.
const enteredV1 = packV1 + 1

// appendEntered appends the changes of an audit entry about a record, packed, that was entered where nothing stood before.
func appendEntered(b []byte, note string, record []byte) []byte {
	b = binary.AppendUvarint(append(b, enteredV1), uint64(len(note)))
	return append(append(b, note...), record...)
}

// readChanges reads the plain text of audit.changes.
func readChanges(plain []byte) (c sealedChanges, err error) {
	if len(plain) == 0 || plain[0] != enteredV1 {
		return c, changesCodec.read(plain, &c)
	}
	length, n := binary.Uvarint(plain[1:])
	if n <= 0 || length > uint64(len(plain)-1-n) {
		return c, errors.New("the note is longer than the entry")
	}
	plain = plain[1+n:]
	c.Note = string(plain[:length])
	doc, err := unpack(plain[length:])
	if err != nil {
		return c, err
	}
	var r sealedRecord
	if err := recordCodec.read(doc, &r); err != nil {
		return c, err
	}
	c.Changes = registry.AppendNew(nil, &r.Record)
	return c, nil
}

// chainHash is the hash of an entry with its changes as sealed. Every field stands with its length, so that no two entries look alike.
func chainHash(prev []byte, e *AuditEntry, at string, sealed []byte) []byte {
	buf := chainBuffers.Get().(*[]byte)
	defer chainBuffers.Put(buf)
	b := (*buf)[:0]
	field := func(s string) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	b = append(b, "muntija/audit/v1\x00"...)
	b = append(b, prev...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))
	field(at)
	b = binary.BigEndian.AppendUint64(b, uint64(e.ActorID))
	field(e.ActorName)
	field(e.Role)
	field(e.Party)
	field(e.Address)
	field(e.Action)
	field(e.Entity)
	b = binary.BigEndian.AppendUint64(b, uint64(e.EntityID))
	field(e.Area)
	b = binary.BigEndian.AppendUint32(b, uint32(len(sealed)))
	b = append(b, sealed...)
	h := sha256.Sum256(b)
	*buf = b
	return h[:]
}

var chainBuffers = sync.Pool{New: func() any { return new([]byte) }}

func headMAC(keys *seal.Keyring, seq int64, hash []byte) []byte {
	return keys.MAC("audit-head", append(binary.BigEndian.AppendUint64(nil, uint64(seq)), hash...))
}

// Audit appends an entry to the log, in this transaction, and sets its Seq. It costs one statement; the head of the chain is read and
// written once for a commit.
func (tx *Tx) Audit(e *AuditEntry) error {
	if err := tx.loadChain(); err != nil {
		return err
	}
	e.Seq = tx.chain.seq + 1
	plain, err := writeChanges(e)
	if err != nil {
		return err
	}
	sealed := tx.sealDocID("audit", "changes", e.Seq, plain)
	at := stamp(e.At)
	hash := chainHash(tx.chain.hash, e, at, sealed)
	_, err = tx.exec(`INSERT INTO audit (seq, at, actor_id, actor_name, role, party, address, action, entity, entity_id, area, changes, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		e.Seq, at, e.ActorID, e.ActorName, e.Role, e.Party, e.Address, e.Action, e.Entity, e.EntityID, e.Area, sealed, hash)
	if err != nil {
		return fmt.Errorf("appending to the audit log: %w", err)
	}
	tx.chain.seq, tx.chain.hash, tx.chain.dirty = e.Seq, hash, true
	return nil
}

const putHead = `INSERT INTO audit_head (id, seq, hash, mac) VALUES (1, $1, $2, $3)
	ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, mac = excluded.mac`

// writeHead notes the end of the chain at the end of a shared commit.
func (db *DB) writeHead(c *conn, h *chainHead) error {
	if !h.dirty {
		return nil
	}
	s, err := c.stmt(putHead)
	if err != nil {
		return err
	}
	_, err = s.ExecContext(context.Background(), h.seq, h.hash, headMAC(db.keys, h.seq, h.hash))
	return err
}

const auditColumns = `seq, at, actor_id, actor_name, role, party, address, action, entity, entity_id, area, changes`

func scanAudit(rows *sql.Rows, extra ...any) (e AuditEntry, at string, sealed []byte, err error) {
	err = rows.Scan(append(into(&e.Seq, &at, &e.ActorID, &e.ActorName, &e.Role, &e.Party, &e.Address, &e.Action, &e.Entity, &e.EntityID,
		&e.Area, &sealed), extra...)...)
	e.At = unstamp(at)
	return e, at, sealed, err
}

// ListAudit returns entries of the scope's party, newest first. With areas in the scope, only entries of those areas.
func (tx *Tx) ListAudit(s Scope, q AuditQuery) ([]AuditEntry, error) {
	var st statement
	st.add("SELECT "+auditColumns+" FROM audit WHERE party = ?", string(s.Party))
	if s.Areas != nil {
		st.in("area", s.Areas)
	}
	for _, c := range []struct{ column, value string }{{"action", q.Action}, {"entity", q.Entity}, {"area", q.Area}} {
		if c.value != "" {
			st.add(" AND "+c.column+" = ?", c.value)
		}
	}
	if q.ActorID != 0 {
		st.add(" AND actor_id = ?", q.ActorID)
	}
	if q.EntityID != 0 {
		st.add(" AND entity_id = ?", q.EntityID)
	}
	if !q.From.IsZero() {
		st.add(" AND at >= ?", q.From.String())
	}
	if !q.To.IsZero() {
		st.add(" AND at < ?", q.To.AddDays(1).String())
	}
	if q.Before > 0 {
		st.add(" AND seq < ?", q.Before)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 50
	}
	st.add(" ORDER BY seq DESC LIMIT ?", min(limit, 200))
	var out []AuditEntry
	err := tx.each(func(rows *sql.Rows) error {
		e, _, sealed, err := scanAudit(rows)
		if err != nil {
			return err
		}
		plain, err := tx.openDocID("audit", "changes", e.Seq, sealed)
		if err != nil {
			return err
		}
		c, err := readChanges(plain)
		if err != nil {
			return fmt.Errorf("reading audit changes %d: %w", e.Seq, err)
		}
		e.Changes, e.Note = c.Changes, c.Note
		out = append(out, e)
		return nil
	}, st.text(), st.args...)
	if err != nil {
		return nil, fmt.Errorf("listing the audit log: %w", err)
	}
	return out, nil
}

// VerifyAudit walks the whole chain in one snapshot and reports the first entry that does not hold. It reads every entry once and keeps
// none. An error means that the log could not be read, not that it is broken.
//
// A log whose newest entries, head and all, were replaced by an older copy of the database still holds in itself. Against that, note a head now and
// then outside of the database: [VerifyAuditWith].
func VerifyAudit(ctx context.Context, db *DB) (AuditReport, error) {
	var report AuditReport
	err := db.View(ctx, func(tx *Tx) (err error) {
		report, err = tx.verifyAudit()
		return err
	})
	return report, err
}

var errChainBroken = errors.New("chain broken")

func (tx *Tx) verifyAudit() (AuditReport, error) {
	var r AuditReport
	var prev []byte
	broken := func(seq int64, reason string) {
		if r.Reason == "" {
			r.FirstBroken, r.Reason = seq, reason
		}
	}
	err := tx.each(func(rows *sql.Rows) error {
		var hash []byte
		e, at, sealed, err := scanAudit(rows, &hash)
		if err != nil {
			return err
		}
		if e.Seq != r.Entries+1 {
			broken(r.Entries+1, "gap")
			return errChainBroken
		}
		want := chainHash(prev, &e, at, sealed)
		if string(want) != string(hash) {
			broken(e.Seq, "hash")
			return errChainBroken
		}
		r.Entries, prev = e.Seq, hash
		return nil
	}, "SELECT "+auditColumns+", hash FROM audit ORDER BY seq")
	if err != nil && err != errChainBroken {
		return r, fmt.Errorf("reading the audit log: %w", err)
	}
	r.Head = hex.EncodeToString(prev)
	if r.Reason != "" {
		return r, nil
	}
	var seq int64
	var hash, mac []byte
	switch err := tx.row(into(&seq, &hash, &mac), `SELECT seq, hash, mac FROM audit_head WHERE id = 1`); {
	case fault.Is(err, fault.NotFound):
		if r.Entries > 0 {
			broken(r.Entries, "head_missing")
		}
	case err != nil:
		return r, fmt.Errorf("reading the head of the audit log: %w", err)
	case !tx.db.keys.CheckMAC("audit-head", append(binary.BigEndian.AppendUint64(nil, uint64(seq)), hash...), mac):
		broken(max(r.Entries, 1), "head_mac")
	case seq > r.Entries:
		broken(r.Entries+1, "head_seq") // entries were cut off at the end
	case seq < r.Entries:
		broken(seq+1, "head_seq") // entries were added behind the head
	case string(hash) != string(prev):
		broken(seq, "head_hash")
	}
	return r, nil
}

// VerifyAuditWith is VerifyAudit, and also demands that head, the Head of an earlier report, is the hash of an entry: else the reason is "expected".
func VerifyAuditWith(ctx context.Context, db *DB, head string) (AuditReport, error) {
	want, err := hex.DecodeString(head)
	if err != nil || len(want) != sha256.Size {
		return AuditReport{}, fault.New(fault.Invalid, "store.head")
	}
	var report AuditReport
	err = db.View(ctx, func(tx *Tx) (err error) {
		if report, err = tx.verifyAudit(); err != nil || report.Reason != "" {
			return err
		}
		var seq int64
		err = tx.row(into(&seq), `SELECT seq FROM audit WHERE hash = $1`, want)
		if fault.Is(err, fault.NotFound) {
			report.FirstBroken, report.Reason = report.Entries+1, "expected"
			return nil
		}
		return err
	})
	return report, err
}
