package trace

import (
	"slices"
	"strings"

	"hookonce/dedupe/simulate"
	"hookonce/replay"
	"hookonce/replay/redact"
)

const (
	mostLanes  = 3
	mostEvents = 3  // that are drawn together
	afterwards = 12 // steps that are drawn after the flaw
	maxAbout   = 600
)

func screenLong(s string) string { return redact.Screen(s, maxAbout) }

// choose picks the steps to draw and puts deliveries into lanes.
func (d *drawing) choose() {
	for _, step := range d.s.Steps {
		if p, is := d.deliveries[step.Delivery]; is && d.told(p) || step.Delivery == 0 && step.Kind != simulate.StepPhase {
			d.steps = append(d.steps, step)
		}
	}
	d.flaw = d.s.findFlaw(d.steps)
	d.cut()
	d.bounds()
	d.findLock()
	d.steps = slices.DeleteFunc(d.steps, d.irrelevant)
	d.flaw = d.s.findFlaw(d.steps)
	d.bounds()
	d.fillLanes()
	d.steps = slices.DeleteFunc(d.steps, func(step simulate.Step) bool {
		_, drawn := d.lanes[step.Delivery]
		return step.Delivery != 0 && !drawn
	})
	d.bounds()
	d.flaw = d.s.findFlaw(d.steps)
}

// told says whether a delivery belongs to the story.
func (d *drawing) told(p replay.Delivery) bool {
	if p.Phase == replay.PhaseControl || p.Phase == replay.PhaseSentinel || !d.sent(p.N) {
		return false
	}
	return d.storied()[p.Event]
}

func (d *drawing) sent(n int) bool {
	return slices.ContainsFunc(d.s.Steps, func(step simulate.Step) bool { return step.Delivery == n })
}

// storied are the events of the story: all that were in trouble, or of many the one that was
// found, and those of the subject.
func (d *drawing) storied() map[string]bool {
	all := map[string]bool{}
	for _, p := range d.s.Plan.Deliveries {
		if p.Phase == replay.PhaseFault || p.Phase == replay.PhaseLate {
			all[p.Event] = true
		}
	}
	alone := strings.Contains(d.s.Code, "signature") || d.s.Code == "wrong-rejection"
	if len(all) <= mostEvents && !alone || d.s.Event == "" && d.s.Subject == "" {
		return all
	}
	for event := range all {
		e := d.events[event]
		all[event] = event == d.s.Event || e != nil && d.s.Subject != "" && e.Subject == d.s.Subject
	}
	return all
}

// cut leaves out what comes long after the flaw.
func (d *drawing) cut() {
	if d.flaw.step < 0 {
		return
	}
	d.bounds()
	end := min(len(d.steps), d.flaw.step+1+afterwards)
	for n := d.flaw.step + 1; n < end; n++ {
		if d.quiet(n) {
			end = n
		}
	}
	d.steps = d.steps[:end]
}

// quiet says that no delivery is under way before a step.
func (d *drawing) quiet(i int) bool {
	for n := range d.begins {
		if d.begins[n] < i && d.ends[n] >= i {
			return false
		}
	}
	return true
}

// bounds notes each delivery's first and last step.
func (d *drawing) bounds() {
	d.begins, d.ends = map[int]int{}, map[int]int{}
	for i, step := range d.steps {
		if step.Delivery == 0 {
			continue
		}
		if _, seen := d.begins[step.Delivery]; !seen {
			d.begins[step.Delivery] = i
		}
		d.ends[step.Delivery] = i
	}
}

// findLock picks the key in the middle: the first one that a delivery of the event touches.
func (d *drawing) findLock() {
	for _, own := range []bool{true, false} {
		for _, step := range d.steps {
			if step.Command != nil && len(step.Command.Keys) > 0 && (step.Event == d.s.Event || !own) {
				d.lock = step.Command.Keys[0].Name
				return
			}
		}
	}
}

// irrelevant are keys that expire and are not the lock.
func (d *drawing) irrelevant(step simulate.Step) bool {
	return step.Kind == simulate.StepExpiry && strings.TrimPrefix(step.What, "expires ") != d.lock
}

// fillLanes gives each delivery the first lane that is free while it lasts: those first that did something.
func (d *drawing) fillLanes() {
	order := make([]int, 0, len(d.begins))
	for n := range d.begins {
		order = append(order, n)
	}
	slices.SortFunc(order, func(a, b int) int {
		if x, y := d.matters(a), d.matters(b); x != y {
			return flagInt(y) - flagInt(x)
		}
		return d.begins[a] - d.begins[b]
	})
	var lanes [][]int
	d.lanes = map[int]int{}
	for _, n := range order {
		i := slices.IndexFunc(lanes, func(in []int) bool { return !slices.ContainsFunc(in, func(o int) bool { return d.meet(o, n) }) })
		if i < 0 {
			if i = len(lanes); i == mostLanes || i >= 2 && !d.matters(n) {
				continue
			}
			lanes = append(lanes, nil)
		}
		lanes[i] = append(lanes[i], n)
		d.lanes[n] = i
	}
	d.open = make([]int, max(1, len(lanes)))
	d.sortLanes(lanes)
}

// sortLanes puts the lane that begins first to the left.
func (d *drawing) sortLanes(lanes [][]int) {
	first := func(lane []int) int {
		return d.begins[slices.MinFunc(lane, func(a, b int) int { return d.begins[a] - d.begins[b] })]
	}
	slices.SortFunc(lanes, func(a, b []int) int { return first(a) - first(b) })
	for i, lane := range lanes {
		for _, n := range lane {
			d.lanes[n] = i
		}
	}
}

func (d *drawing) meet(a, b int) bool {
	return d.begins[a] <= d.ends[b] && d.begins[b] <= d.ends[a]
}

// matters says that a delivery committed something, or suffered something, before the flaw is there, or is where it is.
func (d *drawing) matters(n int) bool {
	steps := d.steps
	if d.flaw.step >= 0 {
		steps = steps[:min(len(steps), d.flaw.step+1)]
	}
	for i, step := range steps {
		if step.Delivery == n && (step.Committed > 0 || step.Kind == simulate.StepMishap || i == d.flaw.step) {
			return true
		}
	}
	return false
}

// many says that deliveries of several events are drawn.
func (d *drawing) many() bool {
	for n := range d.lanes {
		if d.deliveries[n].Event != d.s.Event {
			return true
		}
	}
	return false
}
