package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"hookonce/dedupe/audit"
	"hookonce/replay/redact"
)

// What the findings of a page weigh at most, in bytes: those told in full, and those in one line each. What
// is left out of either is counted, and is in the JSON report.
const (
	maxDetails = 2 << 20
	maxLines   = 768 << 10
)

// groupView is the findings of one code and cause.
type groupView struct {
	Title, Class, Severity string
	Count                  int
	// Full are whole findings, Lines those that are only named, Left how many are neither.
	Full  []template.HTML
	Lines []findingLine
	Left  int
}

type findingLine struct{ Message, Facts string }

// findingView is one finding told in full.
type findingView struct {
	Message, Facts, Class      string
	Lanes                      *lanes
	Reference, Advice, Command string
	Because                    string
	Commands                   []string
	Answers                    []answerView
	Open                       bool
}

// answerView is the body or the error that one or several attempts ended with.
type answerView struct{ Who, Text string }

// viewGroups shares the room among the groups, so that no kind of finding goes without.
func (r Report) viewGroups(t *template.Template) ([]groupView, error) {
	groups := r.groups()
	full, lines := portion(maxDetails, len(groups)), portion(maxLines, len(groups))
	var out []groupView
	for i, g := range groups {
		v := groupView{Title: redact.Screen(g.title(), 80), Class: severityClass(g.severity), Severity: redact.Screen(string(g.severity), 20), Count: len(g.findings)}
		rest, err := v.tell(t, g.findings, full, i > 0)
		if err != nil {
			return nil, err
		}
		v.name(rest, lines)
		out = append(out, v)
	}
	return out, nil
}

func portion(room, among int) int { return room / max(1, among) }

// tell renders findings in full for as long as there is room, and returns the others. The first one
// is open, unless the page shows it already.
func (g *groupView) tell(t *template.Template, findings []Finding, room int, open bool) ([]Finding, error) {
	for i, f := range findings {
		v := f.view()
		v.Open = open && i == 0
		var b bytes.Buffer
		if err := t.ExecuteTemplate(&b, "finding", v); err != nil {
			return nil, err
		}
		if room -= b.Len(); room < 0 && i > 0 {
			return findings[i:], nil
		}
		g.Full = append(g.Full, template.HTML(b.String())) //nolint:gosec // rendered by the same template
	}
	return nil, nil
}

// name lists findings in a line each for as long as there is room.
func (g *groupView) name(findings []Finding, room int) {
	for i, f := range findings {
		l := findingLine{show(f.Message), strings.Join(f.facts(), " · ")}
		const markup = 40
		if room -= len(template.HTMLEscapeString(l.Message+l.Facts)) + markup; room < 0 {
			g.Left = len(findings) - i
			return
		}
		g.Lines = append(g.Lines, l)
	}
}

func severityClass(s audit.Severity) string {
	switch s {
	case audit.Violation:
		return "bad"
	case audit.Warning:
		return "warn"
	}
	return "quiet"
}

func (f Finding) view() findingView {
	return findingView{
		Because: f.Because(), Commands: f.CommandLines(),
		Message: show(f.Message), Facts: strings.Join(f.facts(), " · "), Class: severityClass(f.Severity), Lanes: newLanes(f),
		Reference: f.referenceLine(), Advice: redact.Screen(f.Advice, 800), Command: redact.Screen(f.Reproduce, 2*maxLine), Answers: f.answers(),
	}
}

// answers lists what the attempts drawn were answered with, equal ones together.
func (f Finding) answers() []answerView {
	var out []answerView
	for _, a := range drawnAttempts(f.Evidence.Attempts) {
		text := pretty(a.Body)
		if a.Error != "" {
			text = strings.TrimSpace(show(a.Error) + "\n" + text)
		}
		if text == "" {
			continue
		}
		if a.Truncated {
			text += "\n(cut here)"
		}
		who := fmt.Sprintf("#%d", a.Delivery)
		if a.Status != 0 {
			who += fmt.Sprintf(" · %d", a.Status)
		}
		i := slices.IndexFunc(out, func(b answerView) bool { return b.Text == text })
		if i < 0 {
			out = append(out, answerView{who, text})
			continue
		}
		out[i].Who += ", " + who
	}
	return out
}

// pretty writes a body for people: JSON indented, its beginning, nothing in it that cannot be seen.
func pretty(body string) string {
	const most, lines = 1200, 40
	var b bytes.Buffer
	if json.Indent(&b, []byte(body), "", "  ") == nil {
		body = b.String()
	}
	kept := strings.Split(cutBytes(body, most), "\n")
	cut := len(body) > most || len(kept) > lines
	out := strings.Join(each(kept[:min(lines, len(kept))], func(l string) string { return redact.Screen(strings.TrimSuffix(l, "\r"), most) }), "\n")
	if cut {
		out += "\n(the JSON report has more of it)"
	}
	return out
}
