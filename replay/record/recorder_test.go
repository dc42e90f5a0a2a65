package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hookonce/replay"
	"hookonce/replay/redact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a recorder before an endpoint.
type rig struct {
	recorder *Recorder
	journal  *Journal
	server   *httptest.Server
	dir      string
	seen     chan Sighting
}

func newRig(t testing.TB, forward string, change func(*Options, *Preparer)) *rig {
	t.Helper()
	g := &rig{dir: t.TempDir(), seen: make(chan Sighting, 100)}
	to, err := url.Parse(forward)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	o, p := Options{Forward: to, Transport: transport, Seen: func(s Sighting) { g.seen <- s }}, Preparer{Masker: redact.Masker{Key: []byte("k")}}
	if change != nil {
		change(&o, &p)
	}
	if g.journal, err = NewJournal(InFolder(g.dir, time.Unix(0, 0)), p.Line, t.Logf); err != nil {
		t.Fatal(err)
	}
	o.Journal = g.journal
	g.recorder = New(o)
	g.server = httptest.NewServer(g.recorder)
	t.Cleanup(func() { g.server.Close(); g.recorder.Wait(); g.journal.Close(); transport.CloseIdleConnections() })
	return g
}

// recorded reads what was written so far.
func (g *rig) recorded(t testing.TB) []map[string]any {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(g.dir, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for l := range bytes.Lines(text) {
			var m map[string]any
			if err := json.Unmarshal(l, &m); err != nil {
				t.Fatal(err)
			}
			all = append(all, m)
		}
	}
	return all
}

// exchange sends bytes and returns the bytes that come back.
func exchange(t *testing.T, addr, request string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// rawEndpoint answers every request with the same bytes, and hands over what it got.
func rawEndpoint(t *testing.T, answer string) (string, chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 10)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			br := bufio.NewReader(c)
			var head strings.Builder
			length := 0
			for {
				line, err := br.ReadString('\n')
				head.WriteString(line)
				_, _ = fmt.Sscanf(line, "Content-Length: %d", &length)
				if err != nil || line == "\r\n" {
					break
				}
			}
			body := make([]byte, length)
			_, _ = io.ReadFull(br, body)
			got <- head.String() + string(body)
			_, _ = io.WriteString(c, answer)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-ended })
	return "http://" + l.Addr().String(), got
}

// TestByteForByte: what comes in goes out, and what is answered comes back, with nothing added or taken.
func TestByteForByte(t *testing.T) {
	answer := "HTTP/1.1 418 I'm a teapot\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\nX-Two: a\r\nX-Two: b\r\nConnection: close\r\n\r\n\x1f\x8b\x00\xff"
	forward, got := rawEndpoint(t, answer)
	g := newRig(t, forward, nil)
	body := "{ \"a\":\t1.50,\"b\":\"\xff\\u00e9\" }\n"
	in := "POST /a%2Fb/?x=1;y=%zz&z HTTP/1.1\r\nHost: hooks.example.com\r\nContent-Length: " + fmt.Sprint(len(body)) +
		"\r\nX-Forwarded-For: 192.0.2.1\r\nX-Sig: t=1, v1=00\r\nX-Two: a\r\nX-Two: b\r\nConnection: close\r\n\r\n" + body
	back := exchange(t, g.server.Listener.Addr().String(), in)
	out := <-got
	for _, want := range []string{"POST /a%2Fb/?x=1;y=%zz&z HTTP/1.1\r\n", "Host: hooks.example.com\r\n", "X-Forwarded-For: 192.0.2.1\r\n", "X-Sig: t=1, v1=00\r\n", "X-Two: a\r\nX-Two: b\r\n", "\r\n\r\n" + body} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%q", want, out)
		}
	}
	if strings.Contains(out, "User-Agent") || strings.Contains(out, "Accept-Encoding") || strings.Count(out, "\r\n") != 8 {
		t.Errorf("something was added: %q", out)
	}
	for _, want := range []string{"HTTP/1.1 418 ", "Content-Encoding: gzip\r\n", "X-Two: a\r\nX-Two: b\r\n", "\r\n\r\n\x1f\x8b\x00\xff"} {
		if !strings.Contains(back, want) {
			t.Errorf("no %q in %q", want, back)
		}
	}
	if strings.Contains(back, "Date:") || strings.Contains(back, "Content-Type:") {
		t.Errorf("something was made up: %q", back)
	}
	if r := g.recorded(t)[0]; r["body"] != nil || r["body_base64"] == nil || r["path"] != "/a%2Fb/?x=1;y=%zz&z" {
		t.Errorf("recorded as %v", r)
	}
}

func post(t *testing.T, to, body string, header ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res
}

const event = `{"id":"evt_1AbcdefGhijkl","object":"event","type":"customer.updated","created":1700000000,"data":{"object":{"id":"cus_1AbcdefGh",` +
	`"object":"customer","name":"Ines Doe","email":"ines@example.org","card":{"number":"5555555555554444","cvc":"123"}}},"livemode":false}`

// TestWhatIsWritten: the same event, without what is nobody's business; with --keep as it came, but for signatures.
func TestWhatIsWritten(t *testing.T) {
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b, _ := io.ReadAll(r.Body); string(b) != event || r.Header.Get("Stripe-Signature") == "" || r.URL.Path != "/fixed" {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer endpoint.Close()
	for _, keep := range []bool{false, true} {
		g := newRig(t, endpoint.URL+"/fixed", func(_ *Options, p *Preparer) { p.Keep = keep })
		res := post(t, g.server.URL+"/x?token=abcDEF123456", event, "Stripe-Signature", "t=1,v1="+strings.Repeat("0a", 32), "Authorization", "Bearer abcDEF123456", "User-Agent", "Stripe/1.0", "I-Twilio-Idempotency-Token", "abc-DEF-123")
		s := <-g.seen
		if res.StatusCode != 200 || s.Status != 200 || s.Key != "evt_1AbcdefGhijkl" || s.Provider != "stripe" || !s.Written || s.Err != nil {
			t.Errorf("status %d, seen %+v", res.StatusCode, s)
		}
		r := g.recorded(t)[0]
		text, _ := json.Marshal(r)
		if strings.Contains(string(text), "0a0a0a") || strings.Contains(string(text), "abcDEF123456") || !strings.Contains(string(text), "abc-DEF-123") {
			t.Errorf("headers: %s", text)
		}
		body := r["body"].(string)
		if keep != (body == event) || r["redacted"] == true && keep || r["schema"] != replay.RecordedSchema || r["n"] != 1.0 {
			t.Errorf("keep %t: %s", keep, text)
		}
		for _, secret := range []string{"Ines", "ines@", "5555555555554444", `"123"`} {
			if strings.Contains(body, secret) != keep {
				t.Errorf("keep %t: %q in %s", keep, secret, body)
			}
		}
		if !json.Valid([]byte(body)) || !strings.Contains(body, `"id":"evt_1AbcdefGhijkl"`) || !strings.Contains(body, `"id":"cus_1AbcdefGh"`) {
			t.Errorf("it is another event: %s", body)
		}
	}
}

// TestEndpointDown: the webhook is kept, and the sender learns that nobody took it.
func TestEndpointDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	g := newRig(t, "http://"+l.Addr().String(), nil)
	res := post(t, g.server.URL, event)
	if s := <-g.seen; res.StatusCode != http.StatusBadGateway || s.Err == nil || s.Status != 0 || len(g.recorded(t)) != 1 {
		t.Errorf("status %d, %+v", res.StatusCode, s)
	}
}

func TestAckFirst(t *testing.T) {
	release, took := make(chan struct{}), make(chan string, 1)
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		<-release
		took <- string(b)
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer endpoint.Close()
	g := newRig(t, endpoint.URL, func(o *Options, _ *Preparer) { o.AckFirst = true })
	if res := post(t, g.server.URL, event); res.StatusCode != http.StatusOK || len(g.recorded(t)) != 1 {
		t.Errorf("status %d", res.StatusCode)
	}
	close(release)
	g.recorder.Wait()
	if s := <-g.seen; <-took != event || s.Status != http.StatusInternalServerError {
		t.Errorf("the endpoint got something else, or its answer was not told: %+v", s)
	}
}

// TestTooLong: what is too long to be recorded is forwarded whole, and counted.
func TestTooLong(t *testing.T) {
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n)
		if n != MaxBody+5 {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer endpoint.Close()
	g := newRig(t, endpoint.URL, nil)
	res := post(t, g.server.URL, strings.Repeat("x", MaxBody+5))
	if n, large := g.recorder.Count(); res.StatusCode != 200 || n != 0 || large != 1 {
		t.Errorf("status %d, %d recorded, %d too long", res.StatusCode, n, large)
	}
}

// TestOrder: numbers and lines are in the order of arrival.
func TestOrder(t *testing.T) {
	endpoint := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer endpoint.Close()
	g := newRig(t, endpoint.URL, nil)
	for i := range 20 {
		post(t, g.server.URL+fmt.Sprintf("/%d", i), "{}")
	}
	for i, r := range g.recorded(t) {
		if r["path"] != fmt.Sprintf("/%d", i) || r["n"] != float64(i+1) {
			t.Errorf("line %d is %v", i+1, r)
		}
	}
}

// A short id, such as an issue's number, does not keep what happens to contain it, and a long one not what happens to be a part of it.
func TestShortIDsKeepNothing(t *testing.T) {
	m := redact.Masker{Key: []byte("k")}
	event := replay.Event{Key: "evt_5555341244441115_7", Subject: "ch_9", Version: "1775050400", Refs: []string{"4", "12"}}
	text := `{"number":4,"id":"5555341244441115","cvc":"504","token":"ghp_abcd1234efgh5678ijkl9012mnop3456qrst","card":"5105105105105100"}`
	got := m.Mask(text, identity(event))
	for _, secret := range []string{`"504"`, "abcd1234", "5105105105105100"} {
		if strings.Contains(got, secret) {
			t.Errorf("%s stays in %s", secret, got)
		}
	}
	if !strings.Contains(got, "5555341244441115") {
		t.Errorf("a part of the event's key is masked: %s", got)
	}
}
