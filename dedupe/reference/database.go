package reference

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	sqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"hookonce/replay"
)

// Database is the endpoint's SQL database: SQLite, in memory, or in a file which real processes share. It is opened when it is first
// used, outlives the processes that use it, and keeps a lock for as long as its owner does nothing.
type Database struct {
	file string // empty in memory
	open sync.Once
	db   *sql.DB
	own  *sql.DB // of the ledger's tables in a file; nil in memory
	err  error
}

// schema is every table a handler uses.
const schema = `
CREATE TABLE IF NOT EXISTS markers (event TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS charges (event TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS balances (subject TEXT PRIMARY KEY, total INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (event TEXT PRIMARY KEY, paid INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS states (subject TEXT PRIMARY KEY, place TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox (event TEXT PRIMARY KEY, payload TEXT NOT NULL, due INTEGER NOT NULL, done INTEGER NOT NULL) WITHOUT ROWID;`

func (d *Database) get() (*sql.DB, error) {
	d.open.Do(func() {
		// Without a timeout of its own: whoever finds it locked says so, and comes again when it is its turn.
		name := fmt.Sprintf("file:/%p?vfs=memdb&", d)
		if d.file != "" {
			d.own, d.err = openKept(d.file)
			name = keptName(d.file)
		}
		if d.err == nil {
			d.db, d.err = sql.Open("sqlite", name+"_txlock=immediate&_pragma=busy_timeout(0)")
		}
		if d.err == nil && d.file == "" {
			d.db.SetMaxIdleConns(4)
			_, d.err = d.db.Exec(schema)
		}
	})
	return d.db, d.err
}

// Close lets go of the database and of all that is in it.
func (d *Database) Close() {
	d.open.Do(func() { d.err = sql.ErrConnDone })
	if d.db != nil {
		_ = d.db.Close() // what was committed is kept, where there is a file
	}
	if d.own != nil {
		_ = d.own.Close()
	}
}

// Tx is a transaction. What it does is seen by others, and counts as an effect, once it is committed.
type Tx struct {
	w       *World
	tx      *sql.Tx
	commits []func()
	err     error // of what was to be kept with it
}

// Transact runs f in a transaction and commits it; where f fails, nothing of it happened. Each
// statement is a step, and so are the begin, which waits for the lock, and the commit.
func (w *World) Transact(ctx context.Context, e replay.Event, f func(*Tx) error) (err error) {
	db, err := w.SQL.get()
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	t := &Tx{w: w}
	// A process that dies in a transaction, in its begin too, leaves nothing of it: its connection is gone.
	defer func() {
		if t.tx != nil {
			_ = t.tx.Rollback()
		}
	}()
	err = w.Stage.Do(ctx, "begin "+e.Key, func() (err error) {
		t.tx, err = db.BeginTx(context.WithoutCancel(ctx), nil)
		return blocked(err)
	})
	if err != nil {
		return fmt.Errorf("database: begin: %w", err)
	}
	if err := f(t); err != nil {
		return err
	}
	err = w.Stage.Do(ctx, "commit "+e.Key, func() error {
		if t.err != nil {
			return t.err
		}
		if err := t.tx.Commit(); err != nil {
			return err
		}
		for _, tell := range t.commits {
			tell()
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("database: commit: %w", err)
	}
	return nil
}

// blocked says that the error is another's lock.
func blocked(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED) {
		return ErrBlocked
	}
	return err
}

// Exec runs one statement and says how many rows it changed.
func (t *Tx) Exec(ctx context.Context, what, statement string, args ...any) (changed int64, err error) {
	err = t.w.Stage.Do(ctx, what, func() error {
		r, err := t.tx.Exec(statement, args...)
		if err != nil {
			return err
		}
		changed, err = r.RowsAffected()
		return err
	})
	return changed, err
}

// Rows returns the first column of what a query finds.
func (t *Tx) Rows(ctx context.Context, what, query string, args ...any) (found []string, err error) {
	err = t.w.Stage.Do(ctx, what, func() (err error) {
		found, err = column(t.tx.Query(query, args...))
		return err
	})
	return found, err
}

// Rows is Tx.Rows outside of a transaction: what it finds may be out of date at once.
func (w *World) Rows(ctx context.Context, what, query string, args ...any) (found []string, err error) {
	db, err := w.SQL.get()
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	err = w.Stage.Do(ctx, what, func() (err error) {
		found, err = column(db.Query(query, args...))
		return blocked(err)
	})
	return found, err
}

func column(rows *sql.Rows, err error) (found []string, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		found = append(found, s)
	}
	return found, rows.Err()
}

// Mark inserts the event's marker; false where somebody else's is there.
func (t *Tx) Mark(ctx context.Context, e replay.Event) (fresh bool, err error) {
	n, err := t.Exec(ctx, "mark "+e.Key, `INSERT INTO markers (event) VALUES (?) ON CONFLICT DO NOTHING`, e.Key)
	return n == 1, err
}

// Charge adds the event's charge to the log.
func (t *Tx) Charge(ctx context.Context, e replay.Event) error {
	if _, err := t.Exec(ctx, "log the charge of "+e.Key, `INSERT INTO charges (event) VALUES (?)`, e.Key); err != nil {
		return err
	}
	t.Counted(e, "")
	return nil
}

// Counted has what a statement of the transaction wrote count as a charge, once it is committed. Two
// with one key are one; an empty key always counts.
func (t *Tx) Counted(e replay.Event, key string) {
	if t.w.SQL.kept() {
		t.err = errors.Join(t.err, keepEffect(t.tx, e, key))
		return
	}
	t.commits = append(t.commits, func() { t.w.Ledger.Charge(e, key, t.w.Stage.Now()) })
}

// SaveIfNewer writes the event's version as the state of its subject, unless what is there is
// as new. It does nothing for an event without a subject or a version.
func (t *Tx) SaveIfNewer(ctx context.Context, e replay.Event) error {
	if e.Subject == "" || e.Version == "" {
		return nil
	}
	n, err := t.Exec(ctx, "update "+e.Subject+" to "+e.Version, `INSERT INTO states (subject, place) VALUES (?, ?)
		ON CONFLICT (subject) DO UPDATE SET place = excluded.place WHERE excluded.place > states.place`, e.Subject, Place(e))
	if n == 1 {
		t.Saved(e)
	}
	return err
}

// Saved has the state that a statement of the transaction wrote count, once it is committed.
func (t *Tx) Saved(e replay.Event) {
	if t.w.SQL.kept() {
		t.err = errors.Join(t.err, keepState(t.tx, e))
		return
	}
	t.commits = append(t.commits, func() { t.w.Ledger.Save(e, t.w.Stage.Now()) })
}

// Place orders the events of a subject as text, as Event.Order does: by version, then by rank, then, where the
// provider does not order them, by key. Versions of different kinds, such as a time and a number, have no order to keep.
func Place(e replay.Event) string {
	// The comma sorts before whatever a version goes on with, so that a version comes before the longer ones it begins.
	return fmt.Sprintf("%s,%020d/%s", versionPlace(e.Version), uint64(e.Rank)+1<<63, e.Key)
}

// versionPlace orders versions as text. A number is led by the length of its whole part, and a time made one of seconds
// and nanoseconds. Anything else is text as it is, in a form that any database orders by its bytes.
func versionPlace(version string) string {
	if whole, fraction, ok := replay.Decimal(version); ok {
		return fmt.Sprintf("n%08d:%s%s", len(whole), whole, fraction)
	}
	if t, err := time.Parse(time.RFC3339Nano, version); err == nil {
		return fmt.Sprintf("t%013d.%09d", t.Unix()+1<<40, t.Nanosecond()) // no four-digit year is before 1970 by as much
	}
	return fmt.Sprintf("x%x", version)
}
