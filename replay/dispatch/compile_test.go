package dispatch

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hookonce/replay"
)

func TestPlansThatCannotBeCarriedOut(t *testing.T) {
	gated := func(d replay.Delivery) replay.Delivery { d.Gate = 1; return d }
	for want, ds := range map[string][]replay.Delivery{
		"two deliveries have the number 1":           {{N: 1, Event: "a"}, {N: 1, Event: "a"}},
		"delivery 1 waits for 9, which does not":     {{Event: "a", After: 9}},
		"delivery 1 waits for 2, which is in a late": {{Event: "a", After: 2}, {Event: "a", Phase: replay.PhaseTail}},
		"delivery 1 waits for itself":                {{Event: "a", After: 2}, {Event: "a", After: 1}},
		"delivery 3 waits for itself":                {{Event: "a"}, {Event: "a", After: 1}, gated(replay.Delivery{Event: "a"}), gated(replay.Delivery{Event: "a", After: 3})},
		`no phase "lunch"`:                           {{Event: "a", Phase: "lunch"}},
		"a late duplicate in the fault phase":        {{Event: "a", Role: replay.RoleLate}},
		"a negative time":                            {{Event: "a", Wait: -1}},
		"gate 1 is in two phases":                    {gated(replay.Delivery{Event: "a"}), gated(replay.Delivery{Event: "a", Phase: replay.PhaseTail})},
		"needs either":                               {{Event: "a", Conditions: replay.Conditions{HangUp: &replay.HangUp{}}}},
		"cannot hang up within its body":             {{Event: "a", Conditions: replay.Conditions{Gate: 1, HangUp: &replay.HangUp{Body: share(0.5)}}}},
		"share is out of range":                      {{Event: "a", Conditions: replay.Conditions{HangUp: &replay.HangUp{Body: share(1.5)}}}},
	} {
		if _, err := compile(planOf(ds...)); !errors.Is(err, ErrPlan) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	p := planOf(replay.Delivery{Event: "a"})
	p.Events = nil
	if _, err := compile(p); !errors.Is(err, ErrPlan) {
		t.Errorf("without events: %v", err)
	}
}

// end ends the next unit of a schedule, all members alike, and checks when it was due.
func end(t *testing.T, s *schedule, number int, due time.Duration, a replay.Attempt) {
	t.Helper()
	u := s.next()
	if u == nil || u.n != number || u.due != due {
		t.Fatalf("next is %+v, want delivery %d due at %s", u, number, due)
	}
	s.started()
	for range u.members {
		for _, f := range s.ended(u, a) {
			s.free(f)
		}
	}
}

func TestScheduleWaits(t *testing.T) {
	redelivery := func(after int) replay.Delivery {
		return replay.Delivery{Event: "a", Role: replay.RoleRedelivery, After: after, Wait: time.Hour, Phase: replay.PhaseTail}
	}
	copyOf := func(at time.Duration) replay.Delivery {
		return replay.Delivery{Event: "g", At: at, Phase: replay.PhaseTail, Conditions: replay.Conditions{Gate: 1}}
	}
	p := planOf(
		replay.Delivery{Event: "a", Phase: replay.PhaseFault},
		redelivery(1), redelivery(2), redelivery(3), redelivery(4),
		copyOf(100*time.Second), copyOf(200*time.Second), redelivery(6),
	)
	steps, err := compile(p)
	if err != nil || len(steps) != 2 {
		t.Fatalf("%d steps, %v", len(steps), err)
	}
	s := schedule{scale: 1.0 / 3600}
	const sec = time.Second
	asks := func(status int, after, end time.Duration) replay.Attempt {
		return replay.Attempt{Outcome: replay.Refused, Status: status, RetryAfter: after, End: end}
	}
	s.begin(steps[0], 10*sec)
	s.sort()
	end(t, &s, 1, 10*sec, asks(503, 5*sec, 12*sec))
	if s.left != 0 || s.next() != nil {
		t.Fatal("a delivery of the next phase may start before it")
	}
	s.begin(steps[1], 13*sec)
	s.sort()
	end(t, &s, 2, 17*sec, asks(500, 9*sec, 20*sec)) // the endpoint asked for 5 s, which is longer than an hour at this scale
	end(t, &s, 3, 21*sec, asks(429, time.Hour, 22*sec))
	end(t, &s, 4, 52*sec, asks(500, 0, 60*sec)) // an hour asked for is 30 s
	end(t, &s, 5, 61*sec, asks(200, 0, 62*sec))
	end(t, &s, 6, 213*sec, asks(500, 0, 214*sec)) // a gate is due when its last copy is
	end(t, &s, 8, 215*sec, asks(500, 0, 216*sec))
	if s.left != 0 {
		t.Errorf("%d units left", s.left)
	}
}

// A claim has time to expire before the last fault-free attempts, and before no others.
func TestScheduleWaitsForALease(t *testing.T) {
	again := func(p replay.Phase, after int) replay.Delivery {
		return replay.Delivery{Event: "a", Role: replay.RoleRedelivery, After: after, Wait: time.Hour, Phase: p}
	}
	steps, err := compile(planOf(replay.Delivery{Event: "a", Phase: replay.PhaseFault}, again(replay.PhaseFault, 1),
		replay.Delivery{Event: "a", Role: replay.RoleRedelivery, Phase: replay.PhaseTail}, again(replay.PhaseTail, 3)))
	if err != nil {
		t.Fatal(err)
	}
	const sec = time.Second
	s := schedule{scale: 1.0 / 3600, lease: 90 * sec}
	refused := func(at time.Duration) replay.Attempt {
		return replay.Attempt{Outcome: replay.Refused, Status: 500, End: at}
	}
	s.begin(steps[0], 0)
	s.sort()
	end(t, &s, 1, 0, refused(sec))
	end(t, &s, 2, 2*sec, refused(3*sec))
	s.begin(steps[1], 3*sec)
	s.sort()
	end(t, &s, 3, 3*sec, refused(4*sec))
	end(t, &s, 4, 94*sec, refused(95*sec))
}

func TestLateSteps(t *testing.T) {
	late := func(event string, age time.Duration) replay.Delivery {
		return replay.Delivery{Event: event, Phase: replay.PhaseLate, Role: replay.RoleLate, Wait: age}
	}
	follows := func(n int) replay.Delivery {
		return replay.Delivery{Event: "f", Phase: replay.PhaseLate, Role: replay.RoleDuplicate, After: n}
	}
	steps, err := compile(planOf(late("a", 70), late("b", 10), late("c", 70), follows(1), follows(2), replay.Delivery{Event: "d", Phase: replay.PhaseLate}))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, st := range steps {
		text := fmt.Sprint(st.age.Nanoseconds(), st.opens)
		for _, u := range st.units {
			text += fmt.Sprint(" ", u.n)
		}
		got = append(got, text)
	}
	if want := "[0 true 6|10 false 2 5|70 false 1 3 4]"; fmt.Sprintf("[%s]", strings.Join(got, "|")) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// Whatever the plan, every delivery starts exactly once, after what it waits for, and never before its time.
func TestScheduleProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := randomPlan(t)
		steps, err := compile(p)
		if err != nil {
			return // a gate may wait for itself by way of another
		}
		s, now := schedule{scale: 1}, time.Duration(1)
		ended := map[int]time.Duration{}
		for _, st := range steps {
			s.begin(st, now)
			s.sort()
			for u := s.next(); u != nil; u = s.next() {
				s.started()
				now = max(now, u.due)
				for _, d := range u.members {
					if e, ok := ended[d.After]; d.After != 0 && (!ok || now < e+d.Wait && d.Role != replay.RoleLate) {
						t.Fatalf("delivery %d at %s, after %d which ended at %s", d.N, now, d.After, e)
					}
				}
				now += time.Duration(rapid.IntRange(0, 20).Draw(t, "took"))
				for _, d := range u.members {
					if _, twice := ended[d.N]; twice {
						t.Fatalf("delivery %d twice", d.N)
					}
					ended[d.N] = now
					for _, f := range s.ended(u, replay.Attempt{End: now}) {
						s.free(f)
					}
				}
			}
			if s.left != 0 {
				t.Fatalf("%d units never started", s.left)
			}
		}
		if len(ended) != len(p.Deliveries) {
			t.Fatalf("%d of %d deliveries started", len(ended), len(p.Deliveries))
		}
	})
}

func randomPlan(t *rapid.T) replay.Plan {
	phases := []replay.Phase{replay.PhaseControl, replay.PhaseFault, replay.PhaseLate}
	var ds []replay.Delivery
	for i := range rapid.IntRange(1, 12).Draw(t, "deliveries") {
		d := replay.Delivery{Event: "e", Role: replay.RoleDuplicate, Phase: phases[min(i/4, 2)],
			At:   time.Duration(rapid.IntRange(0, 30).Draw(t, "at")),
			Wait: time.Duration(rapid.IntRange(0, 30).Draw(t, "wait"))}
		d.After = rapid.IntRange(0, i).Draw(t, "after")
		if rapid.Bool().Draw(t, "gated") {
			d.Gate = 1 + i/4*2 + rapid.IntRange(0, 1).Draw(t, "gate")
		}
		if d.Phase == replay.PhaseLate && rapid.Bool().Draw(t, "late") {
			d.Role = replay.RoleLate
		}
		ds = append(ds, d)
	}
	return planOf(ds...)
}
