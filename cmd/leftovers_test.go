//go:build linux

package cmd

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// leftoverRuns is how many runs follow one another; HOOKONCE_RUNS says otherwise.
const leftoverRuns = 6

// However a run ends, and whatever it did to the endpoint's processes before, nothing of it is left: no process, the endpoint's children
// that made themselves independent included, no port, no file but the journal and the log.
func TestRunsLeaveNothing(t *testing.T) {
	runs, err := strconv.Atoi(os.Getenv("HOOKONCE_RUNS"))
	if err != nil {
		runs = leftoverRuns
	}
	rng := rand.New(rand.NewPCG(7, 0))
	moments := []string{"control:", "faults:", "one by one", "one by one", "fault-free tail", "late duplicates:"}
	ends := [][]syscall.Signal{{syscall.SIGKILL}, nil, {syscall.SIGINT}, {syscall.SIGINT, syscall.SIGINT}, {syscall.SIGTERM}}
	for i := range runs {
		end, moment := ends[i%len(ends)], moments[rng.IntN(len(moments))]
		leaveNothing(t, fmt.Sprintf("run %d, %v at %s", i+1, end, moment), end, moment, uint64(i+1))
	}
}

func leaveNothing(t *testing.T, name string, end []syscall.Signal, moment string, seed uint64) {
	t.Helper()
	dir, temp := t.TempDir(), t.TempDir()
	mark := fmt.Sprintf("HOOKONCE_TEST_RUN=%d-%d", os.Getpid(), seed)
	path := filepath.Join(dir, "run.jsonl")
	command := "(setsid sleep 1000 &) ; sleep 1000 & " + self(t) + " serve hardened --work 5ms --listen 127.0.0.1:{port} --redis {redis} --effects-url http://{effects}"
	p := startWith(t, []string{mark, "TMPDIR=" + temp}, "run", fixtureDir, "--exec", command, "--replicas", "2", "--secret", testSecret, "--effects", "listen:{effects}",
		"--only", "charge.succeeded", "--bursts", "1", "--late", "70s", "--seed", strconv.FormatUint(seed, 10), "--journal", path)
	if end != nil {
		p.await(moment)
		for _, s := range end {
			if p.cmd.Process.Signal(s) != nil {
				break // it ended at the first one
			}
		}
	}
	code := p.exit()
	if end == nil && code != exitPass {
		t.Errorf("%s: exit %d\n%s\n%s", name, code, p.said.String(), p.stdout.String())
	}
	for until := time.Now().Add(deadline); ; runtime.Gosched() { // whoever was killed leaves it to others to clear up behind it
		left := startedWith(mark)
		if len(left) == 0 {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("%s: left behind: %q", name, left)
		}
	}
	for _, address := range addressesOf(t, path) {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Errorf("%s: its port: %v", name, err)
			continue
		}
		l.Close()
	}
	for _, d := range []string{dir, temp} {
		entries, err := os.ReadDir(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if d == temp || e.Name() != "run.jsonl" && !strings.HasSuffix(e.Name(), ".log") {
				t.Errorf("%s: it left %s", name, filepath.Join(d, e.Name()))
			}
		}
	}
}

// startedWith lists the processes that have the mark in their environment.
func startedWith(mark string) (left []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, f := range files {
		environ, err := os.ReadFile(f)
		if err != nil || !slices.ContainsFunc(bytes.Split(environ, []byte{0}), func(v []byte) bool { return string(v) == mark }) {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(filepath.Dir(f), "cmdline"))
		left = append(left, filepath.Base(filepath.Dir(f))+" "+string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
	}
	return left
}

// addressesOf are those of the replicas, as the journal has them.
func addressesOf(t *testing.T, journal string) (addresses []string) {
	t.Helper()
	text, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "\n")
	gjson.Get(head, "header.targets").ForEach(func(_, u gjson.Result) bool {
		_, rest, _ := strings.Cut(u.Str, "//")
		host, _, _ := strings.Cut(rest, "/")
		addresses = append(addresses, host)
		return true
	})
	if len(addresses) != 2 {
		t.Errorf("the journal names the addresses %q: %.300s", addresses, head)
	}
	return addresses
}

// Should somebody kill the supervisor, hookonce ends what is left of the endpoint, and says what happened.
func TestKilledSupervisor(t *testing.T) {
	mark := fmt.Sprintf("HOOKONCE_TEST_RUN=%d-supervisor", os.Getpid())
	command := "(setsid sleep 1000 &) ; exec " + self(t) + " serve hardened --listen 127.0.0.1:{port} --redis {redis} --effects-url http://{effects}"
	p := startWith(t, []string{mark}, "run", fixtureDir, "--exec", command, "--secret", testSecret, "--effects", "listen:{effects}",
		"--only", "charge.succeeded", "--settle-max", "1s", "--journal", filepath.Join(t.TempDir(), "run.jsonl"))
	p.await("faults:")
	if err := syscall.Kill(onlyChild(t, p.cmd.Process.Pid), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := p.exit(); code == exitPass || !strings.Contains(p.said.String(), "supervisor was killed") {
		t.Errorf("exit %d\n%s", code, p.said.String())
	}
	if left := startedWith(mark); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// onlyChild is the one process that another has started; its threads have lists of their own.
func onlyChild(t *testing.T, parent int) (child int) {
	t.Helper()
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	for _, l := range lists {
		text, _ := os.ReadFile(l)
		if n, _ := fmt.Sscan(string(text), &child); n == 1 {
			return child
		}
	}
	t.Fatalf("process %d has no child", parent)
	return 0
}
