// Package audit judges a history: which events were processed twice, lost, or
// overwritten by something older.
//
// Judge is a pure function of the plan, the attempts and the effects. It never touches the
// network, never reads a clock, and never learns which handler it judges.
// Everything it claims is relative to the control phase, which taught what this endpoint
// does with one clean delivery. It rather says "inconclusive", and what is missing, than guess.
package audit
