package cmd

import (
	"slices"
	"strings"
	"sync"

	"hookonce/dedupe/observe"
	"hookonce/replay"
)

// sinks says that one of the effect sources is called by the endpoint.
func sinks(effects []string) bool {
	return slices.ContainsFunc(effects, func(s string) bool { return strings.HasPrefix(s, "listen:") })
}

// downstream lets go wrong what the plan has for the endpoint's calls to the sink.
type downstream struct {
	mu     sync.Mutex
	armed  map[string]*replay.Delivery // by each id that a call may carry
	struck map[int]replay.DownstreamKind
}

// newDownstream arms the faults of a plan. An event of theirs is in no other phase, so that no call but theirs meets them.
func newDownstream(p replay.Plan) *downstream {
	s := &downstream{armed: map[string]*replay.Delivery{}, struck: map[int]replay.DownstreamKind{}}
	events := p.EventByKey()
	for i := range p.Deliveries {
		d := &p.Deliveries[i]
		if d.Downstream == nil {
			continue
		}
		e := events[d.Event]
		for _, id := range append([]string{e.Key, e.ID, e.EffectKey, e.Subject}, e.Refs...) {
			if id != "" && s.armed[id] == nil {
				s.armed[id] = d
			}
		}
	}
	return s
}

// strike says what goes wrong with a call: the first one of an event.
func (s *downstream) strike(id string) (out observe.Strike) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.armed[id]
	if d == nil || s.struck[d.N] != "" {
		return out
	}
	s.struck[d.N] = d.Downstream.Kind
	switch d.Downstream.Kind {
	case replay.DownstreamFail:
		out.Refuse = true
	case replay.DownstreamLost:
		out.Lose = true
	case replay.DownstreamSlow:
		out.Delay = d.Downstream.For
	}
	return out
}

// ended notes on an attempt what happened to its call.
func (s *downstream) ended(a replay.Attempt) replay.Attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind := s.struck[a.Delivery]; kind != "" && a.Struck == "" {
		a.Struck = replay.ProcessKind(kind)
	}
	return a
}
