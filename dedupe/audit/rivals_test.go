package audit

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hookonce/replay"
)

// What the index of a busy subject says is what looking at each of its events says.
func TestRivalsOfBusySubjects(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &replay.History{}
		for i := range rapid.IntRange(few+1, 60).Draw(t, "events") {
			key := fmt.Sprint("evt_", i)
			e := replay.Event{Key: key, Subject: "sub_1", Fixture: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "fixture"),
				Source:  rapid.SampledFrom([]string{"", "acct"}).Draw(t, "source"),
				Version: rapid.SampledFrom([]string{"", "1", "2", "3", "4"}).Draw(t, "version"), Rank: rapid.IntRange(0, 1).Draw(t, "rank")}
			h.Plan.Events = append(h.Plan.Events, e)
			h.Plan.Deliveries = append(h.Plan.Deliveries, replay.Delivery{N: i + 1, Event: key})
			start := time.Duration(rapid.IntRange(1, 1000).Draw(t, "start"))
			if start%10 != 0 {
				h.Attempts = append(h.Attempts, replay.Attempt{Delivery: i + 1, Event: key, Outcome: replay.Acked, Start: start, End: start + 1})
			}
		}
		d := newDocket(h)
		at := time.Duration(rapid.IntRange(0, 1000).Draw(t, "at"))
		for _, f := range d.events {
			rival, newer := false, false
			for _, g := range d.siblingsOf(f) {
				if len(g.attempts) == 0 || g.attempts[0].Start >= at {
					continue
				}
				newer = newer || f.event.Order(*g.event) < 0
				rival = rival || g != f && g.event.Version != "" && g.event.Source == f.event.Source && g.event.Order(*f.event) >= 0 && !twins(f.event, g.event)
			}
			if got := d.newerBefore(f, at); got != newer {
				t.Fatalf("%+v: newer before %d: %v, want %v", *f.event, at, got, newer)
			}
			if f.event.Version == "" {
				continue
			}
			if got := d.rivalBefore(f, at); got != rival {
				t.Fatalf("%+v: rival before %d: %v, want %v", *f.event, at, got, rival)
			}
		}
	})
}
