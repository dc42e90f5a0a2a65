package report

import (
	"fmt"
	"slices"
	"testing"
)

// Where the endpoint refuses everything, one line says so, whatever the number of types.
func TestTypesThatWereNotJudged(t *testing.T) {
	r := Report{Types: []Type{{Type: "charge.succeeded", Judgement: "judged"}, {Type: "charge.failed", Judgement: "no effect"}}}
	for i := range 8 {
		r.Types = append(r.Types, Type{Type: fmt.Sprint("invoice.", i), Judgement: "refused", Reason: "status 400"})
	}
	want := []string{"charge.failed (no effect)", "invoice.0, invoice.1, invoice.2, invoice.3, invoice.4, and 3 more (refused): status 400"}
	if got := r.unjudged(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
