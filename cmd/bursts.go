package cmd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"hookonce/chaos"
	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// bursts is the value of --bursts: a number, or auto.
type bursts struct {
	of   *int
	auto *bool
}

func (b bursts) Set(text string) error {
	if *b.auto = text == "auto"; *b.auto {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return errors.New("give a number, or auto")
	}
	*b.of = n
	return nil
}

func (b bursts) String() string {
	switch {
	case b.of == nil:
		return ""
	case *b.auto:
		return "auto"
	}
	return strconv.Itoa(*b.of)
}

func (b bursts) Type() string { return "bursts" }

const (
	// rareDouble is how rarely races may still double an event when --bursts auto is content.
	rareDouble = 0.01
	// racesAtOnce is how many events a round of races releases at most.
	racesAtOnce = 500
)

// racesNeeded is how many races that show no double bound their rate by rareDouble: the exact form of the rule of three.
func racesNeeded(percent float64) int {
	return int(math.Ceil(math.Log(1-percent/100) / math.Log(1-rareDouble)))
}

// raceOn goes on with races after the plan's, until enough of them overlapped, one doubled an event, or the time for it is up. How often a
// race may still double an event is the report's to say.
func (c *conduct) raceOn(ctx context.Context) error {
	r, err := chaos.NewRaces(c.p.input, c.p.plan)
	if err != nil {
		return usagef("%w", err)
	}
	enough := racesNeeded(c.p.plan.Settings.Confidence)
	for until := time.Now().Add(c.o.BurstsFor); ; {
		c.settle(replay.PhaseFault)
		met, why := c.racesSoFar(enough)
		switch {
		case why == "" && time.Now().After(until):
			why = fmt.Sprintf("--bursts-for %s was up", c.o.BurstsFor)
		case why == "" && ctx.Err() != nil:
			return context.Cause(ctx)
		}
		if why != "" {
			c.rec.Mark(replay.TargetRun, replay.Mark{Kind: replay.MarkNote, At: c.rec.Now(), Text: fmt.Sprintf("--bursts auto ended with %d overlapped races of %d: %s", met, enough, why)})
			return nil
		}
		c.show.Say("%d races overlapped, %d are needed: going on", met, enough)
		p, err := r.Round(min(enough-met, racesAtOnce))
		if err == nil {
			err = c.extend(p)
		}
		if err == nil {
			err = c.dispatch(p, func(context.Context, replay.Phase) error { return nil })
		}
		if err != nil {
			return err
		}
	}
}

// racesSoFar counts the races that overlapped, and says why no more are needed, or would help.
func (c *conduct) racesSoFar(enough int) (met int, why string) {
	if len(c.sources) == 0 {
		return 0, "nothing tells what is processed twice"
	}
	h := c.rec.Snapshot()
	if c.rec.Forgot() {
		return 0, "there are more deliveries than are looked at while they are sent"
	}
	h.Header.Sources, h.Complete = c.watch.Sources(), true
	v := audit.Judge(h, nil)
	met = v.Counted.Overlapped
	switch {
	case slices.ContainsFunc(v.Findings, func(f audit.Finding) bool { return f.Code == "double-processing" }):
		why = "an event was processed twice"
	case met >= enough:
		why = "that is enough"
	case met == 0:
		why = "none overlapped, and more would not"
	}
	return met, why
}
