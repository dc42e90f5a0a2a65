package report

import (
	"fmt"
	"strings"

	"hookonce/dedupe/audit"
	"hookonce/replay/redact"
)

// defaultPerGroup is how many findings of one code and cause are shown in full.
const defaultPerGroup = 3

// details shows findings in full, then what else there is to know.
func (p *page) details(r Report) {
	legend := true
	for _, g := range r.groups() {
		shown := p.perGroup(len(g.findings))
		before := Finding{}
		for i, f := range g.findings[:shown] {
			p.rule(g, i+1)
			p.finding(f, before, legend)
			before, legend = f, false
		}
		p.rest(g.findings[shown:])
	}
	p.load(r.Load)
	p.afterwards(r)
}

func (p *page) perGroup(n int) int {
	switch most := p.style.PerGroup; {
	case most < 0:
		return n
	case most == 0:
		return min(n, defaultPerGroup)
	default:
		return min(n, most)
	}
}

// rule is the line above a block.
func (p *page) rule(g group, n int) {
	ink := redBold
	if g.severity != audit.Violation {
		ink = yellow
	}
	title := redact.Screen(g.title(), 60)
	number := fmt.Sprintf(" %d of %d", n, len(g.findings))
	fill := p.width - cells(title) - cells(number) - 4
	p.blank()
	p.line(piece{"── ", dim}, piece{title, ink}, piece{" " + strings.Repeat("─", max(0, fill)) + number, dim})
}

// finding is one block: what happened, the picture, the reference, what to do, how to see it
// again. The last two are left out where the block before said the same.
func (p *page) finding(f, before Finding, legend bool) {
	for _, l := range wrap(redact.Screen(f.Message, 600), p.width-indent) {
		p.line(piece{"  " + l, bold})
	}
	for _, l := range wrapItems(f.facts(), " · ", p.width-indent) {
		p.line(piece{"  " + l, dim})
	}
	if lines := drawTimeline(f, p.width); lines != nil {
		p.blank()
		for _, l := range lines {
			p.line(l...)
		}
		if legend {
			for _, l := range wrapItems(legendItems(), "  ", p.width-indent) {
				p.line(piece{"  " + l, dim})
			}
		}
		p.blank()
	}
	p.labelled("because", plainInk, f.Because(), p.width, 6)
	for _, l := range f.CommandLines() {
		p.labelled("", dim, l, p.width, 2)
	}
	p.labelled("reference", plainInk, f.referenceLine(), p.width, 3)
	if f.Advice != before.Advice {
		p.labelled("do", plainInk, redact.Screen(f.Advice, 800), p.width, 12)
	}
	if f.Reproduce != before.Reproduce {
		p.command("reproduce", f.Reproduce)
	}
}

func legendItems() []string {
	return []string{"├╌ sending", "┝━ work", "┿ first byte", "┥ done", "╳ gave up", "◆ effect", "╌◆ earlier"}
}

// facts names what a finding is about and its sentence does not.
func (f Finding) facts() []string {
	var out []string
	for _, x := range []struct{ name, value string }{
		{"known", f.knownFact()}, {"event", f.Event}, {"type", f.Type}, {"subject", f.Subject}, {"fault", f.Fault}, {"fixture", f.Fixture},
	} {
		if x.value != "" && !strings.Contains(f.Message, x.value) {
			out = append(out, x.name+" "+clipMiddle(redact.Screen(x.value, 200), 60))
		}
	}
	return out
}

func (f Finding) knownFact() string {
	if f.Known {
		return "to the baseline"
	}
	return ""
}

func (f Finding) referenceLine() string {
	o := f.Evidence.Reference
	if o == nil {
		return ""
	}
	acked := "not acknowledged"
	if o.Acked {
		acked = "acknowledged"
	}
	line := fmt.Sprintf("%s made %s of the same deliveries, %s", redact.Screen(o.Name, 40), plural(o.Effects, "effect"), acked)
	if o.Version != "" {
		line += ", final version " + redact.Screen(o.Version, 60)
	}
	return line
}

// rest counts the findings that have no block of their own.
func (p *page) rest(fs []Finding) {
	if len(fs) == 0 {
		return
	}
	var ids []string
	for _, f := range fs[:min(len(fs), 20)] {
		id := f.Event
		if id == "" {
			id = f.Subject
		}
		ids = append(ids, clipMiddle(redact.Screen(id, 200), 40))
	}
	p.blank()
	p.labelled(fmt.Sprintf("%d more", len(fs)), plainInk, strings.Join(ids, ", "), p.width, 2)
}

// command breaks a shell command between words, so that it can still be copied. A single
// word that is longer than a line is left whole.
func (p *page) command(label, command string) {
	room := p.width - indent - labelWidth - 2
	var lines []string
	line := ""
	for _, w := range splitWords(command) {
		word := w.safe()
		if line != "" && cells(line)+1+cells(word) > room {
			lines, line = append(lines, line+` \`), "  "+word
			continue
		}
		if line != "" {
			word = " " + word
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	for i, l := range lines {
		if i > 0 {
			label = ""
		}
		p.line(piece{"  " + pad(label, labelWidth), dim}, piece{l, cyan})
	}
}
