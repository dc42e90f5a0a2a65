package chaos

import (
	"time"

	"hookonce/replay"
)

// Window makes the late duplicates that measure how long an endpoint remembers an event. They are no part of the plan: which
// ages are tried depends on how the endpoint took those before. What is tried at an age depends on the seed alone.
type Window struct {
	b    *builder
	next int // the number of the next delivery
	sent int // events so far
}

// NewWindow measures after a plan, whose numbers its deliveries go on from.
func NewWindow(in Input, before replay.Plan) *Window {
	w := &Window{b: newBuilder(in).forFault("window"), next: len(before.Deliveries) + 1}
	for _, e := range before.Events {
		w.b.keys[e.Key] = true
	}
	return w
}

// Round is a plan in which events of one fixture are delivered cleanly, and repeated each at an age of its own: a repeat may
// renew what the endpoint remembers.
func (w *Window) Round(fixture replay.Event, ages []time.Duration) (replay.Plan, error) {
	p := replay.Plan{Schema: replay.PlanSchema, Seed: w.b.in.Seed}
	late := make([]replay.Delivery, 0, len(ages))
	for i, age := range ages {
		e := w.b.fresh(fixture)
		d := replay.Delivery{Event: e.Key, Fault: "late", Role: replay.RoleFirst, Phase: replay.PhaseFresh, At: time.Duration(i) * pace}
		if n := w.b.in.Settings.Replicas; n > 1 { // both deliveries: what replicas share is another question
			d.Replica = w.sent%n + 1
		}
		w.sent++
		p.Events = append(p.Events, e)
		p.Deliveries = append(p.Deliveries, w.numbered(d))
		for r := range retries {
			again := d
			again.Role, again.After, again.Wait = replay.RoleRedelivery, w.next-1, w.b.retryWait(e.Key, r)
			p.Deliveries = append(p.Deliveries, w.numbered(again))
		}
		d.At, d.Role, d.Phase, d.Wait = 0, replay.RoleLate, replay.PhaseLate, age
		late = append(late, d)
	}
	for _, d := range late {
		p.Deliveries = append(p.Deliveries, w.numbered(d))
	}
	return p, w.b.root.err
}

func (w *Window) numbered(d replay.Delivery) replay.Delivery {
	d.N = w.next
	w.next++
	return d
}

// Ages are the ages to try next, of an endpoint that still knows an event at one age and processes it again at another: at most
// so many, evenly spread, and whole steps. None are left where the two are no more than a step apart.
func Ages(known, again, step time.Duration, most int) (out []time.Duration) {
	first, last := known/step+1, (again-1)/step
	n := int(last - first + 1)
	switch {
	case n <= 0:
		return nil
	case n <= most:
		for a := first; a <= last; a++ {
			out = append(out, a*step)
		}
		return out
	}
	for i := 1; i <= most; i++ {
		out = append(out, (first-1+time.Duration(int64(i)*int64(n+1)/int64(most+1)))*step)
	}
	return out
}
