package proxy

// plain leaves a session between TCP connections to the loop, until something out of the ordinary comes or it is closed.
func (s *session) plain() {
	client, ok := wireOf(s.client)
	if !ok {
		return
	}
	l := &s.p.loops[s.number%len(s.p.loops)]
	server, ok := wireOf(s.server)
	if !ok || !l.started() {
		_ = client.Close()
		if ok {
			_ = server.Close()
		}
		return
	}
	if !s.enter(client, server) {
		return
	}
	x := &seat{s: s, client: client, server: server, left: make(chan struct{})}
	l.ask(x, false)
	select {
	case <-x.left:
	case <-s.closed:
		l.ask(x, true)
		<-x.left
	}
	s.comeBack(client, server)
}

// enter puts wires in the place of the connections; false where the session was closed meanwhile.
func (s *session) enter(client, server *wire) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		_, _ = client.Close(), server.Close()
		return false
	default:
	}
	_, _ = s.client.Close(), s.server.Close()
	s.client, s.server, s.looped = client, server, true
	return true
}

// comeBack puts connections in the place of the wires. Where there can be none, both ways end at once.
func (s *session) comeBack(client, server *wire) {
	s.owedUp, s.owedDown = server.owed, client.owed
	c, err := client.conn()
	d, err2 := server.conn()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looped = false
	s.busy = s.busy || len(s.owedDown) > 0
	if err == nil {
		s.client = c
	}
	if err2 == nil {
		s.server = d
	}
	select {
	case <-s.closed:
		s.hangUp()
	default:
	}
}
