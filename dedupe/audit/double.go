package audit

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"hookonce/replay"
)

// judgeDouble looks for events with more effects than one clean delivery has.
func judgeDouble(d *docket) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, f := range d.events {
		if !d.judgedForDouble(f) {
			continue
		}
		if d.maybeDouble(f) {
			f.judgement = "undecided"
			continue
		}
		judged++
		for _, s := range d.surpluses(f) {
			out = append(out, d.doubleFinding(f, s))
			break // one finding per event: the first effect that is too many
		}
	}
	together, n := d.sharedDoubles()
	return append(out, together...), judged + n
}

func (d *docket) judgedForDouble(f *dossier) bool {
	return len(f.attempts) > 0 && !f.shared && !f.forgotten && f.badSignature == replay.SignValid && f.standing == "" && !d.outlived(f)
}

// surplus is one effect name with more effects than normal.
type surplus struct {
	name        effectName
	count, most int
	first       *replay.Effect // the first effect that is too many
}

func (d *docket) surpluses(f *dossier) []surplus {
	if f.told {
		return d.surplusOfTotal(f, f.expected)
	}
	var out []surplus
	for i, n := range d.names {
		t, most := f.tally(i), f.most[i]
		// An effect where control showed none is a difference, but not a second time.
		if t != nil && most > 0 && t.count > most {
			out = append(out, surplus{n, t.count, most, beyond(t.seen, most)})
		}
	}
	return out
}

// surplusOfTotal goes by what the user said, which holds for each source: two of them may see the same effect.
func (d *docket) surplusOfTotal(f *dossier, expected int) []surplus {
	for i, n := range d.names {
		if f.count(i) == 0 || f.seenOf(d, n.source) <= expected {
			continue
		}
		var seen []*replay.Effect
		for _, t := range f.tallies {
			if d.names[t.name].source == n.source {
				seen = append(seen, t.seen...)
			}
		}
		slices.SortStableFunc(seen, func(a, b *replay.Effect) int { return cmp.Compare(a.At, b.At) })
		return []surplus{{n, f.seenOf(d, n.source), expected, beyond(seen, expected)}}
	}
	return nil
}

// seenOf is how many effects one source told, over all names.
func (f *dossier) seenOf(d *docket, source string) (n int) {
	for _, t := range f.tallies {
		if d.names[t.name].source == source {
			n += t.count
		}
	}
	return n
}

// beyond returns the observation with which the count exceeded the limit.
func beyond(seen []*replay.Effect, limit int) *replay.Effect {
	n := 0
	for _, e := range seen {
		if n += e.Count; n > limit {
			return e
		}
	}
	return seen[len(seen)-1]
}

func (d *docket) doubleFinding(f *dossier, s surplus) Finding {
	cause := d.causeOf(f, s.first)
	x := d.finding("double-processing", f)
	x.Cause, x.Effect = cause, s.name.String()
	x.Effects, x.Expected = s.count, s.most
	x.Message = fmt.Sprintf("%s was processed %s: %s for one event, %s", f.event.Key, times(s.count, max(s.most, 1)),
		plural(s.count, "effect"), causeText(cause, f))
	x.Advice = causeAdvice[cause]
	return x
}

func times(count, most int) string {
	switch {
	case count == 2*most:
		return "twice"
	case count%most == 0:
		return fmt.Sprintf("%d times", count/most)
	}
	return "more than once"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func causeText(c Cause, f *dossier) string {
	switch c {
	case WithRequest:
		return "by a delivery and by your own request, which was sent at the same instant"
	case Concurrent:
		return fmt.Sprintf("by attempts that ran at the same time (%d sent)", len(f.attempts))
	case AfterAck:
		return "by an attempt that came after the event had been acknowledged"
	}
	if len(f.attempts) == 1 {
		return "within one attempt, in which something failed whose effect had happened, and was done again"
	}
	return "by an attempt that followed a failed one, whose effect had happened"
}

var causeAdvice = map[Cause]string{
	WithRequest: "The webhook and the request do the same work: let both claim it under one key of what is worked on (the order, the payment), " +
		"in the transaction of the effect, or let only one of them do it.",
	Concurrent: "Claim the event atomically before the work (SET NX with an owner, or INSERT with a unique key in the transaction " +
		"of the effect), and answer 503 while another attempt holds the claim.",
	AfterAck: "Remember processed events for longer than the provider redelivers, and write the marker together with the effect.",
	Reexecution: "Give the effect the event's id as its idempotency key, or write effect and marker in one transaction: " +
		"a failure after the effect must not run it again.",
}

// causeOf tells from the timing which attempt brought the surplus effect. The effect was
// committed in (Since, At], so the attempt that brought it began before At.
func (d *docket) causeOf(f *dossier, e *replay.Effect) Cause {
	if slices.ContainsFunc(f.requests, func(a *replay.Attempt) bool { return a.Start <= e.At }) {
		return WithRequest
	}
	var candidates []*replay.Attempt
	for _, a := range f.attempts {
		if a.Start <= e.At {
			candidates = append(candidates, a)
		}
	}
	for i, a := range candidates {
		for _, b := range candidates[i+1:] {
			if d.overlap(a, b) && d.reaches(e, a, b) {
				return Concurrent
			}
		}
	}
	for i, a := range candidates {
		if a.Outcome == replay.Acked && slices.ContainsFunc(candidates[i+1:], func(b *replay.Attempt) bool { return b.Start >= a.End }) {
			return AfterAck
		}
	}
	if len(candidates) > 1 || len(candidates) == 1 && candidates[0].Struck != "" {
		return Reexecution
	}
	return AfterAck
}

// reaches says that the effect may have been committed while either attempt was being handled.
func (d *docket) reaches(e *replay.Effect, a, b *replay.Attempt) bool {
	_, aTo := d.handled(a)
	_, bTo := d.handled(b)
	return e.Since <= max(aTo, bTo)
}

// judgeWindow looks for late duplicates that were processed again, inside the span in which the provider itself may send them.
func judgeWindow(d *docket) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, f := range d.events {
		late := f.course.late
		if late == nil || f.unsure != 0 || !d.judgedForDouble(f) {
			continue
		}
		judged++
		_, age := d.ageOf(f)
		profile := d.h.Header.ProfileOf(f.event.Provider)
		if d.h.Header.TTLScale > 0 {
			age = age.Round(time.Minute)
		}
		for _, s := range d.surpluses(f) {
			if s.first.At < late.Start || age > profile.RetrySpan {
				continue
			}
			x := d.finding("window-too-short", f)
			x.Cause, x.Effect, x.Effects, x.Expected = AfterAck, s.name.String(), s.count, s.most
			x.Message = fmt.Sprintf("%s was processed again by a duplicate %s later; %s redelivers for up to %s",
				f.event.Key, span(age), profile.Name, span(profile.RetrySpan))
			x.Advice = fmt.Sprintf("Remember a processed event for longer than %s.", span(profile.RetrySpan))
			out = append(out, x)
			break
		}
	}
	return out, judged
}

// span writes a duration the way people say it.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour && d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= time.Hour && d%time.Hour == 0:
		return plural(int(d/time.Hour), "hour")
	case d >= time.Minute && d%time.Minute == 0:
		return plural(int(d/time.Minute), "minute")
	}
	return d.String()
}
