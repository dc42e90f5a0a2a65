package cmd

import (
	"testing"
	"time"

	"hookonce/replay/provider"
)

// What goes by on the wall counts where the clock goes on by itself, and only there.
func TestHandMovesTheClockToTheAge(t *testing.T) {
	for rate, want := range map[float64][3]time.Duration{
		1: {58 * time.Second, time.Minute - time.Second, 0},
		0: {time.Minute, time.Minute, time.Second},
	} {
		h := &hand{from: 10 * time.Second, rate: rate}
		var got [3]time.Duration
		for i, now := range []time.Duration{12 * time.Second, 13 * time.Second, time.Minute} {
			got[i] = h.next([]time.Duration{time.Minute, time.Minute, time.Second}[i], now)
			h.moved += got[i]
		}
		if got != want {
			t.Errorf("rate %v: %v, want %v", rate, got, want)
		}
	}
}

// A late duplicate that no provider would send is not sent where nobody asked for its age.
func TestAgesEndWithTheRedeliveries(t *testing.T) {
	for name, want := range map[string]int{"stripe": 3, "sendgrid": 1, "slack": 1, "twilio": 1} {
		p, err := provider.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		ages := withinSpan(lateByClock(), []side{{Provider: p, profile: p.Profile()}})
		if len(ages) != want || ages[len(ages)-1] >= p.Profile().RetrySpan {
			t.Errorf("%s: %v", name, ages)
		}
	}
}
