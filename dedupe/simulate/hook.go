package simulate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
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
	if h.keys == nil {
		h.fail(errNoRedis)
		return errNoRedis
	}
	if !h.again(cmds) {
		_ = w.sleep(nil, h.cost())
	}
	h.keys.setNow(stage(h).Now())
	w.busy = true
	defer func() { w.busy = false }()
	keys := h.prefixed(cmds)
	err := send()
	h.unknownScript = redis.HasErrorPrefix(err, "NOSCRIPT")
	h.tellCommands(w, cmds)
	if err := h.expire(context.WithoutCancel(ctx), keys); err != nil {
		h.fail(fmt.Errorf("redis: expiry: %w", err))
	}
	return err
}

var errNoRedis = errors.New("the model engine keeps only the guard's records: this handler needs a Redis (embedded, or redis://...)")

// again says that the command repeats the one just refused because the server did not know its
// script. Both are one step, or a server's memory would decide about the interleaving.
func (h hook) again(cmds []redis.Cmder) bool {
	return h.unknownScript && cmds[0].Name() == "eval"
}

// prefixed puts the run's prefix before the commands' keys, and returns them.
func (h hook) prefixed(cmds []redis.Cmder) []string {
	var keys []string
	for _, cmd := range cmds {
		args := cmd.Args()
		for _, i := range keyPositions(args) {
			key := h.prefix + fmt.Sprint(args[i])
			args[i] = key
			keys = append(keys, key)
		}
	}
	return keys
}

// keyPositions tells which arguments of a command are keys, for the commands handlers use.
func keyPositions(args []any) []int {
	name := strings.ToLower(fmt.Sprint(args[0]))
	switch {
	case len(args) < 2, name == "script", name == "time", name == "ping", name == "multi", name == "exec":
		return nil
	case name == "eval" || name == "evalsha" || name == "eval_ro" || name == "evalsha_ro":
		n := 0
		if len(args) > 2 {
			_, _ = fmt.Sscan(fmt.Sprint(args[2]), &n) // a bad count is for the server to refuse
		}
		return positions(3, min(3+n, len(args)))
	case name == "del" || name == "unlink" || name == "exists" || name == "mget" || name == "watch":
		return positions(1, len(args))
	}
	return positions(1, 2)
}

func positions(from, to int) []int {
	var p []int
	for i := from; i < to; i++ {
		p = append(p, i)
	}
	return p
}
