package tui

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"hookonce/cmd/report"
	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// sample is the journal of
//
//	hookonce demo --only charge.succeeded --only invoice.paid --only customer.subscription.updated --bursts 2
//
// as it was recorded once.
func sample(t testing.TB) replay.Journal {
	return judgedSample(t).Journal
}

func judgedSample(t testing.TB) Result {
	t.Helper()
	r, err := readSample()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var readSample = sync.OnceValues(func() (Result, error) {
	var j replay.Journal
	err := unzip("run.jsonl.gz", func(r io.Reader) (err error) { j, err = replay.ReadJournal(r); return err })
	if err != nil || *update {
		return resultOf(j), errors.Join(err, freeze(resultOf(j).Verdict))
	}
	var f frozen
	err = unzip("verdict.json.gz", func(r io.Reader) error { return json.NewDecoder(r).Decode(&f) })
	for i := range f.Verdict.Events {
		f.Verdict.Events[i].Observed = f.Observed[f.Verdict.Events[i].Key]
	}
	return Result{Journal: j, Verdict: f.Verdict, Path: ".hookonce/run.jsonl"}, err
})

// frozen is the verdict of the sample as it was at the last -update: what the audit learns since then is no change of
// the screen.
type frozen struct {
	Verdict  audit.Verdict
	Observed map[string][]*replay.Effect
}

func freeze(v audit.Verdict) error {
	f := frozen{v, map[string][]*replay.Effect{}}
	for _, e := range v.Events {
		f.Observed[e.Key] = e.Observed
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	err := errors.Join(json.NewEncoder(z).Encode(f), z.Close())
	return errors.Join(err, os.WriteFile(filepath.Join("testdata", "verdict.json.gz"), b.Bytes(), 0o644))
}

func unzip(name string, read func(io.Reader) error) error {
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	return read(z)
}

func resultOf(j replay.Journal) Result {
	return Result{Journal: j, Verdict: audit.Judge(j.Target, j.Reference), Path: ".hookonce/run.jsonl"}
}

func (r Result) report() report.Report { return report.New(r.Journal, r.Verdict) }

// screen is a model of a size, without colours and at a fixed time.
func screen(o Options, width, height int) *Model {
	return coloured(o, width, height, termenv.Ascii, true)
}

func coloured(o Options, width, height int, p termenv.Profile, dark bool) *Model {
	r := lipgloss.NewRenderer(&strings.Builder{})
	r.SetColorProfile(p)
	r.SetHasDarkBackground(dark)
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	m := New(o, r, func() time.Time { return at })
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	return m
}

// press presses keys by name; a name of one rune is that letter.
func press(m *Model, names ...string) tea.Cmd {
	var cmd tea.Cmd
	for _, n := range names {
		_, cmd = m.Update(keyOf(n))
	}
	return cmd
}

func keyOf(name string) tea.KeyMsg {
	for t, n := range map[tea.KeyType]string{tea.KeyEnter: "enter", tea.KeyEsc: "esc", tea.KeyTab: "tab", tea.KeyShiftTab: "shift+tab",
		tea.KeyUp: "up", tea.KeyDown: "down", tea.KeyPgDown: "pgdown", tea.KeyPgUp: "pgup", tea.KeyHome: "home", tea.KeyEnd: "end",
		tea.KeyCtrlC: "ctrl+c"} {
		if n == name {
			return tea.KeyMsg{Type: t}
		}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

// runOf is a run of which the records are handed out by hand.
func runOf(title string) (*Run, chan []replay.Record, chan Result) {
	records, end := make(chan []replay.Record), make(chan Result, 1)
	return &Run{Title: title, Records: records, End: end, Stop: func(string) {}}, records, end
}

// recordsOf are a journal's records up to its n-th attempt, each attempt with the effects that were seen before its end.
func recordsOf(j replay.Journal, n int) []replay.Record {
	out := []replay.Record{{Header: &j.Target.Header}}
	for r := range j.Target.Plan.Records() {
		out = append(out, r)
	}
	for key, text := range j.Bodies {
		out = append(out, replay.Record{Body: &replay.Body{Event: key, Text: text}})
	}
	effects, marks := j.Target.Effects, j.Target.Marks
	for i := range j.Target.Attempts[:n] {
		a := &j.Target.Attempts[i]
		for len(marks) > 0 && marks[0].At <= a.End {
			out, marks = append(out, replay.Record{Mark: &marks[0]}), marks[1:]
		}
		for len(effects) > 0 && effects[0].At <= a.End {
			out, effects = append(out, replay.Record{Effect: &effects[0]}), effects[1:]
		}
		out = append(out, replay.Record{Attempt: a})
	}
	return out
}

func windowOf(width, height int) tea.WindowSizeMsg {
	return tea.WindowSizeMsg{Width: width, Height: height}
}
