package replay

import (
	"time"
)

// Run says who a record is about.
type Run string

// The two runs of one plan.
const (
	TargetRun    Run = ""          // the endpoint under test
	ReferenceRun Run = "reference" // the in-process implementation
)

// Header is the first record of a journal: everything an audit must know that is neither plan, attempt nor effect.
type Header struct {
	// Schema is JournalSchema.
	Schema string `json:"schema"`
	// Tool is the hookonce version that wrote the journal.
	Tool string `json:"tool"`
	// Started is the wall time of the run's base; all other times are durations since it.
	Started time.Time `json:"started"`
	// Target is the endpoint's URL, without user information.
	Target string `json:"target"`
	// Targets are the addresses of all its replicas, in the order of their numbers; empty where Target is the only one.
	Targets []string `json:"targets,omitempty"`
	// Command reproduces the run, with secrets replaced by the name of a variable.
	Command string  `json:"command"`
	Profile Profile `json:"profile"`
	// Others are the profiles of further providers in the run.
	Others []Profile `json:"others,omitempty"`
	// Patience is how long this run waited for an answer; 0 where each provider's own patience was kept.
	Patience time.Duration `json:"patience_ns"`
	// Lease is how long a claim of the endpoint may last, as far as anybody said: so long the tail lets pass before its last
	// attempts, on the wall or, where ClockMoved, on the endpoint's clock. 0 where it does not.
	Lease time.Duration `json:"lease_ns,omitempty"`
	// TimeScale is the factor on the provider's waits; 1 is real time.
	TimeScale float64 `json:"time_scale"`
	// ClockMoved says that the endpoint's own clock was moved by the late duplicates' age,
	// so that they cost no waiting (only the built-in handlers offer that).
	ClockMoved bool `json:"clock_moved,omitempty"`
	// Transport is how the copies of a race travelled: raw (HTTP/1.1), h2 or mixed; empty for raw.
	Transport string `json:"transport,omitempty"`
	// TTLScale is the factor by which, for the late duplicates, the times to live in the endpoint's Redis commands were
	// shortened, and their ages with them; 0 where they were not.
	TTLScale float64 `json:"ttl_scale,omitempty"`
	// Sources are the effect sources, as labels without secrets.
	Sources []SourceInfo `json:"sources,omitempty"`
	// Expect is --expect-effects: how many effects an event of a type has, overriding what control showed.
	Expect map[string]int `json:"expect,omitempty"`
	// Checks is --checks: what is requested beyond what the sources make decidable.
	Checks []string `json:"checks,omitempty"`
	// Volatile names members of response bodies that may differ between two answers to one event.
	Volatile []string `json:"volatile,omitempty"`
	// Reference names the reference implementation that ran the same plan; empty for none.
	Reference string `json:"reference,omitempty"`
	// Engine names what the reference's locks were kept in: embedded, redis or model.
	Engine string `json:"engine,omitempty"`
}

// ProfileOf is the profile of a provider in the run.
func (h Header) ProfileOf(provider string) Profile { return ProfileOf(provider, h.Profile, h.Others) }

// PatienceFor is how long the run waited for the answer to an event of the provider.
func (h Header) PatienceFor(provider string) time.Duration {
	if h.Patience > 0 {
		return h.Patience
	}
	return h.ProfileOf(provider).Patience
}

// SourceInfo describes an effect source to the audit.
type SourceInfo struct {
	Label string `json:"label"`
	// Exact says that the source sees each commit when it happens; otherwise it is polled.
	Exact bool `json:"exact,omitempty"`
	// States says that the source tells subjects' versions. What a source tells is known once it told something.
	States bool `json:"states,omitempty"`
	// Counts says that the source counts effects per key.
	Counts bool `json:"counts,omitempty"`
	// Committed says that the states it tells are all that were committed, in order, and not a sample.
	Committed bool `json:"committed,omitempty"`
}

// MarkKind says what a Mark tells.
type MarkKind string

// The kinds of marks.
const (
	// MarkPhase: a phase begins.
	MarkPhase MarkKind = "phase"
	// MarkSettled: effects were waited for; Quiet tells whether they came to rest within the bound.
	MarkSettled MarkKind = "settled"
	// MarkStopped: the run was stopped early (interrupt, --max-duration); Text says why.
	MarkStopped MarkKind = "stopped"
	// MarkSource: an effect source could not be read; Text says why.
	MarkSource MarkKind = "source-failed"
	// MarkNote: something the reader of a report should know.
	MarkNote MarkKind = "note"
	// MarkMishap: a misfortune the endpoint itself was to have (a crash, a Redis that is down); Fired
	// tells whether it had it.
	MarkMishap MarkKind = "mishap"
)

// Mark is a moment of the run that is neither an attempt nor an effect.
type Mark struct {
	Kind  MarkKind      `json:"kind"`
	At    time.Duration `json:"at_ns"`
	Phase Phase         `json:"phase,omitempty"`
	// Quiet says that no effect came for the settle time; false means that the bound cut the wait.
	Quiet bool `json:"quiet,omitempty"`
	// Fired says that a mishap took place; one that never did proves nothing.
	Fired bool   `json:"fired,omitempty"`
	Text  string `json:"text,omitempty"`
}

// History is plan + attempts + effects, in order: the only input of an audit.
type History struct {
	Header   Header
	Plan     Plan
	Attempts []Attempt
	Effects  []Effect
	Marks    []Mark
	// Locks are the changes of the events' locks, in order; the reference run has them.
	Locks []Lock
	// Commands are those the endpoint sent to its Redis, in the order of their replies, where a proxy stood between them.
	Commands []Command
	Stats    Stats
	// Complete says that the run wrote its end. Without it, what was not recorded is unknown.
	Complete bool
}

// Stopped returns why the run ended early; "" if it did not.
func (h History) Stopped() string {
	for _, m := range h.Marks {
		if m.Kind == MarkStopped {
			return m.Text
		}
	}
	return ""
}
