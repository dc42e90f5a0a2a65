package report

import (
	"fmt"
	"strconv"
	"strings"

	"hookonce/dedupe/audit"
	"hookonce/replay/redact"
)

// summary is the table of findings and checks that ends the head; what does not fit
// the screen is counted.
func (p *page) summary(r Report) {
	tail := r.checkLines()
	groups := r.groups()
	room := headLines - p.count - 1 // a blank line before
	tail = firstLines(tail, min(max(2, room-len(groups)-1), max(0, room)))
	room -= len(tail)
	if len(groups) > 0 && room >= 2 {
		p.blank()
		p.line(piece{"  " + padLeft("found", 7) + "  " + pad("what", titleWidth) + "  for example", dim})
		room--
		for i, g := range groups {
			if i == room-1 && len(groups) > room {
				p.line(piece{"  " + padLeft("", 7) + fmt.Sprintf("  and %s more below", plural(len(groups)-i, "kind")), dim})
				break
			}
			p.groupLine(g)
		}
	} else if len(tail) > 0 {
		p.blank()
	}
	for _, l := range tail {
		p.labelledLines(l.label, plainInk, []string{l.text}, headWidth, 1)
	}
}

// firstLines cuts a list that goes on over lines, and says so.
func firstLines(lines []labelledLine, most int) []labelledLine {
	if len(lines) <= most {
		return lines
	}
	lines = lines[:most]
	if most > 0 {
		lines[most-1].text = strings.TrimSuffix(lines[most-1].text, ",") + "…"
	}
	return lines
}

const titleWidth = 31

// groupLine is one row of the table of findings.
func (p *page) groupLine(g group) {
	mark, ink := "✗", red
	switch {
	case g.known:
		mark, ink = "=", yellow
	case g.severity == audit.Warning:
		mark, ink = "!", yellow
	case g.severity == audit.Hint:
		mark, ink = "·", dim
	}
	example := clip(g.findings[0].about(), headWidth-2-7-2-titleWidth-2)
	p.line(piece{"  " + mark, ink}, piece{padLeft(strconv.Itoa(len(g.findings)), 6), bold},
		piece{"  " + pad(redact.Screen(g.title(), 60), titleWidth), ink}, piece{"  " + example, plainInk})
}

// about names what a finding is about: its type and event, or its subject.
func (f Finding) about() string {
	id := f.Event
	if id == "" {
		id = f.Subject
	}
	const idWidth = 18
	return strings.TrimSpace(redact.Screen(f.Type, 60) + " " + clipMiddle(redact.Screen(id, 200), idWidth))
}

type labelledLine struct{ label, text string }

// checkLines says what became of the checks that found nothing.
func (r Report) checkLines() []labelledLine {
	var out []labelledLine
	add := func(label, before string, names []string) {
		for _, text := range wrapItems(names, ", ", headWidth-indent-labelWidth-len(before)) {
			out = append(out, labelledLine{label, before + text})
			label, before = "", strings.Repeat(" ", len(before))
		}
	}
	add("undecided", "", r.checks(audit.Inconclusive))
	add("passed", "", r.checks(audit.Pass))
	add("others", "not requested: ", r.checks(audit.NotRequested))
	return out
}
