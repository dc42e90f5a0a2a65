package dedupe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"
)

// DefaultMaxBody is the bound of a request body where HTTP.MaxBody is 0.
const DefaultMaxBody = 1 << 20

// ReplayHeader is set to "true" on a stored answer.
const ReplayHeader = "Idempotent-Replayed"

// HTTP tells the middleware how to read a request. Every Extract that fails is answered 400.
type HTTP struct {
	// Source says who sent the request (provider, account, tenant), so that two senders
	// may use one id. Required: use [Fixed] where there is only one.
	Source Extract
	// Key is the event's idempotency key. Required.
	Key Extract
	// Subject is the business object the event speaks of; nil or an empty text: none.
	Subject Extract
	// Version orders the events of a subject; nil or an empty text: no version check. It needs a
	// TieRule in the guard, and is left out for a request without a subject.
	Version Extract
	// Fingerprint tells payloads under one key apart; nil: not compared.
	Fingerprint Extract
	// MaxBody bounds the request's body in bytes; longer ones are answered 413.
	MaxBody int64
	// RetryAfter says when a refused delivery should come back, given the claim's answer (Busy, or the
	// zero Answer after an error). nil: what is left of the lease, and a second at least. It is
	// rounded up to whole seconds.
	RetryAfter func(Answer) time.Duration
	// Report, if set, is told about every error that made an answer 4xx or 5xx, except the handler's own.
	Report func(*http.Request, error)
}

// errRefused is the work's error for an answer that is not 2xx.
var errRefused = errors.New("the handler's answer was not 2xx")

// Middleware wraps a handler so that it runs once per event. The handler's
// answer is held back until the event is recorded; a 2xx is stored and replayed to
// duplicates (the body up to MaxReplayBody), anything else releases the event.
//
//	duplicate of a done event       the stored 2xx
//	event being worked on           503 + Retry-After (after Options.Hold)
//	older than the subject's newest 200, not run
//	equal version                   by the guard's TieRule; under TieKeep 200, not run
//	same key, other payload         422, not run
//	store error, lease lost         503 + Retry-After, never 200
//
// The handler finds its fence and takes its state through [RunFrom]. It goes on when the sender hangs
// up, since the redelivery will be answered from what it did. Verify signatures before
// this middleware: whoever gets past it can use up an event's key.
func (g *Guard) Middleware(opt HTTP) (func(http.Handler) http.Handler, error) {
	switch {
	case g.Store == nil:
		return nil, fmt.Errorf("%w: a guard without a Store", ErrInvalid)
	case opt.Source == nil || opt.Key == nil:
		return nil, fmt.Errorf("%w: HTTP needs Source and Key", ErrInvalid)
	case opt.Version != nil && opt.Subject == nil:
		return nil, fmt.Errorf("%w: HTTP.Version needs HTTP.Subject", ErrInvalid)
	case opt.Version != nil && g.TieRule == TieUndeclared:
		return nil, fmt.Errorf("%w: HTTP.Version needs a TieRule: equal versions will come", ErrInvalid)
	}
	if opt.MaxBody <= 0 {
		opt.MaxBody = DefaultMaxBody
	}
	return func(next http.Handler) http.Handler {
		return &middleware{guard: g, opt: opt, next: next}
	}, nil
}

type middleware struct {
	guard *Guard
	opt   HTTP
	next  http.Handler
}

func (m *middleware) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, m.opt.MaxBody))
	if err != nil {
		m.refuseBody(w, r, err)
		return
	}
	ev, err := m.opt.event(r, body)
	if err != nil {
		m.refuse(w, r, http.StatusBadRequest, err)
		return
	}
	var made recorded
	work := func(ctx context.Context, _ int64) (Result, error) {
		r := r.WithContext(ctx)
		r.Body = io.NopCloser(bytes.NewReader(body))
		made.header = http.Header{}
		m.next.ServeHTTP(&made, r)
		if !made.success() {
			return Result{}, errRefused
		}
		res := RunFrom(ctx).result
		res.Value = made.encode()
		return res, nil
	}
	a, err := m.guard.do(r.Context(), context.WithoutCancel(r.Context()), ev, work)
	m.answer(w, r, a, err, &made)
}

// event reads the request's event. Without a subject there is nothing its version could order.
func (opt HTTP) event(r *http.Request, body []byte) (ev Event, err error) {
	for _, x := range []struct {
		what string
		from Extract
		to   *string
	}{
		{"source", opt.Source, &ev.Source}, {"key", opt.Key, &ev.ID}, {"subject", opt.Subject, &ev.Subject},
		{"version", opt.Version, &ev.Version}, {"fingerprint", opt.Fingerprint, &ev.Fingerprint},
	} {
		if x.from == nil || x.to == &ev.Version && ev.Subject == "" {
			continue
		}
		if *x.to, err = x.from(r, body); err != nil {
			return ev, fmt.Errorf("%s: %w", x.what, err)
		}
	}
	return ev, nil
}

// answer turns what the guard says into a response.
func (m *middleware) answer(w http.ResponseWriter, r *http.Request, a Answer, err error, made *recorded) {
	switch {
	case errors.Is(err, errRefused):
		made.send(w)
	case errors.Is(err, ErrInvalid) && !errors.Is(err, ErrWork):
		m.refuse(w, r, http.StatusBadRequest, err)
	case err != nil:
		m.comeBack(w, r, Answer{}, err)
	case a.Kind.Owned():
		made.send(w)
	case a.Kind == Done:
		replay(w, a.Result)
	case a.Kind == Stale, a.Kind == Tie && m.guard.TieRule == TieKeep:
		w.WriteHeader(http.StatusOK)
	case a.Kind == Mismatch:
		m.refuse(w, r, http.StatusUnprocessableEntity, errors.New("this event key was used for another payload"))
	default: // busy, and whatever is not known
		m.comeBack(w, r, a, fmt.Errorf("event is %s", a.Kind))
	}
}

func (m *middleware) refuseBody(w http.ResponseWriter, r *http.Request, err error) {
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		m.refuse(w, r, http.StatusRequestEntityTooLarge, err)
		return
	}
	m.refuse(w, r, http.StatusBadRequest, fmt.Errorf("body: %w", err))
}

// comeBack asks for the delivery to be sent again: most providers retry a 503, and
// several drop an event on any 4xx.
func (m *middleware) comeBack(w http.ResponseWriter, r *http.Request, a Answer, why error) {
	d := a.Busy
	if m.opt.RetryAfter != nil {
		d = m.opt.RetryAfter(a)
	}
	seconds := max(1, int64(math.Ceil(d.Seconds())))
	w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	m.refuse(w, r, http.StatusServiceUnavailable, why)
}

// refuse answers with the status alone: errors can hold addresses and payloads, and go to Report.
func (m *middleware) refuse(w http.ResponseWriter, r *http.Request, status int, why error) {
	if m.opt.Report != nil {
		m.opt.Report(r, why)
	}
	http.Error(w, http.StatusText(status), status)
}
