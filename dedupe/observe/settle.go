package observe

import (
	"context"
	"time"
)

// enoughPolls is how many readings in a row must show nothing new before effects count as settled.
const enoughPolls = 2

// lostAfter is how long an effect source may fail, as one does that is being restarted, before it is given up.
const lostAfter = 5 * time.Second

// Settle waits until effects come to rest: nothing new for quiet, counted from the call at the
// earliest, and at least two readings in a row, begun after the call, that showed
// nothing new, the last of them begun after that time. It gives up when bound is over, which a
// reading in progress may exceed by its own timeout.
//
// A source that cannot be read for lostAfter is not waited for any longer.
//
// It returns true if rest was reached. An error means that the last reading failed, so that
// nothing can be said; it is also returned when ctx ends.
func (w *Watcher) Settle(ctx context.Context, quiet, bound time.Duration) (bool, error) {
	w.settling.Add(1)
	defer w.settling.Add(-1)
	if len(w.sources) == 0 {
		return true, ctx.Err()
	}
	r := rest{begun: w.now(), quiet: quiet, bound: bound}
	r.since, r.readable = r.begun, r.begun
	r.seen, _ = w.news()
	for {
		start := w.now()
		err := w.PollNow(ctx)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		r.observe(w, err)
		end := w.now()
		switch {
		case r.clean >= enoughPolls && start-r.since >= quiet:
			return true, nil
		case end-r.begun >= bound, err != nil && end-r.readable >= lostAfter:
			return false, err
		}
		if !sleep(ctx, r.next(end, max(w.interval, end-start))) {
			return false, ctx.Err()
		}
	}
}

// rest is how far effects have come to rest.
type rest struct {
	begun, quiet, bound time.Duration
	since               time.Duration // nothing new since then
	seen                int           // new effects so far
	clean               int           // readings in a row that showed nothing new
	readable            time.Duration // the end of the last reading that did not fail
}

func (r *rest) observe(w *Watcher, err error) {
	seen, latest := w.news()
	if err == nil {
		r.readable = w.now()
	}
	switch {
	case seen != r.seen:
		r.seen, r.since, r.clean = seen, max(r.since, latest), 0
	case err != nil:
		r.clean = 0
	default:
		r.clean++
	}
}

// next is how long to wait for the next reading: a step, but neither past the moment at which a
// reading can be the last nor so shortly before it that it would be in the way.
func (r *rest) next(now, step time.Duration) time.Duration {
	at := now + step
	if rested := r.since + r.quiet; rested > now && at+step > rested {
		at = rested
	}
	return min(at, r.begun+r.bound) - now
}
