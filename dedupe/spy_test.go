package dedupe_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"hookonce/dedupe"
	"hookonce/dedupe/modelstore"
)

var errDown = errors.New("connection refused")

// spy is a model store that counts calls and can be told to fail.
type spy struct {
	*modelstore.Store
	mu       sync.Mutex
	calls    map[string]int
	fail     map[string]int // how many calls of a name fail before they are carried out
	loseNext string         // a call of this name is carried out, and its reply lost
}

func newSpy(now func() time.Time) *spy {
	return &spy{Store: modelstore.New(now), calls: map[string]int{}, fail: map[string]int{}}
}

// before counts a call and says whether it fails, and whether its reply is lost.
func (s *spy) before(ctx context.Context, name string) (err error, lose bool) {
	if ctx.Err() != nil { // as a driver does
		return ctx.Err(), false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[name]++
	if s.fail[name] > 0 {
		s.fail[name]--
		return errDown, false
	}
	if s.loseNext == name {
		s.loseNext = ""
		return nil, true
	}
	return nil, false
}

func (s *spy) count(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[name]
}

func (s *spy) Claim(ctx context.Context, c dedupe.Claim) (dedupe.Answer, error) {
	err, lose := s.before(ctx, "claim")
	if err != nil {
		return dedupe.Answer{}, err
	}
	a, err := s.Store.Claim(ctx, c)
	if lose {
		return dedupe.Answer{}, errDown
	}
	return a, err
}

func (s *spy) Renew(ctx context.Context, h dedupe.Hold) (bool, error) {
	if err, _ := s.before(ctx, "renew"); err != nil {
		return false, err
	}
	return s.Store.Renew(ctx, h)
}

func (s *spy) Complete(ctx context.Context, c dedupe.Completion) (dedupe.Completed, error) {
	err, lose := s.before(ctx, "complete")
	if err != nil {
		return "", err
	}
	done, err := s.Store.Complete(ctx, c)
	if lose {
		return "", errDown
	}
	return done, err
}

func (s *spy) Release(ctx context.Context, h dedupe.Hold) (bool, error) {
	if err, _ := s.before(ctx, "release"); err != nil {
		return false, err
	}
	return s.Store.Release(ctx, h)
}
