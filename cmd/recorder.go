package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"hookonce/replay"
	"hookonce/replay/journal"
	"hookonce/replay/redact"
)

// recorder keeps what happens in a run: in the journal file, as it happens, and as the history in memory.
type recorder struct {
	path string
	keep bool // bodies as they are
	// hidden are secrets that it never writes otherwise.
	hidden redact.Secrets
	base   time.Time
	// tap is told each record as it is written; nil for nobody. It must not wait.
	tap func(replay.Record)

	mu      sync.Mutex
	file    *os.File
	out     *journal.Writer
	journal replay.Journal
	tallies [2]replay.StatsTally // of the target and of the reference
	// expects is about how many records are to come behind the plan. It is set before Begin.
	expects int
	// held counts the records in journal's lists. Once there are most of them the lists are let go, and forgot says so: the
	// file has them all.
	held, most int
	forgot     bool
	acked      bool // the target acknowledged something
	// What comes while the run goes on waits in piles until somebody wants to look at the lists.
	events     pile[replay.Event]
	deliveries pile[replay.Delivery]
	attempts   [2]pile[replay.Attempt]
	effects    [2]pile[replay.Effect]
	err        error
	failed     func(error)
	// beside judges what is too much to be held while it is written; nil where that is not expected.
	beside *beside
	// background writes the plan, and its bodies once the run is under way.
	background sync.WaitGroup
}

// heldInMemory is how many records a run holds in memory beside its plan and what control causes, at about half a kilobyte each. A longer
// run is judged as a stream: beside, where that many are expected, and else from its journal.
const heldInMemory = 200_000

// heldOfControl is how many records a delivery of control may add to them: what the faults and their waits depend on is looked up in memory,
// and control is as long as the fixtures are many, which are in memory, too.
const heldOfControl = 4

// newRecorder creates the journal. failed is called once if writing fails later.
// It holds so many records in memory, at most, beside the plan and what control causes.
func newRecorder(path string, keep bool, most int, base time.Time, failed func(error)) (*recorder, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, journalThere(path)
	}
	if err != nil {
		return nil, fmt.Errorf("journal %s: cannot be written: %w", path, errors.Unwrap(err))
	}
	r := &recorder{path: path, keep: keep, base: base, file: f, failed: failed, most: most}
	r.writeTo(f)
	return r, nil
}

// free says whether a journal can be written at the path: runs never overwrite one another.
func free(path string) error {
	if _, err := os.Lstat(path); path != "" && err == nil {
		return journalThere(path)
	}
	return nil
}

func journalThere(path string) error {
	return usagef("journal %s: is there already; runs never overwrite one another, choose another --journal", safe(path))
}

// writeTo starts to write what is recorded.
func (r *recorder) writeTo(w io.Writer) {
	r.out = journal.NewWriter(w, func(err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.check(err)
	})
}

// check remembers the first write error. The run then stops sending: what is not recorded must not happen.
func (r *recorder) check(err error) {
	if err == nil || r.err != nil {
		return
	}
	// The file's own error names the path again.
	var at *os.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	r.err = fmt.Errorf("journal %s: cannot be written: %w", r.path, err)
	if errors.Is(err, syscall.ENOSPC) {
		r.err = fmt.Errorf("%w: free some space, or choose another --journal", r.err)
	}
	if r.failed != nil {
		go r.failed(r.err)
	}
}

func (r *recorder) write(rec replay.Record) {
	if r.tap != nil {
		r.tap(rec)
	}
	if r.err == nil {
		r.check(r.out.Write(rec))
	}
}

// Begin writes the header, and begins to write the plan behind it. What happens in the run has to wait for that, and stands behind the plan.
func (r *recorder) Begin(h replay.Header, p replay.Plan) error {
	r.mu.Lock() // until the plan is written
	r.journal.Target.Header, r.journal.Target.Plan = h, p
	r.tallies[0].Deliveries = len(p.Deliveries)
	r.most += heldOfControl * controls(p)
	if r.expects > r.most {
		r.beside = newBeside()
		r.out.Tell(r.beside.take)
	}
	r.write(replay.Record{Header: &h})
	r.check(r.out.Flush()) // a full disk is told before anything is sent
	err := r.err
	r.background.Go(func() {
		defer r.mu.Unlock()
		for rec := range p.Records() {
			r.write(rec)
		}
		r.check(r.out.Flush()) // or a run that is killed would have sent what no journal tells of
	})
	return err
}

// controls is how many deliveries of control a plan has.
func controls(p replay.Plan) (n int) {
	for i := range p.Deliveries {
		if p.Deliveries[i].Phase == replay.PhaseControl {
			n++
		}
	}
	return n
}

// BodiesBeside writes the request bodies of events while the run goes on: nobody waits for those, which have to be looked through
// for secrets. What happens meanwhile stands among them.
func (r *recorder) BodiesBeside(events []replay.Event) {
	r.background.Go(func() {
		if err := r.Bodies(events); err != nil && r.failed != nil {
			r.failed(err)
		}
	})
}

// Bodies writes the request bodies of events.
func (r *recorder) Bodies(events []replay.Event) error {
	for _, e := range events {
		whole, err := e.Loaded()
		if err != nil {
			return fmt.Errorf("fixture %w", err)
		}
		body := replay.Record{Body: &replay.Body{Event: e.Key, Text: r.text(string(whole.Body))}}
		r.mu.Lock()
		r.write(body)
		err = r.err
		r.mu.Unlock()
		if err != nil {
			return nil // it was told already
		}
	}
	return nil
}

func (r *recorder) text(s string) string {
	if r.keep {
		return s
	}
	return r.hidden.Text(s)
}

// Planned records events and deliveries that were not in the plan when the run began: sustained traffic is made on the fly.
// The events' bodies are not kept here, and not in the journal where nobody calls Bodies: the seed makes them again. What the events are
// known by must not be part of them.
func (r *recorder) Planned(events []replay.Event, deliveries []replay.Delivery) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tallies[0].Deliveries += len(deliveries)
	r.hold(len(events) + len(deliveries))
	for _, e := range events {
		e.Body, e.Read = nil, nil
		r.write(replay.Record{Event: r.events.put(e)})
	}
	for _, d := range deliveries {
		r.write(replay.Record{Delivery: r.deliveries.put(d)})
	}
}

// Attempt records an attempt of a run.
func (r *recorder) Attempt(run replay.Run, a replay.Attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a.Body, a.Error = r.text(a.Body), r.text(a.Error)
	r.hold(1)
	r.acked = r.acked || run == replay.TargetRun && a.Outcome == replay.Acked
	at := r.attempts[sideOf(run)].put(a)
	r.tallies[sideOf(run)].Add(at)
	r.write(replay.Record{Run: run, Attempt: at})
}

// Effect records an effect of the target.
func (r *recorder) Effect(run replay.Run, e replay.Effect) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.IdempotencyKey != "" {
		e.IdempotencyKey = r.text(e.IdempotencyKey)
	}
	r.hold(1)
	r.write(replay.Record{Run: run, Effect: r.effects[sideOf(run)].put(e)})
}

// Mark records a moment.
func (r *recorder) Mark(run replay.Run, m replay.Mark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m.Text = r.text(m.Text)
	h := r.history(run)
	h.Marks = append(h.Marks, m)
	r.write(replay.Record{Run: run, Mark: &m})
}

// Lock records a change of an event's lock.
func (r *recorder) Lock(run replay.Run, l replay.Lock) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hold(1) {
		h := r.history(run)
		h.Locks = append(h.Locks, l)
	}
	r.write(replay.Record{Run: run, Lock: &l})
}

// Command records a command of the target to its Redis.
func (r *recorder) Command(c replay.Command) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, a := range c.Args {
		c.Args[i] = r.text(a)
	}
	c.Reply = r.text(c.Reply)
	if r.hold(1) {
		r.journal.Target.Commands = append(r.journal.Target.Commands, c)
	}
	r.write(replay.Record{Command: &c})
}

// Now is the time since the run's base.
func (r *recorder) Now() time.Duration { return time.Since(r.base) }

// Sources replaces what is known of the effect sources: they learn while they watch.
func (r *recorder) Sources(s []replay.SourceInfo) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.journal.Target.Header.Sources = s
	r.write(replay.Record{Sources: s})
}

// End closes a run's records.
func (r *recorder) End(run replay.Run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.history(run)
	r.tallies[1].Deliveries = r.tallies[0].Deliveries
	h.Stats = r.tallies[sideOf(run)].Stats()
	h.Complete = true
	r.write(replay.Record{Run: run, End: &replay.End{Stats: h.Stats}})
	r.check(r.out.Flush())
}

// hold says whether n more records are held in memory. The one that is too many lets all of them go.
func (r *recorder) hold(n int) bool {
	if r.held += n; r.held <= r.most || r.forgot {
		return !r.forgot
	}
	r.forgot = true
	r.events.letGo()
	r.deliveries.letGo()
	for side := range r.attempts {
		r.attempts[side].letGo()
		r.effects[side].letGo()
	}
	for _, h := range []*replay.History{&r.journal.Target, r.journal.Reference} {
		if h != nil {
			h.Plan.Events, h.Plan.Deliveries, h.Attempts, h.Effects, h.Locks, h.Commands = nil, nil, nil, nil, nil, nil
		}
	}
	return false
}

// gather puts what waits in piles on the lists.
func (r *recorder) gather() {
	r.gatherPlan()
	for side, run := range []replay.Run{replay.TargetRun, replay.ReferenceRun} {
		if a, e := &r.attempts[side], &r.effects[side]; a.holds() || e.holds() {
			h := r.history(run)
			a.moveTo(&h.Attempts)
			e.moveTo(&h.Effects)
		}
	}
}

func (r *recorder) gatherPlan() {
	p := &r.journal.Target.Plan
	r.events.moveTo(&p.Events)
	r.deliveries.moveTo(&p.Deliveries)
}

// sideOf is a run's place in pairs of target and reference.
func sideOf(run replay.Run) int {
	if run == replay.TargetRun {
		return 0
	}
	return 1
}

func (r *recorder) history(run replay.Run) *replay.History {
	if run == replay.TargetRun {
		return &r.journal.Target
	}
	if r.journal.Reference == nil {
		r.gatherPlan()
		r.journal.Reference = &replay.History{Header: r.journal.Target.Header, Plan: r.journal.Target.Plan}
	}
	return r.journal.Reference
}

// Snapshot is the target's history so far; without its lists, where they were let go.
func (r *recorder) Snapshot() replay.History {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gather()
	return r.journal.Target
}

// AckedAny says that the target acknowledged something, whether that is still held or not.
func (r *recorder) AckedAny() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.acked
}

// Forgot says that the run was too long to be held in memory: only the journal file has all of it.
func (r *recorder) Forgot() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.forgot
}

// Close flushes and closes the journal and returns what is held of it.
func (r *recorder) Close() (replay.Journal, error) {
	r.background.Wait()
	err := r.out.Close() // not under the lock: it may have a failure to tell
	r.mu.Lock()
	defer r.mu.Unlock()
	r.check(err)
	r.check(r.file.Close())
	r.gather()
	return r.journal, r.err
}

// Discard closes and removes the journal of a run that sent nothing: its path is free for the next try.
func (r *recorder) Discard() error {
	defer r.beside.drop()
	_, _ = r.Close() // what could not be written is not wanted
	return os.Remove(r.path)
}
