package cmd

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// stopper ends a run in two steps: soft, when nothing new is sent and what was sent
// is waited for, and hard, at once. An interrupt is a soft stop, a second one a hard stop.
type stopper struct {
	soft, hard         context.Context
	softStop, hardStop context.CancelFunc
	signals            chan os.Signal
	done               chan struct{}
	say                func(string, ...any)

	mu  sync.Mutex
	why string
}

func newStopper(ctx context.Context, maxDuration time.Duration, say func(string, ...any)) *stopper {
	s := &stopper{signals: make(chan os.Signal, 2), done: make(chan struct{}), say: say}
	s.hard, s.hardStop = context.WithCancel(ctx)
	s.soft, s.softStop = context.WithCancel(s.hard)
	signal.Notify(s.signals, os.Interrupt, syscall.SIGTERM)
	go s.listen(maxDuration)
	return s
}

func (s *stopper) listen(maxDuration time.Duration) {
	var over <-chan time.Time
	if maxDuration > 0 {
		t := time.NewTimer(maxDuration)
		defer t.Stop()
		over = t.C
	}
	for interrupts := 0; ; {
		select {
		case <-s.done:
			return
		case <-over:
			s.Stop("--max-duration " + maxDuration.String())
		case <-s.signals:
			interrupts++
			if interrupts == 1 {
				s.say("interrupted: nothing more is sent; waiting for what was sent, then judging it (once more to stop at once)")
				s.Stop("interrupted")
				continue
			}
			s.say("stopped at once")
			s.hardStop()
			// A third interrupt ends the process the ordinary way.
			signal.Stop(s.signals)
		}
	}
}

// Stop ends sending. Only the first reason is kept.
func (s *stopper) Stop(why string) {
	s.mu.Lock()
	if s.why == "" {
		s.why = why
	}
	s.mu.Unlock()
	s.softStop()
}

// Why is the reason of the stop; "" where there was none.
func (s *stopper) Why() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}

// Close gives the signals back.
func (s *stopper) Close() {
	signal.Stop(s.signals)
	close(s.done)
	s.hardStop()
}
