package provider

import "hookonce/replay"

// figuresRead is when the sources of the figures below were read.
const figuresRead = "2026-11-24"

// The statuses most providers take for an acknowledgement.
func any2xx() []replay.StatusRange { return []replay.StatusRange{{From: 200, To: 299}} }

// sourced adds the sources of a profile, each as figure, grade, where, text. Figures that hookonce
// itself declares are added by name.
func sourced(p replay.Profile, sources ...[4]string) replay.Profile {
	for _, s := range sources {
		p.Sources = append(p.Sources, replay.Source{Figure: s[0], Grade: replay.Grade(s[1]), Where: s[2], Text: s[3], Date: figuresRead})
	}
	p.Sources = append(p.Sources, replay.Source{Figure: "tie_rule", Grade: replay.GradeUnverified, Where: "hookonce", Date: figuresRead,
		Text: "declared by hookonce from the meaning of the types; the provider publishes none"})
	return p
}
