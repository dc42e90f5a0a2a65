package simulate

import (
	"context"
	"net/http"
	"testing"
	"time"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// TestAfter holds that a timer ends a sleep at its moment, when it is not stopped before, and that a
// pause delays it as it delays all that the process does.
func TestAfter(t *testing.T) {
	for _, c := range []struct {
		name string
		stop bool
		trap []Mishap
		want time.Duration // how long the handler slept
	}{
		{"it ends the sleep", false, nil, time.Minute},
		{"it is stopped", true, nil, time.Hour},
		{"the process is paused", false, []Mishap{{Kind: Pause, For: 2 * time.Minute,
			Moment: Moment{Event: "evt_control", Phase: replay.PhaseControl, Step: StepEffect}}}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p planner
			p.control()
			rang := false
			mustRun(t, p.plan, func(ctx context.Context, w *reference.World, _ reference.Request) reference.Response {
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				begin := w.Stage.Now()
				stop := w.Stage.After(time.Minute, func() {
					if d := w.Stage.Now().Sub(begin); len(c.trap) > 0 && d < c.trap[0].For {
						t.Errorf("it rang after %v, in the pause", d)
					}
					rang = true
					cancel()
				})
				if c.stop {
					stop()
				}
				_ = w.Stage.Do(ctx, "pause here", func() error { return nil })
				slept := w.Stage.Now()
				_ = w.Stage.Sleep(ctx, time.Hour)
				if d := w.Stage.Now().Sub(slept); d.Round(time.Second) != c.want {
					t.Errorf("slept for %v, want %v", d, c.want)
				}
				return reference.Answer(http.StatusOK, "")
			}, Options{Seed: 1, Engine: EngineModel, Mishaps: c.trap})
			if rang == c.stop {
				t.Errorf("it rang: %v", rang)
			}
		})
	}
}
