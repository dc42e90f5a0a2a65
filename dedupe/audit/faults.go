package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"hookonce/replay"
)

// fired says of a delivery, and the attempt made on it, whether its fault really took place.
var fired = map[string]func(*docket, *dossier, *replay.Delivery, *replay.Attempt) bool{
	"duplicate": func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return f.ackedBefore(a.Start) },
	"late":      func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return f.ackedBefore(a.Start) },
	"retry":     func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return true },
	"timeout":   func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return a.Fired },
	"truncated": func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return a.Fired },
	"bad-signature": func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool {
		return a.Status != 0
	},
	"reorder": func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool {
		return d.newerBefore(f, a.Start)
	},
	"other-bytes": func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return f.ackedBefore(a.Start) },
	"twins":       func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return true },
	"same-id":     func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return true },
	"race": func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool {
		return d.gates()[p.Gate].Overlapped
	},
}

// carries says which deliveries of a fault bring it about; the others only go along.
func carries(p *replay.Delivery) bool {
	switch p.Fault {
	case "duplicate", "other-bytes":
		return p.Role == replay.RoleDuplicate
	case "retry":
		return p.Role == replay.RoleRedelivery
	case "timeout", "truncated":
		return p.HangUp != nil
	case "late":
		return p.Role == replay.RoleLate
	case "reorder":
		return p.Role == replay.RoleFirst
	}
	return p.Fault != ""
}

func (f *dossier) ackedBefore(at time.Duration) bool {
	acks := f.acks
	return len(acks) > 0 && acks[0].End <= at
}

// newerBefore says that a newer event of the subject had been sent before.
func (d *docket) newerBefore(f *dossier, at time.Duration) bool {
	for _, g := range d.subjects[f.event.Subject] {
		if f.event.Order(*g.event) < 0 && len(g.attempts) > 0 && g.attempts[0].Start < at {
			return true
		}
	}
	return false
}

// faultRows counts, per fault, the deliveries that carry it and those on which it took place.
func (d *docket) faultRows() []FaultRow {
	rows, sent := map[string]*FaultRow{}, map[string]int{}
	var order []string
	for i := range d.h.Plan.Deliveries {
		p := &d.h.Plan.Deliveries[i]
		if !carries(p) {
			continue
		}
		if rows[p.Fault] == nil {
			rows[p.Fault] = &FaultRow{Fault: p.Fault}
			order = append(order, p.Fault)
		}
		rows[p.Fault].Planned++
	}
	for _, f := range d.events {
		for _, a := range f.attempts {
			p := d.delivery(a.Delivery)
			if p == nil || !carries(p) || fired[p.Fault] == nil {
				continue
			}
			if a.Outcome != replay.Unsent {
				sent[p.Fault]++
			}
			if fired[p.Fault](d, f, p, a) {
				rows[p.Fault].Fired++
			}
		}
	}
	var out []FaultRow
	for _, name := range order {
		rows[name].Reason = unfired(*rows[name], sent[name])
		out = append(out, *rows[name])
	}
	for _, s := range d.h.Plan.Skipped {
		out = append(out, FaultRow{Fault: s.Fault, Reason: s.Reason})
	}
	return out
}

const unsentFault = "none of its deliveries was sent"

func unfired(r FaultRow, sent int) string {
	switch {
	case r.Fired > 0:
		return ""
	case sent == 0 && r.Fault != "retry":
		return unsentFault
	}
	switch r.Fault {
	case "retry":
		return "nothing was refused, so nothing had to be redelivered"
	case "race":
		return "raced copies never overlapped"
	case "duplicate", "late":
		return "no event was acknowledged before its duplicate"
	case "timeout":
		return "the endpoint answered before every hang-up"
	case "reorder":
		return "no older event came after a newer one of its subject"
	}
	return "no answer came to any of its deliveries"
}

// gates judges every gate of the plan by its attempts, those that were not sent included.
func (d *docket) gates() map[int]replay.Gate {
	if d.gateCache != nil {
		return d.gateCache
	}
	attempts := map[int][]*replay.Attempt{}
	for i := range d.h.Attempts {
		a := &d.h.Attempts[i]
		if p := d.delivery(a.Delivery); p != nil && p.Gate != 0 {
			attempts[p.Gate] = append(attempts[p.Gate], a)
		}
	}
	planned, control := map[int]int{}, map[int]bool{}
	for i := range d.h.Plan.Deliveries {
		if p := &d.h.Plan.Deliveries[i]; p.Gate != 0 {
			planned[p.Gate]++
			control[p.Gate] = control[p.Gate] || p.Phase == replay.PhaseControl
		}
	}
	d.gateCache, d.raced, d.probes = make(map[int]replay.Gate, len(planned)), []replay.Gate{}, map[int][]replay.Attempt{}
	var made []replay.Attempt
	for _, n := range slices.Sorted(maps.Keys(planned)) {
		made = appendValues(made[:0], attempts[n])
		g := replay.GateOf(n, made)
		// A copy that left no attempt behind was not sent.
		g.Overlapped = g.Overlapped && len(made) == planned[n]
		d.gateCache[n] = g
		if control[n] {
			d.probes[n] = slices.Clone(made)
		} else {
			d.raced = append(d.raced, g)
		}
	}
	return d.gateCache
}

// races lists the gates in which copies of an event raced.
func (d *docket) races() []replay.Gate {
	d.gates()
	return d.raced
}

// withoutOverlap says why races were planned and none was produced; "" if one was.
func (d *docket) withoutOverlap() string {
	races := d.races()
	if len(races) == 0 {
		return ""
	}
	if d.serial() {
		return "the endpoint works on one request at a time (different events released together were answered like a staircase), " +
			"so raced copies never met inside it: run it with the concurrency it has in production"
	}
	sent := 0
	for _, g := range races {
		if g.Overlapped {
			return ""
		}
		if g.Copies > 1 {
			sent++
		}
	}
	if sent == 0 {
		return "no gate was released, so nothing raced"
	}
	return fmt.Sprintf("raced copies never overlapped in any of %s: each was answered before the next was sent; is a proxy in between?",
		plural(sent, "gate"))
}

// A server is taken for serial only if every probe says so: each answer comes at least this share of a
// lone request's latency after the one before.
const staircaseStep = 0.7

// serial looks at the probes of the control phase: gates of different events.
// Answers that come one whole latency after another were not worked on together.
func (d *docket) serial() bool {
	gates, probes := d.gates(), 0
	for n, attempts := range d.probes {
		if !gates[n].Overlapped {
			continue
		}
		if !d.staircase(attempts) {
			return false
		}
		probes++
	}
	return probes > 1
}

func (d *docket) staircase(attempts []replay.Attempt) bool {
	slices.SortFunc(attempts, func(a, b replay.Attempt) int { return cmp.Compare(a.FirstByte, b.FirstByte) })
	for i := 1; i < len(attempts); i++ {
		a, b := attempts[i-1], attempts[i]
		alone := d.learnt.latency(d.dossierOf(&b).event.Type)
		if a.FirstByte == 0 || alone == 0 || float64(b.FirstByte-a.FirstByte) < staircaseStep*float64(alone) {
			return false
		}
	}
	return len(attempts) > 2
}
