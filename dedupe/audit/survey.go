package audit

import (
	"cmp"
	"fmt"
	"maps"
	"time"

	"hookonce/replay"
)

// survey is what checks must know of the whole history before one of them can be decided. The surveys of the parts of a
// history add up to that of the whole.
type survey struct {
	stated    bool                      // some source tells the version of a subject
	unsettled unsettled                 // the first clean event at the end without its effect
	spoiled   map[replay.Signature]bool // the bad signatures that are in the plan, and whether they were answered
	named     bool                      // some event's attempts have ids of their own
	repeats   bool                      // one of these ids was acknowledged twice
	mixed     bool                      // the ids of attempts do not explain every double
	hasty     hasty                     // the first event that was refused to the end, too soon to call it stuck
	late      time.Duration             // the greatest age at which a duplicate was sent after an acknowledgement
	memory    memory                    // how the endpoint took repetitions
	pledge    pledge                    // how long it says that it remembers events
	doubts    doubts                    // effects that may have happened, and may not
	untaught  map[string]int            // events of which control taught nothing, by type
	together  int                       // events after control whose effects are counted together with those of others
	apart     int                       // and those whose effects are their own, and compared with a clean delivery's
	clans     int                       // of those that are counted together: how many groups control taught the sum of
	sameID    int                       // and how many have the id of an event of another source
}

// unsettled is a clean event at the end that shows no effect; the key is "" for none.
type unsettled struct {
	key  string
	rank int
}

func (s *survey) add(o survey) {
	s.stated, s.named, s.repeats, s.mixed = s.stated || o.stated, s.named || o.named, s.repeats || o.repeats, s.mixed || o.mixed
	s.late = max(s.late, o.late)
	s.together, s.apart, s.clans = s.together+o.together, s.apart+o.apart, s.clans+o.clans
	s.sameID += o.sameID
	s.hasty.add(o.hasty)
	s.memory.add(o.memory)
	s.pledge.add(o.pledge)
	s.doubts.add(o.doubts)
	if o.unsettled.key != "" && (s.unsettled.key == "" || o.unsettled.rank < s.unsettled.rank) {
		s.unsettled = o.unsettled
	}
	if s.spoiled == nil {
		s.spoiled = map[replay.Signature]bool{}
	}
	for k, answered := range maps.All(o.spoiled) {
		s.spoiled[k] = s.spoiled[k] || answered
	}
	if s.untaught == nil {
		s.untaught = map[string]int{}
	}
	for t, n := range maps.All(o.untaught) {
		s.untaught[t] += n
	}
}

func (d *docket) surveyed() survey {
	s := survey{stated: len(d.lines) > 0, spoiled: map[replay.Signature]bool{}, untaught: map[string]int{}}
	for _, f := range d.events {
		if f.badSignature != replay.SignValid {
			s.spoiled[f.badSignature] = s.spoiled[f.badSignature] || f.course.answered
		}
		s.compare(d, f)
		s.hasty.add(d.hastyOf(f))
		s.doubts.add(d.doubtsOf(f))
		if f.sentinel && s.unsettled.key == "" && f.unsettled() {
			s.unsettled = unsettled{f.event.Key, d.rankOf(f)}
		}
		if a := f.course.late; a != nil && !d.unused() && f.ackedBefore(a.Start) {
			s.late = max(s.late, d.delivery(a.Delivery).Wait)
		}
		if f.course.named && d.judgedForDouble(f) {
			id := d.identified(f)
			s.named, s.repeats = s.named || id.ids > 0, s.repeats || id.repeats
		}
	}
	for _, c := range d.clans() {
		if _, _, _, judged := d.surplusOf(c); judged {
			s.clans++
		}
	}
	_, s.sameID = d.lostByID()
	return s
}

// compare notes what control taught, and whether it can be held against an event.
func (s *survey) compare(d *docket, f *dossier) {
	if f.control && d.h.Plan.Settings.Redis {
		for _, a := range d.actsOf(f.event.Key) {
			s.pledge.add(pledge{a, d.rankOf(f)})
		}
	}
	if d.untaught(f) {
		s.untaught[f.event.Type]++
	}
	switch {
	case f.control || len(f.attempts) == 0 || f.badSignature != replay.SignValid:
	case f.shared:
		s.together++
	case f.standing == "":
		s.apart++
	}
}

// nothingOwn says why a check that compares an event's effects with those of a clean delivery had nothing to compare; "" where it had.
func (s *survey) nothingOwn(check string) string {
	judged := map[string]int{"lost-event": s.sameID, "double-processing": s.clans}
	if others, asked := judged[check]; !asked || s.together == 0 || s.apart+others > 0 {
		return ""
	}
	return fmt.Sprintf("the effects of %s are counted under ids that several events share, such as a subject's or a customer's, so that nobody can tell whose they are: "+
		"count them under the event's id, or name its place in the body with --effect-key", plural(s.together, "event"))
}

// untaught says that the event was sent, and that control did not show what is normal for it. Where it may have shown that, and nobody knows,
// the doubts tell.
func (d *docket) untaught(f *dossier) bool {
	return len(f.attempts) > 0 && !f.control && !f.shared && f.badSignature == replay.SignValid && (f.lesson == nil || f.lesson.acked == 0) &&
		(f.standing == "refused" || f.standing == "undecided" && !d.learnt.unsure(kind{context{f.event.Fixture, f.lifecycle}, f.event.Type}))
}

// unsettled says that effects of a clean event at the end may still come.
func (f *dossier) unsettled() bool {
	if f.standing != "" || f.shared {
		return false
	}
	if les := f.lesson; les != nil && les.timed && les.before {
		return false
	}
	switch {
	case !f.acked(): // what came of it nobody knows
		return f.expected > 0
	case f.told:
		return f.effects < f.expected
	}
	for i, least := range f.least {
		if f.count(i) < least {
			return true
		}
	}
	return false
}

// rankOf orders what is told of events, over all parts of a history: the place of the event in the whole plan.
func (d *docket) rankOf(f *dossier) int {
	if d.part != nil {
		return d.part.ranks[f.place]
	}
	return int(f.place)
}

// afterwards is added to the rank of findings that come after those on single events.
const afterwards = 1 << 48

func byRank(a, b Finding) int { return cmp.Compare(a.rank, b.rank) }

// races are the gates outside of control, in figures: a dense gate holds as many races as events.
type races struct {
	gates, overlapped int
	several           int // those of gates of which more than one copy was sent
	dense             Dense
}

func (r *races) add(g replay.Gate) {
	r.gates += g.Trials()
	r.overlapped += g.Overlaps()
	if g.Copies > 1 {
		r.several += g.Trials()
	}
	if g.Events > 0 {
		r.dense.Releases++
		r.dense.Events += g.Events
		r.dense.Overlapped += g.Met
	}
}
