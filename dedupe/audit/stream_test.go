package audit_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// streamed judges the records of a journal as they come.
func streamed(t testing.TB, o audit.StreamOptions, records func(yield func(replay.Record) error) error) audit.Verdict {
	t.Helper()
	o.Dir = t.TempDir()
	s, err := audit.NewStream(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := records(s.Add); err != nil {
		t.Fatal(err)
	}
	v, err := s.Judge()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A streamed verdict is the one that a history in memory gets: every history that ever taught something says so.
func TestStreamedHistories(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(historiesDir, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no histories: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := streamed(t, audit.StreamOptions{}, func(add func(replay.Record) error) error { return eachOf(file, add) })
			sameVerdict(t, got, judgeFile(t, file))
		})
	}
}

func eachOf(file string, add func(replay.Record) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	for dec.More() {
		var r replay.Record
		if err := dec.Decode(&r); err != nil {
			return err
		}
		if err := add(r); err != nil {
			return err
		}
	}
	return nil
}

func sameVerdict(t *testing.T, got, want audit.Verdict) {
	t.Helper()
	a, _ := json.MarshalIndent(got, "", " ")
	b, _ := json.MarshalIndent(want, "", " ")
	if string(a) != string(b) {
		t.Errorf("streamed:\n%s\n\nin memory:\n%s", a, b)
	}
}

// recordsOf are the records of a history, as its journal has them.
func recordsOf(h replay.History, run replay.Run, add func(replay.Record) error) error {
	all := []replay.Record{}
	if run == replay.TargetRun {
		all = append(all, replay.Record{Header: &h.Header})
		for r := range h.Plan.Records() {
			all = append(all, r)
		}
	}
	for i := range h.Attempts {
		all = append(all, replay.Record{Run: run, Attempt: &h.Attempts[i]})
	}
	for i := range h.Effects {
		all = append(all, replay.Record{Run: run, Effect: &h.Effects[i]})
	}
	for i := range h.Marks {
		all = append(all, replay.Record{Run: run, Mark: &h.Marks[i]})
	}
	if h.Complete {
		all = append(all, replay.Record{Run: run, End: &replay.End{Stats: h.Stats}})
	}
	for _, r := range all {
		if err := add(r); err != nil {
			return err
		}
	}
	return nil
}

// Thousands of events go to hundreds of parts; what is told of them is in order all the same.
func TestStreamedLargeHistory(t *testing.T) {
	h := large(50_000)
	got := streamed(t, audit.StreamOptions{Limits: audit.Limits{Findings: 1 << 20, Events: 1 << 20, Races: 1 << 20}},
		func(add func(replay.Record) error) error { return recordsOf(h, replay.TargetRun, add) })
	sameVerdict(t, got, audit.Judge(h, nil))
}

// What is listed is bounded, and says so; what is counted is not.
func TestStreamedVerdictIsBounded(t *testing.T) {
	h := large(50_000)
	want := audit.Judge(h, nil)
	got := streamed(t, audit.StreamOptions{Limits: audit.Limits{Findings: 7, Events: 20, Races: 5}},
		func(add func(replay.Record) error) error { return recordsOf(h, replay.TargetRun, add) })
	if len(got.Events) != 20 || len(got.Races) != 5 || got.Findings[6].Event != want.Findings[6].Event {
		t.Errorf("%d events, %d races, %d findings", len(got.Events), len(got.Races), len(got.Findings))
	}
	if got.Score != want.Score || got.Verdict != want.Verdict || fmt.Sprint(got.Checks) != fmt.Sprint(want.Checks) || fmt.Sprint(got.Faults) != fmt.Sprint(want.Faults) {
		t.Errorf("counts differ:\n%v\n%v", got.Checks, want.Checks)
	}
	if len(got.Notes) != 1 {
		t.Errorf("it does not say that lists are cut: %q", got.Notes)
	}
}

// The events of a dense gate are in different parts, and each part is told of its own.
func TestStreamedDenseGates(t *testing.T) {
	h := large(4_000)
	for i := range h.Plan.Deliveries {
		if d := &h.Plan.Deliveries[i]; d.Gate != 0 {
			d.Fault, d.Gate = "dense", (d.Gate-1)/20+1
			if i%7 == 0 {
				h.Attempts[i].FirstByte = h.Attempts[i].LastByte // this copy was answered at once
			}
		}
	}
	want := audit.Judge(h, nil)
	if d := want.Counted.Dense; d.Releases == 0 || d.Events < 10*d.Releases || d.Overlapped == 0 || d.Overlapped == d.Events {
		t.Fatalf("this is no mixture of races in dense gates: %+v", d)
	}
	got := streamed(t, audit.StreamOptions{}, func(add func(replay.Record) error) error { return recordsOf(h, replay.TargetRun, add) })
	sameVerdict(t, got, want)
	if got.Counted != want.Counted {
		t.Errorf("counted %+v, in memory %+v", got.Counted, want.Counted)
	}
}
