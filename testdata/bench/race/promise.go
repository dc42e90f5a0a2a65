package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// us is a duration in microseconds, and without end where nothing was found.
func us(d time.Duration) float64 {
	if d == never {
		return math.Inf(1)
	}
	return float64(d) / float64(time.Microsecond)
}

// best are hookonce's best figures, and those of the peers it is compared with. curl is no peer: a process for each
// event finds a window by luck, in the time of thousands of bursts.
type best struct {
	narrowest time.Duration
	t99       time.Duration
	node      float64
}

func (t *table) best(take func(contestant) bool) best {
	b := best{narrowest: never, t99: never}
	for _, r := range t.rows {
		if !take(r) {
			continue
		}
		b.narrowest = min(b.narrowest, t.narrowest(r))
		// A peer's lower bound is taken for its figure, in its favour; ours is not.
		if d, bound := t.cells[r.name][0].t99(); !bound || !r.ours {
			b.t99 = min(b.t99, d)
		}
		b.node = max(b.node, t.cells[r.name][node].share())
	}
	return b
}

func isOurs(c contestant) bool   { return c.ours }
func isPeer(c contestant) bool   { return !c.ours && c.name != "curl -Z" }
func isClient(c contestant) bool { return c.name == contestants[0].name }

// promise is one figure with the bound it is held to.
type promise struct {
	text    string
	figure  float64
	bound   float64
	atLeast bool
}

func (p promise) kept() bool {
	if p.atLeast {
		return p.figure >= p.bound
	}
	return p.figure <= p.bound
}

func (p promise) String() string {
	word, sign := "kept", "at most"
	if !p.kept() {
		word = "MISSED"
	}
	if p.atLeast {
		sign = "at least"
	}
	return fmt.Sprintf("%s: %.3g (%s %g: %s)", p.text, p.figure, sign, p.bound, word)
}

func (t *table) promises() []promise {
	our, peers, client := t.best(isOurs), t.best(isPeer), t.best(isClient)
	ps := []promise{
		{"narrowest window, hookonce, us", us(our.narrowest), 2, false},
		{"narrowest window, hookonce / best peer", us(our.narrowest) / us(peers.narrowest), 0.2, false},
		{"T99 at no window, hookonce / http.Client warm", us(our.t99) / us(client.t99), 0.1, false},
	}
	if our.node > 0 {
		ps = append(ps, promise{"Node with one setImmediate, share doubled by hookonce", our.node, 0.95, true})
	}
	return ps
}

func (t *table) ratios() []string {
	var lines []string
	for _, p := range t.promises() {
		lines = append(lines, p.String())
	}
	return lines
}

// missed lists what was not kept; "" where everything was.
func (t *table) missed() string {
	var lines []string
	for _, p := range t.promises() {
		if !p.kept() {
			lines = append(lines, p.String())
		}
	}
	return strings.Join(lines, "\n")
}
