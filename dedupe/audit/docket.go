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
	name  effectName
	count int
	seen  []*replay.Effect
}

func (t *tally) add(e *replay.Effect) {
	t.count += e.Count
	t.seen = append(t.seen, e)
}

// dossier is everything known of one event.
type dossier struct {
	event    *replay.Event
	planned  []*replay.Delivery
	attempts []*replay.Attempt // those that were sent, by start
	acks     []*replay.Attempt // the acknowledged ones, by end
	tallies  []tally           // there are one or two names: a map would cost more
	// shared says that the event's effects are counted under an id that several events of
	// the plan have in common, so that they cannot be told apart.
	shared bool
	// lifecycle says that other events of the plan speak of the same subject.
	lifecycle bool
	judgement string
	sends     int // planned deliveries
	// lesson and standing are what control taught about it; nil and "" until it has.
	lesson   *lesson
	standing string
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

// acked says that the event was acknowledged.
func (d *dossier) acked() bool { return len(d.acks) > 0 }

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
		for _, e := range t.seen {
			out = append(out, *e)
		}
	}
	slices.SortStableFunc(out, func(a, b replay.Effect) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func (d *dossier) count(n effectName) int {
	if t := d.tally(n); t != nil {
		return t.count
	}
	return 0
}

// tally is what was seen of an effect; nil for nothing.
func (d *dossier) tally(n effectName) *tally {
	for i := range d.tallies {
		if d.tallies[i].name == n {
			return &d.tallies[i]
		}
	}
	return nil
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
	deliveries map[int]*replay.Delivery // only of a plan that is not numbered from 1
	ofDelivery []*dossier               // by the delivery's place in the plan
	byKey      map[string]*dossier
	events     []*dossier // in plan order
	subjects   map[string][]*dossier
	lines      map[string][]*line // what the sources told of each subject
	compared   []*line            // those that can be judged; nil until somebody asked
	names      []effectName
	unmatched  map[string]int // effects under keys the plan does not know, per source
	faultsFrom time.Duration  // when the first phase after control began
	gateCache  map[int]replay.Gate
	raced      []replay.Gate            // the gates outside of control, by number
	probes     map[int][]replay.Attempt // the attempts of control's gates
	learnt     *learnt
	reference  *docket
	decided    map[string][]Finding // what the checks applied so far have proven
}

func newDocket(h *replay.History) *docket {
	d := &docket{
		h: h, byKey: make(map[string]*dossier, len(h.Plan.Events)), events: make([]*dossier, 0, len(h.Plan.Events)),
		subjects: map[string][]*dossier{}, lines: map[string][]*line{}, unmatched: map[string]int{},
		faultsFrom: -1, decided: map[string][]Finding{},
	}
	d.fileEvents()
	d.fileDeliveries()
	d.fileAttempts()
	d.fileMarks()
	d.fileEffects()
	d.learnt = learn(d)
	for _, f := range d.events {
		f.lesson = d.learnt.find(f)
		f.standing = d.learnt.standingOf(f)
	}
	return d
}

func (d *docket) fileEvents() {
	all := make([]dossier, len(d.h.Plan.Events))
	for i := range all {
		f := &all[i]
		f.event = &d.h.Plan.Events[i]
		d.byKey[f.event.Key] = f
		d.events = append(d.events, f)
		if s := f.event.Subject; s != "" {
			d.subjects[s] = append(d.subjects[s], f)
		}
	}
	for _, group := range d.subjects {
		for _, f := range group {
			f.lifecycle = len(group) > 1
		}
	}
}

// fileDeliveries gives each event its deliveries, all cut from one list.
func (d *docket) fileDeliveries() {
	planned := d.h.Plan.Deliveries
	d.ofDelivery = make([]*dossier, len(planned))
	count := 0
	for i := range planned {
		if planned[i].N != i+1 && d.deliveries == nil {
			d.deliveries = map[int]*replay.Delivery{}
		}
		if f := d.byKey[planned[i].Event]; f != nil {
			d.ofDelivery[i] = f
			f.sends++
			count++
		}
	}
	list := make([]*replay.Delivery, count)
	for i := range planned {
		if d.deliveries != nil {
			d.deliveries[planned[i].N] = &planned[i]
		}
		if f := d.ofDelivery[i]; f != nil {
			f.planned = carve(f.planned, f.sends, &list)
			f.planned = append(f.planned, &planned[i])
		}
	}
	d.events = slices.DeleteFunc(d.events, func(f *dossier) bool { return len(f.planned) == 0 })
}

// carve gives a list that has none yet its room, n entries from a common one.
func carve[T any](list []T, n int, from *[]T) []T {
	if list != nil || n > len(*from) {
		return list
	}
	list, *from = (*from)[:0:n], (*from)[n:]
	return list
}

// delivery is the planned delivery of that number; nil where there is none.
func (d *docket) delivery(n int) *replay.Delivery {
	if d.deliveries != nil {
		return d.deliveries[n]
	}
	if n < 1 || n > len(d.h.Plan.Deliveries) {
		return nil
	}
	return &d.h.Plan.Deliveries[n-1]
}

// dossierOf is the event an attempt was made on.
func (d *docket) dossierOf(a *replay.Attempt) *dossier {
	if n := a.Delivery; d.deliveries == nil && n >= 1 && n <= len(d.ofDelivery) {
		if f := d.ofDelivery[n-1]; f != nil && f.event.Key == a.Event {
			return f
		}
	}
	return d.byKey[a.Event]
}

func (d *docket) fileAttempts() {
	attempts := d.h.Attempts
	room, acks := make([]*replay.Attempt, len(attempts)), make([]*replay.Attempt, len(attempts))
	for i := range attempts {
		a := &attempts[i]
		f := d.dossierOf(a)
		if f == nil || a.Outcome == replay.Unsent {
			continue
		}
		f.attempts = append(carve(f.attempts, f.sends, &room), a)
		if a.Outcome == replay.Acked {
			f.acks = append(carve(f.acks, f.sends, &acks), a)
		}
	}
	for _, f := range d.events {
		slices.SortStableFunc(f.attempts, func(a, b *replay.Attempt) int { return cmp.Compare(a.Start, b.Start) })
		slices.SortStableFunc(f.acks, func(a, b *replay.Attempt) int {
			return cmp.Or(cmp.Compare(a.End, b.End), cmp.Compare(a.Start, b.Start))
		})
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
func (d *docket) handled(a *replay.Attempt) (from, to time.Duration) {
	if a.Outcome == replay.Unknown {
		return a.Start, a.End + d.learnt.latency(d.dossierOf(a).event.Type)
	}
	return a.Start, a.End
}

func (d *docket) overlap(a, b *replay.Attempt) bool {
	aFrom, aTo := d.handled(a)
	bFrom, bTo := d.handled(b)
	return aFrom < bTo && bFrom < aTo
}
