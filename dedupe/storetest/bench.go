package storetest

import (
	"strconv"
	"testing"
	"time"

	"hookonce/dedupe"
)

// Bench measures claim and complete of fresh events: one pair is one operation.
func Bench(b *testing.B, store dedupe.Store) {
	b.Helper()
	for i := range b.N {
		event := strconv.Itoa(i)
		c := dedupe.Claim{Source: b.Name(), Subject: "subject " + strconv.Itoa(i%1000), Event: event, Token: "token",
			Version: event, Lease: lease, Retention: time.Hour}
		a, err := store.Claim(b.Context(), c)
		if err != nil || !a.Kind.Owned() && a.Kind != dedupe.Done {
			b.Fatalf("claim %d: %+v %v", i, a, err)
		}
		done := dedupe.Completion{Source: c.Source, Subject: c.Subject, Event: event, Token: "token",
			Version: event, Result: "ok", Retention: time.Hour}
		if _, err := store.Complete(b.Context(), done); err != nil {
			b.Fatalf("complete %d: %v", i, err)
		}
	}
}
