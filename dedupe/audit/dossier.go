package audit

import (
	"cmp"
	"slices"
	"time"

	"hookonce/replay"
)

// effectName tells effects apart that are counted separately.
type effectName struct{ source, name string }

func (n effectName) String() string {
	if n.name != "" {
		return n.name
	}
	return n.source
}

// tally is what was seen of one effect for one event.
type tally struct {
	name  int // its place in the docket's names
	count int
	// unsure is how many more there may be: nobody knows whether they happened.
	unsure int
	seen   []*replay.Effect
}

// dossier is everything known of one event. Whatever most checks ask for is kept here: looking
// at a delivery or at an attempt again costs more than the answer.
type dossier struct {
	event    *replay.Event
	planned  []*replay.Delivery
	attempts []*replay.Attempt // those that were sent, by start
	requests []*replay.Attempt // the user's own, sent together with deliveries: they may have processed it, and acknowledge nothing
	acks     []*replay.Attempt // the acknowledged ones, by end: the same list where all are
	tallies  []tally           // there are one or two names: a map would cost more
	effects  int               // over all names
	unsure   int               // how many more there may be
	reset    bool              // a source took effects back that it had shown
	unsent   int32             // fault-free attempts in the tail that did not get through to the endpoint
	place    int32             // of the event in the plan
	sends    int32             // planned deliveries
	subject  int32             // its place among the docket's siblings
	// control and sentinel say of which phase the event is: control teaches what normal is.
	control, sentinel bool
	// badSignature is how the event's deliveries were spoiled; SignValid for all others.
	badSignature replay.Signature
	fault        string
	// struck is what a fault did to a command of the event; "" where none did. forgotten says that Redis lost what it
	// had acknowledged of the event.
	struck    string
	forgotten bool
	course    course
	// shared says that the event's effects are counted under an id that several events of
	// the plan have in common, so that they cannot be told apart.
	shared bool
	clan   *clan // those events; nil where there are none
	// lifecycle says that other events of the plan speak of the same subject.
	lifecycle bool
	// violated says that a check found a violation. Its code is the judgement then; otherwise that is what a check
	// made of the event that found nothing, or "".
	violated  bool
	judgement string
	*norm     // what control taught about it; nil until it has
}

func (f *dossier) plan(p *replay.Delivery, room *[]*replay.Delivery) {
	if len(f.planned) == 0 {
		f.badSignature = p.Signature
		f.control, f.sentinel = p.Phase == replay.PhaseControl, p.Phase == replay.PhaseSentinel
	}
	if f.fault == "" {
		f.fault = p.Fault
	}
	f.planned = append(carve(f.planned, int(f.sends), room), p)
}

// acked says that the event was acknowledged.
func (f *dossier) acked() bool { return len(f.acks) > 0 }

// sort puts the attempts in order, and lists those that were acknowledged. left is how many attempts this and the dossiers that share the room
// have.
func (f *dossier) sort(room *[]*replay.Attempt, left int) {
	byStart := func(a, b *replay.Attempt) int { return cmp.Compare(a.Start, b.Start) }
	byEnd := func(a, b *replay.Attempt) int {
		return cmp.Or(cmp.Compare(a.End, b.End), cmp.Compare(a.Start, b.Start))
	}
	acked := 0
	for _, a := range f.attempts {
		if a.Outcome == replay.Acked {
			acked++
		}
	}
	if acked == len(f.attempts) && slices.IsSortedFunc(f.attempts, byStart) && slices.IsSortedFunc(f.attempts, byEnd) {
		f.acks = f.attempts
		return
	}
	if len(*room) < acked {
		*room = make([]*replay.Attempt, max(acked, min(left, 4096)))
	}
	f.acks = carve(f.acks, acked, room)
	for _, a := range f.attempts {
		if a.Outcome == replay.Acked {
			f.acks = append(f.acks, a)
		}
	}
	slices.SortStableFunc(f.attempts, byStart)
	slices.SortStableFunc(f.acks, byEnd)
}

// observed are the observations of all its effects, by time.
func (f *dossier) observed() []*replay.Effect {
	if len(f.tallies) == 1 && len(f.tallies[0].seen) == 1 {
		return f.tallies[0].seen
	}
	var out []*replay.Effect
	for _, t := range f.tallies {
		out = append(out, t.seen...)
	}
	slices.SortStableFunc(out, func(a, b *replay.Effect) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// count is the number of effects of a name.
func (f *dossier) count(name int) int {
	if t := f.tally(name); t != nil {
		return t.count
	}
	return 0
}

// tally is what was seen of an effect; nil for nothing.
func (f *dossier) tally(name int) *tally {
	for i := range f.tallies {
		if f.tallies[i].name == name {
			return &f.tallies[i]
		}
	}
	return nil
}

// sent are all its attempts, with the user's own requests, by start.
func (f *dossier) sent() []*replay.Attempt {
	if len(f.requests) == 0 {
		return f.attempts
	}
	out := slices.Concat(f.attempts, f.requests)
	slices.SortStableFunc(out, func(a, b *replay.Attempt) int { return cmp.Compare(a.Start, b.Start) })
	return out
}

func numbersOf(attempts []*replay.Attempt) []int {
	out := make([]int, len(attempts))
	for i, a := range attempts {
		out[i] = a.Delivery
	}
	return out
}

// course sums up an event's attempts. Where it shows that a check has nothing to find, the check does
// not look at them one by one: that is what makes large histories cheap.
type course struct {
	late     *replay.Attempt // the first late duplicate
	dropped  *replay.Attempt // the answer that made the provider drop the event
	repeats  int32           // how many were answered after the first acknowledgement
	timed    int32           // how many whose answer was waited for
	slowest  time.Duration   // and the longest of these waits
	answered bool            // there was any answer
	refused  bool            // one was refused after the first acknowledgement, or as if it were unauthorised
	differs  bool            // two acknowledgements have different bodies
	together bool            // two may have been handled at the same time
	named    bool            // all carry an id of their own
}

func (d *docket) courseOf(f *dossier) course {
	c := course{named: len(f.attempts) > 0}
	var until time.Duration
	for i, a := range f.attempts {
		c.named = c.named && a.ID != ""
		c.answered = c.answered || a.Status != 0
		if a.Outcome == replay.Refused && c.dropped == nil && d.h.Header.ProfileOf(f.event.Provider).GivesUp(*a) {
			c.dropped = a
		}
		c.refused = c.refused || unauthorised(a)
		c.together = c.together || a.Outcome == replay.Unknown || a.End < a.Start || i > 0 && a.Start < until
		until = max(until, a.End)
		p := d.delivery(a.Delivery)
		if p == nil {
			continue
		}
		if p.Role == replay.RoleLate && c.late == nil {
			c.late = a
		}
		if p.HangUp == nil && a.LastByte != 0 {
			c.timed++
			c.slowest = max(c.slowest, waited(a))
		}
	}
	if !f.acked() {
		return c
	}
	first := f.acks[0]
	for _, a := range f.attempts {
		if a.Start >= first.End && a.Status != 0 {
			c.repeats++
			c.refused = c.refused || a.Outcome == replay.Refused
		}
	}
	for _, a := range f.acks[1:] {
		c.differs = c.differs || a.Body != first.Body
	}
	return c
}

// waited is how long an answer took, or how long it was waited for in vain.
func waited(a *replay.Attempt) time.Duration {
	if a.FirstByte != 0 {
		return a.Latency()
	}
	return a.End - a.LastByte
}
