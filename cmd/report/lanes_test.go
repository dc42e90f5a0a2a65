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
