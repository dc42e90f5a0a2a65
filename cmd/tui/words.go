package tui

import (
	"bytes"
	"encoding/json"
	"strings"

	"hookonce/cmd/report"
	"hookonce/replay/redact"
)

func pad(s string, n int) string { return report.Pad(s, n) }

// visible makes foreign text safe and bounded before it is measured.
func visible(s string, most int) string { return redact.Screen(s, most) }

// The most that is shown of a body.
const (
	bodyBytes = 32 << 10
	bodyLines = 400
)

// body lays a request's or an answer's body out: pretty where it is JSON, escaped line by line, bounded.
func body(s string, width int) []report.Line {
	if s == "" {
		return []report.Line{text("(empty)", report.InkDim)}
	}
	s, cut := bounded(s)
	var indented bytes.Buffer
	if !cut && json.Indent(&indented, []byte(s), "", "  ") == nil {
		s = indented.String()
	}
	var out []report.Line
	for l := range strings.SplitSeq(strings.TrimRight(s, "\r\n"), "\n") {
		for _, part := range chunks(visible(strings.TrimRight(l, "\r"), bodyBytes), width) {
			if len(out) == bodyLines {
				return append(out, text("… the rest is not shown", report.InkDim))
			}
			out = append(out, text(part, report.InkPlain))
		}
	}
	if cut {
		out = append(out, text("… the rest is not shown", report.InkDim))
	}
	return out
}

func bounded(s string) (string, bool) {
	if len(s) <= bodyBytes {
		return s, false
	}
	return strings.ToValidUTF8(s[:bodyBytes], ""), true
}

// chunks cuts a line where it does not fit.
func chunks(s string, width int) []string {
	width = max(8, width)
	var out []string
	for report.Cells(s) > width {
		n, used := 0, 0
		for i, r := range s {
			if used += report.Cells(string(r)); used > width {
				n = i
				break
			}
		}
		out, s = append(out, s[:n]), s[n:]
	}
	return append(out, s)
}

// labelled is text under a label, wrapped.
func labelled(label, s string, ink report.Ink, width int) []report.Line {
	const labelCells = 11
	var out []report.Line
	for i, l := range report.Wrap(visible(s, 2000), max(10, width-labelCells)) {
		if i > 0 {
			label = ""
		}
		out = append(out, report.Line{{Text: pad(label, labelCells), Ink: inkTitle}, {Text: l, Ink: ink}})
	}
	return out
}
