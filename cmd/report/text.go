package report

import (
	"io"

	"hookonce/dedupe/audit"
	"hookonce/replay/redact"
)

// The text format is a screen that stands by itself, then the details.

// headLines is how many lines the screen before the details has at most: a 24-line
// terminal, less the prompt.
const headLines = 23

// Text returns the text format in a style.
func Text(s Style) Format {
	return func(w io.Writer, r Report) error {
		p := newPage(s)
		p.head(r)
		p.details(r)
		return p.writeTo(w)
	}
}

// head is the screen before the details.
func (p *page) head(r Report) {
	word, ink := r.word()
	lines := wrap(redact.Screen(r.headline(), 400), headWidth-len(word)-2)
	for i, l := range lines[:min(2, len(lines))] {
		if i == 0 {
			p.line(piece{word, ink}, piece{"  " + l, bold})
			continue
		}
		p.line(piece{pad("", len(word)+2) + l, bold})
	}
	p.line(piece{pad("", len(word)+2), plainInk}, piece{clipMiddle(r.address(), headWidth-len(word)-2), dim})
	before := p.count
	p.missing(r)
	p.blank()
	p.tested(r, testedLines-max(0, p.count-before-5))
	p.summary(r)
}

// word is the verdict in one word. Violations that are all known are neither a pass nor a failure.
func (r Report) word() (string, colour) {
	switch r.Outcome() {
	case audit.Pass:
		if r.excused() {
			return "KNOWN", "1;33"
		}
		return "PASS", "1;32"
	case audit.Fail:
		return "FAIL", redBold
	}
	return "INCONCLUSIVE", "1;33"
}

// missingShown is how many missing things the head names.
const missingShown = 4

// missing says first what an inconclusive verdict lacks.
func (p *page) missing(r Report) {
	missing := r.lacking()
	if len(missing) == 0 {
		return
	}
	p.blank()
	for i, m := range missing {
		if i == missingShown && len(missing) > missingShown {
			p.labelled("", dim, plural(len(missing)-missingShown, "more thing")+" missing, listed below", headWidth, 1)
			return
		}
		label := ""
		if i == 0 {
			label = "missing"
		}
		p.labelled(label, yellow, redact.Screen(m, 400), headWidth, 2)
	}
}
