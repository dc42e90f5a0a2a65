package simulate

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hookonce/dedupe/reference"
	"hookonce/dedupe/storetest/redisserver"
	"hookonce/dedupe/zoo"
	"hookonce/replay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func toJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// replays is how often a run is repeated; HOOKONCE_REPLAYS=10000 makes it the figure of the track record.
func replays(t *testing.T) int {
	text := os.Getenv("HOOKONCE_REPLAYS")
	if text == "" {
		return 120
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal("HOOKONCE_REPLAYS: ", err)
	}
	return n
}

// The same seed gives the same history and the same trace, on one processor and on many: for locks
// in Redis, on the guard, in SQL and in a process's memory, with crashes and a Redis that goes away.
func TestSameSeedSameTrace(t *testing.T) {
	p := bigPlan(20)
	mishaps := []Mishap{
		{Kind: Crash, Moment: Moment{Step: StepEffect, After: true}},
		{Kind: Pause, For: 90 * time.Second, Moment: Moment{Event: "evt_2", Step: StepAnswer}},
		{Kind: ReplyLost, Moment: Moment{Event: "evt_4", Step: StepCommand}},
		{Kind: RedisDown, For: time.Second, Moment: Moment{Event: "evt_5", Step: StepArrive}},
	}
	names := []string{"article", "hardened", "marker-second", "process-memory", "inbox"}
	once := func(name, engine string) [sha256.Size]byte {
		z, _ := zoo.Find(name)
		var trace []Step
		h := mustRun(t, p, z.Handler, Options{Seed: 7, Engine: engine, Fails: reference.FailHalf(p), Mishaps: mishaps, Replicas: 2,
			Start: z.Start, Trace: func(s Step) { trace = append(trace, s) }})
		return sha256.Sum256([]byte(toJSON(t, h) + toJSON(t, trace)))
	}
	engines := []string{EngineModel, EngineModel, EngineModel, EngineEmbedded}
	want := map[string][sha256.Size]byte{}
	n, differing := replays(t), 0
	for i := range n {
		name, engine := names[i%len(names)], engines[i/len(names)%len(engines)]
		procs := runtime.GOMAXPROCS([]int{1, 2, 8}[i%3])
		got := once(name, engine)
		runtime.GOMAXPROCS(procs)
		if first, seen := want[name+engine]; !seen {
			want[name+engine] = got
		} else if got != first {
			differing++
		}
	}
	t.Logf("%d replays, %d differing traces", n, differing)
	if differing > 0 || len(want) != 2*len(names) {
		t.Errorf("%d of %d replays differ; %d stories were told", differing, n, len(want))
	}
}

func TestSeedsDiffer(t *testing.T) {
	p, seen := raced(), map[string]bool{}
	for seed := range uint64(20) {
		var order []string
		mustRun(t, p, reference.Article, Options{Seed: seed, Trace: func(s Step) {
			if strings.Contains(s.What, "set webhook_lock:evt ") {
				order = append(order, toJSON(t, s.Delivery))
			}
		}})
		seen[strings.Join(order, " ")] = true
	}
	if len(seen) < 8 {
		t.Errorf("20 seeds raced four copies in only %d orders: %v", len(seen), seen)
	}
}

func TestGivenUp(t *testing.T) {
	var p planner
	p.add(replay.Delivery{Event: p.event("told", "cus_1", "1"), Role: replay.RoleFirst})
	p.redeliver("told", 1, 2, time.Hour)
	refusing := func(context.Context, *reference.World, reference.Request) reference.Response {
		return reference.Response{Status: 500, Header: http.Header{replay.NoRetryHeader: {"1"}}}
	}
	for heeds, want := range map[bool]int{true: 1, false: 3} {
		profile := replay.Profile{Name: "test", Success: []replay.StatusRange{{From: 200, To: 299}}, HeedsNoRetry: heeds}
		h, err := Run(t.Context(), p.plan, refusing, Options{Seed: 1, Profile: profile})
		if err != nil || len(h.Attempts) != want || !h.Attempts[0].NoRetry {
			t.Errorf("heeds %v: %+v, want %d attempts; %v", heeds, h.Attempts, want, err)
		}
	}
}

func TestAttempts(t *testing.T) {
	var p planner
	p.control()
	half := 0.5
	e := func(key string) string { return p.event(key, "cus_"+key, "1") }
	hung := p.add(replay.Delivery{Event: e("hung"), Role: replay.RoleFirst, Conditions: hangUp(0.5)})
	spared := p.add(replay.Delivery{Event: e("spared"), Role: replay.RoleFirst, Conditions: hangUp(50)})
	cut := p.add(replay.Delivery{Event: e("cut"), Role: replay.RoleFirst,
		Conditions: replay.Conditions{HangUp: &replay.HangUp{Body: &half}}})
	forged := p.add(replay.Delivery{Event: e("forged"), Role: replay.RoleFirst, At: time.Second,
		Conditions: replay.Conditions{Signature: replay.SignWrongKey}})
	skipped := p.redeliver("evt_control", 1, 1, time.Hour)
	after := p.add(replay.Delivery{Event: e("after"), Role: replay.RoleFirst, After: hung, Wait: time.Hour})
	lateN := p.add(replay.Delivery{Event: "hung", Phase: replay.PhaseLate, Role: replay.RoleLate, Wait: 71 * time.Hour})
	h := mustRun(t, p.plan, reference.Verified(reference.Hardened), Options{Seed: 3})

	control := attemptOf(t, h, 1)
	if a := attemptOf(t, h, hung); a.Outcome != replay.Unknown || !a.Fired || a.End-a.LastByte != a.HangUpAt ||
		a.HangUpAt != control.Latency()/2 || charges(h, "hung") != 1 {
		t.Errorf("hung up: %+v, %d charges, control %v", a, charges(h, "hung"), control.Latency())
	}
	if a := attemptOf(t, h, spared); a.Outcome != replay.Acked || a.Fired {
		t.Errorf("hung up after the answer: %+v", a)
	}
	if a := attemptOf(t, h, cut); a.Outcome != replay.Unknown || !a.Fired || a.LastByte != 0 || charges(h, "cut") != 0 {
		t.Errorf("cut body: %+v", a)
	}
	if a := attemptOf(t, h, forged); a.Outcome != replay.Refused || a.Status != http.StatusUnauthorized || charges(h, "forged") != 0 {
		t.Errorf("forged: %+v", a)
	}
	if got, want := attemptOf(t, h, after).Start, attemptOf(t, h, hung).End+time.Hour; got != want {
		t.Errorf("an hour after the hang-up: starts at %v, want %v", got, want)
	}
	if a := attemptOf(t, h, lateN); a.Start < 71*time.Hour || a.Outcome != replay.Acked || charges(h, "hung") != 1 {
		t.Errorf("late: %+v", a)
	}
	for _, a := range h.Attempts {
		if a.Delivery == skipped {
			t.Errorf("a redelivery of an acknowledged event was sent: %+v", a)
		}
	}
}

func TestGatesOverlap(t *testing.T) {
	h := mustRun(t, raced(), reference.Hardened, Options{Seed: 1})
	var copies []replay.Attempt
	for _, a := range h.Attempts {
		if a.Event == "evt" && a.Delivery > 1 && a.Delivery <= 5 {
			copies = append(copies, a)
		}
	}
	if g := replay.GateOf(1, copies); g.Copies != 4 || !g.Overlapped {
		t.Errorf("gate %+v", g)
	}
}

func TestPatience(t *testing.T) {
	h := mustRun(t, sequential(), reference.Hardened, Options{Work: 12 * time.Second})
	if a := attemptOf(t, h, 2); a.Outcome != replay.Unknown || a.Fired || a.End-a.LastByte != 10*time.Second {
		t.Errorf("slower than the sender's patience: %+v", a)
	}
	checkRight(t, "slow", h)
}

// Work that outlasts the lease is kept by the heartbeat.
func TestHeartbeat(t *testing.T) {
	for _, name := range []string{"hardened", "busy-200"} {
		z, _ := zoo.Find(name)
		h := mustRun(t, sequential(), z.Handler, Options{Work: 100 * time.Second})
		if n := charges(h, "evt"); n != 1 {
			t.Errorf("%s: %d charges", name, n)
		}
	}
}

func TestRefusals(t *testing.T) {
	bad := func(change func(*replay.Plan)) replay.Plan {
		p := sequential()
		change(&p)
		return p
	}
	for name, p := range map[string]replay.Plan{
		"no such phase":      bad(func(p *replay.Plan) { p.Deliveries[0].Phase = "dawn" }),
		"no such event":      bad(func(p *replay.Plan) { p.Deliveries[0].Event = "evt_none" }),
		"waits for nobody":   bad(func(p *replay.Plan) { p.Deliveries[0].After = 99 }),
		"waits for itself":   bad(func(p *replay.Plan) { p.Deliveries[1].After = 2 }),
		"waits for later":    bad(func(p *replay.Plan) { p.Deliveries[0].After = 2 }),
		"same number twice":  bad(func(p *replay.Plan) { p.Deliveries[1].N = 1 }),
		"gate in two phases": bad(func(p *replay.Plan) { p.Deliveries[0].Gate, p.Deliveries[1].Gate = 1, 1 }),
	} {
		if _, err := Run(t.Context(), p, reference.Hardened, Options{Profile: profile}); !errors.Is(err, ErrPlan) {
			t.Errorf("%s: error %v, want ErrPlan", name, err)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	steps := 0
	_, err := Run(ctx, bigPlan(100), reference.Hardened, Options{Profile: profile, Trace: func(Step) {
		if steps++; steps == 200 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestPanicEndsTheRun(t *testing.T) {
	h := func(context.Context, *reference.World, reference.Request) reference.Response { panic("oops") }
	if _, err := Run(t.Context(), raced(), h, Options{Profile: profile}); err == nil || !strings.Contains(err.Error(), "oops") {
		t.Errorf("error %v", err)
	}
}

func TestModel(t *testing.T) {
	for _, story := range stories {
		checkRight(t, story.name, mustRun(t, story.plan, reference.Hardened, Options{Engine: EngineModel, Fails: failEvents("evt")}))
	}
}

// The engine in plain Go gives the same history as the embedded Redis, mishaps among it.
func TestModelLikeEmbedded(t *testing.T) {
	for _, z := range zoo.Handlers() {
		for _, story := range stories {
			for seed := range uint64(3) {
				o := Options{Seed: seed, Fails: failEvents("evt"), Mishaps: []Mishap{
					{Kind: CrashWorker, Moment: Moment{Event: "evt", Attempt: 2, Step: StepCommand, After: true}}}}
				want := mustRun(t, story.plan, z.Handler, o)
				o.Engine = EngineModel
				got := mustRun(t, story.plan, z.Handler, o)
				want.Header, got.Header = replay.Header{}, replay.Header{}
				if toJSON(t, got) != toJSON(t, want) {
					t.Errorf("%s, %s, seed %d: differs from the embedded engine", z.Name, story.name, seed)
				}
			}
		}
	}
}

// A real Redis gives the same history as the embedded one, keys that expire in virtual time
// among it, and keeps nothing of it.
func TestRealRedis(t *testing.T) {
	url := "redis://" + redisserver.Start(t)
	for _, name := range []string{"article", "check-then-act", "busy-200", "cached-5xx", "no-version", "tx-log", "redis-fast-path", "hardened"} {
		z, _ := zoo.Find(name)
		for _, story := range stories {
			o := Options{Seed: 5, Fails: failEvents("evt")}
			want := mustRun(t, story.plan, z.Handler, o)
			o.Engine = url
			got := mustRun(t, story.plan, z.Handler, o)
			want.Header, got.Header = replay.Header{}, replay.Header{}
			if toJSON(t, got) != toJSON(t, want) {
				t.Errorf("%s, %s: differs from the embedded engine", z.Name, story.name)
			}
		}
	}
	c, err := reference.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if n, err := c.DBSize(t.Context()).Result(); err != nil || n != 0 {
		t.Errorf("%d keys are left: %v", n, err)
	}
}

func TestUnreachableRedis(t *testing.T) {
	_, err := Run(t.Context(), raced(), reference.Article, Options{Profile: profile, Engine: "redis://:hunter2@127.0.0.1:1"})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}

func BenchmarkRun(b *testing.B) {
	p := bigPlan(1500)
	for _, engine := range []string{EngineEmbedded, EngineModel} {
		for _, z := range zoo.Handlers() {
			b.Run(engine+"/"+z.Name, func(b *testing.B) {
				for b.Loop() {
					mustRun(b, p, z.Handler, Options{Seed: 1, Engine: engine})
				}
				b.ReportMetric(float64(len(p.Deliveries)*b.N)/b.Elapsed().Seconds(), "deliveries/s")
			})
		}
	}
}
