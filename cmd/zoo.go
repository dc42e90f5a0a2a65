package cmd

import "github.com/spf13/cobra"

// NewZooCmd is about the built-in handlers.
func NewZooCmd(s *Streams) *cobra.Command {
	c := &cobra.Command{
		Use:     "zoo",
		Short:   "The built-in handlers, flawed and correct, and what they do in virtual time",
		Example: "  hookonce zoo show check-then-act\n  hookonce zoo show hardened",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(NewZooShowCmd(s))
	return c
}
