package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"hookonce/dedupe/audit"
	"hookonce/replay/redact"
)

// GitHub shows ten annotations of each level for a step, and cuts long ones.
const (
	maxAnnotations = 10
	maxAnnotation  = 1500
)

// GitHub writes workflow commands, which a job of GitHub Actions shows as annotations: an error for each kind
// of violation and for what makes a run inconclusive, a warning for each kind of warning, notices for what is known or was
// not found any more. Text from outside can neither end a command nor begin one.
func GitHub(w io.Writer, r Report) error {
	a := &annotations{left: map[string]int{}}
	for _, g := range r.groups() {
		a.group(g)
	}
	for _, m := range r.lacking() {
		a.add("error", "hookonce: inconclusive", "", m)
	}
	if r.Outcome() == audit.Fail && a.left["error"] == 0 {
		a.add("error", "hookonce: fail", "", r.headline())
	}
	if r.Baseline != nil {
		a.add("notice", "hookonce: baseline", "", strings.Join(r.baselineItems(), ", "))
	}
	for _, l := range r.baselineLines() {
		a.add("notice", "hookonce: baseline", "", l)
	}
	_, err := io.WriteString(w, a.String())
	return err
}

// annotations collects commands, a bounded number of each level.
type annotations struct {
	strings.Builder
	left map[string]int // how many there are of a level
}

func (a *annotations) group(g group) {
	level := "error"
	switch {
	case g.known:
		level = "notice"
	case g.severity == audit.Warning:
		level = "warning"
	case g.severity == audit.Hint:
		level = "notice"
	}
	f := g.findings[0]
	text := f.Message
	if n := len(g.findings) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more like it)", n)
	}
	if f.Known {
		text = "known: " + text
	}
	if f.Advice != "" {
		text += "\n" + f.Advice
	}
	if f.Reproduce != "" {
		text += "\n" + f.Reproduce
	}
	a.add(level, "hookonce: "+g.title(), f.Fixture, text)
}

func (a *annotations) add(level, title, file, text string) {
	if a.left[level]++; a.left[level] > maxAnnotations {
		return
	}
	at := ""
	if file != "" && filepath.IsLocal(file) {
		at = "file=" + escapeProperty(redact.Screen(filepath.ToSlash(file), 300)) + ","
	}
	lines := each(strings.Split(text, "\n"), func(l string) string { return redact.Screen(l, maxAnnotation) })
	fmt.Fprintf(a, "::%s %stitle=%s::%s\n", level, at, escapeProperty(redact.Screen(title, 120)), escapeData(strings.Join(lines, "\n")))
}

// escapeData writes what stands after the last :: of a command.
func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// escapeProperty writes the value of a command's property.
func escapeProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
