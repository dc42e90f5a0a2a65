package tui

import (
	"fmt"
	"testing"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// large is a run of n attempts on half as many events, every tenth of them processed twice.
func large(n int) Result {
	var j replay.Journal
	h := &j.Target
	h.Header = replay.Header{Schema: replay.JournalSchema, Target: "http://localhost:3000/webhooks", Started: time.Unix(0, 0)}
	h.Plan = replay.Plan{Schema: replay.PlanSchema, Provider: "stripe", Seed: 1}
	var v audit.Verdict
	v.Verdict = audit.Fail
	for i := range n / 2 {
		key := fmt.Sprintf("evt_%08d", i)
		at := time.Duration(i) * time.Millisecond
		h.Plan.Events = append(h.Plan.Events, replay.Event{Key: key, Type: "invoice.paid", Subject: "in_" + key})
		row := audit.EventRow{Key: key, Type: "invoice.paid", Subject: "in_" + key, Deliveries: 2, Acked: 2, Effects: 1, Expected: 1, Judgement: "ok"}
		for k := range 2 {
			number := 2*i + k + 1
			h.Plan.Deliveries = append(h.Plan.Deliveries, replay.Delivery{N: number, Event: key, Phase: replay.PhaseFault, Role: replay.RoleFirst})
			h.Attempts = append(h.Attempts, replay.Attempt{Delivery: number, Event: key, Outcome: replay.Acked, Status: 200,
				Start: at, LastByte: at, FirstByte: at + time.Millisecond, End: at + time.Millisecond, Body: `{"ok":true}`})
		}
		if i%10 == 0 {
			row.Effects, row.Judgement = 2, "double-processing"
			v.Findings = append(v.Findings, audit.Finding{Code: "double-processing", Severity: audit.Violation, Event: key, Type: "invoice.paid",
				Effects: 2, Expected: 1, Message: key + " was processed twice", Advice: "Claim it first.",
				Evidence: audit.Evidence{Attempts: h.Attempts[len(h.Attempts)-2:]}})
		}
		v.Events = append(v.Events, row)
	}
	h.Complete = true
	return Result{Journal: j, Verdict: v}
}

// A frame of a run of 100,000 attempts: a key, and the screen composed anew.
func BenchmarkFrame(b *testing.B) {
	res := large(100_000)
	for _, size := range [][2]int{{80, 24}, {160, 48}} {
		for name, key := range map[string]string{"down": "down", "charts": "4", "run": "5", "messages": "2"} {
			b.Run(fmt.Sprintf("%s/%dx%d", name, size[0], size[1]), func(b *testing.B) {
				m := screen(Options{Recorded: &res}, size[0], size[1])
				b.ResetTimer()
				for b.Loop() {
					press(m, key)
					_ = m.View()
				}
			})
		}
	}
}

// A frame while 100,000 attempts have been recorded and more come in: records, the ticker, the screen.
func BenchmarkLiveFrame(b *testing.B) {
	res := large(100_000)
	run, _, _ := runOf("")
	m := screen(Options{Run: run}, 160, 48)
	m.Update(recordsMsg{run, recordsOf(res.Journal, len(res.Journal.Target.Attempts)), true})
	m.show(judge(Result{Journal: m.journal}, false, 0))
	more := recordsOf(res.Journal, 1)
	more = more[len(more)-1:]
	m.judging = true // it is done beside the drawing
	b.ResetTimer()
	for b.Loop() {
		m.Update(recordsMsg{run, more, true})
		m.Update(tickMsg(time.Time{}))
		_ = m.View()
	}
}

// A letter typed into the filter goes through 50,000 events.
func BenchmarkFilter(b *testing.B) {
	res := large(100_000)
	m := screen(Options{Recorded: &res}, 160, 48)
	press(m, "/")
	for b.Loop() {
		press(m, "7")
		_ = m.View()
		m.Update(keyOf("ctrl+u"))
		m.input.SetValue("")
	}
}
