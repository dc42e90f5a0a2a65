package replay

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the pen writes, encoding/json would have written the same; and it writes what runs are full of.
func TestPenWritesAsJSON(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~\n\r\té€\x{2028}]*`),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	attempts, deliveries, effects := rapid.Make[Attempt](), rapid.Make[Delivery](), rapid.Make[Effect]()
	refs := rapid.SliceOf(text)
	rapid.Check(t, func(t *rapid.T) {
		r := Record{Run: Run(rapid.SampledFrom([]string{"", "reference"}).Draw(t, "run"))}
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			a := attempts.Draw(t, "attempt")
			a.Body, a.Error = text.Draw(t, "body"), text.Draw(t, "error")
			r.Attempt = &a
		case 1:
			d := deliveries.Draw(t, "delivery")
			if rapid.Bool().Draw(t, "plain") {
				d.Conditions = Conditions{Gate: d.Gate, Signature: d.Signature, Rewrite: d.Rewrite, NewAttempt: d.NewAttempt}
			}
			d.Event = text.Draw(t, "event")
			r.Delivery = &d
		case 2:
			e := effects.Draw(t, "effect")
			e.Key = text.Draw(t, "key")
			r.Effect = &e
		case 3:
			r.Event = drawnEvent(t, text, refs)
		}
		if r.Event == nil && rapid.IntRange(0, 9).Draw(t, "two") == 0 {
			r.Event = &Event{}
		}
		checkPen(t, r)
	})
}

func drawnEvent(t *rapid.T, text *rapid.Generator[string], refs *rapid.Generator[[]string]) *Event {
	e := &Event{Rank: rapid.IntRange(-2, 2).Draw(t, "rank"), Deletes: rapid.Bool().Draw(t, "deletes"), Live: rapid.Bool().Draw(t, "live"),
		Refs: refs.Draw(t, "refs")}
	for _, s := range []*string{&e.Key, &e.Source, &e.ID, &e.Type, &e.Subject, &e.Version, &e.Provider, &e.Fixture, &e.OriginalKey, &e.EffectKey, &e.SHA256} {
		*s = text.Draw(t, "text")
	}
	if rapid.IntRange(0, 4).Draw(t, "headers") == 0 {
		e.Header = http.Header{"X-A": {"b"}}
	}
	return e
}

func checkPen(t *rapid.T, r Record) {
	var p pen
	if !p.record(r) {
		return
	}
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		t.Fatal(err)
	}
	if got := string(p.to) + "}\n"; got != want.String() {
		t.Fatalf("%s\nand not\n%s", got, want.String())
	}
}

func TestPenKnowsWhatIsCommon(t *testing.T) {
	for name, r := range map[string]Record{
		"attempt": {Attempt: &Attempt{Delivery: 7, Event: "evt_é", Outcome: Acked, Start: 1, LastByte: 2, FirstByte: 3, End: 4, Status: 200,
			Body: "{\"ok\":\ttrue}\r\n", RetryAfter: 5, Error: `a\b`, Late: 6}},
		"delivery":  {Delivery: &Delivery{N: 1, Event: "evt_1", Phase: PhaseFault, Fault: "race", Role: RoleDuplicate, Conditions: Conditions{Gate: 2}}},
		"effect":    {Run: ReferenceRun, Effect: &Effect{At: 1, Since: 1, Source: "sink", Key: "evt_1", Count: 1}},
		"event":     {Event: &Event{Key: "evt_1", Type: "invoice.paid", Provider: "stripe", Fixture: "a.json", Refs: []string{"in_1", "pi_1"}, SHA256: "00"}},
		"reference": {Run: ReferenceRun, Attempt: &Attempt{Truncated: true, NoRetry: true, Fired: true}},
	} {
		if p := new(pen); !p.record(r) {
			t.Errorf("%s is left to others", name)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	r := Record{Attempt: &Attempt{Delivery: 7, Event: "evt_1PgYtHLkdIwHu7ix", Outcome: Acked, Start: 123456789, LastByte: 123466789, FirstByte: 123566789,
		End: 123577789, Status: 200, Body: "ok", Late: 6}}
	e := NewEncoder(new(counting))
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Encode(r); err != nil {
			b.Fatal(err)
		}
	}
}

type counting int

func (c *counting) Write(p []byte) (int, error) {
	*c += counting(len(p))
	return len(p), nil
}
