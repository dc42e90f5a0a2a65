package report

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"hookonce/dedupe/audit"
)

// Text from outside is neither a command of its own nor a property of ours.
func TestGitHubIsInert(t *testing.T) {
	line := regexp.MustCompile(`^::(error|warning|notice) (file=[^:,\r\n]+,)?title=[^:,\r\n]+::[^\r\n]*$`)
	check := func(t *testing.T, r Report) {
		out := render(t, GitHub, r)
		harmless(t, out)
		for _, l := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
			if out != "" && !line.MatchString(l) {
				t.Errorf("not a command: %q", l)
			}
		}
	}
	forCorpus(t, check)
	check(t, hostile("::error::x%0A::error file=a,title=b::c").report())
	for _, s := range samples() {
		check(t, s.report())
	}
}

func TestGitHubTellsEveryKindOnce(t *testing.T) {
	out := render(t, GitHub, failing().report())
	for want, n := range map[string]int{"::error ": 4, "::warning ": 1, "title=hookonce%3A double-processing%2C concurrent::": 1, "(and 4 more like it)": 1, "file=stripe/invoice.paid.json,": 1} {
		equal(t, want, strings.Count(out, want), n)
	}
	equal(t, "errors of an inconclusive run", strings.Count(render(t, GitHub, inconclusive().report()), "::error "), 2)
	if out := render(t, GitHub, passing().report()); out != "" {
		t.Errorf("a pass says %q", out)
	}
	s := passing()
	s.verdict.Verdict = audit.Fail
	equal(t, "errors of a failure without findings", strings.Count(render(t, GitHub, s.report()), "::error "), 1)
	r := inconclusive().report()
	for i := range 50 {
		r.Missing = append(r.Missing, fmt.Sprint("something ", i))
	}
	equal(t, "errors at most", strings.Count(render(t, GitHub, r), "::error "), maxAnnotations)
}
