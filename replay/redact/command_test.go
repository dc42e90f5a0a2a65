package redact

import (
	"os/exec"
	"strings"
	"testing"
)

func TestURL(t *testing.T) {
	for in, want := range map[string]string{
		"http://me:pw@localhost:3000/hook?token=abc&x=1":     "http://localhost:3000/hook?token=redacted&x=1",
		"http://h/?b=2&API%5FKEY=abc&a=1&empty=&sessionid=9": "http://h/?b=2&API%5FKEY=redacted&a=1&empty=&sessionid=redacted",
		"postgres://u:p@h/db?sslmode=disable":                "postgres://h/db?sslmode=disable",
		"redis://:pw@127.0.0.1:6379/0":                       "redis://127.0.0.1:6379/0",
		"http://h/users/jo@example.com":                      "http://h/users/[redacted e-mail]",
		"listen:127.0.0.1:4001":                              "listen:127.0.0.1:4001",
		"log:app.log#id=(\\S+)":                              "log:app.log#id=(\\S+)",
		"exec:PGPASSWORD=x psql":                             "exec:PGPASSWORD=[redacted secret] psql",
		"http://h/#rc=2":                                     "http://h/#rc=2",
		"://broken:pw@h":                                     "://[redacted secret]@h",
		"http://app:hun#ter2@127.0.0.1:1/":                   "http://[redacted secret]@127.0.0.1:1/",
		"mysql://app:hun/ter2@localhost:1/shop":              "mysql://[redacted secret]@localhost:1/shop",
		"":                                                   "",
	} {
		if got := URL(in); got != want {
			t.Errorf("URL(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPrivate(t *testing.T) {
	for in, want := range map[string]bool{
		"http://localhost:3000/hook?x=1 2":              false,
		"http://localhost:3000/hook?auth=abc":           true,
		"postgres://localhost/db#select id, count(*)":   false,
		"postgres://app:pw@localhost/db#select id":      true,
		"postgres://app:p#w@localhost/db#select id":     true,
		"log:app.log#id=(\\S+)$":                        false,
		"exec:curl -H 'Authorization: Bearer abcdef12'": true,
	} {
		if got := Private(in); got != want {
			t.Errorf("Private(%q) = %v", in, got)
		}
	}
}

func TestCommand(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"hookonce", "run", "my dir", "--secret", "whsec_abcdefgh"}, `hookonce run 'my dir' --secret "$HOOKONCE_SECRET"`},
		{[]string{"run", "--secret=s3cr3t", "--effects", "exec:check s3cr3t"}, `run --secret="$HOOKONCE_SECRET" --effects 'exec:check [redacted secret]'`},
		{[]string{"--header", "Authorization: Bearer abcdefghijk", "--header=X-Api-Key: k1"}, `--header 'Authorization: [redacted secret]' '--header'='X-Api-Key: [redacted secret]'`},
		{[]string{"--header", "X-Tenant: blue"}, `--header 'X-Tenant: blue'`},
		{[]string{"--target=http://u:p@localhost/h", "--redis", "redis://:pw@h"}, `--target=http://localhost/h --redis redis://h`},
		{[]string{"--effects", "http://h/e?token=abc&x=1"}, `--effects 'http://h/e?token=redacted&x=1'`},
		{[]string{"--effects", `exec:psql "postgres://u:pw@h/d" -c 'select 1'`}, `--effects 'exec:psql "postgres://[redacted secret]@h/d" -c '\''select 1'\'''`},
		{[]string{"--some-password", "x", "--secret"}, `--some-password '[redacted secret]' --secret`},
		{[]string{"", "a\x1bb'c"}, `'' $'a\x1bb\'c'`},
		{[]string{"--seed", "7", "--time-scale=0.001", "--", "-x"}, `--seed 7 --time-scale=0.001 -- -x`},
	} {
		want := strings.ReplaceAll(c.want, "'--header'=", "--header=")
		if got := Command(c.args, nil); got != want {
			t.Errorf("Command(%q)\n got %s\nwant %s", c.args, got, want)
		}
	}
}

// TestCommandIsWhatAShellReads lets a shell take the words apart again.
func TestCommandIsWhatAShellReads(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash on this machine")
	}
	args := []string{"a b", "it's", `back\slash`, "$HOME `x` !", "--only=invoice.*", "tab\tand\nline", "", "*"}
	out, err := exec.Command(bash, "-c", `printf '%s\0' `+Command(args, nil)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(args, "\x00") + "\x00"; string(out) != got {
		t.Errorf("the shell reads %q, want %q", out, got)
	}
}
