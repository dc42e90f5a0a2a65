// A webhook endpoint on net/http and PostgreSQL or MariaDB, in one of three patterns. Two deliveries of one event never run at the same time: there is one
// process, which lets the second wait for the first.
//
// PATTERN=transaction: the charge and the event's id, which is UNIQUE, are one transaction. hookonce must not flag it.
//
// PATTERN=marker: the event's id is looked for, then the charge is written, then the id, each by itself. Whatever breaks off between the two leaves a
// charge that the next attempt makes again, and nothing but the connection to the database breaks off there.
//
// PATTERN=retry: the event's id is looked for, then both are one transaction, which is done again where it fails. One whose COMMIT was carried out and
// never answered is done twice.
package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
)

const tolerance = 5 * time.Minute

type event struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

type endpoint struct {
	db     *sql.DB
	secret []byte
	work   time.Duration
	once   func(ctx context.Context, ev event) error
	mark   string // the statement that writes an event's id, unless it is there
	charge string
	find   string

	mu   sync.Mutex
	busy map[string]*sync.Mutex // by event
}

func main() {
	e, err := open(os.Getenv("DATABASE_URL"), os.Getenv("PATTERN"))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /webhooks/stripe", e.webhook)
	http.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}

func open(address, pattern string) (*endpoint, error) {
	millis, _ := strconv.Atoi(os.Getenv("WORK_MS"))
	e := &endpoint{work: time.Duration(millis) * time.Millisecond, secret: []byte(os.Getenv("STRIPE_WEBHOOK_SECRET")), busy: map[string]*sync.Mutex{}}
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	switch u.Scheme {
	case "postgres":
		e.mark = "INSERT INTO processed (event) VALUES ($1) ON CONFLICT DO NOTHING"
		e.charge, e.find = "INSERT INTO charges (event, reason) VALUES ($1, $2)", "SELECT count(*) FROM processed WHERE event = $1"
		e.db, err = sql.Open("pgx", address)
	case "mysql":
		c := mysql.NewConfig()
		c.User, c.Net, c.Addr, c.DBName = u.User.Username(), "tcp", u.Host, strings.Trim(u.Path, "/")
		c.Passwd, _ = u.User.Password()
		e.mark = "INSERT IGNORE INTO processed (event) VALUES (?)"
		e.charge, e.find = "INSERT INTO charges (event, reason) VALUES (?, ?)", "SELECT count(*) FROM processed WHERE event = ?"
		e.db, err = sql.Open("mysql", c.FormatDSN())
	default:
		err = fmt.Errorf("no database at %q", u.Redacted())
	}
	if err != nil {
		return nil, err
	}
	switch pattern {
	case "transaction":
		e.once = e.inTransaction
	case "marker":
		e.once = e.markedAfterwards
	case "retry":
		e.once = e.twice
	default:
		return nil, fmt.Errorf("PATTERN=%s: transaction, marker or retry", pattern)
	}
	for _, s := range []string{"CREATE TABLE IF NOT EXISTS processed (event VARCHAR(100) NOT NULL UNIQUE)", "CREATE TABLE IF NOT EXISTS charges (event VARCHAR(100) NOT NULL, reason VARCHAR(100) NOT NULL)"} {
		if _, err := e.db.Exec(s); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (e *endpoint) webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	var ev event
	if err != nil || !genuine(r.Header.Get("Stripe-Signature"), body, e.secret, time.Now()) || json.Unmarshal(body, &ev) != nil {
		http.Error(w, "invalid", http.StatusBadRequest)
		return
	}
	defer e.hold(ev.ID)()
	time.Sleep(e.work) // no connection is taken meanwhile
	// A client that hangs up does not stop the work.
	if err := e.once(context.WithoutCancel(r.Context()), ev); err != nil {
		log.Print(err)
		w.Header().Set("Retry-After", "1")
		http.Error(w, "come back", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "done")
}

// hold lets nobody else work on the event.
func (e *endpoint) hold(id string) (release func()) {
	e.mu.Lock()
	m := e.busy[id]
	if m == nil {
		m = &sync.Mutex{}
		e.busy[id] = m
	}
	e.mu.Unlock()
	m.Lock()
	return m.Unlock
}

func (e *endpoint) inTransaction(ctx context.Context, ev event) error {
	tx, err := e.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // which does nothing once it is committed
	added, err := tx.ExecContext(ctx, e.mark, ev.ID)
	if err != nil {
		return err
	}
	if n, err := added.RowsAffected(); err != nil || n == 0 {
		return err
	}
	if _, err := tx.ExecContext(ctx, e.charge, ev.ID, ev.Type); err != nil {
		return err
	}
	return tx.Commit()
}

func (e *endpoint) twice(ctx context.Context, ev event) error {
	var n int
	if err := e.db.QueryRowContext(ctx, e.find, ev.ID).Scan(&n); err != nil || n > 0 {
		return err
	}
	err := e.chargeAndMark(ctx, ev)
	if err != nil {
		err = e.chargeAndMark(ctx, ev)
	}
	return err
}

func (e *endpoint) chargeAndMark(ctx context.Context, ev event) error {
	tx, err := e.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // which does nothing once it is committed
	if _, err := tx.ExecContext(ctx, e.charge, ev.ID, ev.Type); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, e.mark, ev.ID); err != nil {
		return err
	}
	return tx.Commit()
}

func (e *endpoint) markedAfterwards(ctx context.Context, ev event) error {
	var n int
	if err := e.db.QueryRowContext(ctx, e.find, ev.ID).Scan(&n); err != nil || n > 0 {
		return err
	}
	_, err := e.db.ExecContext(ctx, e.charge, ev.ID, ev.Type)
	if err == nil {
		_, err = e.db.ExecContext(ctx, e.mark, ev.ID)
	}
	if err != nil {
		return errors.Join(errors.New("not finished"), err)
	}
	return nil
}

// genuine checks a header t=TIME,v1=SIGNATURE, as Stripe documents it.
func genuine(header string, body, secret []byte, now time.Time) bool {
	var at string
	var signatures []string
	for part := range strings.SplitSeq(header, ",") {
		switch name, value, _ := strings.Cut(part, "="); name {
		case "t":
			at = value
		case "v1":
			signatures = append(signatures, value)
		}
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s", at, body)
	want := mac.Sum(nil)
	for _, s := range signatures {
		if got, err := hex.DecodeString(s); err == nil && hmac.Equal(got, want) {
			return true
		}
	}
	return false
}
