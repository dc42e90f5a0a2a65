package supervise

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// reapOrphans makes descendants whose parent died children of this process, so that none gets away.
func reapOrphans() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) } // since Linux 3.4

// keeperName is how the supervisor is called in lists of processes: whoever kills all that are called hookonce shall not kill it too.
const keeperName = "endpointkeeper" // at most 15 bytes

func takeName() { _ = os.WriteFile("/proc/self/comm", []byte(keeperName), 0) } // without it, only that kill is worse

// childAttributes give the endpoint a group of its own. Should somebody kill the supervisor, it dies too.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// descendants lists the processes below this one.
func descendants() []int {
	children := map[int][]int{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if parent := parentOf(e.Name()); parent > 0 {
			children[parent] = append(children[parent], pid)
		}
	}
	all := children[os.Getpid()]
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// sweep kills every process with the mark in its environment, and goes on until none is left: what was forked meanwhile, too.
func sweep(mark string) {
	for range sweeps {
		left := marked(mark)
		if len(left) == 0 {
			return
		}
		for _, pid := range left {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone
		}
		time.Sleep(reapPause)
	}
}

// sweeps bounds a sweep: a process in the kernel's hands does not die at once.
const sweeps = 2000

// marked lists the processes that were started with the mark. One that is dead and not waited for has no environment any more.
func marked(mark string) (pids []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		environ, err := os.ReadFile("/proc/" + e.Name() + "/environ")
		if err == nil && bytes.Contains(append(append([]byte{0}, environ...), 0), []byte("\x00"+mark+"\x00")) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// parentOf reads the parent out of a line like "7 (a (name) of 9) S 1 ...": the name may hold anything.
func parentOf(pid string) int {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(string(fields[1]))
	return parent
}
