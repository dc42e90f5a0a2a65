package provider_test

import (
	"encoding/json"
	"strings"
	"testing"

	"hookonce/replay/provider"
)

func FuzzValidJSON(f *testing.F) {
	for _, s := range []string{``, ` `, `{}`, `[1,-0.5e+3,"\u00e9\n"]`, `{"a":{"b":[true,false,null]}}`, `[1,]`, `{"a"}`, `01`, `1.`, `-`, `"\x"`, "\"\x01\"", "\"\xff\"", `nul`, `{"a":1}x`, `[[[`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if got, want := provider.ValidJSON(body), json.Valid(body); got != want {
			t.Errorf("%q: %v, want %v", body, got, want)
		}
	})
}

func TestValidJSONBoundsTheNesting(t *testing.T) {
	for _, depth := range []int{9_999, 10_000, 10_001, 1 << 20} {
		body := []byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))
		if got, want := provider.ValidJSON(body), json.Valid(body); got != want {
			t.Errorf("%d deep: %v, want %v", depth, got, want)
		}
	}
	if body := []byte("[" + strings.Repeat("[],", 20_000) + "0]"); !provider.ValidJSON(body) {
		t.Error("many brackets that lie side by side are refused")
	}
}
