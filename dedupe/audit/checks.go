package audit

import (
	"hookonce/replay"
)

// check is one rule over a history.
type check struct {
	name     string
	severity Severity
	// undecidable says why the rule cannot be applied; missing says whether that makes a verdict
	// inconclusive (it was requested) or leaves the check out.
	undecidable func(*docket) (reason string, requested bool)
	// judge returns the breaches and on how many events (or deliveries) it decided.
	judge func(*docket) ([]Finding, int)
	// absence says that its findings are about what is not there: they prove nothing while the
	// check is undecidable. All others stay proven, whatever else is not known.
	absence bool
}

// checks is in the order in which findings are reported: the worst first.
var checks = []check{
	{"double-processing", Violation, needsEffectsAndRaces, judgeDouble, false},
	{"lost-event", Violation, needsRest, judgeLost, true},
	{"window-too-short", Violation, needsLate, judgeWindow, false},
	{"stale-final", Violation, needsFinalStates, judgeStaleFinal, true},
	{"corrupt-final", Violation, needsFinalStates, judgeCorruptFinal, true},
	{"regress", Violation, needsComparableStates, judgeRegress, false},
	{"resurrect", Violation, needsComparableStates, judgeResurrect, false},
	{"stuck", Violation, needsTail, judgeStuck, false},
	{"signature-bypass", Violation, needsSpoiled(replay.SignMissing, replay.SignWrongKey, replay.SignTampered), judgeBypass, false},
	{"stale-signature", Violation, needsSpoiled(replay.SignStale), judgeStaleSignature, false},
	{"wrong-rejection", Violation, needsSigned, judgeWrongRejection, false},
	{"premature-ack", Warning, needsCounts, judgePremature, false},
	{"noisy-duplicate", Warning, needsNothing, judgeNoisy, false},
	{"replay-differs", Warning, needsNothing, judgeDiffers, false},
	{"slow-ack", Warning, needsNothing, judgeSlow, false},
	{"merged", Hint, needsVerdictOf("lost-event"), judgeMerged, false},
	{"per-attempt-key", Hint, needsAttemptIDs, judgePerAttemptKey, false},
}

// Codes lists the codes of findings, in the order in which they are reported.
func Codes() []string {
	out := make([]string, len(checks))
	for i, c := range checks {
		out[i] = c.name
	}
	return out
}

const noSource = "no effect source: add --effects (a URL, a command, a sink or a log), or nothing proves how often an event was processed"

func needsNothing(*docket) (string, bool) { return "", false }

// needsCounts: without a source that counts, how often something happened is not known.
func needsCounts(d *docket) (string, bool) {
	if reason := d.withoutCounts(); reason != "" {
		return reason, false
	}
	return "", false
}

func needsEffectsAndRaces(d *docket) (string, bool) {
	if reason := d.withoutCounts(); reason != "" {
		return reason, true
	}
	return d.withoutOverlap(), true
}

func (d *docket) withoutCounts() string {
	switch {
	case len(d.h.Header.Sources) == 0:
		return noSource
	case d.sourceLost() != "":
		return d.sourceLost()
	case d.matched:
		return ""
	case len(d.unmatched) > 0:
		return "no effect is counted under an id of the events sent: name the place of the id in the body with --effect-key"
	case d.counting():
		return "the effect source showed no effect at all, not even in control: is it the right one, and are these event types the endpoint acts on?"
	}
	return "the effect sources tell states only: add one that counts effects per event"
}

// counting says that some source is there to count.
func (d *docket) counting() bool {
	for _, s := range d.h.Header.Sources {
		if s.Counts || !s.States {
			return true
		}
	}
	return false
}

// sourceLost says that the last look at an effect source failed: what it last told may be old.
func (d *docket) sourceLost() string {
	for i := len(d.h.Marks) - 1; i >= 0; i-- {
		switch m := d.h.Marks[i]; {
		case m.Kind == replay.MarkSource, m.Kind == replay.MarkSettled && m.Text != "":
			return "an effect source could not be read at the end: " + m.Text
		case m.Kind == replay.MarkSettled:
			return ""
		}
	}
	return ""
}

// needsRest: an effect is missing only once everything has come to rest.
func needsRest(d *docket) (string, bool) {
	if reason := d.withoutCounts(); reason != "" && !d.comparableStates() {
		return reason, true
	}
	return d.restless(), true
}

// restless says why effects may still be on their way; "" if they are not.
func (d *docket) restless() string {
	if !d.h.Complete {
		return "the journal is cut short: what came later is not known"
	}
	if why := d.h.Stopped(); why != "" {
		return "the run was stopped before its end (" + why + ")"
	}
	var settled *replay.Mark
	for i := range d.h.Marks {
		if d.h.Marks[i].Kind == replay.MarkSettled {
			settled = &d.h.Marks[i]
		}
	}
	switch {
	case settled == nil:
		return "effects were not waited for"
	case settled.Text != "":
		return d.sourceLost()
	case !settled.Quiet:
		return "effects were still coming when the wait was cut: let it wait longer with --settle-max"
	}
	return d.sentinelMissing()
}

// sentinelMissing says that a clean event sent at the very end shows no effect:
// then nobody can tell whether earlier ones are lost or late. Where control showed
// that effects are committed before the acknowledgement, none can be late.
func (d *docket) sentinelMissing() string {
	if key := d.survey.unsettled.key; key != "" {
		return "the clean event at the end (" + key + ") shows no effect yet: effects are late, or get lost; let it wait longer with --settle-max"
	}
	return ""
}

func needsLate(d *docket) (string, bool) {
	if len(d.h.Plan.Settings.Late) == 0 {
		return "late duplicates were not sent: give --late 70s", false
	}
	if d.unused() {
		return "late duplicates were late by the clock of a Redis that the endpoint does not use: what it remembers elsewhere did not grow old", false
	}
	if reason := d.withoutCounts(); reason != "" {
		return reason, true
	}
	return "", true
}

// needsComparableStates: a state source, whose versions are the provider's.
func needsComparableStates(d *docket) (string, bool) {
	switch {
	case !d.survey.stated:
		return "no source tells the subjects' versions", false
	case d.sourceLost() != "":
		return d.sourceLost(), true
	case !d.comparableStates():
		return "the versions the source tells are not those the events carry", false
	}
	return "", true
}

// needsFinalStates: a state is the last one only once everything has come to rest.
func needsFinalStates(d *docket) (string, bool) {
	if reason, requested := needsComparableStates(d); reason != "" {
		return reason, requested
	}
	return d.restless(), true
}

func (d *docket) comparableStates() bool {
	for _, les := range d.learnt.byContext {
		if len(les.versioned) > 0 {
			return true
		}
	}
	return false
}

func needsTail(d *docket) (string, bool) {
	if !d.learnt.acked {
		return "no control event was acknowledged", true
	}
	return d.survey.hasty.text(), true
}

func needsSigned(d *docket) (string, bool) {
	if !d.h.Plan.Settings.Signed {
		return "no secret", false
	}
	return "", true
}

// needsSpoiled: deliveries with these signatures were answered, by an endpoint that accepts good ones.
func needsSpoiled(kinds ...replay.Signature) func(*docket) (string, bool) {
	return func(d *docket) (string, bool) {
		planned, answered := false, false
		for _, k := range kinds {
			a, p := d.survey.spoiled[k]
			planned, answered = planned || p, answered || a
		}
		switch {
		case !d.h.Plan.Settings.Signed:
			return "no secret: give --secret to test signatures", false
		case !planned:
			return "not in the plan", false
		case !d.learnt.acked:
			return "no control event was acknowledged, so a refusal says nothing", true
		case !answered:
			return "no delivery with a bad signature was answered", true
		}
		return "", true
	}
}
