// Package dispatch sends the deliveries of a plan to an endpoint and tells what
// became of each: Plan + Target -> <-chan Attempt.
//
// It speaks HTTP/1.1 by itself, over TCP or TLS, because a race is decided by when
// single bytes leave and an attempt must say when they did; net/http tells neither.
// Deliveries of one gate are released with last-byte synchronisation: everything but the
// last byte is sent beforehand, then the last bytes go out together (see Release). Where Transport says so they go down one
// HTTP/2 connection instead, and their last bytes leave in a single packet.
//
// It never decides anything about an endpoint, never follows a redirect, never uses
// a proxy, never sends a request a second time that the endpoint may have read, and never
// connects to an address that its Guard forbids.
package dispatch
