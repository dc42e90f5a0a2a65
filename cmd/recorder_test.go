package cmd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/tidwall/gjson"

	"hookonce/replay"
)

// A run that is too long to be held is judged from its journal, or while it is recorded, to the same findings.
func TestLongRunIsJudgedFromItsJournal(t *testing.T) {
	files, err := filepath.Glob("../testdata/histories/*.jsonl")
	if err != nil || len(files) < 10 {
		t.Fatal(len(files), "histories", err)
	}
	for _, file := range files {
		told, err := readJournal(file)
		if err != nil {
			t.Fatal(err)
		}
		if !told.Target.Complete || told.Reference != nil {
			continue // a recorder always ends what it records, and takes its reference from a run of it
		}
		whole := recorded(t, told.Target, heldInMemory, 0)
		if long := recorded(t, told.Target, 0, 0); whole != long {
			t.Errorf("%s: held in memory: %s\njudged from the journal: %s", file, whole, long)
		}
		if beside := recorded(t, told.Target, 0, 1<<30); whole != beside {
			t.Errorf("%s: held in memory: %s\njudged beside: %s", file, whole, beside)
		}
	}
}

// A run that is too long to be held meets its faults nonetheless, and the findings of them.
func TestLongRunGoesOnAfterControl(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		endpoint *endpoint
		code     int
	}{"correct": {&endpoint{}, exitPass}, "doubling": {&endpoint{forgetful: true}, exitViolations}} {
		url := serveEndpoint(t, c.endpoint)
		var out, errs lockedBuffer
		s := &Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: func(string) string { return "" }}
		o := RunOptions{ConductOptions: ConductOptions{held: 1}}
		run := &cobra.Command{RunE: func(c *cobra.Command, args []string) error { return runRun(c, s, &o, args) }, SilenceErrors: true, SilenceUsage: true}
		o.addFlags(run, s)
		run.SetArgs([]string{fixtureDir, "--target", url, "--effects", url, "--secret", testSecret, "--out", "json", "--bursts", "2",
			"--journal", filepath.Join(t.TempDir(), "run.jsonl")})
		code := exitCode(run.ExecuteContext(t.Context()))
		r := gjson.Parse(out.String())
		if code != c.code || r.Get("stats.races_overlapped").Int() == 0 || !strings.Contains(errs.String(), "judging the journal") {
			t.Errorf("%s: exit %d, %s, %s\n%s", name, code, r.Get("missing"), r.Get("stats"), errs.String())
		}
	}
}

// A journal that is there already is never written over, and that is told before anything is done.
func TestJournalIsNotOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	if err := os.WriteFile(path, []byte("another run\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"run", fixtureDir, "--target", "http://127.0.0.1:9/hook"}, {"load", fixtureDir, "--target", "http://127.0.0.1:9/hook"}, {"demo", "hardened"},
	} {
		code, out, errs := hookonce(t, append(args, "--journal", path)...)
		kept, err := os.ReadFile(path)
		if code != exitUsage || out != "" || !strings.Contains(errs, "never overwrite") || strings.Count(errs, "\n") != 1 || err != nil || string(kept) != "another run\n" {
			t.Errorf("%s: exit %d, %q %q, %q %v", args[0], code, out, errs, kept, err)
		}
	}
}

// recorded records a history, of which so many records are held in memory and so many are expected, and returns what is found in it.
func recorded(t *testing.T, h replay.History, most, expects int) string {
	t.Helper()
	r, err := newRecorder(filepath.Join(t.TempDir(), "run.jsonl"), true, most, time.Now(), func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	r.expects = expects
	// Half of it is planned, the rest is made on the fly.
	first := h.Plan
	first.Deliveries = h.Plan.Deliveries[:len(h.Plan.Deliveries)/2]
	if err := r.Begin(h.Header, first); err != nil {
		t.Fatal(err)
	}
	r.most = most // what control causes would fit
	r.Planned(nil, h.Plan.Deliveries[len(first.Deliveries):])
	for _, e := range h.Effects {
		r.Effect(replay.TargetRun, e)
	}
	for _, a := range h.Attempts {
		r.Attempt(replay.TargetRun, a)
	}
	for _, m := range h.Marks {
		r.Mark(replay.TargetRun, m)
	}
	for _, c := range h.Commands {
		r.Command(c)
	}
	r.End(replay.TargetRun)
	c := conduct{rec: r, show: newProgress(&Streams{Err: &lockedBuffer{}, Getenv: func(string) string { return "" }})}
	if (r.beside != nil && r.beside.stream != nil) != (expects > 0) {
		t.Fatal("judged beside:", expects == 0)
	}
	f, err := c.judge()
	if err != nil || f.writing != nil || r.Forgot() != (most == 0) || r.Forgot() && len(r.journal.Target.Attempts) > 0 {
		t.Fatal(err, f.writing, r.Forgot())
	}
	type found struct{ Code, Event, Subject string }
	var out []found
	for _, x := range f.verdict.Findings {
		out = append(out, found{x.Code, x.Event, x.Subject})
	}
	b, err := json.Marshal(map[string]any{"findings": out, "verdict": f.verdict.Verdict, "missing": f.verdict.Missing, "stats": f.journal.Target.Stats})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
