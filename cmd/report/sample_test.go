package report

import (
	"fmt"
	"slices"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

const ms = time.Millisecond

// sample is a hand-made journal and the verdict over it.
type sample struct {
	name    string
	journal replay.Journal
	verdict audit.Verdict
}

// report renders the sample. Its verdict is hand-made but for the scores: the reference's
// is that of its own history, and the target's counts the rows.
func (s sample) report() Report {
	v := s.verdict
	if s.journal.Reference != nil {
		r := audit.Judge(s.journal.Target, s.journal.Reference)
		v.Reference = r.Reference
	}
	v.Score = rowScore(v)
	r := New(s.journal, v)
	switch s.name {
	case "fail":
		r.Explanation = &Explanation{Statement: "17 of 18 observations fit check-then-act; the nearest other, process-memory, fits 12", Observations: 18, Wrong: 6,
			Fits:  []Fit{{"check-then-act", "It looks for the mark, works, and sets the mark: two deliveries can both look before either sets it.", 17}},
			Event: "evt_h7_1QK4mZ2eZvKYlo2C0001", Code: "double-processing", Fix: "Claim the event atomically before the work.",
			Trace: []string{"      time one worker              done:evt              another worker",
				"         0 ┌ #21 first", "   0.37 ms ├ ▸ EXISTS → 0            free                ├ · works 40 ms",
				"   41.2 ms │                                             ├ ◆ CHARGE, the 2nd",
				"           │                                   ▲ the second charge for one event",
				"double-processing: evt_h7_1QK4mZ2eZvKYlo2C0001 was processed twice"}}
	case "hostile":
		t := r.Target
		r.Explanation = &Explanation{Statement: t, Fits: []Fit{{t, t, 1}}, Event: t, Code: t, Fix: t, Trace: []string{t}}
	}
	return r
}

func rowScore(v audit.Verdict) (s audit.Score) {
	for _, e := range v.Events {
		wrong := slices.ContainsFunc(v.Findings, func(f audit.Finding) bool { return f.Event == e.Key && f.Severity == audit.Violation })
		switch {
		case wrong:
			s.Wrong++
		case e.Undecided():
			s.Undecided++
		default:
			s.Right++
		}
	}
	return s
}

func samples() []sample {
	return []sample{failing(), inconclusive(), passing(), crowded(), hostile("\x1b[31mred\x1b]52;c;aGk=\x07 \u202e<b>|]]>\x00\xff")}
}

// bench builds a journal delivery by delivery.
type bench struct {
	j     replay.Journal
	v     audit.Verdict
	types map[string]string
}

func newBench() *bench {
	b := &bench{types: map[string]string{}}
	b.j.Target.Header = replay.Header{
		Schema: replay.JournalSchema, Tool: "0.1.0", Started: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC),
		Target: "http://127.0.0.1:3000/webhooks/stripe", Patience: 10 * time.Second, TimeScale: 0.001,
		Command: `hookonce run ./fixtures/stripe --target http://127.0.0.1:3000/webhooks/stripe --secret "$HOOKONCE_SECRET" ` +
			`--effects http://127.0.0.1:3000/effects --faults all --out junit=hookonce.xml`,
		Sources:   []replay.SourceInfo{{Label: "http://127.0.0.1:3000/effects", Counts: true, States: true}},
		Reference: "hardened", Engine: "embedded",
	}
	b.j.Target.Plan = replay.Plan{Schema: replay.PlanSchema, Seed: 7, Provider: "stripe", Settings: replay.PlanSettings{
		Faults: []string{"all"}, Copies: 2, Race: 2, Bursts: 1, Signed: true}}
	b.j.Target.Complete = true
	b.j.Reference = &replay.History{Complete: true}
	return b
}

// event plans an event and says what the audit made of it.
func (b *bench) event(key, kind, subject, version, judgement string, effects int) {
	b.types[key] = kind
	b.j.Target.Plan.Events = append(b.j.Target.Plan.Events, replay.Event{Key: key, Type: kind, Subject: subject, Version: version,
		Provider: "stripe", Fixture: "stripe/" + kind + ".json"})
	one := 1
	b.v.Events = append(b.v.Events, audit.EventRow{Key: key, Type: kind, Subject: subject, Effects: effects, Expected: 1,
		ReferenceEffects: &one, Judgement: judgement})
}

// attempt plans a delivery and records what became of it; it returns its number.
func (b *bench) attempt(d replay.Delivery, a replay.Attempt) int {
	d.N = len(b.j.Target.Plan.Deliveries) + 1
	a.Delivery, a.Event = d.N, d.Event
	b.j.Target.Plan.Deliveries = append(b.j.Target.Plan.Deliveries, d)
	b.j.Target.Attempts = append(b.j.Target.Attempts, a)
	for i := range b.v.Events {
		if b.v.Events[i].Key == d.Event {
			b.v.Events[i].Deliveries++
			b.v.Events[i].Fault = d.Fault
			if a.Outcome == replay.Acked {
				b.v.Events[i].Acked++
			}
		}
	}
	return d.N
}

func acked(start, last, first, end time.Duration) replay.Attempt {
	return replay.Attempt{Outcome: replay.Acked, Start: start, LastByte: last, FirstByte: first, End: end, Status: 200, Body: `{"ok":true}`}
}

func charge(key string, since, at time.Duration) replay.Effect {
	return replay.Effect{At: at, Since: since, Source: "http://127.0.0.1:3000/effects", Name: "charge", Key: key, Count: 1}
}

func state(subject, version string, at time.Duration) replay.Effect {
	return replay.Effect{At: at, Since: at - 20*ms, Source: "http://127.0.0.1:3000/effects", Subject: subject, Version: version}
}

func (b *bench) checks(status map[string]audit.Status, reasons map[string]string) {
	for _, code := range audit.Codes() {
		c := audit.CheckResult{Name: code, Severity: audit.Violation, Status: audit.Pass, Judged: len(b.v.Events), Reason: reasons[code]}
		switch code {
		case "premature-ack", "noisy-duplicate", "replay-differs", "slow-ack":
			c.Severity = audit.Warning
		case "merged", "per-attempt-key":
			c.Severity = audit.Hint
		}
		if s, ok := status[code]; ok {
			c.Status = s
		}
		for _, f := range b.v.Findings {
			if f.Code == code {
				c.Findings++
			}
		}
		b.v.Checks = append(b.v.Checks, c)
	}
}

// close writes the stats and a reference that did everything once.
func (b *bench) close(name string) sample {
	for _, e := range b.j.Target.Plan.Events {
		at := time.Duration(len(b.j.Reference.Attempts)+1) * time.Second
		b.j.Reference.Attempts = append(b.j.Reference.Attempts, replay.Attempt{Event: e.Key,
			Delivery: b.deliveryOf(e.Key), Outcome: replay.Acked, Start: at, LastByte: at, FirstByte: at + ms, End: at + ms, Status: 200})
		b.j.Reference.Effects = append(b.j.Reference.Effects, replay.Effect{At: at, Since: at, Source: "reference", Key: e.Key, Count: 1})
	}
	b.j.Reference.Plan = b.j.Target.Plan
	b.j.Reference.Marks = []replay.Mark{{Kind: replay.MarkSettled, Quiet: true}}
	b.j.Target.Stats = replay.StatsOf(b.j.Target.Plan, b.j.Target.Attempts)
	return sample{name, b.j, b.v}
}

func (b *bench) deliveryOf(key string) int {
	for _, d := range b.j.Target.Plan.Deliveries {
		if d.Event == key {
			return d.N
		}
	}
	return 0
}

// control delivers n events cleanly, two types in turn.
func (b *bench) control(n int) {
	for i := range n {
		key := fmt.Sprintf("evt_h7_control_%02d", i)
		b.event(key, []string{"invoice.paid", "charge.succeeded"}[i%2], fmt.Sprintf("in_%02d", i), "", "ok", 1)
		at := time.Duration(i) * 30 * ms
		b.attempt(replay.Delivery{Event: key, Phase: replay.PhaseControl, Role: replay.RoleFirst}, acked(at, at, at+20*ms, at+21*ms))
	}
	b.v.Types = []audit.TypeRow{
		{Type: "charge.succeeded", Events: n / 2, Effects: 1, Judgement: "judged", Latency: 20 * ms, Lag: 22 * ms},
		{Type: "customer.created", Events: 1, Judgement: "ignored", Reason: "no effect in control"},
		{Type: "invoice.paid", Events: n - n/2, Effects: 1, Judgement: "judged", Latency: 20 * ms, Lag: 22 * ms},
	}
}

// raced adds an event that two overlapping copies processed twice.
func (b *bench) raced(gate int, at time.Duration) {
	key := fmt.Sprintf("evt_h7_1QK4mZ2eZvKYlo2C%04d", gate)
	b.event(key, "invoice.paid", fmt.Sprintf("in_1QK4mZ%04d", gate), "1700000000", "double-processing", 2)
	d := replay.Delivery{Event: key, Phase: replay.PhaseFault, Fault: "race", Role: replay.RoleFirst, Conditions: replay.Conditions{Gate: gate}}
	one := b.attempt(d, acked(at, at+40*ms, at+243*ms, at+244*ms))
	d.Role = replay.RoleDuplicate
	two := b.attempt(d, acked(at+ms, at+40*ms+38*time.Microsecond, at+251*ms, at+251*ms))
	g := replay.Gate{Number: gate, Copies: 2, Overlapped: true, Spread: 38 * time.Microsecond}
	b.v.Races = append(b.v.Races, g)
	n := len(b.j.Target.Attempts)
	b.v.Findings = append(b.v.Findings, audit.Finding{
		Code: "double-processing", Severity: audit.Violation, Cause: audit.Concurrent, Event: key, Type: "invoice.paid",
		Subject: fmt.Sprintf("in_1QK4mZ%04d", gate), Fault: "race", Fixture: "stripe/invoice.paid.json", Effects: 2, Expected: 1, Effect: "charge",
		Message: key + " was processed twice: 2 effects for one event, by attempts that ran at the same time (2 sent)",
		Advice: "Claim the event atomically before the work (SET NX with an owner, or INSERT with a unique key in the transaction of the effect), " +
			"and answer 503 while another attempt holds the claim.",
		Deliveries: []int{one, two},
		Evidence: audit.Evidence{Attempts: b.j.Target.Attempts[n-2:],
			Effects: []replay.Effect{charge(key, at+180*ms, at+220*ms), charge(key, at+230*ms, at+246*ms)},
			Gate:    &g, Reference: &audit.ReferenceOutcome{Name: "hardened", Effects: 1, Acked: true}},
	})
}

// lost adds an event that was acknowledged by a duplicate while the first attempt failed.
func (b *bench) lost(at time.Duration) {
	key := "evt_h7_lost_0001"
	b.event(key, "charge.succeeded", "ch_1", "1700000000", "lost-event", 0)
	half := 0.5
	d := replay.Delivery{Event: key, Phase: replay.PhaseFault, Fault: "timeout", Role: replay.RoleFirst, Conditions: replay.Conditions{HangUp: &replay.HangUp{Latency: &half}}}
	one := b.attempt(d, replay.Attempt{Outcome: replay.Unknown, Start: at, LastByte: at + 50*time.Microsecond, End: at + 102*ms, Fired: true,
		HangUpAt: 100 * ms, Error: "hung up as planned"})
	d = replay.Delivery{Event: key, Phase: replay.PhaseFault, Fault: "timeout", Role: replay.RoleRedelivery, After: one, Wait: time.Hour}
	two := b.attempt(d, acked(at+3702*ms, at+3702*ms, at+3704*ms, at+3704*ms))
	n := len(b.j.Target.Attempts)
	b.v.Findings = append(b.v.Findings, audit.Finding{
		Code: "lost-event", Severity: audit.Violation, Event: key, Type: "charge.succeeded", Subject: "ch_1", Fault: "timeout",
		Fixture: "stripe/charge.succeeded.json", Effects: 0, Expected: 1, Effect: "charge",
		Message:    key + " was acknowledged (200 by delivery 2) and has 0 effects, where a clean delivery has 1",
		Advice:     "Acknowledge only what is durably done, or durably queued.",
		Deliveries: []int{one, two},
		Evidence: audit.Evidence{Attempts: b.j.Target.Attempts[n-2:],
			Reference: &audit.ReferenceOutcome{Name: "hardened", Effects: 1, Acked: true}},
	})
}

// stale adds a subject that an older event overwrote.
func (b *bench) stale(at time.Duration) {
	subject := "sub_1QK4"
	var attempts []replay.Attempt
	for i, version := range []string{"1700000060", "1700000000"} {
		key := fmt.Sprintf("evt_h7_sub_%d", i)
		kind := []string{"customer.subscription.deleted", "customer.subscription.updated"}[i]
		b.event(key, kind, subject, version, []string{"stale-final", "superseded"}[i], 1)
		start := at + time.Duration(i)*60*ms
		b.attempt(replay.Delivery{Event: key, Phase: replay.PhaseFault, Fault: "reorder", Role: replay.RoleFirst},
			acked(start, start+ms, start+31*ms, start+31*ms))
		attempts = append(attempts, b.j.Target.Attempts[len(b.j.Target.Attempts)-1])
	}
	b.v.Findings = append(b.v.Findings, audit.Finding{
		Code: "stale-final", Severity: audit.Violation, Event: "evt_h7_sub_0", Type: "customer.subscription.deleted", Subject: subject,
		Fault: "reorder", Fixture: "stripe/customer.subscription.deleted.json", Effects: 0, Expected: 0,
		Message:    subject + " ends at version 1700000000, but version 1700000060 (evt_h7_sub_0) was acknowledged",
		Advice:     "Write a subject's state only if the event is newer than what is stored, in one atomic statement (UPDATE ... WHERE version < ?).",
		Deliveries: []int{attempts[0].Delivery},
		Evidence: audit.Evidence{Attempts: attempts,
			Effects:   []replay.Effect{state(subject, "1700000060", at+40*ms), state(subject, "1700000000", at+100*ms)},
			Reference: &audit.ReferenceOutcome{Name: "hardened", Effects: 1, Acked: true, Version: "1700000060"}},
	})
}

// noisy adds a duplicate that is answered 409.
func (b *bench) noisy(at time.Duration) {
	key := "evt_h7_noisy_中文_0001"
	b.event(key, "invoice.paid", "in_77", "", "ok", 1)
	one := b.attempt(replay.Delivery{Event: key, Phase: replay.PhaseFault, Fault: "duplicate", Role: replay.RoleFirst}, acked(at, at, at+20*ms, at+20*ms))
	refused := acked(at+25*ms, at+25*ms, at+26*ms, at+26*ms)
	refused.Status, refused.Outcome = 409, replay.Refused
	two := b.attempt(replay.Delivery{Event: key, Phase: replay.PhaseFault, Fault: "duplicate", Role: replay.RoleDuplicate}, refused)
	b.v.Findings = append(b.v.Findings, audit.Finding{
		Code: "noisy-duplicate", Severity: audit.Warning, Event: key, Type: "invoice.paid", Subject: "in_77", Fault: "duplicate", Expected: 1, Effects: 1,
		Message:    key + " had been acknowledged, and a duplicate of it was answered 409",
		Advice:     "Answer a duplicate of a processed event with the same 2xx as the first time.",
		Deliveries: []int{one, two},
		Evidence:   audit.Evidence{Effects: []replay.Effect{charge(key, at+10*ms, at+22*ms)}},
	})
}

// late adds an event that a duplicate after 71 hours processed again.
func (b *bench) late(at time.Duration) {
	key := "evt_h7_late_0001"
	b.event(key, "invoice.paid", "in_88", "", "window-too-short", 2)
	one := b.attempt(replay.Delivery{Event: key, Phase: replay.PhaseFault, Fault: "late", Role: replay.RoleFirst}, acked(at, at, at+20*ms, at+20*ms))
	d := replay.Delivery{Event: key, Phase: replay.PhaseLate, Fault: "late", Role: replay.RoleLate, After: one, Wait: 71 * time.Hour}
	two := b.attempt(d, acked(at+3*time.Second, at+3*time.Second, at+3020*ms, at+3020*ms))
	b.v.Findings = append(b.v.Findings, audit.Finding{
		Code: "window-too-short", Severity: audit.Violation, Cause: audit.AfterAck, Event: key, Type: "invoice.paid", Subject: "in_88", Fault: "late",
		Effects: 2, Expected: 1, Effect: "charge",
		Message:    key + " was processed again by a duplicate 71 hours later; stripe redelivers for up to 3 days",
		Advice:     "Remember a processed event for longer than 3 days.",
		Deliveries: []int{one, two},
		Evidence: audit.Evidence{Effects: []replay.Effect{charge(key, at+20*ms, at+20*ms), charge(key, at+3019*ms, at+3019*ms)},
			Reference: &audit.ReferenceOutcome{Name: "hardened", Effects: 1, Acked: true}},
	})
}

func (b *bench) faults() {
	b.v.Faults = []audit.FaultRow{
		{Fault: "duplicate", Planned: 14, Fired: 14}, {Fault: "race", Planned: 24, Fired: 24}, {Fault: "reorder", Planned: 6, Fired: 6},
		{Fault: "timeout", Planned: 12, Fired: 11}, {Fault: "retry", Planned: 30, Reason: "nothing was refused, so nothing had to be redelivered"},
		{Fault: "bad-signature", Planned: 4, Fired: 4}, {Fault: "truncated", Planned: 4, Fired: 4},
		{Fault: "late", Reason: "give --late 70s"},
	}
}

func failing() sample {
	b := newBench()
	b.control(10)
	for i := range 5 {
		b.raced(i+1, time.Second+time.Duration(i)*300*ms)
	}
	b.lost(4 * time.Second)
	b.stale(8 * time.Second)
	b.j.Target.Header.ClockMoved, b.v.LateTested = true, 71*time.Hour
	b.v.Memory = audit.Memory{Forgot: 71 * time.Hour, Trials: []audit.Trial{{Kind: "duplicate", Tried: 14}, {Kind: "race", Tried: 24, Failed: 5},
		{Kind: "late", Tried: 1, Failed: 1}, {Kind: "other-bytes", Tried: 2}, {Kind: "twins", Tried: 2}}}
	b.j.Target.Plan.Settings.Late = []time.Duration{70 * time.Second, 71 * time.Hour}
	b.noisy(9 * time.Second)
	b.late(10 * time.Second)
	b.faults()
	b.v.Verdict = audit.Fail
	b.v.Notes = []string{"3 fixtures shared an id and were given fresh ones (--keep-ids keeps them)"}
	b.checks(map[string]audit.Status{"double-processing": audit.Fail, "lost-event": audit.Fail, "stale-final": audit.Fail,
		"noisy-duplicate": audit.Warn, "window-too-short": audit.Fail, "regress": audit.NotRequested},
		map[string]string{"regress": "no source tells the subjects' versions"})
	return b.close("fail")
}

func inconclusive() sample {
	b := newBench()
	b.control(6)
	b.faults()
	b.j.Target.Header.Sources = nil
	b.j.Target.Header.TimeScale = 1
	b.v.Verdict = audit.Inconclusive
	b.v.Races = []replay.Gate{{Number: 1, Copies: 2, Spread: 3 * ms}}
	missing := "no effect source: add --effects (a URL, a command, a sink or a log), or nothing proves how often an event was processed"
	b.v.Missing = []string{missing, "raced copies never overlapped in any of 1 gate: each was answered before the next was sent; is a proxy in between?"}
	b.v.Types = nil
	for i := range b.v.Events {
		b.v.Events[i].Judgement, b.v.Events[i].Effects = "undecided", 0
	}
	b.checks(map[string]audit.Status{"double-processing": audit.Inconclusive, "lost-event": audit.Inconclusive, "window-too-short": audit.NotRequested,
		"stale-final": audit.NotRequested, "regress": audit.NotRequested, "premature-ack": audit.NotRequested},
		map[string]string{"double-processing": missing, "lost-event": missing, "window-too-short": "late duplicates were not sent: give --late 70s",
			"stale-final": "no source tells the subjects' versions", "regress": "no source tells the subjects' versions", "premature-ack": missing})
	return b.close("inconclusive")
}

func passing() sample {
	b := newBench()
	b.control(12)
	b.faults()
	b.v.Verdict = audit.Pass
	for i := range 24 {
		b.v.Races = append(b.v.Races, replay.Gate{Number: i + 1, Copies: 2, Overlapped: true, Spread: time.Duration(20+i) * time.Microsecond})
	}
	b.j.Target.Plan.Settings.Late = []time.Duration{70 * time.Second}
	b.j.Target.Header.ClockMoved, b.v.LateTested = true, 70*time.Second
	b.v.Memory = audit.Memory{Held: 70 * time.Second, Trials: []audit.Trial{{Kind: "duplicate", Tried: 14}, {Kind: "race", Tried: 24}, {Kind: "late", Tried: 2}}}
	b.checks(nil, nil)
	return b.close("pass")
}

// crowded has every code there is and more of everything than fits a screen.
func crowded() sample {
	b := newBench()
	b.control(4)
	b.faults()
	b.v.Verdict = audit.Fail
	status := map[string]audit.Status{}
	for i, code := range audit.Codes() {
		b.raced(i+1, time.Duration(i)*time.Second)
		f := &b.v.Findings[len(b.v.Findings)-1]
		f.Code, status[code] = code, audit.Fail
		switch code {
		case "double-processing":
		case "premature-ack", "noisy-duplicate", "replay-differs", "slow-ack":
			f.Severity, f.Cause, status[code] = audit.Warning, "", audit.Warn
		default:
			f.Cause = ""
		}
	}
	for i := range 30 {
		b.v.Notes = append(b.v.Notes, fmt.Sprintf("note %d", i))
	}
	b.checks(status, nil)
	s := b.close("crowded")
	s.journal.Target.Complete = false
	return s
}

// hostile has one string from outside in every place there is one.
func hostile(s string) sample {
	x := failing()
	x.name = "hostile"
	h := &x.journal.Target.Header
	h.Tool, h.Target, h.Command, h.Reference, h.Engine = s, s, "hookonce run "+s+" --seed 1", s, s
	h.Sources[0].Label, h.Profile.Key = s, s
	x.journal.Target.Plan.Provider = s
	x.journal.Target.Marks = append(x.journal.Target.Marks, replay.Mark{Kind: replay.MarkStopped, Text: s})
	v := &x.verdict
	v.Missing, v.Notes = []string{s}, []string{s}
	for i := range v.Checks {
		v.Checks[i].Reason = s
	}
	for i := range v.Events {
		v.Events[i].Key, v.Events[i].Type, v.Events[i].Subject, v.Events[i].Judgement = s, s, s, s
	}
	for i := range v.Types {
		v.Types[i].Type, v.Types[i].Reason = s, s
	}
	for i := range v.Faults {
		v.Faults[i].Fault, v.Faults[i].Reason = s, s
	}
	for i := range v.Findings {
		hostileFinding(&v.Findings[i], s)
	}
	return x
}

func hostileFinding(f *audit.Finding, s string) {
	f.Event, f.Type, f.Subject, f.Fault, f.Fixture, f.Effect, f.Message, f.Advice = s, s, s, s, s, s, s, s
	f.Evidence.Attempts = append([]replay.Attempt(nil), f.Evidence.Attempts...)
	for i := range f.Evidence.Attempts {
		a := &f.Evidence.Attempts[i]
		a.Body, a.Error, a.Event = s, s, s
	}
	f.Evidence.Effects = append([]replay.Effect(nil), f.Evidence.Effects...)
	for i := range f.Evidence.Effects {
		e := &f.Evidence.Effects[i]
		e.Source, e.Name, e.Key, e.Version = s, s, s, s
	}
	if f.Evidence.Reference != nil {
		f.Evidence.Reference = &audit.ReferenceOutcome{Name: s, Version: s, Effects: 1}
	}
}
