package redact_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"hookonce/replay/redact"
)

func TestText(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{`{"email":"jo.doe@example.com"}`, `{"email":"[redacted e-mail]"}`},
		{`card 4242 4242 4242 4242 ok`, `card [redacted card] ok`},
		{`{"pan":4242424242424242}`, `{"pan":0}`},
		{`whsec_abcdefghijkl`, `[redacted secret]`},
		{`sk_` + `live_abcdefghijkl`, `[redacted secret]`},
		{`Authorization: Bearer abcdefghijk`, `Authorization: Bearer [redacted secret]`},
		{`password=hunter22`, `password=[redacted secret]`},
		{`{"client_secret":"abcdef"}`, `{"client_secret":"[redacted secret]"}`},
		{`{"secret":null}`, `{"secret":null}`},
		{`postgres://me:pw@db/x`, `postgres://[redacted secret]@db/x`},
		{`evt_1234567890123456 at 1764000000`, `evt_1234567890123456 at 1764000000`},
		{`{"status":"ignored"}`, `{"status":"ignored"}`},
	} {
		got := redact.Text(tc.in)
		if got != tc.want {
			t.Errorf("Text(%q) = %q, want %q", tc.in, got, tc.want)
		}
		if json.Valid([]byte(tc.in)) && !json.Valid([]byte(got)) {
			t.Errorf("%q is no longer JSON: %q", tc.in, got)
		}
	}
}

func TestURL(t *testing.T) {
	if got := redact.URL("http://me:pw@localhost:3000/hook?token=abc&x=1"); strings.Contains(got, "pw") || strings.Contains(got, "abc") || !strings.Contains(got, "x=1") {
		t.Errorf("URL = %q", got)
	}
}

func TestCommand(t *testing.T) {
	got := redact.Command([]string{"hookonce", "run", "my dir", "--secret", "whsec_abcdefgh", "--header", "Authorization: Bearer abcdefghijk",
		"--effects", "exec:psql -c 'x'", "--target=http://u:p@localhost/h"})
	for _, leak := range []string{"whsec_", "abcdefghijk", "u:p"} {
		if strings.Contains(got, leak) {
			t.Errorf("%q leaks %q", got, leak)
		}
	}
	if want := `'my dir' --secret "$HOOKONCE_SECRET"`; !strings.Contains(got, want) {
		t.Errorf("%q lacks %q", got, want)
	}
}

func TestScreen(t *testing.T) {
	for _, in := range []string{"\x1b[31mred", "\x1b]8;;http://x\x07link", "a\u202eb", "\x9b31m", "\xff\xfe", "a\x00b", "line\nbreak"} {
		got := redact.Screen(in, 100)
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
				t.Errorf("Screen(%q) = %q lets %U through", in, got, r)
			}
		}
	}
	if got := redact.Screen(strings.Repeat("é", 50), 10); got != strings.Repeat("é", 10)+"..." {
		t.Errorf("not bounded: %q", got)
	}
}

func BenchmarkText(b *testing.B) {
	body := strings.Repeat(`{"id":"evt_1","status":"success","amount":1200,"note":"nothing to hide"}`, 16)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		redact.Text(body)
	}
}
