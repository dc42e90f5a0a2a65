package audit

import "slices"

// hearing is what the checks found in a history, or in a part of one, before anybody asked whether they can be decided.
type hearing struct {
	rulings []ruling // by check
	faults  []faultCount
	rows    []EventRow
	score   Score
	survey  survey
}

// ruling is what one check found, and on how many events (or deliveries) it decided.
type ruling struct {
	found  []Finding
	judged int
	total  int // findings, where not all are listed
	hints  int // of these, those about a fault that no provider commits
}

// hear applies every check. whole stands for the whole history, of which d may be a part: what can be decided depends on
// all of it.
func (d *docket) hear(whole *docket) hearing {
	h := hearing{rulings: make([]ruling, len(checks)), faults: d.faultCounts()}
	var reported []Finding
	for i, c := range checks {
		found, judged := c.judge(d)
		for j := range found {
			if found[j].Severity = c.severity; neverCommitted(found[j].Fault) {
				found[j].Severity = Hint
			}
		}
		d.attachReference(found)
		d.nameFlaws(found)
		h.rulings[i] = ruling{found, judged, len(found), hintsAmong(found)}
		if c.severity == Hint {
			continue
		}
		reason, _ := c.undecidable(whole)
		if c.proves(found, reason) || reason == "" {
			d.decided[c.name] = found
		}
		if c.severity == Violation && c.proves(found, reason) {
			reported = append(reported, found...)
		}
	}
	counted := whole.withoutCounts() == "" || whole.comparableStates()
	h.rows = d.rows(reported, counted)
	h.score, h.survey = d.score(h.rows), d.survey
	h.survey.memory = d.remembered(whole.withoutCounts() == "")
	return h
}

// hintsAmong counts the findings that are hints.
func hintsAmong(found []Finding) (n int) {
	for _, f := range found {
		if f.Severity == Hint {
			n++
		}
	}
	return n
}

// proves says that the findings stand, whatever else is not known.
func (c check) proves(found []Finding, reason string) bool {
	return len(found) > 0 && (reason == "" || !c.absence)
}

// judge applies every check to the whole history.
func (d *docket) judge() Verdict {
	return d.conclude(d.hear(d))
}

// conclude decides, from what was found in all parts of the history that d stands for.
func (d *docket) conclude(h hearing) Verdict {
	d.survey = h.survey
	v := Verdict{Findings: []Finding{}, Races: d.raced, Faults: d.faultRows(h.faults), Types: d.learnt.rows(), Notes: d.notes(),
		LateTested: h.survey.late, Memory: h.survey.memory.told(), Events: h.rows, Score: h.score,
		Counted: Counted{h.score.Right + h.score.Wrong + h.score.Undecided, d.races.gates, d.races.overlapped, d.races.dense}}
	v.Memory.Claimed = d.claimedWindow().ttl
	v.Missing = d.missingAltogether(v, h.survey.untaught)
	for i, c := range checks {
		r := CheckResult{Name: c.name, Severity: c.severity}
		reason, requested := c.undecidable(d)
		requested = requested || slices.Contains(d.h.Header.Checks, c.name)
		found, judged, total := h.rulings[i].found, h.rulings[i].judged, h.rulings[i].total
		if c.severity == Hint && (reason != "" || c.name == "per-attempt-key" && h.survey.mixed) {
			found, total = nil, 0
			if reason != "" {
				judged = 0
			}
		}
		r.Findings, r.Judged, r.Reason = total, judged, reason
		switch {
		case c.proves(found, reason):
			if r.Status = failing(c.severity); h.rulings[i].hints == total {
				r.Status = Hinted
			}
			d.decided[c.name] = found
			v.Findings = append(v.Findings, found...)
		case reason != "" && requested:
			r.Status, r.Findings = Inconclusive, 0
			v.Missing = addMissing(v.Missing, reason)
		case reason != "":
			r.Status, r.Findings = NotRequested, 0
		case h.survey.doubts.of(c.name) != "":
			r.Status, r.Reason = Inconclusive, h.survey.doubts.of(c.name)
			v.Missing = addMissing(v.Missing, r.Reason)
			delete(d.decided, c.name)
		case h.survey.nothingOwn(c.name) != "":
			r.Status, r.Reason = Inconclusive, h.survey.nothingOwn(c.name)
			v.Missing = addMissing(v.Missing, r.Reason)
			delete(d.decided, c.name)
		default:
			r.Status = Pass
			d.decided[c.name] = nil
		}
		v.Checks = append(v.Checks, r)
	}
	return v
}
