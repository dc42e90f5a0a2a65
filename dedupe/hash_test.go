package dedupe_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hookonce/dedupe"
)

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"order and spacing", "{ \"b\" : 1 ,\n\"a\":[ true , null ] }", `{"a":[true,null],"b":1}`},
		{"the RFC's own example", `{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],` +
			`"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
			`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
				`"string":"€$\u000f\nA'B\"\\\\\"/"}`},
		{"names by UTF-16 units", `{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}`,
			"{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}"},
		{"integers keep their digits", `[9007199254740992,9007199254740993,-9007199254740993,123456789012345678901234567890]`,
			`[9007199254740992,9007199254740993,-9007199254740993,123456789012345678901234567890]`},
		{"floats become doubles", `[1000.0,1e3,0.1,0.10000000000000000001]`, `[1000,1000,0.1,0.1]`},
		{"half a surrogate pair", `["cut \ud83d","\udc00 cut"]`, "[\"cut \ufffd\",\"\ufffd cut\"]"},
		{"invalid UTF-8", "[\"\xff\"]", "[\"\ufffd\"]"},
		{"text is not html", `["<&>\u2028"]`, "[\"<&>\u2028\"]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := dedupe.Canonical([]byte(c.in))
			if err != nil || string(got) != c.want {
				t.Errorf("got  %s %v\nwant %s", got, err, c.want)
			}
		})
	}
}

func TestCanonicalRefuses(t *testing.T) {
	for _, in := range []string{"", "{", `{"a":1,"a":2}`, "{} {}", "01", "NaN", strings.Repeat("[", 20_000)} {
		if got, err := dedupe.Canonical([]byte(in)); !errors.Is(err, dedupe.ErrInvalid) {
			t.Errorf("%.20q: got %.40s %v, want ErrInvalid", in, got, err)
		}
	}
}

func TestCanonicalLeavesItsInput(t *testing.T) {
	in := []byte(`{"b":1, "a":2}`)
	if _, err := dedupe.Canonical(in); err != nil || string(in) != `{"b":1, "a":2}` {
		t.Errorf("the body is now %s %v", in, err)
	}
}

func TestKeysOfPayloads(t *testing.T) {
	a, b := []byte(`{"id":1,"n":9007199254740992}`), []byte(`{ "n":9007199254740992, "id":1 }`)
	if dedupe.RawKey(a) == dedupe.RawKey(b) {
		t.Error("the raw key does not tell spacing")
	}
	keyA, errA := dedupe.CanonicalKey(a)
	keyB, errB := dedupe.CanonicalKey(b)
	if errA != nil || errB != nil || keyA != keyB {
		t.Errorf("canonical keys differ: %s %v, %s %v", keyA, errA, keyB, errB)
	}
	twin, err := dedupe.CanonicalKey([]byte(`{"id":1,"n":9007199254740993}`))
	if err != nil || twin == keyA {
		t.Errorf("2^53 and 2^53+1 have one key (%v)", err)
	}
}

// TestFingerprintOfOddBodies holds that volatile fields are dropped from every body that can be read at all.
func TestFingerprintOfOddBodies(t *testing.T) {
	for name, body := range map[string]string{
		"half a surrogate pair": `{"id":"a","text":"cut \ud83d","try":%s}`,
		"invalid UTF-8":         "{\"id\":\"a\",\"text\":\"\xff\",\"try\":%s}",
		"duplicate names":       `{"id":"b","id":"a","try":%s}`,
		"duplicate volatile":    `{"id":"a","try":0,"try":%s}`,
	} {
		of := func(try, id string) string {
			return dedupe.Fingerprint([]byte(strings.ReplaceAll(strings.ReplaceAll(body, "%s", try), `"a"`, id)), "try")
		}
		if of("1", `"a"`) != of("2", `"a"`) {
			t.Errorf("%s: a redelivery reads as another payload", name)
		}
		if of("1", `"a"`) == of("1", `"c"`) {
			t.Errorf("%s: another payload reads as the same", name)
		}
	}
	if dedupe.Fingerprint([]byte(`{"id":1} {"try":1}`), "try") == dedupe.Fingerprint([]byte(`{"id":1} {"try":2}`), "try") {
		t.Error("two texts in a row are taken for the first")
	}
}

func TestFingerprint(t *testing.T) {
	const base = `{"id":"evt_1","pending_webhooks":2,"items":[{"x":{"eventDate":"a","v":9007199254740993}}]}`
	volatile := []string{"pending_webhooks", "items.*.x.eventDate", "not.there", "items.eventDate", "id.deeper"}
	for _, c := range []struct {
		name, body string
		same       bool
	}{
		{"itself", base, true},
		{"reordered", `{"items":[{"x":{"v":9007199254740993,"eventDate":"a"}}], "pending_webhooks":2,"id":"evt_1"}`, true},
		{"volatile changed", `{"id":"evt_1","pending_webhooks":0,"items":[{"x":{"eventDate":"b","v":9007199254740993}}]}`, true},
		{"volatile gone", `{"id":"evt_1","items":[{"x":{"v":9007199254740993}}]}`, true},
		{"other id", strings.Replace(base, "evt_1", "evt_2", 1), false},
		{"the next integer", strings.Replace(base, "740993", "740992", 1), false},
		{"another item", strings.Replace(base, `}}]`, `}},{}]`, 1), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if same := dedupe.Fingerprint([]byte(base), volatile...) == dedupe.Fingerprint([]byte(c.body), volatile...); same != c.same {
				t.Errorf("same fingerprint: %v, want %v", same, c.same)
			}
		})
	}
	if dedupe.Fingerprint([]byte("a=1&b=2"), "a") != dedupe.RawKey([]byte("a=1&b=2")) {
		t.Error("a form is not taken byte for byte")
	}
}

// TestFingerprintIgnoresForm writes one document in any order of fields.
func TestFingerprintIgnoresForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := rapid.MapOf(rapid.String(), rapid.OneOf(rapid.Int64().AsAny(), rapid.String().AsAny(), rapid.Bool().AsAny())).Draw(t, "doc")
		names := rapid.Permutation(slices.Sorted(maps.Keys(doc))).Draw(t, "order")
		var text strings.Builder
		for i, name := range names {
			if i > 0 {
				text.WriteString(" , ")
			}
			key, _ := json.Marshal(name)
			value, _ := json.Marshal(doc[name])
			text.WriteString(string(key) + "\t: " + string(value))
		}
		plain, err := json.Marshal(doc)
		if err != nil {
			t.Skip(err)
		}
		a, errA := dedupe.CanonicalKey(plain)
		b, errB := dedupe.CanonicalKey([]byte("{ " + text.String() + " }"))
		if (errA == nil) != (errB == nil) || a != b {
			t.Fatalf("%s and %s: %s %v, %s %v", plain, text.String(), a, errA, b, errB)
		}
		if dedupe.Fingerprint(plain, names...) != dedupe.Fingerprint([]byte("{}")) && len(names) > 0 && !slices.ContainsFunc(names, dotted) {
			t.Fatalf("dropping every field of %s leaves something", plain)
		}
	})
}

func dotted(name string) bool { return strings.Contains(name, ".") }

// FuzzFingerprint holds that no body makes it panic, and that the canonical form is its own canonical form.
func FuzzFingerprint(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"b":null}]}`, "", "[[[", `{"a":1e400}`, `-0`, `{"":{"":0}}`} {
		f.Add([]byte(s), "a.*.b")
	}
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		_ = dedupe.Fingerprint(body, path)
		once, err := dedupe.Canonical(body)
		if err != nil {
			return
		}
		if twice, err := dedupe.Canonical(once); err != nil || string(once) != string(twice) {
			t.Errorf("%s becomes %s %v", once, twice, err)
		}
	})
}

func TestPadVersion(t *testing.T) {
	for _, c := range []struct{ in, padded, trimmed string }{
		{"", "", ""}, {"0", "00000000000000000000", "0"}, {"7", "00000000000000000007", "7"},
		{"18446744073709551615", "18446744073709551615", "18446744073709551615"},
		{"000000000000000000000000012", "00000000000000000012", "12"},
	} {
		got, err := dedupe.PadVersion(c.in)
		if err != nil || got != c.padded || dedupe.TrimVersion(got) != c.trimmed {
			t.Errorf("%q: got %q %v, trimmed %q", c.in, got, err, dedupe.TrimVersion(got))
		}
	}
}
