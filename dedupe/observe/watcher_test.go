package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hookonce/replay"
)

// inBubble runs a test on synthetic time with a started watcher of the sources.
func inBubble(t *testing.T, interval time.Duration, sources func() []Source, test func(t *testing.T, w *Watcher, r *recorder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		w := New(sources(), time.Now(), r.emit, r.mark)
		if err := w.Start(t.Context(), interval); err != nil {
			t.Fatal(err)
		}
		test(t, w, r)
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

func count(f *fake, id string) { f.sendNow(replay.Effect{Key: id, Count: 1}) }

func TestWatcherReadsInTheBackground(t *testing.T) {
	var polls int
	quick := func() []Source {
		return []Source{newFake("a", func(_ context.Context, f *fake) error {
			polls++
			count(f, fmt.Sprint("evt_", polls))
			return nil
		})}
	}
	inBubble(t, 100*time.Millisecond, quick, func(t *testing.T, w *Watcher, r *recorder) {
		time.Sleep(1050 * time.Millisecond)
		synctest.Wait()
		if got := r.take(); len(got) != 10 {
			t.Errorf("%d readings in 1.05 s at an interval of 100 ms", len(got))
		}
	})
}

// Reading takes a tenth of the time, however slow it is.
func TestWatcherIsConsiderate(t *testing.T) {
	for _, took := range []time.Duration{10 * time.Millisecond, 300 * time.Millisecond, 3 * time.Second} {
		var reading atomic.Int64
		slow := func() []Source {
			return []Source{newFake("a", func(context.Context, *fake) error {
				time.Sleep(took)
				reading.Add(int64(took))
				return nil
			})}
		}
		inBubble(t, 50*time.Millisecond, slow, func(t *testing.T, w *Watcher, r *recorder) {
			const run = 10 * time.Minute
			time.Sleep(run)
			if share := float64(reading.Load()) / float64(run); share > 0.11 || share < 0.09 {
				t.Errorf("readings of %v take %.3f of the time", took, share)
			}
		})
	}
}

func TestWatcherTellsOutagesOnce(t *testing.T) {
	var down atomic.Bool
	flaky := func() []Source {
		return []Source{newFake("a", func(context.Context, *fake) error {
			if down.Load() {
				return fmt.Errorf("effect source a: %w", errDown)
			}
			return nil
		})}
	}
	inBubble(t, time.Second, flaky, func(t *testing.T, w *Watcher, r *recorder) {
		for range 2 {
			down.Store(true)
			time.Sleep(10 * time.Second)
			down.Store(false)
			time.Sleep(10 * time.Second)
		}
		synctest.Wait()
		var got []string
		for _, m := range r.takeMarks() {
			if m.At == 0 {
				t.Errorf("mark without a time: %+v", m)
			}
			got = append(got, string(m.Kind)+" "+m.Text)
		}
		outage := "source-failed effect source a: down; note effect source a: it can be read again"
		if strings.Join(got, "; ") != outage+"; "+outage {
			t.Errorf("marks %q", got)
		}
	})
}

// A reading that is called off says nothing about the source.
func TestWatcherDoesNotBlameASourceThatWasCalledOff(t *testing.T) {
	hangs := func() []Source {
		return []Source{newFake("a", func(ctx context.Context, _ *fake) error {
			<-ctx.Done()
			return ctx.Err()
		})}
	}
	inBubble(t, time.Hour, hangs, func(t *testing.T, w *Watcher, r *recorder) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.PollNow(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if marks := r.takeMarks(); len(marks) != 0 {
			t.Errorf("marks %v", marks)
		}
	})
}

// PollNow begins its own reading even where one is in progress.
func TestPollNowReadsAnew(t *testing.T) {
	var committed atomic.Bool
	source := func() []Source {
		return []Source{newFake("a", func(_ context.Context, f *fake) error {
			seen := committed.Load()
			time.Sleep(300 * time.Millisecond)
			if seen {
				count(f, "evt_1")
				committed.Store(false)
			}
			return nil
		})}
	}
	inBubble(t, 50*time.Millisecond, source, func(t *testing.T, w *Watcher, r *recorder) {
		time.Sleep(100 * time.Millisecond) // the background is in the middle of a reading
		committed.Store(true)
		if err := w.PollNow(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := r.take(); len(got) != 1 {
			t.Errorf("told %v", got)
		}
	})
}

func TestPollNowNamesEverySourceThatFails(t *testing.T) {
	fails := func(label string) *fake {
		return newFake(label, func(context.Context, *fake) error { return fmt.Errorf("%s: %w", label, errDown) })
	}
	sources := func() []Source {
		return []Source{fails("a"), newFake("b", func(_ context.Context, f *fake) error { count(f, "evt_1"); return nil }), fails("c")}
	}
	inBubble(t, time.Hour, sources, func(t *testing.T, w *Watcher, r *recorder) {
		err := w.PollNow(t.Context())
		if err == nil || err.Error() != "a: down\nc: down" {
			t.Errorf("error %v", err)
		}
		if got := r.take(); len(got) != 1 {
			t.Errorf("the source that can be read told %v", got)
		}
	})
}

func TestStartFailsWhole(t *testing.T) {
	good, bad := newFake("good", nil), newFake("bad", nil)
	bad.open = errDown
	w := New([]Source{good, bad}, time.Now(), func(replay.Effect) {}, func(replay.Mark) {})
	if err := w.Start(t.Context(), 0); !errors.Is(err, errDown) {
		t.Errorf("error %v", err)
	}
	if good.emit != nil {
		t.Error("the first source was left open")
	}
	twice := New([]Source{newFake("a", nil), newFake("a", nil)}, time.Now(), nil, nil)
	if err := twice.Start(t.Context(), 0); !errors.Is(err, ErrSpec) || !strings.Contains(err.Error(), "a: given twice") {
		t.Errorf("error %v", err)
	}
}

// Sources that differ only in what their labels hide are two, and their effects name them as two.
func TestSourcesOfOneLabel(t *testing.T) {
	page := newPage(t, `["evt_1"]`)
	sources := func(tokens ...string) (all []Source) {
		for _, token := range tokens {
			all = append(all, mustParse(t, page.URL+"/e?token="+token+"#part", Options{}))
		}
		return all
	}
	label := page.URL + "/e?token=***"
	r := &recorder{}
	w := New(sources("a", "b", "c"), time.Now(), r.emit, r.mark)
	if err := w.Start(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var told []string
	for i, e := range r.effects {
		told = append(told, e.Source)
		if got := w.Sources()[i].Label; got != e.Source {
			t.Errorf("source %d is %s, and its effect names %s", i, got, e.Source)
		}
	}
	if want := []string{label, label + " (2)", label + " (3)"}; !slices.Equal(told, want) {
		t.Errorf("effects of %q, want %q", told, want)
	}
	err := New(sources("a", "b", "a"), time.Now(), r.emit, r.mark).Start(t.Context(), time.Hour)
	if !errors.Is(err, ErrSpec) || err.Error() != "effect source "+label+": given twice" {
		t.Errorf("one source twice: %v", err)
	}
}

func TestWatcherEmitsSerially(t *testing.T) {
	var sources []Source
	var directs []*Direct
	for i := range 4 {
		d := NewDirect(fmt.Sprint("direct ", i))
		directs, sources = append(directs, d), append(sources, d)
	}
	inside, total := 0, 0 // without a lock: the race detector watches
	w := New(sources, time.Now(), func(replay.Effect) {
		inside++
		if inside != 1 {
			t.Error("emit is called twice at once")
		}
		total++
		inside--
	}, func(replay.Mark) {})
	if err := w.Start(t.Context(), time.Millisecond); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, d := range directs {
		all.Go(func() {
			for range 200 {
				d.Add("", "evt_1")
			}
		})
	}
	all.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	directs[0].Add("", "evt_1")
	if total != 800 {
		t.Errorf("%d effects, want 800", total)
	}
	if infos := w.Sources(); len(infos) != 4 || infos[2].Label != "direct 2" {
		t.Errorf("sources %v", infos)
	}
}

// A source that comes up while it is waited for is opened; one that does not is told after that time, and not before.
func TestStartWaitsForSources(t *testing.T) {
	for name, c := range map[string]struct {
		up, within time.Duration
		opened     bool
	}{
		"up at once":     {0, 0, true},
		"nobody waits":   {time.Second, 0, false},
		"up in time":     {3 * time.Second, 5 * time.Second, true},
		"not up in time": {10 * time.Second, 5 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				f := newFake("a", nil)
				f.opens = func() error {
					if time.Since(begun) < c.up {
						return errDown
					}
					return nil
				}
				w := New([]Source{f}, begun, func(replay.Effect) {}, func(replay.Mark) {})
				w.OpenWithin = c.within
				err := w.Start(t.Context(), time.Second)
				defer w.Close()
				if took := time.Since(begun); (err == nil) != c.opened || took > max(c.up, c.within) || c.opened && took < c.up {
					t.Errorf("%v after %v", err, took)
				}
			})
		})
	}
}
