package serve

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// MaxBody is how many bytes a delivery may have.
const MaxBody = 1 << 20

// Path is where deliveries come in that have no path of their own.
const Path = "/webhook"

// Options are what an endpoint is made of.
type Options struct {
	// Path is where the deliveries come in; empty for Path.
	Path    string
	World   *reference.World
	Handler reference.Handler
	// Verify checks a delivery's signature, when the handler asks for it. Nil accepts everything.
	Verify func(http.Header, []byte) error
	// Identify reads the event out of a delivery; its error is answered 400.
	Identify func(http.Header, []byte) (replay.Event, error)
	// Attempt reads what a delivery says of itself: the id of this attempt, and whether it is marked as a retry.
	// Nil reads nothing.
	Attempt func(http.Header, []byte) (id string, retry bool)
}

// New returns the endpoint. One that takes deliveries of several providers has each of them at a path of its own; all share
// one world.
func New(o Options, more ...Options) http.Handler {
	mux := http.NewServeMux()
	for _, each := range append(more, o) {
		mux.HandleFunc("POST "+cmp.Or(each.Path, Path), each.webhook)
	}
	mux.HandleFunc("GET /effects", o.effects)
	mux.HandleFunc("GET /state", o.state)
	return mux
}

func (o Options) webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		write(w, reference.Answer(http.StatusRequestEntityTooLarge, "body too large"))
		return
	case err != nil: // it never arrived whole, so it was never delivered
		write(w, reference.Answer(http.StatusBadRequest, "body incomplete"))
		return
	}
	e, err := o.Identify(r.Header, body)
	if err != nil {
		write(w, reference.Answer(http.StatusBadRequest, "no event"))
		return
	}
	q := reference.Request{Event: e}
	if o.Attempt != nil {
		q.Attempt, q.Retry = o.Attempt(r.Header, body)
	}
	if o.Verify != nil {
		q.Verify = func(body []byte) error { return o.Verify(r.Header, body) }
	}
	write(w, o.Handler(context.WithoutCancel(r.Context()), o.World, q))
}

func write(w http.ResponseWriter, r reference.Response) {
	maps.Copy(w.Header(), r.Header)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.Status)
	_, _ = io.WriteString(w, r.Body) // the client may have hung up: that is its right
}

// count is what an event caused. The provider gave it its id; where events name their account, that is part of the key under which the endpoint
// takes it, and two accounts may have one id.
type count struct {
	ID    string `json:"id"`
	Key   string `json:"event_id,omitempty"` // where it is another
	Count int    `json:"count"`
}

func newCount(c reference.Count) count {
	if _, id, sourced := strings.Cut(c.Event, "/"); sourced {
		return count{ID: id, Key: c.Event, Count: c.Count}
	}
	return count{ID: c.Event, Count: c.Count}
}

func (o Options) effects(w http.ResponseWriter, _ *http.Request) {
	processed := []count{}
	counts, err := o.World.Counts()
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	for _, c := range counts {
		processed = append(processed, newCount(c))
	}
	writeJSON(w, map[string][]count{"processed": processed})
}

type state struct {
	Subject  string   `json:"subject"`
	Version  string   `json:"version"`
	Versions []string `json:"versions"`
	Deleted  bool     `json:"deleted"`
}

func (o Options) state(w http.ResponseWriter, _ *http.Request) {
	states := []state{}
	all, err := o.World.States()
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	for _, s := range all {
		states = append(states, state(s))
	}
	writeJSON(w, states)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // it can be encoded; the client may have hung up
}
