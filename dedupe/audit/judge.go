package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"hookonce/replay"
)

// Hardened is the name of the reference that must pass everything: where it does not,
// the plan or the harness is wrong, and nothing is proven about the target.
const Hardened = "hardened"

// Judge audits the target's history. The reference's history of the same plan, if there is
// one, stands beside it in the evidence and vouches for the plan.
func Judge(target replay.History, reference *replay.History) Verdict {
	d := newDocket(&target)
	var found []Finding
	var score *Score
	if reference != nil {
		d.reference = newDocket(referenceHistory(*reference))
		r := d.reference.judge()
		found, score = r.Findings, &r.Score
	}
	v := d.judge()
	v.Reference = score
	d.vouch(&v, found)
	v.Verdict = d.verdict(v)
	return v
}

// referenceHistory gives the reference a header of its own: it is watched from
// within, so what the user said about the target's sources does not apply.
func referenceHistory(h replay.History) *replay.History {
	h.Header.Sources = []replay.SourceInfo{{Label: "reference", Exact: true, Counts: true, States: true, Committed: true}}
	h.Header.Expect, h.Header.Checks = nil, nil
	return &h
}

func failing(s Severity) Status {
	switch s {
	case Violation:
		return Fail
	case Warning:
		return Warn
	}
	return Hinted
}

// missingAltogether lists what leaves the whole run without proof.
func (d *docket) missingAltogether(v Verdict, untaught map[string]int) []string {
	var out []string
	if d.learnt.sent && !d.learnt.acked {
		return append(out, d.allRefused())
	}
	if !d.h.Complete {
		out = append(out, "the journal is cut short: what it does not record is unknown")
	} else if why := d.h.Stopped(); why != "" {
		out = append(out, "the run was stopped before its end ("+why+")")
	}
	out = append(out, d.unfiredFaults(v.Faults)...)
	out = append(out, notPlanned(d.h.Plan, v.Faults)...)
	if t := typesWith(v.Types, "refused"); t != "" {
		out = append(out, "not judged, because the endpoint refused them in control: "+t+
			". If it looks objects up, use --keep-ids with events whose objects it knows, or stub the provider's API")
	}
	for _, t := range slices.Sorted(maps.Keys(d.h.Header.Expect)) {
		if !slices.ContainsFunc(v.Types, func(r TypeRow) bool { return r.Type == t }) {
			out = append(out, fmt.Sprintf("--expect-effects names %s, and no event of that type was sent", t))
		}
	}
	if t := untaughtText(v.Types, untaught); t != "" {
		out = append(out, t)
	}
	if len(v.Types) > 0 && typesWith(v.Types, "judged") == "" && typesWith(v.Types, "ignored") != "" && len(d.h.Header.Sources) > 0 {
		out = append(out, "no event reached a verdict: in control no event type had an effect that the source shows")
	}
	return out
}

// untaughtText names the events of types that were not refused as a whole, and which control still taught nothing about.
func untaughtText(rows []TypeRow, untaught map[string]int) string {
	var list []string
	for _, t := range slices.Sorted(maps.Keys(untaught)) {
		if !slices.ContainsFunc(rows, func(r TypeRow) bool { return r.Type == t && r.Judgement == "refused" }) {
			list = append(list, fmt.Sprintf("%s (%s)", t, plural(untaught[t], "event")))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "not judged, because control did not show what is normal for them (no clean delivery of such an event was acknowledged, or its effects are counted " +
		"under an id that several events share): " + listed(list)
}

// notPlanned lists the faults that were asked for by name and are not in the plan; where it has none at all, it says that.
func notPlanned(p replay.Plan, rows []FaultRow) (out []string) {
	for _, s := range p.Skipped {
		if slices.Contains(p.Settings.Asked, s.Fault) {
			out = append(out, fmt.Sprintf("the fault %s was asked for and is not in the plan: %s", s.Fault, s.Reason))
		}
	}
	if len(p.Settings.Faults) == 0 || len(out) > 0 || slices.ContainsFunc(rows, func(r FaultRow) bool { return r.Planned > 0 }) {
		return out
	}
	why := ""
	if len(p.Skipped) > 0 {
		why = fmt.Sprintf(" (%s: %s)", p.Skipped[0].Fault, p.Skipped[0].Reason)
	}
	return append(out, "nothing was done to the events: none of the faults could be planned"+why)
}

// unfiredFaults lists the faults that never took place. Where nothing was refused there is nothing to
// retry, staggered copies only add to races, races say for themselves why they were none, and an endpoint without a Redis cannot lose it.
func (d *docket) unfiredFaults(rows []FaultRow) []string {
	var out, unsent []string
	for _, r := range rows {
		switch {
		case r.Planned == 0 || r.Fired > 0 || r.Fault == "retry" || r.Fault == "stagger" && r.Reason != unsentFault:
		case r.Fault == "race" && r.Reason != unsentFault && d.withoutOverlap() != "":
		case r.Reason == unsentFault:
			unsent = append(unsent, r.Fault)
		case r.Reason == unusedRedis:
		default:
			out = append(out, fmt.Sprintf("the fault %s never took place: %s", r.Fault, r.Reason))
		}
	}
	if len(unsent) > 0 {
		out = append(out, "not sent: the faults "+strings.Join(unsent, ", "))
	}
	return out
}

// allRefused explains a control phase in which nothing was acknowledged.
func (d *docket) allRefused() string {
	last := &d.learnt.last
	text := "the endpoint acknowledged no event of the control phase (" + describeRefusal(last) + ")"
	switch {
	case strings.Contains(last.Body, "api_version") || strings.Contains(strings.ToLower(last.Body), "api version"):
		return text + ": it rejects the fixtures' API version; record fixtures with the version it expects, or relax the check (stripe-go: IgnoreAPIVersionMismatch)"
	case last.Status == 400 || last.Status == 401 || last.Status == 403:
		if !d.h.Plan.Settings.Signed {
			return text + ": without --secret nothing is signed; give the one the endpoint verifies with"
		}
		return text + ": is --secret the endpoint's own?"
	case last.Status == 404 || last.Status == 405:
		return text + ": is the path in --target right?"
	case d.lacksMsgpack():
		return text + ": the embedded Redis cannot run its scripts, which use cmsgpack; put a real one behind the proxy: --redis-proxy redis://localhost:6379"
	}
	if last.Status/100 == 3 {
		return text + ": redirections are not followed; give the address that it redirects to"
	}
	return text + ": see the endpoint's log"
}

// lacksMsgpack says that a script failed for want of what the embedded Redis does not have.
func (d *docket) lacksMsgpack() bool {
	return slices.ContainsFunc(d.h.Commands, func(c replay.Command) bool { return strings.Contains(c.Reply, "'cmsgpack'") })
}

func addMissing(missing []string, reason string) []string {
	if slices.Contains(missing, reason) || slices.ContainsFunc(missing, func(m string) bool { return strings.HasPrefix(m, reason) }) {
		return missing
	}
	return append(missing, reason)
}

func (d *docket) notes() []string {
	var out []string
	for _, m := range d.h.Marks {
		if m.Kind == replay.MarkNote {
			out = append(out, m.Text)
		}
	}
	if by := d.claimedWindow(); by.ttl > 0 {
		out = append(out, d.claimedText(by))
	}
	if d.races.overlapped > 0 && d.service() == queued {
		out = append(out, queuedNote)
	}
	n := 0
	for _, c := range d.unmatched {
		n += c
	}
	if n > 0 && d.matched {
		out = append(out, plural(n, "effect")+" came under ids that belong to no event of the plan, and were left out")
	}
	return out
}

// vouch lets the reference speak for the plan: a hardened reference that fails
// means that the plan or the harness is wrong.
func (d *docket) vouch(v *Verdict, found []Finding) {
	h := d.h.Header
	if h.Reference == "" || h.Reference != Hardened {
		return
	}
	if d.reference == nil || !d.reference.h.Complete {
		v.Missing = addMissing(v.Missing, "the reference did not complete the plan")
		return
	}
	for _, f := range found {
		if f.Severity == Violation {
			v.Missing = append([]string{fmt.Sprintf("the hardened reference failed %s on %s: the plan or hookonce itself is wrong, so nothing is proven; please report it",
				f.Code, f.Event)}, v.Missing...)
			v.referenceFailed = true
			return
		}
	}
}

func (d *docket) verdict(v Verdict) Status {
	status := Pass
	for _, c := range v.Checks {
		if c.Status == Inconclusive {
			status = Inconclusive
		}
	}
	if len(v.Missing) > 0 {
		status = Inconclusive
	}
	for _, c := range v.Checks {
		if c.Status == Fail {
			status = Fail
		}
	}
	if v.referenceFailed {
		return Inconclusive
	}
	return status
}

// finding starts a finding on an event, with the evidence common to all.
func (d *docket) finding(code string, f *dossier) Finding {
	x := Finding{
		rank: d.rankOf(f),
		Code: code, Event: f.event.Key, Type: f.event.Type, Subject: f.event.Subject, Fault: f.fault, Fixture: f.event.Fixture,
		Effects: f.effects, Expected: f.due(),
		Deliveries: numbersOf(f.sent()), Evidence: Evidence{Attempts: appendValues(nil, f.sent())},
	}
	for n := range d.names {
		if t := f.tally(n); t != nil {
			x.Evidence.Effects = appendValues(x.Evidence.Effects, t.seen)
		}
	}
	for _, p := range f.planned {
		if p.Gate != 0 {
			g := d.gate(p)
			x.Evidence.Gate = &g
			break
		}
	}
	return x
}

// attachReference puts beside each finding what the reference made of the same event.
func (d *docket) attachReference(found []Finding) {
	if d.reference == nil {
		return
	}
	for i := range found {
		f := d.reference.byKey[found[i].Event]
		if f == nil {
			continue
		}
		o := &ReferenceOutcome{Name: d.h.Header.Reference, Effects: f.effects, Acked: f.acked()}
		if s, ok := d.reference.finalState(f.event.Subject); ok {
			o.Version = s.Version
		}
		found[i].Evidence.Reference = o
	}
}

// rows tells, event by event, what became of the plan.
func (d *docket) rows(found []Finding, counted bool) []EventRow {
	for _, x := range found {
		if f := d.byKey[x.Event]; x.Severity == Violation && !f.violated {
			f.violated, f.judgement = true, x.Code
		}
	}
	out := make([]EventRow, 0, len(d.events))
	for _, f := range d.events {
		r := EventRow{Key: f.event.Key, Type: f.event.Type, Subject: f.event.Subject, Fault: f.fault,
			Deliveries: len(f.attempts), Acked: len(f.acks), Effects: f.effects, Expected: f.due(), Observed: f.observed()}
		if d.reference != nil {
			if g := d.reference.byKey[f.event.Key]; g != nil {
				r.ReferenceEffects = &g.effects
			}
		}
		r.Judgement, r.rank, r.violated = f.verdict(counted), d.rankOf(f), f.violated
		out = append(out, r)
	}
	return out
}

// verdict is the judgement of an event, of which the sources tell how often, or in which state, it was processed.
func (f *dossier) verdict(counted bool) string {
	switch {
	case f.judgement != "":
		return f.judgement
	case len(f.attempts) == 0:
		return "undecided"
	case f.badSignature != replay.SignValid:
		return "ok"
	case f.standing != "":
		return f.standing
	case !counted, !f.acked(), f.shared:
		return "undecided"
	}
	return "ok"
}

// due is how many effects the event is to have.
func (f *dossier) due() int {
	if f.told || f.badSignature == replay.SignValid {
		return f.expected
	}
	return 0
}

func appendValues[T any](to []T, from []*T) []T {
	for _, p := range from {
		to = append(to, *p)
	}
	return to
}
