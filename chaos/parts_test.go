package chaos_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"hookonce/chaos"
	"hookonce/replay"
)

// TestPartsFollowOneAnother: parts that are made apart are the plan that they are where each begins when the one before it is there.
func TestPartsFollowOneAnother(t *testing.T) {
	in := input(3)
	for i := range 60 {
		in.Events = append(in.Events, event(fmt.Sprintf("evt_%d", 100+i), "order.updated", fmt.Sprintf("ord_%d", 10+i/3), fmt.Sprint(100+i)))
	}
	in.FromSource = func(e replay.Event, _ string) (replay.Event, error) { return e, replay.ErrNoSource }
	in.Settings = replay.PlanSettings{Faults: chaos.Names(), Copies: 3, Race: 3, Bursts: 5, Dense: 10, Late: []time.Duration{time.Minute, time.Hour}, Signed: true,
		Redis: true, Step: 2, Process: true, Clock: true, Sink: true, Database: true, Request: "GET /return", Replicas: 3}
	for _, in.Settings.KeepIDs = range []bool{false, true} {
		want, err := chaos.BuildInTurn(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := build(t, in); !bytes.Equal(marshal(t, got), marshal(t, want)) {
			t.Errorf("kept ids: %t: another plan, of %d deliveries and not of %d", in.Settings.KeepIDs, len(got.Deliveries), len(want.Deliveries))
		}
	}
}

// TestRenamesThatFailAreTold: the error is the provider's, and not one about the event that it could not make.
func TestRenamesThatFailAreTold(t *testing.T) {
	in, noID := input(1), errors.New("no fresh id")
	in.Rename = func(replay.Event, func(string) string) (replay.Event, error) { return replay.Event{}, noID }
	if _, err := chaos.Build(in); !errors.Is(err, noID) {
		t.Errorf("the error is %v", err)
	}
}
