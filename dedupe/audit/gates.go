package audit

import (
	"cmp"
	"fmt"
	"slices"

	"hookonce/replay"
)

// release is a gate with what was planned for it, and what became of that.
type release struct {
	replay.Gate
	planned  int
	control  bool              // deliveries of the control phase are in it: a probe
	process  bool              // the endpoint's processes are restarted meanwhile: it need not overlap
	request  bool              // the user's own request is in it, which is no copy
	apart    bool              // its deliveries are of different events, or come one after another: no copies race
	attempts []*replay.Attempt // those that were not sent included
	own      []ownGate         // of the events that a dense gate races; in a part of a stream, of the part's
}

// ownGate is what became of an event's copies in a dense gate.
type ownGate struct {
	event string
	replay.Gate
}

// of is what became of an event in the gate.
func (g *release) of(event string) replay.Gate {
	for i := range g.own {
		if g.own[i].event == event {
			return g.own[i].Gate
		}
	}
	return g.Gate
}

// fileGates judges every gate of the plan by its attempts.
func (d *docket) fileGates() {
	gated := d.gated
	slices.SortStableFunc(gated, func(a, b *replay.Delivery) int { return cmp.Compare(a.Gate, b.Gate) })
	for _, p := range gated {
		if len(d.gates) == 0 || d.gates[len(d.gates)-1].Number != p.Gate {
			d.gates = append(d.gates, release{Gate: replay.Gate{Number: p.Gate}})
		}
		g := &d.gates[len(d.gates)-1]
		g.planned++
		g.control = g.control || p.Phase == replay.PhaseControl
		g.process = g.process || p.Phase == replay.PhaseProcess
		g.request = g.request || p.Role == replay.RoleRequest
	}
	room, rest := make([]*replay.Attempt, len(gated)), gated
	for i := range d.h.Attempts {
		a := &d.h.Attempts[i]
		if p := d.delivery(a.Delivery); p != nil && p.Gate != 0 {
			g := d.release(p.Gate)
			g.attempts = append(carve(g.attempts, g.planned, &room), a)
		}
	}
	d.raced = []replay.Gate{}
	for i := range d.gates {
		g := &d.gates[i]
		g.judge(rest[:g.planned])
		rest = rest[g.planned:]
		if !g.control && !g.apart {
			d.raced = append(d.raced, g.Gate)
			if !g.process && !g.request {
				d.races.add(g.Gate)
			}
		}
	}
}

// judge says what became of a gate.
func (g *release) judge(planned []*replay.Delivery) {
	t := replay.GateTally{Number: g.Number}
	g.apart = len(planned) > 1
	for i, p := range planned {
		t.Plan(p.Event)
		g.apart = g.apart && (i == 0 || p.Event != planned[i-1].Event)
	}
	g.apart = g.apart || slices.ContainsFunc(planned, func(p *replay.Delivery) bool { return p.Lag != nil })
	for _, a := range g.attempts {
		t.Add(a)
	}
	if g.Gate = t.Gate(); g.Events == 0 {
		return
	}
	for _, p := range planned {
		g.own = addOwn(g.own, p.Event, &t)
	}
}

// addOwn adds what became of an event to the list, unless it is there. Copies of an event are planned one after another.
func addOwn(list []ownGate, event string, t *replay.GateTally) []ownGate {
	for _, o := range slices.Backward(list) {
		if o.event == event {
			return list
		}
	}
	return append(list, ownGate{event, t.Of(event)})
}

// release finds a gate by its number; nil where no delivery has it. Most plans number them without a gap.
func (d *docket) release(number int) *release {
	if len(d.gates) == 0 {
		return nil
	}
	if i := number - d.gates[0].Number; i >= 0 && i < len(d.gates) && d.gates[i].Number == number {
		return &d.gates[i]
	}
	i, ok := slices.BinarySearchFunc(d.gates, number, func(g release, n int) int { return cmp.Compare(g.Number, n) })
	if !ok {
		return nil
	}
	return &d.gates[i]
}

// gate is what became of a delivery's gate, as far as it concerns the delivery's event; nothing where it has none.
func (d *docket) gate(p *replay.Delivery) replay.Gate {
	if g := d.release(p.Gate); g != nil {
		return g.of(p.Event)
	}
	return replay.Gate{}
}

// raceFaults are the faults that bring copies of one event together.
var raceFaults = []string{"race", "dense"}

// unplannedRaces says that races were asked for, and that the plan has none.
func (d *docket) unplannedRaces() string {
	isRace := func(fault string) bool { return slices.Contains(raceFaults, fault) }
	if !slices.ContainsFunc(d.h.Plan.Settings.Faults, isRace) {
		return ""
	}
	text := "races were asked for, and the plan has none"
	if i := slices.IndexFunc(d.h.Plan.Skipped, func(s replay.SkippedFault) bool { return isRace(s.Fault) }); i >= 0 {
		text += " (" + d.h.Plan.Skipped[i].Reason + ")"
	}
	return text + ": where they are not wanted, leave them out of --faults"
}

// withoutOverlap says why races were planned and none was produced; "" if one was.
func (d *docket) withoutOverlap() string {
	if d.races.gates == 0 {
		return d.unplannedRaces()
	}
	if d.service() == serial {
		return "the endpoint works on one request at a time (different events that came together were answered one after the other), " +
			"so raced copies never met inside it: run it with the concurrency it has in production"
	}
	switch {
	case d.races.overlapped > 0:
		return ""
	case d.races.several == 0:
		return "no gate was released, so nothing raced"
	}
	return fmt.Sprintf("raced copies never overlapped in any of %s: each was answered before the next was sent; is a proxy in between?",
		plural(d.races.several, "race"))
}
