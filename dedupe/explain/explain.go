package explain

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/dedupe/reference"
	"hookonce/dedupe/simulate"
	"hookonce/dedupe/zoo"
	"hookonce/replay"
)

// Explanation says which known flaw a target behaves like.
type Explanation struct {
	// Observations is how many events were compared; Wrong how many of them were not as they should be.
	Observations, Wrong int
	// Fits are the flaws that fit, several where the plan cannot tell them apart; none where no known flaw does.
	Fits []Fit
	// Next is the nearest flaw that does not fit; its Handler is "" where there is none.
	Next Fit
	// Event is the one the trace is about, and Subject its subject where the subject's state is what is wrong; Code
	// is what was found there, and Advice how to mend it.
	Event, Subject, Code, Advice string
	// Plan and Trace are what the first of Fits was told to do with the event, or with all of the subject, and what it
	// did. Message says what came of it; Shown says that it is what was found.
	Plan    replay.Plan
	Trace   []simulate.Step
	Message string
	Shown   bool
}

// Fit is one flawed handler, and on how many observations it behaved as the target did.
type Fit struct {
	Handler, Flaw string
	Same          int
	// WrongSame is how many of the observations that were not as they should be it shares.
	WrongSame int
}

// seeds is how many interleavings each flaw may show. An event that comes out as the target's in one of them agrees.
const seeds = 2

// Explain compares the target of a judged history with every flawed handler that can show what was
// found. It returns nil where nothing was found that a flaw could explain.
func Explain(ctx context.Context, h replay.History, v audit.Verdict) (*Explanation, error) {
	open := explicable(v)
	if len(open) == 0 {
		return nil, nil
	}
	h, v, open = sparse(h, v, open)
	target := observe(h, v)
	x := &Explanation{Observations: len(target)}
	x.about(open[0])
	for _, o := range target {
		if o.wrong() {
			x.Wrong++
		}
	}
	plan := scaled(h)
	var all []candidate
	for _, e := range zoo.Handlers() {
		if e.Correct() || !shows(e, v) {
			continue
		}
		best, err := compare(ctx, plan, h, e, target)
		if err != nil {
			return nil, fmt.Errorf("explain: %s: %w", e.Name, err)
		}
		all = append(all, best)
	}
	best, ok := x.choose(all)
	if !ok {
		return x, nil
	}
	return x, x.show(ctx, plan, h, best, open)
}

// wrong says that an event was not processed as it should be.
func (o observation) wrong() bool { return o.effects != "right" || !o.acked || o.state != "" }

// explicable are the violations that the behaviour of a lock can explain, the worst first.
func explicable(v audit.Verdict) []audit.Finding {
	var out []audit.Finding
	for _, f := range v.Findings {
		switch f.Code {
		case "double-processing", "lost-event", "stale-final", "regress", "resurrect", "stuck":
			out = append(out, f)
		}
	}
	return out
}

// shows says that the flaw is known to cause one of the violations found.
func shows(e zoo.Entry, v audit.Verdict) bool {
	return slices.ContainsFunc(v.Findings, func(f audit.Finding) bool {
		return f.Severity == audit.Violation && (slices.Contains(e.Expect, f.Code) || slices.Contains(e.Also, f.Code))
	})
}

// candidate is a flaw under the conditions in which it came nearest.
type candidate struct {
	Fit
	entry    zoo.Entry
	seed     uint64
	replicas int
	fails    reference.Failure
}

func (c candidate) options(h replay.History) simulate.Options {
	o := simulate.Options{Seed: c.seed, Handler: c.entry.Name, Fails: c.fails, Engine: "model", Profile: h.Header.Profile,
		Patience: h.Header.Patience, Replicas: c.replicas, Start: c.entry.Start, Resend: c.entry.Resends}
	o.Work = simulate.DefaultWork
	if o.Patience <= 2*o.Work {
		o.Work = o.Patience / 4
	}
	return o
}

// compare runs a flaw under each of the conditions an endpoint may be in: in one process or two, with work
// that fails where the target answered that it did, or fails once for half of the events.
func compare(ctx context.Context, plan replay.Plan, h replay.History, e zoo.Entry, target map[string]observation) (candidate, error) {
	best := candidate{Fit: Fit{Handler: e.Name, Flaw: e.Flaw, Same: -1}, entry: e}
	for _, replicas := range []int{1, 2} {
		for _, fails := range []reference.Failure{failsAsSeen(h), reference.FailHalf(plan)} {
			c := candidate{entry: e, seed: plan.Seed, replicas: replicas, fails: fails}
			c.Fit = Fit{Handler: e.Name, Flaw: e.Flaw}
			agreed := map[string]bool{}
			for i := range uint64(seeds) {
				o := c.options(h)
				o.Seed += i
				got, err := simulate.Run(ctx, plan, e.Handler, o)
				if err != nil {
					return best, err
				}
				got.Header.Reference = "" // it is judged as a target
				for key, seen := range observe(got, audit.Judge(got, nil)) {
					if want, ok := target[key]; ok && want.same(seen) {
						agreed[key] = true
					}
				}
			}
			for key := range agreed {
				c.Same++
				if target[key].wrong() {
					c.WrongSame++
				}
			}
			if c.score() > best.score() {
				best = c
			}
		}
	}
	return best, nil
}

// failsAsSeen fails the work of an event as often as the target answered that something went wrong.
func failsAsSeen(h replay.History) reference.Failure {
	failed := map[string]int{}
	for _, a := range h.Attempts {
		if a.Status >= 500 && a.RetryAfter == 0 {
			failed[a.Event]++
		}
	}
	return func(e replay.Event, attempt int) bool { return attempt <= failed[e.Key] }
}

// scaled is the plan with its waits as long as they were for the target, and with stand-ins for
// bodies that a journal does not keep: handlers that hash them must tell events apart.
func scaled(h replay.History) replay.Plan {
	p := h.Plan
	p.Deliveries, p.Events = slices.Clone(p.Deliveries), slices.Clone(p.Events)
	for i := range p.Deliveries {
		if d := &p.Deliveries[i]; d.Role != replay.RoleLate {
			d.Wait = time.Duration(float64(d.Wait) * h.Header.TimeScale)
		}
	}
	for i := range p.Events {
		if e := &p.Events[i]; e.Body == nil {
			e.Body = fmt.Appendf(nil, "{\"id\":%q}", e.Key)
		}
	}
	return p
}
