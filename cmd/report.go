package cmd

import (
	"github.com/spf13/cobra"
)

// NewReportCmd renders a recorded run.
func NewReportCmd(s *Streams) *cobra.Command {
	var out []string
	var screen string
	var explained bool
	var known BaselineOptions
	c := &cobra.Command{
		Use:   "report JOURNAL",
		Short: "Render a recorded run in any format",
		Long: `Reads a journal and renders it, or opens it on the interactive screen where stdout is a terminal
and no --out is given. Unlike audit it exits 0 whatever the verdict is.`,
		Example: `  hookonce report run.jsonl
  hookonce report run.jsonl --out html=report.html --baseline known.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			interactive, err := wantsScreen(s, screen, len(out) > 0)
			if err != nil {
				return err
			}
			outs, err := parseOutputs(s, out)
			if err != nil {
				return err
			}
			if err := known.load(); err != nil {
				return err
			}
			if interactive && !isLarge(args[0], wholeInMemory) {
				j, err := readJournal(args[0])
				if err != nil {
					return err
				}
				return openRecorded(c.Context(), s, args[0], j)
			}
			j, v, err := judgeJournal(args[0], wholeInMemory)
			if err != nil {
				return err
			}
			r := newReport(c.Context(), s, j, v, explained)
			r, err = known.apply(r)
			if err != nil {
				return err
			}
			return writeAll(s, outs, r)
		},
	}
	addOut(c, &out)
	addTUI(c, &screen, "auto (in a terminal, unless --out is given)")
	known.add(c)
	addExplain(c, &explained)
	return c
}
