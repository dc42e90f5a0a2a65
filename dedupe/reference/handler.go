package reference

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// Handler handles one delivery of an event in a world. It never learns which
// delivery it is: a provider does not say either.
type Handler func(ctx context.Context, w *World, r Request) Response

// Response is what a handler answers.
type Response struct {
	Status int
	// Header is nil where nothing but the body is said.
	Header http.Header
	Body   string
}

// Answer is a response with the JSON body {"status": word}.
func Answer(status int, word string) Response {
	return Response{Status: status, Body: `{"status":` + strconv.Quote(word) + `}`}
}

// Busy is a 503 that asks the provider to come back after d, rounded up to whole
// seconds: a provider retries a 503, and several drop an event on a 4xx.
func Busy(d time.Duration) Response {
	r := Answer(http.StatusServiceUnavailable, "busy")
	seconds := max(1, int64((d+time.Second-1)/time.Second))
	r.Header = http.Header{"Retry-After": {strconv.FormatInt(seconds, 10)}}
	return r
}
