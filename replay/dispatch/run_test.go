package dispatch

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hookonce/replay"
)

func TestPhasesAreBarriers(t *testing.T) {
	var under atomic.Int32
	to := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		under.Add(1)
		defer under.Add(-1)
		_, _ = io.Copy(io.Discard, r.Body)
	})
	var ds []replay.Delivery
	for _, p := range []replay.Phase{replay.PhaseSentinel, replay.PhaseFault, replay.PhaseControl} {
		for range 4 {
			ds = append(ds, replay.Delivery{Event: "e", Phase: p, Role: replay.RoleDuplicate})
		}
	}
	o := options()
	var phases []replay.Phase
	o.BeforePhase = func(_ context.Context, p replay.Phase) error {
		phases = append(phases, p)
		if n := under.Load(); n != 0 {
			t.Errorf("%d requests under way before the %s phase", n, p)
		}
		return nil
	}
	m := all(t, planOf(ds...), to, o)
	if want := []replay.Phase{replay.PhaseControl, replay.PhaseFault, replay.PhaseSentinel}; !slices.Equal(phases, want) {
		t.Errorf("phases %v, want %v", phases, want)
	}
	for early := range 4 {
		for late := range 4 {
			if m[9+early].End > m[5+late].Start || m[5+early].End > m[1+late].Start {
				t.Errorf("phases overlap: %+v", m)
			}
		}
	}
}

func TestBeforePhaseEndsTheRun(t *testing.T) {
	to := serve(t, func(http.ResponseWriter, *http.Request) {})
	o := options()
	stop := errors.New("no more")
	o.BeforePhase = func(_ context.Context, p replay.Phase) error {
		if p == replay.PhaseTail {
			return stop
		}
		return nil
	}
	as, err := run(t, planOf(replay.Delivery{Event: "a"}, replay.Delivery{Event: "b", Phase: replay.PhaseTail}), to, o)
	if !errors.Is(err, stop) || len(as) != 1 {
		t.Errorf("error %v, attempts %+v", err, as)
	}
}

func TestRedeliveryIsLeftOutOnceAcknowledged(t *testing.T) {
	var calls sync.Map
	to := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := calls.LoadOrStore(r.Header.Get("X-Event"), new(atomic.Int32))
		if n.(*atomic.Int32).Add(1) == 1 && r.Header.Get("X-Event") == "failing" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	hour := time.Hour
	m := all(t, planOf(
		replay.Delivery{Event: "fine"},
		replay.Delivery{Event: "fine", Role: replay.RoleRedelivery, After: 1, Wait: 1e6 * hour},
		replay.Delivery{Event: "fine", Role: replay.RoleDuplicate, After: 2},
		replay.Delivery{Event: "failing"},
		replay.Delivery{Event: "failing", Role: replay.RoleRedelivery, After: 4, Wait: 10 * hour},
		replay.Delivery{Event: "failing", Role: replay.RoleRedelivery, After: 5, Wait: 10 * hour},
	), to, func() Options { o := options(); o.TimeScale = 1e-6; return o }())
	want := map[int]replay.Outcome{1: replay.Acked, 2: replay.Unsent, 3: replay.Acked,
		4: replay.Refused, 5: replay.Acked, 6: replay.Unsent}
	for n, o := range want {
		if m[n].Outcome != o || (o == replay.Unsent) != (m[n].Error == AlreadyAcknowledged) {
			t.Errorf("delivery %d: %+v, want %s", n, m[n], o)
		}
	}
	if wait := m[5].Start - m[4].End; wait < 36*time.Millisecond {
		t.Errorf("redelivery after %s, want 36ms", wait)
	}
}

// An answer after which the provider drops the event cancels its redeliveries; nothing else does.
func TestRedeliveryIsLeftOutOnceGivenUp(t *testing.T) {
	to := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Event") == "told" {
			w.Header().Set(replay.NoRetryHeader, "1")
		}
		w.WriteHeader(map[string]int{"rejected": 406, "told": 500, "failed": 500}[r.Header.Get("X-Event")])
	})
	var plan []replay.Delivery
	for _, e := range []string{"rejected", "told", "failed"} {
		plan = append(plan, replay.Delivery{Event: e}, replay.Delivery{Event: e, Role: replay.RoleRedelivery, After: len(plan) + 1})
	}
	profile := replay.Profile{GiveUp: []replay.StatusRange{{From: 406, To: 406}}, HeedsNoRetry: true}
	o := options()
	o.ProfileOf = func(string) replay.Profile { return profile }
	m := all(t, planOf(plan...), to, o)
	for n, want := range map[int]string{2: GivenUp, 4: GivenUp, 6: ""} {
		if m[n].Error != want || (m[n].Outcome == replay.Unsent) != (want != "") {
			t.Errorf("delivery %d: %+v, want %q", n, m[n], want)
		}
	}
	if !m[3].NoRetry || m[1].NoRetry {
		t.Errorf("%+v, %+v", m[1], m[3])
	}
}

func TestLateDuplicates(t *testing.T) {
	to := serve(t, func(http.ResponseWriter, *http.Request) {})
	late := func(e string, age time.Duration) replay.Delivery {
		return replay.Delivery{Event: e, Phase: replay.PhaseLate, Role: replay.RoleLate, Wait: age}
	}
	p := planOf(replay.Delivery{Event: "a"}, late("a", 70*time.Second), late("a", 24*time.Hour), late("b", 70*time.Second))
	o := options()
	var passed []time.Duration
	o.Late = func(_ context.Context, d time.Duration) error {
		passed = append(passed, d)
		return nil
	}
	m := all(t, p, to, o)
	if want := []time.Duration{70 * time.Second, 24*time.Hour - 70*time.Second}; !slices.Equal(passed, want) {
		t.Errorf("passed %v, want %v", passed, want)
	}
	if m[3].Start < m[2].End || m[3].Start < m[4].End {
		t.Errorf("an older duplicate came before a younger one ended: %+v", m)
	}
}

func TestLateDuplicatesReallyWait(t *testing.T) {
	to := serve(t, func(http.ResponseWriter, *http.Request) {})
	const age = 60 * time.Millisecond
	m := all(t, planOf(replay.Delivery{Event: "a"},
		replay.Delivery{Event: "a", Phase: replay.PhaseLate, Role: replay.RoleLate, Wait: age}), to, options())
	if waited := m[2].Start - m[1].End; waited < age {
		t.Errorf("sent after %s, want at least %s", waited, age)
	}
}

func TestLateness(t *testing.T) {
	to := serve(t, func(http.ResponseWriter, *http.Request) {})
	m := all(t, planOf(replay.Delivery{Event: "a"}, replay.Delivery{Event: "b", At: 30 * time.Millisecond},
		replay.Delivery{Event: "c", After: 1}), to, options())
	if m[1].Late <= 0 || m[2].Late <= 0 || m[3].Late != 0 {
		t.Errorf("%+v", m)
	}
	if gap := (m[2].Start - m[2].Late) - (m[1].Start - m[1].Late); gap != 30*time.Millisecond {
		t.Errorf("the due times are %s apart, want 30ms", gap)
	}
}

func TestMaxInFlight(t *testing.T) {
	var under, most atomic.Int32
	to := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		n := under.Add(1)
		defer under.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(time.Millisecond)
	})
	ds := make([]replay.Delivery, 60)
	for i := range ds {
		ds[i] = replay.Delivery{Event: "e", Role: replay.RoleDuplicate}
	}
	o := options()
	o.MaxInFlight = 3
	all(t, planOf(ds...), to, o)
	if m := most.Load(); m != 3 {
		t.Errorf("%d requests under way, want 3", m)
	}
}

func TestCancelDrains(t *testing.T) {
	for _, hard := range []bool{false, true} {
		began, release := make(chan struct{}, 10), make(chan struct{})
		to := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			began <- struct{}{}
			select {
			case <-release:
			case <-r.Context().Done():
			}
		})
		ds := []replay.Delivery{{Event: "a"}, {Event: "b"}, {Event: "c", At: time.Hour}, {Event: "d", After: 1}}
		ctx, cancel := context.WithCancel(t.Context())
		abort, stop := context.WithCancel(t.Context())
		o := options()
		o.Hard = abort
		r, err := Run(ctx, planOf(ds...), to, o)
		if err != nil {
			t.Fatal(err)
		}
		<-began
		<-began
		cancel()
		want, text := replay.Acked, ""
		if hard {
			want, text = replay.Unknown, aborted
			stop()
		} else {
			close(release)
		}
		as := drain(r)
		if err := r.Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if len(as) != 2 {
			t.Errorf("hard %t: %d attempts, want those of the 2 begun deliveries: %+v", hard, len(as), as)
		}
		for _, a := range as {
			if a.Outcome != want || a.Error != text {
				t.Errorf("hard %t: %+v", hard, a)
			}
		}
		stop()
	}
}

func TestHardAloneEndsTheRun(t *testing.T) {
	abort, stop := context.WithCancel(t.Context())
	to := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		stop()
		<-r.Context().Done()
	})
	o := options()
	o.Hard = abort
	as, err := run(t, planOf(replay.Delivery{Event: "a"}, replay.Delivery{Event: "b", After: 1}), to, o)
	if !errors.Is(err, context.Canceled) || len(as) != 1 || as[0].Error != aborted {
		t.Errorf("error %v, attempts %+v", err, as)
	}
}

func TestDeadTarget(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	ds := make([]replay.Delivery, 300)
	for i := range ds {
		ds[i] = replay.Delivery{Event: "e", Role: replay.RoleDuplicate}
	}
	o := options()
	o.MaxInFlight = 4
	as, err := run(t, planOf(ds...), targetOf(t, "http://"+address), o)
	if !errors.Is(err, ErrTargetLost) {
		t.Errorf("error %v", err)
	}
	if len(as) < maxFailures || len(as) > maxFailures+o.MaxInFlight {
		t.Errorf("%d attempts", len(as))
	}
	for _, a := range as {
		if a.Outcome != replay.Unsent || a.Error == "" || a.LastByte != 0 {
			t.Errorf("%+v", a)
		}
	}
}

func TestForbiddenTarget(t *testing.T) {
	as, err := run(t, planOf(replay.Delivery{Event: "a"}, replay.Delivery{Event: "b", After: 1}),
		targetOf(t, "http://203.0.113.7:9/"), options())
	var forbidden *ForbiddenError
	if !errors.As(err, &forbidden) || len(as) != 1 || as[0].Outcome != replay.Unsent {
		t.Errorf("error %v, attempts %+v", err, as)
	}
}

func TestNotSigned(t *testing.T) {
	to := serve(t, func(http.ResponseWriter, *http.Request) {})
	for name, sign := range map[string]func(replay.Event, replay.Sending) (http.Header, []byte, error){
		"error": func(replay.Event, replay.Sending) (http.Header, []byte, error) {
			return nil, nil, errors.New("no key")
		},
		"line break": func(replay.Event, replay.Sending) (http.Header, []byte, error) {
			return http.Header{"X": {"a\r\nb: c"}}, nil, nil
		},
	} {
		o := options()
		o.Sign = sign
		if a := all(t, planOf(replay.Delivery{Event: "a"}), to, o)[1]; a.Outcome != replay.Unsent || a.Error == "" {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestOptionsThatCannotBeUsed(t *testing.T) {
	good := options()
	for name, spoil := range map[string]func(*Options, *Target){
		"no signer":       func(o *Options, _ *Target) { o.Sign = nil },
		"negative":        func(o *Options, _ *Target) { o.TimeScale = -1 },
		"no URL":          func(_ *Options, t *Target) { t.URL = nil },
		"scheme":          func(_ *Options, t *Target) { t.URL.Scheme = "ftp" },
		"no host":         func(_ *Options, t *Target) { t.URL.Host = "" },
		"header":          func(_ *Options, t *Target) { t.Header = http.Header{"a b": {"c"}} },
		"space in a path": func(_ *Options, t *Target) { t.URL.Opaque = "a b" },
	} {
		o, to := good, targetOf(t, "http://127.0.0.1:1/")
		spoil(&o, &to)
		if _, err := Run(t.Context(), planOf(replay.Delivery{Event: "a"}), to, o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
