// Package load sends sustained traffic with vegeta: its pacers and workers decide when, its metrics and encoders tell how it went.
//
// Who is sent what, and how the bytes leave, is the caller's: each hit is drawn inside the RoundTripper that vegeta
// calls, right before it is sent, so an attempt and its delivery are joined where nothing can come between them (vegeta's own sequence
// numbers are not the order of its targets).
//
// It never judges an endpoint, never makes an event, and never opens a connection.
package load
