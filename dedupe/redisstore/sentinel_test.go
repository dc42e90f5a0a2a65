package redisstore_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"hookonce/dedupe/storetest/redisserver"
)

// TestSentinelFailover kills the master while a handler runs, and goes on delivering until the Sentinels have made
// the replica the master. Whatever is answered with a 2xx has had its effect; all else is a 503 that brings the provider back.
func TestSentinelFailover(t *testing.T) {
	for name, find := range map[string]func(testing.TB) redisserver.Program{"redis": redisserver.Redis, "valkey": redisserver.Valkey} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failover(t, find(t).StartSentinels(t))
		})
	}
}

func failover(t *testing.T, s redisserver.Sentinels) {
	rdb := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: s.Name, SentinelAddrs: s.Addrs, MaxRetries: -1, DialerRetries: 1,
		DialTimeout: time.Second, ReadTimeout: time.Second, ContextTimeoutEnabled: true})
	ep := newEndpoint(t, rdb)
	ep.want(http.StatusOK, "evt_before")
	ep.during = func() {
		ep.during = nil
		if n, err := rdb.Wait(t.Context(), 1, 5*time.Second).Result(); err != nil || n != 1 {
			t.Fatalf("%d replicas have what came before: %v", n, err)
		}
		s.Cut(t)
		ep.want(http.StatusOK, "evt_lost") // acknowledged by a master whose replica never hears of it
		s.Kill(t)
	}
	ep.want(http.StatusServiceUnavailable, "evt_during") // its claim is on the replica; its completion has nowhere to go
	refused := ep.untilAcked("evt_new")
	ep.untilAcked("evt_during")
	for event, want := range map[string]int{"evt_before": 1, "evt_new": 1, "evt_during": 2} {
		ep.want(http.StatusOK, event)
		if ep.runs[event] != want {
			t.Errorf("%s: the handler ran %d times, want %d", event, ep.runs[event], want)
		}
	}
	// The limit, and nobody's to lift: what only the dead master knew is forgotten, and the event runs again.
	ep.want(http.StatusOK, "evt_lost")
	if ep.runs["evt_lost"] != 2 {
		t.Errorf("evt_lost ran %d times; its record was on the dead master only, so that a repeat is due", ep.runs["evt_lost"])
	}
	t.Logf("%d deliveries refused with 503 before the new master answered", refused)
}

// untilAcked delivers an event as a provider does, until it is acknowledged, and counts the refusals. An answer other than
// 503 or an acknowledgement of nothing is an error.
func (e *endpoint) untilAcked(event string) (refused int) {
	e.Helper()
	const limit = 20 * time.Second
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		switch status := e.deliver(event).Code; {
		case status == http.StatusOK && e.runs[event] == 0:
			e.Fatalf("%s: acknowledged, and never run", event)
		case status == http.StatusOK:
			return refused
		case status != http.StatusServiceUnavailable:
			e.Fatalf("%s: got %d, want 503 or 200", event, status)
		}
		refused++
	}
	e.Fatalf("%s: not acknowledged within %v", event, limit)
	return refused
}
