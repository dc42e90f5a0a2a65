package chaos

import "hookonce/replay"

// addReplicas says which of the endpoint's addresses each delivery goes to. A balancer in front of them knows
// nothing of events, so deliveries of one event meet different replicas: in turn, so that a duplicate and each copy of a gate
// reaches another one than the delivery before it. Where an event begins is drawn, or the first replica would see every first delivery.
func (b *builder) addReplicas(deliveries []replay.Delivery) {
	n := b.in.Settings.Replicas
	if n < 2 {
		return
	}
	rng := newRand(b.in.Seed, "replicas")
	byEvent, byGate := map[string]int{}, map[int]int{}
	for i := range deliveries {
		d := &deliveries[i]
		last, begun := byEvent[d.Event]
		if !begun {
			last = rng.IntN(n)
		}
		// The members of a gate take turns whatever their events are.
		if before, open := byGate[d.Gate]; open && d.Gate != 0 {
			last = before
		}
		d.Replica = last%n + 1
		byEvent[d.Event], byGate[d.Gate] = d.Replica, d.Replica
	}
}
