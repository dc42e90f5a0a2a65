package tui

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/muesli/termenv"

	"hookonce/cmd/report"
	"hookonce/replay"
)

// hostiles are texts that do something to a terminal that prints them.
func hostiles() []string {
	return []string{
		"\x1b[2J\x1b[H",                   // clears the screen
		"\x1b]0;owned\x07",                // sets the title
		"\x1b]52;c;ZXZpbA==\x07",          // writes the clipboard
		"\x1b]8;;http://evil\x1b\\x",      // a link
		"\x1bP+q544e\x1b\\",               // asks the terminal
		"\x1b[6n",                         // makes it type
		"\x9b31m\u009b31m",                // C1
		"a\rb\x08\x08c\x07\x00",           // moves back
		"line\nline\r\n\tline\v\f",        // breaks lines
		"\u202egnp.exe\u2066\u200b\ufeff", // turns the reading order
		"\xff\xfe\xc3(",                   // no UTF-8
		"\u2028\u2029",                    // further line ends
		"e\u0301\u0301\u0301 👩‍👩‍👧‍👦 ｆｕｌｌ 中文", // widths
		strings.Repeat("W", 5000),
		"<script>alert(1)</script>",
	}
}

// infest puts a text into every place of the sample that an endpoint or a fixture can reach.
func infest(t *testing.T, s string) Result {
	res := judgedSample(t)
	j := res.Journal
	j.Target.Attempts = slices.Clone(j.Target.Attempts)
	for i := range j.Target.Attempts {
		j.Target.Attempts[i].Body, j.Target.Attempts[i].Error = s, s
	}
	j.Target.Effects = slices.Clone(j.Target.Effects)
	for i := range j.Target.Effects {
		j.Target.Effects[i].Name, j.Target.Effects[i].Source = s, s
	}
	j.Bodies = map[string]string{}
	j.Target.Header.Target, j.Target.Header.Command, j.Target.Header.Reference = s, "hookonce run "+s, s
	res.Path = s
	v := &res.Verdict
	v.Notes, v.Missing = []string{s}, []string{s}
	v.Events, v.Findings, v.Checks = slices.Clone(v.Events), slices.Clone(v.Findings), slices.Clone(v.Checks)
	for i := range v.Events {
		j.Bodies[v.Events[i].Key] = s
		v.Events[i].Type, v.Events[i].Subject, v.Events[i].Fault = s, s, s
		v.Events[i].Observed = []*replay.Effect{{Name: s, Key: s, Count: 1}}
	}
	for i := range v.Findings {
		f := &v.Findings[i]
		f.Type, f.Subject, f.Fault, f.Fixture, f.Effect, f.Message, f.Advice = s, s, s, s, s, s, s
		f.Evidence.Effects = []replay.Effect{{Name: s, Key: s, Count: 1}, {Subject: s, Version: s}}
	}
	for i := range v.Checks {
		v.Checks[i].Reason = s
	}
	res.Journal = j
	return res
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestHostileTextNeverReachesTheTerminal(t *testing.T) {
	for _, s := range hostiles() {
		res := infest(t, s)
		m := coloured(Options{Recorded: &res}, 100, 40, termenv.TrueColor, true)
		for _, keys := range [][]string{{"1"}, {"2"}, {"3"}, {"4"}, {"5"}, {"1", "end"}, {"enter"}, {"2"}, {"3"}, {"5"}, {"c"}} {
			press(m, keys...)
			frame := sgr.ReplaceAllString(m.View(), "")
			for _, r := range frame {
				if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar) {
					t.Fatalf("%q after %v: %U reaches the terminal:\n%q", s, keys, r, frame)
				}
			}
			for i, l := range strings.Split(frame, "\n") {
				if n := report.Cells(l); n != 100 {
					t.Errorf("%.40q after %v: line %d is %d wide: %q", s, keys, i, n, l)
				}
			}
		}
	}
}

// A body is bounded, however long it is.
func TestBodiesAreBounded(t *testing.T) {
	for _, s := range []string{strings.Repeat("x", 10<<20), strings.Repeat("\n", 1<<20), "[" + strings.Repeat("1,", 1<<20) + "1]"} {
		if n := len(body(s, 80)); n > bodyLines+2 {
			t.Errorf("a body of %d bytes takes %d lines", len(s), n)
		}
	}
}

// NO_COLOR and terminals without colours see the same signs, and no escape at all.
func TestWithoutColours(t *testing.T) {
	if frame := recorded(t, 80, 24).View(); strings.Contains(frame, "\x1b") {
		t.Errorf("an escape without colours:\n%q", frame)
	}
	for _, p := range []termenv.Profile{termenv.ANSI, termenv.ANSI256, termenv.TrueColor} {
		for _, dark := range []bool{true, false} {
			res := judgedSample(t)
			m := coloured(Options{Recorded: &res}, 80, 24, p, dark)
			if got, want := sgr.ReplaceAllString(m.View(), ""), recorded(t, 80, 24).View(); strings.NewReplacer("[", " ", "]", " ").Replace(want) != got {
				t.Errorf("profile %v, dark %v: the text differs:\n%s", p, dark, got)
			}
		}
	}
	basic := regexp.MustCompile("[34]8;[25]")
	res := judgedSample(t)
	if basic.MatchString(coloured(Options{Recorded: &res}, 80, 24, termenv.ANSI, true).View()) {
		t.Error("a terminal of 16 colours is given others")
	}
}
