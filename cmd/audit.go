package cmd

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"hookonce/cmd/report"
	"hookonce/replay"
)

// NewAuditCmd judges a recorded run again.
func NewAuditCmd(s *Streams) *cobra.Command {
	var o ReportingOptions
	c := &cobra.Command{
		Use:   "audit JOURNAL",
		Short: "Judge a recorded run again, offline",
		Long: `Reads a journal and judges it. The verdict is the one the run gave: a journal holds
everything an audit looks at, and an audit looks at nothing else.`,
		Example: `  hookonce audit .hookonce/20260102-150405-seed1.jsonl
  hookonce audit run.jsonl --out json | jq .findings`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return runAudit(c.Context(), s, o, args[0]) },
	}
	o.add(c)
	return c
}

func runAudit(ctx context.Context, s *Streams, o ReportingOptions, path string) error {
	outs, err := o.outputs(s)
	if err != nil {
		return err
	}
	j, v, err := judgeJournal(path, wholeInMemory)
	if err != nil {
		return err
	}
	r := newReport(ctx, s, j, v, o.Explain)
	verdict, err := o.tell(s, outs, r)
	if err != nil {
		return err
	}
	return verdictCode(verdict, o.InconclusiveAs)
}

func readJournal(path string) (replay.Journal, error) {
	f, err := openJournal(path)
	if err != nil {
		return replay.Journal{}, err
	}
	defer f.Close()
	j, err := replay.ReadJournal(f)
	if err != nil {
		return j, journalError(path, err)
	}
	return j, nil
}

func openJournal(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("journal %s: there is no such file", path)
	}
	if err != nil {
		return nil, usagef("journal %w", err)
	}
	return f, nil
}

// journalError says where in the file it is, the way editors read it.
func journalError(path string, err error) error {
	var at *replay.LineError
	if errors.As(err, &at) {
		return usagef("%s:%d: journal: %w", path, at.Line, at.Err)
	}
	return usagef("%s: %w", path, err)
}

func addOut(c *cobra.Command, out *[]string) {
	c.Flags().StringArrayVar(out, "out", nil, "report as `FORMAT[=FILE]`: "+strings.Join(report.Names(), ", ")+" (repeatable; default: text)")
}
