package cmd

import (
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"strings"
	"sync"
	"time"

	"hookonce/chaos"
	"hookonce/dedupe/scenario"
	"hookonce/dedupe/zoo"
	"hookonce/replay"
)

// randomPlan is the plan of a seed, with every fault there is, those that providers hardly commit among them,
// and with events that overlap.
func randomPlan(seed uint64) (replay.Plan, error) {
	plan, err := chaos.Build(chaos.Input{
		Events: scenario.Fixtures(), Profile: scenario.Profile(), Rename: scenario.Rename, FromSource: scenario.FromSource, Seed: seed,
		Settings: replay.PlanSettings{Faults: chaos.Names(), Copies: 2, Race: 3, Bursts: 1, Dense: 5, Signed: true,
			Late: []time.Duration{70 * time.Second, 25 * time.Hour}},
	})
	return scenario.Rush(plan, seed), err
}

// hunt is the search for one flawed handler in random plans.
type hunt struct {
	Handler string   `json:"handler"`
	Expect  []string `json:"expect"`
	// Seed is the first on which all its codes were found; null where none was.
	Seed  *uint64 `json:"seed"`
	Tried int     `json:"tried"`
	// Outside are codes that neither its flaw nor the plan accounts for, with their seeds.
	Outside []string `json:"outside,omitempty"`
}

// byChance are codes that random plans may cause whatever the flaw is: the work is made slow and
// Redis is down; a crash between a charge and its mark makes two of it, where the charge has no key; and
// what is only a hint names one of several causes that fit.
var byChance = append([]string{"double-processing", "merged", "per-attempt-key"}, ownFaults...)

// zooShare is the share of flawed handlers that random plans must find.
const zooShare = 0.95

func runZooRandom(ctx context.Context, s *Streams, o ZooOptions, entries []zoo.Entry) error {
	show := newProgress(s)
	var hunts []hunt
	found := 0
	for _, e := range entries {
		if e.Correct() {
			continue
		}
		h, err := huntFor(ctx, show, e, o.Random)
		if err != nil {
			return err
		}
		if h.good() {
			found++
		}
		show.Say("zoo: %s: %s", e.Name, h.text())
		hunts = append(hunts, h)
	}
	if len(hunts) == 0 {
		return usagef("--random: none of these handlers is a flawed one")
	}
	good := float64(found) >= zooShare*float64(len(hunts))
	if err := writeZoo(s, o, zooReport{Schema: "hookonce.zoo/v1", Good: good, Hunts: hunts}, zooHuntsText); err != nil {
		return err
	}
	return zooVerdict(good)
}

// huntEvery is how many seeds a hunt goes on without a word.
const huntEvery = 50

// huntFor tries plan after plan until the handler is found, however long that takes.
func huntFor(ctx context.Context, show *progress, e zoo.Entry, seeds int) (hunt, error) {
	h := hunt{Handler: e.Name, Expect: e.Expect}
	for seed := range uint64(seeds) {
		if seed > 0 && seed%huntEvery == 0 {
			show.Say("zoo: %s: not found on %d seeds so far", e.Name, seed)
		}
		plan, err := randomPlan(seed)
		if err != nil {
			return h, err
		}
		r, err := scenario.Judge(ctx, e, plan, scenario.Misfortunes(plan, seed))
		if err != nil {
			return h, fmt.Errorf("seed %d: %w", seed, err)
		}
		h.Tried++
		h.Outside = append(h.Outside, onSeed(r.Outside(e, byChance), seed)...)
		if r.Found(e) {
			h.Seed = &seed
			return h, nil
		}
	}
	return h, nil
}

func onSeed(codes []string, seed uint64) (out []string) {
	for _, c := range codes {
		out = append(out, fmt.Sprintf("%s on seed %d", c, seed))
	}
	return out
}

// good says that the handler was found, and by nothing that is not its own.
func (h hunt) good() bool { return h.Seed != nil && len(h.Outside) == 0 }

func (h hunt) text() string {
	text := fmt.Sprintf("not found on %d seeds", h.Tried)
	if h.Seed != nil {
		text = fmt.Sprintf("found on seed %d", *h.Seed)
	}
	return text + zooList("  NOT ALLOWED: ", h.Outside[:min(3, len(h.Outside))])
}

func zooHuntsText(w io.Writer, r zooReport) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s %-36s %s\n", "HANDLER", "CODES", "RANDOM PLANS")
	found := 0
	for _, h := range r.Hunts {
		if h.good() {
			found++
		}
		fmt.Fprintf(&b, "%-20s %-36s %s\n", h.Handler, strings.Join(h.Expect, ", "), h.text())
	}
	fmt.Fprintf(&b, "\n%d of %d flawed handlers found in random plans\n", found, len(r.Hunts))
	_, err := io.WriteString(w, b.String())
	return err
}

// alarms is what the correct handlers were flagged with in random plans.
type alarms struct {
	Handler    string   `json:"handler"`
	Plans      int      `json:"plans"`
	Deliveries int      `json:"deliveries"`
	Flags      []string `json:"flags,omitempty"`
	entry      zoo.Entry
}

// ownFaults are warnings that are true of what the mishaps did: an answer that was slow because the work was
// made slow, a refusal because Redis was down.
var ownFaults = []string{"slow-ack", "noisy-duplicate"}

func runZooFalseAlarms(ctx context.Context, s *Streams, o ZooOptions, entries []zoo.Entry) error {
	show := newProgress(s)
	var all []alarms
	for _, e := range entries {
		if e.Correct() {
			all = append(all, alarms{Handler: e.Name, entry: e})
		}
	}
	if len(all) == 0 {
		return usagef("--false-alarms: none of these handlers is a correct one")
	}
	sum, flags, told := 0, 0, 0
	for tried := range trials(ctx, all, func() bool { return sum >= o.FalseAlarms }) {
		if tried.err != nil {
			return tried.err
		}
		for i, r := range tried.results {
			sum += r.Deliveries
			for _, flag := range all[i].add(r, tried.seed) {
				flags++
				show.Say("zoo: %s: %s", all[i].Handler, flag)
			}
		}
		if part := sum * 20 / o.FalseAlarms; part > told {
			told = part
			show.Say("zoo: %d deliveries, %d flags", sum, flags)
		}
	}
	if err := writeZoo(s, o, zooReport{Schema: "hookonce.zoo/v1", Good: flags == 0, Alarms: all}, zooAlarmsText); err != nil {
		return err
	}
	return zooVerdict(flags == 0)
}

// trial is what one seed's plan did to each of the handlers.
type trial struct {
	seed    uint64
	results []scenario.Result
	err     error
}

// trials yields trial after trial, by seed, until enough says so. Each processor works on a seed of its own; how many
// there are changes nothing in what is yielded.
func trials(ctx context.Context, all []alarms, enough func() bool) iter.Seq[trial] {
	return func(yield func(trial) bool) {
		batch := make([]trial, runtime.GOMAXPROCS(0))
		for first := uint64(0); ; first += uint64(len(batch)) {
			var work sync.WaitGroup
			for i := range batch {
				work.Go(func() { batch[i] = try(ctx, all, first+uint64(i)) })
			}
			work.Wait()
			for _, t := range batch {
				if enough() || !yield(t) {
					return
				}
			}
		}
	}
}

func try(ctx context.Context, all []alarms, seed uint64) trial {
	t := trial{seed: seed}
	plan, err := randomPlan(seed)
	if err != nil {
		return trial{err: err}
	}
	for _, a := range all {
		r, err := scenario.Judge(ctx, a.entry, plan, scenario.Misfortunes(plan, seed))
		if err != nil {
			return trial{err: fmt.Errorf("seed %d: %w", seed, err)}
		}
		t.results = append(t.results, r)
	}
	return t
}

// add counts one run, and lists the flags it raised.
func (a *alarms) add(r scenario.Result, seed uint64) []string {
	outside := onSeed(r.Outside(a.entry, ownFaults), seed)
	a.Plans++
	a.Deliveries += r.Deliveries
	a.Flags = append(a.Flags, outside...)
	return outside
}

func zooAlarmsText(w io.Writer, r zooReport) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s %10s %12s %s\n", "CORRECT", "PLANS", "DELIVERIES", "FLAGS")
	sum, flags := 0, 0
	for _, a := range r.Alarms {
		sum, flags = sum+a.Deliveries, flags+len(a.Flags)
		fmt.Fprintf(&b, "%-20s %10d %12d %d%s\n", a.Handler, a.Plans, a.Deliveries, len(a.Flags), zooList("  ", a.Flags[:min(3, len(a.Flags))]))
	}
	fmt.Fprintf(&b, "\n%d false alarms in %d simulated deliveries\n", flags, sum)
	_, err := io.WriteString(w, b.String())
	return err
}
