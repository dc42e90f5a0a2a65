package audit

import (
	"cmp"
	"slices"
	"time"

	"hookonce/replay"
)

// A server that works on one request at a time answers those that came together like a staircase: the steps are as long as the work on
// one. Both are measured from the same probes, because a request alone, on a connection of its own and after a rest, can take several
// times as long. Of servers that work on all at once, the steps were below a quarter of the first answer, on a busy machine too; of
// servers that work on one, above 0.7 of it.
const (
	staircaseStep  = 0.5 // of the time to the first answer
	staircaseAlone = 0.4 // of the quickest answer that a request of the type got alone
)

// steps are the times between the answers to probes: gates of different events in the control phase.
type steps struct {
	probes int
	first  []time.Duration // to the first answer of each probe
	next   []time.Duration // from an answer to the next one
	alone  []float64       // the same, as shares of the quickest answer to a request alone
}

// serial says that the server works on one request at a time. One probe is not enough to say so.
func (d *docket) serial() bool {
	var s steps
	for i := range d.gates {
		if g := &d.gates[i]; g.control {
			d.addSteps(&s, g.attempts)
		}
	}
	if s.probes < 2 {
		return false
	}
	slices.Sort(s.alone)
	return float64(median(s.next)) >= staircaseStep*float64(median(s.first)) && s.alone[len(s.alone)/2] >= staircaseAlone
}

// addSteps measures a probe. Two answers are no staircase, and a step is one only if the second request was there at the first answer.
func (d *docket) addSteps(s *steps, attempts []*replay.Attempt) {
	attempts = slices.DeleteFunc(slices.Clone(attempts), func(a *replay.Attempt) bool { return a.FirstByte == 0 })
	if len(d.learnt.quickest) == 0 {
		return
	}
	slices.SortFunc(attempts, func(a, b *replay.Attempt) int { return cmp.Compare(a.FirstByte, b.FirstByte) })
	var next []time.Duration
	var alone []float64
	for i := 1; i < len(attempts); i++ {
		if a, b := attempts[i-1], attempts[i]; b.LastByte < a.FirstByte {
			step := b.FirstByte - a.FirstByte
			next, alone = append(next, step), append(alone, float64(step)/float64(d.learnt.quickestOf(d.typeOf(b))))
		}
	}
	if len(next) > 1 {
		s.probes++
		s.first, s.next, s.alone = append(s.first, attempts[0].Latency()), append(s.next, next...), append(s.alone, alone...)
	}
}

// typeOf is the type of the event an attempt was made on.
func (d *docket) typeOf(a *replay.Attempt) string {
	if d.part != nil && d.part.types != nil {
		return d.part.types[a.Event]
	}
	return d.dossierOf(a).event.Type
}
