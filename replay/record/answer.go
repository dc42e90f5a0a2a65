package record

import (
	"io"
	"log"
	"net/http"
)

// quiet is for what the proxy would log: failures are told as sightings.
var quiet = log.New(io.Discard, "", 0)

// answer passes an answer on, and notes its status. Before its first byte it waits for the webhook to be written.
type answer struct {
	http.ResponseWriter
	before func() bool // nil for nothing to wait for
	status int
}

// WriteHeader passes the status on. Informational ones are not the answer.
func (a *answer) WriteHeader(status int) {
	if status >= 200 && a.status == 0 {
		a.status = status
		if a.before != nil {
			a.before()
		}
		for _, name := range []string{"Date", "Content-Type"} {
			if _, said := a.Header()[name]; !said {
				a.Header()[name] = nil // or it would be made up
			}
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap lets the proxy flush and hijack.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// discard is an answer that nobody waits for.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
