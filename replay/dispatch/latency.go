package dispatch

import (
	"slices"
	"time"

	"hookonce/replay"
)

// latencies is what the endpoint's acknowledged control attempts took, by event type.
type latencies struct {
	byType map[string][]time.Duration
	all    []time.Duration
}

// add learns from an attempt. Only acknowledged ones count: a refusal is often
// quicker than the work, and a hang-up timed by it would come before the handler began.
func (l *latencies) add(eventType string, a replay.Attempt) {
	if a.Outcome != replay.Acked || a.Latency() <= 0 {
		return
	}
	if l.byType == nil {
		l.byType = map[string][]time.Duration{}
	}
	l.byType[eventType] = append(l.byType[eventType], a.Latency())
	l.all = append(l.all, a.Latency())
}

// medians is a snapshot that deliveries may read while the run goes on.
type medians struct {
	byType map[string]time.Duration
	all    time.Duration
}

func (l *latencies) medians() medians {
	m := medians{byType: make(map[string]time.Duration, len(l.byType)), all: median(l.all)}
	for t, ds := range l.byType {
		m.byType[t] = median(ds)
	}
	return m
}

// of is the median latency for a type, or that of all types where the type was
// never acknowledged; 0, which is a hang-up right after the last byte, where nothing was.
func (m medians) of(eventType string) time.Duration {
	if d, ok := m.byType[eventType]; ok {
		return d
	}
	return m.all
}

func median(ds []time.Duration) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(ds))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
