package report

import (
	"strings"
	"unicode/utf8"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// The most a report keeps of an answer's body and of an error, in bytes.
const (
	maxBody  = 2 << 10
	maxError = 512
)

// facts answers what a finding says by number or key.
type facts struct {
	header     replay.Header
	seed       uint64
	events     map[string]*replay.Event
	deliveries map[int]replay.Delivery
	attempts   map[int][]replay.Attempt
}

func newFacts(h replay.History) facts {
	f := facts{header: h.Header, seed: h.Plan.Seed, events: h.Plan.EventByKey(),
		deliveries: make(map[int]replay.Delivery, len(h.Plan.Deliveries)), attempts: map[int][]replay.Attempt{}}
	for _, d := range h.Plan.Deliveries {
		f.deliveries[d.N] = d
	}
	for _, a := range h.Attempts {
		f.attempts[a.Delivery] = append(f.attempts[a.Delivery], a)
	}
	return f
}

// findings tells what was found. Nothing is looked up where that is nothing: it may be a long run.
func findings(h replay.History, v audit.Verdict) []Finding {
	if len(v.Findings) == 0 {
		return []Finding{}
	}
	return each(v.Findings, newFacts(h).finding)
}

func (x facts) finding(f audit.Finding) Finding {
	out := Finding{
		Code: f.Code, Severity: f.Severity, Cause: f.Cause, Event: f.Event, Type: f.Type, Subject: f.Subject,
		Fault: f.Fault, Fixture: f.Fixture, Effects: f.Effects, Expected: f.Expected, Effect: f.Effect,
		Message: f.Message, Advice: f.Advice, Deliveries: orEmpty(f.Deliveries), Evidence: x.evidence(f),
	}
	out.Reproduce = narrow(x.header.Command, x.seed, f.Fault, commonType(x.types(f)))
	return out
}

func (x facts) evidence(f audit.Finding) Evidence {
	made := f.Evidence.Attempts
	if len(made) == 0 {
		for _, n := range f.Deliveries {
			made = append(made, x.attempts[n]...)
		}
	}
	e := Evidence{Attempts: each(made, x.attempt), Effects: each(f.Evidence.Effects, newEffect), Flaw: newFlaw(f.Evidence.Flaw)}
	if g := f.Evidence.Gate; g != nil {
		race := newRace(*g)
		e.Gate = &race
	}
	if o := f.Evidence.Reference; o != nil {
		e.Reference = &ReferenceOutcome{o.Name, o.Effects, o.Acked, o.Version}
	}
	return e
}

func (x facts) attempt(a replay.Attempt) Attempt {
	d := x.deliveries[a.Delivery]
	out := Attempt{
		Delivery: a.Delivery, Event: a.Event, Phase: d.Phase, Role: d.Role, Fault: d.Fault, Gate: d.Gate,
		Signature: d.Signature, Outcome: a.Outcome, Start: Micros(a.Start), LastByte: Micros(a.LastByte),
		FirstByte: Micros(a.FirstByte), End: Micros(a.End), Status: a.Status, HungUp: a.Fired,
		Error: cutBytes(a.Error, maxError), Body: cutBytes(a.Body, maxBody), Truncated: a.Truncated || len(a.Body) > maxBody,
	}
	if d.Role == replay.RoleLate {
		out.Age = Micros(d.Wait)
	}
	if e := x.events[a.Event]; e != nil {
		out.Version = e.Version
	}
	return out
}

// types lists what event types a finding needs to show up again: where it is about
// the order within a subject, more than the type of one event.
func (x facts) types(f audit.Finding) []string {
	seen := map[string]bool{}
	var out []string
	add := func(t string) {
		if t != "" && !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	add(f.Type)
	for _, n := range f.Deliveries {
		if e := x.events[x.deliveries[n].Event]; e != nil {
			add(e.Type)
		}
	}
	for _, a := range f.Evidence.Attempts {
		if e := x.events[a.Event]; e != nil {
			add(e.Type)
		}
	}
	return out
}

// commonType is a pattern that covers the types: the one type, or their common
// beginning up to a dot with a star; empty where nothing narrower than everything covers them.
func commonType(types []string) string {
	switch len(types) {
	case 0:
		return ""
	case 1:
		return types[0]
	}
	prefix := types[0]
	for _, t := range types[1:] {
		for !strings.HasPrefix(t, prefix) {
			_, size := utf8.DecodeLastRuneInString(prefix)
			prefix = prefix[:len(prefix)-size]
		}
	}
	dot := strings.LastIndexByte(prefix, '.')
	if dot < 0 {
		return ""
	}
	return prefix[:dot+1] + "*"
}

func newEffect(e replay.Effect) Effect {
	return Effect{Micros(e.At), Micros(e.Since), e.Source, e.Name, e.Key, e.Count, e.Subject, e.Version, e.Deleted}
}

// cutBytes keeps at most n bytes, without splitting a rune.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
