package replay_test

import (
	"testing"
	"time"

	"hookonce/replay"
)

func TestADenseGateIsProvenEventByEvent(t *testing.T) {
	made := func(n int, event string, last, first time.Duration) replay.Attempt {
		return replay.Attempt{Delivery: n, Event: event, Outcome: replay.Acked, LastByte: last, FirstByte: first}
	}
	tally := replay.GateTally{Number: 3}
	for _, e := range []string{"a", "a", "b", "b", "c", "c", "d", "d"} {
		tally.Plan(e)
	}
	for _, a := range []replay.Attempt{
		made(1, "a", 10, 30), made(2, "a", 12, 40), // answered before the copies of c had left, and met all the same
		made(3, "b", 14, 16), made(4, "b", 18, 50), // the second copy left after the first one's answer
		made(5, "c", 45, 60), made(6, "c", 51, 0), // one was never answered
		made(7, "d", 55, 70), // and the other was never sent
	} {
		tally.Add(&a)
	}
	want := replay.Gate{Number: 3, Copies: 7, Spread: 4, Events: 4, Met: 2}
	if g := tally.Gate(); g != want || g.Trials() != 4 || g.Overlaps() != 2 {
		t.Errorf("gate %+v, want %+v", g, want)
	}
	for event, want := range map[string]replay.Gate{
		"a": {Number: 3, Copies: 2, Overlapped: true, Spread: 2}, "b": {Number: 3, Copies: 2, Spread: 4},
		"c": {Number: 3, Copies: 2, Overlapped: true, Spread: 6}, "d": {Number: 3, Copies: 1},
	} {
		if g := tally.Of(event); g != want {
			t.Errorf("%s: %+v, want %+v", event, g, want)
		}
	}
}

// Different events without copies are raced with one another: the proof is that of the whole gate.
func TestAGateOfDifferentEventsIsOneRace(t *testing.T) {
	attempts := []replay.Attempt{{Event: "a", Outcome: replay.Acked, LastByte: 1, FirstByte: 9}, {Event: "b", Outcome: replay.Acked, LastByte: 2, FirstByte: 8}}
	want := replay.Gate{Number: 1, Copies: 2, Overlapped: true, Spread: 1}
	if g := replay.GateOf(1, attempts); g != want || g.Trials() != 1 || g.Overlaps() != 1 {
		t.Errorf("gate %+v, want %+v", g, want)
	}
	attempts[0].FirstByte = 2
	if replay.GateOf(1, attempts).Overlapped {
		t.Error("an answer came before all had left")
	}
}
