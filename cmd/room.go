package cmd

import (
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
)

// loadHeap is how large the heap may become, in bytes, before garbage of a load is collected, where less than half of it is alive.
const loadHeap = 128 << 20

// room lets the garbage of sustained traffic lie for a while: little of it is alive, and to collect it for every few megabytes cost a tenth
// of a load. Memory stays bounded, by loadHeap or twice what is alive. Whoever set GOGC or GOMEMLIMIT is obeyed.
type room struct {
	percent int
	limit   int64
	given   bool
}

func giveRoom() *room {
	r := &room{limit: debug.SetMemoryLimit(-1)}
	if os.Getenv("GOGC") != "" || r.limit != math.MaxInt64 {
		return r
	}
	r.given = true
	r.percent = debug.SetGCPercent(400)
	r.fit()
	return r
}

// fit makes sure that what is alive by now has as much room again. It is to be called every few seconds.
func (r *room) fit() {
	if !r.given {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	debug.SetMemoryLimit(max(loadHeap, 2*int64(live[0].Value.Uint64())))
}

// takeBack ends it.
func (r *room) takeBack() {
	if r.given {
		debug.SetGCPercent(r.percent)
		debug.SetMemoryLimit(r.limit)
	}
}
