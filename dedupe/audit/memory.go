package audit

import (
	"slices"
	"strings"
	"time"
)

// The kinds of trials: each repeats an event, or what looks like it, in its own way.
const (
	TrialDuplicate  = "duplicate"   // the same bytes, after the acknowledgement
	TrialRace       = "race"        // copies at the same time, in gates of one event or of many
	TrialLate       = "late"        // the same bytes, long after the acknowledgement
	TrialOtherBytes = "other-bytes" // the same content in other bytes
	TrialAttemptID  = "attempt-id"  // the same content, another id of the attempt
	TrialRebatch    = "rebatch"     // the same items in other bodies
	TrialTwins      = "twins"       // two ids, otherwise the same
	TrialSameID     = "same-id"     // one id from two sources
	TrialReplicas   = "replicas"    // any of the first three, at another replica than before
)

// trialKinds are all kinds, in the order in which they are told.
var trialKinds = [...]string{TrialDuplicate, TrialRace, TrialLate, TrialOtherBytes, TrialAttemptID, TrialRebatch, TrialTwins, TrialSameID, TrialReplicas}

// Trial says how the endpoint took one kind of repetition.
type Trial struct {
	Kind string `json:"kind"`
	// Tried are the events repeated so. Failed are those of them that were processed again or, with twins and
	// same-id, taken for a repetition of one another, so that one is lost.
	Tried  int `json:"tried"`
	Failed int `json:"failed"`
}

// Memory is what the run showed of how the endpoint knows an event again.
type Memory struct {
	// Trials are those that took place; empty where nothing counts effects.
	Trials []Trial `json:"trials"`
	// Held is the greatest age at which an event was still known, Forgot the least at which one was processed
	// again; 0 where no late duplicate showed either.
	Held   time.Duration `json:"held_ns"`
	Forgot time.Duration `json:"forgot_ns"`
	// Claimed is the longest time to live that the endpoint gave a key of an event in control, where no late duplicate
	// measured anything; 0 where none did, or nobody saw its commands.
	Claimed time.Duration `json:"claimed_ns,omitempty"`
	// PerProcess says that events were processed again at other replicas, once by each, and never twice by one.
	PerProcess bool `json:"per_process"`
}

// Trial is the trial of a kind; zero where none took place.
func (m Memory) Trial(kind string) Trial {
	for _, t := range m.Trials {
		if t.Kind == kind {
			return t
		}
	}
	return Trial{Kind: kind}
}

// memory is a Memory in the making; those of the parts of a history add up to that of the whole.
type memory struct {
	trials       [len(trialKinds)]Trial
	held, forgot time.Duration
	// beyond are events processed more often than they met replicas, within those that met one twice and were not.
	beyond, within int
}

func (m *memory) add(o memory) {
	for i, t := range o.trials {
		m.trials[i].Tried += t.Tried
		m.trials[i].Failed += t.Failed
	}
	m.beyond, m.within = m.beyond+o.beyond, m.within+o.within
	m.held = max(m.held, o.held)
	if m.forgot == 0 || o.forgot != 0 && o.forgot < m.forgot {
		m.forgot = o.forgot
	}
}

func (m *memory) count(kind string, failed bool) {
	for i, k := range trialKinds {
		if k != kind {
			continue
		}
		m.trials[i].Tried++
		if failed {
			m.trials[i].Failed++
		}
	}
}

// told is the memory without the kinds that were not tried.
func (m *memory) told() Memory {
	out := Memory{Trials: []Trial{}, Held: m.held, Forgot: m.forgot}
	for i, t := range m.trials {
		if t.Tried > 0 {
			t.Kind = trialKinds[i]
			out.Trials = append(out.Trials, t)
		}
	}
	out.PerProcess = out.Trial(TrialReplicas).Failed > 0 && m.beyond == 0 && m.within > 0
	return out
}

// remembered sums up the trials of the events, once the checks have decided. Nothing is told of them
// where nobody can say how often an event was processed.
func (d *docket) remembered(counted bool) memory {
	var m memory
	if !counted {
		return m
	}
	merged := d.newPairs()
	for _, f := range d.events {
		switch {
		case f.fault == TrialTwins || f.fault == TrialSameID:
			merged.try(f, &m)
		case f.unsure == 0 && d.judgedForDouble(f):
			d.repeated(f, &m)
		}
	}
	return m
}

// repeated looks at an event that was sent again, under one id.
func (d *docket) repeated(f *dossier, m *memory) {
	kind := f.trial()
	if kind == "" || !d.tookPlace(f, kind) {
		return
	}
	replicas := f.replicas()
	doubled, beyond := d.exceeds(f, 1), d.exceeds(f, replicas)
	if replicas > 1 {
		m.count(TrialReplicas, doubled)
		switch {
		case beyond:
			m.beyond++
		case len(f.attempts) > replicas:
			m.within++
		}
	}
	// What each replica processed once tells of replicas, and of one that met it twice.
	if doubled && !beyond && len(f.attempts) <= replicas {
		return
	}
	m.count(kind, beyond)
	if kind == TrialLate && doubled == beyond && !d.unused() {
		if least, most := d.ageOf(f); beyond {
			m.age(most, beyond)
		} else if d.keptByTTL(f) {
			m.age(least, beyond)
		}
	}
}

// tookPlace says that the event met the endpoint again as the kind of trial wants it.
func (d *docket) tookPlace(f *dossier, kind string) bool {
	switch kind {
	case TrialRace:
		return d.raceTookPlace(f)
	case TrialLate:
		late := f.course.late
		return late != nil && late.Status != 0 && f.ackedBefore(late.Start)
	}
	return f.course.repeats > 0
}

// exceeds says that an event has more effects than if it had been processed so often.
func (d *docket) exceeds(f *dossier, often int) bool {
	if f.told {
		return len(d.surplusOfTotal(f, often*f.expected)) > 0
	}
	for i := range d.names {
		if most := f.most[i]; most > 0 && f.count(i) > often*most {
			return true
		}
	}
	return false
}

// replicas is how many of the endpoint's addresses the event was sent to.
func (f *dossier) replicas() int {
	var met []int
	for _, a := range f.attempts {
		if !slices.Contains(met, a.Replica) {
			met = append(met, a.Replica)
		}
	}
	return len(met)
}

func (m *memory) age(age time.Duration, doubled bool) {
	switch {
	case !doubled:
		m.held = max(m.held, age)
	case m.forgot == 0 || age < m.forgot:
		m.forgot = age
	}
}

// ageOf is how old an event was, at least and at most, by what the endpoint remembers it by, when its late duplicate was handled. Where
// times to live were shortened, so were ages, and the time that deliveries took counts for more.
func (d *docket) ageOf(f *dossier) (least, most time.Duration) {
	late, scale := f.course.late, d.h.Header.TTLScale
	age := d.delivery(late.Delivery).Wait
	if scale == 0 || !f.acked() {
		return age, age
	}
	end := late.End
	for _, t := range f.tallies {
		for _, e := range t.seen {
			end = max(end, e.At)
		}
	}
	return time.Duration(float64(late.Start-f.acks[0].End) / scale), time.Duration(float64(end-f.attempts[0].Start) / scale)
}

// keptByTTL says that a known event was remembered by what grows old with its age. The times inside scripts are not shortened, nor is what
// is remembered elsewhere.
func (d *docket) keptByTTL(f *dossier) bool {
	if d.h.Header.TTLScale == 0 {
		return true
	}
	acts := d.actsOf(f.event.Key)
	return len(acts) > 0 && !slices.ContainsFunc(acts, func(a act) bool { return strings.HasPrefix(a.Name, "EVAL") || strings.HasPrefix(a.Name, "FCALL") })
}

// outlived says that the late duplicate came, by the endpoint's memory, when no provider would have sent it any more.
func (d *docket) outlived(f *dossier) bool {
	if d.h.Header.TTLScale == 0 || f.course.late == nil {
		return false
	}
	_, most := d.ageOf(f)
	return most > d.h.Header.ProfileOf(f.event.Provider).RetrySpan
}

func (d *docket) raceTookPlace(f *dossier) bool {
	for _, p := range f.planned {
		if p.Gate != 0 && d.gate(p).Overlapped {
			return true
		}
	}
	return false
}

// trial is the kind that an event's deliveries make; "" for faults that repeat only what failed.
func (f *dossier) trial() string {
	switch f.fault {
	case "dense":
		return TrialRace
	case TrialDuplicate, TrialRace, TrialLate, TrialOtherBytes, TrialAttemptID, TrialRebatch:
		return f.fault
	}
	return ""
}

// pairs finds the two events of a trial in which something else than the id, or than the source, tells them apart.
type pairs struct {
	d    *docket
	lost map[string]bool // nil where nobody can say what is lost
	seen map[string]*dossier
}

func (d *docket) newPairs() *pairs {
	p := &pairs{d: d, seen: map[string]*dossier{}}
	if lost, decided := d.decided["lost-event"]; decided {
		p.lost = map[string]bool{}
		for _, x := range lost {
			p.lost[x.Event] = true
		}
	}
	return p
}

// try counts a pair when it comes to the second event. What is left out because it is no newer than the other one proves nothing.
func (p *pairs) try(f *dossier, m *memory) {
	if p.lost == nil || !f.acked() || f.standing != "" || f.judgement == "superseded" {
		return
	}
	id := f.fault + "\x00" + f.event.Subject + "\x00" + f.event.Fixture
	if f.fault == TrialSameID {
		id = f.fault + "\x00" + f.event.ProviderID()
	}
	if g := p.seen[id]; g != nil && f.event.Source+f.event.Key != g.event.Source+g.event.Key {
		m.count(f.fault, p.lost[f.event.Key] || p.lost[g.event.Key])
		delete(p.seen, id)
		return
	}
	p.seen[id] = f
}
