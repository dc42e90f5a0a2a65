package cmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"hookonce/dedupe/zoo"
)

// runsZoo runs hookonce zoo with a built-in handler, and tells what went where.
func runsZoo(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, err bytes.Buffer
	s := &Streams{In: strings.NewReader(""), Out: &out, Err: &err, Getenv: func(string) string { return "" }}
	code = execute(t.Context(), s, nil, append([]string{"zoo"}, args...))
	return out.String(), err.String(), code
}

// triesZoo tries one handler that the zoo does not have.
func triesZoo(t *testing.T, o ZooOptions, e zoo.Entry) (stdout string, code int) {
	t.Helper()
	var out, diag bytes.Buffer
	o.Out = "text"
	s := &Streams{In: strings.NewReader(""), Out: &out, Err: &diag, Getenv: func(string) string { return "" }}
	var v *verdictError
	switch err := tryZoo(t.Context(), s, o, []zoo.Entry{e}); {
	case errors.As(err, &v):
		return out.String(), v.code
	case err != nil:
		t.Fatal(err)
	}
	return out.String(), exitPass
}

func TestZooRefuses(t *testing.T) {
	for _, c := range []struct{ want, args string }{
		{"no handler dodo", "--handler dodo"},
		{"give a number above zero", "--seeds 0"},
		{"give a number above zero", "--random -1"},
		{"choose text or json", "--out yaml"},
		{"give one of them", "--random 1 --false-alarms 1"},
		{"none of these handlers is a flawed one", "--random 1 --handler hardened"},
		{"none of these handlers is a correct one", "--false-alarms 1 --handler none"},
		{"unknown command", "elephant"},
	} {
		out, diag, code := runsZoo(t, strings.Fields(c.args)...)
		if code != exitUsage || out != "" || !strings.Contains(diag, c.want) || strings.Count(diag, "\n") != 1 {
			t.Errorf("zoo %s: code %d, %q, %q", c.args, code, out, diag)
		}
	}
}

// Each way to run it ends in a document of its schema, with figures that agree with each other.
func TestZooJSON(t *testing.T) {
	read := func(args string) (r zooReport) {
		t.Helper()
		out, diag, code := runsZoo(t, strings.Fields(args+" --out json")...)
		d := json.NewDecoder(strings.NewReader(out))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); code != exitPass || err != nil {
			t.Fatalf("zoo %s: code %d, %v\n%s%s", args, code, err, out, diag)
		}
		if r.Schema != "hookonce.zoo/v1" || !r.Good {
			t.Errorf("zoo %s: %s", args, out)
		}
		return r
	}
	if r := read("--handler no-source --seeds 2"); r.Seeds != 2 || len(r.Cells) != 1 || r.Cells[0].Found != 2 || r.Cells[0].Scenario != "two-sources" {
		t.Errorf("%+v", r)
	}
	if r := read("--handler no-source --random 5"); len(r.Hunts) != 1 || r.Hunts[0].Seed == nil || r.Hunts[0].Outside != nil || r.Hunts[0].Tried != int(*r.Hunts[0].Seed)+1 {
		t.Errorf("%+v", r.Hunts)
	}
	if r := read("--handler keyed-upsert --false-alarms 100"); len(r.Alarms) != 1 || r.Alarms[0].Deliveries < 100 || r.Alarms[0].Flags != nil {
		t.Errorf("%+v", r.Alarms)
	}
}

// A handler that is not what the catalogue says is a miss, or a false alarm, in every way to run it.
func TestZooTellsAMiss(t *testing.T) {
	entry := func(name string, change func(*zoo.Entry)) zoo.Entry {
		e, ok := zoo.Find(name)
		if !ok {
			t.Fatalf("no handler %s", name)
		}
		change(&e)
		return e
	}
	blind := entry("hardened", func(e *zoo.Entry) { e.Expect, e.Scenario = []string{"double-processing"}, "duplicate" })
	idle := entry("none", func(e *zoo.Entry) { e.Scenario = "reply-lost" })
	other := entry("swallow", func(e *zoo.Entry) { e.Expect = []string{"double-processing"}; e.Also = nil })
	innocent := entry("none", func(e *zoo.Entry) { e.Expect, e.Also = nil, nil })
	for _, c := range []struct {
		want  string
		o     ZooOptions
		entry zoo.Entry
	}{
		{"MISSED", ZooOptions{Seeds: 1}, blind},
		{"INCONCLUSIVE: the mishap never struck on 1 seeds", ZooOptions{Seeds: 1}, idle},
		{"not found on 2 seeds", ZooOptions{Random: 2}, blind},
		{"NOT ALLOWED: lost-event on seed 0", ZooOptions{Random: 1}, other},
		{"duplicate: double-processing", ZooOptions{Seeds: 1}, innocent},
		{"double-processing on seed 0", ZooOptions{FalseAlarms: 10}, innocent},
	} {
		if out, code := triesZoo(t, c.o, c.entry); code != exitViolations || !strings.Contains(out, c.want) {
			t.Errorf("%+v with %s: code %d, want %q in\n%s", c.o, c.entry.Name, code, c.want, out)
		}
	}
}

// What was a false alarm once: something of the faults went wrong in the tail, where nothing must any more. The inbox's
// worker was paused in the faults, or in the background when they were over, and kept the database's lock; or the work that was
// to fail once had no earlier attempt to fail at.
func TestNoAlarmAgain(t *testing.T) {
	for _, c := range []struct {
		handler string
		seed    uint64
	}{{"inbox", 27}, {"inbox", 2393}, {"hardened", 2697}, {"complete-state", 2697}} {
		e, ok := zoo.Find(c.handler)
		if !ok {
			t.Fatalf("no handler %s", c.handler)
		}
		got := try(t.Context(), []alarms{{Handler: e.Name, entry: e}}, c.seed)
		if got.err != nil {
			t.Fatal(got.err)
		}
		if codes := got.results[0].Outside(e, ownFaults); len(codes) > 0 {
			t.Errorf("%s is flagged on seed %d: %q", c.handler, c.seed, codes)
		}
	}
}
