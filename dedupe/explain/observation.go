package explain

import (
	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// observation is what is compared of one event of the plan: how its effects stand to those of a
// clean delivery, whether it was acknowledged, what a copy was told that came while another
// one was at work, and what became of its subject's state. Nothing in it depends on how fast an endpoint is.
type observation struct {
	effects string // "none", "right" or "more"
	acked   bool
	busy    string // "acked" or "refused"; "" where no copy came meanwhile: that says nothing
	state   string // the code of a finding on the subject's state; "" for none
}

// same says that two observations do not contradict each other.
func (o observation) same(p observation) bool {
	return o.effects == p.effects && o.acked == p.acked && o.state == p.state && (o.busy == "" || p.busy == "" || o.busy == p.busy)
}

// observe reads the observations of a judged history, by event. Control teaches and is not
// compared; of what could not be decided nothing is known.
func observe(h replay.History, v audit.Verdict) map[string]observation {
	spoken := map[string]bool{}
	for _, d := range h.Plan.Deliveries {
		if d.Phase == replay.PhaseControl || d.Phase == replay.PhaseSentinel || d.Signature != replay.SignValid {
			spoken[d.Event] = true
		}
	}
	states := map[string]string{}
	for _, f := range v.Findings {
		switch f.Code {
		case "stale-final", "corrupt-final", "regress", "resurrect":
			states[f.Subject] = f.Code
		}
	}
	attempts := map[string][]replay.Attempt{}
	for _, a := range h.Attempts {
		if a.Outcome != replay.Unsent {
			attempts[a.Event] = append(attempts[a.Event], a)
		}
	}
	out := map[string]observation{}
	for _, r := range v.Events {
		if spoken[r.Key] || r.Undecided() && r.Judgement != "undecided" || len(attempts[r.Key]) == 0 {
			continue
		}
		o := observation{effects: "right", acked: r.Acked > 0, busy: busy(attempts[r.Key])}
		if r.Subject != "" {
			o.state = states[r.Subject]
		}
		switch {
		case r.Judgement == "superseded": // discarded or not: both are right
		case r.Effects == 0 && r.Expected > 0:
			o.effects = "none"
		case r.Effects > r.Expected:
			o.effects = "more"
		}
		out[r.Key] = o
	}
	return out
}

// busy is what a copy was told whose answer came before that of an earlier one still at work.
func busy(attempts []replay.Attempt) string {
	for _, a := range attempts {
		for _, b := range attempts {
			if b.Delivery == a.Delivery || b.Start > a.Start || b.End <= a.End || a.Status == 0 {
				continue
			}
			if a.Outcome == replay.Acked {
				return "acked"
			}
			return "refused"
		}
	}
	return ""
}
