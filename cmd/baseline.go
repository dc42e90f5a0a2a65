package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"hookonce/cmd/report"
	"hookonce/replay/redact"
)

// BaselineOptions are the flags about known violations.
type BaselineOptions struct {
	Baseline      string
	WriteBaseline string

	known report.Baseline
}

func (o *BaselineOptions) add(c *cobra.Command) {
	c.Flags().StringVar(&o.Baseline, "baseline", "", "`file` of known violations, which do not fail the run: as --write-baseline wrote it, or an earlier JSON report")
	c.Flags().StringVar(&o.WriteBaseline, "write-baseline", "", "write the run's violations, and those of --baseline, to this `file`")
}

// load reads the baseline, and finds out before the run whether a new one can be written.
func (o *BaselineOptions) load() error {
	if o.WriteBaseline != "" {
		if info, err := os.Stat(filepath.Dir(o.WriteBaseline)); err != nil || !info.IsDir() {
			return usagef("--write-baseline %s: there is no folder %s", o.WriteBaseline, filepath.Dir(o.WriteBaseline))
		}
		if info, err := os.Stat(o.WriteBaseline); err == nil && info.IsDir() {
			return usagef("--write-baseline %s: is a folder, not a file", o.WriteBaseline)
		}
	}
	if o.Baseline == "" {
		return nil
	}
	f, err := os.Open(o.Baseline)
	if errors.Is(err, fs.ErrNotExist) {
		return usagef("--baseline %s: there is no such file; make one with --write-baseline %s", o.Baseline, o.Baseline)
	}
	if err != nil {
		return usagef("--baseline %w", err)
	}
	defer f.Close()
	if o.known, err = report.ReadBaseline(f); err != nil {
		return usagef("--baseline %s: %w", o.Baseline, err)
	}
	return nil
}

// apply sets known violations aside, and writes the new baseline where one is asked for.
func (o *BaselineOptions) apply(r report.Report) (report.Report, error) {
	if o.Baseline != "" {
		r = o.known.Apply(r, redact.Text(o.Baseline))
	}
	if o.WriteBaseline == "" {
		return r, nil
	}
	var b bytes.Buffer
	if err := o.known.Join(report.NewBaseline(r)).Write(&b); err != nil {
		return r, err
	}
	if err := replaceFile(o.WriteBaseline, b.Bytes()); err != nil {
		return r, fmt.Errorf("--write-baseline: %w", err)
	}
	return r, nil
}
