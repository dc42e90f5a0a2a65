package simulate

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hookonce/dedupe/reference"
	"hookonce/dedupe/zoo"
	"hookonce/replay"
)

// retried is one event whose every delivery is repeated until it is acknowledged.
func retried() replay.Plan {
	var p planner
	p.control()
	e := p.event("evt", "cus", "7")
	p.redeliver(e, p.add(replay.Delivery{Event: e, Role: replay.RoleFirst}), 3, time.Hour)
	p.tail()
	return p.plan
}

// fired says whether all mishaps took place.
func fired(h replay.History) bool {
	return !slices.ContainsFunc(h.Marks, func(m replay.Mark) bool { return m.Kind == replay.MarkMishap && !m.Fired })
}

// lockOnly is a SET NX without expiry, whose duplicates are answered 200.
func lockOnly(ctx context.Context, w *reference.World, e reference.Request) reference.Response {
	acquired, err := w.Redis.SetNX(ctx, "lock:"+e.Key, "1", 0).Result()
	switch {
	case err != nil:
		return reference.Answer(http.StatusServiceUnavailable, "error")
	case !acquired:
		return reference.Answer(http.StatusOK, "ignored")
	}
	if err := w.Effect(ctx, e.Event, ""); err != nil {
		w.Redis.Del(ctx, "lock:"+e.Key)
		return reference.Answer(http.StatusInternalServerError, "error")
	}
	return reference.Answer(http.StatusOK, "success")
}

// inMemory remembers in the process.
func inMemory(ctx context.Context, w *reference.World, e reference.Request) reference.Response {
	if first(w, e.Key) {
		if err := w.Effect(ctx, e.Event, ""); err != nil {
			return reference.Answer(http.StatusInternalServerError, "error")
		}
	}
	return reference.Answer(http.StatusOK, "success")
}

// first says whether the process sees the key for the first time.
func first(w *reference.World, key string) bool {
	_, seen := w.Memory.LoadOrStore(key, true)
	return !seen
}

// answerFirst answers, and works afterwards.
func answerFirst(ctx context.Context, w *reference.World, e reference.Request) reference.Response {
	if first(w, e.Key) {
		w.Stage.Go(func() {
			_ = w.Work(ctx, e.Event)
			_ = w.Effect(ctx, e.Event, "")
		})
	}
	return reference.Answer(http.StatusOK, "accepted")
}

// failOpen works without a lock where there is no Redis.
func failOpen(ctx context.Context, w *reference.World, e reference.Request) reference.Response {
	if acquired, err := w.Redis.SetNX(ctx, "lock:"+e.Key, "1", 0).Result(); err == nil && !acquired {
		return reference.Answer(http.StatusOK, "ignored")
	}
	if err := w.Effect(ctx, e.Event, ""); err != nil {
		return reference.Answer(http.StatusInternalServerError, "error")
	}
	return reference.Answer(http.StatusOK, "success")
}

// Each mishap does what it says, whatever the seed.
func TestMishaps(t *testing.T) {
	on := func(step StepKind, nth int, after bool) Moment {
		return Moment{Event: "evt", Attempt: 1, Step: step, Nth: nth, After: after}
	}
	lost := func(h replay.History) bool { return acked(h, "evt") && charges(h, "evt") == 0 }
	double := func(h replay.History) bool { return charges(h, "evt") == 2 }
	once := func(h replay.History) bool { return acked(h, "evt") && charges(h, "evt") == 1 }
	unanswered := func(n int) func(replay.History) bool {
		return func(h replay.History) bool {
			return attemptOf(t, h, 2).Outcome == replay.Unknown && charges(h, "evt") == n
		}
	}
	tests := map[string]struct {
		handler reference.Handler
		plan    replay.Plan
		o       Options
		want    func(replay.History) bool
	}{
		"crash after the claim":       {lockOnly, retried(), Options{Mishaps: []Mishap{{Kind: Crash, Moment: on(StepCommand, 1, true)}}}, lost},
		"crash before the claim":      {lockOnly, retried(), Options{Mishaps: []Mishap{{Kind: Crash, Moment: on(StepCommand, 1, false)}}}, once},
		"crash after the effect":      {inMemory, retried(), Options{Mishaps: []Mishap{{Kind: Crash, Moment: on(StepEffect, 1, true)}}}, double},
		"worker's crash after effect": {inMemory, retried(), Options{Mishaps: []Mishap{{Kind: CrashWorker, Moment: on(StepEffect, 1, true)}}}, once},
		"crash before the answer":     {lockOnly, retried(), Options{Mishaps: []Mishap{{Kind: Crash, Moment: on(StepAnswer, 1, false)}}}, unanswered(1)},
		"crash after the answer":      {answerFirst, retried(), Options{Mishaps: []Mishap{{Kind: Crash, Moment: on(StepAnswer, 1, true)}}}, lost},
		"no crash":                    {answerFirst, retried(), Options{}, once},
		"two replicas":                {inMemory, sequential(), Options{Replicas: 2}, double},
		"one replica":                 {inMemory, sequential(), Options{Replicas: 1}, once},
		"failed effect":               {lockOnly, retried(), Options{Mishaps: []Mishap{{Kind: Fail, Moment: on(StepEffect, 1, false)}}}, once},
		"ambiguous effect":            {lockOnly, retried(), Options{Mishaps: []Mishap{{Kind: Ambiguous, Moment: on(StepEffect, 1, false)}}}, double},
		"failed command":              {lockOnly, retried(), Options{Mishaps: []Mishap{{Kind: Fail, Moment: on(StepCommand, 1, false)}}}, once},
		"reply lost":                  {lockOnly, retried(), Options{Mishaps: []Mishap{{Kind: ReplyLost, Moment: on(StepCommand, 1, false)}}}, lost},
		"reply lost, sent again":      {lockOnly, retried(), Options{Resend: true, Mishaps: []Mishap{{Kind: ReplyLost, Moment: on(StepCommand, 1, false)}}}, lost},
		"redis down":                  {failOpen, sequential(), Options{Mishaps: []Mishap{{Kind: RedisDown, For: time.Hour, Moment: on(StepArrive, 1, false)}}}, double},
		"data lost":                   {lockOnly, sequential(), Options{Mishaps: []Mishap{{Kind: DataLost, Moment: on(StepAnswer, 1, true)}}}, double},
		"article, paused for its lock's life": {reference.Article, retried(), Options{
			Mishaps: []Mishap{{Kind: Pause, For: 2 * time.Hour, Moment: on(StepEffect, 1, false)}}}, double},
		"article, slow for its lock's life": {reference.Article, retried(), Options{
			Mishaps: []Mishap{{Kind: Slow, For: 2 * time.Hour, Moment: on(StepWork, 1, false)}}}, double},
		"hardened, slow": {reference.Hardened, retried(), Options{
			Mishaps: []Mishap{{Kind: Slow, For: 2 * time.Hour, Moment: on(StepWork, 1, false)}}}, once},
	}
	for name, tt := range tests {
		for seed := range uint64(20) {
			tt.o.Seed = seed
			h := mustRun(t, tt.plan, tt.handler, tt.o)
			if !tt.want(h) || !fired(h) {
				t.Errorf("%s, seed %d: attempts %+v effects %+v marks %+v", name, seed, h.Attempts, h.Effects, h.Marks)
				break
			}
		}
	}
}

// A guard in Redis and one in plain Go are struck at the same steps. Whatever strikes, a hardened
// handler keeps what it promises: one keyed charge.
func TestHardenedSurvives(t *testing.T) {
	for _, engine := range []string{EngineEmbedded, EngineModel} {
		for kind, w := range where {
			for _, step := range strings.Fields(w.steps) {
				for nth := 1; nth <= 3; nth++ {
					m := Mishap{Kind: kind, For: 90 * time.Second, Moment: Moment{Event: "evt", Attempt: 1, Step: StepKind(step), Nth: nth}}
					h := mustRun(t, retried(), reference.Hardened, Options{Engine: engine, Mishaps: []Mishap{m}})
					checkRight(t, engine+": "+m.String(), h)
				}
			}
		}
	}
}

// A mishap whose moment never comes says so.
func TestUnfired(t *testing.T) {
	m := Mishap{Kind: Crash, Moment: Moment{Event: "evt", Attempt: 9, Step: StepWork}}
	if h := mustRun(t, retried(), reference.Hardened, Options{Mishaps: []Mishap{m}}); fired(h) {
		t.Errorf("marks %+v", h.Marks)
	}
	// Nobody asked the Redis for anything while it was down.
	down := Mishap{Kind: RedisDown, For: time.Hour, Moment: Moment{Event: "evt", Attempt: 1, Step: StepAnswer, After: true}}
	if h := mustRun(t, late(time.Minute), inMemory, Options{Mishaps: []Mishap{down}}); fired(h) {
		t.Errorf("marks %+v", h.Marks)
	}
}

func TestMishapsRefused(t *testing.T) {
	for name, m := range map[string]Mishap{
		"no kind":           {Kind: "flood", Moment: Moment{Step: StepWork}},
		"no step":           {Kind: Crash},
		"a reply to work":   {Kind: ReplyLost, Moment: Moment{Step: StepWork}},
		"pause for nothing": {Kind: Pause, Moment: Moment{Step: StepWork}},
	} {
		_, err := Run(t.Context(), retried(), lockOnly, Options{Profile: profile, Mishaps: []Mishap{m}})
		if !errors.Is(err, ErrMishap) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// Two blocked acts take turns, and neither stops the other for ever.
func TestBlockedActsWait(t *testing.T) {
	held := ""
	h := func(ctx context.Context, w *reference.World, e reference.Request) reference.Response {
		token := w.NewToken()
		if err := w.Stage.Do(ctx, "lock", func() error {
			if held != "" {
				return reference.ErrBlocked
			}
			held = token
			return nil
		}); err != nil {
			return reference.Answer(http.StatusServiceUnavailable, "busy")
		}
		if held != token {
			t.Error("two owners")
		}
		_ = w.Work(ctx, e.Event)
		held = ""
		return reference.Answer(http.StatusOK, "success")
	}
	run := mustRun(t, raced(), h, Options{})
	for _, a := range run.Attempts {
		if a.Outcome != replay.Acked {
			t.Errorf("attempt %+v", a)
		}
	}
}

// Handlers at work when the simulation ends, or when their process crashes, end with it.
func TestStart(t *testing.T) {
	var started []*reference.World
	z, _ := zoo.Find("hardened")
	mustRun(t, retried(), z.Handler, Options{Replicas: 2, Start: func(_ context.Context, w *reference.World) { started = append(started, w) },
		Mishaps: []Mishap{{Kind: Crash, For: time.Minute, Moment: Moment{Event: "evt", Attempt: 1, Step: StepWork}}}})
	if len(started) != 3 || started[0].Memory == started[1].Memory {
		t.Errorf("%d processes started, two and one again expected", len(started))
	}
}

// A record that Redis loses right after it was written is no reason to acknowledge the event without its state.
func TestLostRecordIsNotAcknowledged(t *testing.T) {
	z, _ := zoo.Find("complete-state")
	for nth := 1; nth <= 3; nth++ {
		for _, engine := range []string{EngineModel, EngineEmbedded} {
			h := mustRun(t, retried(), z.Handler, Options{Engine: engine, Mishaps: []Mishap{
				{Kind: DataLost, Moment: Moment{Event: "evt", Step: StepCommand, Nth: nth}}}})
			checkRight(t, engine, h)
			if !fired(h) {
				t.Errorf("%s: command %d lost nothing", engine, nth)
			}
		}
	}
}

// A process that crashed comes up again before the simulation ends, and finds the work it left.
func TestCrashedProcessComesUpAgain(t *testing.T) {
	z, _ := zoo.Find("inbox")
	for _, down := range []time.Duration{0, time.Second, time.Hour} {
		var p planner
		p.control()
		p.add(replay.Delivery{Event: p.event("evt", "cus", "7"), Role: replay.RoleFirst})
		h := mustRun(t, p.plan, z.Handler, Options{Start: z.Start, Mishaps: []Mishap{
			{Kind: Crash, For: down, Moment: Moment{Event: "evt", Step: StepAnswer, After: true}}}})
		if charges(h, "evt") != 1 || !fired(h) {
			t.Errorf("down for %v: effects %+v marks %+v", down, h.Effects, h.Marks)
		}
	}
}

// A process that dies right after it began a transaction leaves no lock behind.
func TestCrashInBegin(t *testing.T) {
	z, _ := zoo.Find("tx-log")
	h := mustRun(t, retried(), z.Handler, Options{Mishaps: []Mishap{
		{Kind: Crash, Moment: Moment{Event: "evt", Attempt: 1, Step: StepEffect, Name: "begin", After: true}}}})
	if charges(h, "evt") != 1 || !acked(h, "evt") || !fired(h) {
		t.Errorf("attempts %+v effects %+v marks %+v", h.Attempts, h.Effects, h.Marks)
	}
}
