package tui

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hookonce/cmd/report"
	"hookonce/replay"
)

var update = flag.Bool("update", false, "write the golden frames anew")

// frames are the states of the screen that are kept as golden files.
var frames = []struct {
	name string
	make func(t testing.TB, width, height int) *Model
}{
	{"live", func(t testing.TB, w, h int) *Model { return liveAt(t, w, h, "", 110) }},
	{"start", func(t testing.TB, w, h int) *Model { return liveAt(t, w, h, "", 0) }},
	{"held", func(t testing.TB, w, h int) *Model {
		m := liveAt(t, w, h, "experiment, copies of invoice.paid held back", 15)
		m.run.Release = func() {}
		m.stale = true
		return m
	}},
	{"swimlanes", func(t testing.TB, w, h int) *Model { return recorded(t, w, h, "/", "lost-event", "enter") }},
	{"story", func(t testing.TB, w, h int) *Model { return recorded(t, w, h) }},
	{"detail", func(t testing.TB, w, h int) *Model { return recorded(t, w, h, "enter") }},
	{"right", func(t testing.TB, w, h int) *Model { return recorded(t, w, h, "end") }},
	{"messages", func(t testing.TB, w, h int) *Model { return recorded(t, w, h, "2") }},
	{"reference", func(t testing.TB, w, h int) *Model { return recorded(t, w, h, "3", "enter") }},
	{"charts", func(t testing.TB, w, h int) *Model { return recorded(t, w, h, "4", "enter") }},
	{"run", func(t testing.TB, w, h int) *Model { return recorded(t, w, h, "5", "enter") }},
	{"help", func(t testing.TB, w, h int) *Model { return recorded(t, w, h, "?") }},
	{"filter", func(t testing.TB, w, h int) *Model { return recorded(t, w, h, "/", "paid", " ", "late") }},
	{"no-match", func(t testing.TB, w, h int) *Model { return recorded(t, w, h, "/", "nothing like it", "enter") }},
	{"empty", func(t testing.TB, w, h int) *Model {
		j := sample(t)
		j.Target.Plan.Events, j.Target.Plan.Deliveries = nil, nil
		j.Target.Attempts, j.Target.Effects, j.Reference = nil, nil, nil
		res := resultOf(j)
		return screen(Options{Recorded: &res}, w, h)
	}},
	{"error", func(t testing.TB, w, h int) *Model {
		m := liveAt(t, w, h, "", 0)
		finish(m, Result{Err: errors.New("target http://localhost:3000: connection refused")})
		return m
	}},
	{"saved", func(t testing.TB, w, h int) *Model {
		m := recorded(t, w, h)
		m.Update(savedMsg{path: ".hookonce/run.txt"})
		return m
	}},
}

func recorded(t testing.TB, width, height int, keys ...string) *Model {
	res := judgedSample(t)
	m := screen(Options{Recorded: &res, Save: func(r Result, _ report.Report) (string, error) { return r.Path, nil }}, width, height)
	m.View()
	for _, k := range keys {
		press(m, k)
		m.View()
	}
	return m
}

// liveAt is a run of which n attempts have ended.
func liveAt(t testing.TB, width, height int, title string, n int) *Model {
	run, _, _ := runOf(title)
	m := screen(Options{Run: run}, width, height)
	j := sample(t)
	if n == 0 {
		return m
	}
	j.Target.Header.Started = m.now().Add(-j.Target.Attempts[n-1].End)
	m.Update(recordsMsg{run, recordsOf(j, n), true})
	follow(m)
	return m
}

// follow has what was recorded judged and drawn, as the ticker does.
func follow(m *Model) {
	if judge := m.judgeSoon(); judge != nil {
		m.Update(judge())
	}
	m.Update(tickMsg(time.Time{}))
}

// finish ends the run on the screen.
func finish(m *Model, res Result) {
	_, laidOut := m.Update(endMsg{m.run, res})
	m.Update(laidOut())
}

func TestFrames(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {160, 48}} {
		for _, f := range frames {
			name := fmt.Sprintf("%s.%dx%d.txt", f.name, size[0], size[1])
			t.Run(name, func(t *testing.T) { golden(t, name, f.make(t, size[0], size[1]).View()) })
		}
	}
	for _, size := range [][2]int{{60, 20}, {44, 14}, {30, 8}} {
		name := fmt.Sprintf("narrow.%dx%d.txt", size[0], size[1])
		t.Run(name, func(t *testing.T) { golden(t, name, recorded(t, size[0], size[1]).View()) })
	}
}

func golden(t *testing.T, name, frame string) {
	t.Helper()
	var lines []string
	for l := range strings.SplitSeq(frame, "\n") {
		lines = append(lines, strings.TrimRight(l, " "))
	}
	got := strings.Join(lines, "\n") + "\n"
	path := filepath.Join("testdata", "frames", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference\ngot:\n%s", path, got)
	}
}

// Every line of a frame is as wide as the window, and there are as many as it has: nothing wraps, nothing scrolls.
func TestFramesFit(t *testing.T) {
	for _, f := range frames {
		for _, size := range [][2]int{{40, 12}, {64, 16}, {80, 24}, {81, 25}, {109, 30}, {110, 31}, {132, 43}, {200, 60}, {20, 5}} {
			frame := f.make(t, size[0], size[1]).View()
			lines := strings.Split(frame, "\n")
			if len(lines) != size[1] {
				t.Errorf("%s at %v has %d lines", f.name, size, len(lines))
			}
			for i, l := range lines {
				if n := report.Cells(l); n != size[0] {
					t.Errorf("%s at %v: line %d is %d wide: %q", f.name, size, i, n, l)
				}
			}
		}
	}
}

// A window may be resized at any moment.
func TestResize(t *testing.T) {
	m := recorded(t, 160, 48, "end", "2")
	m.Update(windowOf(80, 24))
	want := recorded(t, 80, 24, "end", "2").View()
	if got := m.View(); got != want {
		t.Errorf("after resizing:\n%s\nwant:\n%s", got, want)
	}
}

// The screen of a run that ended is that of its journal.
func TestLiveAndAfterwardsAreTheSame(t *testing.T) {
	res := judgedSample(t)
	m := liveAt(t, 100, 30, "", len(res.Journal.Target.Attempts))
	finish(m, res)
	after := screen(Options{Recorded: &res}, 100, 30)
	if m.View() != after.View() {
		t.Errorf("live, then ended:\n%s\nafterwards:\n%s", m.View(), after.View())
	}
}

func TestRecordsOfAnotherRunAreDropped(t *testing.T) {
	m := liveAt(t, 80, 24, "", 10)
	other, _, _ := runOf("")
	before := m.tally.sent
	m.Update(recordsMsg{other, []replay.Record{{Attempt: &replay.Attempt{Outcome: replay.Acked}}}, true})
	if m.tally.sent != before {
		t.Error("a record of another run was counted")
	}
}
