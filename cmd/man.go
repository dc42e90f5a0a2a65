package cmd

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// NewManCmd writes the manual pages, for whoever packages hookonce.
func NewManCmd(s *Streams) *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the manual pages", Hidden: true, Args: cobra.ExactArgs(1),
		Long: "Writes a manual page for each command into a folder, which is made if it is not there.",
		Example: `  hookonce man ./man && man ./man/hookonce-run.1
  hookonce man /usr/local/share/man/man1`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("man: %w", err)
			}
			root := c.Root()
			root.DisableAutoGenTag = true
			// Pages of one version are the same bytes on every day.
			header := &doc.GenManHeader{Title: "HOOKONCE", Section: "1", Source: "hookonce " + toolVersion(), Date: &time.Time{}}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fmt.Errorf("man: %w", err)
			}
			_, err := fmt.Fprintf(s.Out, "manual pages are in %s\n", safe(args[0]))
			return err
		},
	}
}
