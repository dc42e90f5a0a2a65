package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"
)

// connections are how many requests each has under way.
const connections = 64

// contestant is a command that sends deliveries of 4 kB.
type contestant struct {
	name string
	tool string // the program it needs; "" for none
	cmd  func(ctx context.Context, to string, l load, n int) *exec.Cmd
}

const (
	rowVegeta   = "vegeta attack -rate 0, unsigned"
	rowHey      = "hey, unsigned"
	rowWrk      = "wrk, unsigned"
	rowDispatch = "hookonce, a plan: signed, journal, audit"
	rowLoad     = "hookonce load (vegeta's attacker): signed, journal, audit"
)

var contestants = []contestant{
	{rowVegeta, "vegeta", func(ctx context.Context, to string, l load, n int) *exec.Cmd {
		return exec.CommandContext(ctx, "vegeta", "attack", "-rate=0", "-max-workers="+strconv.Itoa(connections), "-connections="+strconv.Itoa(connections),
			"-duration=4s", "-targets="+l.targets(to), "-body="+l.body, "-output="+os.DevNull)
	}},
	{rowHey, "hey", func(ctx context.Context, to string, l load, n int) *exec.Cmd {
		return exec.CommandContext(ctx, "hey", "-n", strconv.Itoa(n), "-c", strconv.Itoa(connections), "-cpus", "1", "-m", "POST", "-D", l.body, to)
	}},
	{rowWrk, "wrk", func(ctx context.Context, to string, l load, n int) *exec.Cmd {
		return exec.CommandContext(ctx, "wrk", "-t1", "-c"+strconv.Itoa(connections), "-d4s", "-s", l.script, to)
	}},
	{rowDispatch, "", func(ctx context.Context, to string, l load, n int) *exec.Cmd {
		self, err := os.Executable()
		if err != nil {
			self = os.Args[0]
		}
		return exec.CommandContext(ctx, self, "-dispatch", to, "-n", strconv.Itoa(n))
	}},
	{rowLoad, "hookonce", func(ctx context.Context, to string, l load, n int) *exec.Cmd {
		return exec.CommandContext(ctx, "hookonce", "load", l.fixtures, "--target", to, "--secret", "whsec_bench", "--closed", strconv.Itoa(connections),
			"--count", strconv.Itoa(n), "--duplicates", "0", "--races", "0", "--journal", l.journal(), "--out", "text="+os.DevNull)
	}},
}

// take is one turn: the command runs on the first core, and the sink counts.
func (c contestant) take(ctx context.Context, s *sink, l load, n int) (turn, error) {
	if _, err := s.count(ctx); err != nil {
		return turn{}, err
	}
	cmd := onCore(c.cmd(ctx, s.url+"/hook", l, n), 0)
	began := time.Now()
	said, err := cmd.CombinedOutput()
	took := time.Since(began)
	// The audit of load has no effects to look at: inconclusive, exit code 3, is what it must say.
	if err != nil && (c.name != rowLoad || cmd.ProcessState.ExitCode() != 3) {
		return turn{}, fmt.Errorf("%w\n%s", err, said)
	}
	got, err := s.count(ctx)
	if err == nil && got < n/10 {
		err = fmt.Errorf("only %d requests arrived\n%s", got, said)
	}
	return turn{got, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), took}, err
}

// onCore lets a command run on one core only, where that can be said.
func onCore(cmd *exec.Cmd, core int) *exec.Cmd {
	if path, err := exec.LookPath("taskset"); err == nil && runtime.NumCPU() > core {
		cmd.Args = append([]string{path, "-c", strconv.Itoa(core), cmd.Path}, cmd.Args[1:]...)
		cmd.Path = path
	}
	return cmd
}

// load is what the contestants send, in the forms in which they take it.
type load struct {
	dir, fixtures, body, script string
}

func newLoad() (load, error) {
	dir, err := os.MkdirTemp("", "throughput")
	if err != nil {
		return load{}, err
	}
	l := load{dir, filepath.Join(dir, "fixtures"), filepath.Join(dir, "body.json"), filepath.Join(dir, "post.lua")}
	if err := os.Mkdir(l.fixtures, 0o755); err != nil {
		return l, err
	}
	for name, text := range map[string]string{
		filepath.Join(l.fixtures, "event.json"): body,
		l.body:                                  body,
		l.script: fmt.Sprintf("wrk.method = %q\nwrk.headers[\"Content-Type\"] = %q\nlocal f = io.open(%q)\nwrk.body = f:read(\"*a\")\nf:close()\n",
			"POST", "application/json", l.body),
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return l, err
		}
	}
	return l, nil
}

func (l load) targets(to string) string {
	name := filepath.Join(l.dir, "targets")
	_ = os.WriteFile(name, []byte("POST "+to+"\nContent-Type: application/json\n"), 0o644) // vegeta says so where it is missing
	return name
}

// journal is a path that does not exist yet.
func (l load) journal() string {
	name := filepath.Join(l.dir, "load.jsonl")
	_ = os.Remove(name)
	return name
}

func (l load) remove() { _ = os.RemoveAll(l.dir) }
