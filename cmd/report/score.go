package report

import (
	"hookonce/dedupe/audit"
	"hookonce/replay"
)

func newScore(s audit.Score) Score { return Score{s.Right, s.Wrong, s.Undecided} }

func undecided(judgement string) bool { return audit.EventRow{Judgement: judgement}.Undecided() }

// newReference is nil where no reference ran.
func newReference(h replay.Header, s *audit.Score) *Reference {
	if s == nil {
		return nil
	}
	return &Reference{h.Reference, h.Engine, newScore(*s)}
}
