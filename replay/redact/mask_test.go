package redact

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMask(t *testing.T) {
	m := Masker{Key: []byte("k")}
	address := m.Mask("jo@example.org", nil)
	if !strings.HasSuffix(address, "@example.com") || address != m.Mask("Jo@Example.org", nil) || address == (Masker{Key: []byte("other")}).Mask("jo@example.org", nil) {
		t.Errorf("an address becomes %s", address)
	}
	for in, want := range map[string]string{
		`{"email":"jo@example.org","a":"x jo@example.org y"}`:                     `{"email":"` + address + `","a":"x ` + address + ` y"}`,
		`{"a":"jo\u0040example.org","u":"?e=jo%40example.org"}`:                   `{"a":"` + strings.Replace(address, "@", `\u0040`, 1) + `","u":"?e=` + strings.Replace(address, "@", "%40", 1) + `"}`,
		`{"pan":5555555555554444,"b":"3782-822463-10005"}`:                        `{"pan":4242424242424242,"b":"3782-822463-10005"}`,
		`{"cvc":123,"client_secret":"pi_1Ab_secret_9z","k":"whsec_abcDEF012345"}`: `{"cvc":111,"client_secret":"xx_0Xx_xxxxxx_0x","k":"whsec_xxxXXX000000"}`,
		`{"first_name":"Zoë","lastName":"O'Br\u00edan"}`:                          `{"first_name":"Xxx","lastName":"X'Xxxxx"}`,
		`{"customer":{"name":"Jo Doe"},"product":{"name":"Gold plan"}}`:           `{"customer":{"name":"Xx Xxx"},"product":{"name":"Gold plan"}}`,
		`{"name":"Jo","phone":"+1"}`:                                              `{"name":"Xx","phone":"+1"}`,
		`{"object":"customer","name":"Jo","metadata":{"name":"gold"}}`:            `{"object":"customer","name":"Xx","metadata":{"name":"gold"}}`,
		`{"repository":{"name":"hook","full_name":"octo/hook"}}`:                  `{"repository":{"name":"hook","full_name":"octo/hook"}}`,
		`{"id":"evt_1","n":9007199254740993,"amount":1200}`:                       `{"id":"evt_1","n":9007199254740993,"amount":1200}`,
	} {
		if got := m.Mask(in, nil); got != want {
			t.Errorf("%s\n became %s\n want %s", in, got, want)
		}
	}
	if got := m.Mask(`{"id":6304000000000000,"pan":4242424242424242}`, func(s string) bool { return strings.HasPrefix(s, "6304") }); got != `{"id":6304000000000000,"pan":4242424242424242}` {
		t.Errorf("an id becomes %s", got)
	}
	form := `From=%2B49151&ProfileName=Jo+Doe&Body=write+jo%40example.org&payload=%7B%22token%22%3A%22abcDEF123%22%7D&x=a+b&bad=%zz`
	want := `From=%2B49151&ProfileName=Xx+Xxx&Body=write+` + strings.Replace(address, "@", "%40", 1) + `&payload=%7B%22token%22%3A%22xxxXXX000%22%7D&x=a+b&bad=%zz`
	if got := m.MaskForm(form, nil); got != want {
		t.Errorf("form\n%s\n want\n%s", got, want)
	}
}

// TestMaskedStaysJSON: of the same shape, with nothing left of what was hidden.
func TestMaskedStaysJSON(t *testing.T) {
	m := Masker{Key: []byte("k")}
	leaks := []string{"jo@", "Zm9vYmFyYmF6", "abcdef123456", "hunter2", "pw99"}
	rapid.Check(t, func(t *rapid.T) {
		in, err := json.Marshal(jsonValue(t, 3))
		if err != nil {
			t.Fatal(err)
		}
		got := m.Mask(string(in), nil)
		if !json.Valid([]byte(got)) || shape(in) != shape([]byte(got)) {
			t.Fatalf("%s\nbecame\n%s", in, got)
		}
		for _, l := range leaks {
			if strings.Contains(Text(string(in)), l) != strings.Contains(got, l) && strings.Contains(got, l) {
				t.Fatalf("%q is left in %s", l, got)
			}
		}
	})
}

// shape is JSON without the letters and digits of its strings and numbers.
func shape(in []byte) string {
	var v any
	_ = json.Unmarshal(in, &v)
	var walk func(any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case string:
			return "s"
		case float64:
			return 1
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
			return v
		case map[string]any:
			out := []any{}
			for range v {
				out = append(out, "k")
			}
			return out
		}
		return v
	}
	b, _ := json.Marshal(walk(v))
	return string(b)
}

func FuzzMask(f *testing.F) {
	for _, s := range append(secrets, `{"customer":{"name":"a\u00e9\"b"},"name":"x","phone":""}`, `[{"first_name":"\\"},["name"]]`, `a=%7B%22name%22%3A1%7D&&b`) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m := Masker{Key: []byte("k")}
		got := m.Mask(s, nil)
		if json.Valid([]byte(s)) && !json.Valid([]byte(got)) || len(got) > 16*len(s)+64 {
			t.Errorf("%q became %q", s, got)
		}
		_ = m.MaskForm(s, func(id string) bool { return id == "x" })
	})
}
