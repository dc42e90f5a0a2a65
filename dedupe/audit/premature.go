package audit

import (
	"fmt"

	"hookonce/replay"
)

// judgePremature looks for acknowledgements given while nothing was committed and
// another attempt was still at work: had that one failed, the event would be lost.
// It is judged only where control showed that effects come before the
// acknowledgement; a durable inbox is right to answer first.
func judgePremature(d *docket) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, f := range d.events {
		les := f.lesson
		if les == nil || !les.timed || !les.before || f.shared || f.badSignature != replay.SignValid || len(f.attempts) < 2 || f.effects == 0 {
			continue
		}
		judged++
		if !f.course.together {
			continue
		}
		for _, a := range f.acks {
			if other, ok := d.inFlight(f, a); ok && d.nothingBefore(f, a) {
				x := d.finding("premature-ack", f)
				x.Message = fmt.Sprintf("delivery %d of %s was acknowledged with %d while delivery %d was still at work and no effect was committed",
					a.Delivery, f.event.Key, a.Status, other.Delivery)
				x.Advice = "Answer 503 with Retry-After while another attempt is in flight: if it fails, nobody will redeliver what you acknowledged."
				out = append(out, x)
				break
			}
		}
	}
	return out, judged
}

// inFlight returns another attempt on the event that was being handled when a was answered.
func (d *docket) inFlight(f *dossier, a *replay.Attempt) (*replay.Attempt, bool) {
	for _, b := range f.attempts {
		if from, to := d.handled(b); b.Delivery != a.Delivery && from < a.End && a.End < to {
			return b, true
		}
	}
	return nil, false
}

// nothingBefore says that every effect of the event was committed after the answer to a.
func (d *docket) nothingBefore(f *dossier, a *replay.Attempt) bool {
	for _, t := range f.tallies {
		for _, e := range t.seen {
			if e.Since <= a.End { // at the very moment of the answer, too: the commit brought it about
				return false
			}
		}
	}
	return true
}
