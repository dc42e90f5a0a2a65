package observe

import (
	"net/http"
	"net/url"
	"testing"

	"hookonce/replay"
)

// checkGain fails where what was told is more than the input can hold, or not what an effect may be.
func checkGain(t *testing.T, effects []replay.Effect, input int) {
	t.Helper()
	size := 0
	for _, e := range effects {
		size += len(e.Key) + len(e.Name) + len(e.Subject) + len(e.Version)
		if e.Subject == "" && (e.Count <= 0 || e.Count > maxCount) {
			t.Errorf("effect %+v", e)
		}
	}
	if len(effects) > input || size > 8*input {
		t.Errorf("%d bytes tell %d effects of %d bytes", input, len(effects), size)
	}
}

// FuzzOutput reads what commands print and HTTP sources answer.
func FuzzOutput(f *testing.F) {
	for _, s := range []string{
		`{"processed":[{"id":"evt_1","count":2}]}`, `[{"subject":"in_1","versions":["1","2"],"deleted":true}]`, `{"evt_1":1,"evt_2":2}`,
		"{\"id\":\"evt_1\"}\n{\"id\":\"evt_2\",\"count\":3}\n", "evt_1 1\nevt_2\t2\temail\n", "state|in_1|3|t\n", "\"a,b\",2\n", `[[1],{"id":1e99}]`,
	} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, out []byte, states bool) {
		snap, err := decodeOutput(out, states, func(id string) bool { return id == "evt_1" })
		if err != nil {
			return
		}
		checkGain(t, snap.since(newSnapshot(0)), len(out))
		if again := snap.since(snap); len(again) != 0 {
			t.Errorf("a snapshot tells %d effects since itself", len(again))
		}
	})
}

// FuzzSpec parses what --effects may be given, and reads a log line with its expression.
func FuzzSpec(f *testing.F) {
	for _, s := range []string{
		"http://localhost:3000/effects", "exec:echo x", "exec+state:cat", "listen:4001?slow=20ms&fail-first=1&status=503&dedupe=true&methods=POST",
		`log:app.log#charged (?P<id>\S+) (?P<subject>x)(?P<version>\d+)`, "log:a#((((a*)*)*)*)*b", "listen:[::1]:99999", ":", "postgres://u:p@h/d",
	} {
		f.Add(s, "charged evt_1 x12 aaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	}
	f.Fuzz(func(t *testing.T, spec, line string) {
		source, err := Parse(spec, Options{})
		if err != nil {
			return
		}
		if source.Info().Label == "" {
			t.Errorf("%q has no label", spec)
		}
		if log, ok := source.(*logSource); ok {
			for _, e := range log.pattern.effects(nil, []byte(line)) {
				if len(e.Key) > 3*len(line) {
					t.Errorf("%q finds %q in %q", spec, e.Key, line)
				}
			}
		}
	})
}

// FuzzCall lets a sink find the id in calls of any form.
func FuzzCall(f *testing.F) {
	f.Add("application/json", "/v1/charges/evt_1", "k=v", []byte(`{"a":[{"id":"evt_1"}],"n":12}`))
	f.Add("application/x-www-form-urlencoded", "/", "", []byte("id=evt_1&x=%zz"))
	f.Add("multipart/form-data; boundary=b", "/", "", []byte("--b\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\nevt_1\r\n--b--\r\n"))
	f.Add("", "//", "", []byte("evt_1"))
	f.Fuzz(func(t *testing.T, contentType, path, query string, body []byte) {
		known := func(id string) bool { return id == "evt_1" }
		r := &http.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {contentType}}, URL: &url.URL{Path: path, RawQuery: query}}
		c := idFinder{known: known, event: known}.find(r, body)
		if c.known && c.id != "evt_1" {
			t.Errorf("knows %q", c.id)
		}
		if len(c.id) > longestID {
			t.Errorf("takes %d bytes for an id", len(c.id))
		}
	})
}
