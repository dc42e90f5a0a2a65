package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"hookonce/replay"
)

// MaxBody is the longest body that is recorded, in bytes. Longer ones are forwarded only.
const MaxBody = 16 << 20

// writeWait is how long an answer waits for its webhook to be written.
const writeWait = time.Second

// Options say what is recorded, and how.
type Options struct {
	// Forward is the endpoint. With a path, everything goes there; without, each webhook's own path is kept.
	Forward *url.URL
	// Transport carries the requests to the endpoint. It must not compress on its own.
	Transport http.RoundTripper
	// AckFirst answers 200 once a webhook is written, and forwards it then.
	AckFirst bool
	// Journal writes webhooks down.
	Journal *Journal
	// Seen is told of each webhook once it was answered, from several goroutines at once. It must not block.
	Seen func(Sighting)
}

// Sighting is what became of a webhook.
type Sighting struct {
	Entry
	// Status is the endpoint's answer; 0 where there was none, and Err says why.
	Status int
	Took   time.Duration
	Err    error
	// Written says that the webhook was written when it was answered; if not, that is still tried.
	Written bool
}

// Recorder is the proxy.
type Recorder struct {
	o       Options
	proxy   *httputil.ReverseProxy
	pending sync.WaitGroup // webhooks that were acknowledged and are still to be forwarded
	mu      sync.Mutex
	n       int
	large   atomic.Int64
}

var _ http.Handler = (*Recorder)(nil)

// New returns a recorder.
func New(o Options) *Recorder {
	r := &Recorder{o: o}
	r.proxy = &httputil.ReverseProxy{Rewrite: r.rewrite, Transport: o.Transport, ErrorHandler: r.failed, ErrorLog: quiet}
	return r
}

// rewrite changes nothing but where the request goes: Host, path and query are what came in, as some
// endpoints check a signature over them.
func (r *Recorder) rewrite(p *httputil.ProxyRequest) {
	to := *p.In.URL
	to.Scheme, to.Host = r.o.Forward.Scheme, r.o.Forward.Host
	if path := r.o.Forward.Path; path != "" && path != "/" {
		to.Path, to.RawPath = path, r.o.Forward.RawPath
	}
	p.Out.URL, p.Out.Host = &to, p.In.Host
	// The proxy takes out what was added on the way; a recorder is to add and take nothing.
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if values, ok := p.In.Header[name]; ok {
			p.Out.Header[name] = values
		}
	}
}

// failure carries what went wrong on the way to the endpoint out of the proxy.
type failure struct{ err error }

type failureKey struct{}

func (r *Recorder) failed(w http.ResponseWriter, req *http.Request, err error) {
	if f, ok := req.Context().Value(failureKey{}).(*failure); ok {
		f.err = err
	}
	w.WriteHeader(http.StatusBadGateway)
}

// ServeHTTP records and forwards one webhook.
func (r *Recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	begin := time.Now()
	body, rest, err := readBody(req.Body)
	if err != nil { // it never arrived whole, so nobody may take it for delivered
		http.Error(w, "the body did not arrive", http.StatusBadRequest)
		return
	}
	if rest != nil {
		r.large.Add(1)
		req.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), rest))
		r.proxy.ServeHTTP(w, req)
		return
	}
	e := r.journal(req, body)
	if r.o.AckFirst {
		r.ackFirst(w, req, e, begin)
		return
	}
	status, err := r.forward(&answer{ResponseWriter: w, before: e.wait}, req, body)
	r.tell(Sighting{Entry: e.Entry, Status: status, Took: time.Since(begin), Err: err, Written: e.wait()})
}

// readBody reads a body, or the first part of one that is too long, and the rest of that.
func readBody(from io.Reader) (body []byte, rest io.Reader, err error) {
	body, err = io.ReadAll(io.LimitReader(from, MaxBody+1))
	if len(body) > MaxBody {
		return body, from, err
	}
	return body, nil, err
}

// journal numbers a webhook and hands it over to be written: both at once, so that the order is the same.
func (r *Recorder) journal(req *http.Request, body []byte) *pending {
	e := &pending{done: make(chan bool, 1), Entry: Entry{Recorded: replay.Recorded{
		Schema: replay.RecordedSchema, At: time.Now().UTC(), Method: req.Method, Path: req.URL.RequestURI(), Header: req.Header.Clone(), Body: body}}}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	e.N = r.n
	r.o.Journal.add(e)
	return e
}

// forward sends a webhook on. The status is 0 where the endpoint gave no answer.
func (r *Recorder) forward(w *answer, req *http.Request, body []byte) (int, error) {
	f := &failure{}
	req = req.WithContext(context.WithValue(req.Context(), failureKey{}, f))
	req.Body, req.ContentLength, req.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	// A kept connection may turn out to be closed before anything was sent: then it is sent on another.
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	func() {
		// The proxy panics with this value where the sender went away in the middle of the answer.
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				panic(p)
			} else if p != nil {
				f.err = errors.New("the answer broke off")
			}
		}()
		r.proxy.ServeHTTP(w, req)
	}()
	if f.err != nil {
		return 0, fmt.Errorf("no answer from the endpoint: %w", f.err)
	}
	return w.status, nil
}

// ackFirst answers before the endpoint does.
func (r *Recorder) ackFirst(w http.ResponseWriter, req *http.Request, e *pending, begin time.Time) {
	written := e.wait()
	w.WriteHeader(http.StatusOK)
	req = req.Clone(context.WithoutCancel(req.Context()))
	r.pending.Go(func() {
		nowhere := &answer{ResponseWriter: discard{http.Header{}}}
		status, err := r.forward(nowhere, req, e.Body)
		r.tell(Sighting{Entry: e.Entry, Status: status, Took: time.Since(begin), Err: err, Written: written})
	})
}

func (r *Recorder) tell(s Sighting) {
	if r.o.Seen != nil {
		r.o.Seen(s)
	}
}

// Wait waits until everything that was acknowledged first is forwarded.
func (r *Recorder) Wait() { r.pending.Wait() }

// Count is how many webhooks arrived, and how many more were too long to be recorded.
func (r *Recorder) Count() (arrived, large int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n, int(r.large.Load())
}
