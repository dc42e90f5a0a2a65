package chaos

import (
	"slices"
	"strings"
	"time"

	"hookonce/replay"
)

// RedisFaults lists the faults that a run has where a proxy stands before the endpoint's Redis.
func RedisFaults() []string {
	return []string{"redis-reply-lost", "redis-cut", "redis-error", "redis-down", "redis-outage"}
}

// Join adds faults to those chosen, but for those that the list takes out by -NAME. The result is in catalog order.
func Join(chosen, more []string, list string) []string {
	return slices.DeleteFunc(Names(), func(n string) bool {
		added := slices.Contains(more, n) && !slices.Contains(strings.Split(strings.ReplaceAll(list, " ", ""), ","), "-"+n)
		return !added && !slices.Contains(chosen, n)
	})
}

func withoutProxy(in Input) string {
	if !in.Settings.Redis {
		return "no proxy before the endpoint's Redis: give --redis-proxy"
	}
	return ""
}

// redisDelay is how long a command is delayed, or connections are refused.
const redisDelay = 100 * time.Millisecond

// shares are the commands of a delivery that are struck: its first one, one in the middle, and its last one.
var shares = [...]float64{0, 0.5, 1}

// addRedis strikes one command of an event's first delivery, redelivers the event at once, as the endpoint's failure asks for,
// and goes on as the provider does.
func addRedis(faults ...replay.RedisFault) func(*builder) {
	return func(b *builder) {
		for _, f := range b.samples() {
			for _, x := range faults[:b.perFixture(len(faults))] {
				d := b.first(b.instance(f), replay.PhaseFault, replay.Conditions{Redis: &x})
				b.redeliver(b.add(replay.Delivery{Event: d.d.Event, Phase: replay.PhaseFault, Role: replay.RoleRedelivery}, d), 1)
			}
		}
	}
}

// atShares strikes each share of the commands once.
func atShares(f replay.RedisFault) (out []replay.RedisFault) {
	for i := range shares {
		f.Share = &shares[i]
		out = append(out, f)
	}
	return out
}

// redisErrors are what a server answers while it fails over, is full, or starts.
func redisErrors() (out []replay.RedisFault) {
	texts := []string{"READONLY You can't write against a read only replica.", "OOM command not allowed when used memory > 'maxmemory'.",
		loading}
	for i, t := range texts {
		out = append(out, replay.RedisFault{Kind: replay.RedisError, Text: t, Share: &shares[i]})
	}
	return out
}

func withoutStep(in Input) string {
	if in.Settings.Redis && in.Settings.Step > 0 {
		return ""
	}
	return "only --sweep redis plans it"
}

// addRedisStep strikes one command before, and after, it is carried out.
func addRedisStep(b *builder) {
	addRedis(replay.RedisFault{Kind: replay.RedisCutAfter, Nth: b.in.Settings.Step},
		replay.RedisFault{Kind: replay.RedisCutBefore, Nth: b.in.Settings.Step})(b)
}

// loading is what a server answers while it starts.
const loading = "LOADING Redis is loading the dataset in memory"

// addRedisOutage has Redis refuse everything while an event is delivered and repeated, then redelivers it. Nothing else is under way,
// so that whatever is asked meanwhile is asked for the event's sake, though it does not hold its id.
func addRedisOutage(b *builder) {
	for _, f := range oneOfEachType(b.samples()) {
		out := replay.Conditions{Redis: &replay.RedisFault{Kind: replay.RedisError, Text: loading, Whole: true}}
		d := b.alone(b.instance(f), out)
		b.again(b.inLine(replay.Delivery{Event: d.d.Event, Phase: replay.PhaseProcess, Role: replay.RoleDuplicate, Conditions: out}))
	}
}

// addRedisDown fails every command of an event while it is delivered and repeated.
func addRedisDown(b *builder) {
	for _, f := range b.samples() {
		down := &replay.RedisFault{Kind: replay.RedisError, Text: loading}
		b.duplicate(b.first(b.instance(f), replay.PhaseFault, replay.Conditions{Redis: down}), 1)
	}
}

// addRedisLoss makes the server forget between a delivery and its duplicate.
func addRedisLoss(kind replay.RedisKind) func(*builder) {
	return func(b *builder) {
		for _, f := range b.samples() {
			b.duplicate(b.first(b.instance(f), replay.PhaseFault, replay.Conditions{Redis: &replay.RedisFault{Kind: kind, Share: &shares[2]}}), 1)
		}
	}
}
