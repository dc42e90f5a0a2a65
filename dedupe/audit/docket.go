package audit

import (
	"sync"
	"time"

	"hookonce/replay"
)

// docket is a history, sorted for judging.
type docket struct {
	h          *replay.History
	deliveries map[int]*replay.Delivery // only of a plan that is not numbered from 1
	ofDelivery []*dossier               // by the delivery's place in the plan
	all        []dossier                // of every event of the plan, in its order
	byKey      map[string]*dossier
	events     []*dossier     // those with deliveries, in plan order
	subjects   map[string]int // the place of each subject's events in siblings
	siblings   [][]*dossier
	lines      map[string][]*line // what the sources told of each subject
	compared   []*line            // those that can be judged; nil until somebody asked
	names      []effectName
	matched    bool               // some effect is of an event of the plan
	unmatched  map[string]int     // effects under keys the plan does not know, per source
	faultsFrom time.Duration      // when the first phase after control began
	gated      []*replay.Delivery // those with a gate, in the plan's order
	gates      []release          // by number
	raced      []replay.Gate      // those outside of control
	races      races              // and all of them in figures
	rivals     map[int32]*rivals  // by subject, of those with many events; nil until somebody asked
	learnt     *learnt
	survey     survey // what the checks must know of the whole history
	reference  *docket
	commands   map[string][]*replay.Command // by event; nil until somebody asked
	byID       map[string][]*dossier        // by the provider's id; nil until somebody asked
	habits     map[string]bool              // what flaws look for in the whole history; nil until somebody asked
	decided    map[string][]Finding         // what the checks applied so far have proven
	part       *part                        // of a stream; nil for a whole history
}

func newDocket(h *replay.History) *docket { return newDocketOf(h, nil) }

// newDocketOf sorts a history, or a part of one: what a part cannot know of the whole it is told.
func newDocketOf(h *replay.History, p *part) *docket {
	d := &docket{
		part: p, h: h, all: make([]dossier, len(h.Plan.Events)), events: make([]*dossier, 0, len(h.Plan.Events)),
		lines: map[string][]*line{}, unmatched: map[string]int{}, faultsFrom: -1, decided: map[string][]Finding{},
	}
	if p != nil {
		d.names, d.gates = p.names, p.gates
	}
	d.numberDeliveries()
	// The subjects cost as much as keys and gates together, and neither needs the other.
	var beside sync.WaitGroup
	beside.Go(func() {
		d.fileEvents()
		if p == nil {
			d.fileGates()
		}
	})
	d.fileSubjects()
	beside.Wait()
	d.fileDeliveries()
	d.fileAttempts()
	d.fileMarks()
	d.fileCommands()
	d.fileEffects()
	if d.part == nil {
		l := newLearnt(h.Header.Expect, len(d.names))
		l.gather(d)
		l.close()
		d.apply(l)
	}
	return d
}

// apply sets what is normal for each event, once control has taught it.
func (d *docket) apply(l *learnt) {
	d.learnt = l
	for i := range d.all {
		d.all[i].norm = l.normOf(&d.all[i])
	}
	d.survey = d.surveyed()
}

// fileEvents files the events by key.
func (d *docket) fileEvents() {
	d.byKey = make(map[string]*dossier, len(d.all))
	for i := range d.all {
		d.byKey[d.h.Plan.Events[i].Key] = &d.all[i]
	}
}

// fileSubjects opens each event's dossier, and gives it the events of its subject, all cut from one list.
func (d *docket) fileSubjects() {
	d.subjects = make(map[string]int, len(d.all))
	var counts []int
	count, place, last := 0, 0, ""
	for i := range d.all {
		f := &d.all[i]
		f.place, f.event = int32(i), &d.h.Plan.Events[i]
		s := f.event.Subject
		if s == "" {
			continue
		}
		if s != last {
			place, last = d.placeOf(s, len(counts)), s
		}
		if place == len(counts) {
			counts = append(counts, 0)
		}
		f.subject = int32(place)
		counts[place]++
		count++
	}
	list := make([]*dossier, count)
	d.siblings = make([][]*dossier, len(counts))
	for i := range d.all {
		if f := &d.all[i]; f.event.Subject != "" {
			p := f.subject
			d.siblings[p] = append(carve(d.siblings[p], counts[p], &list), f)
			f.lifecycle = counts[p] > 1
		}
	}
}

// placeOf is the place of a subject, which is next for one that is new.
func (d *docket) placeOf(subject string, next int) int {
	if p, known := d.subjects[subject]; known {
		return p
	}
	d.subjects[subject] = next
	return next
}

// ofSubject lists the events of the plan that speak of a subject.
func (d *docket) ofSubject(subject string) []*dossier {
	if p, known := d.subjects[subject]; known {
		return d.siblings[p]
	}
	return nil
}

// siblingsOf lists the events of an event's subject, itself included; nil without a subject.
func (d *docket) siblingsOf(f *dossier) []*dossier {
	if !f.lifecycle && f.event.Subject == "" {
		return nil
	}
	return d.siblings[f.subject]
}

// find is the event of a key; nil where there is none. Plans and journals often speak of one event, or of the next
// one, several times in a row: it looks at the event found last, and at the one after it, before it looks into the map.
func (d *docket) find(key string, last *dossier) *dossier {
	if last != nil && len(d.byKey) == len(d.all) { // or else a key stands for the last of its events
		near := d.all[last.place:min(int(last.place)+2, len(d.all))]
		for i := range near {
			if near[i].event.Key == key {
				return &near[i]
			}
		}
	}
	return d.byKey[key]
}

// numberDeliveries finds out whether the plan numbers its deliveries from 1, and which of them have gates.
func (d *docket) numberDeliveries() {
	planned := d.h.Plan.Deliveries
	numbered, gated := true, 0
	for i := range planned {
		numbered = numbered && planned[i].N == i+1
		if planned[i].Gate != 0 {
			gated++
		}
	}
	d.gated = make([]*replay.Delivery, 0, gated)
	for i := 0; len(d.gated) < gated; i++ {
		if planned[i].Gate != 0 {
			d.gated = append(d.gated, &planned[i])
		}
	}
	if numbered {
		return
	}
	d.deliveries = make(map[int]*replay.Delivery, len(planned))
	for i := range planned {
		d.deliveries[planned[i].N] = &planned[i]
	}
}

// fileDeliveries gives each event its deliveries, all cut from one list.
func (d *docket) fileDeliveries() {
	planned := d.h.Plan.Deliveries
	d.ofDelivery = make([]*dossier, len(planned))
	count := 0
	var last *dossier
	for i := range planned {
		p := &planned[i]
		if f := d.find(p.Event, last); f != nil {
			d.ofDelivery[i], last = f, f
			f.sends++
			count++
		}
	}
	list := make([]*replay.Delivery, count)
	for i := range planned {
		if f := d.ofDelivery[i]; f != nil {
			f.plan(&planned[i], &list)
		}
	}
	for i := range d.all {
		if f := &d.all[i]; len(f.planned) > 0 {
			d.events = append(d.events, f)
		}
	}
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
	room := make([]*replay.Attempt, len(attempts))
	for i := range attempts {
		a := &attempts[i]
		f := d.dossierOf(a)
		if f == nil {
			continue
		}
		if a.Outcome == replay.Unsent {
			if a.Start != 0 && d.inTail(a) { // without a start it was not to be sent any more
				f.unsent++
			}
			continue
		}
		if p := d.delivery(a.Delivery); p != nil && p.Role == replay.RoleRequest {
			f.requests = append(f.requests, a)
			continue
		}
		f.attempts = append(carve(f.attempts, int(f.sends), &room), a)
	}
	var beside sync.WaitGroup // no event's order needs another's
	half := len(d.all) / 2
	beside.Go(func() { d.order(d.all[:half]) })
	d.order(d.all[half:])
	beside.Wait()
}

// order sorts the attempts of some events, and sums them up.
func (d *docket) order(of []dossier) {
	var room []*replay.Attempt
	left := 0
	for i := range of {
		left += len(of[i].attempts)
	}
	for i := range of {
		f := &of[i]
		f.sort(&room, left)
		left -= len(f.attempts)
		f.course = d.courseOf(f)
	}
}

func (d *docket) fileMarks() {
	for _, m := range d.h.Marks {
		if m.Kind == replay.MarkPhase && m.Phase != replay.PhaseControl && d.faultsFrom < 0 {
			d.faultsFrom = m.At
		}
	}
}

// fileCommands notes which events' commands were struck. What Redis forgot of everything concerns the events under way.
func (d *docket) fileCommands() {
	for i := range d.h.Commands {
		c := &d.h.Commands[i]
		f := d.byKey[c.Event]
		if c.Fault == "" || c.Event == "" || f == nil && d.part == nil {
			continue
		}
		if f != nil { // or it is of an event in another part
			f.struck = c.Fault
			f.forgotten = f.forgotten || replay.RedisKind(c.Fault).Loses()
		}
		if replay.RedisKind(c.Fault) == replay.RedisFlush {
			d.forgetAll(c.At)
		}
	}
}

func (d *docket) forgetAll(at time.Duration) {
	for _, g := range d.events {
		if n := len(g.attempts); n > 0 && g.attempts[0].Start <= at && g.attempts[n-1].End >= at {
			g.forgotten = true
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

// part is what a docket of a part of a history is told of the whole.
type part struct {
	ranks      []int        // by the event's place in the part: its place in the whole plan
	names      []effectName // all there are, in the order in which they were first seen
	gates      []release    // those with deliveries of the part, judged
	effectKeys bool         // the user named the place of the key effects are counted under
	types      map[string]string
}
