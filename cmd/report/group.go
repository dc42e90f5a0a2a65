package report

import (
	"slices"

	"hookonce/dedupe/audit"
	"hookonce/replay/redact"
)

// group is the findings of one code and cause: in the audit's order, but those
// first that a race proves, as their picture says most.
type group struct {
	code     string
	cause    audit.Cause
	severity audit.Severity
	findings []Finding
	// known says that a baseline names all of them.
	known bool
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
	for i, g := range out {
		slices.SortStableFunc(g.findings, func(a, b Finding) int { return a.unproven() - b.unproven() })
		out[i].known = !slices.ContainsFunc(g.findings, func(f Finding) bool { return !f.Known })
	}
	rank := map[string]int{}
	for i, c := range r.Checks {
		rank[c.Name] = i
	}
	slices.SortStableFunc(out, func(a, b group) int {
		if c := weight(a.severity) - weight(b.severity); c != 0 {
			return c
		}
		if a.known != b.known {
			if a.known {
				return 1
			}
			return -1
		}
		return rank[a.code] - rank[b.code]
	})
	return out
}

// unproven is 0 for a finding with copies that raced and overlapped, else 1; known ones come after all others.
func (f Finding) unproven() int {
	n := 1
	if g := f.Evidence.Gate; g != nil && g.Overlapped {
		n = 0
	}
	if f.Known {
		n += 2
	}
	return n
}

func weight(s audit.Severity) int {
	return slices.Index([]audit.Severity{audit.Violation, audit.Warning, audit.Hint}, s)
}

// checks lists the names of the checks with a status.
func (r Report) checks(s audit.Status) []string {
	var out []string
	for _, c := range r.Checks {
		if c.Status == s {
			out = append(out, redact.Screen(c.Name, 40))
		}
	}
	return out
}
