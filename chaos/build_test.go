package chaos_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hookonce/chaos"
	"hookonce/replay"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// event is a fixture whose ids Rename below can find.
func event(key, typ, subject, version string) replay.Event {
	body := fmt.Appendf(nil, `{"id":%q,"type":%q,"subject":%q,"version":%q}`, key, typ, subject, version)
	sum := sha256.Sum256(body)
	return replay.Event{Key: key, Type: typ, Subject: subject, Version: version, Provider: "test",
		Fixture: key + ".json", SHA256: hex.EncodeToString(sum[:]), Body: body}
}

func rename(e replay.Event, fresh func(string) string) (replay.Event, error) {
	e.OriginalKey = e.Key
	for _, id := range []*string{&e.Key, &e.Subject} {
		if *id == "" {
			continue
		}
		now := fresh(*id)
		e.Body = bytes.ReplaceAll(e.Body, []byte(`"`+*id+`"`), []byte(`"`+now+`"`))
		*id = now
	}
	sum := sha256.Sum256(e.Body)
	e.SHA256 = hex.EncodeToString(sum[:])
	return e, nil
}

func fixtures() []replay.Event {
	return []replay.Event{
		event("evt_1", "order.created", "ord_1", "100"),
		event("evt_2", "order.paid", "ord_1", "200"),
		event("evt_3", "order.shipped", "ord_1", "300"),
		event("evt_4", "refund.created", "ref_1", "150"),
		event("evt_5", "refund.created", "ref_2", "150"),
	}
}

func profile() replay.Profile {
	return replay.Profile{Name: "test", Patience: 10 * time.Second, Success: []replay.StatusRange{{From: 200, To: 299}},
		Retries: []time.Duration{time.Minute, time.Hour}, RetrySpan: 72 * time.Hour, Tolerance: 5 * time.Minute}
}

func input(seed uint64) chaos.Input {
	return chaos.Input{Events: fixtures(), Profile: profile(), Rename: rename, Seed: seed,
		Settings: replay.PlanSettings{Faults: ordinary(), Copies: 3, Race: 3, Bursts: 2, Dense: 4, Late: []time.Duration{70 * time.Second}, Signed: true}}
}

func build(t testing.TB, in chaos.Input) replay.Plan {
	t.Helper()
	p, err := chaos.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func marshal(t testing.TB, p replay.Plan) []byte {
	t.Helper()
	b, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

func TestPlanIsGolden(t *testing.T) {
	got := marshal(t, build(t, input(7)))
	path := filepath.Join("..", "testdata", "golden", "plan-seed7.json")
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
		t.Errorf("the plan of seed 7 is not the golden one; if that is meant, run go test ./chaos -update")
	}
}

func TestSameSeedSamePlan(t *testing.T) {
	want := marshal(t, build(t, input(42)))
	for _, procs := range []int{1, 2, 8} {
		before := runtime.GOMAXPROCS(procs)
		got := marshal(t, build(t, input(42)))
		runtime.GOMAXPROCS(before)
		if !bytes.Equal(got, want) {
			t.Errorf("GOMAXPROCS %d gives another plan", procs)
		}
	}
	if bytes.Equal(marshal(t, build(t, input(43))), want) {
		t.Error("another seed gives the same plan")
	}
}

// A fault's draws must not depend on which other faults are planned: a finding is
// reproduced with its fault alone, and must meet the same event ids.
func TestFaultAloneKeepsItsEvents(t *testing.T) {
	all := build(t, input(7))
	for _, name := range ordinary() {
		in := input(7)
		in.Settings.Faults = []string{name}
		alone := build(t, in)
		if got, want := eventsOf(alone, name), eventsOf(all, name); !slices.Equal(got, want) {
			t.Errorf("%s alone plans events %v, among the others %v", name, got, want)
		}
	}
}

func eventsOf(p replay.Plan, fault string) []string {
	var keys []string
	for _, d := range p.Deliveries {
		if d.Fault == fault && !slices.Contains(keys, d.Event) {
			keys = append(keys, d.Event)
		}
	}
	return keys
}

func TestEveryFaultIsPlanned(t *testing.T) {
	p := build(t, input(1))
	for _, name := range ordinary() {
		if len(eventsOf(p, name)) == 0 {
			t.Errorf("the fault %s plans nothing", name)
		}
	}
	if len(p.Skipped) != 0 {
		t.Errorf("skipped %v", p.Skipped)
	}
}

func TestFaultsThatCannotBePlannedSayWhy(t *testing.T) {
	in := input(1)
	in.Events = in.Events[3:] // no subject with two versions
	in.Profile.Retries = nil
	in.Settings.Late, in.Settings.Signed = nil, false
	p := build(t, in)
	var got []string
	for _, s := range p.Skipped {
		if s.Reason == "" {
			t.Errorf("%s is skipped without a reason", s.Fault)
		}
		got = append(got, s.Fault)
	}
	if want := []string{"retry", "reorder", "bad-signature", "race-versions", "late"}; !slices.Equal(got, want) {
		t.Errorf("skipped %v, want %v", got, want)
	}
}

// TestPlansAreWellFormed holds what every plan promises to those who carry it out.
func TestPlansAreWellFormed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		p, err := chaos.Build(in)
		if err != nil {
			t.Fatal(err)
		}
		checkNumbers(t, p)
		checkOrder(t, p)
		checkEvents(t, p, in)
		checkGates(t, p)
	})
}

func drawInput(t *rapid.T) chaos.Input {
	in := input(rapid.Uint64().Draw(t, "seed"))
	in.Events = nil
	for i := range rapid.IntRange(1, 12).Draw(t, "events") {
		subject := rapid.SampledFrom([]string{"", "sub_1", "sub_2", "sub_3"}).Draw(t, "subject")
		version := rapid.SampledFrom([]string{"", "9", "10", "11"}).Draw(t, "version")
		typ := rapid.SampledFrom([]string{"a.created", "a.updated", "b"}).Draw(t, "type")
		in.Events = append(in.Events, event(fmt.Sprintf("evt_%d", i), typ, subject, version))
	}
	in.Settings.Copies = rapid.IntRange(2, 5).Draw(t, "copies")
	in.Settings.Race = rapid.IntRange(2, 9).Draw(t, "race")
	in.Settings.Bursts = rapid.IntRange(1, 4).Draw(t, "bursts")
	in.Settings.KeepIDs = rapid.Bool().Draw(t, "keep ids")
	in.Settings.Signed = rapid.Bool().Draw(t, "signed")
	return in
}

type fataler interface {
	Fatalf(string, ...any)
}

func checkNumbers(t fataler, p replay.Plan) {
	for i, d := range p.Deliveries {
		if d.N != i+1 {
			t.Fatalf("delivery %d has number %d", i+1, d.N)
		}
		if d.After >= d.N {
			t.Fatalf("delivery %d waits for %d, which is not before it", d.N, d.After)
		}
		if d.After > 0 && p.Deliveries[d.After-1].Phase != d.Phase {
			t.Fatalf("delivery %d waits for one of another phase", d.N)
		}
	}
}

func checkOrder(t fataler, p replay.Plan) {
	phases := replay.Phases()
	for i := 1; i < len(p.Deliveries); i++ {
		a, b := p.Deliveries[i-1], p.Deliveries[i]
		pa, pb := slices.Index(phases, a.Phase), slices.Index(phases, b.Phase)
		if pa > pb || pa == pb && a.At > b.At {
			t.Fatalf("delivery %d (%s, %v) stands before %d (%s, %v)", a.N, a.Phase, a.At, b.N, b.Phase, b.At)
		}
	}
}

// checkEvents: every delivery's event is in the plan, begins with a first delivery, and
// comes from one of the fixtures; under --keep-ids with its recorded id, unless it is to be refused.
func checkEvents(t fataler, p replay.Plan, in chaos.Input) {
	recorded := map[string]bool{}
	for _, e := range in.Events {
		recorded[e.Key] = true
	}
	known := p.EventByKey()
	if len(known) != len(p.Events) {
		t.Fatalf("%d events have %d keys", len(p.Events), len(known))
	}
	seen := map[string]bool{}
	for _, d := range p.Deliveries {
		if known[d.Event] == nil {
			t.Fatalf("delivery %d sends %s, which is not in the plan", d.N, d.Event)
		}
		if !seen[d.Event] && d.Role != replay.RoleFirst {
			t.Fatalf("%s begins with a %s", d.Event, d.Role)
		}
		if seen[d.Event] && d.Role == replay.RoleFirst {
			t.Fatalf("%s has two first deliveries", d.Event)
		}
		seen[d.Event] = true
		if in.Settings.KeepIDs != recorded[d.Event] && d.Signature == replay.SignValid {
			t.Fatalf("keep ids is %v, and delivery %d sends %s", in.Settings.KeepIDs, d.N, d.Event)
		}
	}
	for _, e := range p.Events {
		if !bytes.Contains(e.Body, []byte(e.Key)) {
			t.Fatalf("the body of %s does not hold its key", e.Key)
		}
	}
}

func checkGates(t fataler, p replay.Plan) {
	for n, members := range p.Gates() {
		if len(members) < 2 {
			t.Fatalf("gate %d holds %d deliveries", n, len(members))
		}
		first := p.Deliveries[members[0]-1]
		for _, m := range members {
			if d := p.Deliveries[m-1]; d.At != first.At || d.After != first.After || d.Phase != first.Phase {
				t.Fatalf("gate %d holds deliveries that are not due together: %d and %d", n, first.N, d.N)
			}
		}
	}
}

func TestReorderNeverEndsWithTheNewest(t *testing.T) {
	for seed := range uint64(50) {
		p := build(t, input(seed))
		events := p.EventByKey()
		last := map[string]replay.Event{}
		newest := map[string]replay.Event{}
		for _, d := range p.Deliveries {
			if d.Fault != "reorder" || d.Role != replay.RoleFirst {
				continue
			}
			e := *events[d.Event]
			last[e.Subject] = e
			if n, ok := newest[e.Subject]; !ok || n.Order(e) < 0 {
				newest[e.Subject] = e
			}
		}
		for s, e := range last {
			if e.Key == newest[s].Key {
				t.Errorf("seed %d: %s is delivered last although it is the newest of %s", seed, e.Key, s)
			}
		}
	}
}

func TestBadSignaturesAreNeverRedelivered(t *testing.T) {
	p := build(t, input(3))
	kinds := map[replay.Signature]int{}
	count := map[string]int{}
	spoiled := map[string]bool{}
	for _, d := range p.Deliveries {
		count[d.Event]++
		if d.Signature != replay.SignValid {
			kinds[d.Signature]++
			spoiled[d.Event] = true
		}
	}
	for key := range spoiled {
		if count[key] != 1 {
			t.Errorf("%s, badly signed, is delivered %d times", key, count[key])
		}
	}
	for _, k := range []replay.Signature{replay.SignMissing, replay.SignWrongKey, replay.SignTampered, replay.SignStale} {
		if kinds[k] == 0 {
			t.Errorf("no delivery is %s", k)
		}
	}
}

func TestParseFaults(t *testing.T) {
	for _, tc := range []struct {
		list string
		want []string
	}{
		{"all", ordinary()},
		{"all,twins", append(ordinary(), "twins")},
		{"race, duplicate", []string{"duplicate", "race"}},
		{"all,-race,-late", []string{"duplicate", "retry", "timeout", "truncated", "reorder", "bad-signature", "dense", "stagger", "race-versions"}},
	} {
		got, err := chaos.ParseFaults(tc.list)
		if err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("%q gives %v, %v; want %v", tc.list, got, err, tc.want)
		}
	}
	if _, err := chaos.ParseFaults("duplicate,earthquake"); !errors.Is(err, chaos.ErrUnknownFault) {
		t.Errorf("an unknown fault gives %v", err)
	}
	if _, err := chaos.ParseFaults("all,-all"); err == nil {
		t.Error("no fault at all is accepted")
	}
}

func TestBadSettings(t *testing.T) {
	for name, spoil := range map[string]func(*chaos.Input){
		"no events": func(in *chaos.Input) { in.Events = nil },
		"one copy":  func(in *chaos.Input) { in.Settings.Copies = 1 },
		"race of 1": func(in *chaos.Input) { in.Settings.Race = 1 },
		"huge race": func(in *chaos.Input) { in.Settings.Race = 101 },
		"no bursts": func(in *chaos.Input) { in.Settings.Bursts = 0 },
		"late of 0": func(in *chaos.Input) { in.Settings.Late = []time.Duration{0} },
		"bad rename": func(in *chaos.Input) {
			in.Rename = func(e replay.Event, _ func(string) string) (replay.Event, error) { return e, errors.New("no") }
		},
	} {
		in := input(1)
		spoil(&in)
		if _, err := chaos.Build(in); err == nil {
			t.Errorf("%s: a plan was made", name)
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	in := input(1)
	n := len(build(b, in).Deliveries)
	for b.Loop() {
		build(b, in)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/delivery")
}

// A fault that no fixture is left for is not in the plan, and the plan says so: a run without it would else seem to have stood it.
func TestFaultsWithoutFixturesAreSkipped(t *testing.T) {
	kept, batches := input(1), input(1)
	kept.Settings.KeepIDs = true
	batches.Settings.Faults, batches.Profile.Batch = []string{"duplicate", "rebatch"}, "items"
	for _, in := range []chaos.Input{kept, batches} {
		p := build(t, in)
		reasons := map[string]string{}
		for _, s := range p.Skipped {
			reasons[s.Fault] = s.Reason
		}
		for _, f := range in.Settings.Faults {
			if n := len(eventsOf(p, f)); (n == 0) != (reasons[f] != "") {
				t.Errorf("%s: %d events, and the reason for none is %q", f, n, reasons[f])
			}
		}
		if len(p.Skipped) != len(reasons) || len(reasons) == 0 {
			t.Errorf("skipped %v", p.Skipped)
		}
	}
}
