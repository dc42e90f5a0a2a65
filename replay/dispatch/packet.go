package dispatch

import (
	"context"
	"time"

	"hookonce/replay"
)

// wire is the connection that carries a gate's copies to one replica.
type wire struct {
	place *place
	h2    *h2
	held  []*stream // what waits for its last byte
	shots []*shot   // those of the streams
}

// packet is the life of a gate over HTTP/2: all copies go down one connection but for their last bytes, each in a stream of its
// own, and those leave in a single packet. No network can pull them apart, and the endpoint reads them all at once.
func (r *runner) packet(u *unit) {
	wires, shots := r.wires(u)
	if wires == nil {
		r.byConnections(u)
		return
	}
	defer closeWires(wires)
	defer context.AfterFunc(r.Hard, func() { closeWires(wires) })()
	if !r.clock.until(r.soft, u.due) {
		for range shots {
			r.ended <- ending{unit: u}
		}
		return
	}
	for _, s := range shots {
		w := wires[s.place]
		if w.load(r, s) {
			continue
		}
		r.report(s)
	}
	r.letPackets(u.gate, wires)
}

// wires connects to each replica that the gate goes to. It returns nil where that does not work, or for more copies than
// the endpoint takes at once: the gate is then sent in HTTP/1.1.
func (r *runner) wires(u *unit) (map[*place]*wire, []*shot) {
	wires, most := map[*place]*wire{}, map[*place]uint32{}
	shots := make([]*shot, len(u.members))
	for i, d := range u.members {
		s := r.shot(u, d)
		shots[i] = s
		if most[s.place]++; wires[s.place] == nil {
			ctx, cancel := context.WithTimeout(r.Hard, r.Patience)
			c, err := s.place.to.dialH2(ctx, r.clock.now)
			cancel()
			if err != nil {
				closeWires(wires)
				return nil, nil
			}
			wires[s.place] = &wire{place: s.place, h2: c}
		}
	}
	for p, n := range most {
		if n > wires[p].h2.atOnce() {
			closeWires(wires)
			return nil, nil
		}
	}
	return wires, shots
}

func closeWires(wires map[*place]*wire) {
	for _, w := range wires {
		w.h2.close()
		<-w.h2.gone
	}
}

// load sends a copy but for its last byte, and says whether it did.
func (w *wire) load(r *runner, s *shot) bool {
	s.a.Start = r.clock.now()
	m, ok := r.compose(s)
	if !ok {
		return false
	}
	w.h2.deadline(r.patience(s.e))
	scheme := "http"
	if w.place.to.tls != nil {
		scheme = "https"
	}
	st, err := w.h2.open(m.h2Head(scheme), m.body)
	if err != nil && len(st.answers) == 0 {
		// Without its end nobody can have acted on the request.
		return s.unsent(r.why(err))
	}
	w.held, w.shots = append(w.held, st), append(w.shots, s)
	return true
}

// letPackets releases the copies, after they had the time to arrive, and takes their answers.
func (r *runner) letPackets(gate int, wires map[*place]*wire) {
	settle := minSettle
	for _, w := range wires {
		settle = max(settle, min(2*w.h2.rtt, maxSettle))
	}
	pause(r.Hard, settle)
	for _, w := range wires {
		w.release(r, gate)
	}
	for _, w := range wires {
		for i, s := range w.shots {
			r.fill(s, <-w.held[i].answers, false)
			r.report(s)
		}
	}
}

// release sends the last bytes of all that were not answered already.
func (w *wire) release(r *runner, gate int) {
	patience := time.Duration(0)
	var streams []*stream
	var shots []*shot
	of := map[*shot]*stream{}
	for i, s := range w.shots {
		patience = max(patience, r.patience(s.e))
		if len(w.held[i].answers) == 0 {
			shots, of[s] = append(shots, s), w.held[i]
		}
	}
	shots = inTurn(gate, shots)
	for _, s := range shots {
		streams = append(streams, of[s])
	}
	w.h2.deadline(patience)
	if w.h2.release(streams) != nil {
		return
	}
	at := r.clock.now()
	for _, s := range shots {
		s.a.LastByte = at
	}
}

// byPacket says that the gate goes out in HTTP/2.
func (r *runner) byPacket(u *unit) bool {
	if u.dense() && r.crowdOf(u) < len(u.members) {
		return false // it goes in parts
	}
	for _, d := range u.members {
		if d.HangUp != nil || d.Lag != nil || d.Phase == replay.PhaseProcess {
			return false // a stream of its own cannot be hung up as a connection is
		}
	}
	return r.Transport == TransportH2 || r.Transport == TransportMixed && u.gate%3 == 2
}
