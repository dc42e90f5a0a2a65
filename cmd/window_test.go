package cmd

import (
	"testing"
	"time"

	"hookonce/replay/provider"
)

// What goes by on the wall counts where the clock goes on by itself, and only there.
func TestHandMovesTheClockToTheAge(t *testing.T) {
	for followed, want := range map[bool][3]time.Duration{
		true:  {58 * time.Second, time.Minute - time.Second, 0},
		false: {time.Minute, time.Minute, time.Second},
	} {
		h := &hand{from: 10 * time.Second, followed: followed}
		got := [3]time.Duration{h.next(time.Minute, 12*time.Second), h.next(time.Minute, 13*time.Second), h.next(time.Second, time.Minute)}
		if got != want {
			t.Errorf("followed %v: %v, want %v", followed, got, want)
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
