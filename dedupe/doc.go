// Package dedupe is a guard that makes a webhook handler process each event
// once: a lock with a lease and an ownership token, a fencing token, a stored
// result that is replayed to duplicates, and a version per subject that keeps
// older events from overwriting newer ones. Its state is in a [Store]: Redis (package
// redisstore) or memory (package modelstore).
//
// # What it guarantees
//
//   - One live owner per lease, by the store's clock. A worker whose lease is over
//     and taken over cannot complete any more.
//   - No acknowledgement without an effect: an event that is being worked on, and a
//     store that cannot be reached or does not answer clearly, are answered 503 and never 200.
//   - Exactly once for state that is written inside [Store].Complete, with the
//     event's marker in one atomic step.
//   - Versions of one subject only grow, with 20 digits and no floating point, and a deletion
//     leaves a tombstone, as long as the subject's record is retained.
//
// # What nobody can guarantee
//
// At most once for an external effect that carries no key of its own (an
// e-mail, a charge without an idempotency key) under any of these: a crash after the effect, an
// effect whose answer was lost, a pause longer than the lease, or a store that lost acknowledged
// writes (failover to a lagging replica, flush, eviction). Exactly once then
// needs one of three things downstream: the effect and its marker in one transaction, an
// effect that deduplicates on the event's id, or one that rejects a fencing token older than the
// newest it saw. What is left without them is at least once, and never a silent loss.
//
// Discarding a stale event is only sound where an event carries its subject's
// whole state. Leave Version empty for events that each need an effect of their own.
//
// The package never sends anything, never retries the work itself, never reads the wall
// clock for a decision about ownership (leases are the store's), and knows no provider.
package dedupe
