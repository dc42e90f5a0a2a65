package chaos

import (
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// part is a part of a plan that can be made by itself: the control phase, or a fault.
type part struct {
	fault string
	add   func(*builder)
}

// parts are those of the plan, in their order. What cannot be planned is noted.
func (b *builder) parts() []part {
	out := []part{{"", addControl}}
	for _, f := range catalog {
		if !slices.Contains(b.in.Settings.Faults, f.Name) {
			continue
		}
		if reason := f.blocked(b.in); reason != "" {
			b.reasons[f.Name] = reason
			continue
		}
		out = append(out, part{f.Name, f.add})
	}
	return out
}

// addParts makes parts of the plan on all processors, because the first delivery waits for it, and puts them together in their order. The plan is
// as it would be if each had begun where the one before it ended: nothing that is random in a part depends on another.
func (b *builder) addParts(parts []part) {
	made := make([]*builder, len(parts))
	onAllProcessors(len(parts), func(i int) {
		made[i] = b.apart()
		parts[i].add(made[i].forFault(parts[i].fault))
	})
	events, deliveries := 0, 0
	for _, m := range made {
		events, deliveries = events+len(*m.events), deliveries+len(*m.deliveries)
	}
	*b.events, *b.deliveries = slices.Grow(*b.events, events), slices.Grow(*b.deliveries, deliveries+tailTries*events)
	for _, m := range made {
		b.join(m)
	}
}

// apart is a builder that has made nothing yet, and shares with b what does not change.
func (b *builder) apart() *builder {
	a := emptyBuilder(b.in)
	a.kept, a.stencils = b.kept, b.stencils
	a.lineBefore = &pending{}
	a.line = a.lineBefore
	return a
}

// join appends what was made apart: its lanes begin, and its line goes on, where those before end.
func (b *builder) join(a *builder) {
	if a.err != nil { // what it made is incomplete
		b.fail(a.err)
		return
	}
	before := len(*b.deliveries)
	for _, p := range *a.deliveries {
		p.seq += before
		p.d.At += time.Duration(b.slots[p.d.Phase]) * pace
		if p.after == a.lineBefore {
			p.after = b.line
		}
	}
	*b.deliveries = append(*b.deliveries, *a.deliveries...)
	if a.line != a.lineBefore {
		b.line = a.line
	}
	for phase, n := range a.slots {
		b.slots[phase] += n
	}
	for _, e := range *a.events {
		b.keep(e)
	}
	maps.Copy(b.tailed, a.tailed)
	maps.Copy(b.reasons, a.reasons)
}

// onAllProcessors calls do with each number below n, and returns when all is done.
func onAllProcessors(n int, do func(i int)) {
	var all sync.WaitGroup
	var next atomic.Int64
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	all.Wait()
}
