package audit_test

import (
	"fmt"
	"testing"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// large is a history of so many operations: one in five is an effect, the others are four attempts on each event,
// of which some were refused, some are duplicates and some raced. One event in a hundred was processed twice.
func large(operations int) replay.History {
	h := replay.History{Complete: true, Header: replay.Header{Schema: replay.JournalSchema, Patience: 10 * time.Second, TimeScale: 1,
		Profile: replay.Profile{Name: "test", RetrySpan: 72 * time.Hour}, Sources: []replay.SourceInfo{{Label: "sink", Exact: true, Counts: true, States: true}}},
		Plan: replay.Plan{Schema: replay.PlanSchema}}
	events := operations / 5
	h.Plan.Events = make([]replay.Event, 0, events)
	h.Plan.Deliveries = make([]replay.Delivery, 0, 4*events)
	h.Attempts = make([]replay.Attempt, 0, 4*events)
	now := time.Duration(0)
	for i := range events {
		key := fmt.Sprintf("evt_%024d", i)
		kind := i % 20
		h.Plan.Events = append(h.Plan.Events, replay.Event{Key: key, Type: fmt.Sprint("type.", kind), Fixture: fmt.Sprint("fixtures/", kind, ".json"), Provider: "test",
			Subject: fmt.Sprintf("sub_%024d", i/2), Version: fmt.Sprint(1_700_000_000 + i%2)})
		for j := range 4 {
			d := replay.Delivery{N: len(h.Plan.Deliveries) + 1, Event: key, Phase: replay.PhaseFault, Fault: "duplicate", Role: replay.RoleDuplicate}
			switch {
			case i < 40:
				d.Phase, d.Fault = replay.PhaseControl, ""
			case i%4 == 0:
				d.Fault, d.Gate = "race", i/4+1
			}
			a := replay.Attempt{Delivery: d.N, Event: key, Start: now, LastByte: now + 100*time.Microsecond, FirstByte: now + 9*ms, End: now + 10*ms,
				Status: 200, Outcome: replay.Acked, Body: `{"ok":true}`}
			if j == 0 && i >= 40 && i%3 == 0 {
				a.Status, a.Outcome = 500, replay.Refused
			}
			h.Plan.Deliveries = append(h.Plan.Deliveries, d)
			h.Attempts = append(h.Attempts, a)
			if d.Gate == 0 {
				now += 11 * ms
			}
		}
		n := 1
		if i%100 == 99 {
			n = 2
		}
		for range n {
			h.Effects = append(h.Effects, replay.Effect{Source: "sink", Name: "charge", Key: key, Count: 1, At: now - 2*ms, Since: now - 2*ms})
		}
		now += 20 * ms
	}
	h.Marks = append(h.Marks, replay.Mark{Kind: replay.MarkSettled, At: now, Quiet: true})
	return h
}

// A million operations took 0.46 s on two shared cores; less than half a second is the aim.
func BenchmarkJudge(b *testing.B) {
	for _, operations := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(operations), func(b *testing.B) {
			h := large(operations)
			b.ReportAllocs()
			for b.Loop() {
				if v := audit.Judge(h, nil); v.Verdict != audit.Fail {
					b.Fatal(v.Verdict, v.Missing)
				}
			}
			b.ReportMetric(float64(operations)*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
		})
	}
}
