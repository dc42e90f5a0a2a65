package cmd

import (
	"github.com/spf13/cobra"

	"hookonce/replay/supervise"
)

// superviseName is the name of the hidden command that stands between hookonce and an endpoint it started.
const superviseName = "supervise"

// newSuperviseCmd is for hookonce itself: it runs as the parent of an endpoint and takes orders on stdin.
func newSuperviseCmd() *cobra.Command {
	return &cobra.Command{
		Use: superviseName + " -- COMMAND", Short: "Run an endpoint, and end it when stdin ends", Hidden: true, Args: cobra.ExactArgs(1),
		Example: "  hookonce supervise -- 'node server.js'\n  hookonce supervise -- 'npm start 2>&1'",
		RunE: func(_ *cobra.Command, args []string) error {
			supervise.Supervise(args[0])
			return nil
		},
	}
}
