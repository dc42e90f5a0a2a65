package cmd

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"hookonce/dedupe/scenario"
	"hookonce/dedupe/zoo"
)

// ZooOptions are the flags of zoo.
type ZooOptions struct {
	Seeds       int
	Handlers    []string
	Out         string
	Random      int
	FalseAlarms int
	Live        bool
	Jobs        int
	program     string // that serves the handlers; empty for this one
}

// NewZooCmd proves the oracle: every flawed handler is found, no correct one flagged.
func NewZooCmd(s *Streams, fixtures fs.FS) *cobra.Command {
	var o ZooOptions
	c := &cobra.Command{
		Use:   "zoo",
		Short: "The detection matrix: every flawed handler found, no correct one flagged",
		Long: `Tries every built-in handler in virtual time. A flawed one meets the smallest
provocation of its flaw and must be found by its codes on every seed, and by no
other; a correct one meets every provocation there is and must never be found. A
mishap that never struck proves nothing, and counts as a miss.

With --live each handler is served as two processes of its own, which run starts, and one and the same
plan of recorded events, of two providers, is put to all, with everything that can happen to a process,
its Redis and its downstream. A flawed one must be found by its codes, and its flaw named from what it
did, within a minute; where it has another name than its own, the table says why. Most of a run is waiting:
--jobs 4 tries four handlers at a time, each of which takes a little longer then.
Ctrl-C tells what was tried until then, with exit code 4.

Exit code 1 says that something was missed, or flagged without reason.`,
		Example: `  hookonce zoo                          # the matrix, 20 seeds a cell
  hookonce zoo --handler busy-200 --seeds 100
  hookonce zoo --live --jobs 4          # as processes, for real, four at a time
  hookonce zoo --random 1000            # plans and mishaps from a seed
  hookonce zoo --false-alarms 1000000   # deliveries to correct handlers`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.Live && !c.Flags().Changed("seeds") {
				o.Seeds = 1 // a run takes seconds, and there are dozens of handlers
			}
			return runZoo(c.Context(), s, o, fixtures)
		},
	}
	f := c.Flags()
	f.IntVar(&o.Seeds, "seeds", 20, "seeds of each cell (with --live: 1)")
	f.StringSliceVar(&o.Handlers, "handler", nil, "only the handler of that `name` (repeatable)")
	f.StringVar(&o.Out, "out", "text", "text or json")
	f.IntVar(&o.Random, "random", 0, "instead: hunt the flawed in random plans, up to `N` seeds")
	f.IntVar(&o.FalseAlarms, "false-alarms", 0, "instead: send `N` deliveries to the correct handlers")
	f.BoolVar(&o.Live, "live", false, "instead: serve each handler as processes, and put a plan of recorded events to them")
	f.IntVar(&o.Jobs, "jobs", 1, "with --live: `N` handlers at a time")
	c.AddCommand(NewZooShowCmd(s))
	return c
}

func runZoo(ctx context.Context, s *Streams, o ZooOptions, fixtures fs.FS) error {
	if o.Seeds < 1 || o.Jobs < 1 || o.Random < 0 || o.FalseAlarms < 0 {
		return usagef("--seeds, --jobs, --random and --false-alarms count something: give a number above zero")
	}
	if o.Jobs > 1 && !o.Live {
		return usagef("--jobs is for --live: give both, or leave it out")
	}
	if o.Random > 0 && o.FalseAlarms > 0 {
		return usagef("--random and --false-alarms are two runs: give one of them")
	}
	if o.Live && (o.Random > 0 || o.FalseAlarms > 0) {
		return usagef("--live is a run of its own: leave --random and --false-alarms out")
	}
	if o.Out != "text" && o.Out != "json" {
		return usagef("--out %s: choose text or json", safe(o.Out))
	}
	for _, name := range o.Handlers {
		if _, err := findHandler(name); err != nil {
			return err
		}
	}
	entries := slices.DeleteFunc(zoo.Handlers(), func(e zoo.Entry) bool {
		return len(o.Handlers) > 0 && !slices.Contains(o.Handlers, e.Name)
	})
	if o.Live {
		return runZooLive(ctx, s, o, fixtures, entries)
	}
	return tryZoo(ctx, s, o, entries)
}

// tryZoo tries the handlers the way the options say.
func tryZoo(ctx context.Context, s *Streams, o ZooOptions, entries []zoo.Entry) error {
	switch {
	case o.Random > 0:
		return runZooRandom(ctx, s, o, entries)
	case o.FalseAlarms > 0:
		return runZooFalseAlarms(ctx, s, o, entries)
	}
	return runZooMatrix(ctx, s, o, entries)
}

func runZooMatrix(ctx context.Context, s *Streams, o ZooOptions, entries []zoo.Entry) error {
	show := newProgress(s)
	var cells []scenario.Cell
	last := ""
	for _, p := range scenario.Pairs(entries) {
		if p.Entry.Name != last {
			last = p.Entry.Name
			show.Say("zoo: %s", last)
		}
		cell, err := p.Run(ctx, o.Seeds)
		if err != nil {
			return err
		}
		cells = append(cells, cell)
	}
	good := true
	for _, c := range cells {
		good = good && c.Good()
	}
	if err := writeZoo(s, o, zooReport{Schema: "hookonce.zoo/v1", Seeds: o.Seeds, Good: good, Cells: cells}, zooMatrixText); err != nil {
		return err
	}
	return zooVerdict(good)
}

// zooReport is what zoo found; each way to run it fills in its part.
type zooReport struct {
	Schema string          `json:"schema"`
	Seeds  int             `json:"seeds,omitempty"`
	Good   bool            `json:"good"`
	Cells  []scenario.Cell `json:"cells,omitempty"`
	Live   []live          `json:"live,omitempty"`
	Hunts  []hunt          `json:"hunts,omitempty"`
	Alarms []alarms        `json:"alarms,omitempty"`
	// Interrupted says that Live holds what was tried until then, and that is not good enough.
	Interrupted bool `json:"interrupted,omitempty"`
}

func writeZoo(s *Streams, o ZooOptions, r zooReport, text func(io.Writer, zooReport) error) error {
	if o.Out == "json" {
		e := json.NewEncoder(s.Out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return text(s.Out, r)
}

func zooVerdict(good bool) error {
	if good {
		return nil
	}
	return &verdictError{exitViolations}
}
