package report

import (
	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// newScore counts events by the audit's judgement: warnings and hints leave an event right.
func newScore(v audit.Verdict) Score {
	violated := map[string]bool{}
	for _, f := range v.Findings {
		if f.Severity == audit.Violation {
			violated[f.Event] = true
		}
	}
	var s Score
	for _, e := range v.Events {
		switch {
		case violated[e.Key]:
			s.Wrong++
		case undecided(e.Judgement):
			s.Undecided++
		default:
			s.Right++
		}
	}
	return s
}

func undecided(judgement string) bool {
	switch judgement {
	case "ignored", "refused", "undecided":
		return true
	}
	return false
}

// newReference has the reference's own history judged by the same audit as the target's. The
// reference is watched from within: what the user said about the target's sources is not about it.
func newReference(j replay.Journal) *Reference {
	if j.Reference == nil {
		return nil
	}
	h, header := *j.Reference, j.Target.Header
	h.Header.Sources = []replay.SourceInfo{{Label: "reference", Exact: true, Counts: true, States: true, Committed: true}}
	h.Header.Expect, h.Header.Checks, h.Header.Reference = nil, nil, ""
	return &Reference{header.Reference, header.Engine, newScore(audit.Judge(h, nil))}
}
