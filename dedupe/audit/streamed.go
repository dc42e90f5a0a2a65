package audit

import (
	"cmp"
	"fmt"
	"slices"

	"hookonce/replay"
)

// Judge gives the verdict over all that was added. It is the last call but Close.
func (s *Stream) Judge() (Verdict, error) {
	if s.err != nil {
		return Verdict{}, s.err
	}
	if p := s.plan; s.head.Target.Plan.Schema == "" || !p.Open && (s.events < p.Events || s.deliveries < p.Deliveries) {
		return Verdict{}, fmt.Errorf("%w: the plan is cut short: the run ended before it sent anything", replay.ErrJournal)
	}
	if err := s.prepare(); err != nil {
		return Verdict{}, err
	}
	if err := s.learn(); err != nil {
		return Verdict{}, err
	}
	for _, parts := range s.groups() {
		if err := s.hear(parts); err != nil {
			return Verdict{}, err
		}
	}
	return s.conclude(), nil
}

// prepare brings everything to its part.
func (s *Stream) prepare() error {
	if err := s.allOver(); err != nil {
		return err
	}
	if err := s.adopt(); err != nil {
		return err
	}
	for i := range s.routes.shelf {
		s.routes.shelf[i] = shelf{} // nothing is looked up any more
	}
	for i := range s.sides {
		s.sides[i].sum.names = s.sides[i].ordered()
	}
	return nil
}

// learn hears the control phase first, and then the clean events at the end: whether anything is missing depends on both.
func (s *Stream) learn() error {
	types := map[string]string{}
	for i := range s.sides {
		s.sides[i].learnt = newLearnt(s.expect(i), len(s.sides[i].sum.names))
	}
	err := s.someGroups(func(f partFlags) bool { return f.control }, func(dockets [2]*docket) {
		for i, d := range dockets {
			if d != nil {
				s.sides[i].learnt.gather(d)
				d.typesInto(types)
			}
		}
	})
	if err != nil {
		return err
	}
	for i := range s.sides {
		s.sides[i].learnt.close()
		if i == 0 || s.head.Reference != nil {
			s.sides[i].front = s.frontOf(i, types)
		}
	}
	return s.someGroups(func(f partFlags) bool { return f.sentinel }, func(dockets [2]*docket) {
		for i, d := range dockets {
			if d != nil {
				s.sides[i].front.survey.add(survey{unsettled: d.survey.unsettled}) // all else is added up as parts are heard
			}
		}
	})
}

// expect is what the user said about the effects of the target's events.
func (s *Stream) expect(side int) map[string]int {
	if side == 1 {
		return nil
	}
	return s.head.Target.Header.Expect
}

// typesInto collects the types of the events whose answers tell whether a server is serial.
func (d *docket) typesInto(types map[string]string) {
	for _, f := range d.events {
		if f.control && slices.ContainsFunc(f.planned, func(p *replay.Delivery) bool { return p.Gate != 0 }) {
			types[f.event.Key] = f.event.Type
		}
	}
}

// frontOf is a docket that stands for the whole of a run: it has everything but the events.
func (s *Stream) frontOf(i int, types map[string]string) *docket {
	d := &s.sides[i]
	slices.SortFunc(d.raced, byNumber)
	slices.SortFunc(d.control, func(a, b release) int { return byNumber(a.Gate, b.Gate) })
	return &docket{
		h: s.history(i), part: &part{types: types}, names: d.sum.names, matched: len(d.sum.names) > 0, unmatched: d.unmatched,
		gates: d.control, raced: slices.Clip(append([]replay.Gate{}, d.raced[:min(len(d.raced), s.o.Races)]...)), races: d.races,
		learnt: d.learnt, survey: survey{stated: d.stated}, decided: map[string][]Finding{},
	}
}

func (s *Stream) someGroups(which func(partFlags) bool, f func([2]*docket)) error {
	for _, parts := range s.groups() {
		if !slices.ContainsFunc(parts, func(p int) bool { return which(s.parts[p]) }) {
			continue
		}
		g, err := s.load(parts)
		if err != nil {
			return err
		}
		f(s.dockets(g))
	}
	return nil
}

// hear judges one group.
func (s *Stream) hear(parts []int) error {
	g, err := s.load(parts)
	if err != nil {
		return err
	}
	for i, d := range s.dockets(g) {
		if d != nil {
			s.sides[i].sum.add(d.hear(s.sides[i].front), s.o.Limits)
		}
	}
	return nil
}

func (s *Stream) conclude() Verdict {
	target := s.sides[0].front
	var found []Finding
	var score *Score
	if r := s.sides[1].front; r != nil {
		target.reference = r
		v := r.conclude(s.sides[1].sum.hearing(s.o.Limits))
		found, score = v.Findings, &v.Score
	}
	h := s.sides[0].sum.hearing(s.o.Limits)
	h.survey.add(target.survey)
	v := target.conclude(h)
	v.Reference = score
	target.vouch(&v, found)
	v.Verdict = target.verdict(v)
	if n := s.sides[0].left(v); n != "" {
		v.Notes = append(v.Notes, n)
	}
	return v
}

// left says what the verdict counts and does not list; "" for nothing.
func (d *side) left(v Verdict) string {
	findings := 0
	for _, c := range v.Checks {
		findings += c.Findings
	}
	findings -= len(v.Findings)
	events, races := v.Counted.Events-len(v.Events), v.Counted.Races
	for _, g := range v.Races {
		races -= g.Trials()
	}
	if findings+events+races == 0 {
		return ""
	}
	return fmt.Sprintf("too many to be listed, and counted only: %s, %s, %s", plural(findings, "finding"), plural(events, "event"), plural(races, "race"))
}

// sum adds up what was found in the parts, within the limits of what is listed.
type sum struct {
	names   []effectName
	rulings []ruling
	faults  []faultCount
	rows    []EventRow
	bar     *EventRow // the last of so many rows as are listed; nil while there are fewer
	score   Score
	survey  survey
}

func (t *sum) add(h hearing, l Limits) {
	if t.rulings == nil {
		t.rulings = make([]ruling, len(checks))
	}
	for i, r := range h.rulings {
		o := &t.rulings[i]
		o.judged, o.total, o.hints = o.judged+r.judged, o.total+r.total, o.hints+r.hints
		o.found = lowest(append(o.found, r.found...), l.Findings, 2*l.Findings, byRank)
	}
	for _, c := range h.faults {
		t.addFault(c)
	}
	t.addRows(h.rows, l.Events)
	t.score.Right, t.score.Wrong, t.score.Undecided = t.score.Right+h.score.Right, t.score.Wrong+h.score.Wrong, t.score.Undecided+h.score.Undecided
	t.survey.add(h.survey)
}

// addRows leaves out at once what will not be listed: of a long history, nearly all.
func (t *sum) addRows(rows []EventRow, most int) {
	for _, r := range rows {
		if t.bar == nil || worstFirst(r, *t.bar) < 0 {
			t.rows = append(t.rows, r.apart())
		}
	}
	if len(t.rows) > 2*most {
		t.rows = lowest(t.rows, most, 0, worstFirst)
		bar := t.rows[most-1]
		t.bar = &bar
	}
}

func (t *sum) addFault(c faultCount) {
	i := slices.IndexFunc(t.faults, func(o faultCount) bool { return o.Fault == c.Fault })
	if i < 0 {
		t.faults = append(t.faults, c)
		return
	}
	o := &t.faults[i]
	o.Planned, o.Fired, o.sent, o.first = o.Planned+c.Planned, o.Fired+c.Fired, o.sent+c.sent, min(o.first, c.first)
}

// apart is the row without anything that would keep its part in memory.
func (r EventRow) apart() EventRow {
	if r.ReferenceEffects != nil {
		n := *r.ReferenceEffects
		r.ReferenceEffects = &n
	}
	var seen []*replay.Effect
	for _, e := range r.Observed {
		kept := *e
		seen = append(seen, &kept)
	}
	r.Observed = seen
	return r
}

func worstFirst(a, b EventRow) int {
	worse := func(r EventRow) int {
		if r.violated {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(worse(a), worse(b)), cmp.Compare(a.rank, b.rank))
}

// hearing is the sum as if it had been one hearing.
func (t *sum) hearing(l Limits) hearing {
	h := hearing{rulings: make([]ruling, len(checks)), faults: t.faults, score: t.score, survey: t.survey}
	for i, r := range t.rulings {
		r.found = lowest(r.found, l.Findings, 0, byRank)
		h.rulings[i] = r
	}
	slices.SortFunc(h.faults, func(a, b faultCount) int { return cmp.Compare(a.first, b.first) })
	h.rows = lowest(t.rows, l.Events, 0, worstFirst)
	slices.SortFunc(h.rows, func(a, b EventRow) int { return cmp.Compare(a.rank, b.rank) })
	return h
}
