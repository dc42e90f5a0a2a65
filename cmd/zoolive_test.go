//go:build unix

package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"hookonce/dedupe/zoo"
)

// triesZooLive puts the live plan to handlers, which the test binary serves.
func triesZooLive(t *testing.T, entries ...zoo.Entry) (r zooReport, text string, code int) {
	t.Helper()
	var out, diag bytes.Buffer
	s := &Streams{In: strings.NewReader(""), Out: &out, Err: &diag, Getenv: func(string) string { return "" }}
	err := runZooLive(t.Context(), s, ZooOptions{Seeds: 1, Jobs: 2, Out: "json", program: self(t)}, os.DirFS(fixtureDir), entries)
	if code = exitCode(err); json.Unmarshal(out.Bytes(), &r) != nil {
		t.Fatalf("code %d, %v\n%s%s", code, err, out.String(), diag.String())
	}
	var b strings.Builder
	if err := zooLiveText(&b, r); err != nil {
		t.Fatal(err)
	}
	return r, b.String(), code
}

func handler(t *testing.T, name string) zoo.Entry {
	t.Helper()
	e, ok := zoo.Find(name)
	if !ok {
		t.Fatalf("no handler %s", name)
	}
	return e
}

// Served as processes, a flawed handler is found by its code and named, and a correct one passes: all of them are tried by hookonce zoo --live.
func TestZooLive(t *testing.T) {
	t.Parallel() // most of its time it waits
	r, text, _ := triesZooLive(t, handler(t, "retry-header"), handler(t, "tx-log"))
	for _, l := range r.Live {
		// How long it takes on a machine that does other things, too, proves nothing.
		if len(l.Trouble) > 0 || len(l.Flagged) > 0 || !l.Correct && (l.Found != 1 || l.Flaw != "retry-header") {
			t.Errorf("%+v\n%s", l, text)
		}
	}
}

// A handler that is not what the catalogue says is a miss, or a false alarm, and so is one that cannot be served.
func TestZooLiveTellsAMiss(t *testing.T) {
	t.Parallel()
	blind, innocent, missing := handler(t, "tx-log"), handler(t, "none"), handler(t, "tx-log")
	blind.Expect, innocent.Expect, missing.Name = []string{"double-processing"}, nil, "dodo"
	r, text, code := triesZooLive(t, blind, innocent, missing)
	if code != exitViolations || len(r.Live) != 3 || r.Live[0].Found != 0 || len(r.Live[1].Flagged) == 0 || len(r.Live[2].Trouble) == 0 {
		t.Errorf("code %d\n%+v\n%s", code, r.Live, text)
	}
	if !strings.Contains(text, "MISSED") || !strings.Contains(text, "no verdict") {
		t.Error(text)
	}
}

// What was tried before an interruption is told, and is no verdict; a run that was cut does not count.
func TestZooLiveInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	// The second handler is begun when the first has ended.
	diag := whenSaid{"zoo: retry-header", cancel}
	s := &Streams{In: strings.NewReader(""), Out: &out, Err: diag, Getenv: func(string) string { return "" }}
	err := runZooLive(ctx, s, ZooOptions{Seeds: 1, Jobs: 1, Out: "text", program: self(t)}, os.DirFS(fixtureDir), []zoo.Entry{handler(t, "none"), handler(t, "retry-header")})
	if exitCode(err) != exitCannot || !strings.Contains(err.Error(), "1 of 2 runs") {
		t.Errorf("%v", err)
	}
	if text := out.String(); !strings.Contains(text, "1 of 1") || strings.Contains(text, "retry-header") || !strings.Contains(text, "interrupted") {
		t.Error(text)
	}
}

// whenSaid calls a function when a text is written.
type whenSaid struct {
	text string
	then func()
}

func (w whenSaid) Write(b []byte) (int, error) {
	if strings.Contains(string(b), w.text) {
		w.then()
	}
	return len(b), nil
}

// Every name that the table promises is one that an audit gives.
func TestLiveSigns(t *testing.T) {
	for name, s := range liveSigns() {
		e := handler(t, name)
		if e.Correct() || len(s.flaws) == 0 && s.why == "" {
			t.Errorf("%s: %+v", name, s)
		}
	}
	for _, e := range zoo.Handlers() {
		if _, listed := liveSigns()[e.Name]; !listed && !e.Correct() {
			t.Errorf("%s: nothing says how it shows", e.Name)
		}
	}
}
