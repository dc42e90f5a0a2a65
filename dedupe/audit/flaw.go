package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hookonce/replay"
)

// Flaw is why a finding came about, as the commands to Redis show it, or the calls that had the effects.
type Flaw struct {
	// Name is the flaw's, or empty where the commands do not show why.
	Name string `json:"name,omitempty"`
	// Text says in one sentence what they show, or that they do not.
	Text string `json:"text"`
	// Commands are those that show it.
	Commands []replay.Command `json:"commands,omitempty"`
}

// clue is what a rule looks at: a finding, its event, and what was done about it.
type clue struct {
	*docket
	f    *dossier
	x    *Finding
	acts []act
}

// proof is what a rule found: nothing, where text is empty.
type proof struct {
	text string
	by   []act
}

// flawRule names one flaw from commands, effects and timings. It says nothing unless each of its steps is seen.
type flawRule struct {
	name  string
	codes string
	prove func(clue) proof
}

// callRules look at the calls that had the effects only: nobody has to write commands down for them.
func callRules() []flawRule {
	return []flawRule{{"new-key-per-attempt", "double-processing window-too-short", keyedAnew}}
}

// flawRules are in the order in which they are tried: what is seen step by step comes before what is only missing.
func flawRules() []flawRule {
	const double, lost, stuck = "double-processing window-too-short", "lost-event", "stuck"
	return []flawRule{
		{"no-fencing", double, pausedPastLease},
		{"marker-second", double, killedAfterEffect},
		{"process-memory", double, memoryKilled},
		{"no-owner", double, removedOthers},
		{"lease-too-short", double, leaseBeforeWork},
		{"raw-hash", double, keyedByBytes},
		{"window-too-short", double, forgotten},
		{"marker-second", double, markerLost},
		{"fail-open", double, ranWithoutRedis},
		{"check-then-act", double, readBeforeWrite},
		{"retry-header", lost, retryTrusted},
		{"reply-lost", lost + " " + stuck, ownLockRefused},
		{"version-first", lost, advancedFirst},
		{"setnx-expire", stuck + " " + lost, neverExpires},
		{"ack-first", lost, answeredFirst},
		{"object-lock-200", lost, subjectClaimed},
		{"no-ttl", lost, claimForEver},
		{"busy-200", lost, killedHolder},
		{"busy-200", lost, busyAcknowledged},
		{"fail-as-duplicate", lost, failureAcknowledged},
		{"busy-200", lost, releaseFailed},
		{"done-first", lost, markOutlived},
		{"object-lock-200", lost, subjectHeld},
		{"swallow", lost, claimedInVain},
		{"cached-5xx", stuck, failureKept},
		{"per-attempt-key", double, keyedByAttempt},
		{"check-then-act", double, actedUnseen},
		{"no-memory", double, nothingAsked},
		{"version-race", "regress stale-final", versionsRaced},
		{"version-race", "regress resurrect stale-final", overwrittenAtOnce},
		{"no-version", "regress resurrect stale-final", neverCompared},
		{"no-tombstone", "resurrect", tombstoneMissing},
		{"no-source", "merged " + lost, sourceLeftOut},
		{"content-hash", "merged " + lost, idLeftOut},
		{"no-verify", "signature-bypass", bypassed},
		{"verify-parsed", "wrong-rejection", checkedAnew},
		{"version-as-text", "stale-final", comparedAsText},
		{"version-as-float", "stale-final", comparedAsFloat},
	}
}

// nameFlaws gives each finding its flaw. Most of them show only where a proxy wrote the endpoint's commands down.
func (d *docket) nameFlaws(found []Finding) {
	rules := callRules()
	if d.h.Plan.Settings.Redis {
		rules = append(rules, flawRules()...)
	}
	for i := range found {
		if x := &found[i]; x.Severity == Violation || x.Code == "window-too-short" || x.Code == "merged" {
			x.Evidence.Flaw = d.flawOf(x, rules)
		}
	}
}

func (d *docket) flawOf(x *Finding, rules []flawRule) *Flaw {
	c := clue{docket: d, f: d.byKey[x.Event], x: x}
	if c.f == nil {
		return nil
	}
	c.acts = d.actsOf(x.Event)
	known := false
	for _, r := range rules {
		if !slices.Contains(strings.Fields(r.codes), x.Code) {
			continue
		}
		known = true
		if p := r.prove(c); p.text != "" {
			return &Flaw{Name: r.name, Text: p.text, Commands: commandsOf(p.by)}
		}
	}
	if !known || !c.h.Plan.Settings.Redis {
		return nil
	}
	text := "the commands to Redis do not show why"
	if len(c.acts) == 0 {
		text += ": none of them holds the event's id"
	}
	return &Flaw{Text: text, Commands: commandsOf(c.acts[:min(len(c.acts), maxShown)])}
}

// maxShown is how many commands are shown where none stands out.
const maxShown = 8

func commandsOf(acts []act) (out []replay.Command) {
	for _, a := range acts {
		out = append(out, *a.Command)
	}
	return out
}

// claims are the attempts to take a key that was not there; a key's name "" stands for all.
func (c clue) claims(key string) (out []act) {
	for _, a := range c.acts {
		if a.deed == claimDeed && (key == "" || a.key == key) {
			out = append(out, a)
		}
	}
	return out
}

// between are the acts of a kind on a key after one act and before another.
func (c clue) between(from, to act, key string, kind deed) (out []act) {
	for _, a := range c.acts {
		if a.deed == kind && a.key == key && a.done && a.At > from.At && a.At < to.At {
			out = append(out, a)
		}
	}
	return out
}

func name(a *replay.Attempt) string { return fmt.Sprintf("delivery %d", a.Delivery) }

// taken are two claims of one key in a row that both succeeded.
func (c clue) taken() (pairs [][2]act) {
	last := map[string]act{}
	for _, a := range c.claims("") {
		if !a.done {
			continue
		}
		if b, was := last[a.key]; was {
			pairs = append(pairs, [2]act{b, a})
		}
		last[a.key] = a
	}
	return pairs
}

// ago writes the distance of two acts.
func ago(d time.Duration) string { return d.Round(time.Millisecond).String() }

// claimedWindow is the command that gave an event of control the longest time to live, where no late duplicate measured it; zero for none.
func (d *docket) claimedWindow() act {
	if !d.h.Plan.Settings.Redis || d.survey.late > 0 {
		return act{}
	}
	return d.survey.pledge.act
}

// pledge is the longest time to live that a command about an event of control had.
type pledge struct {
	act
	rank int // of the event
}

func (p *pledge) add(o pledge) {
	if o.ttl > p.ttl || o.ttl == p.ttl && o.ttl > 0 && o.rank < p.rank {
		*p = o
	}
}

func (d *docket) claimedText(by act) string {
	return fmt.Sprintf("the endpoint claims to remember events for %s (%s); that was not measured, and scripts may say otherwise; the provider redelivers for up to %s",
		span(by.ttl), by.Text(), span(d.h.Header.Profile.RetrySpan))
}
