package provider

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/tidwall/gjson"
	"pgregory.net/rapid"
)

// slowRefs finds the same as stripeRefs, by what eachString tells of every string.
func slowRefs(body []byte, key, subject string) []string {
	var refs []string
	seen := map[string]bool{key: true, subject: true}
	eachString(body, freeField, func(t token) {
		if t.key || t.free || t.top == "request" {
			return
		}
		prefix, _, strong := stripeID(t.value)
		if stripeRefPrefix(prefix) && (strong || t.name == "id" || stripeRefField(t.name)) && !seen[t.value] {
			seen[t.value] = true
			refs = append(refs, t.value)
		}
	})
	return refs
}

// refsOf is what is found in either way, or of both where they differ.
func refsOf(body, key, subject string) []string {
	walked := walkRefs(body, key, subject)
	quick, ok := quickRefs(body, topFields(body, "request")[0], key, subject)
	if ok && !slices.Equal(quick, walked) {
		return append(append([]string{"walked:"}, walked...), append([]string{"quickly:"}, quick...)...)
	}
	return walked
}

func TestStripeRefsAreThoseOfTheTokens(t *testing.T) {
	some := 0
	for path, e := range fixtures(t) {
		got, want := refsOf(string(e.Body), e.Key, e.Subject), slowRefs(e.Body, e.Key, e.Subject)
		if some += len(want); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if some == 0 {
		t.Error("no fixture has any")
	}
}

// drawJSON draws a document of the words that matter: fields that hold ids, ids, and what looks like them.
func drawJSON(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 3).Draw(t, "kind")
	if depth == 0 {
		kind = 3
	}
	switch kind {
	case 0, 1:
		doc := map[string]any{}
		for range rapid.IntRange(0, 4).Draw(t, "fields") {
			doc[rapid.SampledFrom([]string{"id", "metadata", "request", "charge", "data", "object", "type", "a\"b", "\u00e9"}).Draw(t, "name")] = drawJSON(t, depth-1)
		}
		return doc
	case 2:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			list = append(list, drawJSON(t, depth-1))
		}
		return list
	}
	return rapid.SampledFrom([]any{"ch_1234", "ch_abcdef", "in_transit", "cus_1234", "evt_1234", "\\ch_1234", "ch_12\"34", "", "a", 7, -1.5, nil, true, "pi_1\u00e923"}).Draw(t, "value")
}

func TestStripeRefsOfAnyDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body, err := json.Marshal(map[string]any{"data": drawJSON(t, 5), "request": drawJSON(t, 2)}) // an event is an object
		if err != nil {
			t.Fatal(err)
		}
		if got, want := refsOf(string(body), "evt_1234", "pi_1"), slowRefs(body, "evt_1234", "pi_1"); !slices.Equal(got, want) {
			t.Fatalf("%s: %q, want %q", body, got, want)
		}
	})
}

func TestTopFieldsAreThoseOfGet(t *testing.T) {
	names := []string{"id", "type", "data", "object", "request"}
	rapid.Check(t, func(t *rapid.T) {
		body, err := json.Marshal(drawJSON(t, 3))
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range topFields(string(body), names...) {
			if want := gjson.GetBytes(body, names[i]); f.Raw != want.Raw && body[0] == '{' {
				t.Fatalf("%s: %s is %q, want %q", body, names[i], f.Raw, want.Raw)
			}
		}
	})
	if f := topFields(`{"id":1,"id":2}`, "id"); f[0].Raw != "1" {
		t.Errorf("of two fields with one name the second counts: %s", f[0].Raw)
	}
}
