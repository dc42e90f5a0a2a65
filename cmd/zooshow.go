package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hookonce/dedupe/audit"
	"hookonce/dedupe/scenario"
	"hookonce/dedupe/simulate"
	"hookonce/dedupe/simulate/trace"
	"hookonce/dedupe/zoo"
)

// ZooShowOptions are the flags of zoo show.
type ZooShowOptions struct {
	Seed uint64
}

// NewZooShowCmd draws what one handler does in one scenario.
func NewZooShowCmd(s *Streams) *cobra.Command {
	o := ZooShowOptions{Seed: 1}
	c := &cobra.Command{
		Use:   "show HANDLER [SCENARIO]",
		Short: "Draw a flaw as it happens: an interleaving to read from top to bottom",
		Long: `Runs a built-in handler in a scenario, in virtual time, and draws who did what when: a lane for each
delivery under way, the lock in the middle, and the moment of the flaw pointed out. Without a
scenario it is the smallest one that exposes the handler's flaw. The same seed gives the same drawing.

Scenarios:
` + scenarioList(),
		Example: `  hookonce zoo show check-then-act    # two look before either sets the mark
  hookonce zoo show hardened crash-after-charge
  hookonce zoo show article --seed 7`,
		Args: cobra.RangeArgs(1, 2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return zoo.Names(), cobra.ShellCompDirectiveNoFileComp
			}
			return scenarioNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			name := ""
			if len(args) == 2 {
				name = args[1]
			}
			return runZooShow(c.Context(), s, o, args[0], name)
		},
	}
	c.Flags().Uint64Var(&o.Seed, "seed", o.Seed, "decides who goes next")
	return c
}

func scenarioNames() []string {
	var names []string
	for _, s := range scenario.All() {
		names = append(names, s.Name)
	}
	return names
}

func scenarioList() string {
	var b strings.Builder
	for _, s := range scenario.All() {
		fmt.Fprintf(&b, "  %-24s %s\n", s.Name, s.Text)
	}
	return b.String()
}

// defaultScenario is what a correct handler is shown in, which has none of its own.
const defaultScenario = "race"

func runZooShow(ctx context.Context, s *Streams, o ZooShowOptions, handler, name string) error {
	entry, err := findHandler(handler)
	if err != nil {
		return err
	}
	if name == "" {
		name = entry.Scenario
	}
	if name == "" {
		name = defaultScenario
	}
	sc, ok := scenario.Find(name)
	if !ok {
		return usagef("there is no scenario %s; choose from %s", safe(name), strings.Join(scenarioNames(), ", "))
	}
	story := trace.Story{
		Title:  fmt.Sprintf("%s: %s (seed %d)", entry.Name, sc.Text, o.Seed),
		About:  []string{entry.Flaw},
		Plan:   sc.Plan(),
		Colour: s.Colour(),
	}
	so := sc.Options(o.Seed)
	so.Engine = simulate.EngineModel
	so.Trace = func(step simulate.Step) { story.Steps = append(story.Steps, step) }
	result, err := scenario.Judge(ctx, entry, story.Plan, so)
	if err != nil {
		return err
	}
	conclude(&story, entry, result)
	return trace.Render(s.Out, story)
}

// conclude has the drawing point at what was found: the code that the handler is known for, or else the first.
func conclude(story *trace.Story, entry zoo.Entry, r scenario.Result) {
	i := slices.IndexFunc(r.Findings, func(f audit.Finding) bool { return slices.Contains(entry.Expect, f.Code) })
	switch {
	case i < 0 && len(r.Findings) > 0:
		i = 0
	case i < 0 && len(r.Idle) > 0:
		story.Message = "Inconclusive: this never happened to the handler: " + strings.Join(r.Idle, "; ") + "."
		return
	case i < 0 && len(r.Missing) > 0:
		story.Message = "Inconclusive: " + strings.Join(r.Missing, "; ") + "."
		return
	case i < 0:
		return
	}
	f := r.Findings[i]
	story.Code, story.Event, story.Subject, story.Message = f.Code, f.Event, f.Subject, f.Message
}
