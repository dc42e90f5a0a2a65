package replay

import "time"

// Gate is what became of deliveries that were released together.
type Gate struct {
	Number int `json:"gate"`
	Copies int `json:"copies"` // deliveries of the gate that were sent
	// Overlapped is the proof of a race: the last byte of every copy was sent before
	// the first byte of any answer came back.
	Overlapped bool `json:"overlapped"`
	// Spread is the time between the first and the last copy's last byte.
	Spread time.Duration `json:"spread_ns"`
}

// GateOf judges one gate by the attempts made on its deliveries. A copy that was
// not sent, or whose last byte did not leave, makes the gate not overlapped.
func GateOf(number int, attempts []Attempt) Gate {
	g := Gate{Number: number}
	var first, last, answer time.Duration
	whole := true
	for _, a := range attempts {
		if a.Outcome == Unsent || a.LastByte == 0 {
			whole = false
			continue
		}
		if g.Copies == 0 || a.LastByte < first {
			first = a.LastByte
		}
		last = max(last, a.LastByte)
		if a.FirstByte != 0 && (answer == 0 || a.FirstByte < answer) {
			answer = a.FirstByte
		}
		g.Copies++
	}
	g.Spread = last - first
	g.Overlapped = whole && g.Copies > 1 && (answer == 0 || last < answer)
	return g
}
