package replay

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

func TestRewrite(t *testing.T) {
	const body = `{"id":"evt_1","big":9007199254740993,"n":-100,"f":1.5,"a":[1,{"x":"é","y":""}],"s":"a\"b","t":true,"z":null}`
	want := map[Rewrite]string{
		RewriteOrder:   `{"z":null,"t":true,"s":"a\"b","a":[1,{"y":"","x":"é"}],"f":1.5,"n":-100,"big":9007199254740993,"id":"evt_1"}`,
		RewriteEscapes: `{"id":"\u0065vt_1","big":9007199254740993,"n":-100,"f":1.5,"a":[1,{"x":"é","y":""}],"s":"\u0061\"b","t":true,"z":null}`,
		RewriteNumbers: `{"id":"evt_1","big":9007199254740993,"n":-100.0,"f":1.5,"a":[1.0,{"x":"é","y":""}],"s":"a\"b","t":true,"z":null}`,
	}
	for _, r := range Rewrites() {
		got := r.Apply([]byte(body))
		if w := want[r]; w != "" && string(got) != w {
			t.Errorf("%s:\n got %s\nwant %s", r, got, w)
		}
		if bytes.Equal(got, []byte(body)) || !sameJSON(t, got, []byte(body)) {
			t.Errorf("%s: %s", r, got)
		}
	}
}

func TestRewriteLeavesAlone(t *testing.T) {
	for _, body := range []string{"", "a=b&c=d", `"text"`, `{"a":`, "{}", "[]"} {
		for _, r := range append(Rewrites(), RewriteNone) {
			if got := r.Apply([]byte(body)); string(got) != body {
				t.Errorf("%s of %q: %q", r, body, got)
			}
		}
	}
}

func FuzzRewrite(f *testing.F) {
	f.Add([]byte(`{"a":[1,"x"],"a":2e3}`))
	f.Add([]byte(` [ "\u0000", -0, 1.0 ] `))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, r := range Rewrites() {
			if got := r.Apply(body); json.Valid(body) && !json.Valid(got) {
				t.Errorf("%s of %q is no JSON: %q", r, body, got)
			}
		}
	})
}

// sameJSON compares what two texts say, with numbers of any form by their value.
func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}
