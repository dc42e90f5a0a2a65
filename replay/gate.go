package replay

import (
	"slices"
	"time"
)

// Gate is what became of deliveries that were released together.
type Gate struct {
	Number int `json:"gate"`
	Copies int `json:"copies"` // deliveries of the gate that were sent
	// Overlapped is the proof of a race: the last byte of every copy was sent before
	// the first byte of any answer came back.
	Overlapped bool `json:"overlapped"`
	// Spread is the time between the first and the last copy's last byte.
	Spread time.Duration `json:"spread_ns"`
	// Replicas is how many of the endpoint's addresses the copies were sent to; 0 where it has one address only.
	Replicas int `json:"replicas,omitempty"`
}

// GateOf judges one gate by the attempts made on its deliveries. A copy that was
// not sent, or whose last byte did not leave, makes the gate not overlapped.
func GateOf(number int, attempts []Attempt) Gate {
	t := GateTally{Number: number}
	for i := range attempts {
		t.Add(&attempts[i])
	}
	return t.Gate()
}

// GateTally judges a gate by its attempts, one after another as they come. The zero value with a Number has none yet.
type GateTally struct {
	Number int
	// Attempts counts all that were added, those that were not sent included.
	Attempts int

	copies              int
	reached             []int // numbers of replicas, each once
	first, last, answer time.Duration
}

// Add counts an attempt on a delivery of the gate, which it does not keep.
func (t *GateTally) Add(a *Attempt) {
	t.Attempts++
	if a.Outcome == Unsent || a.LastByte == 0 {
		return
	}
	if t.copies == 0 || a.LastByte < t.first {
		t.first = a.LastByte
	}
	t.last = max(t.last, a.LastByte)
	if a.FirstByte != 0 && (t.answer == 0 || a.FirstByte < t.answer) {
		t.answer = a.FirstByte
	}
	if a.Replica != 0 && !slices.Contains(t.reached, a.Replica) {
		t.reached = append(t.reached, a.Replica)
	}
	t.copies++
}

// Gate is what became of the gate by the attempts so far.
func (t *GateTally) Gate() Gate {
	return Gate{Number: t.Number, Copies: t.copies, Spread: t.last - t.first, Replicas: len(t.reached),
		Overlapped: t.copies == t.Attempts && t.copies > 1 && (t.answer == 0 || t.last < t.answer)}
}
