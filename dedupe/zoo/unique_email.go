package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// UniqueEmail relies on the database: the marker's UNIQUE constraint lets one delivery through.
//
// Its flaw: the e-mail goes out before the insert that would have found the duplicate.
func UniqueEmail(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	if done, err := marked(ctx, w, r.Event); err != nil {
		return unavailable()
	} else if done {
		return success()
	}
	if err := process(ctx, w, r.Event); err != nil {
		return failed()
	}
	if err := mark(ctx, w, r.Event); err != nil {
		return unavailable()
	}
	return success()
}
