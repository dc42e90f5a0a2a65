package simulate

import (
	"context"
	"fmt"
	"time"
)

// expire looks at the keys a command touched and makes those expire in virtual time that
// were given a time to live.
func (s *simulation) expire(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	ttls, err := s.keys.take(ctx, keys)
	if err != nil {
		return err
	}
	for i, key := range keys {
		switch ttls[i] {
		case unchanged:
		case 0:
			delete(s.expiries, key)
		default:
			s.expireAt(ctx, key, s.sched.now+ttls[i])
		}
	}
	return nil
}

// flush empties the Redis and says how many keys there were.
func (s *simulation) flush() (int, error) {
	clear(s.expiries)
	n, err := s.keys.clear(s.ctx)
	if s.model != nil {
		n += s.model.Clear()
	}
	return n, err
}

// expireAt makes the key expire at the moment t, unless it is given another time to live by then.
func (s *simulation) expireAt(ctx context.Context, key string, t time.Duration) {
	s.expiries[key] = t
	s.sched.timer(t, func() {
		if s.expiries[key] != t {
			return
		}
		delete(s.expiries, key)
		if err := s.keys.remove(ctx, key); err != nil {
			s.fail(fmt.Errorf("redis: expiry: %w", err))
		}
		s.tell(Step{Kind: StepExpiry, What: "expires " + s.bare(key)})
	})
}
