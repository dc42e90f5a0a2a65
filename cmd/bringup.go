package cmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"hookonce/replay"
	"hookonce/replay/dispatch"
)

// maxRevivals is how often an endpoint that ends by itself is started again in a run, as a process manager would.
const maxRevivals = 20

// bringUp waits until the endpoint is ready, and starts it before, where that is hookonce's to do.
func (c *conduct) bringUp(journal string) error {
	e := c.endpoint
	if e == nil {
		return c.probe()
	}
	if err := free(journal); err != nil {
		return err
	}
	c.mishaps = newMishaps(c)
	if e.between != nil {
		c.outages = newOutages(c, e.between)
	}
	if c.wait == 0 {
		c.wait = readyWithin
	}
	var up atomic.Bool
	early := make(chan error, len(e.ports))
	err := e.start(journal, func(replica int, how string) {
		if up.Load() {
			c.revive(replica, how)
			return
		}
		early <- fmt.Errorf("--exec: replica %d of the endpoint ended before it was ready (%s)", replica+1, how)
		c.stop.Stop("the endpoint ended")
	})
	for _, next := range []func() error{c.probe, func() error { return e.awaitReady(c.stop.soft, c.wait) }, c.seekRoute} {
		if err == nil {
			err = next()
		}
	}
	select {
	case died := <-early:
		return died
	default:
	}
	up.Store(err == nil)
	return err
}

// ready waits before deliveries that are made alone for processes that are being started again, and puts in place what is to go wrong; nil
// where nothing ever does.
func (c *conduct) ready() func(context.Context, replay.Delivery) {
	if c.middle == nil && c.mishaps == nil {
		return nil
	}
	return func(ctx context.Context, d replay.Delivery) {
		if c.middle != nil {
			c.middle.proxy.Recover() // whatever is being started again needs its Redis
		}
		if c.mishaps != nil {
			c.mishaps.ready(ctx, d)
		}
		if c.outages != nil {
			c.outages.ready(d)
		}
		if c.middle != nil {
			c.middle.outage(d)
		}
	}
}

func (c *conduct) journalPath() string {
	if c.o.Journal != "" {
		return c.o.Journal
	}
	return filepath.Join(".hookonce", fmt.Sprintf("%s-seed%d.jsonl", time.Now().UTC().Format("20060102-150405.000"), c.p.plan.Seed))
}

// probe waits for the endpoint, and asks it how races can travel.
func (c *conduct) probe() error {
	err := dispatch.Probe(c.stop.soft, c.target, c.wait)
	if err == nil && c.transport != "" {
		c.transport, c.why, err = c.target.Choose(c.stop.soft, c.transport)
		c.header.Transport = string(c.transport)
	}
	var forbidden *dispatch.ForbiddenError
	if errors.As(err, &forbidden) || errors.Is(err, dispatch.ErrNoH2) {
		return usagef("%w", err)
	}
	return err
}

// revive starts a replica that ended by itself again, so that the plan goes on.
func (c *conduct) revive(replica int, how string) {
	if c.stop.soft.Err() != nil {
		return
	}
	c.endpoint.mu.Lock()
	c.endpoint.revivals++
	n := c.endpoint.revivals
	c.endpoint.mu.Unlock()
	if n > maxRevivals {
		c.stop.Stop(fmt.Sprintf("the endpoint ended by itself more than %d times", maxRevivals))
		return
	}
	err := c.endpoint.replica(replica).Restart()
	text := fmt.Sprintf("replica %d of the endpoint ended by itself (%s), and was started again", replica+1, how)
	if err != nil {
		text = fmt.Sprintf("replica %d of the endpoint ended by itself (%s), and could not be started again: %v", replica+1, how, err)
		c.stop.Stop(text)
	}
	c.rec.Mark(replay.TargetRun, replay.Mark{Kind: replay.MarkNote, At: c.rec.Now(), Text: text})
}
