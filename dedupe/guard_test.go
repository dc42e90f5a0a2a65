package dedupe_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hookonce/dedupe"
)

var evt = dedupe.Event{Source: "src", ID: "evt_1"}

// gives is work that succeeds at once.
func gives(value string) dedupe.Work {
	return func(context.Context, int64) (dedupe.Result, error) { return dedupe.Result{Value: value}, nil }
}

// takes is work that succeeds after d, or ends with its context.
func takes(d time.Duration) dedupe.Work {
	return func(ctx context.Context, _ int64) (dedupe.Result, error) {
		if err := (dedupe.WallClock{}).Sleep(ctx, d); err != nil {
			return dedupe.Result{}, context.Cause(ctx)
		}
		return dedupe.Result{Value: "slow"}, nil
	}
}

func never(t *testing.T) dedupe.Work {
	return func(context.Context, int64) (dedupe.Result, error) {
		t.Error("the work ran")
		return dedupe.Result{}, nil
	}
}

func TestDoRunsOnce(t *testing.T) {
	g := &dedupe.Guard{Store: newSpy(nil)}
	a, err := g.Do(t.Context(), evt, gives("first"))
	if err != nil || a.Kind != dedupe.Claimed || a.Fence != 1 || a.Completed != dedupe.CompletedOK || a.Result != "first" {
		t.Fatalf("got %+v %v", a, err)
	}
	a, err = g.Do(t.Context(), evt, never(t))
	if err != nil || a.Kind != dedupe.Done || a.Result != "first" {
		t.Fatalf("duplicate: got %+v %v", a, err)
	}
	other := evt
	other.Source = "another account"
	if a, err = g.Do(t.Context(), other, gives("second")); err != nil || a.Kind != dedupe.Claimed {
		t.Fatalf("same id from another source: got %+v %v", a, err)
	}
}

func TestDoConcurrently(t *testing.T) {
	g := &dedupe.Guard{Store: newSpy(nil)}
	var runs atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			_, err := g.Do(t.Context(), evt, func(context.Context, int64) (dedupe.Result, error) {
				runs.Add(1)
				return dedupe.Result{}, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if runs.Load() != 1 {
		t.Errorf("the work ran %d times, want once", runs.Load())
	}
}

func TestFailedWorkIsReleased(t *testing.T) {
	g := &dedupe.Guard{Store: newSpy(nil)}
	broken := errors.New("broken")
	_, err := g.Do(t.Context(), evt, func(context.Context, int64) (dedupe.Result, error) { return dedupe.Result{}, broken })
	if !errors.Is(err, dedupe.ErrWork) || !errors.Is(err, broken) {
		t.Fatalf("got %v, want the work's error", err)
	}
	a, err := g.Do(t.Context(), evt, gives("second"))
	if err != nil || a.Kind != dedupe.Claimed || a.Fence != 2 {
		t.Fatalf("next delivery: got %+v %v, want fence 2", a, err)
	}
}

func TestPanicReleasesAndGoesOn(t *testing.T) {
	g := &dedupe.Guard{Store: newSpy(nil)}
	func() {
		defer func() {
			if recover() != "boom" {
				t.Error("the panic did not go on")
			}
		}()
		_, _ = g.Do(t.Context(), evt, func(context.Context, int64) (dedupe.Result, error) { panic("boom") })
	}()
	if a, err := g.Do(t.Context(), evt, gives("")); err != nil || a.Fence != 2 {
		t.Fatalf("next delivery: got %+v %v, want fence 2", a, err)
	}
}

// TestResultThatCannotBeStored holds that a result the store would not take is the work's
// error, and not the store's.
func TestResultThatCannotBeStored(t *testing.T) {
	g := &dedupe.Guard{Store: newSpy(nil)}
	e := evt
	e.Subject = "s"
	_, err := g.Do(t.Context(), e, func(context.Context, int64) (dedupe.Result, error) { return dedupe.Result{Version: "v7"}, nil })
	if !errors.Is(err, dedupe.ErrWork) || !errors.Is(err, dedupe.ErrInvalid) {
		t.Fatalf("got %v, want ErrWork and ErrInvalid", err)
	}
	// Without a subject there is no state, and a version means nothing.
	_, err = g.Do(t.Context(), evt, func(context.Context, int64) (dedupe.Result, error) { return dedupe.Result{Version: "7"}, nil })
	if err != nil {
		t.Fatal(err)
	}
}

func TestInvalidEventNeverReachesTheStore(t *testing.T) {
	store := newSpy(nil)
	g := &dedupe.Guard{Store: store}
	for _, e := range []dedupe.Event{{}, {ID: "e", Version: "1"}, {ID: "e", Subject: "s", Version: "1.5"}} {
		if _, err := g.Do(t.Context(), e, never(t)); !errors.Is(err, dedupe.ErrInvalid) {
			t.Errorf("%+v: got %v, want ErrInvalid", e, err)
		}
	}
	if store.count("claim") != 0 {
		t.Error("the store was called")
	}
}

func TestStoreErrorNeverRuns(t *testing.T) {
	store := newSpy(nil)
	store.fail["claim"] = 1
	g := &dedupe.Guard{Store: store}
	a, err := g.Do(t.Context(), evt, never(t))
	if !errors.Is(err, dedupe.ErrStore) || !errors.Is(err, errDown) || a != (dedupe.Answer{}) {
		t.Fatalf("got %+v %v, want a store error", a, err)
	}
}

// TestHeartbeat runs work that is ten leases long: nobody else gets in.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newSpy(time.Now)
		g := &dedupe.Guard{Store: store}
		var wg sync.WaitGroup
		wg.Go(func() {
			if a, err := g.Do(t.Context(), evt, takes(10*dedupe.DefaultLease)); err != nil || a.Result != "slow" {
				t.Errorf("got %+v %v", a, err)
			}
		})
		for range 9 {
			time.Sleep(dedupe.DefaultLease + time.Second)
			if a, err := g.Do(t.Context(), evt, never(t)); err != nil || a.Kind != dedupe.Busy || a.Busy <= 0 {
				t.Errorf("while it runs: got %+v %v, want busy", a, err)
			}
		}
		wg.Wait()
		if n := store.count("renew"); n < 28 || n > 30 {
			t.Errorf("%d renewals in ten leases, want three per lease", n)
		}
		if a, err := g.Do(t.Context(), evt, never(t)); err != nil || a.Kind != dedupe.Done {
			t.Errorf("afterwards: got %+v %v, want done", a, err)
		}
	})
}

// TestFailedRenewalsEndTheWork takes the store away: the work is told to stop when its
// lease must be assumed lost, not before.
func TestFailedRenewalsEndTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newSpy(time.Now)
		store.fail["renew"] = 1000
		g := &dedupe.Guard{Store: store}
		begin := time.Now()
		_, err := g.Do(t.Context(), evt, takes(time.Hour))
		if !errors.Is(err, dedupe.ErrWork) || !errors.Is(err, dedupe.ErrLeaseLost) {
			t.Fatalf("got %v, want ErrLeaseLost", err)
		}
		if d := time.Since(begin); d != dedupe.DefaultLease {
			t.Errorf("the work was stopped after %v, want %v", d, dedupe.DefaultLease)
		}
		store.fail["renew"] = 1 // the next one is in time: nothing is lost
		e := evt
		e.ID = "evt_2"
		if _, err := g.Do(t.Context(), e, takes(time.Hour)); err != nil {
			t.Errorf("one failed renewal: %v", err)
		}
	})
}

// TestTakenOverWorkCannotComplete pauses a worker beyond its lease, deaf to its context.
func TestTakenOverWorkCannotComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newSpy(time.Now)
		store.fail["renew"] = 1000
		g := &dedupe.Guard{Store: store}
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := g.Do(t.Context(), evt, func(ctx context.Context, fence int64) (dedupe.Result, error) {
				time.Sleep(2 * dedupe.DefaultLease)
				if !errors.Is(context.Cause(ctx), dedupe.ErrLeaseLost) {
					t.Errorf("fence %d: the context ended with %v", fence, context.Cause(ctx))
				}
				return dedupe.Result{Value: "late"}, nil
			})
			if !errors.Is(err, dedupe.ErrLeaseLost) {
				t.Errorf("the paused worker got %v, want ErrLeaseLost", err)
			}
		})
		time.Sleep(dedupe.DefaultLease + time.Second)
		a, err := g.Do(t.Context(), evt, func(ctx context.Context, fence int64) (dedupe.Result, error) {
			if run := dedupe.RunFrom(ctx); !run.Takeover || fence != 2 {
				t.Errorf("got %+v with fence %d, want a takeover with fence 2", run, fence)
			}
			return dedupe.Result{Value: "taken over"}, nil
		})
		if err != nil || a.Kind != dedupe.Takeover {
			t.Errorf("got %+v %v, want a takeover", a, err)
		}
		wg.Wait()
		if a, err := g.Do(t.Context(), evt, never(t)); err != nil || a.Result != "taken over" {
			t.Errorf("afterwards: got %+v %v", a, err)
		}
	})
}

// TestUnclearCompletionIsSentAgain loses completions, before and after they are carried out.
func TestUnclearCompletionIsSentAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		begin func(*spy)
		ok    bool
	}{
		{"reply lost", func(s *spy) { s.loseNext = "complete" }, true},
		{"refused twice", func(s *spy) { s.fail["complete"] = 2 }, true},
		{"refused for good", func(s *spy) { s.fail["complete"] = 100 }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newSpy(time.Now)
				g := &dedupe.Guard{Store: store}
				c.begin(store)
				a, err := g.Do(t.Context(), evt, gives("x"))
				if c.ok && (err != nil || a.Completed != dedupe.CompletedOK) {
					t.Errorf("got %+v %v, want ok", a, err)
				}
				if !c.ok && (!errors.Is(err, dedupe.ErrStore) || a.Completed != "") {
					t.Errorf("got %+v %v, want a store error", a, err)
				}
				if store.count("release") != 0 {
					t.Error("an event whose completion is unclear was released")
				}
			})
		})
	}
}

func TestHoldWaitsAndReplays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &dedupe.Guard{Store: newSpy(time.Now), Options: dedupe.Options{Hold: time.Minute}}
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = g.Do(t.Context(), evt, takes(20*time.Second)) })
		synctest.Wait()
		a, err := g.Do(t.Context(), evt, never(t))
		if err != nil || a.Kind != dedupe.Done || a.Result != "slow" {
			t.Errorf("got %+v %v, want the first one's result", a, err)
		}
		wg.Wait()
	})
}

func TestHoldRunsWhatTheOtherReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &dedupe.Guard{Store: newSpy(time.Now), Options: dedupe.Options{Hold: time.Minute}}
		var wg sync.WaitGroup
		wg.Go(func() {
			_, _ = g.Do(t.Context(), evt, func(context.Context, int64) (dedupe.Result, error) {
				time.Sleep(20 * time.Second)
				return dedupe.Result{}, errors.New("failed")
			})
		})
		synctest.Wait()
		a, err := g.Do(t.Context(), evt, gives("mine"))
		if err != nil || a.Kind != dedupe.Claimed || a.Fence != 2 || a.Result != "mine" {
			t.Errorf("got %+v %v, want the second run", a, err)
		}
		wg.Wait()
	})
}

func TestHoldEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &dedupe.Guard{Store: newSpy(time.Now), Options: dedupe.Options{Hold: 10 * time.Second}}
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = g.Do(t.Context(), evt, takes(time.Minute)) })
		synctest.Wait()
		begin := time.Now()
		if a, err := g.Do(t.Context(), evt, never(t)); err != nil || a.Kind != dedupe.Busy {
			t.Errorf("got %+v %v, want busy", a, err)
		}
		if d := time.Since(begin); d != 10*time.Second {
			t.Errorf("held for %v, want 10s", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := g.Do(ctx, evt, never(t)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's error", err)
		}
		wg.Wait()
	})
}

// TestCancelledWorkStillSettles cancels the context in the middle of the work: what the work then
// says is recorded all the same.
func TestCancelledWorkStillSettles(t *testing.T) {
	g := &dedupe.Guard{Store: newSpy(nil)}
	ctx, cancel := context.WithCancel(t.Context())
	a, err := g.Do(ctx, evt, func(context.Context, int64) (dedupe.Result, error) {
		cancel()
		return dedupe.Result{Value: "done anyway"}, nil
	})
	if err != nil || a.Completed != dedupe.CompletedOK {
		t.Fatalf("got %+v %v, want ok", a, err)
	}
	if _, err := g.Do(ctx, evt, never(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled caller got %v", err)
	}
}

func TestUnreleasedFailureSaysSo(t *testing.T) {
	store := newSpy(nil)
	store.fail["release"] = 1
	g := &dedupe.Guard{Store: store}
	_, err := g.Do(t.Context(), evt, func(context.Context, int64) (dedupe.Result, error) { return dedupe.Result{}, errors.New("x") })
	if !errors.Is(err, dedupe.ErrWork) || !errors.Is(err, errDown) {
		t.Errorf("got %v, want both errors", err)
	}
}
