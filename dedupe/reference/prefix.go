package reference

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// PrefixKeys puts a prefix before the keys of commands that were not sent yet, and returns
// the keys as they are sent. It knows the commands handlers use.
func PrefixKeys(prefix string, cmds []redis.Cmder) (keys []string) {
	for _, cmd := range cmds {
		args := cmd.Args()
		from, to := keyPositions(args)
		for i := from; i < to; i++ {
			key := prefix + fmt.Sprint(args[i])
			args[i] = key
			keys = append(keys, key)
		}
	}
	return keys
}

// keyPositions tells which arguments of a command are keys: from the first, before the second.
func keyPositions(args []any) (from, to int) {
	if len(args) < 2 {
		return 0, 0
	}
	switch strings.ToLower(fmt.Sprint(args[0])) {
	case "script", "time", "ping", "multi", "exec", "scan", "hello", "client", "select", "auth":
		return 0, 0
	case "eval", "evalsha", "eval_ro", "evalsha_ro":
		n := 0
		if len(args) > 2 {
			_, _ = fmt.Sscan(fmt.Sprint(args[2]), &n) // a bad count is for the server to refuse
		}
		return 3, min(3+n, len(args))
	case "del", "unlink", "exists", "mget", "watch":
		return 1, len(args)
	}
	return 1, 2
}

// prefixHook gives a client's keys a prefix.
type prefixHook string

var _ redis.Hook = prefixHook("")

func (p prefixHook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (p prefixHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		PrefixKeys(string(p), []redis.Cmder{cmd})
		return next(ctx, cmd)
	}
}

func (p prefixHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		PrefixKeys(string(p), cmds)
		return next(ctx, cmds)
	}
}
