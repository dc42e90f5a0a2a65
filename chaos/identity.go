package chaos

import (
	"bytes"
	"fmt"
	"slices"

	"hookonce/replay"
)

// addOtherBytes repeats events in other bytes that say the same: another order of the fields, other
// spacing, escapes, number forms.
func addOtherBytes(b *builder) {
	b.otherwise("the bodies are no JSON: nothing is known of what says the same in other bytes")
	for _, f := range b.samples() {
		whole, err := f.Loaded()
		if err != nil {
			b.fail(err)
			return
		}
		ways := slices.DeleteFunc(replay.Rewrites(), func(r replay.Rewrite) bool { return bytes.Equal(r.Apply(whole.Body), whole.Body) })
		for _, r := range ways[:min(len(ways), b.perFixture(len(ways)))] {
			last := b.redeliver(b.first(b.instance(f), replay.PhaseFault, replay.Conditions{}), retries)
			b.add(replay.Delivery{Event: last.d.Event, Phase: replay.PhaseFault, Role: replay.RoleDuplicate,
				Conditions: replay.Conditions{Rewrite: r}}, last)
		}
	}
}

// addTwins delivers two events that differ in nothing but their id, one after the other: the
// same thing happened twice, or one fact got two ids.
func addTwins(b *builder) {
	for _, f := range b.samples() {
		b.inTurn(b.twins(f), replay.PhaseFault, retries)
	}
}

// twins are two events of one fixture. They speak of one subject, but for a fixture whose subject's id is the one that tells events apart.
func (b *builder) twins(f replay.Event) []replay.Event {
	if b.in.composedKey(f) {
		return []replay.Event{b.fresh(f), b.fresh(f)}
	}
	return b.freshGroup([]replay.Event{f, f})
}

// addSameIDs delivers two events of different sources that have one id.
func addSameIDs(b *builder) {
	for _, f := range b.samples() {
		if !b.in.sourced(f) {
			continue
		}
		e := b.fresh(f)
		other, err := b.unlisted(f).Loaded()
		if err == nil {
			other, err = b.in.FromSource(other, e.ProviderID())
		}
		if err != nil {
			b.fail(fmt.Errorf("%s: %w", f.Fixture, err))
			return
		}
		b.inTurn([]replay.Event{e, b.keep(other)}, replay.PhaseFault, retries)
	}
}

// sourced says that the event names the account it comes from.
func (in Input) sourced(e replay.Event) bool {
	e, err := e.Loaded()
	if err == nil {
		_, err = in.FromSource(e, e.ProviderID())
	}
	return err == nil
}

// addAttemptIDs repeats events under another id of the attempt, as providers do that resend by hand, or that
// send to several subscriptions.
func addAttemptIDs(b *builder) {
	for _, f := range b.samples() {
		if b.in.profileOf(f).AttemptID == "" {
			continue
		}
		last := b.redeliver(b.first(b.instance(f), replay.PhaseFault, replay.Conditions{}), retries)
		b.add(replay.Delivery{Event: last.d.Event, Phase: replay.PhaseFault, Role: replay.RoleDuplicate,
			Conditions: replay.Conditions{NewAttempt: true}}, last)
	}
}

// addRebatches repeats events that were sent in bodies of their own in one body, and those of one body in two.
func addRebatches(b *builder) {
	b.otherwise("no fixture's body is a list of events")
	for _, f := range b.samples() {
		list := b.in.profileOf(f).Batch
		whole, err := f.Loaded()
		if err != nil {
			b.fail(err)
			return
		}
		if list == "" || replay.BatchItems(whole.Body, list) == 0 {
			continue
		}
		again := []replay.Conditions{{Batch: replay.BatchMerged}}
		if replay.BatchItems(whole.Body, list) > 1 {
			again = append(again, replay.Conditions{Batch: replay.BatchHead}, replay.Conditions{Batch: replay.BatchRest})
		}
		pair := []replay.Event{b.fresh(f), b.fresh(f)}
		last := b.inTurn(pair, replay.PhaseFault, retries)
		again[0].With = pair[1].Key
		for _, c := range again {
			last = b.add(replay.Delivery{Event: pair[0].Key, Phase: replay.PhaseFault, Role: replay.RoleDuplicate, Conditions: c}, last)
		}
	}
}

// unlisted is a fresh event that the plan does not send.
func (b *builder) unlisted(f replay.Event) replay.Event {
	e := b.fresh(f)
	delete(b.keys, e.Key)
	*b.events = (*b.events)[:len(*b.events)-1]
	return e
}

func keptIDsOnly(in Input) string {
	if in.Settings.KeepIDs {
		return "--keep-ids: a second event needs an id of its own"
	}
	return ""
}

func withoutSources(in Input) string {
	if reason := keptIDsOnly(in); reason != "" {
		return reason
	}
	if in.FromSource == nil || !slices.ContainsFunc(in.Events, in.sourced) {
		return fmt.Sprintf("the events of %s do not name the account they come from", in.providers())
	}
	return ""
}

func withoutAttemptIDs(in Input) string {
	if !slices.ContainsFunc(in.Events, func(e replay.Event) bool { return in.profileOf(e).AttemptID != "" }) {
		return fmt.Sprintf("%s sends no id that is the attempt's and not the event's", in.providers())
	}
	return ""
}

func withoutBatches(in Input) string {
	if !slices.ContainsFunc(in.Events, func(e replay.Event) bool { return in.profileOf(e).Batch != "" }) {
		return fmt.Sprintf("%s sends one event in each body", in.providers())
	}
	return keptIDsOnly(in)
}
