package zoo

import (
	"context"
	"time"

	"hookonce/dedupe/reference"
)

// ProcessMemory lets one delivery at a time work on an event, and remembers what is done.
//
// Its flaw: it remembers in the process's memory, which another replica does not see, and
// a restart empties.
func ProcessMemory(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	if was, taken := w.Memory.LoadOrStore(r.Key, "processing"); taken && was == done {
		return success()
	} else if taken {
		return reference.Busy(time.Second)
	}
	if err := process(ctx, w, r.Event); err != nil {
		w.Memory.Delete(r.Key)
		return failed()
	}
	w.Memory.Store(r.Key, done)
	return success()
}
