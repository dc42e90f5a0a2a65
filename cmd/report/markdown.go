package report

import (
	"fmt"
	"io"
	"strings"

	"hookonce/dedupe/audit"
	"hookonce/replay/redact"
)

// maxMarkdown is what GitHub takes for a job's summary, in bytes.
const maxMarkdown = 1 << 20

// Markdown writes GitHub-flavoured Markdown for $GITHUB_STEP_SUMMARY: at most 1 MiB,
// findings that do not fit are counted. Text from outside is never markup.
func Markdown(w io.Writer, r Report) error {
	m := &markdown{}
	m.head(r)
	m.checks(r)
	m.load(r.Load)
	m.findings(r)
	m.explanation(r.Explanation)
	m.notes(r)
	_, err := io.WriteString(w, m.String())
	return err
}

type markdown struct{ strings.Builder }

func (m *markdown) printf(format string, args ...any) { fmt.Fprintf(m, format, args...) }

func (m *markdown) head(r Report) {
	mark := map[audit.Status]string{audit.Pass: "✅", audit.Fail: "❌"}[r.Outcome()]
	if mark == "" || r.excused() {
		mark = "⚠️"
	}
	word, _ := r.word()
	m.printf("## %s hookonce: %s\n\n**%s**\n\n", mark, word, escapeMarkdown(r.headline(), 400))
	if missing := r.lacking(); len(missing) > 0 {
		for i, s := range missing {
			if i == 20 {
				m.printf("- and %d more\n", len(missing)-i)
				break
			}
			m.printf("- %s\n", escapeMarkdown(s, maxLine))
		}
		m.printf("\n")
	}
	m.printf("| | |\n|---|---|\n")
	m.fact("target", r.address())
	m.fact("tested", r.testedLine())
	if !r.Complete || r.Stopped != "" {
		m.fact("cut short", r.cutShort())
	}
	m.fact("races", strings.Join(r.raceItems(), "; "))
	m.fact("faults", strings.Join(r.faultItems(), ", "))
	m.fact("memory", r.Memory.text())
	m.fact("late duplicates", r.Late.Statement)
	m.fact("effects", strings.Join(r.sourceItems(), ", "))
	m.fact("right", strings.Join(r.scoreItems(), ", "))
	m.fact("waits", r.Time.Statement)
	if items := r.baselineItems(); items != nil {
		m.fact("baseline", strings.Join(items, ", "))
	}
	m.printf("\n")
}

func (m *markdown) fact(name, value string) {
	m.printf("| %s | %s |\n", name, escapeMarkdown(value, maxLine))
}

func (m *markdown) checks(r Report) {
	m.printf("| check | result | found | judged | why |\n|---|---|--:|--:|---|\n")
	for _, c := range r.Checks {
		m.printf("| %s | %s %s | %d | %d | %s |\n", escapeMarkdown(c.Name, 80), checkMark(c.Status), escapeMarkdown(string(c.Status), 40),
			c.Findings, c.Judged, escapeMarkdown(c.Reason, maxLine))
	}
	m.printf("\n")
}

func checkMark(s audit.Status) string {
	switch s {
	case audit.Pass:
		return "✅"
	case audit.Fail:
		return "❌"
	case audit.Warn, audit.Inconclusive:
		return "⚠️"
	case audit.Hinted:
		return "💡"
	}
	return "➖"
}

// findings writes as many as fit, with room left for what comes after.
func (m *markdown) findings(r Report) {
	const reserve = 64 << 10
	left := len(r.Findings)
	for _, g := range r.groups() {
		title := fmt.Sprintf("### %s: %d\n\n", escapeMarkdown(g.title(), 80), len(g.findings))
		for i, f := range g.findings {
			block := f.markdown(i == 0)
			if i == 0 {
				block = title + block
			}
			if m.Len()+len(block) > maxMarkdown-reserve {
				m.printf("%s left out here: %d of %d. The JSON report has all.\n\n", "Findings", left, len(r.Findings))
				return
			}
			m.WriteString(block)
			left--
		}
	}
}

func (f Finding) markdown(open bool) string {
	m := &markdown{}
	attr := ""
	if open {
		attr = " open"
	}
	m.printf("<details%s><summary>%s</summary>\n\n%s\n\n", attr, escapeMarkdown(f.Message, 600), escapeMarkdown(strings.Join(f.facts(), " · "), maxLine))
	if lines := drawTimeline(f, headWidth); lines != nil {
		p := newPage(Style{})
		for _, l := range lines {
			p.line(l...)
		}
		m.fence("text", strings.TrimRight(p.buf.String(), "\n"))
	}
	if why := f.Because(); why != "" {
		m.printf("**Because** %s\n\n", escapeMarkdown(why, 600))
	}
	if lines := f.CommandLines(); len(lines) > 0 {
		m.fence("text", strings.Join(lines, "\n"))
	}
	if ref := f.referenceLine(); ref != "" {
		m.printf("Reference: %s.\n\n", escapeMarkdown(ref, maxLine))
	}
	if f.Advice != "" {
		m.printf("**Do:** %s\n\n", escapeMarkdown(f.Advice, maxLine))
	}
	if f.Reproduce != "" {
		m.fence("sh", redact.Screen(f.Reproduce, 2*maxLine))
	}
	m.printf("</details>\n\n")
	return m.String()
}

// fence writes a code block that nothing in the text can end.
func (m *markdown) fence(language, text string) {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	m.printf("%s%s\n%s\n%s\n\n", fence, language, text, fence)
}

func (m *markdown) notes(r Report) {
	for i, n := range r.baselineLines() {
		if i == 20 {
			m.printf("- and %d more of the baseline\n", len(r.baselineLines())-i)
			break
		}
		m.printf("- %s\n", escapeMarkdown(n, 300))
	}
	for i, n := range r.Notes {
		if i == 20 {
			m.printf("- and %d more notes\n", len(r.Notes)-i)
			break
		}
		m.printf("- %s\n", escapeMarkdown(n, 300))
	}
	if r.Command != "" {
		m.printf("\nRun it again:\n\n")
		m.fence("sh", redact.Screen(r.Command, 2*maxLine))
	}
	m.printf("hookonce %s, started %s\n", escapeMarkdown(r.Tool, 40), r.Started.Format("2006-01-02 15:04:05 UTC"))
}

// escapeMarkdown makes text inert: what a terminal might act on is shown as an escape, and
// what Markdown or HTML might act on is written as a character reference, which is never structure.
func escapeMarkdown(s string, max int) string {
	var b strings.Builder
	last := rune(0)
	for _, r := range redact.Screen(s, max) {
		if inMarkup(last, r) {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

// inMarkup says that a character may be markup: most punctuation anywhere, a dash that begins a
// text, and the dot of "1." and "www.".
func inMarkup(last, r rune) bool {
	switch r {
	case '-':
		return last == 0
	case '.':
		return last == 'w' || last == 'W' || last >= '0' && last <= '9'
	}
	return r < 0x80 && strings.ContainsRune("!\"#$%&'()*+/:<=>?@[\\]^_`{|}~", r)
}
