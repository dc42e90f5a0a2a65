package dispatch

import "time"

// volleyPause is how long the next event of a volley waits for the answers to the one before.
const volleyPause = 2 * time.Millisecond

// volley releases a dense gate event by event, the copies of the next one as soon as those of the one before are answered: nothing else
// is then under way, and the endpoint has both its processors for them.
func (r *runner) volley(gate int, shots []*shot) {
	var all []<-chan struct{}
	for len(shots) > 0 {
		n := wholeEvents(shots, 0)
		answered := r.letLoose(gate, shots[:n])
		shots = shots[n:]
		all = append(all, answered)
		select {
		case <-answered:
		case <-time.After(volleyPause):
		}
	}
	for _, answered := range all {
		<-answered
	}
}
