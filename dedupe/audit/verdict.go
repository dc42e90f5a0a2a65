package audit

import (
	"time"

	"hookonce/replay"
)

// Status is the result of a check, and of the whole audit.
type Status string

// The statuses. A verdict is one of the first three.
const (
	Pass         Status = "pass"
	Fail         Status = "fail"
	Inconclusive Status = "inconclusive"
	// NotRequested: not decidable with the sources given, and not asked for by name.
	NotRequested Status = "not requested"
	// Warn: the check found something that never changes the verdict.
	Warn Status = "warning"
	// Hinted: the check found what may explain other findings.
	Hinted Status = "hint"
)

// Severity says what a finding does to the verdict.
type Severity string

// The severities. Only a violation fails a run; a hint explains one.
const (
	Violation Severity = "violation"
	Warning   Severity = "warning"
	Hint      Severity = "hint"
)

// Cause is a sub-cause of a finding, told from the timing.
type Cause string

// The causes of double processing.
const (
	Concurrent  Cause = "concurrent"   // attempts overlapped
	AfterAck    Cause = "after-ack"    // a later attempt re-ran it
	WithRequest Cause = "with-request" // once by a delivery, once by the user's own request
	Reexecution Cause = "re-execution" // again after a failure whose effect had happened
)

// Verdict is what an audit says.
type Verdict struct {
	Verdict  Status        `json:"verdict"`
	Missing  []string      `json:"missing,omitempty"` // what an inconclusive verdict lacks, and what to add
	Checks   []CheckResult `json:"checks"`
	Findings []Finding     `json:"findings"`
	Types    []TypeRow     `json:"types"`
	Events   []EventRow    `json:"events"`
	Races    []replay.Gate `json:"races"`
	Faults   []FaultRow    `json:"faults"`
	// LateTested is the greatest age at which a duplicate was really tested; 0 where none was.
	LateTested time.Duration `json:"late_tested_ns"`
	// Memory is what the run showed of how the endpoint knows an event again.
	Memory Memory   `json:"memory"`
	Notes  []string `json:"notes,omitempty"`
	Score  Score    `json:"score"`
	// Reference is how the reference did with the same plan; nil where none ran.
	Reference *Score `json:"reference,omitempty"`
	// Counted is of everything, where the lists above are cut (see Limits).
	Counted Counted `json:"-"`

	referenceFailed bool
}

// Counted are the lengths that the lists of a verdict would have. A dense gate counts as many races as events.
type Counted struct {
	Events, Races, Overlapped int
	Dense                     Dense // part of them
}

// Dense are the dense gates, and the events they raced.
type Dense struct {
	Releases, Events, Overlapped int
}

// CheckResult is the result of one check over the whole history.
type CheckResult struct {
	Name     string   `json:"name"`
	Severity Severity `json:"severity"`
	Status   Status   `json:"status"`
	Reason   string   `json:"reason,omitempty"`
	Findings int      `json:"findings"`
	Judged   int      `json:"judged"` // how many events (or deliveries) the check decided on
}

// Finding is one breach, with its evidence.
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Cause    Cause    `json:"cause,omitempty"`
	Event    string   `json:"event,omitempty"`
	Type     string   `json:"type,omitempty"`
	Subject  string   `json:"subject,omitempty"`
	Fault    string   `json:"fault,omitempty"` // the fault whose deliveries exposed it
	Fixture  string   `json:"fixture,omitempty"`
	// Effects and Expected are how many effects were seen and how many control showed, for the named effect.
	Effects  int    `json:"effects"`
	Expected int    `json:"expected"`
	Effect   string `json:"effect,omitempty"`
	// Message says in one sentence what happened, with figures; Advice what to do about it.
	Message string `json:"message"`
	Advice  string `json:"advice"`
	// Deliveries are the numbers of the event's deliveries that were sent.
	Deliveries []int    `json:"deliveries"`
	Evidence   Evidence `json:"evidence"`

	rank int // its place among the findings of its check
}

// Evidence is what a finding rests on.
type Evidence struct {
	Attempts []replay.Attempt `json:"attempts,omitempty"`
	Effects  []replay.Effect  `json:"effects,omitempty"`
	Gate     *replay.Gate     `json:"gate,omitempty"`
	// Flaw is why, as the endpoint's commands to its Redis show it, or its calls to a service; nil where nothing was seen of either.
	Flaw *Flaw `json:"flaw,omitempty"`
	// Reference tells what the reference made of the same event; nil where it did not run.
	Reference *ReferenceOutcome `json:"reference,omitempty"`
}

// ReferenceOutcome is what the reference made of one event.
type ReferenceOutcome struct {
	Name    string `json:"name"`
	Effects int    `json:"effects"`
	Acked   bool   `json:"acked"`
	Version string `json:"version,omitempty"` // the final version of the event's subject
}

// TypeRow is what the control phase taught about an event type.
type TypeRow struct {
	Type    string `json:"type"`
	Events  int    `json:"events"`  // control events of the type
	Effects int    `json:"effects"` // effects of one clean delivery (the least seen)
	// Judgement is "judged", "ignored" (no effect in control), "refused" (not acknowledged in control), "undecided" (whether its effect in
	// control happened is not known) or "unseen".
	Judgement string        `json:"judgement"`
	Reason    string        `json:"reason,omitempty"`
	Latency   time.Duration `json:"latency_ns"` // median of acknowledged control attempts
	Lag       time.Duration `json:"lag_ns"`     // slowest from the call to the effect seen
}

// EventRow is one event of the plan and what became of it.
type EventRow struct {
	Key              string `json:"key"`
	Type             string `json:"type"`
	Subject          string `json:"subject,omitempty"`
	Fault            string `json:"fault,omitempty"`
	Deliveries       int    `json:"deliveries"` // sent
	Acked            int    `json:"acked"`
	Effects          int    `json:"effects"`
	Expected         int    `json:"expected"`
	ReferenceEffects *int   `json:"reference_effects"` // null where no reference ran
	// Judgement is "ok", a finding's code, "ignored", "superseded", "refused" or "undecided".
	Judgement string `json:"judgement"`
	// Observed are the observations that Effects counts, for pictures; they are no part of the JSON.
	Observed []*replay.Effect `json:"-"`

	rank     int
	violated bool
}

// FaultRow says whether a fault of the plan took place.
type FaultRow struct {
	Fault   string `json:"fault"`
	Planned int    `json:"planned"` // deliveries with a condition of this fault
	Fired   int    `json:"fired"`
	Reason  string `json:"reason,omitempty"`
}
