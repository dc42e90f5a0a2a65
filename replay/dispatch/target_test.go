package dispatch

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestGuard(t *testing.T) {
	g := &Guard{AllowHosts: []string{"Staging.Example.com.", "[2001:db8::1]"}}
	for addr, want := range map[string]bool{
		"127.0.0.1": true, "127.8.9.1": true, "::1": true, "0.0.0.0": true, "::": true,
		"10.1.2.3": true, "172.16.0.1": true, "172.31.255.255": true, "192.168.0.9": true, "fd00::1": true,
		"::ffff:127.0.0.1": true, "::ffff:10.0.0.1": true,
		"172.32.0.1": false, "8.8.8.8": false, "::ffff:8.8.8.8": false, "169.254.169.254": false, "fe80::1%eth0": false,
		"100.64.0.1": false, "2001:db8::2": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "224.0.0.1": false,
	} {
		err := g.Check("hooks.example.com", netip.MustParseAddr(addr))
		if (err == nil) != want {
			t.Errorf("%s: %v", addr, err)
		}
		var forbidden *ForbiddenError
		if err != nil && (!errors.As(err, &forbidden) || !strings.Contains(err.Error(), "--allow-host hooks.example.com")) {
			t.Errorf("%s: %v", addr, err)
		}
	}
	for _, host := range []string{"staging.example.com", "STAGING.example.com", "2001:db8::1"} {
		if err := g.Check(host, netip.MustParseAddr("8.8.8.8")); err != nil {
			t.Errorf("%s is named, and still: %v", host, err)
		}
	}
	if (*Guard)(nil).Check("x", netip.MustParseAddr("8.8.8.8")) == nil {
		t.Error("no guard lets everything through")
	}
}

func TestProbe(t *testing.T) {
	up := serve(t, func(http.ResponseWriter, *http.Request) {})
	https := *up.URL
	https.Scheme = "https"
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(secure.Close)
	secure.Config.ErrorLog = nil
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	_ = l.Close()
	for name, c := range map[string]struct {
		to   Target
		want string
	}{
		"up":          {up, ""},
		"refused":     {targetOf(t, closed), "connection refused (is the endpoint running"},
		"not TLS":     {Target{URL: &https}, "try http:// instead"},
		"unknown CA":  {targetOf(t, secure.URL), "--cacert FILE"},
		"forbidden":   {targetOf(t, "http://203.0.113.7/"), "--allow-host 203.0.113.7"},
		"no such URL": {Target{}, "no URL"},
	} {
		err := Probe(t.Context(), c.to, 0)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestProbeWaits(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	up := make(chan net.Listener, 1)
	time.AfterFunc(150*time.Millisecond, func() {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Error(err)
		}
		up <- l
	})
	if err := Probe(t.Context(), targetOf(t, "http://"+address), patient); err != nil {
		t.Error(err)
	}
	if l := <-up; l != nil {
		_ = l.Close()
	}
}

func TestRequestHeaders(t *testing.T) {
	to := targetOf(t, "http://ann:s%20cret@127.0.0.1:8080/a%20b?q=1")
	to.Header = http.Header{"User-Agent": {"mine"}, "X-Both": {"target"}, "Content-Length": {"7"}}
	e, err := to.endpoint()
	if err != nil {
		t.Fatal(err)
	}
	m, err := e.message("",
		http.Header{"x-both": {"signer"}, "Stripe-Signature": {"t=1,v1=a"}, "Multi": {"1", "2"}},
		http.Header{"Stripe-Signature": {"old"}, "X-Recorded": {"r"}, "Transfer-Encoding": {"chunked"}, "Content-Type": {"text/plain"}},
		[]byte("body"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(m.appendTo(nil)))))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(r.Body)
	user, password, _ := r.BasicAuth()
	for what, pair := range map[string][2]string{
		"method": {r.Method, "POST"}, "path": {r.RequestURI, "/a%20b?q=1"}, "host": {r.Host, "127.0.0.1:8080"},
		"body": {string(body), "body"}, "user": {user, "ann"}, "password": {password, "s cret"},
		"own header": {r.Header.Get("User-Agent"), "mine"}, "target wins": {strings.Join(r.Header["X-Both"], "|"), "target"},
		"signer wins": {strings.Join(r.Header["Stripe-Signature"], "|"), "t=1,v1=a"}, "recorded": {r.Header.Get("X-Recorded"), "r"},
		"several values": {strings.Join(r.Header["Multi"], "|"), "1|2"}, "recorded type": {strings.Join(r.Header["Content-Type"], "|"), "text/plain"},
		"framing": {strings.Join(r.TransferEncoding, "|"), ""}, "default": {r.Header.Get("Accept"), "*/*"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
}

func TestHosts(t *testing.T) {
	for address, want := range map[string][2]string{
		"http://example.com/":      {"example.com:80", "example.com"},
		"https://example.com/":     {"example.com:443", "example.com"},
		"http://[::1]:3000/":       {"[::1]:3000", "[::1]:3000"},
		"http://[::1]/":            {"[::1]:80", "[::1]"},
		"http://[fd00::1%25eth0]/": {"[fd00::1%eth0]:80", "[fd00::1]"},
		"http://bücher.example/":   {"xn--bcher-kva.example:80", "xn--bcher-kva.example"},
	} {
		e, err := targetOf(t, address).endpoint()
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if host := "Host: " + want[1] + "\r\n"; e.addr != want[0] || !strings.HasSuffix(e.start.text, host) {
			t.Errorf("%s: %s and %q, want %v", address, e.addr, e.start.text, want)
		}
	}
	to := targetOf(t, "http://127.0.0.1/")
	to.Header = http.Header{"Host": {"hooks.example.com"}}
	if e, err := to.endpoint(); err != nil || !strings.Contains(e.start.text, "Host: hooks.example.com\r\n") {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6 loopback")
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}}
	s.Start()
	t.Cleanup(s.Close)
	if a := all(t, one(), targetOf(t, s.URL), options())[1]; a.Status != http.StatusOK {
		t.Errorf("%+v", a)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"0": 0, "120": 2 * time.Minute, "-1": 0, "1.5": 0, "soon": 0, "": 0,
		"Fri, 02 Jan 2026 03:05:05 GMT": time.Minute, "Fri, 02 Jan 2026 03:04:00 GMT": 0,
		"Fri, 02 Jan 9026 03:05:05 GMT": maxRetryAfter, "99999999999999999999": 0,
	} {
		if got := retryAfter(v, now); got != want {
			t.Errorf("%q: %s, want %s", v, got, want)
		}
	}
}
