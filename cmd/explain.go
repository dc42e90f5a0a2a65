package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"hookonce/cmd/report"
	"hookonce/dedupe/audit"
	"hookonce/dedupe/explain"
	"hookonce/replay"
)

// addExplain adds the flag of the commands that can say which known flaw a target behaves like.
func addExplain(c *cobra.Command, on *bool) {
	c.Flags().BoolVar(on, "explain", false,
		"where something is found, let the built-in flawed handlers carry out the same plan, and say which of them behaves like the target")
}

// newReport gathers the report of a journal, with an explanation where one is asked for.
func newReport(ctx context.Context, j replay.Journal, v audit.Verdict, explained bool) (report.Report, error) {
	r := report.New(j, v)
	if !explained || v.Verdict != audit.Fail {
		return r, nil
	}
	x, err := explain.Explain(ctx, j.Target, v)
	if err != nil || x == nil {
		return r, err
	}
	r.Explanation = newExplanation(x)
	return r, nil
}

// maxTrace bounds how many steps of a trace a report shows.
const maxTrace = 60

func newExplanation(x *explain.Explanation) *report.Explanation {
	out := &report.Explanation{Observations: x.Observations, Wrong: x.Wrong, Statement: x.String(),
		Event: x.Event, Code: x.Code, Fix: x.Advice, Fits: []report.Fit{}, Trace: []string{}}
	for _, f := range x.Fits {
		out.Fits = append(out.Fits, report.Fit{Handler: f.Handler, Flaw: f.Flaw, Same: f.Same})
	}
	for i, s := range x.Trace {
		if i == maxTrace {
			out.Trace = append(out.Trace, fmt.Sprintf("and %d more steps", len(x.Trace)-i))
			break
		}
		out.Trace = append(out.Trace, fmt.Sprintf("%12s  #%-4d %s", (s.At-x.Trace[0].At).Round(1000), s.Delivery, s.What))
	}
	return out
}
