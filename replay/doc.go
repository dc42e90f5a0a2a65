// Package replay holds the nouns of hookonce: events, deliveries, plans, attempts,
// outcomes, effects, profiles and histories, and the journal that keeps them.
//
// It imports nothing else of hookonce, never opens a connection, and never
// decides anything about an endpoint: it only says what things are.
package replay
