package audit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hookonce/replay"
)

// refused finds a claim that lost, in an attempt that was acknowledged, and the claim that had won before.
func (c clue) refused() (won, lost act, by *replay.Attempt) {
	holds := map[string]act{}
	for _, a := range c.claims("") {
		won, held := holds[a.key]
		switch {
		case a.done || a.Fault == string(replay.RedisCutAfter):
			holds[a.key] = a
		case a.failed || a.End == 0 || !held:
		default:
			acked := func(x *replay.Attempt) bool { return x.Outcome == replay.Acked }
			if by = c.attemptOf(a, acked); by != nil {
				return won, a, by
			}
		}
	}
	return act{}, act{}, nil
}

// attemptOf is an attempt that was being handled when the command came, and that fits; the last of them to begin.
func (c clue) attemptOf(x act, fits func(*replay.Attempt) bool) (of *replay.Attempt) {
	for _, a := range c.f.attempts {
		if _, to := c.handled(a); a.Start <= x.At && x.At <= to && fits(a) {
			of = a
		}
	}
	return of
}

// ownLockRefused: Redis took the claim, its reply was lost, and the next claim was told that it is a duplicate.
func ownLockRefused(c clue) proof {
	claims := c.claims("")
	for i := 0; i+1 < len(claims); i++ {
		a, b := claims[i], claims[i+1]
		if !c.replyLost(a) && !c.sentAgain(a, b) || b.key != a.key || b.done || b.failed || b.End == 0 {
			continue
		}
		who := "the next delivery"
		if c.f.attemptAt(a) == c.f.attemptAt(b) {
			who = "the driver, which sent it again,"
		}
		return proof{fmt.Sprintf("the reply to %s %s was lost after Redis had carried it out: %s was told that the key is taken, and took its own lock for somebody else's",
			a.Name, a.key, who), []act{a, b}}
	}
	return proof{}
}

// replyLost says that Redis carried a claim out and its reply did not arrive: the fault was aimed at it, or
// its connection was cut for another command's sake while nobody held the key.
func (c clue) replyLost(a act) bool {
	if a.Fault == string(replay.RedisCutAfter) {
		return true
	}
	if a.End != 0 || a.failed {
		return false
	}
	held := false
	for _, b := range c.acts {
		if b.key == a.key && b.At < a.At && b.done && (b.deed == claimDeed || b.deed == writeDeed || b.deed == removeDeed) {
			held = b.deed != removeDeed
		}
	}
	return !held
}

// sentAgain says that one attempt, with no other under way, won a claim and then made the very same one on another connection:
// what its driver does when the reply did not arrive.
func (c clue) sentAgain(a, b act) bool {
	if !a.done || a.Conn == b.Conn || a.Replica != b.Replica || !slices.Equal(a.Args, b.Args) {
		return false
	}
	at := 0
	for _, x := range c.f.attempts {
		from, to := c.handled(x)
		switch {
		case from <= a.At && b.At <= to:
			at++
		case from <= b.At && a.At <= to:
			return false
		}
	}
	return at == 1
}

// neverExpires: a claim has no time to live of its own, and the EXPIRE that was to follow did not take place.
func neverExpires(c clue) proof {
	for _, a := range c.claims("") {
		if a.ttl > 0 || !a.done && a.Fault != string(replay.RedisCutAfter) {
			continue
		}
		seen := false
		var missed *act
		for i := range c.acts {
			if b := c.acts[i]; b.deed == expireDeed && b.key == a.key && b.At > a.At {
				seen = seen || b.done
				if !b.done {
					missed = &c.acts[i]
				}
			}
		}
		switch {
		case seen:
		case missed != nil:
			return proof{fmt.Sprintf("%s and %s are two commands, and the second one did not take place: %s never expires", a.Name, missed.Name, a.key), []act{a, *missed}}
		case c.othersExpire(a.Name):
			return proof{fmt.Sprintf("%s and EXPIRE are two commands, and the second one never came: %s never expires", a.Name, a.key), []act{a}}
		}
	}
	return proof{}
}

// othersExpire says that the endpoint gave keys of control's events their time to live with a second command.
func (c clue) othersExpire(claim string) bool {
	for _, f := range c.events {
		if !f.control {
			continue
		}
		claimed := map[string]bool{}
		for _, a := range c.actsOf(f.event.Key) {
			if a.deed == claimDeed && a.Name == claim && a.ttl == 0 {
				claimed[a.key] = true
			}
			if a.deed == expireDeed && claimed[a.key] {
				return true
			}
		}
	}
	return false
}

// busyAcknowledged: a duplicate found the key held by an attempt at work, and was acknowledged.
func busyAcknowledged(c clue) proof {
	won, lost, by := c.refused()
	if by == nil {
		return proof{}
	}
	holder := c.attemptOf(won, func(x *replay.Attempt) bool {
		_, to := c.handled(x)
		return x != by && x.Outcome != replay.Acked && to >= lost.At
	})
	if holder == nil {
		return proof{}
	}
	return proof{fmt.Sprintf("%s found %s held by %s, which was still at work, and was answered %d; then that one failed",
		name(by), won.key, name(holder), by.Status), []act{won, lost}}
}

// claimForEver: the claim of an attempt that failed stays, because it has no time to live.
func claimForEver(c clue) proof {
	won, lost, by := c.refused()
	if by == nil || won.ttl > 0 || c.expired(won) {
		return proof{}
	}
	for _, a := range c.acts {
		if a.deed == removeDeed && a.key == won.key && a.At > won.At && a.done {
			return proof{} // it was taken back: whoever found it meanwhile found somebody at work
		}
	}
	return proof{fmt.Sprintf("%s is claimed without a time to live: what the failed attempt left behind stays for ever, and %s was answered %d",
		won.key, name(by), by.Status), []act{won, lost}}
}

func (c clue) expired(won act) bool {
	for _, a := range c.acts {
		if a.deed == expireDeed && a.key == won.key {
			return true
		}
	}
	return false
}

// releaseFailed: an attempt failed, and so did the command that was to remove its claim, which then passed for the work being done.
func releaseFailed(c clue) proof {
	won, lost, by := c.refused()
	if by == nil {
		return proof{}
	}
	for _, a := range c.acts {
		if a.deed != removeDeed && !ownScript(a, won) || a.key != won.key || !a.failed && a.End != 0 || a.At < won.At || a.At > lost.At || len(c.between(won, lost, won.key, removeDeed)) > 0 {
			continue
		}
		return proof{fmt.Sprintf("%s failed, and so did the %s that was to release %s; %s found it and was answered %d, as if the work were done",
			name(c.f.attemptAt(won)), a.Name, won.key, name(by), by.Status), []act{won, a, lost}}
	}
	return proof{}
}

// ownScript says that a script was given the key of a claim and the token it was won with: it renews, keeps or releases it.
func ownScript(a, won act) bool {
	return strings.HasPrefix(a.Name, "EVAL") && len(won.Args) > 1 && slices.Contains(a.Args, won.Args[1])
}

// markOutlived: an attempt wrote the mark and failed without taking it back.
func markOutlived(c clue) proof {
	won, lost, by := c.refused()
	if by == nil {
		return proof{}
	}
	holder := c.attemptOf(won, func(x *replay.Attempt) bool { return x != by && x.Outcome != replay.Acked })
	if holder == nil || len(c.between(won, lost, won.key, removeDeed)) > 0 {
		return proof{}
	}
	return proof{fmt.Sprintf("%s was written by %s before its effect, and stayed when that one failed: %s was answered %d as a duplicate",
		won.key, name(holder), name(by), by.Status), []act{won, lost}}
}

// failureAcknowledged: Redis failed, and the attempt was acknowledged without having claimed anything.
func failureAcknowledged(c clue) proof {
	for _, a := range c.f.attempts {
		if a.Outcome != replay.Acked {
			continue
		}
		own := c.during(a, c.f, c.acts)
		var failed []act
		for _, x := range own {
			if x.failed {
				failed = append(failed, x)
			}
			if x.deed == claimDeed && !x.failed || strings.HasPrefix(x.Name, "EVAL") && !x.failed {
				return proof{}
			}
		}
		if len(failed) > 0 && c.concern(failed) {
			return proof{fmt.Sprintf("Redis failed (%s), and %s was answered %d all the same: the error was taken for a duplicate", failed[0].Fault, name(a), a.Status), failed}
		}
		if len(own) == 0 && c.f.struck != "" {
			return proof{fmt.Sprintf("%s was answered %d without a command about the event, while Redis failed: the error was taken for a duplicate", name(a), a.Status), nil}
		}
	}
	return proof{}
}

// subjectClaimed: an attempt found the subject's key held, which names no event, and was acknowledged.
func subjectClaimed(c clue) proof {
	won, lost, by := c.refused()
	e := c.f.event
	if by == nil || e.Subject == "" || !strings.Contains(won.key, e.Subject) || strings.Contains(won.key, e.Key) || e.ID != "" && strings.Contains(won.key, e.ID) {
		return proof{}
	}
	return proof{fmt.Sprintf("%s is one lock for all events of the subject: %s found it held, and was answered %d, whatever became of its own event",
		won.key, name(by), by.Status), []act{won, lost}}
}

// answeredFirst: an attempt was acknowledged before its first command about the event came.
func answeredFirst(c clue) proof {
	for _, a := range c.f.attempts {
		if a.Outcome != replay.Acked {
			continue
		}
		var own []act
		for _, x := range c.acts {
			if c.f.attemptAt(x) == a {
				own = append(own, x)
			}
		}
		if len(own) > 0 && own[0].At > a.End {
			return proof{fmt.Sprintf("%s was answered %d before it asked its Redis about the event: what fails after the answer nobody delivers again",
				name(a), a.Status), own[:min(len(own), maxShown)]}
		}
		return proof{}
	}
	return proof{}
}

// subjectHeld: a claim of the subject's key lost against another event's, and the attempt was acknowledged.
func subjectHeld(c clue) proof {
	if c.f.event.Subject == "" {
		return proof{}
	}
	for _, a := range c.actsOf("") {
		if a.deed != claimDeed || a.done || a.failed || !strings.Contains(a.key, c.f.event.Subject) {
			continue
		}
		for _, at := range c.f.attempts {
			if at.Outcome == replay.Acked && a.At >= at.Start && a.At <= at.End && len(c.during(at, c.f, c.acts)) == 0 {
				return proof{fmt.Sprintf("%s is one lock for all events of the subject: %s found it held by another event, and was answered %d",
					a.key, name(at), at.Status), []act{a}}
			}
		}
	}
	return proof{}
}

// claimedInVain: the attempt that won the claim was acknowledged, and nothing followed.
func claimedInVain(c clue) proof {
	for _, a := range c.claims("") {
		at := c.f.attemptAt(a)
		if !a.done || at == nil || at.Outcome != replay.Acked || len(c.f.attempts) > 1 && c.f.attempts[0] != at || c.sawState(at) {
			continue
		}
		return proof{fmt.Sprintf("%s won %s and was answered %d, and no effect followed: its error was swallowed, or the work was lost after the answer",
			name(at), a.key, at.Status), []act{a}}
	}
	return proof{}
}

// sawState says that an attempt read something of its subject that was there: it may have taken the event for out of date.
func (c clue) sawState(at *replay.Attempt) bool {
	subject := c.f.event.Subject
	for _, list := range [][]act{c.acts, c.actsOf("")} {
		for _, a := range list {
			if a.deed == readDeed && a.done && subject != "" && strings.Contains(a.key, subject) && a.At >= at.Start && a.At <= at.End {
				return true
			}
		}
	}
	return false
}

// failureKept: an attempt read a stored failure and gave it back.
func failureKept(c clue) proof {
	for _, a := range c.acts {
		status, err := strconv.Atoi(a.Reply)
		if a.deed != readDeed || !a.done || err != nil || status < 400 || status > 599 {
			continue
		}
		if at := c.f.attemptAt(a); at != nil && at.Status >= 400 {
			return proof{fmt.Sprintf("%s holds %d, the answer of an attempt that failed: a failure is kept as the final answer", a.key, status), []act{a}}
		}
	}
	return proof{}
}
