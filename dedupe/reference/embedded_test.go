package reference

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Keys, the server's TIME and Now follow one clock, which moves only when it is told to.
func TestEmbeddedClockStandsStill(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	e, err := NewEmbedded(start)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	c := e.Client()
	exists := func() int64 { return c.Exists(t.Context(), "k").Val() }
	if err := c.Set(t.Context(), "k", "v", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if e.Advance(59 * time.Second); exists() != 1 {
		t.Error("gone after 59 s of a minute")
	}
	if e.Advance(2 * time.Second); exists() != 0 {
		t.Error("still there after 61 s of a minute")
	}
	want := start.Add(61 * time.Second)
	if now := c.Time(t.Context()).Val(); !now.Equal(want) || !e.Now().Equal(want) {
		t.Errorf("TIME %v, Now %v, want %v", now, e.Now(), want)
	}
	if err := c.Set(t.Context(), "k", "v", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if ttl := c.TTL(t.Context(), "k").Val(); ttl != time.Minute {
		t.Errorf("a key set after the clock moved has %v left, want a minute", ttl)
	}
}

// On the machine's clock keys expire by themselves.
func TestEmbeddedFollowsTheWall(t *testing.T) {
	e, err := NewEmbeddedWall()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Client().Set(t.Context(), "k", "v", 30*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for e.Client().Exists(t.Context(), "k").Val() == 1 {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("a key with 30 ms to live is there after 10 s")
		}
	}
}
