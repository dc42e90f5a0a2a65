// A webhook endpoint on net/http and a database. hookonce must not flag it: the charge and the event's id, which is UNIQUE, are
// one transaction. Either both are there or neither is, and of two deliveries at once one commits. It needs no Redis.
package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	_ "modernc.org/sqlite"
)

const tolerance = 5 * time.Minute

// schema is made at each start, by the first of the replicas that comes.
const schema = `
CREATE TABLE IF NOT EXISTS processed (event TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS charges (event TEXT NOT NULL, reason TEXT NOT NULL);`

type event struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

type endpoint struct {
	db     *sql.DB
	secret []byte
	work   time.Duration
}

func main() {
	path := strings.TrimPrefix(os.Getenv("DATABASE_URL"), "sqlite:")
	// Whoever writes waits for its turn, from the beginning of its transaction on.
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)")
	if err == nil {
		_, err = db.Exec(schema)
	}
	if err != nil {
		log.Fatal(err)
	}
	millis, _ := strconv.Atoi(os.Getenv("WORK_MS"))
	e := &endpoint{db, []byte(os.Getenv("STRIPE_WEBHOOK_SECRET")), time.Duration(millis) * time.Millisecond}
	http.HandleFunc("POST /webhooks/stripe", e.webhook)
	http.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}

func (e *endpoint) webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	var ev event
	if err != nil || !genuine(r.Header.Get("Stripe-Signature"), body, e.secret, time.Now()) || json.Unmarshal(body, &ev) != nil {
		http.Error(w, "invalid", http.StatusBadRequest)
		return
	}
	// A client that hangs up does not stop the work.
	if err := e.once(context.WithoutCancel(r.Context()), ev); err != nil {
		log.Print(err)
		w.Header().Set("Retry-After", "1")
		http.Error(w, "come back", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "done")
}

// once charges for an event that was not charged for.
func (e *endpoint) once(ctx context.Context, ev event) error {
	time.Sleep(e.work) // nobody waits for the database's lock meanwhile
	tx, err := e.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // which does nothing once it is committed
	added, err := tx.Exec(`INSERT INTO processed (event) VALUES (?) ON CONFLICT DO NOTHING`, ev.ID)
	if err != nil {
		return err
	}
	if n, err := added.RowsAffected(); err != nil || n == 0 {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO charges (event, reason) VALUES (?, ?)`, ev.ID, ev.Type); err != nil {
		return err
	}
	return tx.Commit()
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
