// Command throughput measures what a delivery costs: hookonce, with its signatures, its journal and its audit, beside vegeta, hey and
// wrk, which send the same bytes unsigned, against the same sink in one run. Each takes turns on one core, the sink has another where
// there is one.
//
//	testdata/bench/throughput/run          builds hookonce and vegeta, and measures
//
// The figure that counts is deliveries for each second of the sender's processor time, user and system: what one core could send to a
// sink that never limits. It is less noisy than the rate, which is printed beside it. Ratios are of one run.
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
	sink := flag.Bool("sink", false, "be the sink (used by the command itself)")
	dispatchTo := flag.String("dispatch", "", "send to `URL` as run does (used by the command itself)")
	n := flag.Int("n", 200_000, "deliveries of a turn, for those that can be told")
	rounds := flag.Int("rounds", 3, "how many times the tools take turns")
	profile := flag.String("cpuprofile", "", "with -dispatch: write a profile to `FILE`")
	check := flag.Bool("check", false, "exit 1 where hookonce misses what is promised of it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch {
	case *sink:
		err = serve()
	case *dispatchTo != "":
		err = profiled(*profile, func() error { return dispatchAll(ctx, *dispatchTo, *n) })
	default:
		err = measure(ctx, *n, *rounds, *check)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, n, rounds int, check bool) error {
	present, err := installed()
	if err != nil {
		return err
	}
	load, err := newLoad()
	if err != nil {
		return err
	}
	defer load.remove()
	s, err := startSink(ctx)
	if err != nil {
		return err
	}
	defer s.stop()
	t := &table{rows: present, turns: map[string][]turn{}}
	for round := range rounds {
		for _, c := range present {
			got, err := c.take(ctx, s, load, n)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			t.turns[c.name] = append(t.turns[c.name], got)
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, rounds)
	}
	t.print(os.Stdout)
	if missed := t.missed(); check && missed != "" {
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

// turn is what a contestant did once.
type turn struct {
	requests  int
	cpu, took time.Duration
}

func (t turn) perCore() float64 { return float64(t.requests) / t.cpu.Seconds() }
func (t turn) rate() float64    { return float64(t.requests) / t.took.Seconds() }
