package chaos_test

import (
	"bytes"
	"slices"
	"testing"

	"hookonce/chaos"
	"hookonce/replay"
)

// ordinary lists the faults that "all" stands for.
func ordinary() []string {
	names, err := chaos.ParseFaults("all")
	if err != nil {
		panic(err)
	}
	return names
}

func TestIdentityFaults(t *testing.T) {
	in := input(1)
	in.Settings.Faults, in.Settings.Redis, in.Settings.Step = chaos.OptIns(), true, 1
	in.Settings.Process, in.Settings.Clock, in.Settings.Sink, in.Settings.Database, in.Settings.Request = true, true, true, true, "GET /return"
	in.Profile.AttemptID, in.Profile.Batch = "X-Attempt", "items"
	for i, e := range in.Events {
		in.Events[i].Body = bytes.Replace(e.Body, []byte(`{`), []byte(`{"items":[1,2],`), 1)
	}
	in.FromSource = func(e replay.Event, id string) (replay.Event, error) {
		const source = "acct_other"
		e.Key, e.ID, e.Source = source+"/"+id, id, source
		return e, nil
	}
	p := build(t, in)
	events := p.EventByKey()
	for _, name := range chaos.OptIns() {
		if len(eventsOf(p, name)) == 0 {
			t.Errorf("%s plans nothing", name)
		}
	}
	shared := 0
	for _, e := range p.Events {
		if e.ID != "" && e.Source != "" && events[e.ID] != nil && events[e.ID].Source == "" {
			shared++
		}
	}
	if shared == 0 {
		t.Error("no two sources have one id")
	}
	batches := map[replay.Batch]bool{}
	for _, d := range p.Deliveries {
		batches[d.Batch] = true
		if d.Fault == "attempt-id" && (d.Role == replay.RoleDuplicate) != d.NewAttempt || (d.Batch == replay.BatchMerged) != (d.With != "") || d.With != "" && events[d.With] == nil {
			t.Errorf("delivery %+v", d)
		}
	}
	if len(batches) != 4 {
		t.Errorf("batches %v", batches)
	}
	kinds := map[replay.Rewrite]bool{}
	for _, d := range p.Deliveries {
		if d.Rewrite == replay.RewriteNone {
			continue
		}
		kinds[d.Rewrite] = true
		if body := events[d.Event].Body; d.Role != replay.RoleDuplicate || d.Rewrite != replay.RewriteNumbers && bytes.Equal(d.Rewrite.Apply(body), body) {
			t.Errorf("delivery %d, %s: the same bytes", d.N, d.Rewrite)
		}
	}
	for _, r := range replay.Rewrites() {
		if !kinds[r] {
			t.Errorf("no delivery is written with other %s", r)
		}
	}
}

func TestIdentityFaultsThatCannotBePlanned(t *testing.T) {
	in := input(1)
	in.Settings.Faults, in.Settings.KeepIDs = []string{"twins", "same-id"}, true
	var skipped []string
	for _, s := range build(t, in).Skipped {
		skipped = append(skipped, s.Fault)
	}
	if !slices.Equal(skipped, in.Settings.Faults) {
		t.Errorf("skipped %v", skipped)
	}
}

// Twins whose keys are put together of other ids are two events all the same.
func TestTwinsWithComposedKeys(t *testing.T) {
	in := input(1)
	in.Settings.Faults, in.Rename = []string{"twins"}, renamePayment
	in.Events = []replay.Event{paymentEvent("AUTHORISATION", "psp_1", "100")}
	if twins := eventsOf(build(t, in), "twins"); len(twins) != 2 {
		t.Errorf("the twins are %v", twins)
	}
}

// A body that can be written in one way only is not written in another.
func TestOtherBytesAreOther(t *testing.T) {
	in := input(1)
	in.Settings.Faults = []string{"other-bytes"}
	in.Events[0].Body = []byte(`{"id":"evt_1","subject":"ord_1"}`) // without a number
	p := build(t, in)
	events := p.EventByKey()
	for _, d := range p.Deliveries {
		if body := events[d.Event].Body; d.Rewrite != replay.RewriteNone && bytes.Equal(d.Rewrite.Apply(body), body) {
			t.Errorf("delivery %d, %s: %s stays as it is", d.N, d.Rewrite, body)
		}
	}
	for i, e := range in.Events {
		in.Events[i].Body = []byte("id=" + e.Key)
	}
	if p := build(t, in); len(p.Skipped) != 1 || len(eventsOf(p, "other-bytes")) > 0 {
		t.Errorf("forms are rewritten, or it is not said why they are not: %v", p.Skipped)
	}
}
