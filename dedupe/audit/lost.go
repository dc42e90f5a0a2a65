package audit

import (
	"cmp"
	"fmt"
	"slices"

	"hookonce/replay"
)

// judgeLost looks for acknowledged events without the effects of a clean delivery.
func judgeLost(d *docket) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, f := range d.events {
		if !d.judgedForLoss(f) {
			continue
		}
		if d.superseded(f) {
			f.judgement = "superseded"
			continue
		}
		if d.maybeLost(f) {
			f.judgement = "undecided"
			continue
		}
		judged++
		if what, seen, expected := d.missing(f); what != "" {
			x := d.finding("lost-event", f)
			x.Effects, x.Expected, x.Effect = seen, expected, what
			x.Message, x.Advice = d.tellLost(f, seen, expected)
			out = append(out, x)
		}
	}
	shared, n := d.lostByID()
	return append(out, shared...), judged + n
}

// tellLost says how the event was lost: acknowledged too early, or dropped by the provider because the endpoint asked for it.
func (d *docket) tellLost(f *dossier, seen, expected int) (message, advice string) {
	has := fmt.Sprintf("has %s, where a clean delivery has %d", plural(seen, "effect"), expected)
	if f.acked() {
		return fmt.Sprintf("%s was acknowledged (%d by delivery %d) and %s", f.event.Key, f.acks[0].Status, f.acks[0].Delivery, has), lostAdvice(d, f)
	}
	a := f.course.dropped
	return fmt.Sprintf("%s was answered %d by delivery %d, after which %s does not deliver it again, and %s", f.event.Key, a.Status, a.Delivery,
			d.h.Header.ProfileOf(f.event.Provider).Name, has),
		"Answer so only for an event that is never to be processed. For one that failed, answer 503, so that the provider comes back."
}

// lostByID judges events of several sources that have one id, where effects are counted under
// that id: then only the sum can be too small, and it is the last one that is missing.
func (d *docket) lostByID() ([]Finding, int) {
	groups := map[string][]*dossier{}
	var ids []string
	for _, f := range d.events {
		id := f.event.ID
		if id == "" || !f.shared || !f.acked() || f.standing != "" {
			continue
		}
		if groups[id] == nil {
			ids = append(ids, id)
		}
		groups[id] = append(groups[id], f)
	}
	var out []Finding
	for _, id := range ids {
		group := groups[id]
		last := slices.MaxFunc(group, func(a, b *dossier) int { return cmp.Compare(a.acks[0].End, b.acks[0].End) })
		what, seen, expected := d.missingTogether(group)
		if what == "" {
			continue
		}
		x := d.finding("lost-event", last)
		x.rank = afterwards + d.rankOf(group[0])
		x.Effects, x.Expected, x.Effect = seen, expected, what
		x.Message = fmt.Sprintf("%s of several sources with the id %s were acknowledged, and have %s together, where %d are normal",
			plural(len(group), "event"), id, plural(seen, "effect"), expected)
		x.Advice = lostAdvice(d, last)
		out = append(out, x)
	}
	return out, len(ids)
}

// missingTogether is missing for events whose effects are counted as one.
func (d *docket) missingTogether(group []*dossier) (what string, seen, expected int) {
	for i, n := range d.names {
		sum := 0
		for _, f := range group {
			sum += f.least[i]
		}
		if group[0].countAtMost(i) < sum {
			return n.String(), group[0].count(i), sum
		}
	}
	return "", 0, 0
}

// lost says that effects of the event are missing.
func (d *docket) lost(f *dossier) bool {
	if f.standing != "" {
		return false
	}
	what, _, _ := d.missing(f)
	return what != ""
}

// missing returns the first effect that is certainly not there, with how many there are and should be.
func (d *docket) missing(f *dossier) (what string, seen, expected int) {
	if f.told {
		if f.effects+f.unsure < f.expected {
			return "effects", f.effects, f.expected
		}
		return "", 0, 0
	}
	for i, least := range f.least {
		if f.countAtMost(i) < least {
			return d.names[i].String(), f.count(i), least
		}
	}
	// Where the endpoint keeps states only, the subject must be there at all; an
	// older state is for stale-final to tell.
	if les := f.lesson; len(les.versioned) > 0 && les.effects() == 0 && len(d.lines[f.event.Subject]) == 0 {
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
	known := f.attempts[len(f.attempts)-1].End // the last answer that mattered
	if f.acked() {
		known = f.acks[len(f.acks)-1].End
	}
	if les := f.lesson; les != nil && les.timed && !les.before {
		known = never // its work may come after its answer, and after something newer that was sent since
	}
	if d.rivalBefore(f, known) {
		return true
	}
	s, ok := d.finalState(f.event.Subject)
	return ok && !d.severalSources(f.event.Subject) && replay.CompareVersions(s.version, f.event.Version) > 0
}

// lostAdvice tells from the timing what kind of acknowledgement came too early.
func lostAdvice(d *docket, f *dossier) string {
	ack := f.acks[0]
	for _, a := range f.attempts {
		if a.Delivery != ack.Delivery && d.overlap(a, ack) {
			return "An attempt was acknowledged while another one was still working, and that one failed. Answer 503 with Retry-After while " +
				"the event is in flight, so that the provider comes back; answer 2xx only once the effect is committed."
		}
	}
	return "The endpoint answered 2xx although the effect was not committed. Acknowledge only after the effect (or a durable inbox record) is " +
		"written, and never mark an event as done before."
}
