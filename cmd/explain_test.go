package cmd

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/dedupe/explain"
	"hookonce/dedupe/reference"
	"hookonce/dedupe/simulate"
	"hookonce/dedupe/zoo"
	"hookonce/replay"
	"hookonce/replay/fixture"
)

// explained explains what is found about a handler.
func explained(t *testing.T, handler reference.Handler) *explain.Explanation {
	t.Helper()
	h, v := judged(t, handler)
	x, err := explain.Explain(t.Context(), h, v)
	if err != nil || x == nil {
		t.Fatalf("explanation %v: %v", x, err)
	}
	return x
}

// judged lets a handler carry out the default plan, under a seed that the explanation does not use, and judges it.
func judged(t *testing.T, handler reference.Handler) (replay.History, audit.Verdict) {
	t.Helper()
	set, err := fixture.Load([]string{fixtureDir}, nil, fixture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := PlanningOptions{Secrets: []string{testSecret}, Seed: 5, Faults: "all", Copies: 3, Race: 3, Bursts: 2, Dense: 5,
		Late: []time.Duration{70 * time.Second}, Only: []string{"payment_intent.*", "customer.*"}}
	p, err := o.planWith(set, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	h, err := simulate.Run(t.Context(), p.plan, handler, simulate.Options{Seed: 79, Engine: "model",
		Fails: reference.FailHalf(p.plan), Profile: p.sides[0].profile})
	if err != nil {
		t.Fatal(err)
	}
	h.Header.Reference, h.Header.TimeScale = "", 1
	v := audit.Judge(h, nil)
	if v.Verdict != audit.Fail {
		t.Fatalf("%s: nothing to explain", v.Verdict)
	}
	return h, v
}

func TestExplainNamesTheFlaw(t *testing.T) {
	for _, name := range []string{"none", "check-then-act", "busy-200", "swallow", "no-version"} {
		t.Run(name, func(t *testing.T) {
			entry, _ := zoo.Find(name)
			x := explained(t, entry.Handler)
			if !slices.ContainsFunc(x.Fits, func(f explain.Fit) bool { return f.Handler == name }) {
				t.Errorf("%s is not among what fits: %s", name, x)
			}
			r, err := newExplanation(x)
			if err != nil || x.Advice == "" || !x.Shown || !strings.Contains(strings.Join(r.Trace, "\n"), "▲") {
				t.Errorf("no drawing that points at the flaw, or no advice: %v %+v", err, r)
			}
			t.Log(x)
		})
	}
}

// Flaws that are not in the zoo: then none fits. Both count deliveries, so that control, which comes first, is not affected.
func TestExplainNoneFits(t *testing.T) {
	hardened, _ := zoo.Find("hardened")
	seen, deliveries := map[string]int{}, 0
	for name, handler := range map[string]reference.Handler{
		// Once it is warm, it drops every third delivery of a new event, and acknowledges it.
		"full queue": func(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
			if deliveries++; deliveries > 120 && deliveries%3 == 0 {
				return reference.Answer(http.StatusOK, "success")
			}
			return hardened.Handler(ctx, w, r)
		},
		// It charges again at the third delivery of an event, and only then.
		"third time": func(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
			answer := hardened.Handler(ctx, w, r)
			if seen[r.Key]++; seen[r.Key] == 3 {
				_ = w.Effect(ctx, r.Event, "again:"+r.Key)
			}
			return answer
		},
	} {
		t.Run(name, func(t *testing.T) {
			if x := explained(t, handler); len(x.Fits) > 0 || !strings.Contains(x.String(), "no known flaw") {
				t.Errorf("%s", x)
			} else {
				t.Log(x)
			}
		})
	}
}

// An explanation that cannot be made is told in a line; the report is there all the same, without one.
func TestExplainFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	entry, _ := zoo.Find("none")
	h, v := judged(t, entry.Handler)
	var stderr bytes.Buffer
	r := newReport(ctx, &Streams{Err: &stderr}, replay.Journal{Target: h}, v, true)
	if r.Outcome() != audit.Fail || r.Explanation != nil {
		t.Errorf("outcome %s, explanation %v", r.Outcome(), r.Explanation)
	}
	if line := stderr.String(); !strings.Contains(line, "--explain: ") || strings.Count(line, "\n") != 1 {
		t.Errorf("stderr: %q", line)
	}
}
