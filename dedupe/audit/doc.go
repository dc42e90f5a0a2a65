// Package audit judges a history: which events were processed twice, lost, or
// overwritten by something older.
//
// Judge is a pure function of the plan, the attempts and the effects. It never touches the
// network, never reads a clock, and never learns which handler it judges.
// Everything it claims is relative to the control phase, which taught what this endpoint
// does with one clean delivery. It rather says "inconclusive", and what is missing, than guess.
//
// A Stream gives the same verdict over a history that is too large to be held in memory. Records are added as they
// happen, or as a journal has them:
//
//	s, err := audit.NewStream(audit.StreamOptions{})
//	defer s.Close()
//	err = s.Add(replay.Record{Header: &header})
//	err = s.Add(replay.Record{Plan: &replay.PlanHead{Schema: replay.PlanSchema, Seed: seed, Open: true}})
//	// as it goes: event, its deliveries, their attempts, effects and marks, in any mixture
//	err = s.Add(replay.Record{End: &replay.End{Stats: stats}})
//	verdict, err := s.Judge()
//
// It spills them to a temporary file in parts: an event, everything that was done with it, and the other events of its subject
// go to one part. The control phase is then learned from the parts that have it, and each part is judged by
// itself by the same checks. Lists in the verdict are bounded (see Limits); figures are of everything.
package audit
