package observe

import (
	"cmp"
	"hash/maphash"
	"sync"

	"hookonce/replay"
)

// IDs are the ids of a plan, for Options. Sustained traffic adds to them while sources ask, and never ends: of each id a hash of 64 bits
// is kept. That a foreign id is taken for one of ten million has a probability of one in a million million, and then it only counts for
// an event that nobody knows.
type IDs struct {
	seed maphash.Seed
	mu   sync.RWMutex
	of   map[uint64]bool // whether it is an event's own
}

// IDsOf collects the ids that an endpoint may count under. An event's own id is its key, or the
// value that --effect-key selected, where it did.
func IDsOf(p replay.Plan) *IDs {
	ids := &IDs{seed: maphash.MakeSeed(), of: map[uint64]bool{}}
	for i := range p.Events {
		ids.Add(p.Events[i])
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
		ids.add(e.Key, false)
	}
	ids.add(own, true)
	ids.add(e.ID, false)
	ids.add(e.Subject, false)
	for _, other := range e.Refs {
		ids.add(other, false)
	}
}

// add never makes an event's own id another's.
func (ids *IDs) add(id string, own bool) {
	if id == "" {
		return
	}
	hash := maphash.String(ids.seed, id)
	ids.of[hash] = own || ids.of[hash]
}

// Known says whether the id occurs in the plan.
func (ids *IDs) Known(id string) bool {
	_, known := ids.find(id)
	return known
}

// Event says whether the id belongs to an event, rather than to a subject or a reference.
func (ids *IDs) Event(id string) bool {
	own, _ := ids.find(id)
	return own
}

// Within is the id that a key is or holds, as "charge:evt_1" holds evt_1; "" where there is none. An event's own goes before others.
func (ids *IDs) Within(key string) string {
	f := idFinder{ids.Known, ids.Event}
	c := candidate{"key", key}
	return cmp.Or(f.whole(f.event)(c), f.part(f.event)(c), f.whole(f.known)(c), f.part(f.known)(c))
}

func (ids *IDs) find(id string) (own, known bool) {
	hash := maphash.String(ids.seed, id)
	ids.mu.RLock()
	defer ids.mu.RUnlock()
	own, known = ids.of[hash]
	return own, known && id != ""
}
