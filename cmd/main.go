package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"hookonce/cmd/hush"
	"hookonce/replay/redact"
)

// Main runs hookonce with the process's arguments and returns its exit code.
// fixtures are the events that demo and serve speak of.
func Main(fixtures fs.FS) int {
	hush.Restore()
	return execute(context.Background(), SystemStreams(), fixtures, os.Args[1:])
}

// maxError bounds what is told of an error, in characters.
const maxError = 4000

func execute(ctx context.Context, s *Streams, fixtures fs.FS, args []string) int {
	root := newRootCmd(s, fixtures)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitPass
	}
	var verdict *verdictError
	if !errors.As(err, &verdict) {
		// An error quotes what it is about, such as names of files and what a command printed.
		fmt.Fprintf(s.Err, "hookonce: %s\n", redact.Screen(redact.Text(oneLine(err.Error())), maxError))
	}
	return exitCode(err)
}

func newRootCmd(s *Streams, fixtures fs.FS) *cobra.Command {
	root := &cobra.Command{
		Use:   "hookonce",
		Short: "Prove that a webhook endpoint processes every event exactly once",
		Long: `hookonce replays recorded webhooks the way a bad day at the provider would, watches the
effects, and reports which events were doubled, lost or overwritten.`,
		Example: `  hookonce demo                       # see it catch the published lock pattern
  hookonce run ./fixtures --target http://localhost:3000/hook --secret whsec_...`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetIn(s.In)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%v (see %s --help)", err, c.CommandPath())
	})
	root.AddCommand(
		NewRunCmd(s), NewLoadCmd(s), NewDemoCmd(s, fixtures), NewServeCmd(s), NewPlanCmd(s), NewAuditCmd(s), NewReportCmd(s),
		NewProvidersCmd(s), NewZooCmd(s, fixtures), NewFixturesCmd(s), NewRecordCmd(s), NewSchemaCmd(s), NewVersionCmd(s), NewManCmd(s), NewInitCmd(s), newSuperviseCmd(),
	)
	for _, c := range root.Commands() {
		wrapArgs(c)
		for _, sub := range append(c.Commands(), c) {
			helpAll(sub)
		}
	}
	setHelp(root)
	if err := completeFlags(root); err != nil {
		panic(err) // a flag is in two tables: a mistake in this package, found by every test
	}
	return root
}

// wrapArgs makes a wrong number of arguments a mistake in usage, of subcommands too.
func wrapArgs(c *cobra.Command) {
	for _, sub := range c.Commands() {
		wrapArgs(sub)
	}
	check := c.Args
	if check == nil {
		return
	}
	c.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usagef("%v (see %s --help)", err, c.CommandPath())
		}
		return nil
	}
}
