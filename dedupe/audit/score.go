package audit

// Score counts events by what became of them.
type Score struct {
	Right     int `json:"right"`
	Wrong     int `json:"wrong"`
	Undecided int `json:"undecided"` // ignored and refused ones among them
}

// score counts events by their judgement: warnings and hints leave an event right.
func (d *docket) score(rows []EventRow) Score {
	var s Score
	for i, f := range d.events {
		switch {
		case f.violated:
			s.Wrong++
		case undecided(rows[i].Judgement):
			s.Undecided++
		default:
			s.Right++
		}
	}
	return s
}

// Undecided says that nothing is known of whether the event was processed as it should be.
func (r EventRow) Undecided() bool { return undecided(r.Judgement) }

func undecided(judgement string) bool {
	switch judgement {
	case "ignored", "refused", "undecided":
		return true
	}
	return false
}
