// Package scenario holds the smallest provocation of each flaw in the zoo, as a plan
// and the mishaps of the endpoint, and tries handlers on them in virtual time: a flawed one must be
// found by its code, a correct one by none, on every seed.
//
// The package never sends anything, never reads a clock, and hands every handler the same plan. What a
// handler must be found by is compared after the verdict; the audit never learns it.
package scenario
