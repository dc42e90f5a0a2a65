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
	count int
	seen  []replay.Effect
}

func (t *tally) add(e replay.Effect) {
	t.count += e.Count
	t.seen = append(t.seen, e)
}

// dossier is everything known of one event.
type dossier struct {
	event    *replay.Event
	planned  []*replay.Delivery
	attempts []replay.Attempt // those that were sent, by start
	tallies  map[effectName]*tally
	// shared says that the event's effects are counted under an id that several events of
	// the plan have in common, so that they cannot be told apart.
	shared bool
	// lifecycle says that other events of the plan speak of the same subject.
	lifecycle bool
	judgement string
}

func (d *dossier) fault() string {
	for _, p := range d.planned {
		if p.Fault != "" {
			return p.Fault
		}
	}
	return ""
}

func (d *dossier) phase() replay.Phase { return d.planned[0].Phase }

// badSignature is how the event's deliveries were spoiled; SignValid for all others.
func (d *dossier) badSignature() replay.Signature { return d.planned[0].Signature }

// control says that the event is one of those that teach what normal is.
func (d *dossier) control() bool { return d.phase() == replay.PhaseControl }

// acks lists the acknowledged attempts in the order in which they were answered.
func (d *dossier) acks() []replay.Attempt {
	var out []replay.Attempt
	for _, a := range d.attempts {
		if a.Outcome == replay.Acked {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b replay.Attempt) int { return cmp.Compare(a.End, b.End) })
	return out
}

func (d *dossier) acked() bool {
	return slices.ContainsFunc(d.attempts, func(a replay.Attempt) bool { return a.Outcome == replay.Acked })
}

// total is the number of effects of the event, over all effect names.
func (d *dossier) total() int {
	n := 0
	for _, t := range d.tallies {
		n += t.count
	}
	return n
}

// observed are the observations of all its effects, by time.
func (d *dossier) observed() []replay.Effect {
	var out []replay.Effect
	for _, t := range d.tallies {
		out = append(out, t.seen...)
	}
	slices.SortStableFunc(out, func(a, b replay.Effect) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func (d *dossier) count(n effectName) int {
	if t := d.tallies[n]; t != nil {
		return t.count
	}
	return 0
}

func (d *dossier) deliveries() []int {
	out := make([]int, len(d.attempts))
	for i, a := range d.attempts {
		out[i] = a.Delivery
	}
	return out
}

// docket is a history, sorted for judging.
type docket struct {
	h          *replay.History
	deliveries map[int]*replay.Delivery
	byKey      map[string]*dossier
	events     []*dossier // in plan order
	subjects   map[string][]*dossier
	lines      map[string][]*line // what the sources told of each subject
	names      []effectName
	unmatched  map[string]int // effects under keys the plan does not know, per source
	faultsFrom time.Duration  // when the first phase after control began
	gateCache  map[int]replay.Gate
	learnt     *learnt
	reference  *docket
	decided    map[string][]Finding // what the checks applied so far have proven
}

func newDocket(h *replay.History) *docket {
	d := &docket{
		h: h, deliveries: map[int]*replay.Delivery{}, byKey: map[string]*dossier{},
		subjects: map[string][]*dossier{}, lines: map[string][]*line{}, unmatched: map[string]int{},
		faultsFrom: -1, decided: map[string][]Finding{},
	}
	for i := range h.Plan.Events {
		e := &h.Plan.Events[i]
		f := &dossier{event: e, tallies: map[effectName]*tally{}}
		d.byKey[e.Key] = f
		d.events = append(d.events, f)
		if e.Subject != "" {
			d.subjects[e.Subject] = append(d.subjects[e.Subject], f)
		}
	}
	for _, group := range d.subjects {
		for _, f := range group {
			f.lifecycle = len(group) > 1
		}
	}
	for i := range h.Plan.Deliveries {
		p := &h.Plan.Deliveries[i]
		d.deliveries[p.N] = p
		if f := d.byKey[p.Event]; f != nil {
			f.planned = append(f.planned, p)
		}
	}
	d.events = slices.DeleteFunc(d.events, func(f *dossier) bool { return len(f.planned) == 0 })
	d.fileAttempts()
	d.fileMarks()
	d.fileEffects()
	d.learnt = learn(d)
	return d
}

func (d *docket) fileAttempts() {
	for _, a := range d.h.Attempts {
		if f := d.byKey[a.Event]; f != nil && a.Outcome != replay.Unsent {
			f.attempts = append(f.attempts, a)
		}
	}
	for _, f := range d.events {
		slices.SortStableFunc(f.attempts, func(a, b replay.Attempt) int { return cmp.Compare(a.Start, b.Start) })
	}
}

func (d *docket) fileMarks() {
	for _, m := range d.h.Marks {
		if m.Kind == replay.MarkPhase && m.Phase != replay.PhaseControl && d.faultsFrom < 0 {
			d.faultsFrom = m.At
		}
	}
}

// handled is how long an attempt may have kept the handler busy: after a hang-up
// the handler works on, for about as long as it takes with the event's type.
func (d *docket) handled(a replay.Attempt) (from, to time.Duration) {
	if a.Outcome == replay.Unknown {
		return a.Start, a.End + d.learnt.latency(d.byKey[a.Event].event.Type)
	}
	return a.Start, a.End
}

func (d *docket) overlap(a, b replay.Attempt) bool {
	aFrom, aTo := d.handled(a)
	bFrom, bTo := d.handled(b)
	return aFrom < bTo && bFrom < aTo
}

// gateAttempts lists the attempts on a gate's deliveries, those that were not sent included.
func (d *docket) gateAttempts() map[int][]replay.Attempt {
	out := map[int][]replay.Attempt{}
	for _, a := range d.h.Attempts {
		if p := d.deliveries[a.Delivery]; p != nil && p.Gate != 0 {
			out[p.Gate] = append(out[p.Gate], a)
		}
	}
	return out
}
