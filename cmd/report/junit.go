package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay/redact"
)

// maxQuiet is how many events about which there is nothing to say get a test case of their own.
const maxQuiet = 10_000

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
	Skipped *junitProblem `xml:"skipped"`
	Output  *junitText    `xml:"system-out"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

type junitText struct {
	Text string `xml:",chardata"`
}

// JUnit writes JUnit XML: a suite with a test case per check, and one with a test case per
// event. A violation is a failure, an undecided check an error, so that an inconclusive run is never green;
// what was not asked for, could not be judged, or is known to a baseline is skipped with its reason; warnings and hints stand in system-out.
func JUnit(w io.Writer, r Report) error {
	checks := r.suite("hookonce checks", r.checkCases())
	events := r.suite("hookonce events", r.eventCases())
	all := junitSuites{Name: "hookonce", Time: checks.Time, Suites: []junitSuite{checks, events}}
	for _, s := range all.Suites {
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return fmt.Errorf("report as JUnit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (r Report) suite(name string, cases []junitCase) junitSuite {
	s := junitSuite{Name: name, Tests: len(cases), Time: fmt.Sprintf("%.3f", time.Duration(r.Stats.Elapsed).Seconds()),
		Timestamp: r.Started.Format("2006-01-02T15:04:05"), Cases: cases}
	for _, p := range []junitProperty{
		{"verdict", string(r.Outcome())}, {"seed", fmt.Sprint(r.Seed)}, {"command", r.Command}, {"target", r.address()},
		{"provider", r.Provider}, {"hookonce", r.Tool},
	} {
		s.Properties = append(s.Properties, junitProperty{p.Name, redact.Screen(p.Value, maxLine)})
	}
	for _, c := range cases {
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	return s
}

// maxLine is how many characters of one text from outside a line of XML or Markdown holds.
const maxLine = 2000

func newCase(class, name string) junitCase {
	return junitCase{Class: redact.Screen(class, 200), Name: redact.Screen(name, 200), Time: "0"}
}

// checkCases has one case per check, and one for the verdict where no check shows it.
func (r Report) checkCases() []junitCase {
	byCode := map[string][]Finding{}
	for _, f := range r.Findings {
		byCode[f.Code] = append(byCode[f.Code], f)
	}
	var out []junitCase
	shown := r.Outcome() == audit.Pass
	for _, c := range r.Checks {
		out = append(out, c.testCase(byCode[c.Name]))
		shown = shown || c.Status == r.Outcome()
	}
	if !shown {
		out = append(out, r.verdictCase())
	}
	return out
}

// verdictCase makes a verdict seen that no single check accounts for.
func (r Report) verdictCase() junitCase {
	c := newCase("hookonce.checks", "verdict")
	p := &junitProblem{Message: redact.Screen(r.headline(), maxLine), Type: string(r.Outcome()), Text: screenLines(r.lacking())}
	if r.Outcome() == audit.Fail {
		c.Failure = p
	} else {
		c.Error = p
	}
	return c
}

func (c Check) testCase(found []Finding) junitCase {
	out := newCase("hookonce.checks", c.Name)
	reason := redact.Screen(c.Reason, maxLine)
	switch c.Status {
	case audit.Fail:
		if allKnown(found) {
			out.Skipped = &junitProblem{Message: "known to the baseline: " + phrase(c.Name, c.Findings)}
			break
		}
		out.Failure = &junitProblem{Message: phrase(c.Name, c.Findings), Type: redact.Screen(c.Name, 200), Text: findingTexts(found)}
	case audit.Inconclusive:
		out.Error = &junitProblem{Message: reason, Type: "inconclusive"}
	case audit.NotRequested:
		out.Skipped = &junitProblem{Message: reason}
	case audit.Warn, audit.Hinted:
		out.Output = &junitText{findingTexts(found)}
	}
	return out
}

// eventCases has one case per event; quiet ones beyond maxQuiet share the last.
func (r Report) eventCases() []junitCase {
	byEvent := map[string][]Finding{}
	for _, f := range r.Findings {
		byEvent[f.Event] = append(byEvent[f.Event], f)
	}
	var out []junitCase
	quiet := 0
	for _, e := range r.Events {
		found := byEvent[e.Key]
		if len(found) == 0 {
			if quiet++; quiet > maxQuiet {
				continue
			}
		}
		out = append(out, e.testCase(found))
	}
	if left := quiet - maxQuiet; left > 0 {
		c := newCase("hookonce.events", fmt.Sprintf("%d more events", left))
		c.Output = &junitText{"nothing was found about them; the JSON report lists them all"}
		out = append(out, c)
	}
	return out
}

func (e Event) testCase(found []Finding) junitCase {
	out := newCase("hookonce.events."+e.Type, e.Key)
	var wrong, other []Finding
	for _, f := range found {
		if f.Severity == audit.Violation {
			wrong = append(wrong, f)
		} else {
			other = append(other, f)
		}
	}
	switch {
	case len(wrong) > 0 && allKnown(wrong):
		out.Skipped = &junitProblem{Message: redact.Screen("known to the baseline: "+wrong[0].Message, maxLine)}
	case len(wrong) > 0:
		out.Failure = &junitProblem{Message: redact.Screen(wrong[0].Message, maxLine), Type: redact.Screen(wrong[0].Code, 200), Text: findingTexts(wrong)}
	case undecided(e.Judgement):
		out.Skipped = &junitProblem{Message: e.Judgement}
	}
	if len(other) > 0 {
		out.Output = &junitText{findingTexts(other)}
	}
	return out
}

// allKnown says that there are findings, and a baseline names every one.
func allKnown(found []Finding) bool {
	return len(found) > 0 && !slices.ContainsFunc(found, func(f Finding) bool { return !f.Known })
}

// findingTexts says of each finding what happened, what to do and how to see it again.
func findingTexts(found []Finding) string {
	const most = 50
	var lines []string
	for i, f := range found {
		if i == most {
			lines = append(lines, fmt.Sprintf("and %d more", len(found)-most))
			break
		}
		lines = append(lines, redact.Screen(f.Code+": "+f.Message, maxLine))
		if i == 0 {
			lines = append(lines, "  do: "+redact.Screen(f.Advice, maxLine))
		}
		if f.Reproduce != "" {
			lines = append(lines, "  reproduce: "+redact.Screen(f.Reproduce, maxLine))
		}
	}
	return strings.Join(lines, "\n")
}

func screenLines(in []string) string {
	return strings.Join(each(in, func(s string) string { return redact.Screen(s, maxLine) }), "\n")
}
