package dedupe

import (
	"context"
	"time"
)

// lease is how long a run may rely on owning its event. It is over at the moment until, whatever
// the renewals do meanwhile: one that hangs must not keep the work going when others may be at it.
type lease struct {
	guard  *Guard
	hold   Hold
	until  time.Time
	lost   func()
	disarm func()
}

// keep watches over a lease that ends at until, and renews it. lost is called when it is over, or taken away.
func (g *Guard) keep(ctx context.Context, h Hold, until time.Time, lost func()) (stop func()) {
	l := &lease{guard: g, hold: h, lost: lost, disarm: func() {}}
	l.arm(until)
	// A sender that hangs up does not end the work, so it must not end the renewals.
	ctx, cut := context.WithCancel(context.WithoutCancel(ctx))
	end := g.Clock.Every(max(g.Lease/3, time.Millisecond), func() { l.renew(ctx) })
	return func() {
		cut() // the work is over: nobody waits for a renewal any more
		end() // nothing arms it again
		l.disarm()
	}
}

// arm has the lease end at until, and no earlier.
func (l *lease) arm(until time.Time) {
	l.disarm()
	l.until = until
	left := until.Sub(l.guard.Clock.Now())
	if left <= 0 { // the answer came too late: no timer may let the work begin first
		l.lost()
		return
	}
	l.disarm = l.guard.Clock.After(left, l.lost)
}

// renew asks for the lease again. An answer that comes when the lease is over is of no use to the work; a lease that
// was over before is still asked for, since work that is deaf to its context should not be joined by others.
func (l *lease) renew(ctx context.Context) {
	sent := l.guard.Clock.Now() // the lease runs from the server's receipt, which is not earlier
	left := l.until.Sub(sent)
	if left <= 0 {
		left = l.guard.Lease
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer l.guard.Clock.After(left, cancel)()
	ok, err := l.guard.Store.Renew(ctx, l.hold)
	switch {
	case err == nil && ok:
		l.arm(sent.Add(l.guard.Lease))
	case err == nil:
		l.lost()
	}
}
