package audit

import (
	"fmt"
	"slices"

	"hookonce/replay"
)

// An effect that began and may not have happened counts for nobody: what is certain without it is found, what depends on it is left
// undecided, and an undecided event lets no check pass.

// doubt is how many events a check leaves undecided because of unsure effects, and the first of them.
type doubt struct {
	events int
	first  string
	rank   int
	reset  bool // the first is unsure because a source took its effects back
}

func (x *doubt) add(o doubt) {
	if o.events > 0 && (x.events == 0 || o.rank < x.rank) {
		x.first, x.rank, x.reset = o.first, o.rank, o.reset
	}
	x.events += o.events
}

// text says what is not known; "" where everything is.
func (x doubt) text() string {
	switch {
	case x.events == 0:
		return ""
	case x.reset:
		return fmt.Sprintf("an effect source took effects back that it had shown, of %s (the first: %s), so that what came since may be the same ones again. "+
			"Count them where the count outlives a restart: in a database, or with a sink", plural(x.events, "event"), x.first)
	}
	return fmt.Sprintf("whether the service behind the sink carried a call out is not known for %s (the first: %s): it broke off, or answered with a failure. "+
		"Watch its effects where it commits them, or let the endpoint give each call an Idempotency-Key", plural(x.events, "event"), x.first)
}

// doubts are those of the checks that count.
type doubts struct{ double, lost, window, bypass doubt }

func (x *doubts) add(o doubts) {
	x.double.add(o.double)
	x.lost.add(o.lost)
	x.window.add(o.window)
	x.bypass.add(o.bypass)
}

// of is why a check cannot pass.
func (x doubts) of(check string) string {
	switch check {
	case "double-processing":
		return x.double.text()
	case "window-too-short":
		return x.window.text()
	case "lost-event":
		return x.lost.text()
	case "signature-bypass":
		return x.bypass.text()
	}
	return ""
}

// doubtsOf are those on an event. Control that is in doubt teaches nothing, so no check can go by it.
func (d *docket) doubtsOf(f *dossier) (x doubts) {
	if f.unsure == 0 {
		return x
	}
	one := doubt{1, f.event.Key, d.rankOf(f), f.reset}
	untaught := f.control && f.standing != ""
	if untaught || d.maybeDouble(f) {
		x.double = one
	}
	if untaught || d.maybeLost(f) {
		x.lost = one
	}
	if untaught || f.course.late != nil && d.judgedForDouble(f) { // which effect was one too many is not known
		x.window = one
	}
	if f.badSignature != replay.SignValid && len(f.attempts) > 0 && !f.acked() && f.effects == 0 {
		x.bypass = one
	}
	return x
}

// maybeDouble says that the event has too many effects if what is unsure happened, and not otherwise.
func (d *docket) maybeDouble(f *dossier) bool {
	if f.unsure == 0 || f.shared || !d.judgedForDouble(f) || len(d.surpluses(f)) > 0 {
		return false
	}
	if f.told {
		return slices.ContainsFunc(f.tallies, func(t tally) bool {
			return f.seenOf(d, d.names[t.name].source)+f.unsure > f.expected
		})
	}
	for _, t := range f.tallies {
		if most := f.most[t.name]; most > 0 && t.count+t.unsure > most {
			return true
		}
	}
	return false
}

// maybeLost says that the event is lost if what is unsure did not happen, and not otherwise.
func (d *docket) maybeLost(f *dossier) bool {
	if f.unsure == 0 || !d.judgedForLoss(f) || d.superseded(f) {
		return false
	}
	surely, _, _ := d.missing(f)
	if f.told {
		return surely == "" && f.effects < f.expected
	}
	for i, least := range f.least {
		if surely == "" && f.count(i) < least {
			return true
		}
	}
	return false
}

// judgedForLoss says that the event was acknowledged, or dropped, and that its effects are its own.
func (d *docket) judgedForLoss(f *dossier) bool {
	return !f.shared && f.badSignature == replay.SignValid && (f.acked() || f.course.dropped != nil) && f.standing == ""
}

// countAtMost is the number of effects of a name, if all happened that are unsure.
func (f *dossier) countAtMost(name int) int {
	if t := f.tally(name); t != nil {
		return t.count + t.unsure
	}
	return 0
}
