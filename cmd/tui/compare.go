package tui

import (
	"hookonce/cmd/report"
)

// compare is the third view: the same deliveries at the target and at the reference.
func (m *Model) compare(r *row, width int) []report.Line {
	switch {
	case m.live():
		return []report.Line{text("the reference runs when the target is done", report.InkDim)}
	case m.state.report.Reference == nil:
		return []report.Line{text("no reference ran", report.InkDim)}
	}
	target := m.state.stories.Of(r.event.Key)
	reference := m.referenceStory(r)
	name := visible(m.state.report.Reference.Name, 30) + " reference, in virtual time"
	if width >= 2*twoLanes {
		left := (width - 3) / 2
		return beside(side("target", target, left), side(name, reference, width-3-left), left)
	}
	return append(append(side("target", target, width), nil), side(name, reference, width)...)
}

// twoLanes is the least width of swimlanes that stand beside others.
const twoLanes = 64

func (m *Model) referenceStory(r *row) report.Finding {
	f := report.ReferenceStory(m.state.result.Journal, r.event.Key)
	f.Expected = r.event.Expected
	if f.Expected == 0 {
		f.Expected = f.Effects
	}
	return f
}

func side(name string, f report.Finding, width int) []report.Line {
	acked := 0
	for _, a := range f.Evidence.Attempts {
		if a.Outcome == "acked" {
			acked++
		}
	}
	lines := []report.Line{{{Text: name + ": ", Ink: inkTitle}, {Text: report.Count(len(f.Evidence.Attempts), "delivery") + ", " +
		report.Count(acked, "acknowledgement") + ", " + report.Count(f.Effects, "effect"), Ink: report.InkBold}}}
	lanes := report.Lanes(f, width)
	if lanes == nil {
		lanes = []report.Line{text("nothing was sent", report.InkDim)}
	}
	lines = append(lines, lanes...)
	for _, l := range report.LockLegend(f, width-2) {
		lines = append(lines, text("  "+l, report.InkDim))
	}
	return lines
}
