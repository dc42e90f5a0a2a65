package load_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
	"go.uber.org/goleak"

	"hookonce/replay"
	"hookonce/replay/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestParsePace(t *testing.T) {
	for text, want := range map[string]load.Pace{
		"200":         {From: 200, To: 200},
		"0.5/s":       {From: 0.5, To: 0.5},
		"10..500":     {From: 10, To: 500},
		"100~50/30s":  {From: 100, To: 100, Amplitude: 50, Period: 30 * time.Second},
		"1.5~0.5/1m":  {From: 1.5, To: 1.5, Amplitude: 0.5, Period: time.Minute},
		"500/s..10/s": {From: 500, To: 10},
	} {
		if got, err := load.ParsePace(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "fast", "10..", "..10", "100~100/1s", "100~50", "100~50/0s", "NaN", "Inf", "1e99"} {
		if p, err := load.ParsePace(text); err == nil {
			t.Errorf("%q was taken for %+v", text, p)
		}
	}
}

// attack sends with fakes, in virtual time, and returns when each hit was drawn.
func attack(t *testing.T, ctx context.Context, o load.Options) []time.Duration {
	t.Helper()
	start, n := time.Now(), 0
	var drawn []time.Duration
	var told atomic.Int64
	o.HitsPerDelivery = 1
	o.Next = func() (load.Hit, error) {
		n++
		drawn = append(drawn, time.Since(start))
		e := &replay.Event{Key: "e"}
		return load.Hit{Deliveries: []replay.Delivery{{N: n, Event: "e"}}, Of: []*replay.Event{e}}, nil
	}
	if o.Send == nil {
		o.Send = func(_ *replay.Event, ds ...replay.Delivery) []replay.Attempt {
			time.Sleep(10 * time.Millisecond)
			return []replay.Attempt{{Delivery: ds[0].N, Status: 200, Outcome: replay.Acked}}
		}
	}
	o.Sent = func(h load.Hit, as []replay.Attempt) error {
		if len(as) != 1 || h.Deliveries[0].N != as[0].Delivery {
			t.Errorf("%+v was told of %+v", h, as)
		}
		told.Add(1)
		return nil
	}
	if err := load.Attack(ctx, o); err != nil {
		t.Error(err)
	}
	if int(told.Load()) != len(drawn) {
		t.Errorf("%d hits were drawn, %d told", len(drawn), told.Load())
	}
	return drawn
}

func within(at []time.Duration, from, to time.Duration) int {
	n := 0
	for _, d := range at {
		if d >= from && d < to {
			n++
		}
	}
	return n
}

func TestPaces(t *testing.T) {
	near := func(t *testing.T, got, want int) {
		t.Helper()
		if math.Abs(float64(got-want)) > 0.03*float64(want)+2 {
			t.Errorf("%d hits, want about %d", got, want)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		at := attack(t, t.Context(), load.Options{Pace: load.Pace{From: 200, To: 200}, Duration: 10 * time.Second})
		near(t, len(at), 2000)
		near(t, within(at, 3*time.Second, 4*time.Second), 200)
	})
	synctest.Test(t, func(t *testing.T) {
		at := attack(t, t.Context(), load.Options{Pace: load.Pace{From: 10, To: 200}, Duration: 10 * time.Second})
		near(t, len(at), 1050)
		near(t, within(at, 0, time.Second), 20)
		near(t, within(at, 9*time.Second, 10*time.Second), 190)
	})
	synctest.Test(t, func(t *testing.T) {
		at := attack(t, t.Context(), load.Options{Pace: load.Pace{From: 100, To: 100, Amplitude: 50, Period: 8 * time.Second}, Duration: 8 * time.Second})
		near(t, len(at), 800)
		near(t, within(at, time.Second, 3*time.Second), 290)
		near(t, within(at, 5*time.Second, 7*time.Second), 110)
	})
	synctest.Test(t, func(t *testing.T) {
		at := attack(t, t.Context(), load.Options{Pace: load.Pace{From: 1000, To: 1000}, Count: 123})
		if len(at) != 123 {
			t.Errorf("%d hits instead of 123", len(at))
		}
	})
}

// A closed loop has never more under way than it has workers, and sends as fast as answers come.
func TestClosedLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		at := attack(t, t.Context(), load.Options{Closed: 4, Count: 400, Send: func(_ *replay.Event, ds ...replay.Delivery) []replay.Attempt {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(100 * time.Millisecond)
			now.Add(-1)
			return []replay.Attempt{{Delivery: ds[0].N, Status: 200}}
		}})
		if len(at) < 400 || len(at) > 403 || most.Load() != 4 {
			t.Errorf("%d hits, %d at once", len(at), most.Load())
		}
		if last := at[399]; last < 9*time.Second || last > 11*time.Second {
			t.Errorf("the last of 400 hits was sent after %s", last)
		}
	})
}

// A stop is heard in the middle of a wait, and nothing is left behind.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		start := time.Now()
		at := attack(t, ctx, load.Options{Pace: load.Pace{From: 0.1, To: 0.1}, Duration: time.Hour})
		if took := time.Since(start); took > 2*time.Second || len(at) > 1 {
			t.Errorf("it took %s to stop, with %d hits", took, len(at))
		}
	})
}

// What cannot be written down must not happen: an error ends the attack, and is told.
func TestErrorEndsAttack(t *testing.T) {
	broken := errors.New("disk full")
	synctest.Test(t, func(t *testing.T) {
		n := 0
		err := load.Attack(t.Context(), load.Options{Pace: load.Pace{From: 100, To: 100}, HitsPerDelivery: 1, Duration: time.Minute,
			Next: func() (load.Hit, error) {
				if n++; n == 10 {
					return load.Hit{}, broken
				}
				return load.Hit{Deliveries: []replay.Delivery{{N: n}}, Of: []*replay.Event{{}}}, nil
			},
			Send: func(_ *replay.Event, ds ...replay.Delivery) []replay.Attempt {
				return []replay.Attempt{{Delivery: ds[0].N, Status: 200}}
			},
			Sent: func(load.Hit, []replay.Attempt) error { return nil }})
		if !errors.Is(err, broken) || n != 10 {
			t.Errorf("%v after %d hits", err, n)
		}
	})
}

func summary() (load.Summary, *load.Tally) {
	t := load.NewTally(time.Unix(1700000000, 0), 0, "http://target")
	add(t, 100)
	return t.Close(), t
}

// add counts deliveries whose latencies are 1 ms, 2 ms ...; each tenth is a duplicate, each twentieth of those is refused.
func add(t *load.Tally, n int) {
	for i := 1; i <= n; i++ {
		d := replay.Delivery{N: i, Role: replay.RoleFirst}
		if i%10 == 0 {
			d.Role, d.Fault = replay.RoleDuplicate, "duplicate"
		}
		a := replay.Attempt{Delivery: i, Status: 200, Outcome: replay.Acked, Start: time.Duration(i) * 100 * time.Millisecond}
		a.End = a.Start + time.Duration(i)*time.Millisecond
		if i%20 == 0 {
			a.Status, a.Outcome = 503, replay.Refused
		}
		t.Drawn([]replay.Delivery{d})
		if err := t.Add(d, &replay.Event{}, a); err != nil {
			panic(err)
		}
	}
}

func TestThresholds(t *testing.T) {
	s, _ := summary()
	for text, want := range map[string]bool{
		"p99 > 90ms":                        true,
		"p99 > 250ms":                       false,
		"p50 < 40ms":                        false,
		"max >= 0.1s":                       true,
		"errors > 4.9%":                     true,
		"errors > 0.051":                    false,
		"requests != 100":                   false,
		"p50 > 1h or errors > 1%":           true,
		"p50 > 1h and errors > 1%":          false,
		"duplicate.p50 > 1ms":               true,
		"duplicate.max < first.max":         false,
		"doubled > 0 or lost > 0":           true,
		"not (lost == 0)":                   false,
		"p99 > 2 * p50":                     false,
		"success < 0.9 or throughput < 1.5": false,
	} {
		th, err := load.ParseThreshold(text)
		if err != nil {
			t.Error(err)
			continue
		}
		if got, err := th.Breached(s, load.Found{Doubled: 1}); got != want || err != nil {
			t.Errorf("%s: %v, %v (%s)", text, got, err, th.Used(s, load.Found{}))
		}
		if l := th.Lacking(s); len(l) > 0 {
			t.Errorf("%s lacks %v", text, l)
		}
	}
	for text, want := range map[string]string{
		"p99 > 250": "compared with a time", "p98 > 1ms": "p98", "errors >": "", "requests": "bool", "": "", "race.p98 > 1ms": "p98",
		"p99 > 1ms; errors > 1": "", "p99 > '1ms'": "compared with a time",
	} {
		if _, err := load.ParseThreshold(text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "p99 > 250ms") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", text, err)
		}
	}
	th, err := load.ParseThreshold("race.p99 > 1ms")
	if err != nil || len(th.Lacking(s)) != 1 {
		t.Errorf("nothing was raced, and %v does not say so: %v", th, err)
	}
	th, _ = load.ParseThreshold("p99 > 1ms and duplicate.p99 > 1ms and errors > 0.1%")
	if got := th.Used(s, load.Found{}); !strings.Contains(got, "p99 is ") || !strings.Contains(got, "duplicate.p99 is ") || !strings.Contains(got, "errors is 5%") {
		t.Errorf("the figures are told as %q", got)
	}
}

// The slices are bounded, however long the attack is, and lose nothing.
func TestSlices(t *testing.T) {
	tally := load.NewTally(time.Unix(0, 0), 0, "http://target")
	add(tally, 10000)
	s := tally.Close()
	sent := 0
	for i, x := range s.Slices {
		sent += x.Sent
		if x.From != time.Duration(i)*s.Width {
			t.Errorf("slice %d begins at %s", i, x.From)
		}
	}
	if len(s.Slices) > 120 || sent != 10000 || s.Errors != 500 {
		t.Errorf("%d slices of %s hold %d deliveries, %d errors", len(s.Slices), s.Width, sent, s.Errors)
	}
}

// What is written is what vegeta reads: the same results in each of its formats, numbered and timed as its plot wants them.
func TestResults(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	r, err := load.NewResults(dir)
	if err != nil {
		t.Fatal(err)
	}
	tally := load.NewTally(time.Unix(1700000000, 0), 0, "http://target", r.Encoders...)
	add(tally, 200)
	s := tally.Close()
	if err := r.Close(tally); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"results.gob", "results.csv", "results.json"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		var m vegeta.Metrics
		last := map[string]vegeta.Result{}
		dec := vegeta.DecoderFor(bytes.NewReader(text))
		for {
			var x vegeta.Result
			if err := dec.Decode(&x); err != nil {
				break
			}
			if before, known := last[x.Attack]; known && (x.Seq != before.Seq+1 || !x.Timestamp.After(before.Timestamp)) {
				t.Fatalf("%s: %s %d at %s after %d at %s", name, x.Attack, x.Seq, x.Timestamp, before.Seq, before.Timestamp)
			}
			last[x.Attack] = x
			m.Add(&x)
		}
		m.Close()
		if m.Requests != 200 || m.Latencies.Max != s.All.Max || m.Success != 0.95 {
			t.Errorf("%s: %d results, max %s, success %g", name, m.Requests, m.Latencies.Max, m.Success)
		}
	}
	for _, name := range []string{"report.txt", "report.json", "report.hdr"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || len(text) == 0 {
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		}
	}
}

// What an attack costs a delivery, beside making and sending it.
func BenchmarkAttack(b *testing.B) {
	e := &replay.Event{Key: "evt_1"}
	h := load.Hit{Deliveries: []replay.Delivery{{N: 1, Event: e.Key}}, Of: []*replay.Event{e}}
	answer := []replay.Attempt{{Delivery: 1, Event: e.Key, Outcome: replay.Acked, Status: 200}}
	b.ReportAllocs()
	err := load.Attack(b.Context(), load.Options{
		Closed: 64, Count: uint64(b.N),
		Next: func() (load.Hit, error) { return h, nil },
		Send: func(*replay.Event, ...replay.Delivery) []replay.Attempt { return answer },
		Sent: func(load.Hit, []replay.Attempt) error { return nil },
	})
	if err != nil {
		b.Fatal(err)
	}
}
