package journal

import (
	"testing"

	"hookonce/replay"
)

// However many records come at once, they are written in their order.
func TestManyAtOnce(t *testing.T) {
	var records []replay.Record
	for i := range 5*many + 1 {
		records = append(records, replay.Record{Attempt: &replay.Attempt{Delivery: i + 1, Event: "evt_1"}})
	}
	for _, n := range []int{many - 1, many, 5*many + 1} {
		var got, want, room buffer
		if err := write(&got, replay.NewEncoder(&room), &room, records[:n]); err != nil {
			t.Fatal(err)
		}
		for _, r := range records[:n] {
			if err := replay.NewEncoder(&want).Encode(r); err != nil {
				t.Fatal(err)
			}
		}
		if string(got) != string(want) {
			t.Errorf("%d records: %d bytes, and not %d, or others", n, len(got), len(want))
		}
	}
}
