package cmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hookonce/cmd/report"
	"hookonce/dedupe/audit"
	"hookonce/dedupe/explain"
	"hookonce/dedupe/simulate/trace"
	"hookonce/replay"
)

// addExplain adds the flag of the commands that can say which known flaw a target behaves like.
func addExplain(c *cobra.Command, on *bool) {
	c.Flags().BoolVar(on, "explain", false,
		"where something is found, let the built-in flawed handlers carry out the same plan, and say which of them behaves like the target")
}

// newReport gathers the report of a journal, with an explanation where one is asked for. An explanation that fails
// takes neither the report nor the verdict away: it is told in a line.
func newReport(ctx context.Context, s *Streams, j replay.Journal, v audit.Verdict, explained bool) report.Report {
	r := report.New(j, v)
	if !explained || v.Verdict != audit.Fail {
		return r
	}
	x, err := explain.Explain(ctx, j.Target, v)
	switch {
	case err == nil && x != nil:
		r.Explanation, err = newExplanation(x)
	case err == nil:
		fmt.Fprintln(s.Err, "hookonce: --explain: none of the violations is of a kind that the built-in handlers show")
	}
	if err != nil {
		r.Explanation = nil
		fmt.Fprintf(s.Err, "hookonce: --explain: %s; the report goes without\n", safe(oneLine(err.Error())))
	}
	return r
}

// drawingWidth leaves room for the text report's margin in 80 columns.
const drawingWidth = 78

func newExplanation(x *explain.Explanation) (*report.Explanation, error) {
	out := &report.Explanation{Observations: x.Observations, Wrong: x.Wrong, Statement: x.String(),
		Event: x.Event, Code: x.Code, Fix: x.Advice, Fits: []report.Fit{}, Trace: []string{}}
	for _, f := range x.Fits {
		out.Fits = append(out.Fits, report.Fit{Handler: f.Handler, Flaw: f.Flaw, Same: f.Same})
	}
	if len(x.Fits) == 0 {
		return out, nil
	}
	story := trace.Story{Plan: x.Plan, Steps: x.Trace, Event: x.Event, Subject: x.Subject, Message: x.Message, Width: drawingWidth}
	if x.Shown {
		story.Code = x.Code
	}
	var drawing strings.Builder
	if err := trace.Render(&drawing, story); err != nil {
		return out, err
	}
	out.Trace = strings.Split(strings.Trim(drawing.String(), "\n"), "\n")
	return out, nil
}
