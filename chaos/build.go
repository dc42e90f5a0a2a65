package chaos

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"hookonce/replay"
)

// Input is everything a plan depends on.
type Input struct {
	// Events are the fixtures, in recorded order.
	Events  []replay.Event
	Profile replay.Profile
	// Others are the profiles of further providers among the events.
	Others []replay.Profile
	// Rename gives an event other ids, touching only the bytes of the ids. It and FromSource are called from several goroutines at once.
	Rename func(e replay.Event, fresh func(old string) string) (replay.Event, error)
	// FromSource gives an event the id of another one, from a source of its own. Its error wraps replay.ErrNoSource
	// where the event names no source. Nil where nobody knows how.
	FromSource func(e replay.Event, id string) (replay.Event, error)
	Settings   replay.PlanSettings
	Seed       uint64
}

// ErrNoEvents is returned where there is nothing to plan with.
var ErrNoEvents = errors.New("no events to plan with")

// Build makes the plan.
func Build(in Input) (replay.Plan, error) {
	if err := check(in); err != nil {
		return replay.Plan{}, err
	}
	b := newBuilder(in)
	b.addParts(b.parts())
	addTail(b)
	addSentinels(b)
	return b.finish()
}

// profileOf is the profile of an event's provider.
func (in Input) profileOf(e replay.Event) replay.Profile {
	return replay.ProfileOf(e.Provider, in.Profile, in.Others)
}

func (in Input) providers() string {
	names := in.Profile.Name
	for _, p := range in.Others {
		names += "+" + p.Name
	}
	return names
}

func check(in Input) error {
	s := in.Settings
	switch {
	case len(in.Events) == 0:
		return ErrNoEvents
	case s.Copies < 2:
		return fmt.Errorf("--copies %d: a duplicate needs at least 2 deliveries", s.Copies)
	case s.Race < 2 || s.Race > maxRace:
		return fmt.Errorf("--race %d: a gate holds 2 to %d copies", s.Race, maxRace)
	case s.Dense < 0 || s.Dense == 1 || s.Dense > maxDense, s.Dense == 0 && slices.Contains(s.Faults, "dense"):
		return fmt.Errorf("--dense %d: a dense release holds 2 to %d events", s.Dense, maxDense)
	case s.Confidence < 0 || s.Confidence >= 100:
		return fmt.Errorf("--confidence %g: it is in percent, above 0 and below 100", s.Confidence)
	case s.Replicas < 0:
		return fmt.Errorf("%d replicas: a number of addresses is needed", s.Replicas)
	case s.Bursts < 1:
		return fmt.Errorf("--bursts %d: at least 1 gate per event is needed to race it", s.Bursts)
	}
	if s.BurstsAuto {
		if err := checkMore(s); err != nil {
			return err
		}
	}
	for _, d := range s.Late {
		if d <= 0 {
			return fmt.Errorf("--late %v: a late duplicate needs an age above zero", d)
		}
	}
	return nil
}

// maxRace and maxDense bound gates: every copy needs a connection of its own.
const (
	maxRace  = 100
	maxDense = 500
)

// finish sorts, numbers and links the deliveries. It is the only place that
// numbers them: a fault that appended out of order would stall others.
func (b *builder) finish() (replay.Plan, error) {
	if b.err != nil {
		return replay.Plan{}, b.err
	}
	all := *b.deliveries
	slices.SortFunc(all, func(x, y *pending) int {
		return cmp.Or(cmp.Compare(x.phase, y.phase), cmp.Compare(x.d.At, y.d.At), cmp.Compare(x.seq, y.seq))
	})
	p := replay.Plan{
		Schema: replay.PlanSchema, Seed: b.in.Seed, Provider: b.in.providers(),
		Settings: b.in.Settings, Events: *b.events,
		Deliveries: make([]replay.Delivery, len(all)),
	}
	for i, x := range all {
		x.d.N = i + 1
	}
	gates := map[*gate]int{}
	for i, x := range all {
		if x.after != nil {
			x.d.After = x.after.d.N
		}
		if x.gate != nil {
			if gates[x.gate] == 0 {
				gates[x.gate] = len(gates) + 1
			}
			x.d.Gate = gates[x.gate]
		}
		p.Deliveries[i] = x.d
	}
	b.addReplicas(p.Deliveries)
	p.Skipped = b.allSkipped(p.Deliveries)
	return p, nil
}

// allSkipped are the requested faults that the plan does not commit, in the catalog's order. A fault that found nothing to strike is one of
// them: a run that passes would else seem to have stood it.
func (b *builder) allSkipped(deliveries []replay.Delivery) []replay.SkippedFault {
	planned := map[string]bool{}
	for i := range deliveries {
		planned[deliveries[i].Fault] = true
	}
	var out []replay.SkippedFault
	for _, f := range catalog {
		if !slices.Contains(b.in.Settings.Faults, f.Name) || planned[f.Name] {
			continue
		}
		out = append(out, replay.SkippedFault{Fault: f.Name, Reason: cmp.Or(b.reasons[f.Name], b.nothingLeft())})
	}
	return out
}

func (b *builder) nothingLeft() string {
	if b.kept != nil {
		return "--keep-ids: no fixture was left for it: give more events of each type, or leave --keep-ids out"
	}
	return "none of the fixtures lends itself to it"
}

func phaseIndex(p replay.Phase) int { return slices.Index(replay.Phases(), p) }

// pace is the distance between the starts of independent lanes: close enough to
// be quick, far enough apart not to be a load test. An endpoint that is slower than that
// is met by a bound on the requests in flight, not by the plan.
const pace = 5 * time.Millisecond
