//go:build unix && !linux

package supervise

import "syscall"

// reapOrphans is Linux's: elsewhere a process that leaves the endpoint's process group gets away.
func reapOrphans() {}

// sweep is Linux's: elsewhere nobody tells whose a process was, once its supervisor was killed.
func sweep(string) {}

// takeName is Linux's, too.
func takeName() {}

func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func descendants() []int { return nil }
