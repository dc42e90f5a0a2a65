package supervise

import "os/exec"

// Windows has no process groups of this kind: Start returns ErrUnsupported.
const supported = false

func apart(*exec.Cmd) {}

// Supervise does nothing on Windows, where Start never calls for it.
func Supervise(string) {}

func sweep(string) {}
