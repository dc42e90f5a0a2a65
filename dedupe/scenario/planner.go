package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"hookonce/replay"
)

// Profile is that of a provider which scenarios are about: it redelivers after a minute, for three days.
func Profile() replay.Profile {
	return replay.Profile{Name: "scenario", Patience: 10 * time.Second, Success: []replay.StatusRange{{From: 200, To: 299}},
		Retries: []time.Duration{retryWait}, RetrySpan: 72 * time.Hour}
}

const retryWait = time.Minute

// planner makes a plan by hand.
type planner struct{ plan replay.Plan }

// newPlanner begins with the control phase, which teaches what each kind of event does.
func newPlanner() *planner {
	p := &planner{replay.Plan{Schema: replay.PlanSchema, Provider: "scenario",
		Settings: replay.PlanSettings{Signed: true, Copies: 2, Race: 2, Bursts: 1}}}
	for i, version := range []string{"1", "1", ""} {
		key := "control_" + string(rune('a'+i))
		e := p.event(key, "cus_"+key, version)
		p.redeliver(p.add(replay.Delivery{Event: e, Phase: replay.PhaseControl, Role: replay.RoleFirst}), 2)
	}
	return p
}

// content is what an event of a scenario says: its members are in the order of their names,
// so that writing it again changes no byte.
type content struct {
	Account string `json:"account,omitempty"`
	Amount  int    `json:"amount"`
	ID      string `json:"id"`
	Note    string `json:"note"`
	Subject string `json:"subject"`
	Version string `json:"version,omitempty"`
}

// event adds an event to the plan and returns its key. Without a version it is a fact and no state.
func (p *planner) event(key, subject, version string) string {
	return p.say(replay.Event{Key: key, Subject: subject, Version: version, Fixture: "scenario/" + key})
}

// say adds an event, with a body that says what the event is.
func (p *planner) say(e replay.Event) string {
	e.Type, e.Provider = "order.updated", "scenario"
	if e.Version == "" {
		e.Type = "order.paid"
	}
	body, err := json.Marshal(content{e.Source, 100, e.ProviderID(), "thank you", e.Subject, e.Version})
	if err != nil {
		panic(err) // it is text and a number
	}
	sum := sha256.Sum256(body)
	e.Body, e.SHA256 = body, hex.EncodeToString(sum[:])
	p.plan.Events = append(p.plan.Events, e)
	return e.Key
}

// add adds a delivery, of the fault phase if it names none, and returns its number.
func (p *planner) add(d replay.Delivery) int {
	d.N = len(p.plan.Deliveries) + 1
	if d.Phase == "" {
		d.Phase = replay.PhaseFault
		d.At += time.Second // what control began in the background has ended by then
	}
	p.plan.Deliveries = append(p.plan.Deliveries, d)
	return d.N
}

// first delivers an event for the first time, after the delivery with that number; 0 for at once.
func (p *planner) first(event string, after int) int {
	return p.add(replay.Delivery{Event: event, Role: replay.RoleFirst, After: after})
}

// redeliver adds n redeliveries, each a minute after the one before.
func (p *planner) redeliver(after, n int) int {
	for range n {
		d := p.plan.Deliveries[after-1]
		after = p.add(replay.Delivery{Event: d.Event, Phase: d.Phase, Role: replay.RoleRedelivery, After: after, Wait: retryWait})
	}
	return after
}

// duplicate sends a delivery's event again when it has ended.
func (p *planner) duplicate(after int, c replay.Conditions) int {
	return p.add(replay.Delivery{Event: p.plan.Deliveries[after-1].Event, Fault: "duplicate", Role: replay.RoleDuplicate, After: after, Conditions: c})
}

// hungUp delivers an event for the first time, to a handler that has just begun when the sender hangs up.
func (p *planner) hungUp(event string) int {
	share := 0.1
	return p.add(replay.Delivery{Event: event, Fault: "timeout", Role: replay.RoleFirst,
		Conditions: replay.Conditions{HangUp: &replay.HangUp{Latency: &share}}})
}

// end adds the fault-free tail, and one clean event at the very end.
func (p *planner) end() replay.Plan {
	for _, e := range p.plan.Events {
		if p.spoiled(e.Key) {
			continue
		}
		d := p.add(replay.Delivery{Event: e.Key, Phase: replay.PhaseTail, Role: replay.RoleRedelivery, Wait: retryWait})
		p.redeliver(d, 1)
	}
	e := p.event("sentinel", "cus_sentinel", "1")
	p.redeliver(p.add(replay.Delivery{Event: e, Phase: replay.PhaseSentinel, Role: replay.RoleFirst}), 2)
	return p.plan
}

// spoiled says that the event's deliveries have bad signatures: nothing redelivers it.
func (p *planner) spoiled(event string) bool {
	for _, d := range p.plan.Deliveries {
		if d.Event == event && d.Signature != replay.SignValid {
			return true
		}
	}
	return false
}
