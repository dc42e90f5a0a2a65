package audit

import (
	"fmt"
	"slices"

	"hookonce/replay"
)

// keyedAnew: the downstream was given an Idempotency-Key with each call, and each time another one. Under one key for the event it
// would have known the second call for the first, whatever else went wrong.
func keyedAnew(c clue) proof {
	for _, t := range c.f.tallies {
		keys := keysOf(t.seen)
		if len(keys) < 2 || len(keys) < t.count || len(keys) <= c.f.normally(t.name) {
			continue
		}
		return proof{text: fmt.Sprintf("the calls that had its effects came under different Idempotency-Keys (%s, %s): the key is made anew for each attempt, "+
			"and the service that was called could not know the second for the first", keys[0], keys[1])}
	}
	return proof{}
}

// keysOf are the different Idempotency-Keys of effects, in the order in which they came; nil where an effect had none.
func keysOf(effects []*replay.Effect) (keys []string) {
	for _, e := range effects {
		switch {
		case e.Count <= 0:
		case e.IdempotencyKey == "":
			return nil
		case !slices.Contains(keys, e.IdempotencyKey):
			keys = append(keys, e.IdempotencyKey)
		}
	}
	return keys
}

// normally is how many effects of the name one clean delivery has at most.
func (f *dossier) normally(name int) int {
	if f.norm == nil || name >= len(f.norm.most) {
		return 0
	}
	return f.norm.most[name]
}
