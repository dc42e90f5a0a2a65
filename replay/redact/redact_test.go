package redact

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// glue keeps what looks like a live key out of the source, where scanners would report it.
func glue(parts ...string) string { return strings.Join(parts, "") }

func TestText(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		// e-mail addresses
		{`{"email":"jo.doe@example.com"}`, `{"email":"[redacted e-mail]"}`},
		{`write to "o'brien+x@mail.example.co.uk".`, `write to "[redacted e-mail]".`},
		{`zoë@exämple.com, 'a@b.io'`, `[redacted e-mail], '[redacted e-mail]'`},
		{`?to=jo%40example.com&x=1`, `?to=[redacted e-mail]&x=1`},
		{`{"a":"line\njo@example.com\u0041jo@example.com"}`, `{"a":"line\n[redacted e-mail]\u0041[redacted e-mail]"}`},
		{`{"a":"jo\u0040example.com"}`, `{"a":"[redacted e-mail]"}`},
		{`pkg@1.2.3 user@localhost @handle a@b @@ x@y.1`, `pkg@1.2.3 user@localhost @handle a@b @@ x@y.1`},
		// cards
		{`card 4242 4242 4242 4242 ok`, `card [redacted card] ok`},
		{`4242-4242-4242-4242, 378282246310005.`, `[redacted card], [redacted card].`},
		{`3782 822463 10005 and 4000 0566 5566 5556 12 30`, `[redacted card] and [redacted card] 12 30`},
		{`{"pan":4242424242424242}`, `{"pan":"[redacted card]"}`},
		{`{"pan":"4242424242424242","n":[4242424242424242 , 1]}`, `{"pan":"[redacted card]","n":["[redacted card]" , 1]}`},
		{`6011000990139424 5555555555554444 6304000000000000 30569309025904`, `[redacted card] [redacted card] [redacted card] [redacted card]`},
		{`4242424242424243 1764000000000 1764000000000000000 0.4242424242424242 -4242424242424242`, `4242424242424243 1764000000000 1764000000000000000 0.4242424242424242 -4242424242424242`},
		{`evt_4242424242424242 42424242424242424242 4242424242424242x at 1764000000`, `evt_4242424242424242 42424242424242424242 4242424242424242x at 1764000000`},
		// secrets by their form
		{`whsec_abcdefghijkl`, `[redacted secret]`},
		{`{"k":"whsec_ab\/cd+efgh=="}`, `{"k":"[redacted secret]"}`},
		{glue(`sk_`, `live_abcdefghijkl is bad. `, `sk_`, `test_abcdefghijkl.`), `[redacted secret] is bad. [redacted secret].`},
		{glue("gh", "p_0123456789abcdefABCD"), `[redacted secret]`},
		{glue(`ey`, `JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl`), `[redacted secret]`},
		{`sk_live is a prefix; eyJ too`, `sk_live is a prefix; eyJ too`},
		// by their names
		{`Authorization: Bearer abcdefghijk`, `Authorization: Bearer [redacted secret]`},
		{`{"Authorization":"Basic dXNlcjpwYXNz","x":1}`, `{"Authorization":"Basic [redacted secret]","x":1}`},
		{`got Basic dXNlcjpwYXNz`, `got Basic [redacted secret]`},
		{`a basic question of bearer`, `a basic question of bearer`},
		{`password=hunter22 DB_PASSWORD='a b' pwd: x`, `password=[redacted secret] DB_PASSWORD='[redacted secret]' pwd: [redacted secret]`},
		{`password = "with \" quote" end`, `password = "[redacted secret]" end`},
		{`{"client_secret":"abcdef","apiKey":"k","accessToken":"t\"u","cvc":123,"secret":null,"token":["x"]}`,
			`{"client_secret":"[redacted secret]","apiKey":"[redacted secret]","accessToken":"[redacted secret]","cvc":"[redacted secret]","secret":null,"token":["x"]}`},
		{`{"body":"{\"password\":\"hu\\\"nter\",\"a\":1}"}`, `{"body":"{\"password\":\"[redacted secret]\",\"a\":1}"}`},
		{`{"q":"password=","b":"x"}`, `{"q":"password=","b":"x"}`},
		{`{"q":"a&password=x&b","secret" : "y"}`, `{"q":"a&password=[redacted secret]&b","secret" : "[redacted secret]"}`},
		{`{"password":"cut off`, `{"password":"[redacted secret]`},
		{"{\"password\":\"a\"}\n{\"pan\":4242424242424242}\n", "{\"password\":\"[redacted secret]\"}\n{\"pan\":\"[redacted card]\"}\n"},
		{`{password="hunter2"}`, `{password="[redacted secret]"}`},
		{"Cookie: sid=1; b=2\r\nHost: x", "Cookie: [redacted secret]\r\nHost: x"},
		{"Stripe-Signature: t=1,v1=00\nnext", "Stripe-Signature: [redacted secret]\nnext"},
		{`{"sig":["t=1700000000,v1=` + strings.Repeat("0a", 32) + `"]}`, `{"sig":["t=1700000000,v1=[redacted secret]"]}`},
		{`No signatures found matching the expected signature: too old`, `No signatures found matching the expected signature: too old`},
		{`X-Hub-Signature-256: sha256=` + strings.Repeat("0a", 32), `X-Hub-Signature-256: [redacted secret]`},
		{`Unexpected token: in JSON; secret: none; token => abc1234x`, `Unexpected token: in JSON; secret: none; token => [redacted secret]`},
		{`--secret=$HOOKONCE_SECRET`, `--secret=$HOOKONCE_SECRET`},
		// URLs
		{`postgres://me:pw@db/x`, `postgres://[redacted secret]@db/x`},
		{`{"u":"https:\/\/me:p%40w@host:1\/x","v":"redis://:pw@h"}`, `{"u":"https:\/\/[redacted secret]@host:1\/x","v":"redis://[redacted secret]@h"}`},
		{`https://example.com/@user ://x@y`, `https://example.com/@user ://x@y`},
		// nothing to hide
		{`{"status":"ignored","id":"evt_1","n":9007199254740993}`, `{"status":"ignored","id":"evt_1","n":9007199254740993}`},
		{``, ``},
	} {
		got := Text(tc.in)
		if got != tc.want {
			t.Errorf("Text(%s)\n got %s\nwant %s", tc.in, got, tc.want)
		}
		if again := Text(got); again != got {
			t.Errorf("twice: %s\n then %s", got, again)
		}
		if json.Valid([]byte(tc.in)) && !json.Valid([]byte(got)) {
			t.Errorf("%s is no longer JSON: %s", tc.in, got)
		}
		if b := Bytes([]byte(tc.in)); string(b) != got {
			t.Errorf("Bytes differs: %s", b)
		}
	}
}

// TestOwnFixturesStayJSON: ids and numbers of real events survive, addresses do not.
func TestOwnFixturesStayJSON(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "fixtures", "stripe", "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got := Text(string(data))
		if !json.Valid([]byte(got)) || strings.Contains(got, "@example.com") {
			t.Errorf("%s became %s", name, got)
		}
		var was, is struct{ ID, Type string }
		if json.Unmarshal(data, &was) != nil || json.Unmarshal([]byte(got), &is) != nil || was != is || strings.Contains(got, markCard) {
			t.Errorf("%s: lost more than it should: %s", name, got)
		}
	}
}

// secrets are what a text may hold, each with something that must not survive.
var secrets = []string{"jo@example.com", "4242424242424242", "whsec_Zm9vYmFyYmF6", "Bearer abcdef123456", "password=hunter2", "https://u:pw99@h/"}

// jsonValue draws a JSON value with secrets in it.
func jsonValue(t *rapid.T, depth int) any {
	kinds := 4
	if depth > 0 {
		kinds = 6
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return rapid.String().Draw(t, "text")
	case 1:
		return rapid.StringOf(rapid.RuneFrom([]rune("ab\\\"\n\t/\u00e9 u0:='@.,-%4{[<"))).Draw(t, "hostile") + rapid.SampledFrom(secrets).Draw(t, "secret")
	case 2:
		return json.Number(rapid.SampledFrom([]string{"4242424242424242", "-4242424242424242", "4242424242424242.5", "1", "4242424242424242e1", "-0"}).Draw(t, "number"))
	case 3:
		return rapid.SampledFrom([]any{nil, true, false}).Draw(t, "word")
	case 4:
		return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) any { return jsonValue(t, depth-1) }), 0, 4).Draw(t, "list")
	}
	key := rapid.OneOf(rapid.SampledFrom([]string{"password", "token", "Authorization", "signature", "cvc", "x"}), rapid.String())
	return rapid.MapOfN(key, rapid.Custom(func(t *rapid.T) any { return jsonValue(t, depth-1) }), 0, 4).Draw(t, "object")
}

func TestJSONStaysJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in []byte
		var err error
		v := jsonValue(t, 3)
		if rapid.Bool().Draw(t, "indent") {
			in, err = json.MarshalIndent(v, "", "  ")
		} else {
			in, err = json.Marshal(v)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := Bytes(in); !json.Valid(got) {
			t.Fatalf("%s\nbecame\n%s", in, got)
		}
	})
}

// TestSecretsNeverSurvive puts each secret between blanks into a text of anything.
func TestSecretsNeverSurvive(t *testing.T) {
	leaks := []string{"jo@", "4242424242424242", "Zm9vYmFyYmF6", "abcdef123456", "hunter2", "pw99"}
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(secrets)-1).Draw(t, "secret")
		s := rapid.String().Draw(t, "before") + " " + secrets[i] + " " + rapid.String().Draw(t, "after")
		if got := Text(s); strings.Contains(got, leaks[i]) {
			t.Fatalf("%q leaks as %q", s, got)
		}
	})
}

func FuzzText(f *testing.F) {
	for _, s := range append(secrets, `{"password":"x","a":"\u0040","b":["\\\"@x.io"]}`, `{"a":"password='\n"}`, "{\n@") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Text(s)
		if json.Valid([]byte(s)) && !json.Valid([]byte(got)) {
			t.Errorf("%q became %q", s, got)
		}
	})
}

// TestLinear: twice the text takes about twice the steps. It counts work by allocating nothing
// and by being done at all: each of these took minutes in a scan that looks back.
func TestLinear(t *testing.T) {
	const n = 1 << 20
	for _, s := range []string{"a", "@", "a@", "a@a.", "4 ", "4242 ", "://", "https://a", `password="`, `password`, `\`, `\"`, `"`, "Bearer ", "eyJ.", "%40", "token:", "{\"a\":\n"} {
		_ = Text(strings.Repeat(s, n/len(s)))
		_ = Text("{" + strings.Repeat(s, n/len(s)))
	}
}

func BenchmarkText(b *testing.B) {
	clean := `[` + strings.TrimSuffix(strings.Repeat(`{"id":"evt_1","status":"success","amount":1200,"note":"nothing to hide"},`, 900), ",") + `]`
	dirty := strings.Replace(clean, "nothing to hide", "jo@example.com", 100)
	for name, body := range map[string]string{"clean": clean, "dirty": dirty, "plain": strings.Repeat("GET /webhook 200 in 12 ms; ok\n", 2000)} {
		b.Run(fmt.Sprintf("%s-%dKiB", name, len(body)>>10), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				Text(body)
			}
		})
	}
}
