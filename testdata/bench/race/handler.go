package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// handler is the flawed endpoint: it checks, lets its window pass, and acts. The mutex makes each of the two atomic, and nothing else.
type handler struct {
	mu    sync.Mutex
	seen  map[string]int // deliveries of each event
	acted map[string]int
}

// tally is what happened since it was last asked for.
type tally struct {
	Events  int `json:"events"`  // events that came at least twice
	Doubled int `json:"doubled"` // those of them that were processed more than once
}

func (h *handler) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	window, bad := time.ParseDuration(r.URL.Query().Get("window"))
	if err != nil || bad != nil {
		http.Error(w, "no body, or no window", http.StatusBadRequest)
		return
	}
	id := string(body)
	h.mu.Lock()
	h.seen[id]++
	done := h.acted[id] > 0
	h.mu.Unlock()
	if done {
		return
	}
	spin(window)
	h.mu.Lock()
	h.acted[id]++
	h.mu.Unlock()
}

// spin is busy for d.
func spin(d time.Duration) {
	if d == 0 {
		return
	}
	for began := time.Now(); time.Since(began) < d; {
	}
}

// count answers the tally and forgets everything.
func (h *handler) count(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var t tally
	for id, n := range h.seen {
		if n > 1 {
			t.Events++
		}
		if h.acted[id] > 1 {
			t.Doubled++
		}
	}
	h.seen, h.acted = map[string]int{}, map[string]int{}
	_ = json.NewEncoder(w).Encode(t)
}

// serve is the handler's process. It ends with its standard input.
func serve() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	h := &handler{seen: map[string]int{}, acted: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhook", h.take)
	mux.HandleFunc("GET /tally", h.count)
	s := &http.Server{Handler: mux, Protocols: new(http.Protocols)}
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetUnencryptedHTTP2(true)
	fmt.Printf("http://%s\n", l.Addr())
	fmt.Fprintln(os.Stderr, s.Serve(l))
}
