package cmd

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hookonce/replay/fixture"
)

// NewFixturesCmd shows what fixture files were taken for.
func NewFixturesCmd(s *Streams) *cobra.Command {
	c := &cobra.Command{
		Use:     "fixtures",
		Short:   "Look at recorded webhooks",
		Example: "  hookonce fixtures ls ./fixtures/stripe",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newFixturesLsCmd(s))
	return c
}

func newFixturesLsCmd(s *Streams) *cobra.Command {
	var o fixture.Options
	c := &cobra.Command{
		Use:   "ls FIXTURE|DIR ...",
		Short: "Show what each file was taken for",
		Example: `  hookonce fixtures ls ./fixtures/stripe
  stripe events list --limit 20 | hookonce fixtures ls -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("fixtures ls: name a file, a folder, or - for stdin")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			set, err := fixture.Load(args, s.In, o)
			if err != nil {
				return usagef("%w", err)
			}
			return listFixtures(s, set)
		},
	}
	c.Flags().StringVar(&o.Provider, "provider", "", "`name` of the provider (default: detect)")
	return c
}

func listFixtures(s *Streams, set fixture.Set) error {
	t := tabwriter.NewWriter(s.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "FIXTURE\tPROVIDER\tTYPE\tKEY\tSUBJECT\tVERSION")
	for _, e := range set.Events {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", safe(e.Fixture), e.Provider, safe(e.Type), safe(e.Key), safe(e.Subject), safe(e.Version))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	refused := 0
	for _, f := range set.Files {
		if f.Reason != "" {
			refused++
			fmt.Fprintf(s.Out, "left out %s: %s\n", safe(f.Path), safe(f.Reason))
		}
	}
	_, err := fmt.Fprintf(s.Out, "%d events from %d files, %d files left out\n", len(set.Events), len(set.Files)-refused, refused)
	return err
}
