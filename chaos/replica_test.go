package chaos

import (
	"encoding/json"
	"testing"

	"hookonce/replay"
)

func deliveriesOf(gates ...int) []replay.Delivery {
	var out []replay.Delivery
	for i, g := range gates {
		out = append(out, replay.Delivery{N: i + 1, Event: "e", Conditions: replay.Conditions{Gate: g}})
	}
	return out
}

// Each delivery of an event, and each copy of a gate, meets another replica than the one before.
func TestReplicasTakeTurns(t *testing.T) {
	for n := 2; n <= 5; n++ {
		b := &builder{in: Input{Seed: 7, Settings: replay.PlanSettings{Replicas: n}}}
		ds := deliveriesOf(0, 0, 1, 1, 1, 0, 2, 2)
		b.addReplicas(ds)
		for i, d := range ds {
			if d.Replica < 1 || d.Replica > n {
				t.Errorf("%d replicas: delivery %d goes to replica %d", n, d.N, d.Replica)
			}
			if i > 0 && d.Replica == ds[i-1].Replica {
				t.Errorf("%d replicas: deliveries %d and %d both go to replica %d", n, i, i+1, d.Replica)
			}
		}
	}
}

// With one address the plan says nothing of replicas.
func TestOneAddressIsNotNumbered(t *testing.T) {
	for n := range 2 {
		b := &builder{in: Input{Settings: replay.PlanSettings{Replicas: n}}}
		ds := deliveriesOf(0, 1, 1)
		want, _ := json.Marshal(ds)
		b.addReplicas(ds)
		if got, _ := json.Marshal(ds); string(got) != string(want) {
			t.Errorf("%d addresses: %s, want %s", n, got, want)
		}
	}
}
