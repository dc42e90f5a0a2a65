package simulate

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"hookonce/dedupe"
	"hookonce/replay"
)

// watched is the guard's store, whose locks are noted. A call whose reply is lost changes none that anybody knows of.
type watched struct {
	dedupe.Store
	sim *simulation
}

var _ dedupe.Store = watched{}

func (w watched) Claim(ctx context.Context, c dedupe.Claim) (dedupe.Answer, error) {
	a, err := w.Store.Claim(ctx, c)
	if err == nil && a.Kind.Owned() {
		w.sim.held(c.Token, c.Lease)
	}
	return a, err
}

func (w watched) Renew(ctx context.Context, h dedupe.Hold) (bool, error) {
	ok, err := w.Store.Renew(ctx, h)
	if err == nil && ok {
		w.sim.renewed(h.Token, h.Lease)
	}
	return ok, err
}

func (w watched) Complete(ctx context.Context, c dedupe.Completion) (dedupe.Completed, error) {
	done, err := w.Store.Complete(ctx, c)
	if err == nil && (done == dedupe.CompletedOK || done == dedupe.CompletedStale) {
		w.sim.lock(replay.Lock{State: replay.LockDone, Until: w.sim.sched.now + c.Retention})
	}
	return done, err
}

func (w watched) Release(ctx context.Context, h dedupe.Hold) (bool, error) {
	ok, err := w.Store.Release(ctx, h)
	if err == nil && ok {
		w.sim.lock(replay.Lock{State: replay.LockReleased})
	}
	return ok, err
}

// plainLock notes what a command does to a lock that is a key of its own: SET NX takes it, DEL gives it up.
func (s *simulation) plainLock(cmd redis.Cmder, keys []string) {
	if len(keys) != 1 || cmd.Err() != nil {
		return
	}
	switch c := cmd.(type) {
	case *redis.BoolCmd:
		if (c.Name() == "set" || c.Name() == "setnx") && c.Val() {
			var lease time.Duration
			if until, ends := s.expiries[keys[0]]; ends {
				lease = until - s.sched.now
			}
			s.plain[keys[0]] = true
			value, _ := c.Args()[2].(string)
			s.held(value, lease)
		}
	case *redis.IntCmd:
		if c.Name() == "del" && c.Val() > 0 && s.plain[keys[0]] {
			s.lock(replay.Lock{State: replay.LockReleased})
		}
	}
}

// maxToken bounds what is kept of an owner's token, in bytes.
const maxToken = 64

func (s *simulation) held(token string, lease time.Duration) {
	l := replay.Lock{State: replay.LockHeld, Token: token[:min(len(token), maxToken)], Lease: lease}
	if lease > 0 {
		l.Until = s.sched.now + lease
	}
	s.lock(l)
}

// renewed moves the end of the lease in place: long work has one line, however often it is renewed.
func (s *simulation) renewed(token string, lease time.Duration) {
	for i := len(s.history.Locks) - 1; i >= 0; i-- {
		if l := &s.history.Locks[i]; l.State == replay.LockHeld && l.Token == token {
			l.Until = s.sched.now + lease
			return
		}
	}
}

// lock notes a change by the worker whose turn it is.
func (s *simulation) lock(l replay.Lock) {
	d := s.deliveries[s.sched.current.delivery()]
	if d == nil {
		return // a worker of the endpoint's own
	}
	l.At, l.Event, l.Delivery = s.sched.now, d.Event, d.N
	s.history.Locks = append(s.history.Locks, l)
}
