package scenario

import (
	"fmt"
	"time"

	"hookonce/replay"
)

func duplicates() replay.Plan {
	p := newPlanner()
	d := p.first(p.event(evt, "cus", "7"), 0)
	for range 2 {
		d = p.duplicate(d, replay.Conditions{})
	}
	return p.end()
}

func race() replay.Plan {
	p := newPlanner()
	e := p.event(evt, "cus", "7")
	for range 4 {
		p.add(replay.Delivery{Event: e, Fault: "race", Role: replay.RoleDuplicate, Conditions: replay.Conditions{Gate: 1}})
	}
	return p.end()
}

// redelivered delivers an event, and again until it is acknowledged.
func redelivered() replay.Plan {
	p := newPlanner()
	p.redeliver(p.first(p.event(evt, "cus", "7"), 0), 2)
	return p.end()
}

// retryInBetween redelivers while the first attempt still works.
func retryInBetween() replay.Plan {
	p := newPlanner()
	d := p.hungUp(p.event(evt, "cus", "7"))
	d = p.add(replay.Delivery{Event: evt, Role: replay.RoleRedelivery, After: d})
	p.redeliver(d, 2)
	return p.end()
}

// outOfPatience redelivers when the sender's patience with the first attempt is over.
func outOfPatience() replay.Plan {
	p := newPlanner()
	d := p.first(p.event(evt, "cus", "7"), 0)
	d = p.add(replay.Delivery{Event: evt, Role: replay.RoleRedelivery, After: d})
	p.redeliver(d, 2)
	return p.end()
}

// threeOverlap lets a first attempt run out of the sender's patience (10 s), a second one come when a
// lease of 30 s is over and run out of it, too, and a third one come at once.
func threeOverlap() replay.Plan {
	p := newPlanner()
	d := p.first(p.event(evt, "cus", "7"), 0)
	d = p.add(replay.Delivery{Event: evt, Role: replay.RoleRedelivery, After: d, Wait: 22 * time.Second})
	d = p.add(replay.Delivery{Event: evt, Role: replay.RoleRedelivery, After: d})
	p.redeliver(d, 2)
	return p.end()
}

func late(age time.Duration) func() replay.Plan {
	return func() replay.Plan {
		p := newPlanner()
		p.plan.Settings.Late = []time.Duration{age}
		p.redeliver(p.first(p.event(evt, "cus", "7"), 0), 2)
		p.add(replay.Delivery{Event: evt, Phase: replay.PhaseLate, Fault: "late", Role: replay.RoleLate, Wait: age})
		return p.end()
	}
}

// attempts sends copies of one attempt on one event, and of another one, whose sender hung up, a redelivery.
func attempts() replay.Plan {
	p := newPlanner()
	p.duplicate(p.first(p.event("copied", "cus_copied", "7"), 0), replay.Conditions{})
	p.redeliver(p.hungUp(p.event(evt, "cus", "7")), 2)
	return p.end()
}

func otherBytes() replay.Plan {
	p := newPlanner()
	for i, r := range replay.Rewrites() {
		d := p.first(p.event(fmt.Sprintf("%s_%d", evt, i), fmt.Sprintf("cus_%d", i), "7"), 0)
		p.duplicate(d, replay.Conditions{Rewrite: r})
	}
	return p.end()
}

// twins are two events that differ in nothing but their id.
func twins() replay.Plan {
	p := newPlanner()
	d := p.redeliver(p.first(p.say(replay.Event{Key: evt, Subject: "cus", Fixture: "scenario/twin"}), 0), 2)
	p.redeliver(p.first(p.say(replay.Event{Key: "evt_twin", Subject: "cus", Fixture: "scenario/twin"}), d), 2)
	return p.end()
}

func twoSources() replay.Plan {
	p := newPlanner()
	d := 0
	for _, source := range []string{"acct_a", "acct_b"} {
		e := p.say(replay.Event{Key: source + "/evt", ID: evt, Source: source, Subject: "cus_" + source, Version: "7", Fixture: "scenario/" + source})
		d = p.redeliver(p.first(e, d), 2)
	}
	return p.end()
}

// twoAtOnce sends the newer event while the older one is being worked on.
func twoAtOnce() replay.Plan {
	p := newPlanner()
	p.redeliver(p.first(p.event(evt, "cus", "7"), 0), 2)
	d := p.add(replay.Delivery{Event: p.event("evt_newer", "cus", "8"), Role: replay.RoleFirst, At: 10 * time.Millisecond})
	p.redeliver(d, 2)
	return p.end()
}

// versions sends events of one subject one after another. One that is older than the one before is a reordered one.
func versions(in ...string) func() replay.Plan {
	return func() replay.Plan {
		p := newPlanner()
		d := 0
		for i, v := range in {
			e := p.event(evt+"_"+v, "cus", v)
			d = p.first(e, d)
			if i > 0 && replay.CompareVersions(v, in[i-1]) < 0 {
				p.plan.Deliveries[d-1].Fault = "reorder"
			}
			d = p.redeliver(d, 2)
		}
		return p.end()
	}
}

// racedVersions sends the newer event while the older one is about to write.
func racedVersions() replay.Plan {
	p := newPlanner()
	p.redeliver(p.first(p.event(evt, "cus", "7"), 0), 2)
	d := p.add(replay.Delivery{Event: p.event("evt_newer", "cus", "8"), Role: replay.RoleFirst, At: time.Second})
	p.redeliver(d, 2)
	return p.end()
}

func updateAfterDelete() replay.Plan {
	p := newPlanner()
	d := p.redeliver(p.first(p.event("evt_5", "cus", "5"), 0), 2)
	d = p.redeliver(p.first(p.say(replay.Event{Key: "evt_9", Subject: "cus", Version: "9", Deletes: true, Fixture: "scenario/evt_9"}), d), 2)
	d = p.first(p.event("evt_7", "cus", "7"), d)
	p.plan.Deliveries[d-1].Fault = "reorder"
	p.redeliver(d, 2)
	return p.end()
}

func badSignatures() replay.Plan {
	p := newPlanner()
	for _, s := range []replay.Signature{replay.SignMissing, replay.SignWrongKey, replay.SignTampered} {
		e := p.event(evt+"_"+string(s), "cus_"+string(s), "7")
		p.add(replay.Delivery{Event: e, Fault: "bad-signature", Role: replay.RoleFirst, Conditions: replay.Conditions{Signature: s}})
	}
	return p.end()
}
