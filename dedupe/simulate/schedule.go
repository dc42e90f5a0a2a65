package simulate

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"hookonce/replay"
)

// phase is a part of the plan: its groups have all ended before the next part begins.
type phase struct {
	name   replay.Phase
	groups []*group
	left   int // groups that have not ended
}

// group is what starts together: one delivery, or all deliveries of a gate.
type group struct {
	phase   int
	members []*delivery
	then    []*delivery // deliveries that wait for the end of this group
	waits   int         // members that wait for another group's end
	left    int         // members that have not ended
	due     time.Duration
	asked   time.Duration // the longest Retry-After of a refusal
}

// delivery is a planned delivery on its way.
type delivery struct {
	replay.Delivery
	group   *group
	attempt int           // which arrival of its event it is, from 1; 0 before it arrived
	frozen  time.Duration // until when its workers are paused
}

// compile turns the plan into phases, or says why it cannot be carried out.
func (s *simulation) compile() error {
	index := map[replay.Phase]int{}
	for i, p := range replay.Phases() {
		index[p] = i
		s.phases = append(s.phases, phase{name: p})
	}
	gates := map[int]*group{}
	for _, d := range s.plan.Deliveries {
		i, known := index[d.Phase]
		switch {
		case !known:
			return fmt.Errorf("%w: delivery %d: no phase %q", ErrPlan, d.N, d.Phase)
		case s.events[d.Event] == nil:
			return fmt.Errorf("%w: delivery %d: no event %q", ErrPlan, d.N, d.Event)
		case s.deliveries[d.N] != nil:
			return fmt.Errorf("%w: two deliveries have the number %d", ErrPlan, d.N)
		}
		g := gates[d.Gate]
		if g == nil || d.Gate == 0 {
			g = &group{phase: i}
			gates[d.Gate] = g
			s.phases[i].groups = append(s.phases[i].groups, g)
			s.phases[i].left++
		}
		if g.phase != i {
			return fmt.Errorf("%w: gate %d is in two phases", ErrPlan, d.Gate)
		}
		own := &delivery{Delivery: d, group: g}
		g.members, g.left = append(g.members, own), g.left+1
		s.deliveries[d.N] = own
	}
	return s.link()
}

// link connects each After with the group it waits for.
func (s *simulation) link() error {
	for _, p := range s.plan.Deliveries {
		d := s.deliveries[p.N]
		if d.After == 0 {
			continue
		}
		before := s.deliveries[d.After]
		if before == nil {
			return fmt.Errorf("%w: delivery %d waits for %d, which does not exist", ErrPlan, d.N, d.After)
		}
		before.group.then = append(before.group.then, d)
		d.group.waits++
	}
	return nil
}

// begin starts a phase, or the next one that has deliveries.
func (s *simulation) begin(i int) {
	for i < len(s.phases) && s.phases[i].left == 0 {
		i++
	}
	if i == len(s.phases) {
		return
	}
	p := &s.phases[i]
	s.history.Marks = append(s.history.Marks, replay.Mark{Kind: replay.MarkPhase, At: s.sched.now, Phase: p.name})
	s.told(StepPhase, 0, string(p.name))
	if p.name != replay.PhaseControl && p.name != replay.PhaseFault { // the faults are over
		s.downUntil, s.healed = 0, true
		s.sched.thaw() // work in the background outlives its delivery, and may hold locks
	}
	start := s.sched.now
	for _, g := range p.groups {
		for _, d := range g.members {
			at := start + d.At
			if d.Role == replay.RoleLate {
				at += d.Wait // a late duplicate's age counts from its phase's start
			}
			g.due = max(g.due, at)
		}
	}
	for _, g := range p.groups {
		if g.waits == 0 {
			s.await(g)
		}
	}
}

// await lets a group start when it is due. Redeliveries of what was acknowledged end
// here: nobody waits for them.
func (s *simulation) await(g *group) {
	if g.waits < 0 {
		return // already awaited
	}
	g.waits = -1
	if s.needless(g) {
		s.sched.at(s.sched.now, func() { s.start(g) })
		return
	}
	s.sched.at(g.due, func() { s.start(g) })
}

func (s *simulation) needless(g *group) bool {
	return !slices.ContainsFunc(g.members, func(d *delivery) bool {
		return !s.leftOut(d)
	})
}

// leftOut says that a redelivery is not made: the event was acknowledged, or an answer made the provider drop it.
func (s *simulation) leftOut(d *delivery) bool {
	return d.OnlyUnacknowledged() && (s.acked[d.Event] || s.dropped[d.Event])
}

// start sends a group's deliveries at once, but for those that lag behind.
func (s *simulation) start(g *group) {
	for _, d := range g.members {
		if s.leftOut(d) || d.Role == replay.RoleRequest { // the reference has no other way in than deliveries
			s.ended(d)
			continue
		}
		if d.Lag == nil {
			s.send(d)
			continue
		}
		s.sched.at(s.sched.now+share(*d.Lag, s.latency(s.events[d.Event].Type)), func() { s.send(d) })
	}
}

// finish records an attempt and ends its delivery.
func (s *simulation) finish(d *delivery, a replay.Attempt) {
	if a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable {
		d.group.asked = max(d.group.asked, a.RetryAfter)
	}
	if a.Outcome == replay.Acked {
		s.acked[d.Event] = true
		if d.Phase == replay.PhaseControl {
			t := s.events[d.Event].Type
			s.latencies[t] = append(s.latencies[t], a.Latency())
			s.latencies[""] = append(s.latencies[""], a.Latency())
		}
	}
	if s.o.profileOf(s.events[d.Event].Provider).GivesUp(a) {
		s.dropped[d.Event] = true
	}
	s.history.Attempts = append(s.history.Attempts, a)
	s.ended(d)
}

// ended takes note that a delivery is over, sent or not, and lets go what waited for it.
func (s *simulation) ended(d *delivery) {
	g := d.group
	s.left--
	if g.left--; g.left > 0 {
		return
	}
	for _, next := range g.then {
		to := next.group
		to.due = max(to.due, s.sched.now+s.wait(next, g))
		to.waits--
		if to.waits == 0 && to.phase == g.phase {
			s.await(to)
		}
	}
	p := &s.phases[g.phase]
	if p.left--; p.left == 0 {
		s.begin(g.phase + 1)
	}
}

// maxAsked bounds how long a redelivery heeds an endpoint's Retry-After.
const maxAsked = 30 * time.Second

// wait is how long after the end of g the delivery is due, in the provider's time.
func (s *simulation) wait(d *delivery, g *group) time.Duration {
	switch {
	case d.Role == replay.RoleLate:
		return 0
	case d.Phase == replay.PhaseTail && d.Role == replay.RoleRedelivery:
		return max(d.Wait, min(g.asked, maxAsked))
	}
	return d.Wait
}
