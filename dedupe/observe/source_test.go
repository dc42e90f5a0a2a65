package observe

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"hookonce/replay"
)

func TestParseLabels(t *testing.T) {
	for spec, want := range map[string]string{
		"http://localhost:3000/effects":                            "http://localhost:3000/effects",
		" HTTP://localhost:3000/effects#part ":                     "http://localhost:3000/effects",
		"https://joe:hunter2@shop.test/e?run=7&token=hunter2":      "https://shop.test/e?run=7&token=***",
		"https://shop.test/e?api_key=hunter2&page=2":               "https://shop.test/e?api_key=***&page=2",
		`exec:psql -tAc "select event_id, count(*) from c"`:        `exec:psql -tAc "select event_id, count(*) from c"`,
		"exec:echo sk_live_abcdefgh1234":                           "exec:echo [redacted secret]",
		"exec+state:cat s.txt":                                     "exec+state:cat s.txt",
		"exec:psql postgres://joe:hunter2@db/shop -c x":            "exec:psql postgres://db/shop -c x",
		"exec:PGPASSWORD=hunter2 psql -c x":                        "exec:PGPASSWORD=*** psql -c x",
		"exec:PGPASSWORD='hunt er2' psql -c x":                     "exec:PGPASSWORD=*** psql -c x",
		"exec:x --password=hunter2 --db-password hunter2 --id 3":   "exec:x --password=*** --db-password *** --id 3",
		"exec:mysql -uroot -phunter2 shop -e x":                    "exec:mysql -uroot -p*** shop -e x",
		"exec:redis-cli -a hunter2 --raw lrange x 0 -1":            "exec:redis-cli -a *** --raw lrange x 0 -1",
		"exec:curl -s -u joe:hunter2 http://x/e":                   "exec:curl -s -u *** http://x/e",
		`exec:curl -H "Authorization: Bearer hunter2" http://x/e`:  `exec:curl -H "Authorization: Bearer [redacted secret]" http://x/e`,
		`exec:psql -tAc "select idempotency_key from c where x=1"`: `exec:psql -tAc "select idempotency_key from c where x=1"`,
		"listen:127.0.0.1:9000?slow=200ms&fail-first=1&status=201": "listen:127.0.0.1:9000?slow=200ms&fail-first=1&status=201",
		"listen:9000":                                    "listen:9000",
		"listen::0?dedupe=key":                           "listen::0?dedupe=key",
		"listen:[::1]:0?method=post,put":                 "listen:[::1]:0?method=post,put",
		`log:app.log#charged (?P<id>\S+)`:                `log:app.log#charged (?P<id>\S+)`,
		`log:a.log#(?P<subject>\w+) at (?P<version>\d+)`: `log:a.log#(?P<subject>\w+) at (?P<version>\d+)`,
	} {
		s, err := Parse(spec, Options{})
		if err != nil {
			t.Errorf("%s: %v", spec, err)
			continue
		}
		if got := s.Info().Label; got != want {
			t.Errorf("%s\n got %s\nwant %s", spec, got, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for spec, want := range map[string]string{
		"":                                       "no scheme; use http://HOST/PATH, https://HOST/PATH, exec:CMD",
		"http://joe:hun#ter2@shop.test/e":        "effect source http://shop.test/e: this is not a URL",
		"effects.json":                           "mysql://HOST/DB#QUERY or sqlite:FILE#QUERY",
		"localhost:3000/effects":                 `the scheme "localhost" is not known; use http://`,
		"ftp://x/y":                              `the scheme "ftp" is not known`,
		"file:///etc/passwd":                     "files are not read by URL",
		"postgres://joe:hunter2@db/x":            "no query; want postgres://HOST/DB#QUERY",
		"mysql://db/x":                           "no query; want mysql://",
		"sqlite:shop.db":                         "no query; want sqlite:FILE#QUERY",
		"redis://joe:hunter2@db:6379":            "no command; want redis://",
		"redis://joe:hunter2@db:63x79#hgetall c": "want //USER:PASSWORD@HOST:PORT/DB",
		"mysql://joe:hunter2@db:33x06/shop#select 1": "want //USER:PASSWORD@HOST:PORT/DB",
		"redis://db#flushall now":                    `the command "flushall" is not one of hgetall`,
		"redis+state://db#smembers versions":         "states come as pairs",
		"http:///effects":                            "names no host",
		"http:effects":                               "names no host",
		"http://joe:hunter2@x:port/e":                "this is not a URL",
		"exec:  ":                                    "no command; want exec:CMD",
		"listen:":                                    "is not an address",
		"listen:localhost":                           "is not an address",
		"listen:localhost:http":                      `the port "http"`,
		"listen:localhost:99999":                     `the port "99999"`,
		"listen:9000?slow=often":                     "slow=often is not a duration up to 10m0s",
		"listen:9000?slow=-1s":                       "slow=-1s",
		"listen:9000?fail-first=maybe":               "fail-first=maybe",
		"listen:9000?status=20":                      "status=20 is not an HTTP status",
		"listen:9000?dedupe=id":                      "dedupe=id is neither key nor none",
		"listen:9000?method=POST,":                   "method= wants methods",
		"listen:9000?fast=1":                         `the option "fast" is not known; use slow`,
		"listen:9000?slow=%zz":                       "are not a query",
		"log:app.log":                                "want log:FILE#REGEXP",
		"log:#x(y)":                                  "want log:FILE#REGEXP",
		"log:app.log#charged (":                      "the expression is not one",
		"log:app.log#charged":                        "no group that says where the id is",
		"log:app.log#(?P<subject>x)":                 "a state needs both groups",
		"log:app.log#(?P<name>x) (?P<y>z)":           "the first group has another name",
		"log:app.log#(?P<version>1) (?P<id>":         "the expression is not one",
	} {
		_, err := Parse(spec, Options{})
		switch {
		case err == nil:
			t.Errorf("%s: no error", spec)
		case !errors.Is(err, ErrSpec):
			t.Errorf("%s: %v is no ErrSpec", spec, err)
		case !strings.Contains(err.Error(), want):
			t.Errorf("%s\n got %v\nwant %s", spec, err, want)
		case strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "joe"):
			t.Errorf("%s: a secret in %v", spec, err)
		case strings.Contains(err.Error(), "\n"):
			t.Errorf("%s: more than one line: %v", spec, err)
		}
	}
}

func TestIDsOf(t *testing.T) {
	ids := IDsOf(replay.Plan{Events: []replay.Event{
		{Key: "evt_1", Subject: "sub_1", Refs: []string{"pi_1"}},
		{Key: "evt_2", EffectKey: "ch_2"},
	}})
	for id, want := range map[string][2]bool{ // known, event
		"evt_1": {true, true}, "sub_1": {true, false}, "pi_1": {true, false},
		"evt_2": {true, false}, "ch_2": {true, true}, "": {}, "evt_3": {},
	} {
		if got := [2]bool{ids.Known(id), ids.Event(id)}; got != want {
			t.Errorf("%q: known, event = %v, want %v", id, got, want)
		}
	}
}

// Whatever a source connects to, Dial decides about it, and is told the name: neither a proxy nor a driver connects by itself.
func TestDialDecides(t *testing.T) {
	if (Options{}).transport().Proxy != nil {
		t.Error("a proxy of the environment would be asked")
	}
	for spec, want := range map[string]string{
		"http://shop.invalid/effects":                "shop.invalid:80",
		"https://shop.invalid/effects":               "shop.invalid:443",
		"redis://shop.invalid/0#hgetall charges":     "shop.invalid:6379",
		"rediss://shop.invalid/0#hgetall charges":    "shop.invalid:6379",
		"postgres://app@shop.invalid/db#select 1, 2": "shop.invalid:5432",
		"mysql://app@shop.invalid/db#select 1, 2":    "shop.invalid:3306",
	} {
		var dialled []string
		s := mustParse(t, spec, Options{Dial: func(_ context.Context, _, address string) (net.Conn, error) {
			dialled = append(dialled, address)
			return nil, errors.New("forbidden")
		}})
		if err := s.Open(t.Context(), time.Now(), func(replay.Effect) {}); err == nil || len(dialled) == 0 || dialled[0] != want {
			t.Errorf("%s: %v, asked for %q", spec, err, dialled)
		}
		if hosts := Hosts(s); len(hosts) == 0 || hosts[0] != "shop.invalid" {
			t.Errorf("%s: its hosts are %q", spec, hosts)
		}
		_ = s.Close()
	}
}

// Of what the plan does not know, people and secrets are not told; what it knows is told as it is, also where it is a part.
func TestForeignIDsAreRedacted(t *testing.T) {
	known := func(id string) bool { return id == "4111111111111111" || id == "jo@example.com" }
	var told []string
	o := outlet{known: known}
	o.start(time.Now(), func(e replay.Effect) { told = append(told, e.Key+e.Subject+" "+e.Version) })
	for _, e := range []replay.Effect{
		{Key: "4111111111111111"}, {Key: "charge:4111111111111111"}, {Key: "ann@example.com"}, {Key: "4242424242424242"}, {Key: "evt_1"},
		{Subject: "jo@example.com", Version: "4242424242424242"}, {Subject: "cus_1", Version: "ann@example.com"},
	} {
		o.send(e)
	}
	want := `4111111111111111 ; charge:4111111111111111 ; [redacted e-mail] ; "[redacted card]" ; evt_1 ; ` +
		"jo@example.com 4242424242424242; cus_1 [redacted e-mail]"
	if got := strings.Join(told, "; "); got != want {
		t.Errorf("told %s\nwant %s", got, want)
	}
}

func TestIDsWithin(t *testing.T) {
	ids := IDsOf(replay.Plan{Events: []replay.Event{{Key: "evt_1", Subject: "sub_1", Refs: []string{"42"}}, {Key: "0b0e9c1c-7a43-4a6b-9d1e-2f6a3f0f2c11"}}})
	for key, want := range map[string]string{
		"evt_1": "evt_1", "charge:evt_1": "evt_1", "sub_1/evt_1": "evt_1", "mail-sub_1": "sub_1", "42": "42", "charge 42": "", "evt_12": "", "": "",
		"x_0b0e9c1c-7a43-4a6b-9d1e-2f6a3f0f2c11_1": "0b0e9c1c-7a43-4a6b-9d1e-2f6a3f0f2c11",
	} {
		if got := ids.Within(key); got != want {
			t.Errorf("%q: %q, want %q", key, got, want)
		}
	}
}
