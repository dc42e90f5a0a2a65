package report

import (
	"fmt"
	"strings"

	"hookonce/dedupe/audit"
	"hookonce/replay/redact"
)

// headline says the verdict in words, from figures alone.
func (r Report) headline() string {
	switch r.Outcome() {
	case audit.Fail:
		return r.failed()
	case audit.Pass:
		if r.excused() {
			return "nothing new; known: " + r.violated(func(Finding) bool { return true })
		}
		return fmt.Sprintf("no violation in %s of %s", plural(r.Stats.Attempts, "delivery"), plural(r.Stats.Events, "event"))
	}
	return "not enough was observed to say that every event is processed exactly once"
}

func (r Report) failed() string {
	s := r.violated(func(f Finding) bool { return !f.Known })
	known := 0
	for _, f := range r.Findings {
		if f.Known {
			known++
		}
	}
	for _, c := range r.Checks {
		if c.Status == audit.Fail && c.Findings == 0 {
			s = strings.TrimPrefix(s+", "+c.Name, ", ")
		}
	}
	switch {
	case s == "":
		return "a check failed"
	case r.Baseline != nil && known == 0:
		return "new: " + s
	case known > 0:
		return fmt.Sprintf("new: %s; %s besides", s, plural(known, "known violation"))
	}
	return s
}

// violated counts what went wrong: "12 events processed more than once, 2 events lost".
func (r Report) violated(counts func(Finding) bool) string {
	var order []string
	count := map[string]int{}
	for _, g := range r.groups() {
		if g.severity != audit.Violation {
			continue
		}
		for _, f := range g.findings {
			if !counts(f) {
				continue
			}
			if count[g.code]++; count[g.code] == 1 {
				order = append(order, g.code)
			}
		}
	}
	const most = 3
	var out []string
	for _, code := range order[:min(most, len(order))] {
		out = append(out, phrase(code, count[code]))
	}
	if left := len(order) - most; left > 0 {
		out = append(out, "and "+plural(left, "other kind")+" of violation")
	}
	return strings.Join(out, ", ")
}

// phrase puts a count of findings of one code into words.
func phrase(code string, n int) string {
	for _, p := range phrases() {
		if p.code == code {
			return plural(n, p.noun) + " " + p.what
		}
	}
	return fmt.Sprintf("%d %s", n, redact.Screen(code, 40))
}

type wording struct{ code, noun, what string }

func phrases() []wording {
	return []wording{
		{"double-processing", "event", "processed more than once"},
		{"lost-event", "event", "lost"},
		{"stale-final", "subject", "left with something older"},
		{"corrupt-final", "subject", "left with something never sent"},
		{"regress", "subject", "went back"},
		{"resurrect", "deleted subject", "came back"},
		{"stuck", "event", "never acknowledged"},
		{"signature-bypass", "delivery", "taken without a valid signature"},
		{"stale-signature", "delivery", "taken with an outdated signature"},
		{"wrong-rejection", "event", "wrongly refused as unsigned"},
		{"window-too-short", "late duplicate", "processed again"},
	}
}

// plural counts regular nouns.
func plural(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "y"):
		noun = strings.TrimSuffix(noun, "y") + "ies"
	default:
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
