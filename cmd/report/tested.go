package report

import (
	"fmt"
	"strings"
	"time"

	"hookonce/replay/redact"
)

// testedLines is how many lines tested takes, but for what stands nowhere else, where nothing more urgent stands above it.
const testedLines = 11

// tested says in a few lines what the verdict rests on. Facts that stand nowhere else are told whole. The others that need a second line
// get one as long as there is room, the foremost in order of what it would lose by a cut.
func (p *page) tested(r Report, most int) {
	facts := r.tested()
	total := 0
	room := make([]int, len(facts))
	for i, f := range facts {
		room[i] = 1
		if f.whole {
			room[i] = len(f.lines)
		}
		total += room[i]
	}
	for i, f := range facts {
		if len(f.lines) > room[i] && total < most {
			room[i]++
			total++
		}
	}
	for i, f := range facts {
		p.labelledLines(f.label, plainInk, f.lines, headWidth, room[i])
	}
}

// fact is one labelled statement, broken into lines for the head.
type fact struct {
	label string
	lines []string
	whole bool // what is cut off it stands nowhere else in a text
}

func (r Report) tested() []fact {
	const width = headWidth - indent - labelWidth
	list := func(items []string, separator string) []string { return wrapItems(items, separator, width) }
	facts := []fact{{"tested", wrap(r.testedLine(), width), true}}
	if !r.Complete || r.Stopped != "" {
		facts = append(facts, fact{label: "cut short", lines: wrap(r.cutShort(), width)})
	}
	facts = append(facts, fact{"races", list(r.raceItems(), "; "), true}, fact{label: "faults", lines: list(r.faultItems(), ", ")},
		fact{"memory", wrap(redact.Screen(r.Memory.Statement, 400), width), true}, fact{label: "effects", lines: list(r.sourceItems(), ", ")},
		fact{"right", list(r.scoreItems(), ", "), true})
	if items := r.baselineItems(); items != nil {
		facts = append(facts, fact{label: "baseline", lines: list(items, ", ")})
	}
	if r.Time.Scale != 1 {
		facts = append(facts, fact{label: "waits", lines: wrap(r.waitsLine(), width)})
	}
	return facts
}

func (r Report) waitsLine() string {
	return fmt.Sprintf("scaled by %s: nothing is proven about what expires meanwhile", scaleText(r.Time.Scale))
}

func (r Report) testedLine() string {
	s := r.Stats
	return fmt.Sprintf("%s, %d of %s sent in %s, seed %d", plural(s.Events, redact.Screen(r.Provider, 20)+" event"),
		s.Attempts, plural(s.Deliveries, "delivery"), span(time.Duration(s.Elapsed)), r.Seed)
}

func (r Report) cutShort() string {
	if r.Stopped != "" {
		return "stopped early: " + redact.Screen(r.Stopped, 100)
	}
	return "the journal has no end: what was not recorded is unknown"
}

// acrossReplicas counts the races that overlapped with copies at more than one address of the endpoint.
func (r Report) acrossReplicas() int {
	n := 0
	for _, g := range r.Races {
		if g.Replicas > 1 {
			n += g.overlaps()
		}
	}
	return n
}

// address is the endpoint's, and that of its replicas.
func (r Report) address() string {
	if len(r.Targets) > 1 {
		return redact.Screen(strings.Join(r.Targets, " "), 400)
	}
	return redact.Screen(r.Target, 400)
}

func (r Report) raceItems() []string {
	s := r.Stats
	switch {
	case s.Races == 0:
		return []string{"none planned"}
	case s.Overlapped == 0:
		return []string{fmt.Sprintf("0 of %d overlapped: they prove nothing", s.Races)}
	}
	items := []string{fmt.Sprintf("%d of %d overlapped%s, median spread %s", s.Overlapped, s.Races, s.dense(), span(time.Duration(s.Spread)))}
	if across := r.acrossReplicas(); across > 0 {
		items = append(items, fmt.Sprintf("%d of them across replicas", across))
	}
	switch r.Transport {
	case "h2":
		items = append(items, "in HTTP/2, one packet each")
	case "mixed":
		items = append(items, "each third in HTTP/2")
	}
	if s.RateBound > 0 {
		items = append(items, fmt.Sprintf("a double would show in at most 1 of %d races, at %g %%", int(1/s.RateBound), s.Confidence))
	}
	return items
}

// dense says how many of the races were pairs of dense releases.
func (s Stats) dense() string {
	switch s.DensePairs {
	case 0:
		return ""
	case s.Races:
		return " in " + plural(s.Dense, "dense release")
	default:
		return fmt.Sprintf(" (dense: %d of %d)", s.DenseOverlapped, s.DensePairs)
	}
}

func (r Report) faultItems() []string {
	if len(r.Faults) == 0 {
		return []string{"none planned"}
	}
	var out []string
	for _, f := range r.Faults {
		out = append(out, f.String())
	}
	return out
}

// String is "race 23/24": how many took place of how many planned.
func (f Fault) String() string {
	if f.Planned == 0 {
		return redact.Screen(f.Fault, 30) + " left out"
	}
	return fmt.Sprintf("%s %d/%d", redact.Screen(f.Fault, 30), f.Fired, f.Planned)
}

func (r Report) sourceItems() []string {
	if len(r.Sources) == 0 {
		return []string{"no source: add --effects"}
	}
	var out []string
	for _, s := range r.Sources {
		out = append(out, redact.Screen(s.Label, 60)+s.nature())
	}
	return out
}

// nature says what a source tells and how.
func (s Source) nature() string {
	var kinds []string
	if s.Counts {
		kinds = append(kinds, "counts")
	}
	if s.States {
		kinds = append(kinds, "versions")
	}
	if len(kinds) == 0 {
		return " (told nothing)"
	}
	how := "polled"
	if s.Exact {
		how = "as they happen"
	}
	return " (" + strings.Join(kinds, " and ") + ", " + how + ")"
}

// scoreItems puts the reference beside the target.
func (r Report) scoreItems() []string {
	ref := "no reference ran"
	if r.Reference != nil {
		ref = redact.Screen(r.Reference.Name, 20) + " reference " + r.Reference.Score.String()
	}
	return []string{"target " + r.Score.String(), ref}
}

// String is "27 of 42 events", undecided ones told apart.
func (s Score) String() string {
	decided := s.Right + s.Wrong
	switch {
	case decided == 0:
		return fmt.Sprintf("undecided on %s", plural(s.Undecided, "event"))
	case s.Undecided == 0:
		return fmt.Sprintf("%d of %s", s.Right, plural(decided, "event"))
	}
	return fmt.Sprintf("%d of %s (%d undecided)", s.Right, plural(decided, "event"), s.Undecided)
}
