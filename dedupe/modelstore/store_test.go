package modelstore_test

import (
	"strconv"
	"testing"
	"time"

	"hookonce/dedupe"
	"hookonce/dedupe/modelstore"
	"hookonce/dedupe/storetest"
)

func TestContract(t *testing.T) {
	clock := storetest.NewClock()
	store := modelstore.New(clock.Now)
	storetest.Run(t, func(*testing.T) (dedupe.Store, func(time.Duration)) { return store, clock.Advance })
}

// TestForgets holds that memory follows what is retained, not what ever came.
func TestForgets(t *testing.T) {
	clock := storetest.NewClock()
	store := modelstore.New(clock.Now)
	for i := range 100_000 {
		id := strconv.Itoa(i)
		c := dedupe.Claim{Source: "src", Subject: id, Event: id, Token: "A", Version: "1", Lease: time.Second, Retention: time.Second}
		if _, err := store.Claim(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		done := dedupe.Completion{Source: "src", Subject: id, Event: id, Token: "A", Version: "1", Retention: time.Second}
		if _, err := store.Complete(t.Context(), done); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Millisecond)
	}
	if n := store.Len(); n > 20_000 { // a second retains 2,000 records
		t.Errorf("%d records are kept of 200,000 made, of which 2,000 are live", n)
	}
}

func BenchmarkClaimComplete(b *testing.B) { storetest.Bench(b, modelstore.New(nil)) }
