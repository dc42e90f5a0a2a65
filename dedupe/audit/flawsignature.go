package audit

import (
	"fmt"
	"slices"

	"hookonce/replay"
)

// bypassed: nothing that was wrong with a signature made a difference.
func bypassed(c clue) proof {
	if !c.habit("believes anything", func() bool {
		kinds := map[replay.Signature]bool{}
		for _, f := range c.events {
			if f.badSignature == replay.SignValid || f.badSignature == replay.SignStale || !f.course.answered {
				continue
			}
			if kinds[f.badSignature] = true; !f.acked() && !slices.ContainsFunc(f.attempts, func(a *replay.Attempt) bool { return a.Status >= 500 }) {
				return false
			}
		}
		return len(kinds) > 1
	}) {
		return proof{}
	}
	return proof{text: "no delivery was refused for its signature, whether it had none, another key's, or one of another body: signatures are not checked"}
}

// checkedAnew: the event was unauthorised whenever it came in other bytes that say the same, and never as it was recorded; so it was
// with every event that was acknowledged at all.
func checkedAnew(c clue) proof {
	var refused *replay.Attempt
	for _, a := range c.f.attempts {
		if unauthorised(a) {
			refused = a
		}
	}
	if refused == nil || !c.habit("checked anew", c.onlyRewritesRefused) {
		return proof{}
	}
	return proof{text: fmt.Sprintf("%s was refused in other bytes that say the same (%s), and acknowledged as it was recorded, as is every event that was refused: the signature is checked over a body that is written anew, not over the bytes that came",
		name(refused), c.delivery(refused.Delivery).Rewrite)}
}

// onlyRewritesRefused says that of the events that were acknowledged, and correctly signed, no delivery was unauthorised but in other bytes.
func (d *docket) onlyRewritesRefused() bool {
	for _, f := range d.events {
		if f.badSignature != replay.SignValid || !f.acked() || !f.course.refused {
			continue
		}
		for _, a := range f.attempts {
			if p := d.delivery(a.Delivery); unauthorised(a) && (p == nil || p.Rewrite == replay.RewriteNone) {
				return false
			}
		}
	}
	return true
}
