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
	at   *process // where it arrived
}

// send begins the attempt of a delivery.
func (s *simulation) send(d *delivery) {
	t := &attempt{simulation: s, d: d, a: replay.Attempt{Delivery: d.N, Event: d.Event, ID: s.attemptID(d), Start: max(1, s.sched.now)}}
	s.told(StepSend, d.N, "is sent")
	if h := d.HangUp; h != nil && h.Body != nil {
		t.a.HangUpAt = share(*h.Body, upload)
		s.sched.at(s.sched.now+t.a.HangUpAt, func() { t.hangUp("hung up within the body") })
		return
	}
	s.sched.at(s.sched.now+upload, t.sent)
}

// attemptID is the id the provider gives an attempt. A duplicate is a copy that the network made: it has the last one's.
func (s *simulation) attemptID(d *delivery) string {
	if s.attemptIDs[d.Event] == "" || d.NewAttempt || d.Role == replay.RoleFirst || d.Role == replay.RoleRedelivery {
		s.attemptIDs[d.Event] = fmt.Sprintf("attempt-%d", d.N)
	}
	return s.attemptIDs[d.Event]
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
	t.arrivals[t.d.Event]++
	t.d.attempt = t.arrivals[t.d.Event]
	t.arrivalMishaps()
	if t.at = t.route(t.d); t.at == nil {
		t.unreachable()
		return
	}
	t.at.open = append(t.at.open, t)
	t.sched.spawn(t.at, t, t.serve, func() {})
}

// serve is the worker's part: the handler and its answer.
func (t *attempt) serve() {
	r := t.handle()
	_ = t.step(t.ctx, t.sched.current, StepAnswer, "", 0, func() error { // an answer has nobody to tell an error
		t.at.open = slices.DeleteFunc(t.at.open, func(o *attempt) bool { return o == t })
		t.answered(r)
		return nil
	})
}

// handle runs the handler. A panic is a defect of the handler, and ends the simulation.
func (t *attempt) handle() (r reference.Response) {
	defer func() {
		if p := recover(); p != nil {
			t.fail(fmt.Errorf("handler: delivery %d: panic: %v", t.d.N, p))
		}
	}()
	return t.handler(t.ctx, t.at.world, t.request())
}

// request is the delivery as the endpoint sees it.
func (t *attempt) request() reference.Request {
	r := reference.Request{Event: *t.events[t.d.Event], Attempt: t.a.ID, Retry: t.d.OnlyUnacknowledged()}
	r.Body = t.d.Rewrite.Apply(r.Body)
	if t.o.Wire != nil {
		t.o.Wire(t.d.Delivery, &r)
	}
	sent := r.Body
	r.Verify = func(body []byte) error {
		if t.d.Signature != replay.SignValid || !bytes.Equal(body, sent) {
			return errSignature
		}
		return nil
	}
	return r
}

var errSignature = errors.New("bad signature")

// answered gives the sender its answer, if it still waits.
func (t *attempt) answered(r reference.Response) {
	if t.o.Trace != nil {
		t.tell(Step{Kind: StepAnswer, Delivery: t.d.N, What: fmt.Sprintf("answers %d %s", r.Status, r.Body),
			Status: r.Status, Body: r.Body[:min(len(r.Body), maxWhat)], Heard: !t.over})
	}
	if t.over {
		return
	}
	t.a.FirstByte, t.a.Status = t.sched.now, r.Status
	t.a.Body, t.a.Truncated = r.Body[:min(len(r.Body), replay.MaxBody)], len(r.Body) > replay.MaxBody
	if seconds, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil && seconds > 0 {
		t.a.RetryAfter = time.Duration(seconds) * time.Second
	}
	t.a.NoRetry = r.Header.Get(replay.NoRetryHeader) == "1"
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

// reset tells the sender that the endpoint died.
func (t *attempt) reset() {
	if !t.over {
		t.giveUp("connection reset by the endpoint")
	}
}

// unreachable tells the sender that nobody listens.
func (t *attempt) unreachable() {
	if !t.over {
		t.a.Outcome, t.a.Error = replay.Unsent, "connection refused"
		t.a.LastByte = 0
		t.told(StepSender, t.d.N, "nobody listens: connection refused")
		t.finish()
	}
}

// arrivalMishaps are those that strike when a request is complete, before anybody works on it.
func (t *attempt) arrivalMishaps() {
	for _, m := range t.traps {
		if !m.fits(t.d, StepArrive, "") {
			continue
		}
		m.spent = !m.Every
		switch m.Kind {
		case Crash:
			if p := t.route(t.d); p != nil {
				t.struck(m, t.d.N)
				t.crash(p, m.For)
			}
		case RedisDown:
			t.takeDown(m)
		case DataLost:
			t.loseData(m)
		}
	}
}

func (t *attempt) giveUp(why string) {
	t.a.Outcome, t.a.Error = replay.Unknown, why
	t.told(StepSender, t.d.N, "the sender "+why)
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
