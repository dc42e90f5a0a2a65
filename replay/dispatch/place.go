package dispatch

import (
	"time"

	"hookonce/replay"
)

// place is one replica, with the connections to it.
type place struct {
	to   *endpoint
	pool *pool
}

// places are the target's replicas, in the order of their numbers.
type places []*place

func placesOf(to []*endpoint, now func() time.Duration, patience time.Duration) places {
	all := make(places, len(to))
	for i, e := range to {
		all[i] = &place{e, newPool(e, now, patience)}
	}
	return all
}

// of is where a delivery goes.
func (p places) of(d replay.Delivery) *place { return p[max(0, d.Replica-1)] }

// everywhere does something with the connections to each replica.
func (p places) everywhere(do func(*pool)) {
	for _, one := range p {
		do(one.pool)
	}
}
