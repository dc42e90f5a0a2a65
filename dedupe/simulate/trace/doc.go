// Package trace draws what the simulator did as an interleaving to read from top to bottom: one lane for
// each delivery under way, the lock between them, virtual time on the left, and the moment of the flaw pointed out.
//
// It is a function of the steps and nothing else. It runs nothing, judges nothing, and writes no byte
// of a handler's or a provider's text that could move a cursor.
package trace
