package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"hookonce/chaos"
	"hookonce/dedupe/scenario"
	"hookonce/dedupe/zoo"
	"hookonce/replay"
)

// randomPlan is the plan of a seed, with every fault there is, those that providers hardly commit among them.
func randomPlan(seed uint64) (replay.Plan, error) {
	return chaos.Build(chaos.Input{
		Events: scenario.Fixtures(), Profile: scenario.Profile(), Rename: scenario.Rename, FromSource: scenario.FromSource, Seed: seed,
		Settings: replay.PlanSettings{Faults: chaos.Names(), Copies: 2, Race: 3, Bursts: 1, Signed: true,
			Late: []time.Duration{70 * time.Second, 25 * time.Hour}},
	})
}

// hunt is the search for one flawed handler in random plans.
type hunt struct {
	Handler string   `json:"handler"`
	Expect  []string `json:"expect"`
	// Seed is the first on which all its codes were found; null where none was.
	Seed    *uint64  `json:"seed"`
	Tried   int      `json:"tried"`
	Outside []string `json:"outside,omitempty"`
}

// zooShare is the share of flawed handlers that random plans must find.
const zooShare = 0.95

func runZooRandom(ctx context.Context, s *Streams, o ZooOptions) error {
	show := newProgress(s)
	var hunts []hunt
	found := 0
	for _, e := range zoo.Handlers() {
		if e.Correct() || len(o.Handlers) > 0 && !slices.Contains(o.Handlers, e.Name) {
			continue
		}
		h, err := huntFor(ctx, e, o.Random)
		if err != nil {
			return err
		}
		if h.Seed != nil {
			found++
		}
		show.Say("zoo: %s: %s", e.Name, h.text())
		hunts = append(hunts, h)
	}
	good := float64(found) >= zooShare*float64(len(hunts))
	if err := writeZoo(s, o, zooReport{Schema: "hookonce.zoo/v1", Good: good, Hunts: hunts}, zooHuntsText); err != nil {
		return err
	}
	return zooVerdict(good)
}

func huntFor(ctx context.Context, e zoo.Entry, seeds int) (hunt, error) {
	h := hunt{Handler: e.Name, Expect: e.Expect}
	for seed := range uint64(seeds) {
		plan, err := randomPlan(seed)
		if err != nil {
			return h, err
		}
		r, err := scenario.Judge(ctx, e, plan, scenario.Misfortunes(plan, seed))
		if err != nil {
			return h, fmt.Errorf("seed %d: %w", seed, err)
		}
		if h.Tried++; r.Found(e) {
			h.Seed = &seed
			return h, nil
		}
	}
	return h, nil
}

func (h hunt) text() string {
	if h.Seed == nil {
		return fmt.Sprintf("not found on %d seeds", h.Tried)
	}
	return fmt.Sprintf("found on seed %d", *h.Seed)
}

func zooHuntsText(w io.Writer, r zooReport) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s %-36s %s\n", "HANDLER", "CODES", "RANDOM PLANS")
	found := 0
	for _, h := range r.Hunts {
		if h.Seed != nil {
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
}

// ownFaults are warnings that are true of what the mishaps did: an answer that was slow because the work was
// made slow, a refusal because Redis was down.
var ownFaults = []string{"slow-ack", "noisy-duplicate"}

func runZooFalseAlarms(ctx context.Context, s *Streams, o ZooOptions) error {
	show := newProgress(s)
	var all []alarms
	for _, e := range zoo.Handlers() {
		if e.Correct() && (len(o.Handlers) == 0 || slices.Contains(o.Handlers, e.Name)) {
			all = append(all, alarms{Handler: e.Name})
		}
	}
	if len(all) == 0 {
		return usagef("--false-alarms: none of these handlers is a correct one")
	}
	sum, flags, told := 0, 0, 0
	for seed := uint64(0); sum < o.FalseAlarms; seed++ {
		plan, err := randomPlan(seed)
		if err != nil {
			return err
		}
		for i := range all {
			if err := all[i].add(ctx, plan, seed); err != nil {
				return err
			}
		}
		sum, flags = 0, 0
		for _, a := range all {
			sum, flags = sum+a.Deliveries, flags+len(a.Flags)
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

func (a *alarms) add(ctx context.Context, plan replay.Plan, seed uint64) error {
	e, _ := zoo.Find(a.Handler)
	r, err := scenario.Judge(ctx, e, plan, scenario.Misfortunes(plan, seed))
	if err != nil {
		return fmt.Errorf("seed %d: %w", seed, err)
	}
	a.Plans++
	a.Deliveries += r.Deliveries
	for _, code := range r.Outside(e, ownFaults) {
		a.Flags = append(a.Flags, fmt.Sprintf("%s on seed %d", code, seed))
	}
	return nil
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
