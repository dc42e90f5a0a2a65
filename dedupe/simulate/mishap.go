package simulate

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"hookonce/replay"
)

// MishapKind says what goes wrong.
type MishapKind string

// The kinds of mishaps. Where the moment names a step of the wrong kind, Run refuses.
const (
	// Crash ends the process: whoever works in it dies where they stand, its senders see a reset,
	// its Memory is gone. It is up again after For, at once where that is 0.
	Crash MishapKind = "crash"
	// CrashWorker ends the one worker, and its heartbeat; the process goes on.
	CrashWorker MishapKind = "crash-worker"
	// Pause stops a delivery's worker for For, at most until the tail begins, its heartbeat too, while all others go on.
	Pause MishapKind = "pause"
	// Slow makes the step take For longer; the heartbeat goes on.
	Slow MishapKind = "slow"
	// Fail makes the step fail with an error before it has any consequence.
	Fail MishapKind = "fail"
	// Ambiguous lets an effect be committed, and fails all the same, as a timeout does.
	Ambiguous MishapKind = "ambiguous"
	// ReplyLost lets Redis carry the command out, and loses its answer. With Options.Resend the driver sends it again.
	ReplyLost MishapKind = "reply-lost"
	// RedisDown makes every command of everybody fail from the moment on, for For, at most until the tail begins.
	RedisDown MishapKind = "redis-down"
	// DataLost empties the Redis, as a failover without persistence does.
	DataLost MishapKind = "data-lost"
)

// Mishap is one misfortune and the moment at which it strikes. It strikes once, at the
// first moment that fits.
type Mishap struct {
	Kind MishapKind
	Moment
	// For is how long it lasts. Pause, Slow and RedisDown need it.
	For time.Duration
	// Every makes it strike every delivery that fits, once each.
	Every bool
}

// StepKind is a kind of moment in the life of a delivery at the endpoint.
type StepKind string

// The kinds of steps.
const (
	StepArrive  StepKind = "arrive"  // the request is complete
	StepCommand StepKind = "command" // a Redis command, or a call of the guard's store
	StepEffect  StepKind = "effect"  // an act on the world outside: "charge EVENT", "save SUBJECT VERSION", "load SUBJECT" ...
	StepWork    StepKind = "work"    // time the handler spends
	StepAnswer  StepKind = "answer"  // the answer leaves
)

// Moment selects a step of a delivery. The zero value of a field selects all, except for
// Phase. The steps of heartbeats are never selected.
type Moment struct {
	// Phase is the delivery's phase; empty is the fault phase, which leaves control and tail clean.
	Phase    replay.Phase
	Event    string
	Delivery int // its number in the plan
	Role     replay.Role
	// Attempt counts the arrivals of one event at the endpoint, from 1.
	Attempt int
	// Step is the kind of step.
	Step StepKind
	// Name is how the step's name begins: a command's ("del", "set", "claim") or an effect's ("charge").
	Name string
	// Nth counts the delivery's steps of this Step and Name, from 1; 0 means 1.
	Nth int
	// After strikes when the step is done; otherwise before it, with whatever it waits for done.
	After bool
}

// ErrMishap marks a mishap that makes no sense.
var ErrMishap = errors.New("mishap")

// where tells which steps a kind of mishap can strike, and whether it needs a duration.
var where = map[MishapKind]struct {
	steps string
	lasts bool
}{
	Crash:       {"arrive command effect work answer", false},
	CrashWorker: {"command effect work answer", false},
	Pause:       {"command effect work answer", true},
	Slow:        {"command effect work answer", true},
	Fail:        {"command effect work", false},
	Ambiguous:   {"effect", false},
	ReplyLost:   {"command", false},
	RedisDown:   {"arrive command effect work answer", true},
	DataLost:    {"arrive command effect work answer", false},
}

func (m Mishap) validate() error {
	w, known := where[m.Kind]
	switch {
	case !known:
		return fmt.Errorf("%w: no kind %q", ErrMishap, m.Kind)
	case m.Step == "" || !strings.Contains(w.steps, string(m.Step)):
		return fmt.Errorf("%w: %s: give a step of %s", ErrMishap, m, w.steps)
	case w.lasts && m.For <= 0:
		return fmt.Errorf("%w: %s: it needs a duration", ErrMishap, m)
	}
	return nil
}

// String says it for people: "crash after the 1st command of delivery 3".
func (m Mishap) String() string {
	var b strings.Builder
	b.WriteString(string(m.Kind))
	if m.For > 0 {
		fmt.Fprintf(&b, " for %s", m.For)
	}
	at := "before"
	if m.After {
		at = "after"
	}
	fmt.Fprintf(&b, " %s %s %d", at, m.Step, max(1, m.Nth))
	if m.Name != "" {
		fmt.Fprintf(&b, " (%s)", m.Name)
	}
	for _, part := range []struct {
		text string
		set  bool
	}{
		{fmt.Sprintf(" of delivery %d", m.Delivery), m.Delivery != 0}, {" of event " + m.Event, m.Event != ""},
		{" of a " + string(m.Role), m.Role != ""}, {fmt.Sprintf(" of attempt %d", m.Attempt), m.Attempt != 0},
	} {
		if part.set {
			b.WriteString(part.text)
		}
	}
	return b.String()
}

// trap is a mishap that waits for its moment.
type trap struct {
	Mishap
	seen  map[int]int // steps that fitted so far, per delivery
	fired bool        // it struck, and did some harm
	spent bool        // it strikes no more
}

// fits counts a step and says whether the mishap strikes it.
func (t *trap) fits(d *delivery, kind StepKind, name string) bool {
	m := t.Moment
	phase := m.Phase
	if phase == "" {
		phase = replay.PhaseFault
	}
	if t.spent || m.Step != kind || d.Phase != phase || m.Event != "" && m.Event != d.Event || m.Delivery != 0 && m.Delivery != d.N ||
		m.Role != "" && m.Role != d.Role || m.Attempt != 0 && m.Attempt != d.attempt || !strings.HasPrefix(name, m.Name) {
		return false
	}
	t.seen[d.N]++
	return t.seen[d.N] == max(1, m.Nth)
}
