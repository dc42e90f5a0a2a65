package observe

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"hookonce/replay"
)

// account is what is known of one effect, to which several calls may belong that come under one key. It begins to be unsure
// when the first of them is passed on, and is so until an answer decides: then there is one effect, or none.
type account struct {
	key     string        // the calls' own
	since   time.Duration // when the first call was passed on
	number  int64         // the effect's; 0 where there is none yet
	running int           // calls without an answer
	unsure  bool          // the effect was told as one that may happen
	lost    bool          // a call will never be decided
}

// accountOf is the account that a call belongs to. The lock is held.
func (s *Sink) accountOf(once sinkOnce) *account {
	if !s.spec.dedupe || once.key == "" {
		return &account{key: once.key}
	}
	if s.accounts[once] == nil {
		s.accounts[once] = &account{key: once.key}
	}
	return s.accounts[once]
}

// open notes that a call is passed on.
func (s *Sink) open(c call, once sinkOnce) *account {
	s.state.Lock()
	defer s.state.Unlock()
	a := s.accountOf(once)
	a.running++
	if a.number != 0 || a.unsure {
		return a
	}
	a.unsure, a.since = true, s.now()
	s.sendNow(replay.Effect{Name: c.name, Key: c.id, Unsure: 1})
	return a
}

// settle notes what became of a call that was passed on.
func (s *Sink) settle(a *account, c call, how fate) {
	s.state.Lock()
	defer s.state.Unlock()
	a.running--
	a.lost = a.lost || how == undecided
	switch {
	case how == committed && a.number != 0:
		s.repeated++
	case how == committed:
		s.effects++
		a.number, a.unsure = s.effects, false
		s.sendSince(replay.Effect{Name: c.name, Key: c.id, Count: 1, Unsure: -1, IdempotencyKey: shortKey(a.key)}, a.since)
	case a.unsure && a.running == 0 && !a.lost:
		a.unsure = false
		s.sendNow(replay.Effect{Name: c.name, Key: c.id, Unsure: -1})
	}
}

// relay forwards a call, and counts it by the answer where it is an effect.
func (s *Sink) relay(w http.ResponseWriter, r *http.Request, m meeting) {
	if slow := s.spec.slow + m.strike.Delay; slow > 0 {
		select { // whoever hangs up meanwhile has called all the same
		case <-time.After(slow):
		case <-s.forward.ctx.Done():
			return
		}
	}
	if !m.counts {
		s.forward.pass(w, r, false, func(fate, string) {})
		return
	}
	a := s.open(m.call, m.once)
	s.forward.pass(w, r, m.strike.Lose, func(how fate, why string) {
		s.settle(a, m.call, how)
		switch how {
		case declined:
			s.remark("%s %s was not carried out by %s (%s): no effect", r.Method, clip(r.URL.Path), s.spec.forward, clip(why))
		case undecided:
			s.remark("%s %s: whether %s carried it out is not known (%s)", r.Method, clip(r.URL.Path), s.spec.forward, clip(why))
		}
	})
}

// keyShown is how much of an Idempotency-Key is told: longer ones are not asked for by any service, and only have to differ.
const keyShown = 64

func shortKey(key string) string {
	if len(key) <= keyShown {
		return strings.ToValidUTF8(key, "")
	}
	sum := sha256.Sum256([]byte(key))
	return strings.ToValidUTF8(key[:keyShown/2], "") + "..." + hex.EncodeToString(sum[:4])
}
