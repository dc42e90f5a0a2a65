// Package chaos turns events into a plan: it is the bad day at the provider.
//
// Build is a function of its input and its seed: the same input gives the same
// plan, byte for byte, on every machine. All randomness of hookonce lives here.
//
// A fault is one file and one row of the table in catalog.go. To add one, write a
// function that adds its deliveries to the builder and give it a row; nothing else
// changes, and no other fault draws other random numbers than before.
//
// The package never sends anything, never measures anything, and never learns
// which endpoint it plans for: what depends on the endpoint stays symbolic.
package chaos
