package simulate

import (
	"container/heap"
	"context"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"
)

// scheduler owns virtual time. Either it runs itself, or exactly one worker does: all
// state of a simulation is touched by whoever has the turn, and needs no lock.
type scheduler struct {
	now   time.Duration
	rng   *rand.Rand
	queue happenings
	// timers happen when their time comes, before what is in the queue: in the order they were set, without a draw.
	timers happenings
	made   int // happenings and workers so far: the last tie-breaker
	// turn comes back from the worker that has it.
	turn    chan struct{}
	current *worker // nil while the scheduler runs
	workers map[*worker]bool
	next    []func() // what happens as soon as the worker that has the turn gave it back
}

func newScheduler(seed uint64) *scheduler {
	return &scheduler{rng: rand.New(rand.NewPCG(seed, stream)), turn: make(chan struct{}), workers: map[*worker]bool{}}
}

// stream keeps the scheduler's draws apart from those a plan was made with.
const stream = 0x686f6f6b6f6e6365

// happening is something that will happen at a moment. Which of two at the same moment
// comes first is drawn.
type happening struct {
	at  time.Duration
	tie uint64
	n   int
	do  func()
}

// at makes do happen at the moment t, or now where t is past.
func (s *scheduler) at(t time.Duration, do func()) {
	s.made++
	heap.Push(&s.queue, happening{at: max(t, s.now), tie: s.rng.Uint64(), n: s.made, do: do})
}

// run lets things happen in order until done says that it is enough, or nothing is left.
func (s *scheduler) run(done func() bool) {
	for len(s.queue) > 0 && !done() {
		h := s.pop()
		s.now = h.at
		h.do()
		for len(s.next) > 0 {
			do := s.next[0]
			s.next = s.next[1:]
			do()
		}
	}
}

func (s *scheduler) pop() happening {
	if len(s.timers) > 0 && s.timers[0].at <= s.queue[0].at {
		return heap.Pop(&s.timers).(happening)
	}
	return heap.Pop(&s.queue).(happening)
}

// timer makes do happen at the moment t. It changes nothing about who goes when otherwise.
func (s *scheduler) timer(t time.Duration, do func()) {
	s.made++
	heap.Push(&s.timers, happening{at: t, n: s.made, do: do})
}

// soon makes do happen as soon as the worker that has the turn gives it back, before anything else.
func (s *scheduler) soon(do func()) { s.next = append(s.next, do) }

// kill ends all workers.
func (s *scheduler) kill() { s.end(func(*worker) bool { return true }) }

// end ends workers where they stand, as a crash would: what they would still have done does not happen.
func (s *scheduler) end(which func(*worker) bool) {
	for _, w := range s.inOrder() {
		if which(w) {
			w.dead = true
			s.give(w)
		}
	}
}

// jitter draws a time between lo and hi.
func (s *scheduler) jitter(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(s.rng.Int64N(int64(hi-lo)))
}

// give gives the turn to a worker until it gives it back.
func (s *scheduler) give(w *worker) {
	s.current = w
	w.turn <- struct{}{}
	<-s.turn
	s.current = nil
}

// worker is one goroutine of a simulation: a handler at work, or its heartbeat.
type worker struct {
	s       *scheduler
	n       int
	process *process
	attempt *attempt // the request it works on, and the delivery that made it; nil for a process's own worker
	d       *delivery
	beat    bool // it is a heartbeat
	turn    chan struct{}
	dead    bool
	late    time.Duration   // how much longer its next sleep takes
	paused  bool            // it waits for the end of a pause
	busy    bool            // within a Redis command: what the driver does inside is no step
	asleep  context.Context // of an interruptible sleep
	nap     int             // counts sleeps, so that an old alarm wakes nobody
}

// spawn starts a worker now. after happens when it has ended.
func (s *scheduler) spawn(p *process, t *attempt, f, after func()) *worker {
	s.made++
	w := &worker{s: s, n: s.made, process: p, attempt: t, turn: make(chan struct{})}
	if t != nil {
		w.d = t.d
	}
	s.workers[w] = true
	go func() {
		<-w.turn
		defer func() {
			delete(s.workers, w)
			if !w.dead {
				after()
			}
			s.turn <- struct{}{}
		}()
		if !w.dead {
			f()
		}
	}()
	s.at(s.now, w.wake(w.nap))
	return w
}

// delivery is the number of the delivery it works on; 0 for none.
func (w *worker) delivery() int {
	if w.d == nil {
		return 0
	}
	return w.d.N
}

// thaw waits while the delivery's workers are paused.
func (w *worker) thaw() {
	for w.d != nil && w.s.now < w.d.frozen {
		w.paused = true
		w.pass(w.d.frozen - w.s.now)
		w.paused = false
	}
}

// thaw ends all pauses.
func (s *scheduler) thaw() {
	for _, w := range s.inOrder() {
		if w.d != nil {
			w.d.frozen = min(w.d.frozen, s.now)
		}
		if w.paused {
			s.at(s.now, w.wake(w.nap))
		}
	}
}

// wake returns what wakes the worker, if it is still in the same nap.
func (w *worker) wake(nap int) func() {
	return func() {
		if w.nap == nap && w.s.workers[w] {
			w.s.give(w)
		}
	}
}

// park gives the turn back until somebody gives it to the worker again.
func (w *worker) park() {
	w.stop()
	w.s.turn <- struct{}{}
	<-w.turn
	w.nap++
	w.stop()
}

// stop ends a dead worker: not even its deferred functions do anything visible.
func (w *worker) stop() {
	if w.dead {
		runtime.Goexit()
	}
}

// pass lets d pass.
func (w *worker) pass(d time.Duration) {
	w.stop()
	w.s.at(w.s.now+d, w.wake(w.nap))
	w.park()
}

// sleep lets d pass, or returns early when ctx is done.
func (w *worker) sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.asleep = ctx
	w.pass(d)
	w.asleep = nil
	return ctx.Err()
}

// interrupted wakes the worker if it sleeps under a context that is done by now.
func (w *worker) interrupted() {
	if w.asleep != nil && w.asleep.Err() != nil {
		w.s.at(w.s.now, w.wake(w.nap))
	}
}

// interrupted wakes those of a process who sleep under a context that is done by now.
func (s *scheduler) interrupted(p *process) {
	for _, w := range s.inOrder() {
		if w.process == p {
			w.interrupted()
		}
	}
}

// inOrder is all workers, the oldest first.
func (s *scheduler) inOrder() []*worker {
	return slices.SortedFunc(maps.Keys(s.workers), func(a, b *worker) int { return a.n - b.n })
}

// happenings is a heap, the next one first.
type happenings []happening

var _ heap.Interface = (*happenings)(nil)

func (q happenings) Len() int { return len(q) }
func (q happenings) Less(i, j int) bool {
	a, b := q[i], q[j]
	if a.at != b.at {
		return a.at < b.at
	}
	if a.tie != b.tie {
		return a.tie < b.tie
	}
	return a.n < b.n
}
func (q happenings) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *happenings) Push(x any)   { *q = append(*q, x.(happening)) }
func (q *happenings) Pop() any {
	old := *q
	h := old[len(old)-1]
	old[len(old)-1] = happening{}
	*q = old[:len(old)-1]
	return h
}
