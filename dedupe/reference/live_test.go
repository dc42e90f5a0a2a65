package reference

import (
	"testing"
	"time"

	"hookonce/dedupe/storetest/redisserver"
	"hookonce/replay"
)

// A world on a real Redis with a prefix touches no other key, and leaves none of its own.
func TestLiveOnRealRedis(t *testing.T) {
	url := "redis://" + redisserver.Start(t)
	plain, err := Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if err := plain.Set(t.Context(), "webhook_lock:evt", "somebody else's", 0).Err(); err != nil {
		t.Fatal(err)
	}
	e := replay.Event{Key: "evt", Subject: "cus", Version: "1", Provider: "test"}
	for range 2 { // the second world finds nothing of the first
		w, err := Open(t.Context(), Setup{Redis: url, Prefix: "demo:", Work: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if r := Article(t.Context(), w.World, Request{Event: e}); r.Body != `{"status":"success"}` {
			t.Errorf("article: %+v", r)
		}
		for range 2 {
			if r := Hardened(t.Context(), w.World, Request{Event: e}); r.Body != `{"status":"success"}` {
				t.Errorf("hardened: %+v", r)
			}
		}
		if counts := w.Ledger.Counts(); counts[0].Count != 2 {
			t.Errorf("charges %v, want one by each", counts)
		}
		if w.Advance(time.Hour) {
			t.Error("a real server's clock was moved")
		}
		if err := w.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if keys := plain.Keys(t.Context(), "*").Val(); len(keys) != 1 || keys[0] != "webhook_lock:evt" {
		t.Errorf("keys left: %v", keys)
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(t.Context(), Setup{Redis: "localhost:6379"}); err == nil {
		t.Error("no URL is taken for one")
	}
}
