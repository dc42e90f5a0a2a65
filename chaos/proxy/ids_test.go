package proxy

import (
	"testing"
)

func TestIDs(t *testing.T) {
	x := ids("evt_12", "evt_123", "abc", "order-1", "order-10", "order-1-refund", "preorder-1", "1000", "10001", "7f-4")
	for text, want := range map[string]string{
		"lock:evt_12": "evt_12", "evt_123": "evt_123", "evt_1": "", "": "", "abc": "", "x evt_12 y": "evt_12", "x evt_129 y": "",
		"evt_12a": "", "evt_129 evt_12": "evt_12", "lockevt_12": "evt_12", "9evt_12": "evt_12", "evt_12_lock": "evt_12", "evt_12:evt_123": "evt_12",
		"lock:order-1": "order-1", "lock:order-10": "order-10", "order-100": "", "order-1-refund": "order-1-refund", "order-1-re": "order-1", "order-1-refunded": "order-1",
		"preorder-1": "preorder-1", "reorder-1": "order-1", "lock:1000": "1000", "lock:10001": "10001", "1710002345": "", "11000": "", "x1000": "", "x-1000": "1000",
		"x7f-4": "7f-4", "77f-4": "", "\x001000\xff": "1000",
	} {
		if got := x.Find([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
