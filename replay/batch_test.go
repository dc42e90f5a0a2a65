package replay_test

import (
	"testing"

	"hookonce/replay"
)

func TestBatch(t *testing.T) {
	for _, c := range []struct {
		batch             replay.Batch
		body, other, list string
		want              string
	}{
		{replay.BatchMerged, `[{"a": 1}]`, `[{"b":2},3]`, "@this", `[{"a": 1},{"b":2},3]`},
		{replay.BatchHead, ` [ 1, 2.0, 3 ]`, "", "@this", ` [1]`},
		{replay.BatchRest, `{"live":"x","items":[1, 2,3],"n":1}`, "", "items", `{"live":"x","items":[2,3],"n":1}`},
		{replay.BatchMerged, `{"items":[1]}`, `{"z":0,"items":[2]}`, "items", `{"items":[1,2]}`},
		{replay.BatchAsSent, `x`, "", "@this", `x`},
		{replay.BatchRest, `[1]`, "", "@this", ""},
		{replay.BatchMerged, `[1]`, "{}", "items", ""},
	} {
		got, err := c.batch.Apply([]byte(c.body), []byte(c.other), c.list)
		if string(got) != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s of %s and %s: %s, %v; want %s", c.batch, c.body, c.other, got, err, c.want)
		}
	}
}
