package audit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hookonce/replay"
)

// comparedAsText: the newer version came after the older one was acknowledged, and was left out; as text it is the lesser one.
func comparedAsText(c clue) proof {
	kept, newer, ok := c.leftOut("text", func(kept, newer string) bool { return strings.Compare(kept, newer) > 0 })
	if !ok {
		return proof{}
	}
	return proof{text: fmt.Sprintf("version %s came after %s had been acknowledged, and was left out: as text %q comes before %q, and so it is with every state that stayed behind", newer, kept, newer, kept)}
}

// comparedAsFloat: the same, of two versions that are one number where a number has 53 bits.
func comparedAsFloat(c clue) proof {
	kept, newer, ok := c.leftOut("float", func(kept, newer string) bool {
		a, errA := strconv.ParseFloat(kept, 64)
		b, errB := strconv.ParseFloat(newer, 64)
		return errA == nil && errB == nil && a == b
	})
	if !ok {
		return proof{}
	}
	return proof{text: fmt.Sprintf("version %s came after %s had been acknowledged, and was left out: as floating-point numbers they are equal, and so it is with every state that stayed behind", newer, kept)}
}

// leftOut are the version a subject stayed at and the newer one that was acknowledged, if a wrong comparison explains that, and
// whatever else became of versions that came in turn.
func (c clue) leftOut(how string, wrong func(kept, newer string) bool) (kept, newer string, ok bool) {
	before, final := c.inTurn(c.f)
	if before == "" || before != final || !wrong(before, c.f.event.Version) {
		return "", "", false
	}
	return before, c.f.event.Version, c.habit("compared as "+how, func() bool {
		for _, l := range c.comparableLines() {
			f := c.newestAcked(l)
			if f == nil {
				continue
			}
			before, final := c.inTurn(f)
			stayed := before == final
			if before != "" && stayed != wrong(before, f.event.Version) {
				return false
			}
		}
		return true
	})
}

// inTurn are the newest version of a subject that was acknowledged before the event came, and the one it ended with, where nothing
// but the event, undisturbed, came after; "" where it was otherwise.
func (d *docket) inTurn(f *dossier) (before, final string) {
	end, found := d.finalState(f.event.Subject)
	if !found || end.Deleted || f.event.Deletes || d.disturbed(f) || !f.acked() {
		return "", ""
	}
	for _, g := range d.ofSubject(f.event.Subject) {
		switch {
		case g == f || len(g.attempts) == 0:
		case d.disturbed(g) || g.event.Deletes || !g.ackedBefore(f.attempts[0].Start) || g.attempts[len(g.attempts)-1].Start > f.attempts[0].Start:
			return "", ""
		case before == "" || replay.CompareVersions(before, g.event.Version) < 0:
			before = g.event.Version
		}
	}
	return before, end.version
}

// versionsRaced: two reads of a subject's key came before either write.
func versionsRaced(c clue) proof {
	if c.f.event.Subject == "" {
		return proof{}
	}
	read := map[string][]act{}
	for _, a := range c.actsOf("") {
		if !strings.Contains(a.key, c.f.event.Subject) {
			continue
		}
		switch a.deed {
		case readDeed:
			read[a.key] = append(read[a.key], a)
		case writeDeed:
			if r := read[a.key]; len(r) > 1 {
				return proof{fmt.Sprintf("two attempts read %s before either wrote it: read, compare and write are not one step", a.key), []act{r[0], r[1], a}}
			}
			read[a.key] = nil
		}
	}
	return proof{}
}

// overwrittenAtOnce: two versions were handled at the same time, and the older one stayed. An older one that came after the newer one's
// acknowledgement never did: versions are compared, but not in one step with what is written.
func overwrittenAtOnce(c clue) proof {
	older, newer := c.ends(c.f.event.Subject)
	if older == nil || newer == nil {
		return proof{}
	}
	written := func(l *line) bool { _, shown := l.shows(*newer.event); return shown }
	if !slices.ContainsFunc(c.lines[c.f.event.Subject], written) {
		return proof{} // the newer one may have been left out
	}
	at := func(a *replay.Attempt) bool {
		return slices.ContainsFunc(newer.attempts, func(b *replay.Attempt) bool { return c.overlap(a, b) })
	}
	i := slices.IndexFunc(older.attempts, at)
	if i < 0 || c.disturbed(older) || c.disturbed(newer) || !c.habit("versions are compared", c.laggardsLeftOut) {
		return proof{}
	}
	return proof{text: fmt.Sprintf("%s, of version %s, was handled at the same time as version %s, and overwrote it; where an older version came after the newer one had been acknowledged, it was left out: read, compare and write are not one step",
		name(older.attempts[i]), older.event.Version, newer.event.Version)}
}

// ends are the event whose version a subject ended with, where that is too old, and the newest one that was acknowledged; nil for none.
func (d *docket) ends(subject string) (last, newest *dossier) {
	final, found := d.finalState(subject)
	if !found || final.version == "" || subject == "" {
		return nil, nil
	}
	for _, f := range d.ofSubject(subject) {
		if f.acked() && f.badSignature == replay.SignValid && (newest == nil || newest.event.Order(*f.event) < 0) {
			newest = f
		}
	}
	if newest == nil || replay.CompareVersions(final.version, newest.event.Version) >= 0 {
		return nil, nil
	}
	return d.sentVersion(subject, final.version), newest
}

// laggards counts the subjects for which an older version came in turn after the newest one had been acknowledged: those that were
// overwritten by it, and those that kept the newest.
type laggards struct{ stayed, left int }

// laggards are counted apart for subjects whose newest event deletes them.
func (d *docket) laggards() (updated, deleted laggards) {
	for _, l := range d.comparableLines() {
		newest := d.newestAcked(l)
		if newest == nil || d.disturbed(newest) {
			continue
		}
		last, _ := d.ends(l.subject)
		came, stayed := false, false
		for _, g := range d.ofSubject(l.subject) {
			if replay.CompareVersions(g.event.Version, newest.event.Version) < 0 && g.acked() && newest.ackedBefore(g.attempts[0].Start) && !d.disturbed(g) {
				came, stayed = true, stayed || g == last
			}
		}
		count := &updated
		if newest.event.Deletes {
			count = &deleted
		}
		switch {
		case came && stayed:
			count.stayed++
		case came && last == nil:
			count.left++
		}
	}
	return updated, deleted
}

// laggardsLeftOut says that no older version that came in turn after a newer one was the last to be written, and that some came.
func (d *docket) laggardsLeftOut() bool {
	updated, deleted := d.laggards()
	return updated.stayed+deleted.stayed == 0 && updated.left+deleted.left > 0
}

// neverCompared: an older version overwrote a newer one that had been acknowledged before it came, as all others did that came so.
func neverCompared(c clue) proof {
	older, newer, ok := c.cameAfter()
	if !ok || !c.habit("versions are not compared", func() bool {
		updated, _ := c.laggards()
		return updated.left == 0 && updated.stayed > 1
	}) {
		return proof{}
	}
	return proof{text: fmt.Sprintf("version %s came after %s had been acknowledged, and overwrote it, as did every older version that came so: versions are not compared", older, newer)}
}

// tombstoneMissing: an older version came after the deletion, and the subject was back; where nothing had been deleted, older ones were
// left out.
func tombstoneMissing(c clue) proof {
	older, newer, ok := c.cameAfter()
	if !ok || !c.habit("deletions are forgotten", func() bool {
		updated, deleted := c.laggards()
		return updated.stayed == 0 && updated.left > 0 && deleted.left == 0 && deleted.stayed > 0
	}) {
		return proof{}
	}
	return proof{text: fmt.Sprintf("version %s came after the deletion (version %s) had been acknowledged, and the subject was back; where nothing had been deleted, older versions were left out: the deletion takes the version with it", older, newer)}
}

// cameAfter are the version that the finding's subject ended with and the newer one that was acknowledged before it came.
func (c clue) cameAfter() (older, newer string, ok bool) {
	last, newest := c.ends(c.f.event.Subject)
	if last == nil || newest == nil || len(last.attempts) == 0 || !newest.ackedBefore(last.attempts[0].Start) || c.disturbed(last) {
		return "", "", false
	}
	return last.event.Version, newest.event.Version, true
}

// advancedFirst: a command moved the subject's version to the event's in an attempt that failed, and the same command told the attempt that
// was acknowledged that the version is out of date.
func advancedFirst(c clue) proof {
	e := c.f.event
	if e.Subject == "" || e.Version == "" {
		return proof{}
	}
	version := func(a act) bool {
		return strings.Contains(a.key, e.Subject) && !strings.Contains(a.key, e.ProviderID()) && !a.failed && a.End != 0 &&
			slices.ContainsFunc(a.Args, func(word string) bool { return strings.Contains(word, e.Version) })
	}
	for i, a := range c.acts {
		if !version(a) || a.Reply == "0" || a.Reply == "nil" {
			continue
		}
		for _, b := range c.acts[i+1:] {
			if !version(b) || !slices.Equal(a.Args, b.Args) || b.Reply != "0" && b.Reply != "nil" {
				continue
			}
			failed := c.attemptOf(a, func(x *replay.Attempt) bool { return x.Outcome != replay.Acked })
			by := c.attemptOf(b, func(x *replay.Attempt) bool { return x.Outcome == replay.Acked })
			if failed != nil && by != nil && failed != by {
				return proof{fmt.Sprintf("%s set %s to version %s before its work, which failed; %s was told that this version is no news, and was answered %d",
					name(failed), a.key, e.Version, name(by), by.Status), []act{a, b}}
			}
		}
	}
	return proof{}
}
