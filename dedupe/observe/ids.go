package observe

import "hookonce/replay"

// IDs are the ids of a plan, for Options.
type IDs struct {
	events map[string]bool
	others map[string]bool
}

// IDsOf collects the ids that an endpoint may count under. An event's own id is its key, or the
// value that --effect-key selected, where it did.
func IDsOf(p replay.Plan) IDs {
	ids := IDs{events: map[string]bool{}, others: map[string]bool{}}
	for _, e := range p.Events {
		own := e.Key
		if e.EffectKey != "" {
			own = e.EffectKey
		}
		ids.events[own] = true
		for _, other := range append([]string{e.Key, e.Subject}, e.Refs...) {
			ids.others[other] = true
		}
	}
	delete(ids.events, "")
	delete(ids.others, "")
	return ids
}

// Known says whether the id occurs in the plan.
func (ids IDs) Known(id string) bool { return ids.events[id] || ids.others[id] }

// Event says whether the id belongs to an event, rather than to a subject or a reference.
func (ids IDs) Event(id string) bool { return ids.events[id] }
