package replay_test

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"hookonce/replay"
)

// What a screen collects while a run goes on is what a reader finds in the file afterwards.
func TestJournalGrowsAsItIsRead(t *testing.T) {
	plan := replay.Plan{Schema: replay.PlanSchema, Seed: 7, Events: []replay.Event{{Key: "evt_1", Type: "invoice.paid"}},
		Deliveries: []replay.Delivery{{N: 1, Event: "evt_1", Phase: replay.PhaseControl, Role: replay.RoleFirst}}}
	records := []replay.Record{{Header: &replay.Header{Schema: replay.JournalSchema}}}
	for r := range plan.Records() {
		records = append(records, r)
	}
	attempt := replay.Attempt{Delivery: 1, Event: "evt_1", Outcome: replay.Acked, End: time.Second, Status: 200}
	records = append(records,
		replay.Record{Body: &replay.Body{Event: "evt_1", Text: `{"id":"evt_1"}`}},
		replay.Record{Attempt: &attempt},
		replay.Record{Effect: &replay.Effect{Key: "evt_1", Count: 1}},
		replay.Record{Run: replay.ReferenceRun, Attempt: &attempt},
		replay.Record{Run: replay.ReferenceRun, Lock: &replay.Lock{At: time.Millisecond, Event: "evt_1", State: replay.LockHeld, Delivery: 1, Token: "token-1"}},
		replay.Record{End: &replay.End{Stats: replay.StatsOf(plan, []replay.Attempt{attempt})}})

	var file bytes.Buffer
	enc := replay.NewEncoder(&file)
	var grown replay.Journal
	for _, r := range records {
		if err := enc.Encode(r); err != nil {
			t.Fatal(err)
		}
		if err := grown.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	read, err := replay.ReadJournal(&file)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read.Target, grown.Target) || !reflect.DeepEqual(read.Reference.Attempts, grown.Reference.Attempts) ||
		!reflect.DeepEqual(read.Reference.Locks, grown.Reference.Locks) || len(read.Reference.Locks) != 1 {
		t.Errorf("read %+v, grown %+v", read, grown)
	}
	if got := read.Bodies["evt_1"]; got != `{"id":"evt_1"}` {
		t.Errorf("the request's body is %q", got)
	}
}

func TestRecordBeforeHeader(t *testing.T) {
	var j replay.Journal
	if err := j.Add(replay.Record{Attempt: &replay.Attempt{}}); err == nil {
		t.Error("an attempt before the header was taken")
	}
}
