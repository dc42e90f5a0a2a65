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

// heldUp is for how many times a request's quickest answer the others of a probe lack their last bytes at least, if they are held back at all.
const heldUp = 2

// steps are what was seen of probes: gates of different events in the control phase.
type steps struct {
	probes  int
	beside  int             // probes in which a whole request was answered while the others lacked their last bytes
	blocked int             // probes in which it was not
	first   []time.Duration // from the last byte to the first answer of those that waited together
	next    []time.Duration // from an answer to the next one
	alone   []float64       // the same, as shares of the quickest answer to a request alone
}

// service is how a server deals with requests that come together.
type service int

const (
	together service = iota // all at once, as far as is known
	queued                  // one after another, though one that lacks its last byte holds up no other
	serial                  // one at a time
)

// service looks at the probes. A serial server leaves a whole request unanswered beside others that lack their last bytes,
// every time, or answers what came together like a staircase. Requests that wait for one lock, or for a database that carries out one
// transaction at a time, are answered like that, too; but there a request that lacks its last byte holds up no other. Nor does it
// where a proxy before a serial server passes on whole requests only: from outside the two look alike.
func (d *docket) service() service {
	var s steps
	for i := range d.gates {
		if g := &d.gates[i]; g.control {
			d.addSteps(&s, g.attempts)
		}
	}
	switch {
	case s.blocked > 2 && s.beside == 0:
		return serial
	case s.probes < 2 || !s.staircase(): // one probe is not enough to say so
		return together
	case 2*s.beside >= s.probes:
		return queued
	}
	return serial
}

// staircase says that the steps between answers are as long as the work on one request.
func (s *steps) staircase() bool {
	slices.Sort(s.alone)
	return float64(median(s.next)) >= staircaseStep*float64(median(s.first)) && s.alone[len(s.alone)/2] >= staircaseAlone
}

// queuedNote is told where nobody can know from outside whether raced copies met inside the endpoint.
const queuedNote = "different events that came together were answered one after another: they waited for one lock or database, or, behind a proxy " +
	"that passes on whole requests only, for an endpoint that works on one request at a time; if that is so, raced copies never met inside it"

// addSteps measures a probe. Two answers are no staircase, and a step is one only if the second request was there at the first answer.
func (d *docket) addSteps(s *steps, attempts []*replay.Attempt) {
	attempts = slices.DeleteFunc(slices.Clone(attempts), func(a *replay.Attempt) bool { return a.FirstByte == 0 || a.LastByte == 0 })
	if len(attempts) < 3 || len(d.learnt.quickest) == 0 {
		return
	}
	s.addHeld(attempts, d.learnt.quickestOf(d.typeOf(attempts[0])))
	slices.SortFunc(attempts, func(a, b *replay.Attempt) int { return cmp.Compare(a.FirstByte, b.FirstByte) })
	var next []time.Duration
	var alone []float64
	var first time.Duration
	for i := 1; i < len(attempts); i++ {
		a, b := attempts[i-1], attempts[i]
		if b.LastByte >= a.FirstByte {
			continue
		}
		if len(next) == 0 {
			first = a.Latency()
		}
		step := b.FirstByte - a.FirstByte
		next, alone = append(next, step), append(alone, float64(step)/float64(d.learnt.quickestOf(d.typeOf(b))))
	}
	if len(next) < 2 {
		return
	}
	s.probes++
	s.first, s.next, s.alone = append(s.first, first), append(s.next, next...), append(s.alone, alone...)
}

// addHeld looks at the one request of a probe that was whole long before the others.
func (s *steps) addHeld(attempts []*replay.Attempt, quickest time.Duration) {
	byLast := slices.SortedFunc(slices.Values(attempts), func(a, b *replay.Attempt) int { return cmp.Compare(a.LastByte, b.LastByte) })
	whole, held := byLast[0], byLast[1].LastByte
	switch {
	case held < whole.LastByte+heldUp*quickest:
	case whole.FirstByte < held:
		s.beside++
	default:
		s.blocked++
	}
}

// typeOf is the type of the event an attempt was made on.
func (d *docket) typeOf(a *replay.Attempt) string {
	if d.part != nil && d.part.types != nil {
		return d.part.types[a.Event]
	}
	return d.dossierOf(a).event.Type
}
