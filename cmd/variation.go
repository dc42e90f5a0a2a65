package cmd

import (
	"strings"

	"hookonce/cmd/report"
	"hookonce/cmd/tui"
	"hookonce/replay"
	"hookonce/replay/redact"
)

// variation is how a run that is asked for on the screen differs from the one asked for on the
// command line. The zero value is the latter.
type variation struct {
	title  string
	seed   uint64
	faults string
	only   string // the event type
	hold   bool
}

// vary turns an order of the screen into a variation. An endpoint remembers the ids it has seen, so each has a seed of its own.
func vary(o tui.Order, seed uint64, events map[string]*replay.Event) variation {
	v := variation{seed: seed}
	if e := events[o.Event]; e != nil {
		v.only = e.Type
	}
	switch o.Action {
	case tui.Duplicate:
		v.title, v.faults = "experiment, duplicates of "+v.only, "duplicate"
	case tui.Race:
		v.title, v.faults = "experiment, a race of "+v.only, "race"
	case tui.Hold:
		v.title, v.faults, v.hold = "experiment, copies of "+v.only+" held back", "duplicate,race", true
	case tui.Again:
		v.only = ""
	}
	return v
}

// whole says that the run is not an experiment with one event.
func (v variation) whole() bool { return v.title == "" }

// shape changes what is planned.
func (v variation) shape(o *PlanningOptions) {
	if v.seed != 0 {
		o.Seed = v.seed
	}
	if !v.whole() {
		o.Faults, o.Only = v.faults, []string{escapePattern(v.only)}
	}
}

// escapePattern makes a pattern that matches nothing but the text.
func escapePattern(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(s)
}

// command is the command line that makes the same run.
func (v variation) command(args []string, seed uint64, known redact.Secrets) string {
	c := redact.Command(append([]string{"hookonce"}, args[1:]...), known)
	if v == (variation{}) {
		return c
	}
	only := ""
	if v.only != "" {
		only = escapePattern(v.only)
	}
	return report.Narrow(c, seed, v.faults, only)
}
