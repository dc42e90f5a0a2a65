package chaos

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"hookonce/replay"
)

// pending is a delivery that has no number yet.
type pending struct {
	d     replay.Delivery
	phase int // the place of d's among all
	seq   int
	after *pending
	gate  *gate
}

// gate marks deliveries that are released together. It has a size so that two gates never share an address.
type gate struct{ _ byte }

// use is how a builder counts the times a fault used a fixture.
type use struct{ fault, fixture string }

// builder collects events and deliveries. A fault works on a copy of its own (see
// forFault), which shares the lists and nothing that is random.
type builder struct {
	in         Input
	fault      string
	rng        *rand.Rand
	events     *[]replay.Event
	deliveries *[]*pending
	slots      map[replay.Phase]int
	used       map[use]int
	keys       map[string]bool
	provider   map[string]string // of each event on the list
	stencils   map[fixtureID]*stencil
	kept       *keptIDs
	tailed     map[string]bool   // events that need no tail: a refusal is right for them, or they come after it
	reasons    map[string]string // why a fault is without deliveries, should it be
	line       *pending          // the last delivery of the process phase
	lineBefore *pending          // stands for the last one of what comes before, in a builder that is apart
	err        error
	root       *builder
}

func emptyBuilder(in Input) *builder {
	b := &builder{in: in, events: &[]replay.Event{}, deliveries: &[]*pending{},
		slots: map[replay.Phase]int{}, used: map[use]int{}, keys: map[string]bool{},
		provider: map[string]string{}, tailed: map[string]bool{}, reasons: map[string]string{}}
	b.root = b
	return b
}

func newBuilder(in Input) *builder {
	b := emptyBuilder(in)
	if in.Settings.KeepIDs {
		b.kept = keepIDs(in)
	} else {
		b.stencils = stencilsOf(in)
	}
	return b
}

// forFault returns a builder whose random numbers depend on the seed and the
// fault's name only, so that a new fault shifts nobody else's draws.
func (b *builder) forFault(name string) *builder {
	f := *b.root
	f.fault, f.rng = name, newRand(b.in.Seed, name)
	return &f
}

func newRand(seed uint64, parts ...string) *rand.Rand {
	h := fnv.New64a()
	var room [256]byte // on the stack, for most
	for _, p := range parts {
		_, _ = h.Write(append(append(strconv.AppendInt(room[:0], int64(len(p)), 10), ':'), p...)) // a hash takes everything
	}
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

func (b *builder) fail(err error) {
	if b.root.err == nil {
		b.root.err = err
	}
}

// otherwise gives the reason that a plan without a delivery of the fault states.
func (b *builder) otherwise(reason string) {
	b.reasons[b.fault] = reason
}

// fresh returns the fixture as an event of its own: new key, new subject. A burst
// on an event that was already processed would prove nothing.
func (b *builder) fresh(fixture replay.Event) replay.Event {
	return b.freshGroup([]replay.Event{fixture})[0]
}

// freshGroup re-ids several fixtures together, so that they still speak of the same subjects.
func (b *builder) freshGroup(fixtures []replay.Event) []replay.Event {
	first := &fixtures[0]
	of := use{b.fault, first.Fixture}
	b.used[of]++
	rng := newRand(b.in.Seed, "ids", b.fault, first.SHA256, first.Fixture, strconv.Itoa(len(fixtures))+"/"+strconv.Itoa(b.used[of]))
	ids := map[string]string{}
	out := make([]replay.Event, 0, len(fixtures))
	for i := range fixtures {
		f := &fixtures[i]
		e, err := b.renamed(f, func(old string) string {
			// The key is one event's own; all other ids are shared by the group.
			if old == f.Key {
				return freshID(rng, old)
			}
			if ids[old] == "" {
				ids[old] = freshID(rng, old)
			}
			return ids[old]
		})
		if err != nil {
			b.fail(fmt.Errorf("%s: %w", f.Fixture, err))
		}
		out = append(out, b.keep(e))
	}
	return out
}

// keep puts an event on the plan's list and returns it.
func (b *builder) keep(e replay.Event) replay.Event {
	if b.keys[e.Key] {
		b.fail(fmt.Errorf("%s: the event id %s is in the plan twice", e.Fixture, e.Key))
	}
	b.keys[e.Key], b.provider[e.Key] = true, e.Provider
	*b.events = append(*b.events, e)
	return e
}

// slot returns the start of the next independent lane of a phase.
func (b *builder) slot(p replay.Phase) time.Duration {
	at := time.Duration(b.slots[p]) * pace
	b.slots[p]++
	return at
}

// add appends one delivery.
func (b *builder) add(d replay.Delivery, after *pending) *pending {
	if after != nil {
		d.At = max(d.At, after.d.At)
	}
	if d.Phase == replay.PhaseFault || d.Phase == replay.PhaseProcess || d.Phase == replay.PhaseFresh || d.Phase == replay.PhaseLate {
		d.Fault = b.fault
	}
	p := &pending{d: d, phase: phaseIndex(d.Phase), seq: len(*b.deliveries), after: after}
	*b.deliveries = append(*b.deliveries, p)
	return p
}

// first adds an event's first delivery in a lane of its own.
func (b *builder) first(e replay.Event, p replay.Phase, c replay.Conditions) *pending {
	return b.add(replay.Delivery{Event: e.Key, Phase: p, Role: replay.RoleFirst, At: b.slot(p), Conditions: c}, nil)
}

// redeliver adds n redeliveries, each on the provider's schedule after the one before.
func (b *builder) redeliver(after *pending, n int) *pending {
	for i := range n {
		d := replay.Delivery{Event: after.d.Event, Phase: after.d.Phase, Role: replay.RoleRedelivery, Wait: b.retryWait(after.d.Event, i)}
		after = b.add(d, after)
	}
	return after
}

// retryWait is the provider's wait before its i-th redelivery (from 0) of an event. A
// provider that never retries by itself is retried by hand: someone presses the button.
func (b *builder) retryWait(key string, i int) time.Duration {
	r := replay.ProfileOf(b.provider[key], b.in.Profile, b.in.Others).Retries
	if len(r) == 0 {
		return manualRetry
	}
	return r[min(i, len(r)-1)]
}

const manualRetry = time.Minute

// perType is how many fixtures of one type a fault takes where all would only be more of the same.
const perType = 2

// samples draws up to perType fixtures of each type, in fixture order.
func (b *builder) samples() []replay.Event {
	if b.kept != nil {
		return b.kept.byFault[b.fault]
	}
	byType := map[string][]int{}
	var types []string
	for i, e := range b.in.Events {
		if byType[e.Type] == nil {
			types = append(types, e.Type)
		}
		byType[e.Type] = append(byType[e.Type], i)
	}
	var chosen []int
	for _, t := range types {
		of := byType[t]
		b.rng.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
		chosen = append(chosen, of[:min(perType, len(of))]...)
	}
	slices.Sort(chosen)
	out := make([]replay.Event, len(chosen))
	for i, c := range chosen {
		out[i] = b.in.Events[c]
	}
	return out
}

// everyFixture is all fixtures, for faults that are cheap.
func (b *builder) everyFixture() []replay.Event {
	if b.kept != nil {
		return b.kept.byFault[b.fault]
	}
	return b.in.Events
}

// instance returns the event to send for a fixture: a fresh one, or under
// --keep-ids the fixture itself.
func (b *builder) instance(fixture replay.Event) replay.Event {
	if b.kept != nil {
		return b.keep(fixture)
	}
	return b.fresh(fixture)
}
