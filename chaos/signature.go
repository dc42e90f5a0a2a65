package chaos

import (
	"slices"

	"hookonce/replay"
)

// badSignatureTypes is how many event types of a provider are sent with each kind of bad signature: the check
// stands before the handler looks at the type.
const badSignatureTypes = 3

// addBadSignatures sends events with signatures that must be refused. Their ids are their own, so
// that an effect can be blamed on them, and nothing redelivers them.
func addBadSignatures(b *builder) {
	for _, f := range b.onePerType(badSignatureTypes) {
		kinds := []replay.Signature{replay.SignMissing, replay.SignWrongKey, replay.SignTampered}
		if b.in.profileOf(f).Tolerance > 0 {
			kinds = append(kinds, replay.SignStale)
		}
		for _, k := range kinds {
			e := b.fresh(f)
			b.tailed[e.Key] = true
			b.first(e, replay.PhaseFault, replay.Conditions{Signature: k})
		}
	}
}

// onePerType draws, of each provider whose secret is known, at most n fixtures of different types.
func (b *builder) onePerType(n int) []replay.Event {
	type kind struct{ provider, name string }
	var out []replay.Event
	seen, drawn := map[kind]bool{}, map[string]int{}
	for _, i := range b.rng.Perm(len(b.in.Events)) {
		e := b.in.Events[i]
		if k := (kind{e.Provider, e.Type}); !seen[k] && drawn[e.Provider] < n && !slices.Contains(b.in.Settings.Unsigned, e.Provider) {
			seen[k] = true
			drawn[e.Provider]++
			out = append(out, e)
		}
	}
	return out
}
