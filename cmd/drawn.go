package cmd

import (
	"slices"

	"hookonce/dedupe/observe"
	"hookonce/replay"
)

// drawnIDs are the ids that were drawn for the plan, which nobody has seen before unless its seed was run before. Those that events were
// recorded with and still have, as what --effect-key selects may be, are not among them.
func (p *planned) drawnIDs() *observe.IDs {
	recorded := p.recordedIDs()
	drawn := func(id string) string {
		if recorded[id] {
			return ""
		}
		return id
	}
	ids := observe.IDsOf(replay.Plan{})
	for i := range p.plan.Events {
		e := &p.plan.Events[i]
		of := replay.Event{Key: e.Key, Subject: drawn(e.Subject), EffectKey: drawn(e.EffectKey), Refs: []string{drawn(e.ID)}}
		for _, r := range e.Refs {
			of.Refs = append(of.Refs, drawn(r))
		}
		ids.Add(of)
	}
	return ids
}

// recordedIDs are the ids in the fixtures.
func (p *planned) recordedIDs() map[string]bool {
	ids := map[string]bool{}
	selected := slices.ContainsFunc(p.plan.Events, func(e replay.Event) bool { return e.EffectKey != "" })
	for _, e := range p.events {
		if selected {
			whole, _ := e.Loaded() // the plan was made of it
			ids[p.effectKeyOf(whole)] = true
		}
		for _, id := range append([]string{e.Key, e.ID, e.Subject}, e.Refs...) {
			ids[id] = true
		}
	}
	return ids
}
