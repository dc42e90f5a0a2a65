package observe

import (
	"sync"

	"hookonce/replay"
)

// IDs are the ids of a plan, for Options. Sustained traffic adds to them while sources ask.
type IDs struct {
	mu     sync.RWMutex
	events map[string]bool
	others map[string]bool
}

// IDsOf collects the ids that an endpoint may count under. An event's own id is its key, or the
// value that --effect-key selected, where it did.
func IDsOf(p replay.Plan) *IDs {
	ids := &IDs{events: map[string]bool{}, others: map[string]bool{}}
	for _, e := range p.Events {
		ids.Add(e)
	}
	return ids
}

// Add adds those of another event.
func (ids *IDs) Add(e replay.Event) {
	ids.mu.Lock()
	defer ids.mu.Unlock()
	own := e.Key
	if e.EffectKey != "" {
		own = e.EffectKey
	}
	ids.events[own] = true
	for _, other := range append([]string{e.Key, e.Subject}, e.Refs...) {
		ids.others[other] = true
	}
	delete(ids.events, "")
	delete(ids.others, "")
}

// Known says whether the id occurs in the plan.
func (ids *IDs) Known(id string) bool {
	ids.mu.RLock()
	defer ids.mu.RUnlock()
	return ids.events[id] || ids.others[id]
}

// Event says whether the id belongs to an event, rather than to a subject or a reference.
func (ids *IDs) Event(id string) bool {
	ids.mu.RLock()
	defer ids.mu.RUnlock()
	return ids.events[id]
}
