package load

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"hookonce/replay"
)

// Hit is what is sent at one moment: deliveries that are released together where they have a gate, one after the other where not.
type Hit struct {
	Deliveries []replay.Delivery
	Of         []*replay.Event // the delivery's event, for each
}

// Options say how traffic is sent. Next, Send and Sent are required.
type Options struct {
	// Pace is the rate; it is not asked where Closed is above 0.
	Pace Pace
	// HitsPerDelivery is how many hits make one delivery, on average: Pace counts deliveries, vegeta's pacers hits.
	HitsPerDelivery float64
	// Duration and Count end the attack, whichever comes first; 0 for no such end. One of them must be above 0.
	Duration time.Duration
	Count    uint64 // of deliveries, about: a hit is never cut
	// Closed is how many workers send one hit after another, each as soon as the one before was answered; 0 for an open loop.
	Closed int
	// MaxWorkers bounds the hits under way in an open loop; 0 means DefaultMaxWorkers.
	MaxWorkers int
	// Next draws the next hit. It is never called twice at once.
	Next func() (Hit, error)
	// Send sends a delivery, or the copies of a gate, and returns their attempts.
	Send func(*replay.Event, ...replay.Delivery) []replay.Attempt
	// Sent is told what became of deliveries of one hit that were sent together. It is never called twice at once. An error ends the attack.
	Sent func(Hit, []replay.Attempt) error
}

// DefaultMaxWorkers is how many hits are under way at most in an open loop.
const DefaultMaxWorkers = 1000

// attack is one under way. It is the RoundTripper of vegeta's client.
type attack struct {
	Options
	stop context.CancelCauseFunc
	ctx  context.Context

	drawing sync.Mutex
	drawn   uint64 // deliveries
	telling sync.Mutex
}

var errEnough = errors.New("all deliveries were drawn")

// Attack sends traffic until its end, or until ctx ends; what was sent is always waited for. The error is
// the one of Next or Sent that ended it.
func Attack(ctx context.Context, o Options) error {
	a := &attack{Options: o}
	a.ctx, a.stop = context.WithCancelCause(ctx)
	defer a.stop(nil)
	target := vegeta.Target{Method: http.MethodPost, URL: "http://target"} // the RoundTripper knows the real one
	targeter := func(t *vegeta.Target) error { *t = target; return nil }
	for range a.attacker().Attack(targeter, a.pacer(), o.Duration, "") {
		// What vegeta measures of a hit is in its attempts already.
	}
	if err := context.Cause(a.ctx); err != nil && ctx.Err() == nil && !errors.Is(err, errEnough) {
		return err
	}
	return nil
}

func (a *attack) attacker() *vegeta.Attacker {
	workers, most := uint64(vegeta.DefaultWorkers), uint64(DefaultMaxWorkers)
	if a.MaxWorkers > 0 {
		most = uint64(a.MaxWorkers)
	}
	if a.Closed > 0 {
		workers, most = uint64(a.Closed), uint64(a.Closed)
	}
	client := &http.Client{Transport: a, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return vegeta.NewAttacker(vegeta.Client(client), vegeta.Workers(workers), vegeta.MaxWorkers(most))
}

func (a *attack) pacer() vegeta.Pacer {
	if a.Closed > 0 {
		return stoppable{unpaced{}, a.ctx}
	}
	return stoppable{a.Pace.pacer(a.HitsPerDelivery, a.Duration), a.ctx}
}

// RoundTrip sends the next hit, whatever the request says.
func (a *attack) RoundTrip(req *http.Request) (*http.Response, error) {
	h, err := a.draw()
	if err != nil {
		return nil, err
	}
	var first replay.Attempt
	for i := 0; i < len(h.Deliveries); {
		n := 1
		if h.Deliveries[i].Gate != 0 {
			n = len(h.Deliveries) - i
		}
		attempts := a.Send(h.Of[i], h.Deliveries[i:i+n]...)
		if i == 0 {
			first = attempts[0]
		}
		a.tell(Hit{h.Deliveries[i : i+n], h.Of[i : i+n]}, attempts)
		i += n
	}
	if first.Status == 0 {
		return nil, errors.New(first.Error)
	}
	return &http.Response{StatusCode: first.Status, Status: http.StatusText(first.Status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: http.NoBody, Request: req}, nil
}

func (a *attack) draw() (Hit, error) {
	a.drawing.Lock()
	defer a.drawing.Unlock()
	if err := context.Cause(a.ctx); err != nil {
		return Hit{}, err
	}
	h, err := a.Next()
	if err != nil {
		a.stop(err)
		return Hit{}, err
	}
	if a.drawn += uint64(len(h.Deliveries)); a.Count > 0 && a.drawn >= a.Count {
		a.stop(errEnough)
	}
	return h, nil
}

func (a *attack) tell(h Hit, attempts []replay.Attempt) {
	a.telling.Lock()
	defer a.telling.Unlock()
	if err := a.Sent(h, attempts); err != nil {
		a.stop(err)
	}
}
