package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/dedupe/reference"
	"hookonce/dedupe/simulate"
	"hookonce/replay"
)

// references are the implementations a target can be compared with.
var references = []struct {
	name    string
	handler reference.Handler
}{
	{audit.Hardened, reference.Verified(reference.Hardened)},
	{"article", reference.Verified(reference.Article)},
}

// referenceConditions say how hard the reference has it. The zero value is the ordinary case.
type referenceConditions struct {
	work  time.Duration
	fails func(replay.Plan) reference.Failure
}

func engineName(redis string) string { return simulate.EngineKind(redis) }

// checkReference finds mistakes before anything is sent.
func checkReference(name, redis string) error {
	if findReference(name) == nil {
		return usagef("--reference %s: unknown; choose hardened or article", safe(name))
	}
	if engines := []string{"embedded", "model"}; !slices.Contains(engines, redis) && !strings.HasPrefix(redis, "redis://") && !strings.HasPrefix(redis, "rediss://") {
		return usagef("--redis %s: give embedded, model, or a URL such as redis://localhost:6379", safe(redis))
	}
	return nil
}

func findReference(name string) reference.Handler {
	for _, r := range references {
		if r.name == name {
			return r.handler
		}
	}
	return nil
}

// runReference carries the same plan out in virtual time. A run that was stopped
// has nothing to compare with.
func (c *conduct) runReference() {
	if c.stop.Why() != "" || c.o.Reference == "" {
		return
	}
	c.show.Referencing(c.o.Reference)
	h, err := c.simulate()
	if err != nil {
		c.rec.Mark(replay.ReferenceRun, replay.Mark{Kind: replay.MarkNote, Text: fmt.Sprintf("the reference could not run: %v", err)})
		c.show.Say("the %s reference could not run: %v", c.o.Reference, err)
		return
	}
	for _, m := range h.Marks {
		c.rec.Mark(replay.ReferenceRun, m)
	}
	for _, a := range h.Attempts {
		c.rec.Attempt(replay.ReferenceRun, a)
	}
	for _, e := range h.Effects {
		c.rec.Effect(replay.ReferenceRun, e)
	}
	for _, l := range h.Locks {
		c.rec.Lock(replay.ReferenceRun, l)
	}
	c.rec.End(replay.ReferenceRun)
}

func (c *conduct) simulate() (replay.History, error) {
	ctx, cancel := context.WithCancel(c.stop.soft)
	defer cancel()
	o := simulate.Options{
		Seed: c.p.plan.Seed, Handler: c.o.Reference, Work: c.reference.work, Engine: c.o.Redis,
		Profile: c.p.sides[0].profile, Others: c.p.others(), Patience: c.header.Patience,
	}
	if c.reference.fails != nil {
		o.Fails = c.reference.fails(c.p.plan)
	}
	return simulate.Run(ctx, c.p.plan, findReference(c.o.Reference), o)
}
