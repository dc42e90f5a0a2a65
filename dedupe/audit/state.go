package audit

import (
	"fmt"

	"hookonce/replay"
)

// judgeStaleFinal looks for subjects whose last version is older than the newest acknowledged event.
func judgeStaleFinal(d *docket) ([]Finding, int) {
	var out []Finding
	judged := 0
	if d.restless() != "" {
		return nil, 0
	}
	for _, subject := range d.orderedSubjects() {
		newest := d.newestAcked(subject)
		final, there := d.finalState(subject)
		if newest == nil || !there {
			continue
		}
		judged++
		if replay.CompareVersions(final.Version, newest.event.Version) >= 0 {
			continue
		}
		x := d.finding("stale-final", newest)
		x.Message = fmt.Sprintf("%s ends at version %s, but version %s (%s) was acknowledged",
			subject, final.Version, newest.event.Version, newest.event.Key)
		x.Advice = versionAdvice
		x.Evidence.Effects = d.states[subject]
		x.Evidence.Attempts = d.subjectAttempts(subject)
		out = append(out, x)
	}
	return out, judged
}

const versionAdvice = "Write a subject's state only if the event is newer than what is stored, in one atomic statement " +
	"(UPDATE ... WHERE version < ?, or a Lua script), or fetch the object from the provider again."

// orderedSubjects lists the subjects in plan order.
func (d *docket) orderedSubjects() []string {
	var out []string
	seen := map[string]bool{}
	for _, f := range d.events {
		if s := f.event.Subject; s != "" && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// newestAcked is the newest acknowledged event of a subject among those that write its state.
func (d *docket) newestAcked(subject string) *dossier {
	var newest *dossier
	for _, f := range d.subjects[subject] {
		les := d.learnt.lessonOf(f)
		if les == nil || !les.versioned || !f.acked() || f.badSignature() != replay.SignValid {
			continue
		}
		if newest == nil || newest.event.Order(*f.event) < 0 {
			newest = f
		}
	}
	return newest
}

func (d *docket) subjectAttempts(subject string) []replay.Attempt {
	var out []replay.Attempt
	for _, f := range d.subjects[subject] {
		out = append(out, f.attempts...)
	}
	return out
}

// judgeRegress looks for subjects whose versions were seen to go back.
func judgeRegress(d *docket) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, subject := range d.orderedSubjects() {
		states := d.states[subject]
		if len(states) == 0 || !d.planVersion(subject, states[0].Version) {
			continue
		}
		judged++
		for i := 1; i < len(states); i++ {
			if states[i].Version == "" || replay.CompareVersions(states[i].Version, states[i-1].Version) >= 0 {
				continue
			}
			x := d.finding("regress", d.eventOf(subject, states[i].Version))
			x.Message = fmt.Sprintf("%s went back from version %s to %s", subject, states[i-1].Version, states[i].Version)
			x.Advice = versionAdvice
			x.Evidence.Effects = states
			x.Evidence.Attempts = d.subjectAttempts(subject)
			out = append(out, x)
			break
		}
	}
	return out, judged
}

// planVersion says that a version is one that was sent for the subject.
func (d *docket) planVersion(subject, version string) bool {
	for _, f := range d.subjects[subject] {
		if replay.CompareVersions(f.event.Version, version) == 0 {
			return true
		}
	}
	return false
}

// eventOf is the event that carries a version of a subject, or else any of the subject's.
func (d *docket) eventOf(subject, version string) *dossier {
	for _, f := range d.subjects[subject] {
		if replay.CompareVersions(f.event.Version, version) == 0 {
			return f
		}
	}
	return d.subjects[subject][0]
}
