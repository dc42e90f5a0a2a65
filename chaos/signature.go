package chaos

import "hookonce/replay"

// badSignatureTypes is how many event types are sent with each kind of bad signature: the check
// stands before the handler looks at the type.
const badSignatureTypes = 3

// addBadSignatures sends events with signatures that must be refused. Their ids are their own, so
// that an effect can be blamed on them, and nothing redelivers them.
func addBadSignatures(b *builder) {
	kinds := []replay.Signature{replay.SignMissing, replay.SignWrongKey, replay.SignTampered}
	if b.in.Profile.Tolerance > 0 {
		kinds = append(kinds, replay.SignStale)
	}
	for _, f := range b.onePerType(badSignatureTypes) {
		for _, k := range kinds {
			e := b.fresh(f)
			b.tailed[e.Key] = true
			b.first(e, replay.PhaseFault, replay.Conditions{Signature: k})
		}
	}
}

// onePerType draws at most n fixtures of different types.
func (b *builder) onePerType(n int) []replay.Event {
	var out []replay.Event
	seen := map[string]bool{}
	for _, i := range b.rng.Perm(len(b.in.Events)) {
		e := b.in.Events[i]
		if !seen[e.Type] && len(out) < n {
			seen[e.Type] = true
			out = append(out, e)
		}
	}
	return out
}
