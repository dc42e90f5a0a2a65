package scenario

import (
	"context"
	"slices"

	"hookonce/dedupe/zoo"
)

// Cell is a handler in a scenario, over several seeds.
type Cell struct {
	Handler  string   `json:"handler"`
	Scenario string   `json:"scenario"`
	Correct  bool     `json:"correct,omitempty"`
	Expect   []string `json:"expect,omitempty"`
	Seeds    int      `json:"seeds"`
	// Found counts the seeds on which a flawed handler showed all its codes, and Flagged those on which any handler
	// showed a code that it must not show.
	Found   int `json:"found"`
	Flagged int `json:"flagged"`
	// Idle counts the seeds on which a mishap never struck: they prove nothing.
	Idle int `json:"idle"`
	// Undecided counts the seeds on which the audit of a correct handler did not come to a verdict.
	Undecided int `json:"undecided"`
	// Codes are all that were found, Outside those that must not be.
	Codes      []string `json:"codes"`
	Outside    []string `json:"outside,omitempty"`
	Missing    []string `json:"missing,omitempty"`
	Deliveries int      `json:"deliveries"`
}

// Good says that the cell shows what it must: a flawed handler its codes on every seed, with every mishap
// struck, and nobody anything else. A correct handler that has no such step (no Redis to
// lose, say) is untouched by a mishap, and good.
func (c Cell) Good() bool {
	if c.Correct {
		return c.Flagged == 0 && c.Undecided == 0
	}
	return c.Found == c.Seeds && c.Flagged == 0 && c.Idle == 0
}

// Pairs lists what the matrix consists of: each flawed handler in its scenario, each correct one in every
// scenario.
func Pairs(entries []zoo.Entry) (pairs []Pair) {
	for _, e := range entries {
		for _, s := range All() {
			if e.Correct() || s.Name == e.Scenario {
				pairs = append(pairs, Pair{e, s})
			}
		}
	}
	return pairs
}

// Pair is a handler and a scenario.
type Pair struct {
	Entry    zoo.Entry
	Scenario Scenario
}

// Run tries the pair on the seeds from 0.
func (p Pair) Run(ctx context.Context, seeds int) (Cell, error) {
	c := Cell{Handler: p.Entry.Name, Scenario: p.Scenario.Name, Correct: p.Entry.Correct(), Expect: p.Entry.Expect, Seeds: seeds, Codes: []string{}}
	for seed := range uint64(seeds) {
		r, err := Try(ctx, p.Entry, p.Scenario, seed)
		if err != nil {
			return c, err
		}
		c.add(r, p)
	}
	return c, nil
}

func (c *Cell) add(r Result, p Pair) {
	outside := r.Outside(p.Entry, p.Scenario.Warns)
	c.Deliveries += r.Deliveries
	c.Codes, c.Outside, c.Missing = union(c.Codes, r.Codes), union(c.Outside, outside), union(c.Missing, r.Missing)
	if r.Found(p.Entry) {
		c.Found++
	}
	if len(outside) > 0 {
		c.Flagged++
	}
	if len(r.Idle) > 0 {
		c.Idle++
	}
	if p.Entry.Correct() && len(r.Missing) > 0 {
		c.Undecided++
	}
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}
