package simulate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// locksOf writes the changes of an event's lock, without their moments: "#2 held 30s".
func locksOf(t *testing.T, h replay.History, event string) string {
	t.Helper()
	var out []string
	for _, l := range h.Locks {
		if l.Event != event {
			continue
		}
		a := attemptOf(t, h, l.Delivery)
		if l.At < a.LastByte || l.At > a.End && a.Outcome != replay.Unknown {
			t.Errorf("the lock changes at %s, and delivery %d is at work from %s to %s", l.At, l.Delivery, a.LastByte, a.End)
		}
		s := fmt.Sprintf("#%d %s", l.Delivery, l.State)
		if l.State == replay.LockHeld {
			s += " " + l.Lease.String()
			if l.Token == "" || l.Until < l.At+l.Lease {
				t.Errorf("held by %q at %s until %s", l.Token, l.At, l.Until)
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

// What happened to the lock is told by the guard's store on every engine, and by the commands of a lock that is a key.
func TestLocks(t *testing.T) {
	for _, engine := range []string{EngineEmbedded, EngineModel} {
		for name, c := range map[string]struct {
			handler reference.Handler
			want    string
		}{
			"hardened": {reference.Hardened, "#2 held 30s, #2 released, #6 held 30s, #6 done"},
			"article":  {reference.Article, "#2 held 1m0s, #2 released, #6 held 1m0s"},
		} {
			h := mustRun(t, sequential(), c.handler, Options{Engine: engine, Fails: failEvents("evt")})
			if got := locksOf(t, h, "evt"); got != c.want {
				t.Errorf("%s on %s: %s, not %s", name, engine, got, c.want)
			}
		}
	}
}

// Work that is renewed again and again has one line, whose lease ends after the work.
func TestRenewalsKeepOneLock(t *testing.T) {
	h := mustRun(t, sequential(), reference.Hardened, Options{Work: 100 * time.Second})
	if got, want := locksOf(t, h, "evt"), "#2 held 30s, #2 done"; got != want {
		t.Fatalf("%s, not %s", got, want)
	}
	var held, done replay.Lock
	for _, l := range h.Locks {
		if l.Event == "evt" && l.State == replay.LockHeld {
			held = l
		} else if l.Event == "evt" {
			done = l
		}
	}
	if took := done.At - held.At; took < 100*time.Second || held.Until < done.At {
		t.Errorf("held from %s until %s, done at %s", held.At, held.Until, done.At)
	}
}
