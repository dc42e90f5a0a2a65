package dispatch

import "sync"

// hands carry out one delivery after another. A goroutine of its own for each would begin with a small stack, which has to grow,
// and be copied, before the first byte is sent: a tenth of what a delivery costs.
type hands struct {
	todo chan func()
	busy sync.WaitGroup
}

func newHands() hands { return hands{todo: make(chan func())} }

// do has f done at once, by a hand that is free or by a new one.
func (h *hands) do(f func()) {
	select {
	case h.todo <- f:
	default:
		h.busy.Go(func() {
			for ok := true; ok; f, ok = <-h.todo {
				f()
			}
		})
	}
}

// rest waits until all is done. Nothing may be given to do any more.
func (h *hands) rest() {
	close(h.todo)
	h.busy.Wait()
}
