// Command race measures who opens the narrowest race: hookonce and the tools people use for it, against the same
// check-then-act handler, in one run. Each sends every event twice; what counts is how many events the handler processed twice, by
// how long the window between its check and its act is. The window is spun, not slept: a sleep of 10 us lasts a millisecond.
//
//	testdata/bench/race/run            builds vegeta, and measures
//	go run ./testdata/bench/race       measures with what is there; where CI is set, a missing tool is a failure
//
// Figures are shares and ratios of one run. On another machine they are others; who is ahead is not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"time"
)

func main() {
	serving := flag.Bool("serve", false, "be the handler (used by the command itself)")
	bursts := flag.Int("bursts", 300, "events for each window and tool, each sent twice")
	rounds := flag.Int("rounds", 3, "how many times the tools take turns")
	check := flag.Bool("check", false, "exit 1 where hookonce misses what is promised of it")
	flag.Parse()
	if *serving {
		serve()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := measure(ctx, *bursts, *rounds, *check); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, bursts, rounds int, check bool) error {
	present, err := installed()
	if err != nil {
		return err
	}
	table, err := spun(ctx, present, bursts, rounds)
	if err != nil {
		return err
	}
	if err := single(ctx, present, table, max(bursts/3, 50)); err != nil {
		return err
	}
	table.print(os.Stdout)
	if missed := table.missed(); check && missed != "" {
		return errors.New(missed)
	}
	return nil
}

// installed are the contestants that can take part. Where CI is set, all must.
func installed() ([]contestant, error) {
	var present []contestant
	for _, c := range contestants {
		if _, err := exec.LookPath(c.tool); c.tool != "" && err != nil {
			if os.Getenv("CI") != "" {
				return nil, fmt.Errorf("%s is not installed, and CI is set: a comparison without it proves nothing", c.tool)
			}
			fmt.Fprintf(os.Stderr, "%s is not installed: no row for it\n", c.tool)
			continue
		}
		present = append(present, c)
	}
	return present, nil
}

// spun has all contestants take turns at the Go handler, window by window, so that what else the machine does hits all alike.
func spun(ctx context.Context, all []contestant, bursts, rounds int) (*table, error) {
	h, err := startHandler(ctx)
	if err != nil {
		return nil, err
	}
	defer h.stop()
	t := newTable(all)
	for round := range rounds {
		for _, window := range windows {
			for _, c := range all {
				if err := h.try(ctx, t, c, window, c.share(window, bursts/rounds)); err != nil {
					return nil, fmt.Errorf("%s, window %s: %w", c.name, window, err)
				}
			}
			fmt.Fprintf(os.Stderr, "round %d of %d, window %s\n", round+1, rounds, window)
		}
	}
	return t, nil
}

// single has them take turns at Node, whose handler lets other requests in between check and act for one turn of its loop.
func single(ctx context.Context, all []contestant, t *table, bursts int) error {
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") != "" {
			return errors.New("node is not installed, and CI is set")
		}
		fmt.Fprintln(os.Stderr, "node is not installed: no column for it")
		return nil
	}
	h, err := startNode(ctx)
	if err != nil {
		return err
	}
	defer h.stop()
	for _, c := range all {
		if err := h.try(ctx, t, c, node, c.share(time.Second, bursts)); err != nil {
			return fmt.Errorf("%s, node: %w", c.name, err)
		}
	}
	return nil
}
