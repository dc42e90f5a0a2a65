package cmd

import (
	"bytes"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"hookonce/cmd/report"
)

// maxSummary is what GitHub takes for the summary of one step, in bytes.
const maxSummary = 1 << 20

func addGitHub(c *cobra.Command, mode *string) {
	c.Flags().StringVar(mode, "github", "auto", "auto: in GitHub Actions, annotate the job and add to its summary; never: do not")
}

func checkGitHub(mode string) error {
	if mode != "auto" && mode != "never" {
		return usagef("--github %s: must be auto or never", safe(mode))
	}
	return nil
}

// tellGitHub annotates a job of GitHub Actions and adds to the step's summary, where it runs in one. The
// runner reads annotations from stderr as well: stdout stays the report's. A summary that cannot be written costs
// nobody the verdict.
func tellGitHub(s *Streams, mode string, outs []output, r report.Report) {
	if mode != "auto" || s.Getenv("GITHUB_ACTIONS") != "true" {
		return
	}
	if !slices.ContainsFunc(outs, func(o output) bool { return o.name == "github" && o.file == "" }) {
		if err := report.GitHub(s.Err, r); err != nil {
			return
		}
	}
	path := s.Getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return
	}
	if err := appendSummary(path, r); err != nil {
		fmt.Fprintf(s.Err, "the job's summary was not written: %s\n", safe(err.Error()))
	}
}

func appendSummary(path string, r report.Report) error {
	var b bytes.Buffer
	if err := report.Markdown(&b, r); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size()+int64(b.Len()) > maxSummary {
		return fmt.Errorf("with this report it would be larger than the %d bytes GitHub takes", maxSummary)
	}
	_, err = f.Write(b.Bytes())
	return err
}
