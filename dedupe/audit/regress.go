package audit

import (
	"fmt"
	"time"

	"hookonce/replay"
)

// judgeRegress looks for subjects whose versions were seen to go back.
func judgeRegress(d *docket) ([]Finding, int) {
	return d.judgeBacksteps("regress", versionAdvice)
}

// judgeResurrect looks for subjects that were deleted, and came back by an event older than that.
func judgeResurrect(d *docket) ([]Finding, int) {
	return d.judgeBacksteps("resurrect", "Keep a tombstone with the version of the deletion for as long as older events may come, "+
		"and compare with it before writing.")
}

func (d *docket) judgeBacksteps(code, advice string) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, l := range d.comparableLines() {
		judged++
		for _, b := range d.backsteps(l) {
			if b.code() == code {
				out = append(out, d.stateFinding(code, d.eventOf(l.subject, b.to.Version), l, b.String(), advice))
				break // one finding per subject: the first step back
			}
		}
	}
	return out, judged
}

// eventOf is the event that carries a version of a subject, or else any of the subject's.
func (d *docket) eventOf(subject, version string) *dossier {
	if f := d.sentVersion(subject, version); f != nil {
		return f
	}
	return d.ofSubject(subject)[0]
}

// backstep is a state that was seen although something newer had been there before.
type backstep struct {
	to    state
	newer string // the version that had been there
	gone  bool   // which was a deletion
	acked string // the event that brought it, where only its acknowledgement is known
	line  *line
}

func (b backstep) code() string {
	if b.gone && !b.to.Deleted {
		return "resurrect"
	}
	return "regress"
}

func (b backstep) String() string {
	switch {
	case b.code() == "resurrect":
		return fmt.Sprintf("%s was deleted (version %s) and came back %s", b.line.subject, b.newer, b.to.where())
	case b.acked != "":
		return fmt.Sprintf("%s was %s although version %s (%s) had been acknowledged", b.line.subject, b.to.where(), b.newer, b.acked)
	}
	return fmt.Sprintf("%s went back from version %s to %s", b.line.subject, b.newer, b.to.version)
}

// backsteps lists what went back in a line: against what the source itself told before, and, where
// control showed that states are committed before the acknowledgement, by the linear rule. Where the source
// tells all commits, what it did not tell was not committed: that is a loss, and nothing went back.
func (d *docket) backsteps(l *line) []backstep {
	states := d.states(l)
	out := seenBack(l, states)
	for i := range out { // a source that tells versions only, or is asked too late, does not say that the subject was gone
		out[i].gone = out[i].gone || d.deletion(l.subject, out[i].newer)
	}
	if l.committed {
		return out
	}
	writes, events := d.writes(l)
	for _, b := range illegalReads(writes, reads(states)) {
		// A version seen before its event was sent was fetched from the provider.
		if b.newer >= 0 && !d.lost(events[b.newer]) {
			e := events[b.newer].event
			out = append(out, backstep{to: states[b.read], newer: e.Version, gone: e.Deletes, acked: e.Key, line: l})
		}
	}
	return out
}

// deletion says that the events which carry a version of a subject delete it.
func (d *docket) deletion(subject, version string) bool {
	deletes := false
	for _, f := range d.ofSubject(subject) {
		if len(f.attempts) == 0 || replay.CompareVersions(f.event.Version, version) != 0 {
			continue
		}
		if deletes = f.event.Deletes; !deletes {
			return false
		}
	}
	return deletes
}

// seenBack compares each state with the newest told before it.
func seenBack(l *line, states []state) []backstep {
	var out []backstep
	newest, next := state{}, state{}
	for i, s := range states {
		if l.committed || i == 0 || s.At != states[i-1].At {
			newest = next
		}
		if s.version == "" {
			continue
		}
		switch c := replay.CompareVersions(s.version, newest.version); {
		case newest.version != "" && c < 0:
			out = append(out, backstep{to: s, newer: newest.version, gone: newest.Deleted, line: l})
		case next.version == "" || replay.CompareVersions(s.version, next.version) > 0:
			next = s
		}
	}
	return out
}

// writes lists the deliveries that may have brought a subject's states, and the events they are of. An
// acknowledgement counts only where control showed that the state is there by then.
func (d *docket) writes(l *line) ([]write, []*dossier) {
	var out []write
	var of []*dossier
	for _, f := range d.ofSubject(l.subject) {
		_, before := d.learnt.shows(f, l.source)
		for _, a := range f.attempts {
			w := write{f.event.Version, a.Start, never}
			if before && a.Outcome == replay.Acked && f.badSignature == replay.SignValid {
				w.done = a.End
			}
			out, of = append(out, w), append(of, f)
		}
	}
	return out, of
}

// reads gives each state the span in which it was seen. A source tells one reading after
// another, so that a reading began after the one before had ended.
func reads(states []state) []read {
	out := make([]read, len(states))
	var ended, now time.Duration
	for i, s := range states {
		if s.At > now {
			ended, now = now, s.At
		}
		out[i] = read{s.version, max(s.Since, ended), s.At}
	}
	return out
}
