package report

import (
	"strconv"
	"time"

	"hookonce/replay"
)

// hold is a time for which a delivery had an event's lock.
type hold struct {
	from, to, until Micros
	by              int
	end             replay.LockState // LockDone, LockReleased, or LockHeld where nothing ended it yet
	over            bool             // its lease ran out
	remembered      Micros           // with LockDone, until when
}

// holds are the times for which the reference's lock was held, up to the end of the axis. A lease that ran out ends
// one without a change of its own.
func (t timeline) holds() []hold {
	var out []hold
	for _, l := range t.f.Evidence.Locks {
		at := Micros(l.At)
		open := len(out) > 0 && out[len(out)-1].end == replay.LockHeld
		switch {
		case l.State == replay.LockHeld:
			if open {
				out[len(out)-1].lapse(at)
			}
			out = append(out, hold{from: at, to: at, until: Micros(l.Until), by: l.Delivery, end: replay.LockHeld})
		case open:
			last := &out[len(out)-1]
			last.to, last.end, last.remembered = at, l.State, Micros(l.Until)
		}
	}
	if len(out) > 0 && out[len(out)-1].end == replay.LockHeld {
		out[len(out)-1].lapse(t.axis.parts[len(t.axis.parts)-1].to)
	}
	return out
}

// lapse ends a hold that nothing ended by the moment at: with its lease, or not yet.
func (h *hold) lapse(at Micros) {
	h.to = at
	if h.until != 0 && h.until <= at {
		h.to, h.over = h.until, true
	}
}

// lock draws who had the reference's lock when, and how it ended.
func (t timeline) lock() [][]piece {
	holds := t.holds()
	if len(holds) == 0 {
		return nil
	}
	c := newCanvas(t.width)
	for i, h := range holds {
		end := t.width - 1
		if i+1 < len(holds) {
			end = t.axis.column(holds[i+1].from) - 1
		}
		t.drawHold(c, h, end)
	}
	text, ink := holds[len(holds)-1].outcome()
	return [][]piece{t.row(t.lockLabel(), c, text, ink)}
}

// drawHold draws a hold, and up to the column end what is remembered of it.
func (t timeline) drawHold(c canvas, h hold, end int) {
	from, to := t.axis.column(h.from), t.axis.column(h.to)
	c.put(from, '╞', cyan)
	for i := from + 1; i <= to; i++ {
		c.put(i, '═', cyan)
	}
	if by := "#" + strconv.Itoa(h.by); cells(by)+4 <= to-from {
		c.text(from+2, to, by, cyan)
	}
	switch _, ink := h.outcome(); {
	case h.over:
		c.put(to, '╳', ink)
	case h.end != replay.LockHeld:
		c.put(to, '╡', ink)
	}
	if h.end != replay.LockDone {
		return
	}
	if h.remembered != 0 {
		end = min(end, t.axis.column(h.remembered))
	}
	for i := to + 1; i <= end; i++ {
		c.put(i, '┈', dim)
	}
}

func (h hold) outcome() (string, colour) {
	by := "#" + strconv.Itoa(h.by)
	switch {
	case h.over:
		return "lease over, " + by, yellow
	case h.end == replay.LockDone:
		return "done by " + by, green
	case h.end == replay.LockReleased:
		return "released by " + by, yellow
	}
	return "held by " + by, cyan
}

func (t timeline) lockLabel() string {
	for _, l := range t.f.Evidence.Locks {
		if l.Lease > 0 {
			return "lock, lease " + shortSpan(time.Duration(l.Lease))
		}
	}
	return "lock"
}

// LockLegend explains the lane of the reference's lock, in at most width columns a line. It is nil where the story has none.
func LockLegend(f Finding, width int) []string {
	if len(f.Evidence.Locks) == 0 {
		return nil
	}
	return wrapItems([]string{"╞═ held", "╡ done or released", "┈ remembered as done", "╳ lease over"}, "  ", width)
}
