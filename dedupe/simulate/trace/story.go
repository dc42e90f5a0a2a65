package trace

import (
	"fmt"
	"strings"
	"time"

	"hookonce/dedupe/simulate"
	"hookonce/replay"
)

// Story is what is drawn.
type Story struct {
	// Title says what it is, in a line.
	Title string
	// About are paragraphs above the drawing: the flaw, the scenario.
	About []string
	Plan  replay.Plan
	Steps []simulate.Step
	// Code is the finding whose moment is pointed out, and Event and Subject whom it is about; empty for none.
	Code, Event, Subject string
	// Message is what the finding says; without a Code, what else there is to say.
	Message string
	// Colour allows colours.
	Colour bool
	// Width is in cells; 0 means 80. Less than 60 is drawn as 60.
	Width int
}

// flaw is the moment to point at: a step, and what is wrong there.
type flaw struct {
	step int
	text string
}

// findFlaw finds the step at which a finding became true. It is -1 where the steps do not show it.
func (s Story) findFlaw(steps []simulate.Step) flaw {
	switch s.Code {
	case "double-processing", "window-too-short", "per-attempt-key":
		return s.secondCharge(steps)
	case "lost-event", "merged", "premature-ack":
		return s.emptyAck(steps)
	case "regress", "stale-final", "corrupt-final", "resurrect":
		return s.backward(steps)
	case "stuck", "wrong-rejection", "noisy-duplicate":
		return s.lastRefusal(steps)
	case "signature-bypass", "stale-signature":
		return s.forged(steps)
	}
	return flaw{step: -1}
}

func charges(step simulate.Step) bool {
	return step.Committed > 0 && strings.HasPrefix(step.What, "charge ")
}

// commits are the steps that put a charge of the event into the ledger, directly or by committing a transaction.
func (s Story) commits(step simulate.Step) bool {
	return step.Event == s.Event && (charges(step) || step.Committed > 0 && strings.HasPrefix(step.What, "commit"))
}

func (s Story) secondCharge(steps []simulate.Step) flaw {
	seen := 0
	for i, step := range steps {
		if !s.commits(step) {
			continue
		}
		if seen++; seen == 2 {
			return flaw{i, "the second charge for one event"}
		}
	}
	return flaw{step: -1}
}

func (s Story) emptyAck(steps []simulate.Step) flaw {
	for i, step := range steps {
		if s.commits(step) {
			break
		}
		if step.Kind == simulate.StepAnswer && step.Event == s.Event && step.Heard && step.Status/100 == 2 {
			return flaw{i, "told to forget an event that nothing was done for"}
		}
	}
	return flaw{step: -1}
}

// backward finds the first write of a state older than the one before, or of another order than the versions'.
func (s Story) backward(steps []simulate.Step) flaw {
	events := s.Plan.EventByKey()
	var last *replay.Event
	found := flaw{step: -1}
	for i, step := range steps {
		e := events[step.Event]
		if e == nil || e.Subject != s.Subject {
			continue
		}
		switch {
		case step.Committed > 0 && !charges(step):
			if last != nil && last.Deletes && !e.Deletes {
				return flaw{i, fmt.Sprintf("version %s brings a deleted subject back", e.Version)}
			}
			if last != nil && e.Order(*last) < 0 {
				return flaw{i, fmt.Sprintf("version %s overwrites version %s", e.Version, last.Version)}
			}
			last = e
		case step.Kind == simulate.StepAnswer && step.Heard && step.Status/100 == 2 && last != nil && e.Order(*last) > 0:
			found = flaw{i, fmt.Sprintf("version %s is acknowledged; the state stays at %s", e.Version, last.Version)}
		}
	}
	return found
}

func (s Story) lastRefusal(steps []simulate.Step) flaw {
	for i := len(steps) - 1; i >= 0; i-- {
		if step := steps[i]; step.Kind == simulate.StepAnswer && step.Event == s.Event && step.Status/100 != 2 {
			return flaw{i, "refused, and so it would be for ever"}
		}
	}
	return flaw{step: -1}
}

func (s Story) forged(steps []simulate.Step) flaw {
	for i, step := range steps {
		if step.Kind == simulate.StepAnswer && step.Event == s.Event && step.Status/100 == 2 {
			return flaw{i, "nobody who knows the secret signed this"}
		}
	}
	return flaw{step: -1}
}

// span writes a duration for people, in at most two units.
func span(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d < 10*time.Millisecond:
		return trim(fmt.Sprintf("%.2f", float64(d)/1e6)) + " ms"
	case d < time.Second:
		return trim(fmt.Sprintf("%.1f", float64(d)/1e6)) + " ms"
	case d < time.Minute:
		return trim(fmt.Sprintf("%.2f", d.Seconds())) + " s"
	}
	d = d.Round(time.Second)
	if d < time.Hour {
		return two(d, time.Minute, "min", time.Second, "s")
	}
	if d < 48*time.Hour {
		return two(d, time.Hour, "h", time.Minute, "min")
	}
	return two(d, 24*time.Hour, "d", time.Hour, "h")
}

func trim(s string) string { return strings.TrimRight(strings.TrimRight(s, "0"), ".") }

func two(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	if rest := (d % big) / small; rest > 0 {
		return fmt.Sprintf("%d %s %d %s", d/big, bigName, rest, smallName)
	}
	return fmt.Sprintf("%d %s", d/big, bigName)
}
