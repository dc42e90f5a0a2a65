package redisstore

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestKeys holds for any bytes: one hash tag in front, the same for event and subject, and printable keys.
func TestKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source, subject, event := rapid.String().Draw(t, "source"), rapid.String().Draw(t, "subject"), rapid.String().Draw(t, "event")
		keys := eventKeys(source, subject, event)
		for _, k := range keys {
			if !strings.HasPrefix(k, "wh:{") || strings.IndexByte(k, '}') != len("wh:{")+64 {
				t.Fatalf("key %q has no 64 digits as its tag", k)
			}
			if strings.IndexFunc(k, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
				t.Fatalf("key %q is not printable", k)
			}
			if len(k) > 200 {
				t.Fatalf("key of %d bytes", len(k))
			}
		}
		if keys[0][:69] != keys[1][:69] {
			t.Fatalf("keys %q share no tag", keys)
		}
		if subject != "" && subjectKeys(source, subject)[0] != keys[1] {
			t.Fatalf("subject keys %q and %q differ", subjectKeys(source, subject), keys[1])
		}
	})
}

// TestTagsSpread holds that events without a subject do not share one slot.
func TestTagsSpread(t *testing.T) {
	if tag("src", "", "a") == tag("src", "", "b") {
		t.Error("events without a subject share a tag")
	}
	if tag("src", "x", "e") == tag("src", "", "x") {
		t.Error("a subject and an event of one name share a tag")
	}
	if tag("a", "bc", "") == tag("ab", "c", "") {
		t.Error("source and subject run into each other")
	}
}

// TestTagsOfSplits splits one text at every place: no two of the pairs share a tag, whatever the
// text holds of separators and lengths.
func TestTagsOfSplits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching("[01:|}{]{2,8}").Draw(t, "text")
		seen := map[string]int{}
		for i := range len(text) {
			k := tag(text[:i], text[i:], "")
			if j, ok := seen[k]; ok {
				t.Fatalf("%q and %q share a tag, split at %d and %d", text[:i], text[:j], i, j)
			}
			seen[k] = i
		}
	})
}
