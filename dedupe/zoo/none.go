package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// None handles each delivery as if it were the only one.
//
// Its flaw: no deduplication. Its state is right all the same, because it is compared and set.
func None(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	if err := process(ctx, w, r.Event); err != nil {
		return failed()
	}
	return success()
}
