package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"hookonce/dedupe/audit"
	"hookonce/replay/redact"
)

// BaselineSchema names the version of a baseline file.
const BaselineSchema = "hookonce.baseline/v1"

// Baseline names the violations that are known and shall not fail a build.
type Baseline struct {
	Schema string  `json:"schema"`
	Known  []Known `json:"known"`
}

// Known is the identity of a violation: what goes wrong, why, and for which type of event. An endpoint
// branches by type, so that this is one mistake in it. Ids, deliveries and the fault that happened to show it
// are not part of it: they change with the seed, or with luck. Nor is the fixture, as files are renamed and added.
type Known struct {
	Code  string      `json:"code"`
	Cause audit.Cause `json:"cause,omitempty"`
	Type  string      `json:"type,omitempty"`
	// Note is for people: who is on it, until when. It is kept, and means nothing to hookonce.
	Note string `json:"note,omitempty"`
}

// String is "double-processing, concurrent: invoice.paid".
func (k Known) String() string {
	s := k.Code
	if k.Cause != "" {
		s += ", " + string(k.Cause)
	}
	if k.Type != "" {
		s += ": " + k.Type
	}
	return redact.Screen(s, 200)
}

func (k Known) identity() Known { k.Note = ""; return k }

func (f Finding) known() Known { return Known{Code: f.Code, Cause: f.Cause, Type: f.Type} }

// Compared is a report beside a baseline.
type Compared struct {
	// File is the baseline's name, as it was given.
	File string `json:"file"`
	// Verdict is the run's with the known violations set aside: it decides the exit code.
	Verdict audit.Status `json:"verdict"`
	Known   []Known      `json:"known"`
	New     []Known      `json:"new"`
	// Fixed are known ones that this run looked for and did not find; Unseen those it could not look for: the check
	// was not decided, or no event of the type was judged.
	Fixed  []Known `json:"fixed"`
	Unseen []Known `json:"unseen"`
}

// ReadBaseline reads a baseline, or takes the violations of an earlier JSON report for one.
func ReadBaseline(r io.Reader) (Baseline, error) {
	var in struct {
		Baseline
		Findings []Finding `json:"findings"`
	}
	const most = 256 << 20
	text, err := io.ReadAll(io.LimitReader(r, most))
	if err != nil {
		return Baseline{}, err
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return Baseline{}, fmt.Errorf("not JSON as --write-baseline or --out json write it: %w", err)
	}
	switch in.Schema {
	case Schema:
		return NewBaseline(Report{Findings: in.Findings}), nil
	case BaselineSchema:
		for i, k := range in.Known {
			if !slices.Contains(audit.Codes(), k.Code) {
				return Baseline{}, fmt.Errorf("known[%d]: there is no code %s", i, quoteASCII(k.Code))
			}
		}
		return in.Baseline, nil
	}
	return Baseline{}, errors.New("its schema is neither " + BaselineSchema + " nor " + Schema)
}

// NewBaseline names the violations of a report.
func NewBaseline(r Report) Baseline {
	b := Baseline{Schema: BaselineSchema, Known: []Known{}}
	for _, f := range r.Findings {
		if f.Severity == audit.Violation && !b.has(f.known()) {
			b.Known = append(b.Known, f.known())
		}
	}
	b.sort()
	return b
}

// Join adds what another baseline names.
func (b Baseline) Join(other Baseline) Baseline {
	out := Baseline{Schema: BaselineSchema, Known: slices.Clone(b.Known)}
	for _, k := range other.Known {
		if !out.has(k) {
			out.Known = append(out.Known, k)
		}
	}
	out.sort()
	return out
}

func (b Baseline) has(k Known) bool {
	return slices.ContainsFunc(b.Known, func(x Known) bool { return x.identity() == k.identity() })
}

func (b Baseline) sort() {
	codes := audit.Codes()
	slices.SortFunc(b.Known, func(x, y Known) int {
		return cmp.Or(slices.Index(codes, x.Code)-slices.Index(codes, y.Code), cmp.Compare(x.Cause, y.Cause), cmp.Compare(x.Type, y.Type))
	})
}

// Write writes a baseline, always in the same order, so that a change of it is a small difference.
func (b Baseline) Write(w io.Writer) error {
	out, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(escapeJSON(out), '\n'))
	return err
}

// Apply sets the known violations of a report aside. What the run could not decide stays undecided: a
// report is never better for its baseline than if the known violations were not there.
func (b Baseline) Apply(r Report, file string) Report {
	c := &Compared{File: file, Verdict: r.Verdict, Known: []Known{}, New: []Known{}, Fixed: []Known{}, Unseen: []Known{}}
	found := NewBaseline(r)
	for _, k := range found.Known {
		if b.has(k) {
			c.Known = append(c.Known, k)
		} else {
			c.New = append(c.New, k)
		}
	}
	for _, k := range b.Known {
		switch {
		case found.has(k):
		case r.lookedFor(k):
			c.Fixed = append(c.Fixed, k)
		default:
			c.Unseen = append(c.Unseen, k)
		}
	}
	r.Findings = slices.Clone(r.Findings)
	for i, f := range r.Findings {
		r.Findings[i].Known = f.Severity == audit.Violation && b.has(f.known())
	}
	if r.Verdict == audit.Fail && len(c.New) == 0 && len(c.Known) > 0 {
		c.Verdict = audit.Pass
		if len(r.undecidedReasons()) > 0 {
			c.Verdict = audit.Inconclusive
		}
	}
	r.Baseline = c
	return r
}

// undecidedReasons is what would be missing for a pass, were there no violation.
func (r Report) undecidedReasons() []string {
	out := slices.Clone(r.Missing)
	for _, c := range r.Checks {
		if c.Status == audit.Inconclusive && !slices.Contains(out, c.Reason) {
			out = append(out, c.Reason)
		}
	}
	return out
}

// lookedFor says that the run would have found a violation, had it shown itself.
func (r Report) lookedFor(k Known) bool {
	decided := slices.ContainsFunc(r.Checks, func(c Check) bool {
		return c.Name == k.Code && c.Status != audit.Inconclusive && c.Status != audit.NotRequested
	})
	return decided && r.Complete && r.Stopped == "" && slices.ContainsFunc(r.Events, func(e Event) bool {
		return (k.Type == "" || e.Type == k.Type) && !undecided(e.Judgement)
	})
}

// Outcome is the verdict that decides the exit code: with a baseline, the one that leaves out what is known.
func (r Report) Outcome() audit.Status {
	if r.Baseline != nil {
		return r.Baseline.Verdict
	}
	return r.Verdict
}

// excused says that there are violations, and all of them are known.
func (r Report) excused() bool { return r.Verdict == audit.Fail && r.Outcome() == audit.Pass }

// lacking is what an inconclusive outcome lacks; empty for any other.
func (r Report) lacking() []string {
	switch {
	case r.Outcome() != audit.Inconclusive:
		return nil
	case r.Verdict == audit.Inconclusive:
		return r.Missing
	}
	return r.undecidedReasons()
}

// baselineItems is the comparison in a line.
func (r Report) baselineItems() []string {
	c := r.Baseline
	if c == nil {
		return nil
	}
	out := []string{fmt.Sprintf("%d known", len(c.Known)), fmt.Sprintf("%d new", len(c.New)), fmt.Sprintf("%d fixed or not hit", len(c.Fixed))}
	if n := len(c.Unseen); n > 0 {
		out = append(out, fmt.Sprintf("%d not looked for", n))
	}
	return append(out, redact.Screen(c.File, 60))
}

// baselineLines tells what became of the known violations that were not found.
func (r Report) baselineLines() []string {
	if r.Baseline == nil {
		return nil
	}
	out := each(r.Baseline.Fixed, func(k Known) string { return k.String() + " is known and was not found: fixed, or not hit this time" })
	return append(out, each(r.Baseline.Unseen, func(k Known) string { return k.String() + " is known; this run did not look for it" })...)
}
