package observe

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// later commits effects at given moments after now; a source polled sees them at its next reading.
type later struct {
	moments []time.Time
}

func (l *later) due() (n int) {
	for _, m := range l.moments {
		if !time.Now().Before(m) {
			n++
		}
	}
	l.moments = l.moments[n:]
	return n
}

func TestSettle(t *testing.T) {
	const quiet, bound = time.Second, 10 * time.Second
	ms := func(all ...int) (ds []time.Duration) {
		for _, n := range all {
			ds = append(ds, time.Duration(n)*time.Millisecond)
		}
		return ds
	}
	for name, c := range map[string]struct {
		effects []time.Duration // when they are committed, since the call
		took    time.Duration   // by one reading
		rested  bool
		from    time.Duration // when Settle returns, at the earliest
		to      time.Duration // and at the latest
		told    int
	}{
		"nothing to come":     {nil, 0, true, quiet, quiet, 0},
		"one late effect":     {ms(700), 0, true, 1700 * time.Millisecond, 1800 * time.Millisecond, 1},
		"one after another":   {ms(500, 1400, 2300, 3200), 0, true, 4200 * time.Millisecond, 4300 * time.Millisecond, 4},
		"too late to be seen": {ms(3000), 0, true, quiet, quiet, 0},
		"never at rest":       {ms(900, 1800, 2700, 3600, 4500, 5400, 6300, 7200, 8100, 9000, 9900), 0, false, bound, bound, 11},
		"slow readings":       {nil, 400 * time.Millisecond, true, quiet, 1800 * time.Millisecond, 0},
		"slower than quiet":   {nil, 3 * time.Second, true, 6 * time.Second, 10 * time.Second, 0},
		"slower than bound":   {nil, 11 * time.Second, false, 11 * time.Second, 11 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := &later{}
			source := func() []Source {
				return []Source{newFake("a", func(_ context.Context, f *fake) error {
					time.Sleep(c.took)
					for range l.due() {
						count(f, "evt_1")
					}
					return nil
				})}
			}
			inBubble(t, 100*time.Millisecond, source, func(t *testing.T, w *Watcher, r *recorder) {
				w.halt() // the background would read once more where a reading is slow
				w.loops.Wait()
				start := time.Now()
				for _, d := range c.effects {
					l.moments = append(l.moments, start.Add(d))
				}
				rested, err := w.Settle(t.Context(), quiet, bound)
				took := time.Since(start)
				if err != nil || rested != c.rested || took < c.from || took > c.to {
					t.Errorf("settled %v after %v (%v), want %v within [%v, %v]", rested, took, err, c.rested, c.from, c.to)
				}
				if got := r.take(); len(got) != c.told {
					t.Errorf("told %v, want %d", got, c.told)
				}
			})
		})
	}
}

// An exact source tells between the readings; that counts as news too.
func TestSettleHearsExactSources(t *testing.T) {
	d := NewDirect("demo")
	inBubble(t, 100*time.Millisecond, func() []Source { return []Source{d} }, func(t *testing.T, w *Watcher, r *recorder) {
		start := time.Now()
		go func() {
			time.Sleep(950 * time.Millisecond)
			d.Add("", "evt_1")
		}()
		rested, err := w.Settle(t.Context(), time.Second, 10*time.Second)
		if took := time.Since(start); !rested || err != nil || took < 1950*time.Millisecond || took > 2100*time.Millisecond {
			t.Errorf("settled %v after %v: %v", rested, took, err)
		}
	})
}

// The background rests while Settle reads.
func TestSettleReadsAlone(t *testing.T) {
	polls := 0
	source := func() []Source {
		return []Source{newFake("a", func(context.Context, *fake) error { polls++; return nil })}
	}
	inBubble(t, 100*time.Millisecond, source, func(t *testing.T, w *Watcher, r *recorder) {
		if _, err := w.Settle(t.Context(), time.Second, 10*time.Second); err != nil {
			t.Fatal(err)
		}
		if polls > 12 {
			t.Errorf("%d readings in one second", polls)
		}
	})
}

func TestSettleNeedsReadings(t *testing.T) {
	for name, c := range map[string]struct {
		failing func(since time.Duration) bool
		rested  bool
		fails   bool
	}{
		"down all the time":    {func(time.Duration) bool { return true }, false, true},
		"down at the end":      {func(d time.Duration) bool { return d > 500*time.Millisecond }, false, true},
		"down for a while":     {func(d time.Duration) bool { return d < 3*time.Second }, true, false},
		"down now and then":    {func(d time.Duration) bool { return d/(300*time.Millisecond)%2 == 0 }, true, false},
		"down but once":        {func(d time.Duration) bool { return d > time.Second && d < 1100*time.Millisecond }, true, false},
		"down just in the end": {func(d time.Duration) bool { return d >= 900*time.Millisecond && d < 4900*time.Millisecond }, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			var start time.Time
			source := func() []Source {
				start = time.Now()
				return []Source{newFake("a", func(context.Context, *fake) error {
					if c.failing(time.Since(start)) {
						return errDown
					}
					return nil
				})}
			}
			inBubble(t, 100*time.Millisecond, source, func(t *testing.T, w *Watcher, r *recorder) {
				begun := time.Now()
				rested, err := w.Settle(t.Context(), time.Second, time.Minute)
				if took := time.Since(begun); took > lostAfter+2*time.Second {
					t.Errorf("waited %v for a source that fails", took)
				}
				if rested != c.rested || (err != nil) != c.fails || c.fails && !errors.Is(err, errDown) {
					t.Errorf("settled %v: %v", rested, err)
				}
			})
		})
	}
}

func TestSettleIsCalledOff(t *testing.T) {
	inBubble(t, 100*time.Millisecond, func() []Source { return []Source{newFake("a", nil)} }, func(t *testing.T, w *Watcher, r *recorder) {
		ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
		defer cancel()
		if rested, err := w.Settle(ctx, time.Second, 5*time.Second); rested || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("settled %v: %v", rested, err)
		}
	})
}

// When the run was stopped the background ends; effects are still waited for.
func TestSettleAfterTheRunWasStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		f := newFake("a", func(_ context.Context, f *fake) error { count(f, "evt_1"); return nil })
		run, stop := context.WithCancel(t.Context())
		w := New([]Source{f}, time.Now(), r.emit, r.mark)
		if err := w.Start(run, time.Second); err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		stop()
		synctest.Wait()
		rested, err := w.Settle(t.Context(), 2*time.Second, 5*time.Second)
		if rested || err != nil || len(r.take()) != 6 {
			t.Errorf("settled %v: %v", rested, err)
		}
	})
}

func TestSettleWithoutSources(t *testing.T) {
	w := New(nil, time.Now(), nil, nil)
	if rested, err := w.Settle(t.Context(), time.Hour, time.Hour); !rested || err != nil {
		t.Errorf("settled %v: %v", rested, err)
	}
}
