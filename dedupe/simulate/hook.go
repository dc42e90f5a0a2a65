package simulate

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"hookonce/dedupe/reference"
)

// hook makes a step of every Redis command: the worker gives way before it.
type hook struct{ *simulation }

var _ redis.Hook = hook{}

// DialHook leaves dialling alone.
func (h hook) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook makes a step of a command.
func (h hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		return h.step(ctx, []redis.Cmder{cmd}, func() error { return next(ctx, cmd) })
	}
}

// ProcessPipelineHook makes one step of a whole pipeline.
func (h hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		return h.step(ctx, cmds, func() error { return next(ctx, cmds) })
	}
}

func (h hook) step(ctx context.Context, cmds []redis.Cmder, send func() error) error {
	w := h.sched.current
	if w == nil || w.busy { // the simulation's own setup, or the driver's
		return send()
	}
	w.stop()
	keys := reference.PrefixKeys(h.prefix, cmds)
	carryOut := func() error { return h.carryOut(ctx, w, cmds, keys, send) }
	if h.again(cmds) {
		return h.settle(w, h.open, carryOut())
	}
	err := h.simulation.step(ctx, w, StepCommand, cmds[0].Name(), h.cost(), carryOut)
	for h.o.Resend && errors.Is(err, errTimeout) {
		h.told(StepDriver, w.delivery(), "the driver sends it again")
		err = h.simulation.step(ctx, w, StepCommand, cmds[0].Name(), h.cost(), carryOut)
	}
	if errors.As(err, new(mishapError)) {
		for _, cmd := range cmds {
			cmd.SetErr(err)
		}
	}
	return err
}

// carryOut has the server carry commands out, and takes the times to live they set off its hands.
func (h hook) carryOut(ctx context.Context, w *worker, cmds []redis.Cmder, keys []string, send func() error) error {
	h.keys.setNow(stage(h).Now())
	w.busy = true
	defer func() { w.busy = false }()
	for _, cmd := range cmds {
		cmd.SetErr(nil) // of a reply that was lost
	}
	err := send()
	if len(cmds) == 1 {
		cmds[0].SetErr(err)
	}
	h.unknownScript = redis.HasErrorPrefix(err, "NOSCRIPT")
	h.tellCommands(w, cmds, keys)
	if err := h.expire(context.WithoutCancel(ctx), keys); err != nil {
		h.fail(fmt.Errorf("redis: expiry: %w", err))
	}
	if len(cmds) == 1 {
		h.plainLock(cmds[0], keys)
	}
	return err
}

// again says that the command repeats the one just refused because the server did not know its
// script. Both are one step, or a server's memory would decide about the interleaving.
func (h hook) again(cmds []redis.Cmder) bool {
	return h.unknownScript && cmds[0].Name() == "eval"
}
