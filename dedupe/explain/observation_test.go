package explain

import (
	"testing"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

func TestSame(t *testing.T) {
	base := observation{effects: "right", acked: true, busy: "acked"}
	for name, test := range map[string]struct {
		other observation
		want  bool
	}{
		"equal":                  {base, true},
		"no copy came meanwhile": {observation{effects: "right", acked: true}, true},
		"other busy answer":      {observation{effects: "right", acked: true, busy: "refused"}, false},
		"more effects":           {observation{effects: "more", acked: true, busy: "acked"}, false},
		"never acknowledged":     {observation{effects: "right", busy: "acked"}, false},
		"another state":          {observation{effects: "right", acked: true, busy: "acked", state: "regress"}, false},
	} {
		if base.same(test.other) != test.want || test.other.same(base) != test.want {
			t.Errorf("%s: want %v", name, test.want)
		}
	}
}

// TestObserve reads one event of each sort, and none of the control's, of what is undecided, or of what was never sent.
func TestObserve(t *testing.T) {
	h, v := replay.History{}, audit.Verdict{Findings: []audit.Finding{{Code: "regress", Subject: "s"}}}
	add := func(key string, row audit.EventRow, phase replay.Phase, attempts ...replay.Attempt) {
		row.Key = key
		v.Events = append(v.Events, row)
		h.Plan.Deliveries = append(h.Plan.Deliveries, replay.Delivery{Event: key, Phase: phase})
		for i, a := range attempts {
			a.Event, a.Delivery = key, 10*len(v.Events)+i
			h.Attempts = append(h.Attempts, a)
		}
	}
	sent := replay.Attempt{Outcome: replay.Acked, Status: 200, Start: 1, End: 9}
	refused := replay.Attempt{Outcome: replay.Refused, Status: 503, Start: 2, End: 3}
	quick := replay.Attempt{Outcome: replay.Acked, Status: 200, Start: 2, End: 3}
	add("right", audit.EventRow{Effects: 1, Expected: 1, Acked: 1}, replay.PhaseFault, sent)
	add("twice", audit.EventRow{Effects: 2, Expected: 1, Acked: 1}, replay.PhaseFault, sent, refused)
	add("lost", audit.EventRow{Expected: 1, Acked: 1}, replay.PhaseFault, sent, quick)
	add("state", audit.EventRow{Effects: 1, Expected: 1, Acked: 1, Subject: "s"}, replay.PhaseFault, sent)
	add("old", audit.EventRow{Expected: 1, Acked: 1, Judgement: "superseded"}, replay.PhaseFault, sent)
	add("control", audit.EventRow{Effects: 1, Expected: 1, Acked: 1}, replay.PhaseControl, sent)
	add("unsent", audit.EventRow{Expected: 1}, replay.PhaseFault, replay.Attempt{Outcome: replay.Unsent})
	want := map[string]observation{
		"right": {effects: "right", acked: true},
		"twice": {effects: "more", acked: true, busy: "refused"},
		"lost":  {effects: "none", acked: true, busy: "acked"},
		"state": {effects: "right", acked: true, state: "regress"},
		"old":   {effects: "right", acked: true},
	}
	got := observe(h, v)
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
	for key, o := range want {
		if got[key] != o {
			t.Errorf("%s: got %+v, want %+v", key, got[key], o)
		}
	}
}

// TestShownAs holds that a trace is of the target's own finding: its code, its event, or its subject where that is what is wrong.
func TestShownAs(t *testing.T) {
	found := []audit.Finding{{Code: "lost-event", Event: "a"}, {Code: "double-processing", Event: "b"}, {Code: "regress", Event: "c", Subject: "s"}}
	for _, test := range []struct {
		f    audit.Finding
		want bool
	}{
		{audit.Finding{Code: "double-processing", Event: "b"}, true},
		{audit.Finding{Code: "double-processing", Event: "a"}, false},
		{audit.Finding{Code: "regress", Event: "d", Subject: "s"}, true},
		{audit.Finding{Code: "regress", Event: "c", Subject: "t"}, false},
	} {
		if _, ok := shownAs(test.f, found); ok != test.want {
			t.Errorf("%+v: got %v", test.f, ok)
		}
	}
}
