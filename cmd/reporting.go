package cmd

import (
	"github.com/spf13/cobra"

	"hookonce/cmd/report"
	"hookonce/dedupe/audit"
)

// ReportingOptions are the flags that say how a verdict is told. Commands whose exit code is a verdict share them.
type ReportingOptions struct {
	BaselineOptions
	Out            []string
	InconclusiveAs int
	GitHub         string
	Explain        bool
}

func (o *ReportingOptions) add(c *cobra.Command) {
	addOut(c, &o.Out)
	c.Flags().IntVar(&o.InconclusiveAs, "inconclusive-as", exitInconclusive, "exit `code` of an inconclusive verdict")
	o.BaselineOptions.add(c)
	addGitHub(c, &o.GitHub)
	addExplain(c, &o.Explain)
}

// outputs reads the flags, and finds out before a run what could not be written after it.
func (o *ReportingOptions) outputs(s *Streams) ([]output, error) {
	if o.InconclusiveAs < 0 || o.InconclusiveAs > maxExitCode {
		return nil, usagef("--inconclusive-as %d: give an exit code, 0 to %d", o.InconclusiveAs, maxExitCode)
	}
	if err := checkGitHub(o.GitHub); err != nil {
		return nil, err
	}
	if err := o.load(); err != nil {
		return nil, err
	}
	return parseOutputs(s, o.Out)
}

// tell writes the reports and returns the verdict that decides the exit code.
func (o *ReportingOptions) tell(s *Streams, outs []output, r report.Report) (audit.Status, error) {
	r, err := o.apply(r)
	if err != nil {
		return r.Outcome(), err
	}
	if err := writeAll(s, outs, r); err != nil {
		return r.Outcome(), err
	}
	tellGitHub(s, o.GitHub, outs, r)
	return r.Outcome(), nil
}
