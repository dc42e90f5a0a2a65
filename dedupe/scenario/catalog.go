package scenario

import (
	"time"

	"hookonce/dedupe/simulate"
	"hookonce/replay"
)

// Scenario is a small story that must expose a flaw.
type Scenario struct {
	Name string
	// Text is the story in a few words.
	Text string
	// Plan makes its plan, which is the same for every handler and every seed.
	Plan func() replay.Plan
	// FailsFirst lets the work of the first attempt of the event "evt" fail.
	FailsFirst bool
	Mishaps    []simulate.Mishap
	// Replicas is how many processes the endpoint has; 0 means one.
	Replicas int
	// Warns lists warnings that it causes by itself, whatever the handler is.
	Warns []string
}

// evt is the key of the event that a scenario is about, where it is about one.
const evt = "evt"

// Find returns the scenario of that name; false where there is none.
func Find(name string) (Scenario, bool) {
	for _, s := range All() {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}

// Options are the simulator's for one run of the scenario.
func (s Scenario) Options(seed uint64) simulate.Options {
	o := simulate.Options{Seed: seed, Engine: simulate.EngineModel, Profile: Profile(), Mishaps: s.Mishaps, Replicas: s.Replicas}
	if s.FailsFirst {
		o.Fails = func(e replay.Event, attempt int) bool { return e.Key == evt && attempt == 1 }
	}
	return o
}

// at is a moment in the life of an attempt on the event.
func at(attempt int, step simulate.StepKind, name string) simulate.Moment {
	return simulate.Moment{Event: evt, Attempt: attempt, Step: step, Name: name}
}

func after(m simulate.Moment) simulate.Moment { m.After = true; return m }

// All lists the scenarios.
func All() []Scenario {
	return []Scenario{
		{Name: "duplicate", Text: "sequential duplicates", Plan: duplicates},
		{Name: "race", Text: "raced duplicates", Plan: race},
		{Name: "first-fails", Text: "the first attempt fails, and a redelivery comes", Plan: redelivered, FailsFirst: true},
		{Name: "slow-then-fails", Text: "slow work that then fails, a retry in between", Plan: retryInBetween, FailsFirst: true},
		{Name: "slow-then-succeeds", Text: "slow work that then succeeds, a retry in between", Plan: outOfPatience, Warns: []string{"slow-ack"},
			Mishaps: []simulate.Mishap{{Kind: simulate.Slow, For: 20 * time.Second, Moment: at(1, simulate.StepWork, "")}}},
		{Name: "crash-after-claim", Text: "a crash after the first command to Redis", Plan: redelivered,
			Mishaps: []simulate.Mishap{{Kind: simulate.Crash, Moment: after(at(1, simulate.StepCommand, ""))}}},
		{Name: "crash-after-charge", Text: "a crash after the charge", Plan: redelivered,
			Mishaps: []simulate.Mishap{{Kind: simulate.Crash, Moment: after(at(1, simulate.StepEffect, "charge"))}}},
		{Name: "crash-after-commit", Text: "a crash after the first transaction", Plan: redelivered,
			Mishaps: []simulate.Mishap{{Kind: simulate.Crash, Moment: after(at(1, simulate.StepEffect, "commit"))}}},
		{Name: "crash-after-answer", Text: "a crash right after the answer", Plan: redelivered,
			Mishaps: []simulate.Mishap{{Kind: simulate.Crash, Moment: after(at(1, simulate.StepAnswer, ""))}}},
		{Name: "restart", Text: "a duplicate after a restart", Plan: duplicates,
			Mishaps: []simulate.Mishap{{Kind: simulate.Crash, Moment: after(at(1, simulate.StepAnswer, ""))}}},
		{Name: "replicas", Text: "duplicates at two replicas", Plan: duplicates, Replicas: 2},
		{Name: "pause-in-release", Text: "a pause before the release, three overlapping deliveries", Plan: threeOverlap, FailsFirst: true, Warns: []string{"slow-ack"},
			Mishaps: []simulate.Mishap{
				{Kind: simulate.Pause, For: 40 * time.Second, Moment: at(1, simulate.StepCommand, "del")},
				{Kind: simulate.Slow, For: 20 * time.Second, Moment: at(2, simulate.StepWork, "")}}},
		{Name: "pause-in-script", Text: "the same, where the release is a script", Plan: threeOverlap, FailsFirst: true, Warns: []string{"slow-ack"},
			Mishaps: []simulate.Mishap{
				{Kind: simulate.Pause, For: 40 * time.Second, Moment: at(1, simulate.StepCommand, "release")},
				{Kind: simulate.Slow, For: 20 * time.Second, Moment: at(2, simulate.StepWork, "")}}},
		{Name: "late-70s", Text: "a late duplicate after 70 s", Plan: late(70 * time.Second)},
		{Name: "late-25h", Text: "a late duplicate after 25 h", Plan: late(25 * time.Hour)},
		{Name: "redis-down", Text: "Redis is down", Plan: redelivered,
			Mishaps: []simulate.Mishap{{Kind: simulate.RedisDown, For: 90 * time.Second, Moment: at(1, simulate.StepArrive, "")}}},
		{Name: "redis-down-at-duplicates", Text: "Redis is down during duplicates", Plan: duplicates, Warns: []string{"noisy-duplicate"},
			Mishaps: []simulate.Mishap{{Kind: simulate.RedisDown, For: time.Hour, Moment: at(2, simulate.StepArrive, "")}}},
		{Name: "reply-lost", Text: "the answer of Redis to the first command is lost", Plan: redelivered,
			Mishaps: []simulate.Mishap{{Kind: simulate.ReplyLost, Moment: at(1, simulate.StepCommand, "")}}},
		{Name: "effect-then-timeout", Text: "the charge is committed, and then times out", Plan: redelivered,
			Mishaps: []simulate.Mishap{{Kind: simulate.Ambiguous, Moment: at(1, simulate.StepEffect, "charge")}}},
		{Name: "redelivery", Text: "a redelivery of what was processed, and copies of one attempt", Plan: attempts},
		{Name: "other-bytes", Text: "the same event in other bytes: field order, spacing, escapes, number forms", Plan: otherBytes},
		{Name: "twins", Text: "two genuine twins", Plan: twins},
		{Name: "two-sources", Text: "the same id from two sources", Plan: twoSources},
		{Name: "two-at-once", Text: "two events of one subject at once", Plan: twoAtOnce},
		{Name: "reordered", Text: "reordered updates", Plan: versions("8", "7")},
		{Name: "raced-versions", Text: "raced versions: the older one is slow to write", Plan: racedVersions,
			Mishaps: []simulate.Mishap{{Kind: simulate.Slow, For: 5 * time.Second, Moment: at(1, simulate.StepEffect, "save")}}},
		{Name: "nine-then-ten", Text: "version 9, then 10", Plan: versions("9", "10")},
		{Name: "beyond-2-53", Text: "version 2^53, then 2^53 + 1", Plan: versions("9007199254740992", "9007199254740993")},
		{Name: "update-after-delete", Text: "a late update after the deletion", Plan: updateAfterDelete},
		{Name: "bad-signature", Text: "signatures missing, of another key, and over another body", Plan: badSignatures},
	}
}
