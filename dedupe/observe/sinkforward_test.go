package observe

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"hookonce/replay"
)

func plainDial(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// behind opens a sink before a service.
func behind(t *testing.T, service http.HandlerFunc, options string, strike func(string) Strike) (*Sink, *recorder) {
	t.Helper()
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return openSink(t, "listen:127.0.0.1:0?forward="+server.URL+options, Options{Dial: plainDial, Strike: strike})
}

// counts sums up what was told: effects, and how many more there may be.
func (r *recorder) counts() (certain, unsure int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.effects {
		certain, unsure = certain+e.Count, unsure+e.Unsure
	}
	return certain, unsure
}

func check(t *testing.T, r *recorder, certain, unsure int) {
	t.Helper()
	if c, u := r.counts(); c != certain || u != unsure {
		t.Errorf("%d effects and %d unsure, want %d and %d", c, u, certain, unsure)
	}
}

// raw sends bytes as they are, and returns the answer's as they come.
func raw(t *testing.T, address, request string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(c)
	return string(answer)
}

// A call arrives as it was made, but for the host and what belongs to one connection only; so does its answer.
func TestForwardIsExact(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan string, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			var b strings.Builder
			in := bufio.NewReader(c)
			for {
				line, err := in.ReadString('\n')
				if b.WriteString(line); err != nil || line == "\r\n" {
					break
				}
			}
			if b.Len() > 0 { // and not only reached
				body := make([]byte, 5)
				_, _ = io.ReadFull(in, body)
				got <- b.String() + string(body)
				fmt.Fprint(c, "HTTP/1.1 201 Created\r\nX-Charge: ch_1\r\nKeep-Alive: timeout=5\r\nContent-Length: 3\r\nDate: today\r\n\r\nok\n")
			}
			c.Close()
		}
	}()
	s, r := openSink(t, "listen:127.0.0.1:0?forward=http://"+l.Addr().String()+"/v1", Options{Dial: plainDial})
	answer := raw(t, strings.TrimPrefix(s.URL(), "http://"), "PUT /a%2Fb//c?x=1;y&z=%20+&id=evt_1 HTTP/1.1\r\nHost: sink\r\nAuthorization: Bearer x\r\nForwarded: for=me\r\n"+
		"X-Forwarded-For: 10.0.0.1\r\nX-Many: 1\r\nX-Many: 2\r\nKeep-Alive: 5\r\nConnection: close, X-Own\r\nX-Own: 1\r\nContent-Length: 5\r\n\r\n\x00\xff{}\n")
	want := "PUT /v1/a%2Fb//c?x=1;y&z=%20+&id=evt_1 HTTP/1.1\r\nHost: " + l.Addr().String() + "\r\nContent-Length: 5\r\nAuthorization: Bearer x\r\n" +
		"Forwarded: for=me\r\nX-Forwarded-For: 10.0.0.1\r\nX-Many: 1\r\nX-Many: 2\r\nConnection: close\r\n\r\n\x00\xff{}\n"
	if told := <-got; told != want {
		t.Errorf("got  %q\nwant %q", told, want)
	}
	if !strings.HasPrefix(answer, "HTTP/1.1 201 Created\r\n") || !strings.Contains(answer, "X-Charge: ch_1\r\n") || !strings.HasSuffix(answer, "ok\n") || strings.Contains(answer, "timeout=5") {
		t.Errorf("answered %q", answer)
	}
	check(t, r, 1, 0)
}

// What the service says decides: success is an effect, a refusal is none, and of a failure nobody knows.
func TestForwardDecides(t *testing.T) {
	for status, want := range map[int][2]int{200: {1, 0}, 202: {1, 0}, 204: {1, 0}, 302: {0, 1}, 303: {0, 1}, 307: {0, 0}, 400: {0, 0}, 402: {0, 0}, 409: {0, 0}, 429: {0, 0},
		500: {0, 1}, 501: {0, 0}, 502: {0, 1}, 503: {0, 1}, 504: {0, 1}} {
		s, r := behind(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }, "", nil)
		if answer := raw(t, strings.TrimPrefix(s.URL(), "http://"), "POST /c?id=evt_1 HTTP/1.1\r\nHost: s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"); !strings.HasPrefix(answer, fmt.Sprintf("HTTP/1.1 %d ", status)) {
			t.Errorf("%d: answered %q", status, answer)
		}
		check(t, r, want[0], want[1])
		if notes := s.notes(); len(notes) != 1-want[0] {
			t.Errorf("%d: noted %q", status, notes)
		}
	}
}

// cut breaks the connection off.
func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// A call that broke off is unsure, and stays so until the same key has an answer: then it is one effect.
func TestForwardBreaksOff(t *testing.T) {
	var calls int
	s, r := behind(t, func(w http.ResponseWriter, r *http.Request) {
		if calls++; calls == 1 {
			cut(w, r)
		}
	}, "", nil)
	post := func(key string) (int, error) {
		req, _ := http.NewRequestWithContext(t.Context(), "POST", s.URL()+"/c?id=evt_1", bytes.NewReader([]byte("{}")))
		req.Header.Set("Idempotency-Key", key)
		req.Close, req.GetBody = true, nil
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			return 0, err
		}
		return res.StatusCode, res.Body.Close()
	}
	if status, err := post("k1"); err == nil {
		t.Errorf("status %d of a call that broke off", status)
	}
	check(t, r, 0, 1)
	for range 2 {
		if status, err := post("k1"); status != 200 || err != nil {
			t.Errorf("status %d, %v", status, err)
		}
		check(t, r, 1, 0)
	}
	if _, _ = post("k2"); calls != 4 {
		t.Errorf("%d calls came to the service, want 4: each once", calls)
	}
	check(t, r, 2, 0)
}

// What was never sent had no effect.
func TestForwardToNobody(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	s, r := openSink(t, "listen:127.0.0.1:0?forward="+server.URL, Options{Dial: plainDial})
	server.Close()
	if status, body := send(t, "POST", s.URL()+"/c?id=evt_1", "", "{}"); status != http.StatusBadGateway || !strings.Contains(body, "cannot reach") {
		t.Errorf("status %d: %s", status, body)
	}
	check(t, r, 0, 0)
	label := "listen:127.0.0.1:0?forward=" + server.URL
	checkOpenError(t, mustParse(t, label, Options{Dial: plainDial}), label, "start it first")
}

// Lost is carried out and not answered, refused is not carried out, slow is carried out later, whoever waits for it.
func TestForwardStrikes(t *testing.T) {
	var mu sync.Mutex
	came := 0
	count := func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		came++
	}
	for name, c := range map[string]struct {
		strike        Strike
		came, certain int
		answer        string
	}{
		"lost":   {Strike{Lose: true}, 1, 1, ""},
		"refuse": {Strike{Refuse: true}, 0, 0, "HTTP/1.1 503 "},
		"slow":   {Strike{Delay: time.Millisecond}, 1, 1, "HTTP/1.1 200 "},
	} {
		came = 0
		s, r := behind(t, count, "", func(string) Strike { return c.strike })
		answer := raw(t, strings.TrimPrefix(s.URL(), "http://"), "POST /c?id=evt_1 HTTP/1.1\r\nHost: s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		if answer == "" != (c.answer == "") || !strings.HasPrefix(answer, c.answer) || came != c.came {
			t.Errorf("%s: answered %q, and %d calls came", name, answer, came)
		}
		check(t, r, c.certain, 0)
	}
}

// A caller that hangs up has called all the same.
func TestForwardOutlivesItsCaller(t *testing.T) {
	entered, goOn := make(chan bool), make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		entered <- true
		<-goOn
	}))
	t.Cleanup(server.Close)
	s := mustParse(t, "listen:127.0.0.1:0?forward="+server.URL, Options{Dial: plainDial}).(*Sink)
	told := make(chan replay.Effect, 2)
	if err := s.Open(t.Context(), time.Now(), func(e replay.Effect) { told <- e }); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, hangUp := context.WithCancel(t.Context())
	gone := make(chan bool)
	go func() {
		req, _ := http.NewRequestWithContext(ctx, "POST", s.URL()+"/c?id=evt_1", nil)
		if res, err := http.DefaultTransport.RoundTrip(req); err == nil {
			res.Body.Close()
		}
		close(gone)
	}()
	<-entered
	begun := <-told
	hangUp()
	<-gone
	goOn <- true
	if e := <-told; begun.Count != 0 || begun.Unsure != 1 || e.Count != 1 || e.Unsure != -1 || e.Since > begun.At || e.At < e.Since {
		t.Errorf("%+v, then %+v", begun, e)
	}
}

// A look-up is passed on and is no effect.
func TestForwardLooksUp(t *testing.T) {
	s, r := behind(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }, "&method=POST", nil)
	if status, body := send(t, "GET", s.URL()+"/charges/evt_1", "", ""); status != 200 || body != "/charges/evt_1" {
		t.Errorf("status %d: %s", status, body)
	}
	check(t, r, 0, 0)
}

func TestForwardSpec(t *testing.T) {
	for spec, want := range map[string]string{
		"forward=9000":                           "is not the URL of a service",
		"forward=ftp://h":                        "is not the URL of a service",
		"forward=http://u:hunter2@127.0.0.1:9":   "leave the user out",
		"forward=http://127.0.0.1:9?a=1":         "leave query and fragment out",
		"forward=http://127.0.0.1:9&status=201":  "exclude each other",
		"forward=http://127.0.0.1:9&dedupe=none": "",
	} {
		_, err := Parse("listen:0?"+spec, Options{Dial: plainDial})
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: %v", spec, err)
		}
	}
	if _, err := Parse("listen:0?forward=http://127.0.0.1:9", Options{}); err == nil {
		t.Error("forwards without being allowed to")
	}
}
