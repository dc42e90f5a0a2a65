package reference

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"hookonce/dedupe"
	"hookonce/replay"
)

// Hardened is the pattern done right, and has no known flaw: the guard's lock with an owner, a lease
// that is renewed and a result that is remembered; a charge keyed by the event; a state
// that is compared and set in one step. Whatever is not certain is answered 503.
func Hardened(ctx context.Context, w *World, r Request) Response { return Held(ctx, w, r, 0) }

// Held is Hardened whose duplicates wait for up to hold for the one who works on the event.
func Held(ctx context.Context, w *World, r Request, hold time.Duration) Response {
	e := r.Event
	guard := dedupe.Guard{Store: w.Store, Options: dedupe.Options{
		Clock: w.Stage, Token: w.NewToken, TieRule: dedupe.TieKeep, Hold: hold}}
	// The claim has no version: each event needs its charge, even one whose state is out of date.
	claim := dedupe.Event{Source: e.Provider, Subject: e.Subject, ID: e.Key}
	answer, err := guard.Do(ctx, claim, func(ctx context.Context, _ int64) (dedupe.Result, error) {
		if err := w.Work(ctx, e); err != nil {
			return dedupe.Result{}, err
		}
		if err := w.Effect(ctx, e, e.Key); err != nil {
			return dedupe.Result{}, err
		}
		// Before the completion: a crash in between repeats a write that changes nothing.
		err := w.SaveIfNewer(ctx, e)
		return dedupe.Result{Value: "success", Version: GuardVersion(e), Data: e.Key, Tombstone: e.Deletes}, err
	})
	switch {
	case err != nil:
		return Answer(http.StatusServiceUnavailable, "error")
	case answer.Kind == dedupe.Busy:
		// What is left of the lease is the worst case; most work is done in a moment.
		return Busy(time.Second)
	case answer.Kind.Owned(), answer.Kind == dedupe.Done:
		return Answer(http.StatusOK, answer.Result)
	}
	return Answer(http.StatusUnprocessableEntity, string(answer.Kind))
}

// GuardVersion is the event's version with its rank as the last two digits, or ""
// where the version is not a number the guard can compare, or would lose some of itself: the database still does.
func GuardVersion(e replay.Event) string {
	version := e.Version
	if t, err := time.Parse(time.RFC3339Nano, version); err == nil && t.Nanosecond()%1000 == 0 {
		version = strconv.FormatInt(t.UnixMicro(), 10)
	}
	whole, fraction, ok := replay.Decimal(version)
	if !ok || fraction != "" || len(whole)+rankDigits > dedupe.VersionDigits || e.Rank < 0 || e.Rank > maxRank {
		return ""
	}
	return dedupe.TrimVersion(fmt.Sprintf("%s%0*d", whole, rankDigits, e.Rank))
}

// A version's last two digits are the rank.
const (
	rankDigits = 2
	maxRank    = 99
)
