package simulate

import (
	"fmt"
	"testing"
	"time"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

var profile = replay.Profile{Name: "stripe", Patience: 10 * time.Second, Success: []replay.StatusRange{{From: 200, To: 299}}}

// planner makes small plans by hand.
type planner struct{ plan replay.Plan }

func (p *planner) event(key, subject, version string) string {
	p.plan.Events = append(p.plan.Events, replay.Event{Key: key, Type: "invoice.paid", Subject: subject,
		Version: version, Provider: "stripe"})
	return key
}

func (p *planner) add(d replay.Delivery) int {
	d.N = len(p.plan.Deliveries) + 1
	if d.Phase == "" {
		d.Phase = replay.PhaseFault
	}
	p.plan.Deliveries = append(p.plan.Deliveries, d)
	return d.N
}

// control makes the phase that teaches the latency.
func (p *planner) control() {
	p.add(replay.Delivery{Event: p.event("evt_control", "cus_control", "1"), Phase: replay.PhaseControl, Role: replay.RoleFirst})
}

func (p *planner) redeliver(event string, after, n int, wait time.Duration) int {
	for range n {
		after = p.add(replay.Delivery{Event: event, Role: replay.RoleRedelivery, After: after, Wait: wait})
	}
	return after
}

func (p *planner) tail() {
	for _, e := range p.plan.Events {
		tries := replay.Delivery{Event: e.Key, Phase: replay.PhaseTail, Role: replay.RoleRedelivery, Wait: time.Minute}
		tries.After = p.add(tries)
		p.add(tries)
	}
}

func hangUp(latency float64) replay.Conditions {
	return replay.Conditions{HangUp: &replay.HangUp{Latency: &latency}}
}

// failEvents makes the first attempt of the named events fail.
func failEvents(keys ...string) reference.Failure {
	return func(e replay.Event, attempt int) bool {
		for _, k := range keys {
			if e.Key == k {
				return attempt == 1
			}
		}
		return false
	}
}

func mustRun(t testing.TB, p replay.Plan, h reference.Handler, o Options) replay.History {
	t.Helper()
	o.Profile = profile
	history, err := Run(t.Context(), p, h, o)
	if err != nil {
		t.Fatal(err)
	}
	return history
}

// charges counts the effects of an event.
func charges(h replay.History, event string) (n int) {
	for _, e := range h.Effects {
		if e.Key == event {
			n += e.Count
		}
	}
	return n
}

func acked(h replay.History, event string) bool {
	for _, a := range h.Attempts {
		if a.Event == event && a.Outcome == replay.Acked {
			return true
		}
	}
	return false
}

// regressed says whether the committed versions of a subject ever went back.
func regressed(h replay.History, subject string) bool {
	last := ""
	for _, e := range h.Effects {
		if e.Subject != subject {
			continue
		}
		if last != "" && replay.CompareVersions(e.Version, last) < 0 {
			return true
		}
		last = e.Version
	}
	return false
}

func attemptOf(t testing.TB, h replay.History, delivery int) replay.Attempt {
	t.Helper()
	for _, a := range h.Attempts {
		if a.Delivery == delivery {
			return a
		}
	}
	t.Fatalf("no attempt of delivery %d in %+v", delivery, h.Attempts)
	return replay.Attempt{}
}

// bigPlan is a plan of about n deliveries with everything in it.
func bigPlan(n int) replay.Plan {
	var p planner
	p.control()
	for i := 0; len(p.plan.Deliveries) < n; i++ {
		subject := fmt.Sprintf("cus_%d", i/3)
		e := p.event(fmt.Sprintf("evt_%d", i), subject, fmt.Sprint(1700000000-i%3))
		at := time.Duration(i) * 20 * time.Millisecond
		switch i % 5 {
		case 0:
			for range 4 {
				p.add(replay.Delivery{Event: e, Role: replay.RoleDuplicate, At: at, Conditions: replay.Conditions{Gate: i + 1}})
			}
		case 1:
			d := p.add(replay.Delivery{Event: e, Role: replay.RoleFirst, At: at, Conditions: hangUp(0.5)})
			p.redeliver(e, p.redeliver(e, d, 1, 0), 2, time.Hour)
		case 2:
			d := p.add(replay.Delivery{Event: e, Role: replay.RoleFirst, At: at})
			p.redeliver(e, d, 1, time.Minute)
			p.add(replay.Delivery{Event: e, Phase: replay.PhaseLate, Role: replay.RoleLate, Wait: 71 * time.Hour})
		case 3:
			p.add(replay.Delivery{Event: e, Role: replay.RoleFirst, At: at, Conditions: replay.Conditions{Signature: replay.SignMissing}})
		case 4:
			half := 0.5
			d := p.add(replay.Delivery{Event: e, Role: replay.RoleFirst, At: at,
				Conditions: replay.Conditions{HangUp: &replay.HangUp{Body: &half}}})
			p.redeliver(e, d, 2, time.Second)
		}
	}
	p.tail()
	return p.plan
}
