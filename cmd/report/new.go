package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// New gathers what formats show from a journal and the verdict over it.
func New(j replay.Journal, v audit.Verdict) Report {
	h := j.Target
	r := Report{
		Schema: Schema, Verdict: v.Verdict, Seed: h.Plan.Seed, Command: seeded(h.Header.Command, h.Plan.Seed),
		Tool: h.Header.Tool, Started: h.Header.Started.UTC(), Target: h.Header.Target, Targets: orEmpty(h.Header.Targets), Transport: h.Header.Transport, Provider: h.Plan.Provider,
		Complete: h.Complete, Stopped: h.Stopped(), Missing: orEmpty(v.Missing), Notes: orEmpty(v.Notes),
		Checks: each(v.Checks, newCheck), Events: each(v.Events, newEvent), Races: each(v.Races, newRace),
		Latency: newLatencies(h), Activity: newActivity(h),
		Types: each(v.Types, newType), Faults: each(v.Faults, newFault), Sources: each(h.Header.Sources, newSource),
		Late: newLate(h, v.LateTested), Memory: newMemory(h.Header, v.Memory), Time: newTime(h.Header),
	}
	r.Findings = findings(h, v)
	if len(v.Memory.Trials) == 0 && slices.ContainsFunc(v.Findings, func(f audit.Finding) bool { return f.Code == "double-processing" }) {
		r.Memory.Statement = memoryUncounted
	}
	r.Score = newScore(v.Score)
	r.Reference = newReference(h.Header, v.Reference)
	r.Stats = newStats(h, v, r)
	return r
}

func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, a := range in {
		out = append(out, f(a))
	}
	return out
}

func orEmpty[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}

func newCheck(c audit.CheckResult) Check {
	return Check{c.Name, c.Severity, c.Status, c.Reason, c.Findings, c.Judged}
}

func newEvent(e audit.EventRow) Event {
	return Event{e.Key, e.Type, e.Subject, e.Fault, e.Deliveries, e.Acked, e.Effects, e.Expected, e.ReferenceEffects, e.Judgement}
}

func newRace(g replay.Gate) Race {
	return Race{g.Number, g.Copies, g.Overlapped, Micros(g.Spread), g.Replicas, g.Events, g.Met}
}

func newType(t audit.TypeRow) Type {
	return Type{t.Type, t.Events, t.Effects, t.Judgement, t.Reason, Micros(t.Latency), Micros(t.Lag)}
}

func newFault(f audit.FaultRow) Fault { return Fault{f.Fault, f.Planned, f.Fired, f.Reason} }

func newSource(s replay.SourceInfo) Source { return Source{s.Label, s.Exact, s.States, s.Counts} }

func newLate(h replay.History, tested time.Duration) Late {
	l := Late{Planned: []Micros{}, Tested: Micros(tested), ClockMoved: h.Header.ClockMoved}
	for _, d := range h.Plan.Deliveries {
		if d.Role == replay.RoleLate && !slices.Contains(l.Planned, Micros(d.Wait)) {
			l.Planned = append(l.Planned, Micros(d.Wait))
		}
	}
	slices.Sort(l.Planned)
	switch {
	case tested > 0 && l.ClockMoved:
		l.Statement = fmt.Sprintf("tested up to an age of %s, by moving the endpoint's clock", span(tested))
	case tested > 0 && h.Header.TTLScale > 0:
		l.Statement = fmt.Sprintf("tested up to an age of %s, by shortening ages and times to live by %s", span(tested), scaleText(h.Header.TTLScale))
	case tested > 0:
		l.Statement = fmt.Sprintf("tested up to an age of %s", span(tested))
	case len(l.Planned) > 0 && audit.Unused(&h):
		l.Statement = "not tested: the clock of a Redis was moved that the endpoint does not use"
	case len(l.Planned) > 0:
		l.Statement = fmt.Sprintf("not tested: one after %s was planned and did not take place", span(time.Duration(slices.Max(l.Planned))))
	case len(h.Plan.Settings.Late) > 0:
		l.Statement = "not tested: no late duplicate is in the plan"
	default:
		l.Statement = "not tested: --late 70s"
	}
	return l
}

func newTime(h replay.Header) Time {
	t := Time{Scale: h.TimeScale, Patience: Micros(h.Patience)}
	switch {
	case h.TimeScale == 1:
		t.Statement = "the provider's waits were kept in real time"
	case h.TimeScale <= 0 || math.IsNaN(h.TimeScale) || math.IsInf(h.TimeScale, 0):
		t.Scale = 0
		t.Statement = "the provider's waits were left out: nothing is proven about what the endpoint forgets or expires meanwhile"
	default:
		t.Statement = fmt.Sprintf("the provider's waits were scaled by %s: nothing is proven about what the endpoint forgets or expires meanwhile",
			scaleText(h.TimeScale))
	}
	if own := longestPatience(h); h.Patience > 0 && own > 0 && h.Patience != own {
		t.Statement += fmt.Sprintf("; answers were waited for %s, where the provider waits %s", span(h.Patience), span(own))
	}
	return t
}

// longestPatience is the longest of the providers' timeouts; 0 where the journal does not say.
func longestPatience(h replay.Header) time.Duration {
	longest := h.Profile.Patience
	for _, p := range h.Others {
		longest = max(longest, p.Patience)
	}
	return longest
}

// newStats counts everything, also what a verdict over a large history does not list.
func newStats(h replay.History, v audit.Verdict, r Report) Stats {
	in := h.Stats
	if !h.Complete {
		in = replay.StatsOf(h.Plan, h.Attempts)
	}
	s := Stats{Events: max(len(r.Events), v.Counted.Events), Deliveries: in.Deliveries, Attempts: in.Attempts, Elapsed: Micros(in.Elapsed),
		LateP50: Micros(in.LateP50), LateP99: Micros(in.LateP99), LateMax: Micros(in.LateMax)}
	listed := map[string]int{}
	for _, f := range r.Findings {
		listed[f.Code]++
		s.count(f.Severity, 1)
	}
	for _, c := range v.Checks {
		s.count(c.Severity, max(0, c.Findings-listed[c.Name]))
	}
	s.race(r.Races, v.Counted)
	if s.Spread = median(r.spreads(true)); s.Overlapped > 0 {
		s.Confidence = confidence(h.Plan.Settings)
		s.RateBound = rateBound(r, s.Overlapped, s.Confidence)
	}
	return s
}

// race counts the races: those listed, or all of them where not all are.
func (s *Stats) race(listed []Race, counted audit.Counted) {
	for _, g := range listed {
		s.Races += g.trials()
		s.Overlapped += g.overlaps()
		if g.Events > 0 {
			s.Dense++
			s.DensePairs += g.Events
			s.DenseOverlapped += g.Met
		}
	}
	s.Races, s.Overlapped = max(s.Races, counted.Races), max(s.Overlapped, counted.Overlapped)
	d := counted.Dense
	s.Dense, s.DensePairs, s.DenseOverlapped = max(s.Dense, d.Releases), max(s.DensePairs, d.Events), max(s.DenseOverlapped, d.Overlapped)
}

func (s *Stats) count(severity audit.Severity, n int) {
	switch severity {
	case audit.Violation:
		s.Violations += n
	case audit.Warning:
		s.Warnings += n
	default:
		s.Hints += n
	}
}

func confidence(s replay.PlanSettings) float64 { return cmp.Or(s.Confidence, 95) }

// rateBound is the exact form of the rule of three: with a true rate p, n races show nothing with
// probability (1-p)^n, which is 5 % at the bound, where the confidence is 95 %.
func rateBound(r Report, n int, percent float64) float64 {
	for _, c := range r.Checks {
		if c.Name == doubleProcessing && c.Status == audit.Pass {
			return 1 - math.Pow(1-percent/100, 1/float64(n))
		}
	}
	return 0
}

const doubleProcessing = "double-processing"

// scaleText writes a factor below 1 the way people say it: 1/15000.
func scaleText(scale float64) string {
	if scale > 0 && scale < 0.5 {
		return fmt.Sprintf("1/%.0f", 1/scale)
	}
	return strconv.FormatFloat(scale, 'g', 3, 64)
}
