package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hookonce/replay"
)

// lesson is what clean deliveries of one fixture, in one context, showed.
type lesson struct {
	samples int
	acked   int  // whose effects are their own
	shared  bool // one was acknowledged whose effects are counted together with those of others
	unsure  bool // one shows nothing, because whether its effect happened is not known
	// least and most are the counts over the samples, by the name's place in the docket's names.
	least, most []int
	// versioned says, per source that showed the event's own version as its subject's state,
	// whether it always did so before the acknowledgement.
	versioned map[string]bool
	stateful  bool // any state of the subject was seen
	before    bool // every effect was committed before the acknowledgement
	timed     bool // and that is known for at least one effect
}

func (l *lesson) effects() int {
	n := 0
	for _, c := range l.least {
		n += c
	}
	return n
}

// silent says that a clean, acknowledged delivery has no consequence at all.
func (l *lesson) silent() bool {
	for _, c := range l.most {
		if c > 0 {
			return false
		}
	}
	return !l.stateful
}

// context tells lessons apart: an event alone is another thing than one after others of its subject.
type context struct {
	fixture   string
	lifecycle bool
}

// learnt is what the control phase taught.
type learnt struct {
	expect    map[string]int
	byContext map[context]*lesson
	byType    map[string]*lesson
	latencies map[string]time.Duration // median of acknowledged attempts, per type
	overall   time.Duration
	quickest  map[string]time.Duration // the shortest latency, per type
	lags      map[string]time.Duration
	refusals  map[string]string // type -> what it was refused with
	acked     bool              // any control event was acknowledged
	sent      bool
	norms     map[kind]*norm
	together  map[string][]int // the effects of events that are counted together, by their fixtures and then by the name's place
	unplanned *norm            // of events that are in no delivery
	names     int              // how many effects are counted separately

	took      map[string][]time.Duration // the latencies, as they are gathered
	refusedAt map[string]int             // the rank of the event a refusal is of
	last      replay.Attempt             // the last attempt on the last event of control
	lastAt    int                        // and that event's rank
}

func newLearnt(expect map[string]int, names int) *learnt {
	return &learnt{expect: expect, byContext: map[context]*lesson{}, byType: map[string]*lesson{},
		latencies: map[string]time.Duration{}, quickest: map[string]time.Duration{}, lags: map[string]time.Duration{}, refusals: map[string]string{}, norms: map[kind]*norm{}, together: map[string][]int{}, names: names,
		unplanned: &norm{least: make([]int, names), most: make([]int, names)},
		took:      map[string][]time.Duration{}, refusedAt: map[string]int{}, lastAt: -1}
}

// gather learns from the control events of a docket. The order in which the parts of a history are gathered makes no
// difference.
func (l *learnt) gather(d *docket) {
	for _, f := range d.events {
		if !f.control {
			continue
		}
		for _, a := range f.attempts {
			l.sent = true
			// A probe's answers wait for one another where the server is serial.
			if a.Outcome == replay.Acked && a.Latency() > 0 && d.delivery(a.Delivery).Gate == 0 {
				l.took[f.event.Type] = append(l.took[f.event.Type], a.Latency())
			}
		}
		l.study(d, f)
	}
	l.studyClans(d)
}

// close ends the lessons.
func (l *learnt) close() {
	var all []time.Duration
	for t, v := range l.took {
		all = append(all, v...)
		l.latencies[t], l.quickest[t] = median(v), slices.Min(v)
	}
	l.overall = median(all)
	l.took = nil
}

func median(v []time.Duration) time.Duration {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)/2]
}

func (l *learnt) latency(eventType string) time.Duration {
	if v, ok := l.latencies[eventType]; ok {
		return v
	}
	return l.overall
}

// quickestOf is the shortest latency of a type; of any type, where nothing of this one was acknowledged.
func (l *learnt) quickestOf(eventType string) time.Duration {
	if v, ok := l.quickest[eventType]; ok {
		return v
	}
	var shortest time.Duration
	for _, v := range l.quickest {
		if shortest == 0 || v < shortest {
			shortest = v
		}
	}
	return shortest
}

// study adds one control event to the lessons.
func (l *learnt) study(d *docket, f *dossier) {
	if len(f.attempts) == 0 {
		return
	}
	acks, last := f.acks, f.attempts[len(f.attempts)-1]
	rank := d.rankOf(f)
	if at, known := l.refusedAt[f.event.Type]; len(acks) == 0 && (!known || rank > at) {
		l.refusals[f.event.Type], l.refusedAt[f.event.Type] = describeRefusal(last), rank
	}
	if rank > l.lastAt {
		l.last, l.lastAt = *last, rank
	}
	l.acked = l.acked || len(acks) > 0
	for _, les := range l.lessonsFor(f) {
		les.learn(d, f, acks)
	}
	if lag := slowestLag(f, acks); lag > l.lags[f.event.Type] {
		l.lags[f.event.Type] = lag
	}
}

func (l *learnt) lessonsFor(f *dossier) []*lesson {
	c := context{f.event.Fixture, f.lifecycle}
	if l.byContext[c] == nil {
		l.byContext[c] = newLesson(l.names)
	}
	if l.byType[f.event.Type] == nil {
		l.byType[f.event.Type] = newLesson(l.names)
	}
	return []*lesson{l.byContext[c], l.byType[f.event.Type]}
}

func newLesson(names int) *lesson {
	return &lesson{least: make([]int, names), most: make([]int, names), versioned: map[string]bool{}, before: true}
}

func (l *lesson) learn(d *docket, f *dossier, acks []*replay.Attempt) {
	l.samples++
	l.unsure = l.unsure || f.unsure > 0
	if len(acks) == 0 || f.unsure > 0 {
		return
	}
	if f.shared {
		l.shared = true
	} else {
		l.count(d.baseline(f))
	}
	for _, s := range d.lines[f.event.Subject] {
		l.stateful = true
		if at, shown := s.shows(*f.event); shown {
			before, known := l.versioned[s.source]
			l.versioned[s.source] = (before || !known) && at <= acks[0].End
		}
	}
	for _, t := range f.tallies {
		for _, e := range t.seen {
			l.timed = true
			l.before = l.before && e.At <= acks[0].End
		}
	}
}

// count adds the effects of an event that was acknowledged.
func (l *lesson) count(counts []int) {
	for n := range counts {
		if l.acked == 0 {
			l.least[n] = counts[n]
		}
		l.least[n] = min(l.least[n], counts[n])
		l.most[n] = max(l.most[n], counts[n])
	}
	l.acked++
}

// repeated says that faults repeat the very same event that control had (recorded ids).
func (f *dossier) repeated() bool {
	return slices.ContainsFunc(f.planned, func(p *replay.Delivery) bool { return p.Fault != "" })
}

// baseline counts a control event's effects. Where the event is repeated later, only what came before that is normal.
func (d *docket) baseline(f *dossier) []int {
	repeated := f.repeated()
	counts := make([]int, len(d.names))
	for _, t := range f.tallies {
		for _, e := range t.seen {
			if !repeated || d.faultsFrom < 0 || e.At <= d.faultsFrom {
				counts[t.name] += e.Count
			}
		}
	}
	return counts
}

func slowestLag(f *dossier, acks []*replay.Attempt) time.Duration {
	var lag time.Duration
	if len(acks) == 0 {
		return 0
	}
	for _, t := range f.tallies {
		for _, e := range t.seen {
			lag = max(lag, e.At-acks[0].Start)
		}
	}
	return lag
}

func describeRefusal(a *replay.Attempt) string {
	if a.Outcome == replay.Unknown {
		return "no answer: " + a.Error
	}
	return fmt.Sprintf("status %d", a.Status)
}

// shows says whether a source shows an event's version as its subject's state, and
// whether it does so before the acknowledgement. An event that is delivered after others of its
// subject may go by what it did alone.
func (l *learnt) shows(f *dossier, source string) (shown, before bool) {
	met := false
	before = true
	for _, lifecycle := range []bool{false, true} {
		les := l.byContext[context{f.event.Fixture, lifecycle}]
		if les == nil {
			continue
		}
		met = true
		b, s := les.versioned[source]
		shown, before = shown || s, before && (b || !s)
	}
	if les := l.byType[f.event.Type]; !met && les != nil {
		before, shown = les.versioned[source]
	}
	return shown, shown && before
}

// rows is what control taught, for the report.
func (l *learnt) rows() []TypeRow {
	var rows []TypeRow
	for _, t := range slices.Sorted(maps.Keys(l.byType)) {
		les := l.byType[t]
		row := TypeRow{Type: t, Events: les.samples, Effects: les.effects(), Judgement: "judged",
			Latency: l.latency(t), Lag: l.lags[t]}
		n, told := l.expect[t]
		switch {
		case told:
			row.Effects, row.Reason = n, "--expect-effects"
			if n == 0 {
				row.Judgement = "ignored"
			}
		case les.acked == 0 && les.unsure:
			row.Judgement, row.Reason = "undecided", "whether its effect in control happened is not known"
		case les.acked == 0 && les.shared:
			row.Judgement, row.Reason = "undecided", "its effects in control are counted under an id that several events share"
		case les.acked == 0:
			row.Judgement, row.Reason = "refused", l.refusals[t]
		case les.silent():
			row.Judgement, row.Reason = "ignored", "no effect in control"
		}
		rows = append(rows, row)
	}
	return rows
}

// allOf lists the types with a judgement, for a sentence.
func typesWith(rows []TypeRow, judgement string) string {
	var out []string
	for _, r := range rows {
		if r.Judgement == judgement {
			out = append(out, r.Type)
		}
	}
	return listed(out)
}

// listed writes the first of a list, for a sentence.
func listed(list []string) string {
	if len(list) > 6 {
		return strings.Join(list[:6], ", ") + fmt.Sprintf(" and %d more", len(list)-6)
	}
	return strings.Join(list, ", ")
}

// ControlLag is the slowest time from the call of a control event to its effect, as
// far as the history goes. How long to wait for effects is derived from it.
func ControlLag(h replay.History) time.Duration {
	var lag time.Duration
	for _, l := range newDocket(&h).learnt.lags {
		lag = max(lag, l)
	}
	return lag
}

// Prompt says that each effect of control was seen at the moment it was committed, and was committed before its event was
// acknowledged: an endpoint that was answered everything has nothing left to do.
func Prompt(h replay.History) bool {
	for _, s := range h.Header.Sources {
		if !s.Exact {
			return false
		}
	}
	timed := false
	for _, les := range newDocket(&h).learnt.byType {
		if les.timed && !les.before {
			return false
		}
		timed = timed || les.timed
	}
	return timed
}
