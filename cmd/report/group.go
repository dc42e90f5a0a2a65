package report

import (
	"slices"

	"hookonce/dedupe/audit"
)

// group is the findings of one code and cause, in the audit's order.
type group struct {
	code     string
	cause    audit.Cause
	severity audit.Severity
	findings []Finding
}

func (g group) title() string {
	if g.cause == "" {
		return g.code
	}
	return g.code + ", " + string(g.cause)
}

// groups sorts the findings: violations first, and within a severity by the order of the checks.
func (r Report) groups() []group {
	type key struct {
		code  string
		cause audit.Cause
	}
	at := map[key]int{}
	var out []group
	for _, f := range r.Findings {
		k := key{f.Code, f.Cause}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, group{code: f.Code, cause: f.Cause, severity: f.Severity})
		}
		out[i].findings = append(out[i].findings, f)
	}
	rank := map[string]int{}
	for i, c := range r.Checks {
		rank[c.Name] = i
	}
	slices.SortStableFunc(out, func(a, b group) int {
		if c := weight(a.severity) - weight(b.severity); c != 0 {
			return c
		}
		return rank[a.code] - rank[b.code]
	})
	return out
}

func weight(s audit.Severity) int {
	return slices.Index([]audit.Severity{audit.Violation, audit.Warning, audit.Hint}, s)
}

// checks lists the names of the checks with a status.
func (r Report) checks(s audit.Status) []string {
	var out []string
	for _, c := range r.Checks {
		if c.Status == s {
			out = append(out, screen(c.Name, 40))
		}
	}
	return out
}
