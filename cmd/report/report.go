package report

import (
	"strconv"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// Schema names the version of the JSON report.
const Schema = "hookonce.report/v1"

// Report is everything a format may show. Its JSON form is the json format, and
// schema.json describes it. Lists are never nil.
type Report struct {
	Schema  string       `json:"schema"`
	Verdict audit.Status `json:"verdict"`
	// Seed and Command reproduce the run; Command says the seed, and is empty where the journal does not say how it was started.
	Seed    uint64 `json:"seed"`
	Command string `json:"command"`
	// Tool is the version of hookonce that made the run.
	Tool    string    `json:"tool"`
	Started time.Time `json:"started"`
	Target  string    `json:"target"`
	// Targets are the addresses of all replicas, where there is more than Target.
	Targets []string `json:"targets,omitempty"`
	// Transport is how the copies of a race travelled: raw (HTTP/1.1), h2 or mixed; empty for raw.
	Transport string `json:"transport,omitempty"`
	Provider  string `json:"provider"`
	// Complete says that the run reached its end; Stopped why it did not, where it was ended on purpose.
	Complete bool   `json:"complete"`
	Stopped  string `json:"stopped,omitempty"`
	// Missing is what an inconclusive verdict lacks, and what to add.
	Missing  []string  `json:"missing"`
	Checks   []Check   `json:"checks"`
	Findings []Finding `json:"findings"`
	Events   []Event   `json:"events"`
	Races    []Race    `json:"races"`
	// Latency and Activity are the shapes of the run: how long answers took, and what happened when.
	Latency  []Latency `json:"latency"`
	Activity []Moment  `json:"activity"`
	// Types is what the control phase taught, per event type.
	Types   []Type   `json:"types"`
	Faults  []Fault  `json:"faults"`
	Sources []Source `json:"sources"`
	Late    Late     `json:"late"`
	Memory  Memory   `json:"memory"`
	Time    Time     `json:"time"`
	// Score is how the target did, counted in events; Reference how the reference did with the
	// same plan, nil where none ran.
	Score     Score      `json:"score"`
	Reference *Reference `json:"reference"`
	// Explanation says which known flaw the target behaves like, where that was asked for.
	Explanation *Explanation `json:"explanation,omitempty"`
	Notes       []string     `json:"notes"`
	// Baseline compares with what is known; nil where no baseline was given.
	Baseline *Compared `json:"baseline,omitempty"`
	// Load is how sustained traffic went; nil for every other run.
	Load  *Load `json:"load,omitempty"`
	Stats Stats `json:"stats"`
}

// Micros is a duration that JSON shows as an integer number of microseconds.
type Micros time.Duration

// MarshalJSON writes whole microseconds, rounded towards zero.
func (m Micros) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, time.Duration(m).Microseconds(), 10), nil
}

// UnmarshalJSON reads whole microseconds.
func (m *Micros) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(string(b), 10, 64)
	*m = Micros(time.Duration(n) * time.Microsecond)
	return err
}

// Check is the result of one check over the whole run.
type Check struct {
	Name     string         `json:"name"`
	Severity audit.Severity `json:"severity"`
	Status   audit.Status   `json:"status"`
	Reason   string         `json:"reason,omitempty"`
	Findings int            `json:"findings"`
	Judged   int            `json:"judged"`
}

// Finding is one breach, with its evidence and how to see it again.
type Finding struct {
	Code     string         `json:"code"`
	Severity audit.Severity `json:"severity"`
	Cause    audit.Cause    `json:"cause,omitempty"`
	Event    string         `json:"event,omitempty"`
	Type     string         `json:"type,omitempty"`
	Subject  string         `json:"subject,omitempty"`
	Fault    string         `json:"fault,omitempty"`
	Fixture  string         `json:"fixture,omitempty"`
	// Effects were seen where Expected were right; Effect names them, where the source does.
	Effects  int    `json:"effects"`
	Expected int    `json:"expected"`
	Effect   string `json:"effect,omitempty"`
	// Known says that a baseline names it.
	Known   bool   `json:"known,omitempty"`
	Message string `json:"message"`
	Advice  string `json:"advice"`
	// Deliveries are the numbers of the event's deliveries that were sent.
	Deliveries []int    `json:"deliveries"`
	Evidence   Evidence `json:"evidence"`
	// Reproduce is a POSIX shell command that narrows the run to this finding; empty where
	// the journal does not say how it was started.
	Reproduce string `json:"reproduce"`
}

// Evidence is what a finding rests on.
type Evidence struct {
	Attempts  []Attempt         `json:"attempts"`
	Effects   []Effect          `json:"effects"`
	Gate      *Race             `json:"gate,omitempty"`
	Flaw      *Flaw             `json:"flaw,omitempty"`
	Reference *ReferenceOutcome `json:"reference,omitempty"`
	// Locks are what the reference did with the event's lock, in the story of a reference.
	Locks []replay.Lock `json:"-"`
}

// Attempt is one attempt with what the plan says of its delivery. Times are since the run's base.
type Attempt struct {
	Delivery int          `json:"delivery"`
	Event    string       `json:"event"`
	Version  string       `json:"version,omitempty"`
	Phase    replay.Phase `json:"phase,omitempty"`
	Role     replay.Role  `json:"role,omitempty"`
	Fault    string       `json:"fault,omitempty"`
	Gate     int          `json:"gate,omitempty"`
	// Age is how long after the acknowledgement, on the endpoint's clock, a late duplicate was due.
	Age       Micros           `json:"age_us,omitempty"`
	Signature replay.Signature `json:"signature,omitempty"`
	Outcome   replay.Outcome   `json:"outcome"`
	Start     Micros           `json:"start_us"`
	LastByte  Micros           `json:"last_byte_us,omitempty"`
	FirstByte Micros           `json:"first_byte_us,omitempty"`
	End       Micros           `json:"end_us"`
	Status    int              `json:"status,omitempty"`
	// HungUp says that the sender gave up on purpose, before the answer began.
	HungUp bool   `json:"hung_up,omitempty"`
	Error  string `json:"error,omitempty"`
	// Body is the beginning of the answer's body, as the journal keeps it.
	Body      string `json:"body,omitempty"`
	Truncated bool   `json:"truncated,omitempty"`
}

// Effect is one observation of an effect: it was committed after Since and not after At.
type Effect struct {
	At      Micros `json:"at_us"`
	Since   Micros `json:"since_us"`
	Source  string `json:"source"`
	Name    string `json:"name,omitempty"`
	Key     string `json:"key,omitempty"`
	Count   int    `json:"count,omitempty"`
	Subject string `json:"subject,omitempty"`
	Version string `json:"version,omitempty"`
	Deleted bool   `json:"deleted,omitempty"`
}

// ReferenceOutcome is what the reference made of the same event.
type ReferenceOutcome struct {
	Name    string `json:"name"`
	Effects int    `json:"effects"`
	Acked   bool   `json:"acked"`
	Version string `json:"version,omitempty"`
}

// Event is one event of the plan and what became of it.
type Event struct {
	Key              string `json:"key"`
	Type             string `json:"type"`
	Subject          string `json:"subject,omitempty"`
	Fault            string `json:"fault,omitempty"`
	Deliveries       int    `json:"deliveries"`
	Acked            int    `json:"acked"`
	Effects          int    `json:"effects"`
	Expected         int    `json:"expected"`
	ReferenceEffects *int   `json:"reference_effects"`
	Judgement        string `json:"judgement"`
}

// Race is what became of one gate.
type Race struct {
	Gate       int    `json:"gate"`
	Copies     int    `json:"copies"`
	Overlapped bool   `json:"overlapped"`
	Spread     Micros `json:"spread_us"`
	// Replicas is how many of the endpoint's addresses the copies went to; 0 where it has one only.
	Replicas int `json:"replicas,omitempty"`
	// Events is how many events a dense release raced, two copies each, and Met those whose copies overlapped; 0 for a gate of one
	// event. The spread is the median of theirs then.
	Events int `json:"events,omitempty"`
	Met    int `json:"events_overlapped,omitempty"`
}

// Type is what the control phase taught about an event type.
type Type struct {
	Type      string `json:"type"`
	Events    int    `json:"events"`
	Effects   int    `json:"effects"`
	Judgement string `json:"judgement"`
	Reason    string `json:"reason,omitempty"`
	Latency   Micros `json:"latency_us"`
	Lag       Micros `json:"lag_us"`
}

// Fault says how many deliveries of a fault were planned and how many took place as planned.
type Fault struct {
	Fault   string `json:"fault"`
	Planned int    `json:"planned"`
	Fired   int    `json:"fired"`
	Reason  string `json:"reason,omitempty"`
}

// Source is an effect source.
type Source struct {
	Label  string `json:"label"`
	Exact  bool   `json:"exact"`
	States bool   `json:"states"`
	Counts bool   `json:"counts"`
}

// Late says up to which age duplicates were tested.
type Late struct {
	Planned []Micros `json:"planned_us"`
	// Tested is the greatest age really tested; 0 where none was.
	Tested Micros `json:"tested_us"`
	// ClockMoved says that the age was reached by moving the endpoint's clock.
	ClockMoved bool   `json:"clock_moved"`
	Statement  string `json:"statement"`
}

// Time says what the run's waits prove.
type Time struct {
	// Scale is the factor on the provider's waits; 1 is real time.
	Scale     float64 `json:"scale"`
	Patience  Micros  `json:"patience_us"`
	Statement string  `json:"statement"`
}

// Score counts events by what became of them.
type Score struct {
	Right     int `json:"right"`
	Wrong     int `json:"wrong"`
	Undecided int `json:"undecided"` // ignored and refused ones among them
}

// Reference is the implementation that ran the same plan in-process.
type Reference struct {
	Name   string `json:"name"`
	Engine string `json:"engine,omitempty"`
	Score  Score  `json:"score"`
}

// Stats are the run's own figures.
type Stats struct {
	Events     int    `json:"events"`
	Deliveries int    `json:"deliveries"` // planned
	Attempts   int    `json:"attempts"`   // sent
	Elapsed    Micros `json:"elapsed_us"`
	LateP50    Micros `json:"late_p50_us"`
	LateP99    Micros `json:"late_p99_us"`
	LateMax    Micros `json:"late_max_us"`
	Violations int    `json:"violations"`
	Warnings   int    `json:"warnings"`
	Hints      int    `json:"hints"`
	// Races counts those of dense releases event by event.
	Races      int `json:"races"`
	Overlapped int `json:"races_overlapped"`
	// Dense are the dense releases, of which the pairs are part of the races.
	Dense           int `json:"dense_releases,omitempty"`
	DensePairs      int `json:"dense_pairs,omitempty"`
	DenseOverlapped int `json:"dense_pairs_overlapped,omitempty"`
	// Spread is the median spread of the races that overlapped.
	Spread Micros `json:"race_spread_median_us"`
	// RateBound is where races overlapped and none processed an event twice: the rate at which they still
	// might is below it with the confidence, in percent. 0 where it does not apply.
	RateBound  float64 `json:"race_rate_bound,omitempty"`
	Confidence float64 `json:"race_confidence,omitempty"`
}
