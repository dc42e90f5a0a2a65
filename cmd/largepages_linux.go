package cmd

import (
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// planRoom is about how much memory a small plan and its journal take, in bytes.
const planRoom = 48 << 20

// largePages has the memory that a plan is about to take come in pages of megabytes, where the kernel has such. In pages of 4 kB it comes by some
// thousand faults, which are a quarter of what there is to do before the first delivery. The room is asked for and given back at
// once, as the runtime has no other way to say so; what is not used of it is never there.
func largePages() {
	before := debug.SetGCPercent(-1)
	defer debug.SetGCPercent(before)
	if room := make([]byte, planRoom); unix.Madvise(room, unix.MADV_HUGEPAGE) != nil {
		return
	}
	runtime.GC()
}
