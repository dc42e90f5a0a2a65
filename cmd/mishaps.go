package cmd

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"hookonce/chaos/proxy"
	"hookonce/replay"
)

const (
	// maxStrikes bounds how often one thing happens at one moment: starting an endpoint takes time.
	maxStrikes = 2
	// maxPause is how long a paused process stands still, by the wall, where nothing lets it go on before.
	maxPause = time.Second
)

// mishaps let happen to the endpoint's processes what the plan has for them. Deliveries of the process phase come one after the
// other, so that nothing else is under way meanwhile.
type mishaps struct {
	c *conduct

	mu      sync.Mutex
	rested  sync.Cond                   // nothing is busy
	busy    int                         // what is being started again
	effects map[string]replay.Delivery  // what an event's effect brings about
	spent   map[replay.ProcessFault]int // how often each happened
	struck  map[int]replay.ProcessKind  // by delivery
	worth   map[int]bool                // deliveries to strike: of a type that had an effect in control, or all where nothing tells
	resume  map[string]func()           // of paused processes, by the event they work on
	seen    map[string]bool             // events that had an effect
	over    map[int]bool                // deliveries that ended
}

func newMishaps(c *conduct) *mishaps {
	m := &mishaps{c: c, effects: map[string]replay.Delivery{}, spent: map[replay.ProcessFault]int{}, struck: map[int]replay.ProcessKind{},
		resume: map[string]func(){}, seen: map[string]bool{}, over: map[int]bool{}}
	m.rested.L = &m.mu
	return m
}

// phase puts in place what is to happen in the process phase, and waits for the end of it all after that.
func (m *mishaps) phase(p replay.Phase) {
	switch p {
	case replay.PhaseProcess:
		m.arm()
	case replay.PhaseTail:
		m.goOn("")
		m.rest()
	}
}

func (m *mishaps) arm() {
	counts, events := m.c.middle.commandCounts(), m.c.p.plan.EventByKey()
	h := m.c.rec.Snapshot()
	usual := usualLatencies(h)
	m.worth = worthStriking(m.c.p.plan, typesWithEffect(h))
	for _, d := range m.c.p.plan.Deliveries {
		if !m.worth[d.N] {
			continue
		}
		command := 1
		switch d.Process.Moment {
		case replay.MomentEffect:
			m.mu.Lock()
			m.effects[d.Event] = d
			m.mu.Unlock()
			continue
		case replay.MomentBefore:
			continue
		case replay.MomentAnswer:
			command = max(1, counts[events[d.Event].Type])
		}
		if d.Gate != 0 && d.Role != replay.RoleFirst {
			continue // one copy stands for all
		}
		do := func() { m.strike(d) }
		if d.Process.Moment == replay.MomentWork {
			wait := usual[events[d.Event].Type] / 2
			do = func() { time.AfterFunc(wait, func() { m.strikeInWork(d) }) }
		}
		m.c.middle.proxy.Arm(proxy.Fault{Kind: proxy.Hold, Event: d.Event, Command: command, Do: do})
	}
}

// typesWithEffect are the types of the events of control that had an effect, as far as a source counts under an id of theirs.
func typesWithEffect(h replay.History) map[string]bool {
	had := map[string]bool{}
	for i := range h.Effects {
		if e := &h.Effects[i]; !e.Earlier && e.Count > 0 {
			had[e.Key] = true
		}
	}
	out, events := map[string]bool{}, h.Plan.EventByKey()
	for i := range h.Plan.Deliveries {
		d := &h.Plan.Deliveries[i]
		if d.Phase != replay.PhaseControl {
			continue
		}
		e := events[d.Event]
		ids := append([]string{e.Key, e.ID, e.EffectKey}, e.Refs...)
		if slices.ContainsFunc(ids, func(id string) bool { return id != "" && had[id] }) {
			out[e.Type] = true
		}
	}
	return out
}

// worthStriking chooses, for each thing that is to happen, the deliveries of types that have an effect: what happens to any other
// proves nothing, and it happens only a few times. Where none is of such a type, all are as good. What waits for an effect needs no choice.
func worthStriking(p replay.Plan, effective map[string]bool) map[int]bool {
	some, events := map[replay.ProcessFault]bool{}, p.EventByKey()
	for i := range p.Deliveries {
		if d := &p.Deliveries[i]; d.Process != nil && effective[events[d.Event].Type] {
			some[*d.Process] = true
		}
	}
	out := map[int]bool{}
	for i := range p.Deliveries {
		d := &p.Deliveries[i]
		if d.Process == nil {
			continue
		}
		out[d.N] = effective[events[d.Event].Type] || !some[*d.Process] || d.Process.Moment == replay.MomentEffect
	}
	return out
}

// usualLatencies are the medians of what clean deliveries took in control, by type.
func usualLatencies(h replay.History) map[string]time.Duration {
	types := map[int]string{}
	events := h.Plan.EventByKey()
	for _, d := range h.Plan.Deliveries {
		if d.Phase == replay.PhaseControl && d.Gate == 0 {
			types[d.N] = events[d.Event].Type
		}
	}
	all, out := map[string][]time.Duration{}, map[string]time.Duration{}
	for i := range h.Attempts {
		if a := &h.Attempts[i]; types[a.Delivery] != "" && a.Outcome == replay.Acked {
			all[types[a.Delivery]] = append(all[types[a.Delivery]], a.Latency())
		}
	}
	for typ, of := range all {
		slices.Sort(of)
		out[typ] = of[len(of)/2]
	}
	return out
}

// effect hears of an effect before whoever caused it does, where its source is exact: one that is polled hears of it too late.
func (m *mishaps) effect(e replay.Effect, exact bool) {
	m.mu.Lock()
	d, waits := m.effects[e.Key]
	delete(m.effects, e.Key)
	m.seen[e.Key] = true
	m.mu.Unlock()
	if waits && !e.Earlier && exact {
		m.strike(d)
	}
}

// ready returns when all that is being started again is there. What is to happen before the delivery happens now.
func (m *mishaps) ready(_ context.Context, d replay.Delivery) {
	m.rest()
	if m.worth[d.N] && d.Process.Moment == replay.MomentBefore && m.atStake(d.Event) {
		m.strike(d)
		m.rest()
	}
}

// atStake says that the event had its effect, where a source tells that at once.
func (m *mishaps) atStake(event string) bool {
	exact := false
	for _, s := range m.c.watch.Sources() {
		exact = exact || s.Exact
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return !exact || m.seen[event]
}

func (m *mishaps) rest() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.busy > 0 {
		m.rested.Wait()
	}
}

// ended notes on an attempt what happened during it. Once a paused process's event was delivered again, it goes on.
func (m *mishaps) ended(a replay.Attempt) replay.Attempt {
	m.mu.Lock()
	a.Struck = m.struck[a.Delivery]
	m.over[a.Delivery] = true
	m.mu.Unlock()
	switch {
	case a.Struck == "":
		m.goOn(a.Event)
	case a.Struck == replay.ProcessKill && a.Error != "":
		a.Error = "the process was killed: " + a.Error
	}
	return a
}

// goOn lets the process go on that is paused at work on an event; "" lets all go on.
func (m *mishaps) goOn(event string) {
	m.mu.Lock()
	var all []func()
	for e, resume := range m.resume {
		if event == "" || event == e {
			all = append(all, resume)
			delete(m.resume, e)
		}
	}
	m.mu.Unlock()
	for _, resume := range all {
		resume()
	}
}

// strikeInWork strikes unless the delivery is over: then there is no work to be in.
func (m *mishaps) strikeInWork(d replay.Delivery) {
	m.mu.Lock()
	over := m.over[d.N]
	m.mu.Unlock()
	if !over {
		m.strike(d)
	}
}

// strike lets a delivery's mishap happen, unless it happened often enough. It returns when the process is gone, or stands still.
func (m *mishaps) strike(d replay.Delivery) {
	m.mu.Lock()
	many := m.spent[*d.Process] >= maxStrikes
	if !many {
		m.spent[*d.Process]++
		m.struck[d.N] = d.Process.Kind
		for _, n := range m.c.p.plan.Gates()[d.Gate] {
			m.struck[n] = d.Process.Kind
		}
	}
	m.mu.Unlock()
	if many || m.c.stop.soft.Err() != nil {
		return
	}
	replica := max(0, d.Replica-1)
	m.tell(d, replica)
	switch d.Process.Kind {
	case replay.ProcessKill:
		done := m.begin() // before anybody can see that it is gone
		m.check(m.c.endpoint.replica(replica).Kill())
		go done(func() { m.startAgain(replica) })
	case replay.ProcessPause:
		m.pause(d, replica)
	case replay.ProcessRestart:
		go m.begin()(m.restartAll)
	}
}

func (m *mishaps) tell(d replay.Delivery, replica int) {
	what := "all replicas restarted, one after the other,"
	switch d.Process.Kind {
	case replay.ProcessKill:
		what = fmt.Sprintf("replica %d killed", replica+1)
	case replay.ProcessPause:
		what = fmt.Sprintf("replica %d paused", replica+1)
	}
	m.c.rec.Mark(replay.TargetRun, replay.Mark{Kind: replay.MarkMishap, At: m.c.rec.Now(), Fired: true,
		Text: fmt.Sprintf("%s at delivery %d of %s, %s", what, d.N, d.Event, momentText[d.Process.Moment])})
}

var momentText = map[replay.ProcessMoment]string{
	replay.MomentClaim: "after its first Redis command", replay.MomentWork: "in the midst of its work", replay.MomentEffect: "after the effect", replay.MomentAnswer: "before the answer",
	replay.MomentBefore: "after the answer to the one before",
}

// begin makes deliveries wait until what it returns has done its work.
func (m *mishaps) begin() func(work func()) {
	m.mu.Lock()
	m.busy++
	m.mu.Unlock()
	return func(work func()) {
		work()
		m.mu.Lock()
		m.busy--
		m.rested.Broadcast()
		m.mu.Unlock()
	}
}

// pause stops a process while its lease expires, until its event was delivered again.
func (m *mishaps) pause(d replay.Delivery, replica int) {
	p := m.c.endpoint.replica(replica)
	m.check(p.Pause())
	m.c.middle.embedded.Advance(d.Process.For)
	var once sync.Once
	on := func() { once.Do(func() { m.check(p.Resume()) }) }
	m.mu.Lock()
	m.resume[d.Event] = on
	m.mu.Unlock()
	time.AfterFunc(maxPause, on)
}

// startAgain starts a replica that is gone, and waits until it is ready.
func (m *mishaps) startAgain(replica int) {
	err := m.c.endpoint.replica(replica).Restart()
	if err == nil {
		err = m.c.endpoint.up(m.c.stop.soft, replica, m.c.wait)
	}
	m.check(err)
}

// restartAll asks one replica after the other to end, and starts it again.
func (m *mishaps) restartAll() {
	for i := range m.c.endpoint.ports {
		m.check(m.c.endpoint.replica(i).Stop(stopGrace))
		m.startAgain(i)
	}
}

// check ends the run where the endpoint cannot be handled any more.
func (m *mishaps) check(err error) {
	if err != nil && m.c.stop.soft.Err() == nil {
		m.c.stop.Stop(fmt.Sprintf("the endpoint could not be started again: %v", err))
	}
}
