package audit

import (
	"fmt"
	"slices"
	"strings"

	"hookonce/replay"
)

// keyedByBytes: a key holds the digest of the body as it was recorded, and the same event in other bytes was processed once more.
func keyedByBytes(c clue) proof {
	i := slices.IndexFunc(c.acts, func(a act) bool { return c.f.event.SHA256 != "" && strings.Contains(a.key, c.f.event.SHA256) })
	j := slices.IndexFunc(c.f.acks, func(a *replay.Attempt) bool {
		p := c.delivery(a.Delivery)
		return p != nil && p.Rewrite != replay.RewriteNone
	})
	if i < 0 || j < 0 {
		return proof{}
	}
	a := c.f.acks[j]
	return proof{fmt.Sprintf("%s is the SHA-256 of the body: %s, the same event in other bytes (%s), had another key, and was processed as another event",
		c.acts[i].key, name(a), c.delivery(a.Delivery).Rewrite), c.acts[i : i+1]}
}

// sourceLeftOut: the event was lost, and what its attempt found was the key of another source's event, which has only the id in it.
func sourceLeftOut(c clue) proof {
	e := c.f.event
	for _, g := range c.namesakes(e.ProviderID()) {
		if g == c.f || g.event.Source == e.Source {
			continue
		}
		names := func(key string) bool {
			return strings.Contains(key, e.ProviderID()) && (e.Source == "" || !strings.Contains(key, e.Source)) && (g.event.Source == "" || !strings.Contains(key, g.event.Source))
		}
		if theirs, own, ok := c.metKey(g, names, slices.Concat(c.actsOf(g.event.Key), c.acts)); ok {
			return proof{fmt.Sprintf("%s is one key for %s and %s, which come from two sources: the source is not in it", own.key, e.Key, g.event.Key), []act{theirs, own}}
		}
	}
	return proof{}
}

// namesakes are the events to which their providers gave an id.
func (d *docket) namesakes(id string) []*dossier {
	if d.byID == nil {
		d.byID = map[string][]*dossier{}
		for _, f := range d.events {
			d.byID[f.event.ProviderID()] = append(d.byID[f.event.ProviderID()], f)
		}
	}
	return d.byID[id]
}

// idLeftOut: the event was lost, and what its attempt found was a key that its twin had written, in which neither's id stands.
func idLeftOut(c clue) proof {
	if len(c.acts) > 0 {
		return proof{}
	}
	for _, g := range c.siblingsOf(c.f) {
		if g == c.f || !twins(c.f.event, g.event) || len(c.actsOf(g.event.Key)) > 0 {
			continue
		}
		if theirs, own, ok := c.metKey(g, func(string) bool { return true }, c.actsOf("")); ok {
			return proof{fmt.Sprintf("%s is one key for %s and its twin %s: no id is in it, only what they say", own.key, c.f.event.Key, g.event.Key), []act{theirs, own}}
		}
	}
	return proof{}
}

// metKey finds a key that was claimed or written while another event was delivered, and found taken when this one was, after that.
func (c clue) metKey(g *dossier, fits func(key string) bool, acts []act) (theirs, own act, ok bool) {
	during := func(f *dossier, a act) bool {
		return slices.ContainsFunc(f.attempts, func(x *replay.Attempt) bool { return a.At >= x.Start && a.At <= x.End })
	}
	for _, b := range acts {
		taken := b.deed == claimDeed && !b.done && !b.failed && b.End != 0 || b.deed == readDeed && b.done
		if !taken || !fits(b.key) || !during(c.f, b) {
			continue
		}
		for _, a := range acts {
			if a.key == b.key && a.At < b.At && a.done && (a.deed == claimDeed || a.deed == writeDeed) && during(g, a) && !during(c.f, a) {
				return a, b, true
			}
		}
	}
	return act{}, act{}, false
}

// actedUnseen: attempts that overlapped did the work each, and no command is about the event; events whose copies came in turn were
// processed once.
func actedUnseen(c clue) proof {
	if len(c.acts) > 0 || c.disturbed(c.f) || !c.overlapped(c.f) || !c.habit("only races double", c.onlyRacesDouble) {
		return proof{}
	}
	return proof{text: "its attempts overlapped, and each did the work; events whose copies came in turn were processed once: what it looks at and what it writes are two steps, in a store whose commands are not seen"}
}

func (d *docket) overlapped(f *dossier) bool {
	for i, a := range f.attempts {
		if slices.ContainsFunc(f.attempts[i+1:], func(b *replay.Attempt) bool { return d.overlap(a, b) }) {
			return true
		}
	}
	return false
}

// onlyRacesDouble says that undisturbed events were processed twice only where attempts overlapped, and that copies came in turn, too.
func (d *docket) onlyRacesDouble() bool {
	turns := false
	for _, f := range d.events {
		if len(f.acks) < 2 || !d.judgedForDouble(f) || d.disturbed(f) || d.overlapped(f) {
			continue
		}
		if turns = true; len(d.surpluses(f)) > 0 {
			return false
		}
	}
	return turns
}
