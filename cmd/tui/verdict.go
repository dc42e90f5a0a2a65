package tui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"hookonce/cmd/report"
	"hookonce/dedupe/audit"
)

// judged is what the audit and the report say of the records so far. Nothing but the order of its rows changes once it is made.
type judged struct {
	result  Result
	report  report.Report
	stories *report.Stories
	rows    []*row
	took    time.Duration
	final   bool

	// What would take too long to work out for each frame of a large run.
	headline string
	kinds    []report.Kind
	spreads  []report.Bucket
	wrong    int // rows

	sorted   []*row
	sortedBy int
}

// judge has a journal judged. A journal that still grows is judged like one that was cut short, which never claims
// what later records could take back. Everything that takes long happens here, beside the drawing: order is the one the
// rows will be wanted in.
func judge(res Result, final bool, order int) *judged {
	began := time.Now()
	j := &judged{result: res, final: final}
	if !final {
		j.result.Journal.Reference = nil
		j.result.Verdict = audit.Judge(res.Journal.Target, nil)
	}
	j.report = report.New(j.result.Journal, j.result.Verdict)
	j.stories = report.NewStories(j.result.Journal, j.result.Verdict)
	j.rows = newRows(j)
	j.headline, j.kinds, j.spreads = j.report.Headline(), j.report.Kinds(), j.report.Spreads()
	for _, r := range j.rows {
		if r.weight == wrong {
			j.wrong++
		}
	}
	j.inOrder(order)
	j.took = time.Since(began)
	return j
}

// row is an event in the table.
type row struct {
	event    report.Event
	findings []int // of the report, the worst first
	weight   int
	verdict  string // the worst finding's code, or the audit's judgement
	latest   report.Micros
	place    int    // in the plan
	text     string // what the filter looks at, in lower case
}

// The weights of rows: what is wrong first, what has not been sent last.
const (
	wrong = iota
	warned
	hinted
	underway
	fine
	waiting
)

func newRows(j *judged) []*row {
	rows := make([]*row, 0, len(j.report.Events))
	for i, e := range j.report.Events {
		r := &row{event: e, place: i, weight: fine, verdict: e.Judgement, latest: j.stories.Latest(e.Key),
			findings: slices.Clone(j.stories.Findings(e.Key))}
		r.weigh(j)
		r.text = r.searched(j.report.Findings)
		rows = append(rows, r)
	}
	return rows
}

func (r *row) weigh(j *judged) {
	findings := j.report.Findings
	slices.SortStableFunc(r.findings, func(a, b int) int {
		return cmp.Compare(weightOf(findings[a].Severity), weightOf(findings[b].Severity))
	})
	switch {
	case len(r.findings) > 0:
		worst := findings[r.findings[0]]
		r.weight, r.verdict = weightOf(worst.Severity), worst.Code
	case r.event.Deliveries == 0 && !j.final:
		r.weight, r.verdict = waiting, "not sent yet"
	case r.event.Deliveries == 0:
		r.weight, r.verdict = waiting, "not sent"
	case !j.final:
		r.weight, r.verdict = underway, "…"
	}
}

func weightOf(s audit.Severity) int {
	switch s {
	case audit.Violation:
		return wrong
	case audit.Warning:
		return warned
	}
	return hinted
}

func (r *row) searched(findings []report.Finding) string {
	parts := []string{r.verdict, r.event.Key, r.event.Type, r.event.Subject, r.event.Fault, r.event.Judgement}
	for _, i := range r.findings {
		f := findings[i]
		parts = append(parts, f.Code, string(f.Cause), f.Message)
	}
	return strings.ToLower(strings.Join(parts, "\x00"))
}

// order is how rows are sorted.
type order struct {
	name string
	less func(a, b *row) int
}

// orders are what the sort key goes through.
func orders() []order {
	newest := func(a, b *row) int { return cmp.Or(cmp.Compare(b.latest, a.latest), cmp.Compare(a.place, b.place)) }
	return []order{
		{"newest trouble", func(a, b *row) int { return cmp.Or(cmp.Compare(a.weight, b.weight), newest(a, b)) }},
		{"newest", newest},
		{"type", func(a, b *row) int {
			return cmp.Or(strings.Compare(a.event.Type, b.event.Type), cmp.Compare(a.weight, b.weight), newest(a, b))
		}},
		{"most effects", func(a, b *row) int { return cmp.Or(cmp.Compare(b.event.Effects, a.event.Effects), newest(a, b)) }},
		{"plan", func(a, b *row) int { return cmp.Compare(a.place, b.place) }},
	}
}

// inOrder are the rows in one of the orders. The screen asks for one order after another, so the last is kept.
func (j *judged) inOrder(n int) []*row {
	if j.sorted == nil || j.sortedBy != n {
		j.sorted, j.sortedBy = slices.Clone(j.rows), n
		slices.SortFunc(j.sorted, orders()[n].less)
	}
	return j.sorted
}

// selectRows returns the rows that hold every word of the filter.
func selectRows(rows []*row, filter string) []*row {
	words := strings.Fields(strings.ToLower(filter))
	if len(words) == 0 {
		return rows
	}
	out := make([]*row, 0, len(rows))
	for _, r := range rows {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(r.text, w) }) {
			out = append(out, r)
		}
	}
	return out
}
