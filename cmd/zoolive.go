package cmd

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"hookonce/cmd/report"
	"hookonce/dedupe/zoo"
)

// liveLimit is how long a flawed handler may take to be found.
const liveLimit = time.Minute

// live is what was found of a handler that was served as processes of its own.
type live struct {
	Handler string   `json:"handler"`
	Correct bool     `json:"correct"`
	Expect  []string `json:"expect,omitempty"`
	Seeds   int      `json:"seeds"`
	// Found counts the seeds on which each of the expected codes was found, and Named those on which a finding named the flaw.
	Found   int     `json:"found"`
	Named   int     `json:"named"`
	Flaw    string  `json:"flaw,omitempty"` // the name it was given
	Seconds float64 `json:"seconds"`        // the longest run
	// Why says what cannot be named from outside; empty where everything can.
	Why string `json:"why,omitempty"`
	// Missed lists the seeds on which it was not found, or its flaw not named; Flagged the violations of a correct handler, with
	// their seeds; Trouble what went wrong with runs.
	Missed  []int    `json:"missed,omitempty"`
	Flagged []string `json:"flagged,omitempty"`
	Trouble []string `json:"trouble,omitempty"`

	sign liveSign
}

// Good says that it was found, and named where that is possible; a correct one, that it passed.
func (l live) Good() bool {
	switch {
	case len(l.Trouble) > 0:
		return false
	case l.Correct:
		return len(l.Flagged) == 0
	case l.Seconds > liveLimit.Seconds():
		return false
	}
	return l.Found == l.Seeds && (len(l.sign.flaws) == 0 || l.Named == l.Seeds)
}

// runZooLive serves each handler as two replicas, which run starts, and puts the same plan to all: nothing but the command line says
// which handler it is.
func runZooLive(ctx context.Context, s *Streams, o ZooOptions, fixtures fs.FS, entries []zoo.Entry) error {
	if fixtures == nil {
		return usagef("zoo --live needs the fixtures that are built in")
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("--live: %w", err)
	}
	dir, err := os.MkdirTemp("", "hookonce-zoo-")
	if err != nil {
		return fmt.Errorf("--live: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := errors.Join(os.CopyFS(filepath.Join(dir, "stripe"), fixtures), layOut(dir)); err != nil {
		return fmt.Errorf("--live: %w", err)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	show := newProgress(s)
	r := zooReport{Schema: "hookonce.zoo/v1", Seeds: o.Seeds, Live: make([]live, len(entries))}
	for i, e := range entries {
		sign := liveSigns()[e.Name]
		r.Live[i] = live{Handler: e.Name, Correct: e.Correct(), Expect: e.Expect, sign: sign, Why: sign.why}
	}
	z := liveZoo{program: cmp.Or(o.program, program), dir: dir}
	var runs errgroup.Group
	runs.SetLimit(max(o.Jobs, 1))
	for seed := 1; seed <= o.Seeds && ctx.Err() == nil; seed++ { // all handlers have had a seed before the next: an interruption tells of all
		for i := range r.Live {
			runs.Go(func() error {
				if ctx.Err() == nil {
					show.Say("zoo: %s, seed %d of %d", r.Live[i].Handler, seed, o.Seeds)
					z.try(ctx, &r.Live[i], seed)
				}
				return nil
			})
		}
	}
	_ = runs.Wait() // what goes wrong with a run is told of its handler
	for i := range r.Live {
		slices.Sort(r.Live[i].Missed)
	}
	if r.Interrupted = r.runs() < len(entries)*o.Seeds; r.Interrupted { // hours of runs are not to be lost
		r.Live = slices.DeleteFunc(r.Live, func(l live) bool { return l.Seeds == 0 })
	}
	r.Good = !r.Interrupted && !slices.ContainsFunc(r.Live, func(l live) bool { return !l.Good() })
	if err := writeZoo(s, o, r, zooLiveText); err != nil {
		return err
	}
	if r.Interrupted {
		return fmt.Errorf("interrupted: %d of %d runs were tried", r.runs(), len(entries)*o.Seeds)
	}
	return zooVerdict(r.Good)
}

// runs is how many were tried live.
func (r zooReport) runs() (n int) {
	for _, l := range r.Live {
		n += l.Seeds
	}
	return n
}

// liveZoo runs plans against handlers, several at a time.
type liveZoo struct {
	program, dir string

	mu sync.Mutex // of what is found of the handlers
}

// try runs the plan of a seed. What is interrupted does not count as tried.
func (z *liveZoo) try(ctx context.Context, l *live, seed int) {
	at := time.Now()
	got, err := z.run(ctx, l.Handler, seed)
	took := time.Since(at)
	if ctx.Err() != nil {
		return
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	l.Seeds++
	l.Seconds = max(l.Seconds, took.Seconds())
	if err != nil {
		l.Trouble = append(l.Trouble, fmt.Sprintf("seed %d: %v", seed, err))
		return
	}
	l.judge(got, seed)
}

func (z *liveZoo) run(ctx context.Context, handler string, seed int) (got report.Report, err error) {
	dir, err := os.MkdirTemp(z.dir, "run-")
	if err != nil {
		return got, err
	}
	defer os.RemoveAll(dir)
	var out, diag bytes.Buffer
	c := exec.CommandContext(ctx, z.program, liveArguments(z.program, handler, z.dir, dir, seed)...)
	c.Args[0] = "hookonce"
	c.Env = append(os.Environ(), "HOOKONCE_SECRET="+demoSecret, "CI=true")
	c.Stdout, c.Stderr = &out, &diag
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) } // so that it ends what it started
	c.WaitDelay = 30 * time.Second
	err = c.Run()
	if json.Unmarshal(out.Bytes(), &got) != nil {
		said := strings.Split(strings.TrimSpace(diag.String()), "\n")
		return got, fmt.Errorf("no verdict (%v): %s", err, said[len(said)-1])
	}
	return got, nil
}

// liveArguments are the same for all handlers but for the name. What providers hardly ever commit is asked for, because some flaws show in
// nothing else; so are the faults of processes, because the effects are in a file that outlives them.
func liveArguments(program, handler, fixtures, dir string, seed int) []string {
	config := filepath.Join(fixtures, "hookonce.yaml")
	serve := "exec " + report.Quote(program) + " serve " + handler + " --config " + report.Quote(config) + " --work 5ms --listen 127.0.0.1:{port} --redis {redis} --effects-url http://{effects} --database {database}"
	return []string{"run", filepath.Join(fixtures, "stripe"), filepath.Join(fixtures, "acme"), "--config", config,
		"--only", "payment_intent.*,customer.*,order.*", "--seed", strconv.Itoa(seed), "--bursts", "2",
		"--exec", serve, "--replicas", "2", "--database", "sqlite:" + filepath.Join(dir, "endpoint.db"),
		"--faults", "all,process-kill,process-pause,process-restart,other-bytes,twins,same-id,attempt-id",
		"--effects", "listen:{effects}?fail-first=half", "--effects", "http://127.0.0.1:{port}/effects", "--effects", "http://127.0.0.1:{port}/state",
		"--journal", filepath.Join(dir, "run.jsonl"), "--out", "json"}
}

// judge compares a report with what is known of the handler.
func (l *live) judge(r report.Report, seed int) {
	found, named := map[string]bool{}, ""
	for _, f := range r.Findings {
		if l.Correct && f.Severity == "violation" && !found[f.Code] {
			l.Flagged = append(l.Flagged, fmt.Sprintf("%s on seed %d", f.Code, seed))
		}
		found[f.Code] = true
		if w := f.Evidence.Flaw; w != nil && slices.Contains(l.sign.flaws, w.Name) {
			named = w.Name
		}
	}
	if l.Correct && r.Verdict == "inconclusive" {
		l.Trouble = append(l.Trouble, fmt.Sprintf("seed %d: inconclusive: %s", seed, strings.Join(r.Missing, "; ")))
	}
	seen := !slices.ContainsFunc(l.Expect, func(code string) bool { return !found[code] })
	if seen && !l.Correct {
		l.Found++
	}
	if named != "" {
		l.Named++
		l.Flaw = named
	}
	if !l.Correct && (!seen || named == "" && len(l.sign.flaws) > 0) {
		l.Missed = append(l.Missed, seed)
	}
}
