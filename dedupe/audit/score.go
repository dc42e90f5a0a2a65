package audit

// Score counts events by what became of them.
type Score struct {
	Right     int `json:"right"`
	Wrong     int `json:"wrong"`
	Undecided int `json:"undecided"` // ignored and refused ones among them
}

// scoreOf counts events by their judgement: warnings and hints leave an event right.
func scoreOf(v Verdict) Score {
	violated := map[string]bool{}
	for _, f := range v.Findings {
		if f.Severity == Violation {
			violated[f.Event] = true
		}
	}
	var s Score
	for _, e := range v.Events {
		switch {
		case violated[e.Key]:
			s.Wrong++
		case e.Undecided():
			s.Undecided++
		default:
			s.Right++
		}
	}
	return s
}

// Undecided says that nothing is known of whether the event was processed as it should be.
func (r EventRow) Undecided() bool {
	switch r.Judgement {
	case "ignored", "refused", "undecided":
		return true
	}
	return false
}
