package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"muntija/internal/fault"
)

// Tx is one transaction: a snapshot in View, the whole truth in Update. It is good until fn returns, and for one goroutine.
type Tx struct {
	db     *DB
	c      *conn
	ctx    context.Context
	write  bool
	failed error      // the first statement that failed: the transaction cannot go on
	chain  *chainHead // of the audit log, shared by the updates of one commit
}

// Context returns the context of the View or Update call.
func (tx *Tx) Context() context.Context { return tx.ctx }

// conn is one connection with the statements prepared on it. It belongs to one goroutine at a time.
type conn struct {
	c     *sql.Conn
	text  func(string) string // the engine's own form of a query
	btext func(string) string // and of an INSERT of many rows
	stmts map[string]*sql.Stmt

	bulk  map[string]driver.Stmt // of [Tx.bulk]
	named []driver.NamedValue    // used again for the next of them

	unflushed bool // its commits are not flushed to the disk; see [DB.UpdateStep]
}

// maxStatements bounds the statements kept on a connection: lists of placeholders come in many lengths.
const maxStatements = 400

func (db *DB) newConn(c *sql.Conn) *conn {
	return &conn{c: c, text: db.d.text, btext: db.d.bulkText, stmts: make(map[string]*sql.Stmt), bulk: make(map[string]driver.Stmt)}
}

func (c *conn) stmt(query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	if len(c.stmts) >= maxStatements {
		for q, s := range c.stmts {
			s.Close()
			delete(c.stmts, q)
		}
	}
	s, err := c.c.PrepareContext(context.Background(), c.text(query))
	if err != nil {
		return nil, err
	}
	c.stmts[query] = s
	return s, nil
}

// run executes a statement outside of any caller's deadline: BEGIN, COMMIT and the like must not be cut off half-way.
func (c *conn) run(query string) error {
	s, err := c.stmt(query)
	if err != nil {
		return err
	}
	_, err = s.ExecContext(context.Background())
	return err
}

func (c *conn) close() error {
	if c.c == nil {
		return nil
	}
	for _, s := range c.stmts {
		s.Close()
	}
	if len(c.bulk) > 0 {
		_ = c.c.Raw(func(any) error { c.closeBulk(); return nil }) // fails if the connection is gone, and they with it
	}
	return c.c.Close()
}

func (c *conn) closeBulk() {
	for q, s := range c.bulk {
		s.Close()
		delete(c.bulk, q)
	}
}

// runBulk executes a statement of many values by the driver itself. On the way through database/sql every value is copied with a name and a number, and the driver
// is asked about the type of each: for an import of a country's families, five million of them.
func (c *conn) runBulk(query string, args []any) (r driver.Result, err error) {
	c.named = c.named[:0]
	for i, x := range args {
		switch x.(type) {
		case int64, string, []byte:
		default:
			if x, err = driver.DefaultParameterConverter.ConvertValue(x); err != nil {
				return nil, fmt.Errorf("value %d: %w", i+1, err)
			}
		}
		c.named = append(c.named, driver.NamedValue{Ordinal: i + 1, Value: x})
	}
	defer clear(c.named)
	err = c.c.Raw(func(dc any) error {
		s, ok := c.bulk[query]
		if !ok {
			if len(c.bulk) >= maxStatements {
				c.closeBulk()
			}
			var err error
			if s, err = dc.(driver.ConnPrepareContext).PrepareContext(context.Background(), c.btext(query)); err != nil {
				return fmt.Errorf("preparing %.80q: %w", query, err)
			}
			c.bulk[query] = s
		}
		r, err = s.(driver.StmtExecContext).ExecContext(context.Background(), c.named)
		return err
	})
	return r, err
}

// runContext is the context for statements. In Update no statement is cut off: SQLite would roll back the neighbours' work of the same
// commit with it, and PostgreSQL's driver would drop the connection. The deadline is looked at between statements instead.
func (tx *Tx) runContext() (context.Context, error) {
	if tx.failed != nil {
		return nil, tx.failed
	}
	if err := tx.ctx.Err(); err != nil {
		return nil, err
	}
	if tx.write {
		return context.Background(), nil
	}
	return tx.ctx, nil
}

// fail notes that a statement failed. What a transaction does after that is refused on both engines alike (PostgreSQL would refuse it
// anyway), so that fn cannot swallow the error and commit a half.
func (tx *Tx) fail(err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return translate(err)
	}
	err = translate(err)
	if tx.failed == nil {
		tx.failed = err
	}
	return err
}

func (tx *Tx) exec(query string, args ...any) (int64, error) {
	ctx, err := tx.runContext()
	if err != nil {
		return 0, translate(err)
	}
	if !tx.write {
		return 0, errors.New("store: write inside View")
	}
	tx.db.written.Add(int64(len(args)))
	s, err := tx.c.stmt(query)
	if err != nil {
		return 0, tx.fail(fmt.Errorf("preparing %.80q: %w", query, err))
	}
	r, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, tx.fail(err)
	}
	return r.RowsAffected()
}

// bulk is exec for a statement of many values; see runBulk. lastID is the id of the last row that it inserted, where dialect.lastID says that it means something.
func (tx *Tx) bulk(query string, args []any) (lastID int64, err error) {
	if _, err := tx.runContext(); err != nil {
		return 0, translate(err)
	}
	if !tx.write {
		return 0, errors.New("store: write inside View")
	}
	tx.db.written.Add(int64(len(args)))
	r, err := tx.c.runBulk(query, args)
	if err != nil {
		return 0, tx.fail(err)
	}
	if tx.db.d.lastID {
		return r.LastInsertId()
	}
	return 0, nil
}

func (tx *Tx) query(query string, args ...any) (*sql.Rows, error) {
	ctx, err := tx.runContext()
	if err != nil {
		return nil, translate(err)
	}
	s, err := tx.c.stmt(query)
	if err != nil {
		return nil, tx.fail(fmt.Errorf("preparing %.80q: %w", query, err))
	}
	rows, err := s.QueryContext(ctx, args...)
	return rows, tx.fail(err)
}

// row runs a query that gives one row and scans it; fault.NotFound if there is none.
func (tx *Tx) row(dest []any, query string, args ...any) error {
	ctx, err := tx.runContext()
	if err != nil {
		return translate(err)
	}
	s, err := tx.c.stmt(query)
	if err != nil {
		return tx.fail(fmt.Errorf("preparing %.80q: %w", query, err))
	}
	return tx.fail(s.QueryRowContext(ctx, args...).Scan(dest...))
}

// into collects the destinations of a scan.
func into(dest ...any) []any { return dest }

// each runs a query and calls scan for every row, with the rows closed before it returns.
func (tx *Tx) each(scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := tx.query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return tx.fail(rows.Err())
}

// one turns "no row was changed" into an error.
func one(n int64, err error, kind fault.Kind, key string) error {
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(kind, key)
	}
	return nil
}

// readers are the connections of View. The one that was given back last is taken first: its cache holds what was read last, and the caches of those
// that nobody needs stay empty.
type readers struct {
	free chan struct{} // one for each connection that is not in use; who has received one takes a connection
	mu   sync.Mutex
	idle []*conn
}

func newReaders(n int) *readers { return &readers{free: make(chan struct{}, n)} }

func (r *readers) take() *conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.idle[len(r.idle)-1]
	r.idle = r.idle[:len(r.idle)-1]
	return c
}

func (r *readers) give(c *conn) {
	r.mu.Lock()
	r.idle = append(r.idle, c)
	r.mu.Unlock()
	r.free <- struct{}{}
}

// View runs fn in a read-only snapshot. It waits for a free connection as long as ctx allows.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) (err error) {
	select {
	case <-db.readers.free:
	default:
		select {
		case <-db.readers.free:
		case <-ctx.Done():
			return translate(ctx.Err())
		case <-db.stop:
			return fault.New(fault.Unavailable, "error.unavailable")
		}
	}
	c := db.readers.take()
	defer func() { db.readers.give(c) }()
	if err := c.run(db.d.beginRead); err != nil {
		if !gone(err) {
			return translate(err)
		}
		if c, err = db.reopen(ctx, db.readDB, c); err != nil {
			return translate(err)
		}
		if err := c.run(db.d.beginRead); err != nil {
			return translate(err)
		}
	}
	// Also after a panic in fn, which goes on to the edge.
	defer func() {
		if c.run("ROLLBACK") != nil {
			if fresh, err := db.reopen(context.WithoutCancel(ctx), db.readDB, c); err == nil {
				c = fresh
			}
		}
	}()
	return translate(fn(&Tx{db: db, c: c, ctx: ctx}))
}

// reopen gives a connection in place of one that is gone; on failure the old one, whose next use tries again.
func (db *DB) reopen(ctx context.Context, pool *sql.DB, old *conn) (*conn, error) {
	old.c.Raw(func(any) error { return driver.ErrBadConn }) // so that the pool drops it and does not hand it out again
	old.close()
	c, err := pool.Conn(ctx)
	if err != nil {
		return old, err
	}
	return db.newConn(c), nil
}

// flush sets whether the next commits wait for the disk.
func (c *conn) flush(d *dialect, wanted bool) error {
	if wanted != c.unflushed || d.noFlush == "" {
		return nil
	}
	query := d.noFlush
	if wanted {
		query = d.flush
	}
	if err := c.run(query); err != nil {
		return err
	}
	c.unflushed = !wanted
	return nil
}

// update is one call of Update on its way through the writer.
type update struct {
	ctx   context.Context
	fn    func(*Tx) error
	step  bool // of [DB.UpdateStep]
	err   error
	done  chan struct{}
	state atomic.Int32 // 0 waits, 1 taken by the writer, 2 given up by its caller
}

type insideUpdate struct{}

// Update runs fn in a transaction that can write and returns after its commit is on the disk.
//
// Updates that wait at the same moment share one commit: each fn runs in its own savepoint, so that one that fails takes nothing of its
// neighbours with it. fn may run twice (PostgreSQL found a conflict, or a neighbour broke the shared transaction): it must do nothing but
// use its Tx and set its own results. A panic in fn becomes an error. Once fn has begun, Update waits for the end whatever ctx says, so that
// the answer is the truth; before that it gives up with fault.Unavailable. fn must not call Update.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	return db.enqueue(ctx, &update{fn: fn})
}

// UpdateStep is Update for a step of work that goes on by itself from what the database says of it: fn stores with its rows how far the work has come. After it
// returns, the step survives the end of this process, by whatever signal. A machine that loses its power may lose the last steps, the later ones first, and the
// work does them again; whoever calls Update afterwards has them on the disk with their own. On SQLite the writer does not wait for the disk after each step.
func (db *DB) UpdateStep(ctx context.Context, fn func(*Tx) error) error {
	return db.enqueue(ctx, &update{fn: fn, step: true})
}

func (db *DB) enqueue(ctx context.Context, u *update) error {
	if ctx.Value(insideUpdate{}) == db {
		return errors.New("store: Update inside Update")
	}
	u.ctx, u.done = context.WithValue(ctx, insideUpdate{}, db), make(chan struct{})
	select {
	case <-db.stop:
		return fault.New(fault.Unavailable, "error.unavailable")
	default:
	}
	select {
	case db.queue <- u:
	case <-ctx.Done():
		return translate(ctx.Err())
	case <-db.stop:
		return fault.New(fault.Unavailable, "error.unavailable")
	}
	select {
	case <-u.done:
		return u.err
	case <-ctx.Done():
		if u.state.CompareAndSwap(0, 2) {
			return translate(ctx.Err())
		}
		<-u.done
		return u.err
	case <-db.stopped: // the writer has left; what it had not taken is not done
		select {
		case <-u.done:
			return u.err
		default:
			return fault.New(fault.Unavailable, "error.unavailable")
		}
	}
}

// writeLoop is the one writer of this process.
func (db *DB) writeLoop() {
	defer close(db.stopped)
	batch := make([]*update, 0, db.maxBatch)
	for {
		batch = batch[:0]
		select {
		case u := <-db.queue:
			batch = db.take(batch, u)
		case <-db.stop:
			select {
			case u := <-db.queue: // finish what was accepted
				batch = db.take(batch, u)
			default:
				return
			}
		}
	fill:
		for len(batch) < db.maxBatch {
			select {
			case u := <-db.queue:
				batch = db.take(batch, u)
			default:
				break fill
			}
		}
		if len(batch) > 0 {
			db.restartLog()
			db.runBatch(batch)
		}
	}
}

func (db *DB) take(batch []*update, u *update) []*update {
	if u.state.CompareAndSwap(0, 1) {
		return append(batch, u)
	}
	return batch
}

// maxTries bounds the runs of a batch that the engine asks to run again.
const maxTries = 12

// runBatch runs updates in one transaction and answers each. If the transaction as a whole cannot be had, it asks the engine again, then
// runs them one by one, so that the one that breaks it fails alone.
func (db *DB) runBatch(batch []*update) {
	var err error
	for try := range maxTries {
		var committing bool
		if committing, err = db.tryBatch(batch); err == nil {
			break
		}
		if errors.Is(err, errOneFailed) {
			continue // once more, this time each update in a savepoint of its own
		}
		lost := gone(err)
		if lost {
			db.writer, _ = db.reopen(context.Background(), db.writeDB, db.writer)
		}
		if committing && !retriable(err) {
			break // whether it was committed is not known, so it must not be done again
		}
		db.retries.Add(1)
		if !lost && !retriable(err) || try >= 3 {
			if len(batch) > 1 {
				for _, u := range batch {
					db.runBatch([]*update{u})
				}
				return
			}
			if !lost && !retriable(err) {
				break
			}
		}
		// Two processes that met once must not meet again in step.
		time.Sleep(time.Duration(rand.Int64N(int64(time.Millisecond) << min(try+1, 7))))
	}
	db.commits.Add(1)
	db.updates.Add(int64(len(batch)))
	for _, u := range batch {
		if err != nil {
			u.err = translate(err)
		}
		close(u.done)
	}
}

// A savepoint for each update costs a copy of every page that it touches, and nearly all updates succeed: so a batch runs without them, and only when one of
// its updates fails is it rolled back and run again with them, as are the next guardedBatches, because failures come in swarms.
const guardedBatches = 32

var errOneFailed = errors.New("store: an update of a batch without savepoints failed")

// tryBatch runs the batch once. An error means that nothing of it is stored, unless committing: then the commit itself failed. The error
// of a single update is left in it and does not concern the others.
func (db *DB) tryBatch(batch []*update) (committing bool, err error) {
	c := db.writer
	if err := c.flush(&db.d, slices.ContainsFunc(batch, func(u *update) bool { return !u.step })); err != nil {
		return false, err
	}
	if err := c.run(db.d.beginWrite); err != nil {
		return false, err
	}
	alone := len(batch) == 1
	savepoints := !alone && db.guarded > 0
	if savepoints {
		db.guarded--
	}
	chain := &chainHead{}
	for _, u := range batch {
		u.err = nil
		if err := u.ctx.Err(); err != nil {
			u.err = translate(err)
			continue
		}
		if savepoints {
			if err := c.run("SAVEPOINT one"); err != nil {
				c.run("ROLLBACK")
				return false, err
			}
		}
		before := *chain
		tx := &Tx{db: db, c: c, ctx: u.ctx, write: true, chain: chain}
		u.err = contain(tx, u.fn)
		if broken := tx.failed; broken != nil && (retriable(broken) || gone(broken)) {
			c.run("ROLLBACK")
			return false, broken
		}
		if u.err == nil {
			u.err = tx.failed
		}
		if alone {
			break
		}
		if !savepoints {
			if u.err != nil {
				c.run("ROLLBACK")
				db.guarded = guardedBatches
				return false, errOneFailed
			}
			continue
		}
		if u.err != nil {
			db.guarded = guardedBatches
			*chain = before
			u.err = translate(u.err)
			if err := c.run("ROLLBACK TO SAVEPOINT one"); err != nil {
				c.run("ROLLBACK")
				return false, err
			}
		}
		if err := c.run("RELEASE SAVEPOINT one"); err != nil {
			c.run("ROLLBACK")
			return false, err
		}
	}
	if alone && batch[0].err != nil {
		batch[0].err = translate(batch[0].err)
		return false, errIfGone(c.run("ROLLBACK"))
	}
	if err := db.writeHead(c, chain); err != nil {
		c.run("ROLLBACK")
		return false, err
	}
	if err := c.run("COMMIT"); err != nil {
		c.run("ROLLBACK")
		return true, err
	}
	return false, nil
}

// errIfGone drops the error of a ROLLBACK for which there was no transaction left (SQLite rolls back by itself when the disk is full).
func errIfGone(err error) error {
	if err != nil && gone(err) {
		return err
	}
	return nil
}

// contain runs fn; a panic becomes an error with its stack for the log.
func contain(tx *Tx, fn func(*Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in update: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(tx)
}
