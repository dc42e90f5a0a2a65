package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// RedisFastPath asks Redis first, which is quick, and lets the database decide: what Redis does not
// know, or cannot say, is settled by the marker in the effect's transaction.
func RedisFastPath(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	mark := "done:" + r.Key
	if known, err := w.Redis.Exists(ctx, mark).Result(); err == nil && known == 1 {
		return success()
	}
	answer := TxLog(ctx, w, r)
	if answer.Status == success().Status {
		w.Redis.Set(ctx, mark, "1", retention) // without it, the database is asked again
	}
	return answer
}
