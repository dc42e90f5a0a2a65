package dispatch

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"hookonce/replay"
)

// ErrPlan marks a plan that cannot be carried out.
var ErrPlan = errors.New("plan")

func badPlan(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrPlan}, args...)...)
}

// compile turns a plan into steps, or says why it cannot be carried out.
func compile(p replay.Plan) ([]step, error) {
	byNumber := make(map[int]*unit, len(p.Deliveries))
	units, err := group(p, byNumber)
	if err != nil {
		return nil, err
	}
	if err := link(units, byNumber); err != nil {
		return nil, err
	}
	order, err := inOrder(units)
	if err != nil {
		return nil, err
	}
	return steps(order, byNumber), nil
}

// group makes the units: gates, and single deliveries.
func group(p replay.Plan, byNumber map[int]*unit) ([]*unit, error) {
	events, gates := p.EventByKey(), map[int]*unit{}
	var units []*unit
	for i, d := range p.Deliveries {
		u := gates[d.Gate]
		if d.Gate == 0 || u == nil {
			u = &unit{n: d.N, gate: d.Gate, clocked: true}
			units = append(units, u)
		}
		if d.Gate != 0 {
			gates[d.Gate] = u
		}
		switch {
		case byNumber[d.N] != nil:
			return nil, badPlan("two deliveries have the number %d", d.N)
		case events[d.Event] == nil:
			return nil, badPlan("delivery %d: no event %q", d.N, d.Event)
		}
		if err := u.check(d); err != nil {
			return nil, badPlan("delivery %d: %w", d.N, err)
		}
		u.add(p.Deliveries[i : i+1 : i+1])
		byNumber[d.N] = u
	}
	return units, nil
}

// add adds the one delivery in a part of the plan. A plan is mostly units of one: these go without a copy.
func (u *unit) add(one []replay.Delivery) {
	d := &one[0]
	if len(u.members) == 0 {
		u.members = one
	} else {
		u.members = append(u.members, *d)
	}
	u.n = min(u.n, d.N)
	u.left++
	u.clocked = u.clocked && d.After == 0
}

// check says why d cannot be a member of u.
func (u *unit) check(d replay.Delivery) error {
	h := d.HangUp
	switch {
	case !slices.Contains(replay.Phases(), d.Phase):
		return fmt.Errorf("no phase %q", d.Phase)
	case d.Role == replay.RoleLate && d.Phase != replay.PhaseLate:
		return fmt.Errorf("a late duplicate in the %s phase", d.Phase)
	case d.At < 0 || d.Wait < 0:
		return errors.New("a negative time")
	case len(u.members) > 0 && u.members[0].Phase != d.Phase:
		return fmt.Errorf("gate %d is in two phases", d.Gate)
	case d.Lag != nil && (d.Gate == 0 || !(*d.Lag >= 0 && *d.Lag <= 1000)):
		return errors.New("only a copy of a gate lags behind, by a share that is not negative")
	case h == nil:
		return nil
	case (h.Latency == nil) == (h.Body == nil):
		return errors.New("a hang-up needs either a latency or a body share")
	case h.Body != nil && d.Gate != 0:
		return errors.New("a copy of a gate cannot hang up within its body")
	case h.Body != nil && !(*h.Body >= 0 && *h.Body <= 1), h.Latency != nil && !(*h.Latency >= 0 && *h.Latency <= 1000):
		return errors.New("a hang-up's share is out of range")
	}
	return nil
}

// link connects each After with the unit it waits for.
func link(units []*unit, byNumber map[int]*unit) error {
	for _, u := range units {
		for _, d := range u.members {
			if d.After == 0 {
				continue
			}
			before := byNumber[d.After]
			if before == nil {
				return badPlan("delivery %d waits for %d, which does not exist", d.N, d.After)
			}
			if rank(before.phase()) > rank(u.phase()) {
				return badPlan("delivery %d waits for %d, which is in a later phase", d.N, d.After)
			}
			before.edges = append(before.edges, edge{to: u, d: d})
			u.waits++
		}
	}
	return nil
}

func (u *unit) phase() replay.Phase { return u.members[0].Phase }

func rank(p replay.Phase) int { return slices.Index(replay.Phases(), p) }

// inOrder sorts the units so that each comes after those it waits for.
func inOrder(units []*unit) ([]*unit, error) {
	order := make([]*unit, 0, len(units))
	for _, u := range units {
		if u.unmet = u.waits; u.waits == 0 {
			order = append(order, u)
		}
	}
	for i := 0; i < len(order); i++ {
		for _, e := range order[i].edges {
			if e.to.unmet--; e.to.unmet == 0 {
				order = append(order, e.to)
			}
		}
	}
	for _, u := range units {
		if u.unmet > 0 {
			return nil, badPlan("delivery %d waits for itself, by way of others", u.n)
		}
	}
	return order, nil
}

// steps cuts the units into parts with barriers between them.
func steps(order []*unit, byNumber map[int]*unit) []step {
	type key struct {
		phase int
		age   time.Duration
	}
	ages, parts := map[*unit]time.Duration{}, map[key][]*unit{}
	for _, u := range order {
		k := key{phase: rank(u.phase())}
		if u.phase() == replay.PhaseLate {
			ages[u] = u.age(ages, byNumber)
			k.age = ages[u]
		}
		parts[k] = append(parts[k], u)
	}
	keys := slices.SortedFunc(maps.Keys(parts), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.phase, b.phase), cmp.Compare(a.age, b.age))
	})
	var out []step
	for i, k := range keys {
		opens := i == 0 || keys[i-1].phase != k.phase
		out = append(out, step{phase: replay.Phases()[k.phase], opens: opens, age: k.age, units: parts[k]})
	}
	return out
}

// age is when, since the late phase's start, a unit of it may go: at the age of its late
// duplicates, and not before the age of what it waits for.
func (u *unit) age(ages map[*unit]time.Duration, byNumber map[int]*unit) time.Duration {
	var age time.Duration
	for _, d := range u.members {
		if d.Role == replay.RoleLate {
			age = max(age, d.Wait)
		}
		if d.After != 0 {
			age = max(age, ages[byNumber[d.After]])
		}
	}
	return age
}
