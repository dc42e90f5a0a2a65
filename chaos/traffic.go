package chaos

import (
	"errors"
	"fmt"

	"hookonce/replay"
)

// Shares are the parts of sustained traffic that are no ordinary first deliveries, each from 0 to 1 of all deliveries.
type Shares struct {
	Duplicates    float64 // sent again, some time after the first
	Races         float64 // copies released together
	Reorders      float64 // events of a lifecycle, newest first
	BadSignatures float64 // must be refused
}

// Hit is what sustained traffic sends at one moment: deliveries that are released together where they have a gate,
// and one after the other where not.
type Hit struct {
	// Events are new ones; a duplicate's event was in an earlier hit.
	Events     []replay.Event
	Deliveries []replay.Delivery
	// Of are the deliveries' events.
	Of []*replay.Event
}

// hitKind is one kind of hit: how often it comes, and how it is made.
type hitKind struct {
	weight float64 // of hits
	make   func() Hit
}

// Traffic makes deliveries on the fly, for as long as somebody asks: the same input and seed give the same
// hits in the same order. It remembers a bounded number of events, those that may still be duplicated.
type Traffic struct {
	b          *builder
	kinds      []hitKind
	total      float64
	next, gate int // numbers
	gap        int
	replica    int // of the delivery before, 0 where there is one place only
	recent     []sentEvent
	repeats    bool // there are duplicates, so events are remembered
	hits       int
	ahead      []Hit // made at once
	given      int   // of those
	lifecycles [][]replay.Event
}

// madeAtOnce is how many hits are made when one is asked for: one after the other they cost a third less than each by itself, between
// two requests.
const madeAtOnce = 8

type sentEvent struct {
	event        *replay.Event
	hit, replica int
}

// remembered is how many events that are old enough wait to be duplicated, at most.
const remembered = 256

// NewTraffic makes traffic. Its deliveries are numbered on from those of before, and an event is duplicated no less than gap hits
// after it was sent first. The error says which share cannot be had.
func NewTraffic(in Input, s Shares, before replay.Plan, gap int) (*Traffic, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	t := &Traffic{next: len(before.Deliveries), gate: len(before.Gates()), gap: max(1, gap), repeats: s.Duplicates > 0, lifecycles: in.lifecycles()}
	t.b = newBuilder(in).forFault("load")
	if err := s.check(in, len(t.lifecycles)); err != nil {
		return nil, err
	}
	length := 0
	for _, l := range t.lifecycles {
		length += len(l)
	}
	perReorder := float64(length) / float64(max(1, len(t.lifecycles)))
	t.kinds = []hitKind{
		{s.Duplicates, t.duplicate},
		{s.Races / float64(in.Settings.Race), t.race},
		{s.BadSignatures, t.badSignature},
		{1 - s.Duplicates - s.Races - s.Reorders - s.BadSignatures, t.first},
	}
	if s.Reorders > 0 {
		t.kinds = append(t.kinds, hitKind{s.Reorders / perReorder, t.reorder})
	}
	for _, k := range t.kinds {
		t.total += k.weight
	}
	return t, nil
}

func (s Shares) check(in Input, lifecycles int) error {
	sum := 0.0
	for name, v := range map[string]float64{"--duplicates": s.Duplicates, "--races": s.Races, "--reorders": s.Reorders, "--bad-signatures": s.BadSignatures} {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("%s: a share is between 0%% and 100%%", name)
		}
		sum += v
	}
	switch {
	case sum > 0.95:
		return fmt.Errorf("--duplicates, --races, --reorders and --bad-signatures are %.0f%% of the traffic together: leave at least 5%% for ordinary deliveries", sum*100)
	case s.BadSignatures > 0 && !in.Settings.Signed:
		return errors.New("--bad-signatures needs the --secret that the good ones are made with")
	case s.Reorders > 0 && lifecycles == 0:
		return errors.New("--reorders needs fixtures of which several speak of one subject, with versions: none of these do")
	case in.Settings.KeepIDs:
		return errors.New("--keep-ids: sustained traffic needs fresh ids, there are more deliveries than fixtures")
	}
	return nil
}

// HitsPerDelivery is how many hits make one delivery, on average: at most 1.
func (t *Traffic) HitsPerDelivery() float64 { return t.total }

// Next gives the next hit.
func (t *Traffic) Next() (Hit, error) {
	if t.given == len(t.ahead) {
		t.ahead, t.given = t.ahead[:0], 0
		for range madeAtOnce {
			h, err := t.make()
			if err != nil {
				return Hit{}, err
			}
			t.ahead = append(t.ahead, h)
		}
	}
	h := t.ahead[t.given]
	t.ahead[t.given] = Hit{}
	t.given++
	return h, nil
}

func (t *Traffic) make() (Hit, error) {
	t.hits++
	at := t.b.rng.Float64() * t.total
	for _, k := range t.kinds {
		if at < k.weight {
			h := k.make()
			t.forget()
			return h, t.b.root.err
		}
		at -= k.weight
	}
	h := t.first()
	t.forget()
	return h, t.b.root.err
}

// forget lets go of what a plan would keep: the traffic has no end.
func (t *Traffic) forget() {
	b := t.b
	clear(*b.events)
	*b.events = (*b.events)[:0]
	clear(b.keys)
	clear(b.provider)
	if n := len(t.recent) - t.gap - remembered; n > 0 {
		t.drop(n)
	}
}

// drop lets go of the oldest remembered events. What append then needs room for is moved once in a long while, not with each hit.
func (t *Traffic) drop(n int) {
	clear(t.recent[:n])
	t.recent = t.recent[n:]
}

// fresh draws an event that was never sent.
func (t *Traffic) fresh() (Hit, *replay.Event) {
	fixtures := t.b.in.Events
	i := t.b.rng.IntN(len(fixtures))
	h := Hit{Events: t.b.freshGroup(fixtures[i : i+1])}
	return h, &h.Events[0]
}

// add appends a delivery to a hit. Replicas take turns, so the copies of a race meet different ones.
func (t *Traffic) add(h Hit, e *replay.Event, fault string, role replay.Role, c replay.Conditions) Hit {
	t.next++
	if n := t.b.in.Settings.Replicas; n > 1 {
		t.replica = t.replica%n + 1
	}
	h.Deliveries = append(h.Deliveries, replay.Delivery{N: t.next, Event: e.Key, Phase: replay.PhaseFault, Fault: fault, Role: role, Replica: t.replica, Conditions: c})
	h.Of = append(h.Of, e)
	return h
}

func (t *Traffic) first() Hit {
	h, e := t.fresh()
	h = t.add(h, e, "", replay.RoleFirst, replay.Conditions{})
	if t.repeats {
		t.recent = append(t.recent, sentEvent{e, t.hits, t.replica})
	}
	return h
}

// duplicate sends the oldest event again that is still remembered; at the very start, there is none yet.
func (t *Traffic) duplicate() Hit {
	if len(t.recent) == 0 || t.recent[0].hit > t.hits-t.gap {
		return t.first()
	}
	e := t.recent[0].event
	// Whoever has its turn now, the duplicate goes to another replica than the event did.
	t.replica = t.recent[0].replica
	t.drop(1)
	return t.add(Hit{}, e, "duplicate", replay.RoleDuplicate, replay.Conditions{})
}

func (t *Traffic) race() Hit {
	h, e := t.fresh()
	t.gate++
	for i := range t.b.in.Settings.Race {
		role := replay.RoleDuplicate
		if i == 0 {
			role = replay.RoleFirst
		}
		h = t.add(h, e, "race", role, replay.Conditions{Gate: t.gate})
	}
	return h
}

func (t *Traffic) badSignature() Hit {
	h, e := t.fresh()
	kinds := [...]replay.Signature{replay.SignMissing, replay.SignWrongKey, replay.SignTampered}
	return t.add(h, e, "bad-signature", replay.RoleFirst, replay.Conditions{Signature: kinds[t.b.rng.IntN(len(kinds))]})
}

func (t *Traffic) reorder() Hit {
	var h Hit
	h.Events = reversed(t.b.freshGroup(t.lifecycles[t.b.rng.IntN(len(t.lifecycles))]))
	for i := range h.Events {
		h = t.add(h, &h.Events[i], "reorder", replay.RoleFirst, replay.Conditions{})
	}
	return h
}
