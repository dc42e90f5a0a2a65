package trace

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hookonce/dedupe/simulate"
	"hookonce/dedupe/zoo"
	"hookonce/replay"
)

var update = flag.Bool("update", false, "write the golden files")

var profile = replay.Profile{Name: "stripe", Patience: 10 * time.Second, Success: []replay.StatusRange{{From: 200, To: 299}}}

// plan is a control event and the deliveries given, of the event evt of the subject cus.
func plan(deliveries ...replay.Delivery) replay.Plan {
	p := replay.Plan{Events: []replay.Event{
		{Key: "evt_control", Type: "invoice.paid", Subject: "cus_control", Version: "1", Provider: "stripe"},
		{Key: "evt", Type: "invoice.paid", Subject: "cus", Version: "7", Provider: "stripe"},
		{Key: "evt_newer", Type: "invoice.paid", Subject: "cus", Version: "8", Provider: "stripe"}},
		Deliveries: []replay.Delivery{{N: 1, Event: "evt_control", Phase: replay.PhaseControl, Role: replay.RoleFirst}}}
	for i, d := range deliveries {
		d.N = i + 2
		if d.Event == "" {
			d.Event = "evt"
		}
		if d.Phase == "" {
			d.Phase = replay.PhaseFault
		}
		p.Deliveries = append(p.Deliveries, d)
	}
	return p
}

// told runs a handler and returns its story.
func told(t testing.TB, p replay.Plan, handler string, o simulate.Options, s Story) Story {
	t.Helper()
	z, ok := zoo.Find(handler)
	if !ok {
		t.Fatal(handler)
	}
	o.Profile, o.Engine, o.Seed = profile, simulate.EngineModel, 3
	o.Trace = func(step simulate.Step) { s.Steps = append(s.Steps, step) }
	if _, err := simulate.Run(t.Context(), p, z.Handler, o); err != nil {
		t.Fatal(err)
	}
	s.Plan, s.Title = p, handler+": a story"
	s.About = []string{z.Flaw}
	return s
}

func failFirst(e replay.Event, attempt int) bool { return e.Key == "evt" && attempt == 1 }

func half() replay.Conditions {
	share := 0.5
	return replay.Conditions{HangUp: &replay.HangUp{Latency: &share}}
}

func stories(t testing.TB) map[string]Story {
	gate := replay.Conditions{Gate: 1}
	evt := Story{Event: "evt"}
	with := func(s Story, code, message string) Story { s.Code, s.Message = code, message; return s }
	return map[string]Story{
		"race": told(t, plan(replay.Delivery{Role: replay.RoleFirst, Conditions: gate}, replay.Delivery{Role: replay.RoleDuplicate, Conditions: gate}),
			"check-then-act", simulate.Options{}, with(evt, "double-processing", "evt was charged twice")),
		"slow-then-fails": told(t, plan(replay.Delivery{Role: replay.RoleFirst, Conditions: half()}, replay.Delivery{Role: replay.RoleRedelivery, After: 2},
			replay.Delivery{Role: replay.RoleRedelivery, After: 3, Wait: time.Hour}),
			"article", simulate.Options{Fails: failFirst}, with(evt, "lost-event", "evt was acknowledged and has no effect")),
		"three": told(t, plan(replay.Delivery{Role: replay.RoleFirst}, replay.Delivery{Role: replay.RoleRedelivery, After: 2, Wait: 51 * time.Second},
			replay.Delivery{Role: replay.RoleRedelivery, After: 3}, replay.Delivery{Role: replay.RoleRedelivery, After: 4}),
			"article", simulate.Options{Mishaps: []simulate.Mishap{
				{Kind: simulate.Slow, For: 70 * time.Second, Moment: simulate.Moment{Attempt: 1, Step: simulate.StepWork}},
				{Kind: simulate.Slow, For: 20 * time.Second, Moment: simulate.Moment{Attempt: 2, Step: simulate.StepWork}}}},
			with(evt, "double-processing", "evt was charged twice")),
		"crash": told(t, plan(replay.Delivery{Role: replay.RoleFirst}, replay.Delivery{Role: replay.RoleRedelivery, After: 2, Wait: time.Minute},
			replay.Delivery{Role: replay.RoleRedelivery, After: 3, Wait: time.Hour}),
			"hardened", simulate.Options{Mishaps: []simulate.Mishap{
				{Kind: simulate.Crash, Moment: simulate.Moment{Attempt: 1, Step: simulate.StepEffect, Name: "charge", After: true}}}}, evt),
		"regress": told(t, plan(replay.Delivery{Event: "evt_newer", Role: replay.RoleFirst}, replay.Delivery{Role: replay.RoleFirst, After: 2}),
			"no-version", simulate.Options{}, with(Story{Subject: "cus"}, "regress", "the state of cus went back from 8 to 7")),
	}
}

func TestGolden(t *testing.T) {
	for name, s := range stories(t) {
		for _, colour := range []bool{false, true} {
			s.Colour = colour
			file := name + ".txt"
			if colour {
				file = name + ".ansi"
			}
			compare(t, file, draw(t, s))
		}
	}
}

func draw(t testing.TB, s Story) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update writes it):\n%s", file, got)
	}
}

// No line is wider than it may be, at any width.
func TestWidth(t *testing.T) {
	for name, s := range stories(t) {
		for _, width := range []int{60, 80, 132} {
			s.Width = width
			for _, l := range strings.Split(string(draw(t, s)), "\n") {
				if cells(l) > width {
					t.Errorf("%s at %d: %d cells: %s", name, width, cells(l), l)
				}
			}
		}
	}
}

// What a handler or a provider made up moves no cursor.
func TestHostile(t *testing.T) {
	evil := "a\x1b[2Jb\r\n\u202ec"
	p := plan(replay.Delivery{Role: replay.RoleFirst}, replay.Delivery{Role: replay.Role(evil)})
	s := Story{Title: evil, About: []string{evil}, Plan: p, Code: "lost-event", Event: "evt", Message: evil}
	for i, kind := range []simulate.StepKind{simulate.StepSend, simulate.StepCommand, simulate.StepEffect, simulate.StepMishap, simulate.StepSender, simulate.StepAnswer, "else"} {
		s.Steps = append(s.Steps, simulate.Step{At: time.Duration(i) * time.Millisecond, Kind: kind, Delivery: 2, Event: "evt", What: evil, Err: evil,
			Body: evil, Status: 200, Heard: true, Command: &simulate.Command{Name: evil, Args: []string{evil}, Reply: evil, Keys: []simulate.Key{{Name: evil, Value: evil, There: true}}}})
	}
	if got := string(draw(t, s)); strings.ContainsAny(got, "\x1b\r\u202e") {
		t.Errorf("%q", got)
	}
}

// A plan nobody carried out has nothing to draw.
func TestNothing(t *testing.T) {
	if got := draw(t, Story{Plan: plan()}); len(got) == 0 {
		t.Error("nothing at all is said")
	}
}
