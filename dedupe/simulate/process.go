package simulate

import (
	"sync"
	"time"

	"hookonce/dedupe/reference"
)

// process is one replica of the endpoint, from its start to its crash.
type process struct {
	n     int // from 1
	world *reference.World
	// open are the requests that arrived and are not answered, in the order of their arrival.
	open []*attempt
	down bool
}

// boot starts all replicas.
func (s *simulation) boot() {
	for i := range max(1, s.o.Replicas) {
		s.processes = append(s.processes, &process{n: i + 1})
		s.restart(i)
	}
}

// restart starts a replica, with an empty memory.
func (s *simulation) restart(i int) {
	world := *s.world
	world.Memory = new(sync.Map)
	p := &process{n: i + 1, world: &world}
	s.processes[i] = p
	if s.o.Start != nil {
		s.sched.spawn(p, nil, func() { s.o.Start(s.ctx, &world) }, func() {})
	}
}

// route spreads the attempts of each event over the replicas, so that a duplicate meets
// another one than the first did. It is nil where all are down.
func (s *simulation) route(d *delivery) *process {
	n := len(s.processes)
	for i := range n {
		if p := s.processes[(d.attempt-1+i)%n]; !p.down {
			return p
		}
	}
	return nil
}

// crash ends a process where it stands, and starts it again after a while.
func (s *simulation) crash(p *process, down time.Duration) {
	p.down = true
	s.sched.end(func(w *worker) bool { return w.process == p })
	for _, t := range p.open {
		t.reset()
	}
	p.open = nil
	if down == 0 {
		s.restart(p.n - 1)
		return
	}
	s.starting++
	s.sched.at(s.sched.now+down, func() {
		s.starting--
		s.restart(p.n - 1)
	})
}
