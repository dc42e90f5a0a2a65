package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// Memory says how the endpoint knows an event again.
type Memory struct {
	// Statement says it in words: "deduplicates on `id`, remembers at least 70 s".
	Statement string `json:"statement"`
	// Untested says what would show more, "" where nothing would.
	Untested string `json:"untested,omitempty"`
	// Held is the greatest age at which a late duplicate was known again, Forgot the least at which one was not;
	// 0 where none showed it.
	Held   Micros `json:"held_us"`
	Forgot Micros `json:"forgot_us"`
	// Claimed is for how long the endpoint's Redis commands say that events are remembered, where that was not measured.
	Claimed Micros `json:"claimed_us,omitempty"`
	// PerProcess says that each replica remembers for itself.
	PerProcess bool `json:"per_process,omitempty"`
	// Trials are the ways in which events were repeated.
	Trials []Trial `json:"trials"`
}

// Trial is one way of repeating events: in how many it was tried, and in how many of these it was
// processed again or, with twins and same-id, taken for another event.
type Trial struct {
	Kind   string `json:"kind"`
	Tried  int    `json:"tried"`
	Failed int    `json:"failed"`
}

func newMemory(h replay.Header, m audit.Memory) Memory {
	out := Memory{Held: Micros(m.Held), Forgot: Micros(m.Forgot), Claimed: Micros(m.Claimed), PerProcess: m.PerProcess, Trials: make([]Trial, 0, len(m.Trials))}
	for _, t := range m.Trials {
		out.Trials = append(out.Trials, Trial(t))
	}
	w := witness{m, h}
	out.Statement = w.statement()
	if w.deduplicates() {
		out.Untested = w.untested()
	}
	return out
}

// memoryUncounted is the statement where the trials cannot be counted, as of a run that was cut short, and the checks found some all the same.
const memoryUncounted = "not known: effects were not counted to the end; what was processed again is among the findings"

// text is the whole of it.
func (m Memory) text() string {
	if m.Untested == "" {
		return m.Statement
	}
	return m.Statement + "; " + m.Untested
}

// remarks are what the head of a text leaves out.
func (m Memory) remarks(late Late) []string {
	out := []string{"late duplicates were " + late.Statement}
	if m.Untested != "" {
		out = append(out, m.Untested)
	}
	return out
}

// deduplicates says that every event that was repeated soon was known again.
func (w witness) deduplicates() bool {
	same := w.Trial(audit.TrialDuplicate)
	return same.Failed == 0 && same.Tried+w.Trial(audit.TrialLate).Tried > 0
}

// witness puts a memory into words.
type witness struct {
	audit.Memory
	header replay.Header
}

func (w witness) statement() string {
	same, race, late := w.Trial(audit.TrialDuplicate), w.Trial(audit.TrialRace), w.Trial(audit.TrialLate)
	switch {
	case len(w.Trials) == 0:
		return "not known: nothing that was repeated was counted"
	case same.Failed > 0 && same.Failed == same.Tried:
		return fmt.Sprintf("does not deduplicate: %s processed again", allOf(same.Tried))
	case same.Failed > 0:
		return fmt.Sprintf("deduplicates only some events: %d of %d repeated ones were processed again", same.Failed, same.Tried)
	case !w.deduplicates() && w.Trial(audit.TrialReplicas).Failed > 0:
		t := w.Trial(audit.TrialReplicas)
		return fmt.Sprintf("does not deduplicate across replicas: %d of %d events were processed again", t.Failed, t.Tried)
	case !w.deduplicates():
		return w.racedOnly(race)
	}
	parts := []string{"deduplicates" + w.on()}
	if scope := w.scope(); scope != "" {
		parts = append(parts, scope)
	}
	if race.Failed > 0 {
		parts = append(parts, fmt.Sprintf("but not copies that race (%d of %d)", race.Failed, race.Tried))
	}
	if span := w.span(late); span != "" {
		parts = append(parts, span)
	}
	return strings.Join(parts, ", ")
}

func allOf(n int) string {
	if n == 1 {
		return "the one repeated event was"
	}
	return fmt.Sprintf("all of %d repeated events were", n)
}

// racedOnly is all that can be said where copies came together only.
func (w witness) racedOnly(race audit.Trial) string {
	switch {
	case race.Tried == 0:
		return "not tested: no event was delivered again in the same bytes"
	case race.Failed > 0:
		return fmt.Sprintf("does not deduplicate copies that come together: %d of %d events were processed again", race.Failed, race.Tried)
	}
	return "deduplicates copies that come together; later ones were not tested"
}

// on says what the endpoint's key is, as far as the trials tell.
func (w witness) on() string {
	bytes, ids := w.Trial(audit.TrialOtherBytes), w.Trial(audit.TrialAttemptID)
	twins, sources := w.Trial(audit.TrialTwins), w.Trial(audit.TrialSameID)
	var on string
	switch {
	case bytes.Failed > 0 && twins.Failed > 0:
		on = " on the bytes of the content and not on the event's id"
	case bytes.Failed > 0:
		on = " on the bytes of the body"
	case ids.Failed > 0:
		on = " on " + w.name(func(p replay.Profile) string { return p.AttemptID }, "the id of the attempt") + ", which is the attempt's"
	case twins.Failed > 0:
		on = " on the content and not on the event's id"
	case bytes.Tried > 0 && twins.Tried > 0 || sources.Failed > 0:
		on = " on " + w.name(func(p replay.Profile) string { return p.Key }, "the event's id")
	}
	switch {
	case sources.Failed > 0:
		on += ", without its source"
	case sources.Tried > 0 && twins.Failed == 0 && on != "":
		on += " and its source"
	}
	if w.Trial(audit.TrialRebatch).Failed > 0 {
		on += ", by body and not by item"
	}
	return on
}

// scope says whether replicas share what they remember; "" where there is one.
func (w witness) scope() string {
	t := w.Trial(audit.TrialReplicas)
	switch {
	case t.Tried == 0:
		return ""
	case t.Failed == 0:
		return "across replicas"
	case w.PerProcess:
		return "per process"
	}
	return fmt.Sprintf("not across replicas (%d of %d processed again)", t.Failed, t.Tried)
}

// name is that of a header or a field, where all providers of the run have one name for it.
func (w witness) name(of func(replay.Profile) string, otherwise string) string {
	name := of(w.header.Profile)
	if name == "" || slices.ContainsFunc(w.header.Others, func(p replay.Profile) bool { return of(p) != name }) {
		return otherwise
	}
	return "`" + cutBytes(name, 60) + "`"
}

// span says for how long events are remembered.
func (w witness) span(late audit.Trial) string {
	least, most := age(w.Held), age(w.Forgot)
	switch {
	case late.Tried == 0, w.Held == 0 && w.Forgot == 0:
		return ""
	case w.Forgot == 0 && w.retrySpan() > 0 && w.Held >= w.retrySpan()-time.Minute:
		return fmt.Sprintf("remembers at least %s (measured: still known at %s)", hours(w.retrySpan()), exactly(w.Held))
	case w.Forgot == 0:
		return "remembers at least " + least
	case w.measured() && w.header.TTLScale > 0:
		return fmt.Sprintf("remembers for about %s (measured through times to live shortened by %s: still known at %s, processed again at %s)",
			exactly(((w.Held + w.Forgot) / 2).Round(time.Minute)), scaleText(w.header.TTLScale), exactly(w.Held), exactly(w.Forgot))
	case w.measured():
		return fmt.Sprintf("remembers for %s (measured: still known at %s, processed again at %s)", exactly(w.Forgot), exactly(w.Held), exactly(w.Forgot))
	case w.Held == 0:
		return "remembers less than " + most
	case w.Held < w.Forgot:
		return "remembers at least " + least + " and less than " + most
	}
	return fmt.Sprintf("remembers some events %s, others less than %s", least, most)
}

// measured says that a window is known as exactly as a search makes it: to the second up to ten minutes, else to the minute, or
// to an eighth where ages were shortened.
func (w witness) measured() bool {
	step := time.Minute
	if w.Forgot <= 10*time.Minute {
		step = time.Second
	}
	if w.header.TTLScale > 0 {
		step = max(step, w.Forgot/8)
	}
	return w.Held > 0 && w.Held < w.Forgot && w.Forgot-w.Held <= step
}

// retrySpan is the longest time in which a provider of the run redelivers.
func (w witness) retrySpan() time.Duration {
	longest := w.header.Profile.RetrySpan
	for _, p := range w.header.Others {
		longest = max(longest, p.RetrySpan)
	}
	return longest
}

// hours writes a span as an endpoint's author thinks of it, 72 h and not 3 d.
func hours(d time.Duration) string {
	if d%time.Hour == 0 && d <= 96*time.Hour {
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return span(d)
}

// exactly writes an age to the minute, or to the second where it is short.
func exactly(d time.Duration) string {
	if d <= 10*time.Minute {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
}

// age writes a span as --late would have it: 70 s, not 1 min 10 s.
func age(d time.Duration) string {
	if d%time.Second == 0 && d < 2*time.Minute {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return span(d)
}

// untested names what would have to be tried to say more.
func (w witness) untested() string {
	var add []string
	if on := w.on(); on == "" {
		for _, kind := range []string{audit.TrialOtherBytes, audit.TrialTwins} {
			if w.Trial(kind).Tried == 0 {
				add = append(add, kind)
			}
		}
	}
	var out []string
	if len(add) > 0 {
		out = append(out, "on what: not tested (--faults all,"+strings.Join(add, ",")+")")
	}
	switch {
	case w.Trial(audit.TrialLate).Tried == 0 && w.Claimed > 0:
		out = append(out, fmt.Sprintf("how long: it claims %s, which was not measured (--late %s, or --redis-ttl-scale)", hours(w.Claimed), lateHint))
	case w.Trial(audit.TrialLate).Tried == 0:
		out = append(out, "how long: not tested (--late "+lateHint+")")
	case w.Held == 0 && w.Forgot == 0 && w.header.TTLScale > 0:
		out = append(out, "how long: not measured, because times to live inside scripts, or elsewhere than in Redis, are not shortened")
	}
	return strings.Join(out, "; ")
}

// lateHint is an age that outlives the most common lock, of a minute.
const lateHint = "70s"
