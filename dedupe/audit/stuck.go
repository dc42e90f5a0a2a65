package audit

import (
	"fmt"
	"time"

	"hookonce/replay"
)

// judgeStuck looks for events that nothing acknowledged, although all faults were healed.
func judgeStuck(d *docket) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, f := range d.events {
		if f.control || f.badSignature != replay.SignValid || f.lesson == nil {
			continue
		}
		if f.acked() {
			judged++
			continue
		}
		tail, enough := d.tailOf(f)
		if !enough || !d.outlasted(tail) {
			continue
		}
		judged++
		last := f.attempts[len(f.attempts)-1]
		x := d.finding("stuck", f)
		x.Message = fmt.Sprintf("%s was never acknowledged: %d attempts, %d of them without any fault, the last one with %s",
			f.event.Key, len(f.attempts), len(tail), describeRefusal(last))
		x.Advice = "After a failure the next attempt must be able to run: free the claim (if it is still yours), or let it expire; never keep a failure as the final answer."
		out = append(out, x)
	}
	return out, judged
}

// tailOf lists an event's fault-free attempts that were answered, and says whether they are enough to tell that it is stuck: what became of
// one without an answer is not known.
func (d *docket) tailOf(f *dossier) (tail []*replay.Attempt, enough bool) {
	for _, a := range f.attempts {
		if a.Status != 0 && d.inTail(a) {
			tail = append(tail, a)
		}
	}
	return tail, len(tail) > 1
}

func (d *docket) inTail(a *replay.Attempt) bool {
	p := d.delivery(a.Delivery)
	return p != nil && p.Phase == replay.PhaseTail
}

// outlasted says that a claim left behind in the faults would have expired before the last of the fault-free attempts.
// A provider waits so long by itself, where its waits are not scaled; a clock that is not the endpoint's was moved in vain.
func (d *docket) outlasted(tail []*replay.Attempt) bool {
	h := &d.h.Header
	switch {
	case h.TimeScale == 1:
		return true
	case h.Lease == 0:
		return false
	}
	return h.ClockMoved && !d.unused() || tailSpan(tail) >= h.Lease
}

// tailSpan is how long after the first answer the last attempt was made.
func tailSpan(tail []*replay.Attempt) time.Duration { return tail[len(tail)-1].Start - tail[0].End }

// hasty is an event that was refused to the end, and too soon to say that it always will be, or that was not answered to the end; the key is "" for
// none.
type hasty struct {
	key    string
	rank   int
	mute   bool
	span   time.Duration
	events int
}

func (h *hasty) add(o hasty) {
	if o.key != "" && (h.key == "" || o.rank < h.rank) {
		h.key, h.rank, h.mute, h.span = o.key, o.rank, o.mute, o.span
	}
	h.events += o.events
}

// hastyOf looks at an event that nothing acknowledged.
func (d *docket) hastyOf(f *dossier) hasty {
	if f.control || f.badSignature != replay.SignValid || f.lesson == nil || f.acked() {
		return hasty{}
	}
	tail, enough := d.tailOf(f)
	switch {
	case !enough && d.triedInTail(f)+int(f.unsent) > 1:
		return hasty{key: f.event.Key, rank: d.rankOf(f), mute: true, events: 1}
	case !enough || d.outlasted(tail):
		return hasty{}
	}
	return hasty{key: f.event.Key, rank: d.rankOf(f), span: tailSpan(tail), events: 1}
}

// triedInTail is how many fault-free attempts of an event were sent.
func (d *docket) triedInTail(f *dossier) (n int) {
	for _, a := range f.attempts {
		if d.inTail(a) {
			n++
		}
	}
	return n
}

func (h hasty) text() string {
	if h.key == "" {
		return ""
	}
	more := ""
	if h.events > 1 {
		more = fmt.Sprintf(" (and %s)", plural(h.events-1, "other event"))
	}
	if h.mute {
		return fmt.Sprintf("%s%s got no answer in time to its fault-free attempts, so that it is not known whether it would be acknowledged: "+
			"is the endpoint still up? Let it answer faster, or give it longer with --patience", h.key, more)
	}
	return fmt.Sprintf("%s%s was still refused %s after the first fault-free attempt; whether for ever is not known, because a provider waits longer than that. "+
		"Say with --lease how long a claim of the endpoint may last: the last attempt then waits that long", h.key, more, h.span.Round(time.Millisecond))
}
