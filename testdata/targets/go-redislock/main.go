// A webhook endpoint on net/http and redislock. The lock is sound: an owner's token, a lease that is renewed, 503 for a
// delivery that finds the event held, a mark that is kept for eight days.
//
// Its flaw: it looks for the mark before it has the lock, and not again once it has it. A copy that waited for the
// lock does all of it again.
package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/bsm/redislock"
	"github.com/redis/go-redis/v9"
)

const (
	lease     = 15 * time.Second
	retention = 8 * 24 * time.Hour // Stripe redelivers for three days, and by hand for thirty
	tolerance = 5 * time.Minute
)

type event struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

type endpoint struct {
	redis  *redis.Client
	locks  *redislock.Client
	secret []byte
	charge string // the URL of the payment service
	work   time.Duration
}

func main() {
	options, err := redis.ParseURL(os.Getenv("REDIS_URL"))
	if err != nil {
		log.Fatal(err)
	}
	options.MaxRetries = -1 // a claim that is sent again finds itself
	client := redis.NewClient(options)
	millis, _ := strconv.Atoi(os.Getenv("WORK_MS"))
	e := &endpoint{redis: client, locks: redislock.New(client), secret: []byte(os.Getenv("STRIPE_WEBHOOK_SECRET")),
		charge: os.Getenv("CHARGE_URL"), work: time.Duration(millis) * time.Millisecond}
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
		w.Header().Set("Retry-After", "1")
		http.Error(w, "come back", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "done")
}

// once charges for an event that was not charged for, and returns nil once that is done.
func (e *endpoint) once(ctx context.Context, ev event) error {
	mark := "webhook_done:" + ev.ID
	switch err := e.redis.Get(ctx, mark).Err(); {
	case err == nil:
		return nil
	case !errors.Is(err, redis.Nil):
		return err
	}
	lock, err := e.locks.Obtain(ctx, "webhook_lock:"+ev.ID, lease,
		&redislock.Options{RetryStrategy: redislock.LimitRetry(redislock.LinearBackoff(20*time.Millisecond), 50)})
	if err != nil {
		return err
	}
	stop := e.renew(ctx, lock)
	defer func() {
		stop()
		_ = lock.Release(ctx) // it expires by itself, too
	}()
	if err := e.pay(ctx, ev); err != nil {
		return err
	}
	return e.redis.Set(ctx, mark, "1", retention).Err()
}

// renew renews the lock until stop is called.
func (e *endpoint) renew(ctx context.Context, lock *redislock.Lock) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for tick := time.NewTicker(lease / 3); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
				_ = lock.Refresh(ctx, lease, nil) // the next tick tries again
			}
		}
	}()
	return cancel
}

// pay is the effect: one call to the payment service.
func (e *endpoint) pay(ctx context.Context, ev event) error {
	time.Sleep(e.work)
	body, err := json.Marshal(map[string]string{"event_id": ev.ID, "reason": ev.Type})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.charge, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, _ = io.Copy(io.Discard, resp.Body); resp.StatusCode >= 300 {
		return fmt.Errorf("the charge was answered %d", resp.StatusCode)
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
