package report

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/joshdk/go-junit"
)

// allowed is what the schemas of both Jenkins' xUnit plugin (junit-10.xsd) and Maven Surefire (3.0) have, read on
// 2026-11-24, for a document of our shape: attributes by element, required ones marked. Readers that check refuse a whole file
// for one more attribute.
var allowed = map[string]struct{ may, must, inside string }{
	"testsuites": {"name time tests failures errors", "", ""},
	"testsuite":  {"name tests failures errors skipped time timestamp hostname id package group", "name tests failures errors", "testsuites"},
	"properties": {"", "", "testsuite"},
	"property":   {"name value", "name value", "properties"},
	"testcase":   {"name classname time group", "name time", "testsuite"},
	"failure":    {"message type", "type", "testcase"},
	"error":      {"message type", "type", "testcase"},
	"skipped":    {"message", "", "testcase"},
	"system-out": {"", "", "testcase"},
}

func TestJUnitKeepsToTheSchemas(t *testing.T) {
	check := func(t *testing.T, r Report) {
		dec := xml.NewDecoder(strings.NewReader(render(t, JUnit, r)))
		var open []string
		for {
			tok, err := dec.Token()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			switch e := tok.(type) {
			case xml.StartElement:
				inside := ""
				if len(open) > 0 {
					inside = open[len(open)-1]
				}
				checkSchema(t, e, inside)
				open = append(open, e.Name.Local)
			case xml.EndElement:
				open = open[:len(open)-1]
			}
		}
	}
	forCorpus(t, check)
	for _, s := range samples() {
		t.Run("sample "+s.name, func(t *testing.T) { check(t, s.report()) })
	}
}

func checkSchema(t *testing.T, e xml.StartElement, inside string) {
	t.Helper()
	rule, ok := allowed[e.Name.Local]
	if !ok || rule.inside != inside {
		t.Errorf("<%s> in <%s>", e.Name.Local, inside)
	}
	have := each(e.Attr, func(a xml.Attr) string { return a.Name.Local })
	for _, a := range have {
		if !slices.Contains(strings.Fields(rule.may), a) {
			t.Errorf("<%s %s>", e.Name.Local, a)
		}
	}
	for _, a := range strings.Fields(rule.must) {
		if !slices.Contains(have, a) {
			t.Errorf("<%s> without %s", e.Name.Local, a)
		}
	}
}

// A reader that many tools use sees the same cases as ours.
func TestJUnitInACommonReader(t *testing.T) {
	for _, s := range samples() {
		out := render(t, JUnit, s.report())
		ours := parseJUnit(t, out)
		suites, err := junit.Ingest([]byte(out))
		if err != nil {
			t.Fatal(err)
		}
		var total junit.Totals
		for _, suite := range suites {
			suite.Aggregate()
			total.Tests += suite.Totals.Tests
			total.Failed += suite.Totals.Failed
			total.Error += suite.Totals.Error
			total.Skipped += suite.Totals.Skipped
		}
		equal(t, s.name+" tests", total.Tests, ours.Tests)
		equal(t, s.name+" failures", total.Failed, ours.Failures)
		equal(t, s.name+" errors", total.Error, ours.Errors)
		equal(t, s.name+" skipped", total.Skipped, skipped(ours))
	}
}
