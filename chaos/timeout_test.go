package chaos_test

import "testing"

// A plan of a single fixture hangs up often enough that a handler of microseconds cannot outrun all of it.
func TestSmallPlansHangUpOften(t *testing.T) {
	in := input(1)
	in.Events = in.Events[:1]
	atOnce, all := 0, 0
	for _, d := range build(t, in).Deliveries {
		if d.HangUp == nil || d.HangUp.Latency == nil {
			continue
		}
		all++
		if *d.HangUp.Latency == 0 {
			atOnce++
		}
	}
	if all != 12 || atOnce != 4 {
		t.Errorf("%d hang-ups, %d of them at once; want 12 and 4", all, atOnce)
	}
}
