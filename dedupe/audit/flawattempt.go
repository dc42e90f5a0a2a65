package audit

import (
	"fmt"

	"hookonce/replay"
)

// habit is what the whole history says of the endpoint; it is found out once.
func (d *docket) habit(name string, found func() bool) bool {
	if d.habits == nil {
		d.habits = map[string]bool{}
	}
	is, known := d.habits[name]
	if !known {
		is = found()
		d.habits[name] = is
	}
	return is
}

// disturbed says that something else than repetition happened to an event, which may be why it was processed twice, or not at all.
func (d *docket) disturbed(f *dossier) bool {
	if f.struck != "" {
		return true
	}
	for _, p := range f.planned {
		if p.Redis != nil || p.Process != nil || p.Downstream != nil || p.Rewrite != "" || p.Batch != "" {
			return true
		}
	}
	return false
}

// keyedByAttempt: each id of an attempt was processed by itself, copies of one attempt were processed once, and no command holds the
// event's id. Nowhere was it otherwise.
func keyedByAttempt(c clue) proof {
	id := c.identified(c.f)
	if id.ids < 2 || c.f.effects > id.most || len(c.acts) > 0 || !c.survey.repeats || !c.habit("keyed by attempt", c.attemptsExplain) {
		return proof{}
	}
	return proof{text: fmt.Sprintf("the deliveries had %d ids of attempts, and %s followed; copies with one id were processed once, and no command to Redis holds the event's id: the key is the attempt's",
		id.ids, plural(c.f.effects, "effect"))}
}

// attemptsExplain says that no event contradicts a key that is made of the attempt's id.
func (d *docket) attemptsExplain() bool {
	for _, f := range d.events {
		if !d.judgedForDouble(f) || d.disturbed(f) {
			continue
		}
		id := d.identified(f)
		if id.ids > 0 && (f.effects > id.most || len(d.actsOf(f.event.Key)) > 0) || id.ids < 2 && len(d.surpluses(f)) > 0 {
			return false
		}
	}
	return true
}

// retryTrusted: a delivery that was marked as a retry was acknowledged without a command about its event, which is lost. So were all
// others that were marked.
func retryTrusted(c clue) proof {
	header := c.h.Header.ProfileOf(c.f.event.Provider).RetryHeader
	if header == "" || !c.f.acked() || !c.marked(c.f, c.f.acks[0]) || c.askedOnRetry(c.f) {
		return proof{}
	}
	if !c.habit("retries of "+c.f.event.Provider, func() bool { return c.neverAskedOnRetry(c.f.event.Provider) }) {
		return proof{}
	}
	a := c.f.acks[0]
	return proof{fmt.Sprintf("%s, marked as a retry by %s, was answered %d without a command about its event, as was every delivery so marked: the mark was taken for proof that the event had been processed",
		name(a), header, a.Status), c.acts[:min(len(c.acts), maxShown)]}
}

// marked says that the provider marked an attempt as a retry.
func (d *docket) marked(f *dossier, a *replay.Attempt) bool {
	p := d.delivery(a.Delivery)
	return p != nil && p.Role == replay.RoleRedelivery && a != f.attempts[0]
}

// askedOnRetry says that the command with which deliveries of an event begin came more often than deliveries that were not marked.
func (d *docket) askedOnRetry(f *dossier) bool {
	unmarked, begun := 0, 0
	for _, a := range f.attempts {
		if p := d.delivery(a.Delivery); !d.marked(f, a) && (p == nil || p.HangUp == nil || p.HangUp.Body == nil) {
			unmarked++ // it came whole
		}
	}
	acts := d.actsOf(f.event.Key)
	for _, a := range acts {
		if a.Name == acts[0].Name && a.key == acts[0].key {
			begun++
		}
	}
	return begun > unmarked
}

// neverAskedOnRetry looks at all events of a provider that were acknowledged when they came again: none of these deliveries asked
// Redis, though others about the same events did.
func (d *docket) neverAskedOnRetry(provider string) bool {
	seen := false
	for _, f := range d.events {
		if f.event.Provider != provider || d.disturbed(f) || !f.acked() || !d.marked(f, f.acks[0]) {
			continue
		}
		if d.askedOnRetry(f) {
			return false
		}
		seen = seen || len(d.actsOf(f.event.Key)) > 0
	}
	return seen
}
