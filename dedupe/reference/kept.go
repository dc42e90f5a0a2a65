package reference

import (
	"database/sql"
	"encoding/json"
	"net/url"
	"path/filepath"

	"hookonce/replay"
)

// What a ledger remembers is kept in the file of the endpoint's database, where the endpoint is several processes, or one that is killed. What a
// transaction counts and saves is committed with it.

// NewDatabase is a database in a file, which is made where it is not there.
func NewDatabase(file string) *Database { return &Database{file: file} }

// keptSchema is the ledger's: effects that no downstream counts, states in the order in which they were saved, and what the provider told.
const keptSchema = `
CREATE TABLE IF NOT EXISTS ledger_effects (event TEXT NOT NULL, key TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS ledger_states (n INTEGER PRIMARY KEY, subject TEXT NOT NULL, event TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS ledger_heard (subject TEXT NOT NULL, event TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS ledger_states_subject ON ledger_states (subject);
CREATE INDEX IF NOT EXISTS ledger_heard_subject ON ledger_heard (subject);`

func keptName(file string) string {
	path, err := filepath.Abs(file)
	if err != nil {
		path = file
	}
	// A kill loses nothing that was committed; a machine that fails ends the test, too.
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String() + "?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&"
}

// openKept opens the ledger's own connection, which waits for its turn, and makes all tables.
func openKept(file string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", keptName(file)+"_txlock=immediate&_pragma=busy_timeout(10000)")
	if err == nil {
		_, err = db.Exec(schema + keptSchema)
	}
	return db, err
}

// kept says that what is remembered is in a file.
func (d *Database) kept() bool { return d != nil && d.file != "" }

type executor interface {
	Exec(query string, args ...any) (sql.Result, error)
}

func keepEffect(in executor, e replay.Event, key string) error {
	_, err := in.Exec(`INSERT INTO ledger_effects (event, key) VALUES (?, ?) ON CONFLICT DO NOTHING`, e.Key, sql.NullString{String: key, Valid: key != ""})
	return err
}

func keepState(in executor, e replay.Event) error {
	text, err := rowOf(e)
	if err == nil {
		_, err = in.Exec(`INSERT INTO ledger_states (subject, event) VALUES (?, ?)`, e.Subject, text)
	}
	return err
}

// rowOf is an event without what a row does not need.
func rowOf(e replay.Event) (string, error) {
	e.Body, e.Header = nil, nil
	text, err := json.Marshal(e)
	return string(text), err
}

// charge keeps an effect that has no downstream.
func (d *Database) charge(e replay.Event, key string) error {
	if _, err := d.get(); err != nil {
		return err
	}
	return keepEffect(d.own, e, key)
}

// save keeps a state; newer has it leave a later one, or the same event's, alone.
func (d *Database) save(e replay.Event, newer bool) error {
	if _, err := d.get(); err != nil {
		return err
	}
	tx, err := d.own.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it does nothing once that is committed
	last, err := events(tx.Query(`SELECT event FROM ledger_states WHERE subject = ? ORDER BY n DESC LIMIT 1`, e.Subject))
	if err != nil {
		return err
	}
	if newer && len(last) > 0 && !after(e, last[0]) {
		return nil
	}
	if err := keepState(tx, e); err != nil {
		return err
	}
	return tx.Commit()
}

func (d *Database) hear(e replay.Event) error {
	if _, err := d.get(); err != nil {
		return err
	}
	text, err := rowOf(e)
	if err == nil {
		_, err = d.own.Exec(`INSERT INTO ledger_heard (subject, event) VALUES (?, ?)`, e.Subject, text)
	}
	return err
}

func (d *Database) newest(e replay.Event) (replay.Event, error) {
	heard, err := events(d.own.Query(`SELECT event FROM ledger_heard WHERE subject = ?`, e.Subject))
	now := e
	for _, h := range heard {
		if e.Subject != "" && after(h, now) {
			now = h
		}
	}
	return now, err
}

// states lists the subjects' states; "" stands for all subjects.
func (d *Database) states(subject string) (list []State, err error) {
	if _, err := d.get(); err != nil {
		return nil, err
	}
	saved, err := events(d.own.Query(`SELECT event FROM ledger_states WHERE subject = ?1 OR ?1 = '' ORDER BY n`, subject))
	place := map[string]int{}
	for _, e := range saved {
		i, known := place[e.Subject]
		if !known {
			i = len(list)
			place[e.Subject] = i
			list = append(list, State{Subject: e.Subject})
		}
		s := &list[i]
		s.Version, s.Deleted, s.Versions = e.Version, e.Deletes, append(s.Versions, e.Version)
	}
	return list, err
}

func (d *Database) counts() (list []Count, err error) {
	if _, err := d.get(); err != nil {
		return nil, err
	}
	rows, err := d.own.Query(`SELECT event, count(*) FROM ledger_effects GROUP BY event ORDER BY min(rowid)`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c Count
		if err := rows.Scan(&c.Event, &c.Count); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

func events(rows *sql.Rows, err error) (list []replay.Event, _ error) {
	texts, err := column(rows, err)
	for _, t := range texts {
		var e replay.Event
		if err := json.Unmarshal([]byte(t), &e); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, err
}

// Counts lists the charges per event that no downstream counts.
func (w *World) Counts() ([]Count, error) {
	if w.SQL.kept() {
		return w.SQL.counts()
	}
	return w.Ledger.Counts(), nil
}

// States lists the subjects' states.
func (w *World) States() ([]State, error) {
	if w.SQL.kept() {
		return w.SQL.states("")
	}
	return w.Ledger.States(), nil
}
