package audit

import (
	"time"

	"hookonce/replay"
)

// line is what one source told of one subject, in the order in which it told it. Two
// sources are never compared with each other: they may be a database and its cache.
type line struct {
	subject, source string
	// committed says that the source tells every commit in order; otherwise what it
	// told at one moment has no order.
	committed bool
	seen      []replay.Effect
	rank      int    // of the first event of the subject
	last      *state // what it ends with; nil until somebody asked
}

func (d *docket) fileState(e replay.Effect) {
	for _, l := range d.lines[e.Subject] {
		if l.source == e.Source {
			l.seen = append(l.seen, e)
			return
		}
	}
	l := &line{subject: e.Subject, source: e.Source, seen: []replay.Effect{e}}
	for _, s := range d.h.Header.Sources {
		l.committed = l.committed || s.Label == e.Source && (s.Committed || s.Exact)
	}
	d.lines[e.Subject] = append(d.lines[e.Subject], l)
}

// shows says whether the line ever showed the event's version, or its deletion, and when it first did.
func (l *line) shows(e replay.Event) (at time.Duration, shown bool) {
	for _, s := range l.seen {
		if e.Deletes && s.Deleted || s.Version != "" && replay.CompareVersions(s.Version, e.Version) == 0 {
			return s.At, true
		}
	}
	return 0, false
}

// state is a state as the audit compares it.
type state struct {
	replay.Effect
	// version is the effect's, or that of the deletion that brought a tombstone about.
	version string
}

// states reads a line. A tombstone often has no version, or the one of the row that
// is gone: it is as new as the newest deletion that was sent by then.
func (d *docket) states(l *line) []state {
	out := make([]state, len(l.seen))
	for i, e := range l.seen {
		out[i] = state{e, e.Version}
		if !e.Deleted {
			continue
		}
		for _, f := range d.ofSubject(l.subject) {
			if f.event.Deletes && len(f.attempts) > 0 && f.attempts[0].Start <= e.At &&
				replay.CompareVersions(out[i].version, f.event.Version) < 0 {
				out[i].version = f.event.Version
			}
		}
	}
	return out
}

// final is the state a line ends with. Of several that were told at one moment by a
// source that tells no order, it is the newest: none is proven to be the last.
func (d *docket) final(l *line) state {
	if l.last != nil {
		return *l.last
	}
	states := d.states(l)
	last := states[len(states)-1]
	for i := len(states) - 2; i >= 0 && !l.committed && states[i].At == last.At; i-- {
		if replay.CompareVersions(states[i].version, last.version) > 0 {
			last = states[i]
		}
	}
	l.last = &last
	return last
}

// finalState is the newest state a subject ends with in any source.
func (d *docket) finalState(subject string) (state, bool) {
	var newest state
	for i, l := range d.lines[subject] {
		if s := d.final(l); i == 0 || replay.CompareVersions(s.version, newest.version) > 0 {
			newest = s
		}
	}
	return newest, len(d.lines[subject]) > 0
}

// comparableLines lists, in plan order, the lines whose versions are those the events carry.
func (d *docket) comparableLines() []*line {
	if d.compared != nil || len(d.lines) == 0 {
		return d.compared
	}
	out := []*line{}
	seen := map[string]bool{}
	for _, f := range d.events {
		s := f.event.Subject
		if s == "" || seen[s] || d.severalSources(s) {
			continue
		}
		seen[s] = true
		for _, l := range d.lines[s] {
			if d.comparable(l) {
				l.rank = d.rankOf(f)
				out = append(out, l)
			}
		}
	}
	d.compared = out
	return out
}

func (d *docket) comparable(l *line) bool {
	for _, f := range d.ofSubject(l.subject) {
		if shown, _ := d.learnt.shows(f, l.source); shown && len(f.attempts) > 0 {
			return true
		}
	}
	return false
}

// severalSources says that events of several accounts speak of a subject by the same
// name: whose state an effect source tells is then not known.
func (d *docket) severalSources(subject string) bool {
	group := d.ofSubject(subject)
	if len(group) > few {
		return d.rivalsOf(group[0]).sources > 1
	}
	for _, f := range group {
		if f.event.Source != group[0].event.Source {
			return true
		}
	}
	return false
}
