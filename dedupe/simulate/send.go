package simulate

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// upload is how long the bytes of a request take to leave.
const upload = 100 * time.Microsecond

// attempt is a delivery under way, until the sender knows its outcome or gives up.
type attempt struct {
	*simulation
	d    *delivery
	a    replay.Attempt
	over bool
}

// send begins the attempt of a delivery.
func (s *simulation) send(d *delivery) {
	t := &attempt{simulation: s, d: d, a: replay.Attempt{Delivery: d.N, Event: d.Event, Start: max(1, s.sched.now)}}
	s.tell(d.N, "is sent")
	if h := d.HangUp; h != nil && h.Body != nil {
		t.a.HangUpAt = share(*h.Body, upload)
		s.sched.at(s.sched.now+t.a.HangUpAt, func() { t.hangUp("hung up within the body") })
		return
	}
	s.sched.at(s.sched.now+upload, t.sent)
}

// sent takes the attempt from its last byte on.
func (t *attempt) sent() {
	now := t.sched.now
	t.a.LastByte = now
	if h := t.d.HangUp; h != nil && h.Latency != nil {
		t.a.HangUpAt = share(*h.Latency, t.latency(t.events[t.d.Event].Type))
		t.sched.at(now+t.a.HangUpAt, func() { t.hangUp("hung up before the answer") })
	}
	t.sched.at(now+t.patience(), t.runOut)
	t.sched.at(now+t.sched.jitter(10*time.Microsecond, 200*time.Microsecond), t.arrived)
}

// arrived is the endpoint's side. It handles the whole request, whether the sender
// still waits or not, as most endpoints do.
func (t *attempt) arrived() {
	var r reference.Response
	t.sched.spawn(t.d.N, func() { r = t.handle() }, func() { t.answered(r) })
}

// handle runs the handler. A panic is a defect of the handler, and ends the simulation.
func (t *attempt) handle() (r reference.Response) {
	defer func() {
		if p := recover(); p != nil {
			t.fail(fmt.Errorf("handler: delivery %d: panic: %v", t.d.N, p))
		}
	}()
	return t.handler(t.ctx, t.world, t.request())
}

// request is the delivery as the endpoint sees it.
func (t *attempt) request() reference.Request {
	e := *t.events[t.d.Event]
	return reference.Request{Event: e, Attempt: fmt.Sprintf("attempt-%d", t.d.N), Retry: t.d.OnlyUnacknowledged(),
		Verify: func(body []byte) error {
			if t.d.Signature != replay.SignValid || !bytes.Equal(body, e.Body) {
				return errSignature
			}
			return nil
		}}
}

var errSignature = errors.New("bad signature")

// answered gives the sender its answer, if it still waits.
func (t *attempt) answered(r reference.Response) {
	t.tell(t.d.N, fmt.Sprintf("answers %d %s", r.Status, r.Body))
	if t.over {
		return
	}
	t.a.FirstByte, t.a.Status = t.sched.now, r.Status
	t.a.Body, t.a.Truncated = r.Body[:min(len(r.Body), replay.MaxBody)], len(r.Body) > replay.MaxBody
	if seconds, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil && seconds > 0 {
		t.a.RetryAfter = time.Duration(seconds) * time.Second
	}
	t.a.Outcome = replay.Refused
	if t.o.profileOf(t.events[t.d.Event].Provider).Acknowledges(r.Status) {
		t.a.Outcome = replay.Acked
	}
	t.finish()
}

func (t *attempt) hangUp(why string) {
	if !t.over {
		t.a.Fired = true
		t.giveUp(why)
	}
}

func (t *attempt) runOut() {
	if !t.over {
		t.giveUp("no answer within " + t.patience().String())
	}
}

func (t *attempt) patience() time.Duration { return t.o.patience(t.events[t.d.Event].Provider) }

func (t *attempt) giveUp(why string) {
	t.a.Outcome, t.a.Error = replay.Unknown, why
	t.tell(t.d.N, "the sender "+why)
	t.finish()
}

func (t *attempt) finish() {
	t.over, t.a.End = true, t.sched.now
	t.simulation.finish(t.d, t.a)
}

// latency is the median the endpoint showed for acknowledged control attempts of the
// type, or of any type where there is none.
func (s *simulation) latency(eventType string) time.Duration {
	l := s.latencies[eventType]
	if len(l) == 0 {
		l = s.latencies[""]
	}
	if len(l) == 0 {
		return 0
	}
	l = slices.Sorted(slices.Values(l))
	return (l[(len(l)-1)/2] + l[len(l)/2]) / 2
}

func share(f float64, d time.Duration) time.Duration { return time.Duration(f * float64(d)) }
