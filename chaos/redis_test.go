package chaos_test

import (
	"reflect"
	"slices"
	"testing"

	"hookonce/chaos"
	"hookonce/replay"
)

func TestJoinKeepsWhatIsTakenOut(t *testing.T) {
	got := chaos.Join([]string{"duplicate", "race"}, chaos.RedisFaults(), "all, -redis-down")
	want := []string{"duplicate", "race", "redis-reply-lost", "redis-cut", "redis-error", "redis-outage"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Without a proxy the faults of Redis are skipped with a reason; with one each strikes the first delivery of an event of its own.
func TestRedisFaults(t *testing.T) {
	in := input(1)
	in.Settings.Faults = slices.DeleteFunc(chaos.Names(), func(n string) bool { return len(n) < 6 || n[:6] != "redis-" })
	p, err := chaos.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Skipped) != len(in.Settings.Faults) {
		t.Errorf("skipped %v", p.Skipped)
	}
	in.Settings.Redis, in.Settings.Step = true, 2
	if p, err = chaos.Build(in); err != nil {
		t.Fatal(err)
	}
	struck := map[string]string{}
	kinds := map[replay.RedisKind]bool{}
	for _, d := range p.Deliveries {
		if d.Redis == nil || d.Redis.Whole {
			continue
		}
		if kinds[d.Redis.Kind] = true; struck[d.Event] != "" || d.Role != replay.RoleFirst || d.Phase != replay.PhaseFault {
			t.Errorf("delivery %+v", d)
		}
		struck[d.Event] = d.Fault
	}
	if len(kinds) != 8 || len(p.Skipped) != 0 {
		t.Errorf("kinds %v, skipped %v", kinds, p.Skipped)
	}
	if again, err := chaos.Build(in); err != nil || !reflect.DeepEqual(p, again) {
		t.Error("the same input gives another plan")
	}
}

func TestRedisFaultFindsItsCommand(t *testing.T) {
	half, last := 0.5, 1.0
	for _, c := range []struct {
		f    replay.RedisFault
		of   int
		want int
	}{{replay.RedisFault{}, 4, 0}, {replay.RedisFault{Nth: 3}, 1, 3}, {replay.RedisFault{Share: &half}, 3, 2}, {replay.RedisFault{Share: &last}, 4, 4}, {replay.RedisFault{Share: &last}, 0, 1}} {
		if got := c.f.Command(c.of); got != c.want {
			t.Errorf("%+v of %d: %d, want %d", c.f, c.of, got, c.want)
		}
	}
}

// Whatever is asked while Redis is away from everybody is about the event that is delivered: it comes alone, twice, and once more when all
// is well.
func TestOutagesComeAlone(t *testing.T) {
	in := input(2)
	in.Settings.Faults, in.Settings.Redis = []string{"redis-outage"}, true
	p := build(t, in)
	away, last := map[string]int{}, 0
	for _, d := range p.Deliveries {
		if d.Fault != "redis-outage" {
			continue
		}
		if d.Phase != replay.PhaseProcess || d.After != last || d.Gate != 0 {
			t.Errorf("delivery %d of phase %s comes after %d, not after %d", d.N, d.Phase, d.After, last)
		}
		last = d.N
		switch {
		case d.Redis != nil && d.Redis.Whole:
			away[d.Event]++
		case d.Role != replay.RoleRedelivery || away[d.Event] != 2:
			t.Errorf("delivery %d: %s after %d without Redis", d.N, d.Role, away[d.Event])
		}
	}
	if len(away) == 0 {
		t.Error("nothing is planned")
	}
}
