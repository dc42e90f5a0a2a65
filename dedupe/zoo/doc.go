// Package zoo holds webhook handlers with exactly one known flaw each, and the correct
// ones that must never be flagged. Each is a short function over a reference.World, and
// runs live, behind HTTP, and under the simulator.
//
// Whoever judges a handler must not learn which one it is: the package says what
// to expect, and never looks at a plan, a history or a verdict.
package zoo
