package report

import (
	"strings"
	"testing"
	"time"

	"hookonce/replay"
)

const milli = Micros(time.Millisecond)

// lanesOf draws attempts of one event in 80 columns.
func lanesOf(e Evidence) []string {
	var out []string
	for _, l := range Lanes(Finding{Event: "evt_1", Expected: 1, Evidence: e}, 80) {
		var s strings.Builder
		for _, p := range l {
			s.WriteString(p.Text)
		}
		out = append(out, s.String())
	}
	return out
}

// An answer whose body takes its time begins long before it is done, and both moments are seen.
func TestFirstByteIsMarked(t *testing.T) {
	slow := Attempt{Delivery: 1, Event: "evt_1", Role: replay.RoleFirst, Signature: replay.SignValid, Outcome: replay.Acked, Status: 200,
		LastByte: 10 * milli, FirstByte: 20 * milli, End: 40 * milli}
	cut := slow
	cut.Delivery, cut.Outcome = 2, replay.Unknown
	silent := cut
	silent.Delivery, silent.FirstByte = 3, 0
	lines := lanesOf(Evidence{Attempts: []Attempt{slow, cut, silent}})
	for i, want := range []string{"├╌╌╌╌╌╌╌╌╌┝━━━━━━━━━━┿━━━━━━━━━━━━━━━━━━━━┥", "┿━━━━━━━━━━━━━━━━━━━━╳", "┝━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╳"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("lane %d is %q, without %q", i, lines[i], want)
		}
	}
	rows := newLanes(Finding{Evidence: Evidence{Attempts: []Attempt{slow, silent}}}).Rows
	if rows[0].First != "49.9%" || rows[1].First != "" || !strings.Contains(rows[0].Tip, "first byte of the answer at 20\u00a0ms") {
		t.Errorf("the page has the first byte at %q and %q, and says %q", rows[0].First, rows[1].First, rows[0].Tip)
	}
}

// The reference's lock has a lane of its own: who held it, how that ended, and what is left of it.
func TestLockLane(t *testing.T) {
	attempt := func(n int, from, to Micros) Attempt {
		return Attempt{Delivery: n, Event: "evt_1", Role: replay.RoleFirst, Signature: replay.SignValid, Outcome: replay.Acked, Status: 200,
			Start: from, LastByte: from, FirstByte: to, End: to}
	}
	attempts := []Attempt{attempt(1, 0, 20*milli), attempt(2, 22*milli, 40*milli)}
	at := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	held := func(n, from, until int) replay.Lock {
		return replay.Lock{At: at(from), Event: "evt_1", State: replay.LockHeld, Delivery: n, Lease: at(30000), Until: at(until)}
	}
	ended := func(n int, s replay.LockState, when int) replay.Lock {
		return replay.Lock{At: at(when), Event: "evt_1", State: s, Delivery: n, Until: at(1e6)}
	}
	for name, c := range map[string]struct {
		locks []replay.Lock
		want  string
	}{
		"done":     {[]replay.Lock{held(1, 5, 30000), ended(1, replay.LockDone, 20)}, "  lock, lease 30s       ╞═#1════════════╡┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈ done by #1"},
		"released": {[]replay.Lock{held(1, 5, 30000), ended(1, replay.LockReleased, 20)}, "  lock, lease 30s       ╞═#1════════════╡                      released by #1"},
		"takeover": {[]replay.Lock{held(1, 5, 20), held(2, 30, 30000), ended(2, replay.LockDone, 40)}, "  lock, lease 30s       ╞═#1════════════╳         ╞═#2═══════╡ done by #2"},
		"never":    {[]replay.Lock{held(1, 5, 30000)}, "  lock, lease 30s       ╞═#1══════════════════════════════════ held by #1"},
		"over":     {[]replay.Lock{held(1, 5, 20)}, "  lock, lease 30s       ╞═#1════════════╳                      lease over, #1"},
	} {
		lines := lanesOf(Evidence{Attempts: attempts, Locks: c.locks})
		if got := strings.TrimRight(lines[2], " "); got != c.want {
			t.Errorf("%s:\n%s, not\n%s", name, got, c.want)
		}
	}
	if lines := lanesOf(Evidence{Attempts: attempts}); strings.Contains(strings.Join(lines, ""), "lock") {
		t.Error("a story without locks has a lane for them")
	}
}
