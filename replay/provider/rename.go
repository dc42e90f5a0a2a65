package provider

import (
	"fmt"

	"hookonce/replay"
)

// freshIDs asks fresh once for each distinct id, in order.
func freshIDs(ids []string, fresh func(string) string) (map[string]string, error) {
	m := make(map[string]string, len(ids))
	for _, id := range ids {
		if _, done := m[id]; done || id == "" {
			continue
		}
		if m[id] = fresh(id); m[id] == "" {
			return nil, fmt.Errorf("rename: no fresh id for %q", id)
		}
	}
	return m, nil
}

// replaceStrings returns body with the strings that are ids and that stand where
// mine accepts them replaced; every other byte is as it was.
func replaceStrings(body []byte, ids map[string]string, mine func(token) bool) []byte {
	out := make([]byte, 0, len(body)+16*len(ids))
	done := 0
	eachString(body, freeField, func(t token) {
		id, ok := ids[t.value]
		if !ok || !mine(t) {
			return
		}
		out = append(out, body[done:t.start]...)
		out = append(out, quoted(id)...)
		done = t.end
	})
	return append(out, body[done:]...)
}

// renamed carries over to an event identified again what its bytes do not tell.
func renamed(old, now replay.Event, ids map[string]string) (replay.Event, error) {
	if now.Key != ids[old.Key] {
		return replay.Event{}, fmt.Errorf("rename: key is %q after the change, want %q", now.Key, ids[old.Key])
	}
	now.Fixture, now.EffectKey, now.OriginalKey = old.Fixture, old.EffectKey, old.OriginalKey
	if now.OriginalKey == "" {
		now.OriginalKey = old.Key
	}
	if id, ok := ids[old.EffectKey]; ok {
		now.EffectKey = id
	}
	return now, nil
}
