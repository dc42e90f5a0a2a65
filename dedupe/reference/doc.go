// Package reference holds the two implementations every endpoint is compared
// with, Article (the widely published Redis lock, exactly as it is usually written) and
// Hardened (what we stand behind), and the World such a handler lives in: a Redis, a
// downstream that charges, a database with one row per subject, and a clock.
//
// The same handler code runs live, behind HTTP, and under the simulator, in virtual
// time: a World only differs in its Stage. The package never listens, never speaks HTTP
// and never judges what a handler did; the Ledger only keeps it.
package reference
