package chaos

import "hookonce/replay"

// addOtherBytes repeats events in other bytes that say the same: another order of the fields, other
// spacing, escapes, number forms.
func addOtherBytes(b *builder) {
	for _, f := range b.samples() {
		for _, r := range replay.Rewrites()[:b.perFixture(len(replay.Rewrites()))] {
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
		b.inTurn(b.freshGroup([]replay.Event{f, f}), replay.PhaseFault, retries)
	}
}

// addSameIDs delivers two events of different sources that have one id.
func addSameIDs(b *builder) {
	for _, f := range b.samples() {
		e := b.fresh(f)
		other, err := b.in.FromSource(b.unlisted(f), e.Key, otherSource)
		if err != nil {
			b.fail(err)
			return
		}
		b.inTurn([]replay.Event{e, b.keep(other)}, replay.PhaseFault, retries)
	}
}

// otherSource is the account that gives its events ids which others gave to theirs.
const otherSource = "acct_other"

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
	if in.FromSource == nil {
		return "the provider's ids are the same event's everywhere, or its events do not name their account"
	}
	return keptIDsOnly(in)
}
