package audit

import (
	"fmt"

	"hookonce/replay"
)

// judgeLost looks for acknowledged events without the effects of a clean delivery.
func judgeLost(d *docket) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, f := range d.events {
		if f.shared || f.badSignature() != replay.SignValid || !f.acked() || d.learnt.standing(f) != "" {
			continue
		}
		if d.superseded(f) {
			f.judgement = "superseded"
			continue
		}
		judged++
		if what, seen, expected := d.missing(f); what != "" {
			x := d.finding("lost-event", f)
			x.Effects, x.Expected, x.Effect = seen, expected, what
			ack := f.acks()[0]
			x.Message = fmt.Sprintf("%s was acknowledged (%d by delivery %d) and has %s, where a clean delivery has %d",
				f.event.Key, ack.Status, ack.Delivery, plural(seen, "effect"), expected)
			x.Advice = lostAdvice(d, f)
			out = append(out, x)
		}
	}
	return out, judged
}

// missing returns the first effect that is not there, with how many there are and should be.
func (d *docket) missing(f *dossier) (what string, seen, expected int) {
	if n, told := d.learnt.expect[f.event.Type]; told {
		if f.total() < n {
			return "effects", f.total(), n
		}
		return "", 0, 0
	}
	for _, n := range d.names {
		if least, _ := d.learnt.bounds(f, n); f.count(n) < least {
			return n.String(), f.count(n), least
		}
	}
	// Where the endpoint keeps states only, the subject must be there at all; an
	// older state is for stale-final to tell.
	les := d.learnt.lessonOf(f)
	if _, there := d.finalState(f.event.Subject); les.versioned && les.effects() == 0 && !there {
		return "state", 0, 1
	}
	return "", 0, 0
}

// superseded says that a missing effect is no loss: something newer of the same
// subject, or something that ties with it, was known to the endpoint by the time it answered. Discarding
// the older event is right for one that carries state.
func (d *docket) superseded(f *dossier) bool {
	if f.event.Subject == "" || f.event.Version == "" {
		return false
	}
	acks := f.acks()
	for _, g := range d.subjects[f.event.Subject] {
		if g == f || g.event.Version == "" || len(g.attempts) == 0 || g.event.Order(*f.event) < 0 {
			continue
		}
		if g.attempts[0].Start < acks[len(acks)-1].End {
			return true
		}
	}
	s, ok := d.finalState(f.event.Subject)
	return ok && replay.CompareVersions(s.Version, f.event.Version) > 0
}

// lostAdvice tells from the timing what kind of acknowledgement came too early.
func lostAdvice(d *docket, f *dossier) string {
	ack := f.acks()[0]
	for _, a := range f.attempts {
		if a.Delivery != ack.Delivery && d.overlap(a, ack) {
			return "An attempt was acknowledged while another one was still working, and that one failed. Answer 503 with Retry-After while " +
				"the event is in flight, so that the provider comes back; answer 2xx only once the effect is committed."
		}
	}
	return "The endpoint answered 2xx although the effect was not committed. Acknowledge only after the effect (or a durable inbox record) is " +
		"written, and never mark an event as done before."
}
