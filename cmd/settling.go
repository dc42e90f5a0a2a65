package cmd

import (
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// The least time without a new effect that counts as quiet. Sources that are polled need several polls.
const (
	quietExact  = 100 * time.Millisecond
	quietPolled = 400 * time.Millisecond
)

// settle waits until no new effect comes, bounded.
func (c *conduct) settle(next replay.Phase) {
	if len(c.sources) == 0 {
		return
	}
	quiet := c.quiet()
	bound := max(c.o.SettleMax, quiet)
	c.show.Settling(quiet)
	ok, err := c.watch.Settle(c.stop.hard, quiet, bound)
	m := replay.Mark{Kind: replay.MarkSettled, At: c.rec.Now(), Phase: next, Quiet: ok && err == nil}
	if err != nil {
		m.Text = err.Error()
	}
	c.rec.Mark(replay.TargetRun, m)
	if next == replay.PhaseFault { // what comes next may be too much to be held, and then control is not there any more
		c.learnLag()
	}
}

func (c *conduct) learnLag() { c.lag = max(c.lag, audit.ControlLag(c.rec.Snapshot())) }

func (c *conduct) quiet() time.Duration {
	if c.o.Settle > 0 {
		return c.o.Settle
	}
	least := quietExact
	for _, s := range c.watch.Sources() {
		if !s.Exact {
			least = quietPolled
		}
	}
	c.learnLag()
	return max(least, 3*c.lag)
}
