package dispatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"hookonce/replay"
)

const (
	// DefaultMaxInFlight is how many requests are under way at most, where Options do not say.
	DefaultMaxInFlight = 64
	// DefaultPatience is how long an answer is waited for, where Options do not say.
	DefaultPatience = 10 * time.Second
	// lead is how long before its due time a delivery gets its connection, but in control.
	lead = 10 * time.Millisecond
	// maxFailures is how many connections in a row may fail before the target counts as gone.
	maxFailures = 50
)

// ErrTargetLost says that the endpoint took connections at first, or was said to, and then no more.
var ErrTargetLost = errors.New("target lost")

// Options say how a plan is sent. Only Sign and Acknowledges are required.
type Options struct {
	// Sign makes the headers and the body of a delivery, as of now. It is called right before
	// the bytes leave (for a gate, right before all but the last byte does), from several goroutines at once.
	// Its headers win over the event's recorded ones.
	Sign func(replay.Event, replay.Sending) (http.Header, []byte, error)
	// Acknowledges says whether the provider takes a status for an acknowledgement.
	Acknowledges func(provider string, status int) bool
	// ProfileOf tells what a provider says of attempts, batches and of when it gives an event up; nil means nothing.
	ProfileOf func(provider string) replay.Profile
	// Patience is how long the sender waits for the answer to be complete, since it began to
	// send or, for a copy of a gate, since the release. It bounds connecting, too. 0 means DefaultPatience.
	Patience time.Duration
	// PatienceFor is the patience with a provider's events, where providers differ; 0 means Patience.
	PatienceFor func(provider string) time.Duration
	// TimeScale is the factor on Delivery.Wait, but for late duplicates; 0 means not to wait.
	TimeScale float64
	// Lease is how long after the one before a fault-free redelivery is made at least, in real time.
	Lease time.Duration
	// MaxInFlight bounds the requests under way; a larger gate goes alone. 0 means DefaultMaxInFlight.
	MaxInFlight int
	// Base is what all times of attempts count from; it must hold a monotonic reading. Zero means the call of Run.
	Base time.Time
	// Late makes d pass for the endpoint's clock, while nothing is under way. Nil means to really wait
	// until the late duplicates have their age.
	Late func(ctx context.Context, d time.Duration) error
	// BeforePhase is called before each phase that has deliveries, while nothing is under way
	// and no connection is open. An error ends the run.
	BeforePhase func(ctx context.Context, p replay.Phase) error
	// Ready is called before each delivery of the process phase (of a gate's, once for each copy), from its own goroutine: it returns when the endpoint's
	// processes are there again. Nil means that they always are.
	Ready func(ctx context.Context, d replay.Delivery)
	// Hard, when it ends, aborts what is under way; nil means never.
	Hard context.Context

	// Request is the user's own request that goes with an event; nil where the plan has none.
	Request func(replay.Event) Request

	// Release is how a gate's last bytes leave in HTTP/1.1; empty means ReleaseMixed.
	Release Release
	// Transport is how gates travel, as Choose says; empty means TransportRaw.
	Transport Transport

	release  release // of all gates, whatever Release says; nil but in tests
	laneless bool    // every delivery has a goroutine; in tests
}

// Running is a run under way.
type Running struct {
	// Attempts yields one attempt per planned delivery, in the order in which they ended, and is closed
	// when the run is over. It is buffered: a slow reader delays nothing, and one that stops reading leaks nothing.
	Attempts <-chan replay.Attempt
	done     chan struct{}
	err      error
}

// Err waits for the run to be over and says why it ended early: nil where every delivery had its attempt,
// else the context's error, that of Late or BeforePhase, ErrTargetLost or a *ForbiddenError.
func (r *Running) Err() error {
	<-r.done
	return r.err
}

// Run sends the plan's deliveries. When ctx ends, no delivery is begun any more, and
// those under way end as they would. Every delivery that was begun yields its attempt. The error is
// of a plan (ErrPlan), target or option that cannot be used; then nothing was sent.
func Run(ctx context.Context, p replay.Plan, t Target, o Options) (*Running, error) {
	steps, err := compile(p)
	if err != nil {
		return nil, err
	}
	to, err := t.endpoints()
	if err != nil {
		return nil, err
	}
	for _, d := range p.Deliveries {
		if d.Replica < 0 || d.Replica > len(to) {
			return nil, badPlan("delivery %d goes to replica %d, and the target has %d", d.N, d.Replica, len(to))
		}
	}
	if o, err = o.complete(); err != nil {
		return nil, err
	}
	out := make(chan replay.Attempt, len(p.Deliveries))
	running := &Running{Attempts: out, done: make(chan struct{})}
	r := newRunner(ctx, p, to, o, out)
	go func() {
		defer close(running.done)
		defer close(out)
		running.err = r.run(ctx, steps)
	}()
	return running, nil
}

// complete checks the options and fills in what they leave open.
func (o Options) complete() (Options, error) {
	switch {
	case o.Sign == nil || o.Acknowledges == nil:
		return o, errors.New("dispatch: Sign and Acknowledges are required")
	case o.Patience < 0 || o.MaxInFlight < 0 || !(o.TimeScale >= 0):
		return o, errors.New("dispatch: a negative option")
	case o.Transport != "" && (o.Transport == TransportAuto || !slices.Contains(Transports(), string(o.Transport))):
		return o, fmt.Errorf("dispatch: transport %q is not one that Choose chooses", o.Transport)
	case !slices.Contains(releases, o.Release):
		return o, fmt.Errorf("dispatch: release %q is not known", o.Release)
	}
	if o.Patience == 0 {
		o.Patience = DefaultPatience
	}
	if o.MaxInFlight == 0 {
		o.MaxInFlight = DefaultMaxInFlight
	}
	if o.PatienceFor == nil {
		o.PatienceFor = func(string) time.Duration { return 0 }
	}
	if o.ProfileOf == nil {
		o.ProfileOf = func(string) replay.Profile { return replay.Profile{} }
	}
	if o.Base.IsZero() {
		o.Base = time.Now()
	}
	if o.Hard == nil {
		o.Hard = context.Background()
	}
	return o, nil
}

// runner is what one run needs. Its loop runs in one goroutine; each unit has one of its own while it is under way, but those in the lane.
type runner struct {
	Options
	clock  clock
	places places
	events map[string]*replay.Event
	firsts map[string]int // the number of each event's first delivery
	out    chan<- replay.Attempt
	ended  chan ending
	hands  hands
	lane   *lane
	crowd  crowd
	work   sync.WaitGroup
	soft   context.Context // ends when nothing is to be begun any more
	stop   context.CancelCauseFunc

	acked   acks
	dropped acks // by the provider, because of an answer
	tried   tries
	learned latencies
	typical medians // a snapshot per phase
	// failures counts the connections that failed in a row.
	failures int
	fatal    error // why the run cannot go on
}

// ending is what a unit's goroutine reports for each of its members.
type ending struct {
	unit    *unit
	begun   bool
	attempt replay.Attempt
	failed  error // no connection came about
}

func newRunner(ctx context.Context, p replay.Plan, to []*endpoint, o Options, out chan<- replay.Attempt) *runner {
	r := &runner{Options: o, events: p.EventByKey(), firsts: map[string]int{}, out: out,
		ended: make(chan ending, o.MaxInFlight), hands: newHands(), acked: acks{keys: map[string]bool{}}, dropped: acks{keys: map[string]bool{}},
		tried: tries{of: map[string]tried{}}}
	for _, d := range p.Deliveries {
		if r.firsts[d.Event] == 0 {
			r.firsts[d.Event] = d.N
		}
	}
	r.clock.base = o.Base
	r.places = placesOf(to, r.clock.now, o.Patience)
	r.soft, r.stop = context.WithCancelCause(ctx)
	return r
}

func (r *runner) run(ctx context.Context, steps []step) error {
	defer keepStamping()()
	defer r.places.everywhere((*pool).close)
	defer r.stop(nil)
	defer context.AfterFunc(r.Hard, func() {
		r.stop(context.Cause(r.Hard))
		r.places.everywhere((*pool).abort)
	})()
	// Deferred calls run last first: the units' goroutines end while the pool is still there.
	defer r.work.Wait()
	defer r.hands.rest()
	if !r.laneless {
		r.lane = newLane()
		defer r.lane.close()
	}
	s := schedule{scale: r.TimeScale, lease: r.Lease}
	var phase, age time.Duration
	for _, st := range steps {
		r.places.everywhere((*pool).closeIdle)
		if st.opens {
			if err := r.open(st.phase); err != nil {
				return err
			}
			phase, age = r.clock.now(), 0
		}
		if err := r.pass(phase, age, st.age); err != nil {
			return err
		}
		age = st.age
		if err := r.step(&s, st); err != nil {
			return err
		}
	}
	return r.fatal
}

// open begins a phase.
func (r *runner) open(p replay.Phase) error {
	if r.soft.Err() != nil {
		return context.Cause(r.soft)
	}
	r.typical = r.learned.medians()
	if r.BeforePhase == nil {
		return nil
	}
	if err := r.BeforePhase(r.soft, p); err != nil {
		return fmt.Errorf("before the %s phase: %w", p, err)
	}
	return nil
}

// pass lets the time go by from one age of late duplicates to the next.
func (r *runner) pass(phase, from, to time.Duration) error {
	switch {
	case to == from:
		return nil
	case r.Late == nil:
		if !r.clock.until(r.soft, phase+to) {
			return context.Cause(r.soft)
		}
		return nil
	}
	if err := r.Late(r.soft, to-from); err != nil {
		return fmt.Errorf("late duplicates of age %s: %w", to, err)
	}
	return nil
}
