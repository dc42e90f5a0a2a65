// Package simulate runs a plan against a handler in virtual time: the same plan that an
// endpoint gets over the network, with its retries over days, in a second or less.
//
// A small cooperative scheduler owns the clock and lets one worker go at a time. A worker
// gives way before every Redis command and every effect, and the seed decides how long each takes,
// and so who goes next: an interleaving is a function of the seed, on every machine. The handlers are the
// ones that also run live; only their Stage differs.
//
// The package never opens a connection except to a Redis it was told to use, never reads the
// machine's clock, and never judges: its result is a history, as complete as an endpoint's.
package simulate
