package audit

import (
	"fmt"

	"hookonce/replay"
)

const versionAdvice = "Write a subject's state only if the event is newer than what is stored, in one atomic statement " +
	"(UPDATE ... WHERE version < ?, or a Lua script), or fetch the object from the provider again."

// judgeStaleFinal looks for subjects whose last version is older than the newest acknowledged event.
func judgeStaleFinal(d *docket) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, l := range d.comparableLines() {
		newest, final := d.newestAcked(l), d.final(l)
		if newest == nil || final.version == "" {
			continue
		}
		judged++
		if replay.CompareVersions(final.version, newest.event.Version) >= 0 {
			continue
		}
		out = append(out, d.stateFinding("stale-final", newest, l, fmt.Sprintf("%s ends %s, but version %s (%s) was acknowledged",
			l.subject, final.where(), newest.event.Version, newest.event.Key), versionAdvice))
	}
	return out, judged
}

// where says in which state a subject is.
func (s state) where() string {
	if s.Deleted {
		return "deleted as of version " + s.version
	}
	return "at version " + s.version
}

// newestAcked is the newest acknowledged event of a subject among those that write the state a line tells.
func (d *docket) newestAcked(l *line) *dossier {
	var newest *dossier
	for _, f := range d.ofSubject(l.subject) {
		shown, _ := d.learnt.shows(f, l.source)
		if !shown || !f.acked() || f.badSignature != replay.SignValid {
			continue
		}
		if newest == nil || newest.event.Order(*f.event) < 0 {
			newest = f
		}
	}
	return newest
}

// stateFinding starts a finding on a subject's state, with all that happened to the subject as evidence.
func (d *docket) stateFinding(code string, f *dossier, l *line, message, advice string) Finding {
	x := d.finding(code, f)
	x.Message, x.Advice, x.rank = message, advice, l.rank
	x.Evidence.Effects, x.Evidence.Attempts = l.seen, nil
	for _, g := range d.ofSubject(l.subject) {
		x.Evidence.Attempts = appendValues(x.Evidence.Attempts, g.attempts)
	}
	return x
}

// judgeCorruptFinal looks for subjects that end at a version nobody ever sent. One that is
// newer than all that was sent is right: the endpoint may have fetched the object.
func judgeCorruptFinal(d *docket) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, l := range d.comparableLines() {
		final, newest := d.final(l), d.newestSent(l)
		if newest == nil || final.Deleted || final.version == "" {
			continue
		}
		judged++
		if d.sentVersion(l.subject, final.version) != nil || replay.CompareVersions(final.version, newest.event.Version) > 0 {
			continue
		}
		out = append(out, d.stateFinding("corrupt-final", newest, l, fmt.Sprintf("%s ends at version %s, which no event carries (the newest sent is %s)",
			l.subject, final.version, newest.event.Version),
			"Keep versions as they come, as text or as 64-bit integers: a float64 rounds whatever exceeds 2^53, and a date loses its fractions."))
	}
	return out, judged
}

// newestSent is the newest event sent of a subject; nil where some event's own version is never
// shown by the source, which then writes versions in another way.
func (d *docket) newestSent(l *line) *dossier {
	var newest *dossier
	for _, f := range d.ofSubject(l.subject) {
		if len(f.attempts) == 0 || f.standing == "ignored" {
			continue
		}
		if shown, _ := d.learnt.shows(f, l.source); !shown {
			return nil
		}
		if newest == nil || newest.event.Order(*f.event) < 0 {
			newest = f
		}
	}
	return newest
}

// sentVersion is the event of a subject that was sent and carries the version; nil where there is none.
func (d *docket) sentVersion(subject, version string) *dossier {
	for _, f := range d.ofSubject(subject) {
		if len(f.attempts) > 0 && replay.CompareVersions(f.event.Version, version) == 0 {
			return f
		}
	}
	return nil
}
