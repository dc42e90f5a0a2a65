package explain

import (
	"context"
	"strings"

	"hookonce/dedupe/audit"
	"hookonce/dedupe/simulate"
	"hookonce/replay"
)

// tries is how many interleavings are looked at for one in which the flaw does to an event what the target did.
const tries = 4

// about makes a finding what the explanation is about.
func (x *Explanation) about(f audit.Finding) {
	x.Event, x.Subject, x.Code, x.Advice = f.Event, "", f.Code, f.Advice
	if ofState(f) {
		x.Subject = f.Subject
	}
}

// ofState says that a finding is on a subject's state, which all of the subject's events made.
func ofState(f audit.Finding) bool {
	return f.Code == "stale-final" || f.Code == "regress" || f.Code == "resurrect"
}

// show records what the flaw does with the first finding of the target that it shows as well. Where it shows none
// of them in any interleaving, it is what it does with the first.
func (x *Explanation) show(ctx context.Context, plan replay.Plan, h replay.History, c candidate, open []audit.Finding) error {
	var found [tries][]audit.Finding
	for i := range found {
		o := c.options(h)
		o.Seed += uint64(i)
		got, err := simulate.Run(ctx, plan, c.entry.Handler, o)
		if err != nil {
			return err
		}
		got.Header.Reference = "" // it is judged as a target
		found[i] = audit.Judge(got, nil).Findings
	}
	seed := c.seed
	x.Message = "In this interleaving nothing is wrong with the event."
search:
	for _, f := range open {
		for i := range found {
			if same, ok := shownAs(f, found[i]); ok {
				x.about(f)
				x.Message, x.Shown = same.Message, true
				seed += uint64(i)
				break search
			}
		}
	}
	return x.record(ctx, plan, h, c, seed)
}

// shownAs is the finding among those of the flaw that is the target's.
func shownAs(f audit.Finding, found []audit.Finding) (audit.Finding, bool) {
	for _, g := range found {
		if g.Code == f.Code && g.Subject == f.Subject && (g.Event == f.Event || ofState(f)) {
			return g, true
		}
	}
	return audit.Finding{}, false
}

// record keeps the part of the plan that is about the event or the subject, and the steps of it under a seed.
func (x *Explanation) record(ctx context.Context, plan replay.Plan, h replay.History, c candidate, seed uint64) error {
	part := x.part(plan)
	events := part.EventByKey()
	o := c.options(h)
	o.Seed = seed
	o.Trace = func(s simulate.Step) {
		switch {
		case events[s.Event] != nil:
			x.Trace = append(x.Trace, s)
		case s.Kind == simulate.StepExpiry && strings.Contains(s.What, x.Event):
			x.Trace = append(x.Trace, s)
		}
	}
	_, err := simulate.Run(ctx, plan, c.entry.Handler, o)
	x.Plan = part
	return err
}

// part is the plan of the event alone, or of the subject's events.
func (x *Explanation) part(plan replay.Plan) replay.Plan {
	part := plan
	part.Events, part.Deliveries = nil, nil
	for _, e := range plan.Events {
		if e.Key == x.Event || x.Subject != "" && e.Subject == x.Subject {
			part.Events = append(part.Events, e)
		}
	}
	of := part.EventByKey()
	for _, d := range plan.Deliveries {
		if of[d.Event] != nil {
			part.Deliveries = append(part.Deliveries, d)
		}
	}
	return part
}
