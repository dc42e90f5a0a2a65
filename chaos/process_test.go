package chaos_test

import (
	"fmt"
	"strings"
	"testing"

	"hookonce/chaos"
	"hookonce/replay"
)

// Nothing is under way while something happens to a process: each delivery of the phase waits for the one, or the gate, before it.
func TestProcessFaultsComeOneByOne(t *testing.T) {
	in := input(1)
	in.Settings.Faults, in.Settings.Process, in.Settings.Clock = chaos.ProcessFaults(), true, true
	p := build(t, in)
	last, moments, types := replay.Delivery{}, map[replay.ProcessFault]int{}, map[string]bool{}
	events := p.EventByKey()
	for _, d := range p.Deliveries {
		if d.Phase != replay.PhaseProcess {
			continue
		}
		switch {
		case d.Gate != 0 && d.Gate == last.Gate:
			if d.After != last.After {
				t.Errorf("delivery %d of gate %d waits for %d, and its neighbour for %d", d.N, d.Gate, d.After, last.After)
			}
		case d.After != last.N && last.N != 0:
			t.Errorf("delivery %d waits for %d, not for %d", d.N, d.After, last.N)
		}
		if last = d; d.Process != nil {
			moments[*d.Process]++
			types[events[d.Event].Type] = true
		}
	}
	if len(moments) != 7 {
		t.Errorf("%d kinds of misfortunes: %v", len(moments), moments)
	}
	for m, n := range moments {
		want := len(types)
		if m.Kind == replay.ProcessRestart {
			want *= in.Settings.Race
		}
		if n != want {
			t.Errorf("%+v: %d times, for %d types of events", m, n, len(types))
		}
	}
}

// Each type of event is paused at both moments; where an event has one role only, each at one, in turn.
func TestPausesTakeTurns(t *testing.T) {
	for name, c := range map[string]struct {
		types       int
		keep        bool
		claim, work int
	}{"new events": {5, false, 5, 5}, "kept ids": {3, true, 2, 1}} {
		in := input(1)
		in.Settings.Faults, in.Settings.Process, in.Settings.Clock, in.Settings.KeepIDs = []string{"process-pause"}, true, true, c.keep
		var events []replay.Event
		for i := range c.types {
			for n := range 4 { // with kept ids, some of them go to control
				e := in.Events[0]
				e.Type, e.Key, e.Subject = fmt.Sprint("type.", i), fmt.Sprintf("evt_%d_%d", i, n), fmt.Sprintf("sub_%d_%d", i, n)
				events = append(events, e)
			}
		}
		in.Events = events
		moments := map[replay.ProcessMoment]int{}
		for _, d := range build(t, in).Deliveries {
			if d.Process != nil {
				moments[d.Process.Moment]++
			}
		}
		if moments[replay.MomentClaim] != c.claim || moments[replay.MomentWork] != c.work {
			t.Errorf("%s: %v", name, moments)
		}
	}
}

func TestProcessFaultsNeedTheProcess(t *testing.T) {
	in := input(1)
	in.Settings.Faults = chaos.ProcessFaults()
	for _, c := range []struct {
		process bool
		want    string
	}{{false, "start it with --exec"}, {true, "leave --redis-proxy embedded"}} {
		in.Settings.Process = c.process
		p, text := build(t, in), ""
		for _, s := range p.Skipped {
			text += s.Reason + "\n"
		}
		if !strings.Contains(text, c.want) {
			t.Errorf("left out because of %q, want %q", text, c.want)
		}
	}
}
