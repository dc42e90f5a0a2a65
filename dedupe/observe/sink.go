package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"hookonce/replay"
)

const (
	// maxCall bounds the body of one call to a sink.
	maxCall = 1 << 20
	// maxNotes bounds what a source has to say about calls it could not place.
	maxNotes = 10
)

// Sink is a source that the endpoint calls as its downstream API. Every call is an
// effect, committed once it was read: before the answer, which may be slow or lost.
//
// Calls to one path under one Idempotency-Key are one effect, unless the spec says otherwise. A call is counted under the id of the plan that it carries in its headers, path, query or body; of
// several, under an event's. HEAD and OPTIONS are never effects, and a GET is one only if it carries a known id.
type Sink struct {
	outlet
	spec   sinkSpec
	finder idFinder
	strike func(id string) Strike // nil for none
	fails  func(id string) bool   // where half of the events fail first; nil for none

	state   sync.Mutex
	failed  map[string]int     // calls refused so far, by id
	done    map[sinkOnce]int64 // the number of the effect, by downstream key
	effects int64
	// repeated counts the calls that came again under the same Idempotency-Key, and were no effect therefore.
	repeated int
	remarks  []string
	server   *http.Server
	url      string
	broken   error
	serving  sync.WaitGroup
}

// sinkOnce is what makes two calls one effect, where the sink deduplicates.
type sinkOnce struct{ name, key string }

var _ Source = (*Sink)(nil)

func parseListen(s spec, o Options) (Source, error) {
	asked, err := parseSinkSpec(s.rest)
	if err != nil {
		return nil, err
	}
	return &Sink{
		outlet: outlet{info: replay.SourceInfo{Label: s.label, Exact: true, Counts: true}},
		spec:   asked,
		finder: idFinder{o.Known, o.Event},
		fails:  o.Fails,
		strike: o.Strike,
	}, nil
}

// Open begins to listen.
func (s *Sink) Open(ctx context.Context, base time.Time, emit func(replay.Effect)) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.spec.addr)
	if err != nil {
		return fmt.Errorf("effect source %s: %w", s.label(), err)
	}
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	s.state.Lock()
	s.failed, s.done = map[string]int{}, map[sinkOnce]int64{}
	s.server, s.url, s.broken = server, "http://"+listener.Addr().String(), nil
	s.state.Unlock()
	s.start(base, emit)
	s.serving.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.state.Lock()
			s.broken = err
			s.state.Unlock()
		}
	})
	return nil
}

// URL is where the sink listens; "" before Open.
func (s *Sink) URL() string {
	s.state.Lock()
	defer s.state.Unlock()
	return s.url
}

// Poll says whether the sink still listens.
func (s *Sink) Poll(context.Context) error {
	s.state.Lock()
	defer s.state.Unlock()
	if s.broken != nil {
		return fmt.Errorf("effect source %s: it no longer listens: %w", s.label(), s.broken)
	}
	return nil
}

// Close stops listening. Calls that still wait for a slow answer are cut off.
func (s *Sink) Close() error {
	s.stop()
	s.state.Lock()
	server := s.server
	s.state.Unlock()
	if server == nil {
		return nil
	}
	err := server.Close()
	s.serving.Wait()
	return err
}

// ServeHTTP takes one call of the endpoint.
func (s *Sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := readBounded(r.Body, maxCall)
	if err != nil {
		s.remark("%s %s: a body that cannot be read is not counted: %v", r.Method, clip(r.URL.Path), err)
		http.Error(w, "the body cannot be read", http.StatusRequestEntityTooLarge)
		return
	}
	status, number, strike := s.take(r, body)
	if strike.Lose {
		panic(http.ErrAbortHandler) // net/http's way to cut the connection
	}
	if slow := s.spec.slow + strike.Delay; slow > 0 {
		select {
		case <-time.After(slow):
		case <-r.Context().Done():
			return
		}
	}
	s.answer(w, status, number)
}

func (s *Sink) answer(w http.ResponseWriter, status int, number int64) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	switch {
	case status == http.StatusNoContent || status == http.StatusNotModified:
	case number > 0:
		fmt.Fprintf(w, "{\"id\":\"effect_%d\",\"status\":\"succeeded\"}\n", number)
	default:
		fmt.Fprintln(w, "{}")
	}
}

// take decides what a call is and counts it. It returns the status to answer, the effect's number, 0 for none, and what goes wrong after that.
func (s *Sink) take(r *http.Request, body []byte) (status int, number int64, strike Strike) {
	call := s.finder.find(r, body)
	if !s.isEffect(r, call) {
		return s.spec.status, 0, strike
	}
	if s.strike != nil {
		strike = s.strike(call.id)
	}
	if strike.Refuse {
		return http.StatusServiceUnavailable, 0, strike
	}
	s.state.Lock()
	defer s.state.Unlock()
	if s.failed[call.id] < s.spec.failFirst && s.toFail(call.id) {
		s.failed[call.id]++
		return http.StatusInternalServerError, 0, strike
	}
	once := sinkOnce{call.name, r.Header.Get("Idempotency-Key")}
	if n, again := s.done[once]; again && s.spec.dedupe && once.key != "" {
		s.repeated++
		return s.spec.status, n, strike
	}
	s.effects++
	if s.spec.dedupe && once.key != "" {
		s.done[once] = s.effects
	}
	s.sendNow(replay.Effect{Name: call.name, Key: call.id, Count: 1})
	return s.spec.status, s.effects, strike
}

// toFail says that first calls under the id fail.
func (s *Sink) toFail(id string) bool {
	return !s.spec.failHalf || s.fails != nil && s.fails(id)
}

func (s *Sink) isEffect(r *http.Request, c call) bool {
	counted := s.spec.methods == nil || s.spec.methods[r.Method]
	switch {
	case r.Method == http.MethodHead || r.Method == http.MethodOptions:
		return false
	case !counted:
		return false
	case c.known || s.finder.known == nil:
		return true
	case r.Method == http.MethodGet:
		s.remark("GET %s carries no id of the plan: taken for a look-up, not counted", clip(r.URL.Path))
		return false
	case c.id == "":
		s.remark("%s %s carries no id: counted, but under no event", r.Method, clip(r.URL.Path))
	default:
		s.remark("%s %s carries no id of the plan: counted under %q", r.Method, clip(r.URL.Path), clip(c.id))
	}
	return true
}

// remark keeps something the user should know, up to a few.
func (s *Sink) remark(format string, args ...any) {
	s.state.Lock()
	defer s.state.Unlock()
	switch text := fmt.Sprintf(format, args...); {
	case len(s.remarks) < maxNotes:
		s.remarks = append(s.remarks, text)
	case len(s.remarks) == maxNotes:
		s.remarks = append(s.remarks, "more such calls; they are not listed")
	}
}

// notes returns all remarks there have been.
func (s *Sink) notes() []string {
	s.state.Lock()
	defer s.state.Unlock()
	all := append([]string(nil), s.remarks...)
	if s.repeated > 0 {
		all = append(all, fmt.Sprintf("calls that came again under an Idempotency-Key and were not counted again: %d; if the real service ignores that header, "+
			"give the source with ?dedupe=none", s.repeated))
	}
	return all
}
