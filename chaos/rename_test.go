package chaos_test

import (
	"bytes"
	"encoding/json"
	"sync/atomic"
	"testing"

	"hookonce/chaos"
	"hookonce/replay"
)

// TestBodiesStayAway: a plan of events whose bodies are kept elsewhere is the same plan, holds
// no body, and gives the same bodies when they are asked for.
func TestBodiesStayAway(t *testing.T) {
	want := build(t, input(7))
	in := input(7)
	var reads atomic.Int64
	for i, e := range in.Events {
		body := e.Body
		in.Events[i] = e.Unloaded(func() ([]byte, error) { reads.Add(1); return body, nil })
	}
	got := build(t, in)
	a, errA := json.Marshal(want)
	b, errB := json.Marshal(got)
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Fatalf("another plan: %v, %v", errA, errB)
	}
	if reads.Load() == 0 {
		t.Error("no body was ever read")
	}
	for i, e := range got.Events {
		whole, err := e.Loaded()
		if err != nil || e.Body != nil || !bytes.Equal(whole.Body, want.Events[i].Body) {
			t.Errorf("%s: %s, want %s; %v", e.Key, whole.Body, want.Events[i].Body, err)
		}
	}
	gone := in.Events[0].Unloaded(func() ([]byte, error) { return []byte("x"), nil })
	in.Events = []replay.Event{gone}
	if _, err := chaos.Build(in); err == nil {
		t.Error("a fixture that changed is planned with")
	}
}
