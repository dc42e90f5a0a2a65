package audit

import (
	"fmt"

	"hookonce/replay"
)

// pausedPastLease: an attempt stood still for longer than its claim lives, the event was claimed again, and it went on.
func pausedPastLease(c clue) proof {
	for _, p := range c.taken() {
		holder := c.attemptOf(p[0], func(a *replay.Attempt) bool { return a.Struck == replay.ProcessPause })
		if holder == nil || p[0].ttl == 0 {
			continue
		}
		fault, other := c.delivery(holder.Delivery).Process, c.f.attemptAt(p[1])
		if fault == nil || fault.For < p[0].ttl || other == nil || other == holder {
			continue
		}
		return proof{fmt.Sprintf("%s stood still for %s after it had claimed %s, which lives for %s; %s claimed it meanwhile, and then %s went on as if it still held it: "+
			"nothing asks, where the effect happens, whether the lock is still held (a fencing token, or a key of the effect)",
			name(holder), span(fault.For), p[0].key, span(p[0].ttl), name(other), name(holder)), p[:]}
	}
	return proof{}
}

// killedAfterEffect: the process was killed once the effect was there, and a later attempt did it again.
func killedAfterEffect(c clue) proof {
	for i, a := range c.f.attempts {
		d := c.delivery(a.Delivery)
		if a.Struck != replay.ProcessKill || d == nil || d.Process == nil || d.Process.Moment != replay.MomentEffect || i+1 == len(c.f.attempts) {
			continue
		}
		again := c.f.attempts[i+1]
		for _, b := range c.f.attempts[i+1:] {
			if b.Outcome == replay.Acked { // those before were told to come back
				again = b
				break
			}
		}
		return proof{fmt.Sprintf("the process was killed between the effect of %s and its answer, and %s did it again: the effect and its marker are two steps, and no key tells the second effect from the first",
			name(a), name(again)), c.acts[:min(len(c.acts), maxShown)]}
	}
	return proof{}
}

// memoryKilled: no command holds the event's id, and the event was new to a process that had been started again.
func memoryKilled(c clue) proof {
	for _, a := range c.f.attempts {
		d := c.delivery(a.Delivery)
		if len(c.acts) == 0 && a.Struck == replay.ProcessKill && d != nil && d.Process != nil && d.Process.Moment == replay.MomentBefore {
			return proof{fmt.Sprintf("the process was killed after the answer and started again, and %s was new to it: what it remembers dies with it", name(a)), nil}
		}
	}
	return proof{}
}

// killedHolder: the process was killed after its claim, and the claim passed for the work being done.
func killedHolder(c clue) proof {
	won, lost, by := c.refused()
	if by == nil {
		return proof{}
	}
	holder := c.attemptOf(won, func(a *replay.Attempt) bool {
		return a != by && a.Struck == replay.ProcessKill && a.Outcome != replay.Acked
	})
	if holder == nil {
		return proof{}
	}
	return proof{fmt.Sprintf("the process was killed after %s had claimed %s; %s found the claim and was answered %d, as if the work were done",
		name(holder), won.key, name(by), by.Status), []act{won, lost}}
}
