package audit

import (
	"fmt"
	"slices"
	"strings"

	"hookonce/replay"
)

// readBeforeWrite: two reads found the key absent before anything was written to it.
func readBeforeWrite(c clue) proof {
	missed := map[string][]act{}
	for _, a := range c.acts {
		switch {
		case a.deed == readDeed && !a.done && !a.failed && a.End != 0:
			missed[a.key] = append(missed[a.key], a)
		case (a.deed == writeDeed || a.deed == claimDeed) && a.done:
			if m := missed[a.key]; len(m) > 1 && m[len(m)-1].End < a.At && (a.deed == writeDeed) {
				return proof{fmt.Sprintf("two attempts read %s as absent, within %s, before either wrote it: check-then-act", a.key, ago(m[1].At-m[0].At)),
					[]act{m[0], m[1], a}}
			}
			delete(missed, a.key)
		}
	}
	return proof{}
}

// leaseBeforeWork: a key was claimed again, without having been released, while the attempt that held it was still at work.
func leaseBeforeWork(c clue) proof {
	for _, p := range c.taken() {
		holder := c.f.attemptAt(p[0])
		if holder == nil || p[0].ttl == 0 || len(c.between(p[0], p[1], p[0].key, removeDeed)) > 0 || p[1].At-p[0].At < p[0].ttl {
			continue
		}
		if _, to := c.handled(holder); to > p[1].At {
			return proof{fmt.Sprintf("the lock %s expired %s before the work of %s ended, and was taken again", p[0].key,
				ago(to-p[0].At-p[0].ttl), name(holder)), p[:]}
		}
	}
	return proof{}
}

// removedOthers: a key was claimed a second time, deleted by the first attempt, and claimed a third time.
func removedOthers(c clue) proof {
	pairs := c.taken()
	for i := 0; i+1 < len(pairs); i++ {
		first, second, third := pairs[i][0], pairs[i][1], pairs[i+1][1]
		owner, other := c.f.attemptAt(first), c.f.attemptAt(second)
		removed := c.between(second, third, second.key, removeDeed)
		if third.key != first.key || owner == nil || other == nil || owner == other || len(removed) == 0 {
			continue
		}
		_, end := c.handled(owner)
		_, until := c.handled(other)
		if d := removed[0]; d.At <= end && end < until {
			return proof{fmt.Sprintf("DEL by %s removed the lock of %s: no ownership token", name(owner), name(other)), []act{first, second, d, third}}
		}
	}
	return proof{}
}

// forgotten: a late duplicate found nothing of what the first delivery had left.
func forgotten(c clue) proof {
	late := c.f.course.late
	if late == nil {
		return proof{}
	}
	age, profile := c.delivery(late.Delivery).Wait, c.h.Header.ProfileOf(c.f.event.Provider)
	var kept, again act
	for _, a := range c.acts {
		switch {
		case a.At < late.Start && (a.ttl > kept.ttl || kept.Command == nil && a.deed == claimDeed && a.done):
			kept = a
		case a.At >= late.Start && (a.deed == claimDeed && a.done || a.deed == readDeed && !a.done && !a.failed) && again.Command == nil:
			again = a
		}
	}
	if kept.Command == nil || again.Command == nil {
		return proof{}
	}
	asked := fmt.Sprintf("the provider retries for %s", span(profile.RetrySpan))
	if kept.ttl > 0 && kept.ttl < age && !c.scripted(kept.key, late) {
		return proof{fmt.Sprintf("%s lives for %s (%s), %s: a duplicate %s later was new to it", kept.key, span(kept.ttl), kept.Name, asked, span(age)), []act{kept, again}}
	}
	return proof{fmt.Sprintf("%s was gone when a duplicate came %s later, %s", again.key, span(age), asked), []act{kept, again}}
}

// scripted says that a script touched the key before the late duplicate, so that its time to live may be another.
func (c clue) scripted(key string, late *replay.Attempt) bool {
	for _, a := range c.acts {
		if strings.HasPrefix(a.Name, "EVAL") && a.key == key && a.At < late.Start {
			return true
		}
	}
	return false
}

// ranWithoutRedis: more was done than claims were won, while Redis failed.
func ranWithoutRedis(c clue) proof {
	var failed []act
	won := 0
	for _, a := range c.acts {
		if a.failed && a.Fault != string(replay.RedisCutAfter) {
			failed = append(failed, a)
		}
		if a.deed == claimDeed && a.done || a.deed == readDeed && !a.done && !a.failed {
			won++
		}
	}
	if len(failed) == 0 || won >= c.x.Effects || c.f.course.late != nil || !c.concern(failed) {
		return proof{}
	}
	for _, a := range c.acts {
		if strings.HasPrefix(a.Name, "EVAL") && !a.failed {
			return proof{} // what a script claims is not seen
		}
	}
	return proof{fmt.Sprintf("Redis failed (%s), and the work was done all the same: %d effects for %d claims", failed[0].Fault, c.x.Effects, won), failed[:min(len(failed), maxShown)]}
}

// concern says that commands are the event's: they hold its id or, where they were filed under it because nothing else was under way, the
// endpoint asks its Redis about events when all is well.
func (c clue) concern(acts []act) bool {
	e := c.f.event
	holds := func(word string) bool {
		return strings.Contains(word, e.Key) || e.ID != "" && strings.Contains(word, e.ID) || e.Subject != "" && strings.Contains(word, e.Subject)
	}
	if slices.ContainsFunc(acts, func(a act) bool { return slices.ContainsFunc(a.Args, holds) }) {
		return true
	}
	return c.habit("asks Redis", func() bool {
		return slices.ContainsFunc(c.events, func(f *dossier) bool { return f.control && f.acked() && len(c.actsOf(f.event.Key)) > 0 })
	})
}

// markerLost: an attempt claimed the event, its last command failed, and the event was claimed, and done, once more.
func markerLost(c clue) proof {
	var won act
	for i, a := range c.acts {
		switch {
		case a.deed == claimDeed && a.done || a.deed == readDeed && !a.done && !a.failed && a.End != 0:
			won = a
		case a.Fault == string(replay.RedisCutBefore) || a.Fault == string(replay.RedisError):
			at := c.f.attemptAt(a)
			if won.Command == nil || at == nil || at.Outcome == replay.Acked || at != c.f.attemptAt(won) {
				continue
			}
			for _, b := range c.acts[i+1:] {
				if b.key == won.key && b.deed == won.deed && b.done == won.done && c.f.attemptAt(b) != at {
					return proof{fmt.Sprintf("%s did its work, Redis failed at the command that was to note it (%s), and %s did it again: the effect and its marker are two steps, and no key tells the second effect from the first",
						name(at), a.Fault, name(c.f.attemptAt(b))), []act{won, a, b}}
				}
			}
		}
	}
	return proof{}
}

// nothingAsked: no command holds the event's id, though the endpoint was given the proxy.
func nothingAsked(c clue) proof {
	if len(c.acts) > 0 {
		return proof{}
	}
	others := 0
	for i := range c.h.Commands {
		if c.h.Commands[i].Event != "" {
			others++
		}
	}
	if others > 0 {
		return proof{}
	}
	return proof{text: "the endpoint asked its Redis about no event by its id: it remembers events elsewhere, under another name, or not at all"}
}
