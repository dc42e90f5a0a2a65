package simulate

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"hookonce/dedupe/modelstore"
	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// DefaultWork is how long an event's work takes, if the options do not say. It is long
// beside a Redis command, as real work is.
const DefaultWork = 40 * time.Millisecond

// DefaultPatience is the sender's, where neither options nor profile know better.
const DefaultPatience = 30 * time.Second

// Source is the label of the effect source in a simulated history.
const Source = "reference"

// Options are a simulation's settings.
type Options struct {
	// Seed decides who goes next. The same seed gives the same history.
	Seed uint64
	// Handler is the handler's name, for the history's header.
	Handler string
	// Work is how long the work of an event takes; 0 means DefaultWork.
	Work time.Duration
	// Fails says which work fails, of deliveries before the tail; nil for none.
	Fails reference.Failure
	// Engine is EngineEmbedded (or empty), EngineModel, or the URL of a real Redis, on which the
	// simulation uses keys of its own and removes them.
	Engine  string
	Profile replay.Profile
	// Others are the profiles of further providers in the plan.
	Others []replay.Profile
	// Patience is how long the sender waits for an answer; 0 means what the event's profile says.
	Patience time.Duration
	// Replicas is how many processes the endpoint has; 0 means 1. The attempts of each event go
	// to them in turn.
	Replicas int
	// Mishaps are what the endpoint is to suffer. Each leaves a mark of kind replay.MarkMishap in
	// the history, fired or not.
	Mishaps []Mishap
	// Resend makes the driver send a command again whose reply was lost, as most do unless told not to.
	Resend bool
	// Start is called by each process when it starts, after a crash too; nil for nothing to do.
	Start func(ctx context.Context, w *reference.World)
	// Wire changes what the endpoint reads of an event at a delivery: headers, the body's bytes. It
	// must leave the key as it is: effects are attributed by it. Nil for the event itself.
	Wire func(replay.Delivery, *reference.Request)
	// Trace is told each step; nil for none.
	Trace func(Step)
}

// ErrPlan marks a plan that cannot be carried out.
var ErrPlan = errors.New("plan")

// Run carries out the plan against the handler in virtual time. Its errors are a plan that
// cannot be carried out (ErrPlan), an engine that does not work, a handler that panics, and ctx's.
func Run(ctx context.Context, plan replay.Plan, handler reference.Handler, o Options) (h replay.History, err error) {
	o = o.withDefaults()
	s := newSimulation(ctx, plan, handler, o)
	for _, m := range o.Mishaps {
		if err := m.validate(); err != nil {
			return h, err
		}
		s.traps = append(s.traps, &trap{Mishap: m, seen: map[int]int{}})
	}
	if err := s.compile(); err != nil {
		return h, err
	}
	closeEngine, err := s.connect(ctx, o.Engine)
	defer func() { err = errors.Join(err, closeEngine()) }()
	if err != nil {
		return h, describe(o.Engine, err)
	}
	// Before the engine is closed: workers may be in the middle of something.
	defer s.world.SQL.Close()
	defer s.sched.kill()
	s.boot()
	s.sched.at(0, func() { s.begin(0) })
	s.sched.run(s.done)
	if err := errors.Join(s.err, ctx.Err()); err != nil {
		return h, err
	}
	if s.left > 0 {
		return h, fmt.Errorf("%w: %d deliveries wait for one that never ends", ErrPlan, s.left)
	}
	return s.end(), nil
}

func (o Options) withDefaults() Options {
	if o.Work == 0 {
		o.Work = DefaultWork
	}
	return o
}

func (o Options) profileOf(provider string) replay.Profile {
	return replay.ProfileOf(provider, o.Profile, o.Others)
}

// patience is how long the sender waits for the answer to an event of the provider.
func (o Options) patience(provider string) time.Duration {
	return cmp.Or(o.Patience, o.profileOf(provider).Patience, DefaultPatience)
}

// simulation is one run of a plan.
type simulation struct {
	ctx     context.Context
	o       Options
	sched   *scheduler
	handler reference.Handler
	world   *reference.World // what all processes share
	err     error            // the first thing that went wrong with the simulation itself

	// The sender.
	plan       replay.Plan
	events     map[string]*replay.Event
	deliveries map[int]*delivery
	phases     []phase
	left       int // deliveries that have not ended
	latencies  map[string][]time.Duration
	acked      map[string]bool
	dropped    map[string]bool // by the provider, because of an answer
	history    replay.History

	// The endpoint and its misfortunes.
	processes []*process
	starting  int            // processes that will be up again
	arrivals  map[string]int // per event
	// attemptIDs are the last ones of each event.
	attemptIDs map[string]string
	traps      []*trap
	downUntil  time.Duration // Redis is down until then
	healed     bool          // the faults are over: what was meant for them strikes no more
	outage     *trap         // why

	// The engine.
	keys          keyspace
	prefix        string
	expiries      map[string]time.Duration
	plain         map[string]bool   // keys that were taken as locks
	unknownScript bool              // the last command named a script that the server does not know
	open          []*trap           // what strikes once that script was sent
	model         *modelstore.Store // nil where the guard's records are in the Redis
}

func newSimulation(ctx context.Context, plan replay.Plan, handler reference.Handler, o Options) *simulation {
	s := &simulation{ctx: ctx, o: o, sched: newScheduler(o.Seed), handler: handler, plan: plan,
		events: plan.EventByKey(), deliveries: map[int]*delivery{}, left: len(plan.Deliveries),
		latencies: map[string][]time.Duration{}, acked: map[string]bool{}, dropped: map[string]bool{}, arrivals: map[string]int{}, attemptIDs: map[string]string{}, expiries: map[string]time.Duration{}, plain: map[string]bool{}}
	tokens := 0
	s.world = &reference.World{
		Stage:    stage{s},
		SQL:      new(reference.Database),
		Ledger:   reference.NewLedger(s.commit),
		WorkTime: o.Work,
		Fails:    s.fails,
		NewToken: func() string { tokens++; return fmt.Sprintf("token-%d", tokens) },
	}
	return s
}

// fails says whether the work that was just done fails. The faults are over for deliveries of the tail, and for a process
// that starts in it; what began before may still fail.
func (s *simulation) fails(e replay.Event, attempt int) bool {
	if d := s.sched.current.d; s.healed && (d == nil || d.Phase != replay.PhaseFault) {
		return false
	}
	return s.o.Fails != nil && s.o.Fails(e, attempt)
}

// fail stops the simulation; the first reason is kept.
func (s *simulation) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// done says that all deliveries have ended and nobody works any more or will, or that it is no use to go on. A
// process that is yet to start again may find work that is left.
func (s *simulation) done() bool {
	return s.err != nil || s.ctx.Err() != nil || s.left == 0 && s.starting == 0 && len(s.sched.workers) == 0
}

// commit records what the ledger took in, at the exact moment.
func (s *simulation) commit(c reference.Commit) {
	e := replay.Effect{At: s.sched.now, Since: s.sched.now, Source: Source}
	if c.Effect != "" {
		e.Name, e.Key, e.Count = c.Effect, c.Event, 1
	} else {
		e.Subject, e.Version, e.Deleted = c.Subject, c.Version, c.Deleted
	}
	s.history.Effects = append(s.history.Effects, e)
}

// end completes the history.
func (s *simulation) end() replay.History {
	s.unfired()
	h := s.history
	h.Header = replay.Header{
		Schema: replay.JournalSchema, Started: epoch, Profile: s.o.Profile, Others: s.o.Others, Patience: s.o.Patience,
		TimeScale: 1, ClockMoved: true, Reference: s.o.Handler, Engine: EngineKind(s.o.Engine),
		Sources: []replay.SourceInfo{{Label: Source, Exact: true, States: true, Counts: true, Committed: true}},
	}
	h.Plan = s.plan
	h.Marks = append(h.Marks, replay.Mark{Kind: replay.MarkSettled, At: s.sched.now, Quiet: true})
	h.Stats = replay.StatsOf(s.plan, h.Attempts)
	h.Complete = true
	return h
}

// cost is what a step costs: a round trip to a Redis nearby.
func (s *simulation) cost() time.Duration {
	return s.sched.jitter(100*time.Microsecond, 500*time.Microsecond)
}

// prefix returns what nobody else's keys on the same Redis begin with.
func prefix() string { return "hookonce:" + rand.Text() + ":" }
