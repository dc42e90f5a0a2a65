package report

import (
	"fmt"
	"slices"
	"strings"

	"hookonce/dedupe/audit"
	"hookonce/replay/redact"
)

// afterwards is what stands below the findings: what is missing, what each check
// says, what control taught, and how to run everything again.
func (p *page) afterwards(r Report) {
	if missing := r.lacking(); len(missing) > missingShown {
		p.list("missing", yellow, missing)
	} else if len(missing) == 0 {
		p.list("missing", yellow, r.Missing)
	}
	p.explanation(r.Explanation)
	p.list("baseline", plainInk, r.baselineLines())
	p.list("checks", plainInk, r.reasons())
	p.list("types", plainInk, r.unjudged())
	p.list("faults", plainInk, r.unfired())
	p.list("memory", plainInk, r.Memory.remarks(r.Late))
	p.list("notes", plainInk, r.Notes)
	p.blank()
	p.labelled("run", dim, fmt.Sprintf("hookonce %s, started %s", redact.Screen(r.Tool, 40), r.Started.Format("2006-01-02 15:04:05 UTC")), p.width, 1)
	p.labelled("time", dim, r.Time.Statement, p.width, 3)
	p.command("again", r.Command)
}

// list adds labelled entries below each other.
func (p *page) list(label string, ink colour, entries []string) {
	if len(entries) == 0 {
		return
	}
	const most = 40
	p.blank()
	for i, e := range entries {
		if i == most {
			p.labelled("", dim, fmt.Sprintf("and %d more", len(entries)-most), p.width, 1)
			return
		}
		p.labelled(label, ink, redact.Screen(e, 600), p.width, 8)
		label = ""
	}
}

// reasons lists why checks did not pass, those with the same reason together. What
// is missing was said before.
func (r Report) reasons() []string {
	type key struct {
		status audit.Status
		reason string
	}
	names := map[key][]string{}
	var order []key
	for _, c := range r.Checks {
		k := key{c.Status, c.Reason}
		if c.Reason == "" || c.Status == audit.Pass || c.Status == audit.Inconclusive && slices.Contains(r.Missing, c.Reason) {
			continue
		}
		if names[k] == nil {
			order = append(order, k)
		}
		names[k] = append(names[k], c.Name)
	}
	return each(order, func(k key) string {
		return fmt.Sprintf("%s (%s): %s", strings.Join(names[k], ", "), k.status, k.reason)
	})
}

// typesNamed is how many of the types that were not judged for one and the same reason are named: often it is all of them.
const typesNamed = 5

// unjudged lists the event types that were not judged, and why, those with the same reason together.
func (r Report) unjudged() []string {
	type key struct{ judgement, reason string }
	types := map[key][]string{}
	var order []key
	for _, t := range r.Types {
		k := key{t.Judgement, t.Reason}
		if t.Judgement == "judged" {
			continue
		}
		if types[k] == nil {
			order = append(order, k)
		}
		types[k] = append(types[k], t.Type)
	}
	return each(order, func(k key) string {
		names := types[k]
		if n := len(names) - typesNamed; n > 1 {
			names = append(slices.Clone(names[:typesNamed]), fmt.Sprintf("and %d more", n))
		}
		return strings.TrimSuffix(fmt.Sprintf("%s (%s): %s", strings.Join(names, ", "), k.judgement, k.reason), ": ")
	})
}

// unfired lists the faults that did not fully take place, where the audit says why.
func (r Report) unfired() []string {
	faults := map[string][]string{}
	var reasons []string
	for _, f := range r.Faults {
		if f.Reason == "" {
			continue
		}
		if faults[f.Reason] == nil {
			reasons = append(reasons, f.Reason)
		}
		faults[f.Reason] = append(faults[f.Reason], f.String())
	}
	return each(reasons, func(reason string) string { return strings.Join(faults[reason], ", ") + ": " + reason })
}
