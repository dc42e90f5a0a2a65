package observe

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hookonce/replay"
)

func openSink(t *testing.T, spec string, o Options) (*Sink, *recorder) {
	t.Helper()
	s := mustParse(t, spec, o).(*Sink)
	return s, mustOpen(t, s)
}

// call sends one request with a client of its own connections, and returns status and body.
func send(t *testing.T, method, url, contentType, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}

func TestSinkFindsTheID(t *testing.T) {
	const uuid = "0b0e9c1c-7a43-4a6b-9d1e-2f6a3f0f2c11"
	ids := replay.Plan{Events: []replay.Event{
		{Key: "evt_1", Subject: "sub_1", Refs: []string{"pi_1"}}, {Key: "evt_2", Subject: "sub_1"}, {Key: uuid}, {Key: "42"}, {Key: "9007199254740993"},
	}}
	known := IDsOf(ids)
	form := func(fields ...string) (string, string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for i := 0; i < len(fields); i += 2 {
			w.WriteField(fields[i], fields[i+1])
		}
		w.Close()
		return w.FormDataContentType(), b.String()
	}
	multipartType, multipartBody := form("amount", "100", "reference", "evt_2")
	for name, c := range map[string]struct {
		method, path, kind, body string
		options                  string // of the sink
		header                   []string
		want                     string
	}{
		"idempotency key":        {path: "/charges", header: []string{"Idempotency-Key", "evt_1"}, want: "charges evt_1 +1"},
		"inside a key":           {path: "/charges", header: []string{"Idempotency-Key", "charge-evt_1:v2"}, want: "charges evt_1 +1"},
		"a uuid inside":          {path: "/charges", header: []string{"Idempotency-Key", "charge_" + uuid + "_1"}, want: "charges " + uuid + " +1"},
		"x-event-id":             {path: "/charges", header: []string{"X-Event-Id", "evt_2"}, want: "charges evt_2 +1"},
		"any header":             {path: "/charges", header: []string{"X-Request-Source", "evt_2"}, want: "charges evt_2 +1"},
		"path":                   {path: "/v1/charges/evt_1", want: "charges evt_1 +1"},
		"path, part":             {path: "/v1/charges/evt_1.json", want: "charges evt_1 +1"},
		"query":                  {path: "/charges?amount=1&event=evt_1", want: "charges evt_1 +1"},
		"json":                   {path: "/charges", body: `{"event":"evt_1"}`, want: "charges evt_1 +1"},
		"json, deep":             {path: "/charges", body: `{"a":[1,{"b":[[{"c":"evt_2"}]]}]}`, want: "charges evt_2 +1"},
		"json, number":           {path: "/charges", body: `{"order_id":9007199254740993}`, want: "charges 9007199254740993 +1"},
		"json, key is no id":     {path: "/charges", body: `{"evt_1":{"ref":"evt_2"}}`, want: "charges evt_2 +1"},
		"form":                   {path: "/charges", kind: "application/x-www-form-urlencoded", body: "amount=1&metadata%5Bevent%5D=evt_1", want: "charges evt_1 +1"},
		"multipart":              {path: "/charges", kind: multipartType, body: multipartBody, want: "charges evt_2 +1"},
		"plain text":             {path: "/mail", kind: "text/plain", body: "thanks for evt_1\n", want: "mail evt_1 +1"},
		"an event before others": {path: "/customers/sub_1/charges", body: `{"pi":"pi_1","event":"evt_2"}`, want: "charges evt_2 +1"},
		"a subject":              {path: "/charges", body: `{"customer":"sub_1"}`, want: "charges sub_1 +1"},
		"a small number":         {path: "/charges", body: `{"amount":42,"event":"evt_1"}`, want: "charges evt_1 +1"},
		"a small number alone":   {path: "/charges", body: `{"amount":42}`, want: "charges  +1"},
		"a small number as id":   {path: "/charges", body: `{"order_id":42}`, want: "charges 42 +1"},
		"no path":                {path: "/", body: `{"event":"evt_1"}`, want: "evt_1 +1"},
		"put":                    {method: "PUT", path: "/charges/evt_1", want: "PUT charges evt_1 +1"},
		"get":                    {method: "GET", path: "/charges?event=evt_1", want: ""},
		"get without an id":      {method: "GET", path: "/health", want: ""},
		"get, named":             {method: "GET", path: "/charges?event=evt_1", options: "?method=GET", want: "GET charges evt_1 +1"},
		"get, named, without":    {method: "GET", path: "/health", options: "?method=GET", want: ""},
		"head, named":            {method: "HEAD", path: "/charges/evt_1", options: "?method=head,POST", want: "HEAD charges evt_1 +1"},
		"head":                   {method: "HEAD", path: "/charges/evt_1", want: ""},
		"options":                {method: "OPTIONS", path: "/charges/evt_1", want: ""},
		"unknown key":            {path: "/charges", header: []string{"Idempotency-Key", "k7"}, body: `{"id":"x"}`, want: "charges k7 +1"},
		"unknown field":          {path: "/charges", body: `{"amount":3,"id":"x","event_id":"y"}`, want: "charges y +1"},
		"nothing":                {path: "/charges", body: `{"amount":3}`, want: "charges  +1"},
		"a secret is no id":      {path: "/charges", header: []string{"Authorization", "Bearer evt_1"}, body: `{"event":"evt_2"}`, want: "charges evt_2 +1"},
		"broken json":            {path: "/charges", body: `{"event":"evt_1", "x": [1,`, want: "charges evt_1 +1"},
	} {
		s, r := openSink(t, "listen:127.0.0.1:0"+c.options, Options{Known: known.Known, Event: known.Event})
		method, kind := c.method, c.kind
		if method == "" {
			method = "POST"
		}
		if kind == "" && c.body != "" {
			kind = "application/json"
		}
		status, _ := send(t, method, s.URL()+c.path, kind, c.body, c.header...)
		got := strings.Join(r.take(), "; ")
		if status != 200 || got != c.want {
			t.Errorf("%s: status %d, told %q, want %q", name, status, got, c.want)
		}
	}
}

func TestSinkReportsWhatItCannotPlace(t *testing.T) {
	s := mustParse(t, "listen:127.0.0.1:0", Options{Known: among("evt_1")}).(*Sink)
	r := &recorder{}
	w := New([]Source{s}, time.Now(), r.emit, r.mark)
	if err := w.Start(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	send(t, "POST", s.URL()+"/a", "application/json", `{"id":"evt_1"}`)
	send(t, "POST", s.URL()+"/a", "application/json", `{"id":"other"}`)
	send(t, "POST", s.URL()+"/a", "", "")
	send(t, "GET", s.URL()+"/health", "", "")
	send(t, "GET", s.URL()+"/v1/events/evt_1", "", "") // told of once only
	for range 20 {
		send(t, "POST", s.URL()+"/a", "", "")
	}
	for range 2 { // the second time there is nothing new to say
		if err := w.PollNow(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	marks := r.takeMarks()
	if len(marks) != maxNotes+1 {
		t.Fatalf("%d marks: %v", len(marks), marks)
	}
	for i, want := range []string{
		`POST /a carries no id of the plan: counted under "other"`,
		"POST /a carries no id: counted, but under no event",
		"GET /health is taken for a look-up, as every GET, HEAD and OPTIONS: not counted",
	} {
		if marks[i].Kind != replay.MarkNote || !strings.Contains(marks[i].Text, want) || !strings.Contains(marks[i].Text, s.Info().Label) {
			t.Errorf("mark %+v, want %q", marks[i], want)
		}
	}
}

func TestSinkFailsFirst(t *testing.T) {
	s, r := openSink(t, "listen:127.0.0.1:0?fail-first=2&status=201", Options{})
	for _, id := range []string{"a", "b"} {
		for i, want := range []int{500, 500, 201, 201} {
			status, _ := send(t, "POST", s.URL()+"/c", "application/json", `{"id":"`+id+`"}`)
			if told := len(r.take()); status != want || told != max(0, min(1, i-1)) {
				t.Errorf("%s, call %d: status %d, %d effects", id, i, status, told)
			}
		}
	}
}

// An endpoint that fetches its event anew has had no effect by that, and what is to go wrong with the effect spares the look-up.
func TestSinkLeavesLookUpsAlone(t *testing.T) {
	for options, want := range map[string]string{
		"":                 "GET 200, HEAD 200, OPTIONS 200, POST 500, POST 200; struck 2; evt_1 +1",
		"&method=GET,POST": "GET 500, HEAD 200, OPTIONS 200, POST 200, POST 200; struck 3; evt_1 +1; evt_1 +1",
	} {
		struck := 0
		strike := func(string) Strike { struck++; return Strike{} }
		s, r := openSink(t, "listen:127.0.0.1:0?fail-first=1"+options, Options{Known: among("evt_1"), Strike: strike})
		var got []string
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "POST"} {
			status, _ := send(t, method, s.URL()+"/evt_1", "", "")
			got = append(got, fmt.Sprint(method, " ", status))
		}
		told := fmt.Sprintf("%s; struck %d; %s", strings.Join(got, ", "), struck, strings.Join(r.take(), "; "))
		if told != want {
			t.Errorf("%q:\n got %s\nwant %s", options, told, want)
		}
	}
}

// Half of the events fail first: those that whoever knows the plan names, and no others.
func TestSinkFailsHalf(t *testing.T) {
	s, r := openSink(t, "listen:127.0.0.1:0?fail-first=half", Options{Fails: func(id string) bool { return id == "a" }})
	for _, c := range []struct {
		id   string
		want int
	}{{"a", 500}, {"a", 200}, {"a", 200}, {"b", 200}} {
		if status, _ := send(t, "POST", s.URL()+"/c", "application/json", `{"id":"`+c.id+`"}`); status != c.want {
			t.Errorf("%s: status %d, want %d", c.id, status, c.want)
		}
	}
	if got := len(r.take()); got != 3 {
		t.Errorf("%d effects, want 3", got)
	}
}

func TestSinkDedupes(t *testing.T) {
	s, r := openSink(t, "listen:127.0.0.1:0", Options{Known: among("evt_1")})
	post := func(path, key string) string {
		_, body := send(t, "POST", s.URL()+path, "application/json", `{"event":"evt_1"}`, "Idempotency-Key", key)
		return body
	}
	first := post("/charges", "k1")
	if again := post("/charges", "k1"); again != first {
		t.Errorf("one key, two answers: %s and %s", first, again)
	}
	if other := post("/charges", "k2"); other == first {
		t.Error("two keys, one answer")
	}
	post("/emails", "k1") // another operation has keys of its own
	post("/charges", "")  // without a key nothing can be told apart
	post("/charges", "")
	r.mu.Lock()
	var keys []string
	for _, e := range r.effects {
		keys = append(keys, e.IdempotencyKey)
	}
	r.mu.Unlock()
	if want := []string{"k1", "k2", "k1", "", ""}; !slices.Equal(keys, want) {
		t.Errorf("effects under %q, want %q", keys, want)
	}
	if total := s.total(); !strings.Contains(total, "not counted again: 1;") || !strings.Contains(total, "?dedupe=none") {
		t.Errorf("told %q", total)
	}
}

// How many calls came again is told once, when it is known; what is remarked meanwhile is not lost to it.
func TestSinkTellsItsTotalAtTheEnd(t *testing.T) {
	s := mustParse(t, "listen:127.0.0.1:0", Options{Known: among("evt_1")}).(*Sink)
	r := &recorder{}
	w := New([]Source{s}, time.Now(), r.emit, r.mark)
	if err := w.Start(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"evt_1", "evt_1", "other", "evt_1"} {
		send(t, "POST", s.URL()+"/charges", "application/json", `{"event":"`+id+`"}`, "Idempotency-Key", id)
		if err := w.PollNow(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	marks := r.takeMarks()
	if len(marks) != 2 || !strings.Contains(marks[0].Text, `counted under "other"`) || !strings.Contains(marks[1].Text, "not counted again: 2;") {
		t.Errorf("marks %v", marks)
	}
}

// However long a key is, what is told of it is short, and differs where keys do.
func TestSinkShortensKeys(t *testing.T) {
	a, b := strings.Repeat("k", 200)+"a", strings.Repeat("k", 200)+"b"
	if shortKey("evt_1-\xff") != "evt_1-" || len(shortKey(a)) > keyShown || shortKey(a) == shortKey(b) {
		t.Errorf("%q, %q", shortKey(a), shortKey(b))
	}
}

func TestSinkCountsEveryCall(t *testing.T) {
	s, r := openSink(t, "listen:127.0.0.1:0?method=POST&dedupe=none", Options{})
	for range 3 {
		send(t, "POST", s.URL()+"/c", "", "", "Idempotency-Key", "k")
	}
	send(t, "PUT", s.URL()+"/c", "", "", "Idempotency-Key", "k")
	if got := strings.Join(r.take(), "; "); got != "c k +1; c k +1; c k +1" {
		t.Errorf("told %q", got)
	}
}

// An effect is counted when it happens, though its answer is late or never read.
func TestSinkSlow(t *testing.T) {
	s := mustParse(t, "listen:127.0.0.1:0?slow=10m", Options{}).(*Sink)
	told := make(chan replay.Effect, 1)
	base := time.Now()
	if err := s.Open(t.Context(), base, func(e replay.Effect) { told <- e }); err != nil {
		t.Fatal(err)
	}
	ctx, hangUp := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		req, _ := http.NewRequestWithContext(ctx, "POST", s.URL()+"/c?id=a", nil)
		res, err := http.DefaultTransport.RoundTrip(req)
		if err == nil {
			res.Body.Close()
		}
		done <- err
	}()
	e := <-told
	if e.At != e.Since || e.At <= 0 || e.At > time.Since(base) || e.Source != s.Info().Label {
		t.Errorf("effect %+v", e)
	}
	select {
	case err := <-done:
		t.Errorf("answered at once: %v", err)
	default:
	}
	hangUp()
	<-done
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestSinkConcurrently(t *testing.T) {
	const callers, calls = 8, 50
	s, r := openSink(t, "listen:127.0.0.1:0?fail-first=1&dedupe=key", Options{Known: func(string) bool { return true }})
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for j := range calls {
				// Every caller sends the same keys: each fails once, then counts once.
				req := httptest.NewRequest("POST", "/c", strings.NewReader("{}"))
				req.Header.Set("Idempotency-Key", fmt.Sprintf("evt_%d", j))
				for range 2 {
					w := httptest.NewRecorder()
					s.ServeHTTP(w, req.Clone(req.Context()))
				}
				s.Info()
				if err := s.Poll(t.Context()); err != nil {
					t.Error(i, err)
				}
			}
		})
	}
	all.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	counts := map[string]int{}
	for i, e := range r.effects {
		if counts[e.Key]++; i > 0 && e.At < r.effects[i-1].At {
			t.Error("effects out of order")
		}
	}
	for j := range calls {
		if n := counts[fmt.Sprintf("evt_%d", j)]; n != 1 {
			t.Errorf("evt_%d: %d effects, want 1", j, n)
		}
	}
}

func TestSinkRefusesHugeBodies(t *testing.T) {
	s, r := openSink(t, "listen:127.0.0.1:0", Options{})
	req := httptest.NewRequest("POST", "/c?id=evt_1", io.LimitReader(zeros{}, 10<<20))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, req)
	if got := r.take(); w.Code != http.StatusRequestEntityTooLarge || len(got) != 0 {
		t.Errorf("status %d, told %v", w.Code, got)
	}
	if notes := s.notes(); len(notes) != 1 || !strings.Contains(notes[0], "a body that cannot be read is not counted") {
		t.Errorf("notes %v", notes)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestSinkOpenAndClose(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	label := "listen:" + taken.Addr().String()
	checkOpenError(t, mustParse(t, label, Options{}), label, "in use")

	s, r := openSink(t, "listen:127.0.0.1:0", Options{})
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/c?id=a", nil))
	if got := r.take(); len(got) != 0 {
		t.Errorf("told %v after Close", got)
	}
	if got := s.Info(); !got.Exact || !got.Counts || got.States || got.Committed {
		t.Errorf("info %+v", got)
	}
}
