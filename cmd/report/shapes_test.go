package report

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hookonce/replay"
)

func TestLatencyByClass(t *testing.T) {
	r := failing().report()
	answers := map[string]int{}
	for _, l := range r.Latency {
		answers[l.Class] = l.Answers
		if l.P50 > l.P99 || l.P99 > l.Max {
			t.Errorf("%s: %+v", l.Class, l)
		}
	}
	// Nine of ten clean deliveries (the very first has no last byte, as its time is 0), two of the stale pair,
	// and the first of the noisy and of the late event.
	for class, want := range map[string]int{"first": 13, "duplicate": 1, "raced": 10, "redelivery": 1, "late-duplicate": 1} {
		equal(t, class, answers[class], want)
	}
}

func TestBuckets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.SliceOfN(rapid.Int64Range(0, int64(100*time.Hour)), 0, 50).Draw(t, "durations")
		all := each(slices.Sorted(slices.Values(draw)), func(d int64) Micros { return Micros(d) })
		total, at := 0, 0
		for _, b := range buckets(all) {
			for range b.Count {
				if all[at] < b.From || all[at] >= b.To {
					t.Fatalf("%v counted in %+v", all[at], b)
				}
				at++
			}
			total += b.Count
		}
		if total != len(all) {
			t.Fatalf("%d of %d counted", total, len(all))
		}
	})
}

func TestActivityCountsEverythingOnce(t *testing.T) {
	for _, s := range samples() {
		attempts, effects := 0, 0
		cut := newActivity(s.journal.Target)
		for i, m := range cut {
			attempts, effects = attempts+m.Attempts, effects+m.Effects
			if i > 0 && m.From != cut[i-1].To {
				t.Errorf("%s: a gap before %v", s.name, m.From)
			}
		}
		equal(t, s.name+" attempts", attempts, replay.StatsOf(s.journal.Target.Plan, s.journal.Target.Attempts).Attempts)
		counted := 0
		for _, e := range s.journal.Target.Effects {
			counted += e.Count
		}
		equal(t, s.name+" effects", effects, counted)
		if len(cut) > moments {
			t.Errorf("%s: %d slices", s.name, len(cut))
		}
	}
}

func TestActivityLeavesOutWhatIsNoEffectOfTheRun(t *testing.T) {
	h := replay.History{Effects: []replay.Effect{{Key: "a", Count: 3, At: time.Second}, {Key: "b", Count: 7, Earlier: true},
		{Subject: "s", Version: "1", At: time.Second}}}
	got := newActivity(h)
	if last := got[len(got)-1]; last.Effects != 3 {
		t.Errorf("%+v", last)
	}
}
