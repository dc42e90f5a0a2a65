package tui

import (
	"time"

	"hookonce/replay"
)

// tally counts what a journal's records say while they come in, so that no frame has to count.
type tally struct {
	planned  int // deliveries
	settled  int // of them, those that were sent or are not needed any more
	sent     int
	acked    int
	refused  int
	unknown  int
	effects  int
	phase    replay.Phase
	waiting  bool // for effects to come to rest
	over     bool // the target's run is over, and the reference's goes on
	byNumber map[int]bool
	later    map[string][]int // per event, redeliveries that an acknowledgement makes needless
}

func newTally() tally { return tally{byNumber: map[int]bool{}, later: map[string][]int{}} }

func (t *tally) add(r replay.Record) {
	switch {
	case r.Delivery != nil:
		t.planned++
		if r.Delivery.OnlyUnacknowledged() {
			t.later[r.Delivery.Event] = append(t.later[r.Delivery.Event], r.Delivery.N)
		}
	case r.Run != replay.TargetRun:
	case r.Attempt != nil:
		t.attempt(*r.Attempt)
	case r.Effect != nil:
		if !r.Effect.State() && !r.Effect.Earlier {
			t.effects += r.Effect.Count
		}
	case r.Mark != nil:
		t.mark(*r.Mark)
	case r.End != nil:
		t.over, t.settled = true, t.planned
	}
}

func (t *tally) attempt(a replay.Attempt) {
	t.waiting = false
	t.settle(a.Delivery)
	switch a.Outcome {
	case replay.Unsent:
		return
	case replay.Acked:
		t.acked++
		for _, n := range t.later[a.Event] {
			t.settle(n)
		}
		delete(t.later, a.Event)
	case replay.Refused:
		t.refused++
	case replay.Unknown:
		t.unknown++
	}
	t.sent++
}

// settle counts a delivery once, whether it was sent or became needless first.
func (t *tally) settle(n int) {
	if !t.byNumber[n] {
		t.byNumber[n] = true
		t.settled++
	}
}

func (t *tally) mark(m replay.Mark) {
	switch m.Kind {
	case replay.MarkPhase:
		t.phase, t.waiting = m.Phase, false
	case replay.MarkSettled:
		t.waiting = false
	}
}

// rate is how many attempts a second ended within the last second before now, since the run's base.
func rate(attempts []replay.Attempt, now time.Duration) int {
	n := 0
	for i := len(attempts) - 1; i >= 0 && attempts[i].End > now-time.Second; i-- {
		n++
	}
	return n
}

// doing says in words what a run does at the moment.
func (t *tally) doing() string {
	if t.over {
		return "running the same plan through the reference"
	}
	switch t.phase {
	case replay.PhaseControl:
		return "control: learning what normal is"
	case replay.PhaseFault:
		return "sending with faults"
	case replay.PhaseProcess:
		return "sending what needs it to itself"
	case replay.PhaseTail:
		return "redelivering what is unacknowledged"
	case replay.PhaseFresh:
		return "what the late duplicates will repeat"
	case replay.PhaseLate:
		return "late duplicates"
	case replay.PhaseSentinel:
		return "one clean event of each type"
	}
	return "starting"
}
