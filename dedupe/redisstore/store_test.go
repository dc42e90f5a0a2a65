package redisstore_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"hookonce/dedupe"
	"hookonce/dedupe/redisstore"
	"hookonce/dedupe/storetest"
	"hookonce/dedupe/storetest/redisserver"
)

// engine is a server the same tests run against.
type engine struct {
	name string
	// open starts one and returns a client.
	open func(testing.TB) redis.UniversalClient
}

func engines() []engine {
	return []engine{
		{"miniredis", func(tb testing.TB) redis.UniversalClient { return client(tb, miniredis.RunT(tb).Addr()) }},
		{"redis", func(tb testing.TB) redis.UniversalClient { return client(tb, redisserver.Start(tb)) }},
		{"cluster", func(tb testing.TB) redis.UniversalClient {
			return client(tb, redisserver.Redis(tb).StartCluster(tb)...)
		}},
		{"valkey", func(tb testing.TB) redis.UniversalClient { return client(tb, redisserver.Valkey(tb).Start(tb)) }},
		{"valkey cluster", func(tb testing.TB) redis.UniversalClient {
			return client(tb, redisserver.Valkey(tb).StartCluster(tb)...)
		}},
	}
}

// client connects to a server, or to a cluster where there are several addresses.
func client(tb testing.TB, addrs ...string) redis.UniversalClient {
	c := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: addrs})
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

func TestContract(t *testing.T) {
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			clock := storetest.NewClock()
			store := redisstore.New(e.open(t), redisstore.WithClock(clock.Now))
			storetest.Run(t, func(*testing.T) (dedupe.Store, func(time.Duration)) { return store, clock.Advance })
		})
	}
}

// TestCompare walks each engine and the model through the same random transitions. The long run is
//
//	HOOKONCE_TRANSITIONS=1000000 go test -run TestCompare -v -timeout 2h ./dedupe/redisstore
func TestCompare(t *testing.T) {
	for _, run := range []struct {
		engine
		transitions int
	}{{engines()[0], 20_000}, {engines()[1], 50_000}, {engines()[3], 20_000}} {
		t.Run(run.name, func(t *testing.T) {
			rdb := run.open(t)
			seen := storetest.Compare(t, func(now func() time.Time) dedupe.Store {
				return redisstore.New(rdb, redisstore.WithClock(now))
			}, 1, run.transitions)
			for _, answer := range []string{"claim claimed", "claim takeover", "claim busy", "claim done", "claim stale", "claim tie",
				"claim mismatch", "complete ok", "complete lost", "complete stale", "complete tie", "renew true", "renew false",
				"release true", "release false", "state true", "state false"} {
				if seen[answer] < run.transitions/2000 {
					t.Errorf("%q was answered %d times: the walk does not go there", answer, seen[answer])
				}
			}
			t.Log(seen)
		})
	}
}

// TestServerTime holds that without a clock of its own the store lives by the server's.
func TestServerTime(t *testing.T) {
	m := miniredis.RunT(t)
	at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	m.SetTime(at)
	store := redisstore.New(client(t, m.Addr()))
	c := dedupe.Claim{Source: "src", Event: "e", Token: "A", Lease: 30 * time.Second, Retention: time.Hour}
	wantClaim(t, store, c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
	m.SetTime(at.Add(10 * time.Second))
	c.Token = "B"
	wantClaim(t, store, c, dedupe.Answer{Kind: dedupe.Busy, Busy: 20 * time.Second})
	m.SetTime(at.Add(30 * time.Second))
	wantClaim(t, store, c, dedupe.Answer{Kind: dedupe.Takeover, Fence: 2})

	real := redisstore.New(client(t, redisserver.Start(t)))
	wantClaim(t, real, c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
	c.Token = "C"
	a, err := real.Claim(t.Context(), c)
	if err != nil || a.Kind != dedupe.Busy || a.Busy <= 0 || a.Busy > c.Lease {
		t.Errorf("got %+v %v, want busy for at most %v", a, err, c.Lease)
	}
}

// TestExpiry holds that every key has an expiry beyond what is promised, and that a record
// is small.
func TestExpiry(t *testing.T) {
	rdb := client(t, redisserver.Start(t))
	store := redisstore.New(rdb)
	const retention = 8 * 24 * time.Hour
	c := dedupe.Claim{Source: "stripe", Subject: "sub_1PgqFx2eZvKYlo2C", Event: "evt_1PgqFx2eZvKYlo2C0Xbx5hXW", Token: "A", Version: "1720000000",
		Lease: time.Minute, Retention: retention}
	wantClaim(t, store, c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
	done := dedupe.Completion{Source: c.Source, Subject: c.Subject, Event: c.Event, Token: "A", Version: c.Version, Result: `{"status":200}`, Retention: retention}
	if out, err := store.Complete(t.Context(), done); err != nil || out != dedupe.CompletedOK {
		t.Fatal(out, err)
	}
	keys := rdb.Keys(t.Context(), "*").Val()
	if len(keys) != 2 {
		t.Fatalf("keys %q, want an event and a subject", keys)
	}
	for _, k := range keys {
		ttl := rdb.PTTL(t.Context(), k).Val()
		if ttl < retention || ttl > retention+time.Hour {
			t.Errorf("%s expires in %v, want %v and up to an hour", k, ttl, retention)
		}
		t.Logf("%s: %d bytes", k, rdb.MemoryUsage(t.Context(), k).Val())
	}
}

func wantClaim(t *testing.T, s dedupe.Store, c dedupe.Claim, want dedupe.Answer) {
	t.Helper()
	got, err := s.Claim(t.Context(), c)
	if err != nil || got != want {
		t.Fatalf("claim %s by %s:\n got %+v %v\nwant %+v", c.Event, c.Token, got, err, want)
	}
}
