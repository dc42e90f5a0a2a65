package cmd

import (
	"github.com/spf13/cobra"

	"hookonce/cmd/report"
	"hookonce/dedupe/audit"
)

// NewReportCmd renders a recorded run.
func NewReportCmd(s *Streams) *cobra.Command {
	var out []string
	c := &cobra.Command{
		Use:   "report JOURNAL",
		Short: "Render a recorded run in any format",
		Long:  "Reads a journal and renders it. Unlike audit it exits 0 whatever the verdict is.",
		Example: `  hookonce report run.jsonl
  hookonce report run.jsonl --out markdown >> "$GITHUB_STEP_SUMMARY"`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			outs, err := parseOutputs(s, out)
			if err != nil {
				return err
			}
			j, err := readJournal(args[0])
			if err != nil {
				return err
			}
			return writeAll(s, outs, report.New(j, audit.Judge(j.Target, j.Reference)))
		},
	}
	addOut(c, &out)
	return c
}
