// Package redisstore keeps a dedupe.Guard's events and subjects in Redis,
// Valkey, a Cluster of either, or an embedded miniredis: five Lua scripts, each one atomic step.
//
// Keys are wh:{T}:e:EVENT and wh:{T}:o, where T hashes source and subject, so that an event and its
// subject share a slot. Every record expires. Where the server loses acknowledged writes (failover to a
// lagging replica, flush, eviction under a maxmemory policy other than noeviction), an event can run again.
//
// The package never turns an unclear reply into an answer: what is not exactly a reply
// of its scripts is an error. It never retries by itself; where the client does, no harm is done,
// because a command that is sent again is answered as before. It opens and closes no connection.
package redisstore

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"hookonce/dedupe"
)

// Store is a dedupe.Store in Redis. It is safe for concurrent use.
type Store struct {
	rdb   redis.Scripter
	lua   scripts
	clock func() time.Time
}

var _ dedupe.Store = (*Store)(nil)

// Option changes a Store.
type Option func(*Store)

// WithClock makes the given clock the store's own, in place of the server's TIME. Use it only where
// all users of the keys share that clock: in tests and simulations.
func WithClock(now func() time.Time) Option { return func(s *Store) { s.clock = now } }

// New returns a Store over a go-redis client of any sort, which stays the caller's. Its
// timeouts bound every call.
func New(rdb redis.Scripter, opts ...Option) *Store {
	s := &Store{rdb: rdb, lua: newScripts()}
	for _, o := range opts {
		o(s)
	}
	return s
}

// Claim implements dedupe.Store.
func (s *Store) Claim(ctx context.Context, c dedupe.Claim) (dedupe.Answer, error) {
	if err := c.Validate(); err != nil {
		return dedupe.Answer{}, err
	}
	version, err := dedupe.PadVersion(c.Version)
	if err != nil {
		return dedupe.Answer{}, err
	}
	reply, err := s.lua.claim.Run(ctx, s.rdb, eventKeys(c.Source, c.Subject, c.Event),
		c.Token, millis(c.Lease), millis(c.Retention), c.Fingerprint, version, c.Event, flag(c.AllowTie), s.now(c.Now)).StringSlice()
	if err != nil {
		return dedupe.Answer{}, fmt.Errorf("redis: claim: %w", err)
	}
	return parseAnswer(reply)
}

// Renew implements dedupe.Store.
func (s *Store) Renew(ctx context.Context, h dedupe.Hold) (bool, error) {
	if err := h.ValidateRenew(); err != nil {
		return false, err
	}
	return s.yes("renew", s.lua.renew.Run(ctx, s.rdb, eventKeys(h.Source, h.Subject, h.Event)[:1],
		h.Token, millis(h.Lease), millis(h.Retention), s.now(h.Now)))
}

// Complete implements dedupe.Store.
func (s *Store) Complete(ctx context.Context, c dedupe.Completion) (dedupe.Completed, error) {
	if err := c.Validate(); err != nil {
		return "", err
	}
	version, err := dedupe.PadVersion(c.Version)
	if err != nil {
		return "", err
	}
	reply, err := s.lua.complete.Run(ctx, s.rdb, eventKeys(c.Source, c.Subject, c.Event),
		c.Token, c.Result, millis(c.Retention), version, c.Event, c.Over, c.Data, flag(c.Tombstone), s.now(c.Now)).Text()
	if err != nil {
		return "", fmt.Errorf("redis: complete: %w", err)
	}
	switch done := dedupe.Completed(reply); done {
	case dedupe.CompletedOK, dedupe.CompletedLost, dedupe.CompletedStale, dedupe.CompletedTie:
		return done, nil
	}
	return "", fmt.Errorf("redis: complete: reply %.40q is none of the script's", reply)
}

// Release implements dedupe.Store.
func (s *Store) Release(ctx context.Context, h dedupe.Hold) (bool, error) {
	if err := h.Validate(); err != nil {
		return false, err
	}
	return s.yes("release", s.lua.release.Run(ctx, s.rdb, eventKeys(h.Source, h.Subject, h.Event)[:1],
		h.Token, millis(h.Retention), s.now(h.Now)))
}

// State implements dedupe.Store.
func (s *Store) State(ctx context.Context, source, subject string) (dedupe.State, bool, error) {
	if subject == "" {
		return dedupe.State{}, false, nil
	}
	reply, err := s.lua.state.Run(ctx, s.rdb, subjectKeys(source, subject), s.now(time.Time{})).StringSlice()
	switch {
	case err != nil:
		return dedupe.State{}, false, fmt.Errorf("redis: state: %w", err)
	case len(reply) == 0:
		return dedupe.State{}, false, nil
	case len(reply) != 4:
		return dedupe.State{}, false, fmt.Errorf("redis: state: a reply of %d parts", len(reply))
	}
	return dedupe.State{Version: dedupe.TrimVersion(reply[0]), Event: reply[1], Data: reply[2], Tombstone: reply[3] == "1"}, true, nil
}

func (s *Store) yes(what string, cmd *redis.Cmd) (bool, error) {
	n, err := cmd.Int()
	if err != nil {
		return false, fmt.Errorf("redis: %s: %w", what, err)
	}
	return n == 1, nil
}

// now is the script's argument for the moment of a call; empty for the server's time.
func (s *Store) now(given time.Time) string {
	if given.IsZero() && s.clock != nil {
		given = s.clock()
	}
	if given.IsZero() {
		return ""
	}
	return strconv.FormatInt(given.UnixMilli(), 10)
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
