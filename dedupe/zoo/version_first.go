package zoo

import (
	"context"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// VersionFirst processes an event if it is newer than its subject's version, which it compares and sets in one step.
//
// Its flaw: the version is advanced before the work. If the work fails, the redelivery is as old
// as what is stored, and is discarded.
func VersionFirst(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	return lockOf(r.Event).once(ctx, w, func() error {
		newer, err := advance(ctx, w, r.Event)
		if err != nil || !newer {
			return err
		}
		return process(ctx, w, r.Event)
	})
}

// advanceScript sets a version if it is greater, in one step.
const advanceScript = `
local stored = redis.call('GET', KEYS[1])
if stored and stored >= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1`

func advance(ctx context.Context, w *reference.World, e replay.Event) (newer bool, err error) {
	if e.Subject == "" || e.Version == "" {
		return true, nil
	}
	return w.Redis.Eval(ctx, advanceScript, []string{"version:" + e.Subject}, reference.Place(e)).Bool()
}
