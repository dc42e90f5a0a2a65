package zoo

import (
	"context"
	"strconv"

	"hookonce/dedupe/reference"
)

// VersionFloat handles each event exactly once, and keeps a newer state: it reads, compares and writes in one transaction.
//
// Its flaw: its versions are floating-point numbers, as JSON's are in many languages. They have 53 bits,
// and the version after 2^53 is equal to it.
func VersionFloat(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	return compared(ctx, w, r.Event, func(version, stored string) bool {
		v, _ := strconv.ParseFloat(version, 64)
		s, _ := strconv.ParseFloat(stored, 64)
		return v > s
	})
}
