package cmd

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"hookonce/dedupe/audit"
	"hookonce/replay"
	"hookonce/replay/redact"
)

// sweepStep is what one run of a sweep showed: its k-th command was struck.
type sweepStep struct {
	k       int
	command string // one that was struck
	verdict audit.Status
	missing string   // why the run is inconclusive, where it is
	found   []string // what went wrong with events that were struck, in a line each
}

func (o *RunOptions) addSweep(f *pflag.FlagSet) {
	f.StringVar(&o.Sweep, "sweep", "", "`redis`: instead of the whole plan, strike each Redis command that one delivery causes, in a run each, and tell the weak step")
}

// checkSweep finds mistakes before anything is sent.
func (o *RunOptions) checkSweep() error {
	switch {
	case o.Sweep == "":
		return nil
	case o.Sweep != "redis":
		return usagef("--sweep %s: the only one there is, is redis", safe(o.Sweep))
	case o.RedisProxy == "" && o.Exec == "":
		return usagef("--sweep redis needs --redis-proxy, or --exec: it is the proxy that loses replies")
	case o.TUI == "always" || len(o.Out) > 0:
		return usagef("--sweep tells its own table: leave --out and --tui out; each run's journal can be reported with hookonce report")
	}
	return nil
}

// sweep walks over the commands that one delivery causes, one run each: the k-th one's reply is lost for some events, and the
// connection is cut before it for others. How many there are the first run shows.
func sweep(ctx context.Context, s *Streams, o *RunOptions, show *progress, prepare func(variation) (*conduct, error)) error {
	var steps []sweepStep
	o.Faults, o.WithRedis = "redis-step", true
	for k, of := 1, 1; k <= of; k++ {
		o.Step = k
		show.Say("sweep: run %d, command %d", k, k)
		c, err := prepare(variation{seed: o.Seed + uint64(k) - 1}) // an endpoint remembers the ids it has seen
		if err != nil {
			return err
		}
		c.s, c.o, c.show = s, o.ConductOptions, show
		if ext := filepath.Ext(c.o.Journal); c.o.Journal != "" {
			c.o.Journal = fmt.Sprintf("%s-command%d%s", strings.TrimSuffix(c.o.Journal, ext), k, ext)
		}
		done, err := c.carryOut(newStopper(ctx, o.MaxDuration, show.Say))
		if err != nil {
			return err
		}
		show.Done()
		if done.writing != nil {
			return done.writing
		}
		if k == 1 {
			if of = commandsOfOne(done.journal.Target); of == 0 {
				return nothingToStrike(done, c.middle.URL())
			}
		}
		steps = append(steps, stepOf(k, done))
		if c.stop.Why() != "" {
			break
		}
	}
	tellSweep(s.Out, steps)
	verdict := audit.Pass
	for _, st := range steps {
		if st.verdict == audit.Fail || st.verdict == audit.Inconclusive && verdict == audit.Pass {
			verdict = st.verdict
		}
	}
	return verdictCode(verdict, o.InconclusiveAs)
}

// nothingToStrike says why there is nothing to walk over: the endpoint refused all events, or asked another Redis.
func nothingToStrike(f finished, redis string) error {
	why := "is " + redis + " the endpoint's REDIS_URL?"
	if m := f.verdict.Missing; len(m) > 0 && f.verdict.Verdict == audit.Inconclusive {
		why = m[0]
	}
	return fmt.Errorf("--sweep redis: no command of a clean delivery came to the proxy with its event's id: %s", why)
}

// commandsOfOne is the most commands that the one delivery of a control event caused, but for those that a client sends once
// only, because the server does not know a script yet.
func commandsOfOne(h replay.History) (most int) {
	sent := map[string]int{}
	for _, a := range h.Attempts {
		if a.Outcome != replay.Unsent {
			sent[a.Event]++
		}
	}
	control := map[string]bool{}
	for _, d := range h.Plan.Deliveries {
		if d.Phase == replay.PhaseControl && sent[d.Event] == 1 {
			control[d.Event] = true
		}
	}
	count := map[string]int{}
	for _, c := range h.Commands {
		if control[c.Event] && !strings.HasPrefix(c.Reply, "(error) NOSCRIPT") {
			count[c.Event]++
			most = max(most, count[c.Event])
		}
	}
	return most
}

func stepOf(k int, f finished) sweepStep {
	st := sweepStep{k: k, verdict: f.verdict.Verdict}
	if len(f.verdict.Missing) > 0 {
		st.missing = f.verdict.Missing[0]
	}
	struck := map[string]replay.Command{}
	for _, c := range f.journal.Target.Commands {
		if c.Fault != "" {
			struck[c.Event] = c
			if st.command == "" {
				st.command = c.Text()
			}
		}
	}
	count := map[string]int{}
	for _, x := range f.verdict.Findings {
		c, was := struck[x.Event]
		if !was || x.Severity != audit.Violation {
			continue
		}
		what := "the connection cut before it: "
		if c.Fault == string(replay.RedisCutAfter) {
			what = "its reply lost: "
		}
		what += x.Code
		if count[what]++; count[what] > 1 {
			continue
		}
		if why := x.Evidence.Flaw; why != nil && why.Name != "" {
			what += " (" + why.Text + ")"
		}
		st.found = append(st.found, what)
	}
	slices.Sort(st.found)
	return st
}

func tellSweep(w io.Writer, steps []sweepStep) {
	weak := 0
	for _, st := range steps {
		if len(st.found) > 0 {
			weak++
		}
	}
	fmt.Fprintf(w, "sweep: %d Redis commands of one delivery, one run each, %d weak\n\n", len(steps), weak)
	for _, st := range steps {
		state := "ok"
		switch {
		case len(st.found) > 0:
			state = "WEAK"
		case st.command == "":
			state = "not struck"
		case st.verdict == audit.Inconclusive:
			state = "inconclusive"
		}
		fmt.Fprintf(w, "%3d  %-12s %s\n", st.k, state, redact.Screen(st.command, 160))
		if len(st.found) == 0 && st.missing != "" {
			fmt.Fprintf(w, "     %s\n", redact.Screen(st.missing, 400))
		}
		for _, l := range st.found {
			fmt.Fprintf(w, "     %s\n", redact.Screen(l, 400))
		}
	}
}
