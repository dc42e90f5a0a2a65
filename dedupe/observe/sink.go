package observe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
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
// several, under an event's. GET, HEAD and OPTIONS are look-ups, which are answered and nothing else, unless the spec's methods name them.
//
// A sink that forwards stands before the service that has the effects: a call is one once that has answered with success, none where it
// refused, and unsure while, and where, nobody knows.
type Sink struct {
	outlet
	spec    sinkSpec
	finder  idFinder
	strike  func(id string) Strike // nil for none
	fails   func(id string) bool   // where half of the events fail first; nil for none
	forward *forward               // nil where the sink itself stands for the service

	state    sync.Mutex
	failed   map[string]int        // calls refused so far, by id
	accounts map[sinkOnce]*account // by downstream key
	effects  int64
	// repeated counts the calls that came again under the same Idempotency-Key, and were no effect therefore.
	repeated int
	remarks  []string
	lookedUp bool // there was a look-up, which a remark tells
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
	sink := &Sink{
		outlet: outlet{info: replay.SourceInfo{Label: s.label, Exact: true, Counts: true}, known: o.Known, spec: s.whole()},
		spec:   asked,
		finder: idFinder{o.Known, o.Event},
		fails:  o.Fails,
		strike: o.Strike,
	}
	if asked.forward != nil && o.Dial == nil {
		return nil, errors.New("forward= is not for this command: only hookonce run and hookonce load forward calls")
	}
	if asked.forward != nil {
		sink.forward = newForward(asked.forward, o.Dial)
	}
	return sink, nil
}

// Open begins to listen. The service that calls are forwarded to must be there.
func (s *Sink) Open(ctx context.Context, base time.Time, emit func(replay.Effect)) error {
	if s.forward != nil {
		if err := s.forward.reach(ctx); err != nil {
			return fmt.Errorf("effect source %s: %w", s.label(), err)
		}
	}
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
	s.failed, s.accounts = map[string]int{}, map[sinkOnce]*account{}
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
	if s.forward != nil {
		s.forward.cancel()
	}
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
	m := s.meet(r, body)
	switch {
	case m.refusal != 0:
		s.answer(w, m.refusal, 0)
	case s.forward != nil:
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		s.relay(w, r, m)
	default:
		s.commit(w, r, m)
	}
}

// commit counts a call that is an effect, and answers in the service's place.
func (s *Sink) commit(w http.ResponseWriter, r *http.Request, m meeting) {
	var number int64
	if m.counts {
		number = s.count(m)
	}
	if m.strike.Lose {
		panic(http.ErrAbortHandler) // net/http's way to cut the connection
	}
	if slow := s.spec.slow + m.strike.Delay; slow > 0 {
		select {
		case <-time.After(slow):
		case <-r.Context().Done():
			return
		}
	}
	s.answer(w, s.spec.status, number)
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

// meeting is what the sink makes of a call before anything comes of it.
type meeting struct {
	call
	once    sinkOnce
	counts  bool   // it is an effect
	strike  Strike // what goes wrong with it
	refusal int    // the status with which it is refused; 0 where it is not
}

// meet decides what a call is, and what goes wrong with it.
func (s *Sink) meet(r *http.Request, body []byte) meeting {
	m := meeting{call: s.finder.find(r, body)}
	m.once = sinkOnce{m.name, r.Header.Get("Idempotency-Key")}
	if m.counts = s.isEffect(r, m.call); !m.counts {
		return m
	}
	if s.strike != nil {
		m.strike = s.strike(m.id)
	}
	if m.strike.Refuse {
		m.refusal = http.StatusServiceUnavailable
		return m
	}
	s.state.Lock()
	defer s.state.Unlock()
	if s.failed[m.id] < s.spec.failFirst && s.toFail(m.id) {
		s.failed[m.id]++
		m.refusal = http.StatusInternalServerError
	}
	return m
}

// count counts an effect, and returns its number.
func (s *Sink) count(m meeting) int64 {
	s.state.Lock()
	defer s.state.Unlock()
	a := s.accountOf(m.once)
	if a.number != 0 {
		s.repeated++
		return a.number
	}
	s.effects++
	a.number = s.effects
	s.sendNow(replay.Effect{Name: m.name, Key: m.id, Count: 1, IdempotencyKey: shortKey(a.key)})
	return a.number
}

// toFail says that first calls under the id fail.
func (s *Sink) toFail(id string) bool {
	return !s.spec.failHalf || s.fails != nil && s.fails(id)
}

func (s *Sink) isEffect(r *http.Request, c call) bool {
	switch {
	case !s.spec.counts(r.Method):
		s.lookUp(r)
		return false
	case c.known || s.finder.known == nil:
		return true
	case looksUp(r.Method):
		s.remark("%s %s carries no id of the plan: taken for a look-up, not counted", r.Method, clip(r.URL.Path))
		return false
	case c.id == "":
		s.remark("%s %s carries no id: counted, but under no event", r.Method, clip(r.URL.Path))
	default:
		s.remark("%s %s carries no id of the plan: counted under %q", r.Method, clip(r.URL.Path), clip(c.id))
	}
	return true
}

// lookUp tells of the first look-up that nobody decided on: an API may have effects on a GET.
func (s *Sink) lookUp(r *http.Request) {
	if s.spec.methods != nil {
		return
	}
	s.state.Lock()
	first := !s.lookedUp
	s.lookedUp = true
	s.state.Unlock()
	if first {
		s.remark("%s %s is taken for a look-up, as every GET, HEAD and OPTIONS: not counted; where such a call is an effect, name all methods that are, "+
			"as in ?method=GET,POST", r.Method, clip(r.URL.Path))
	}
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
	return slices.Clone(s.remarks)
}

// total says how many calls were no effects because of their key.
func (s *Sink) total() string {
	s.state.Lock()
	defer s.state.Unlock()
	if s.repeated == 0 {
		return ""
	}
	return fmt.Sprintf("calls that came again under an Idempotency-Key and were not counted again: %d; if the real service ignores that header, "+
		"give the source with ?dedupe=none", s.repeated)
}
