package proxy

import "io"

// captured is how much of a reply is looked at to write it down.
const captured = 512

// downwards passes replies on and gives each to its command.
func (s *session) downwards() {
	if s.payOff() != nil {
		return
	}
	buf := make([]byte, readSize)
	for {
		n, err := s.server.Read(buf)
		if n > 0 && s.back.take(buf[:n]) != nil {
			return
		}
		if err != nil {
			return
		}
	}
}

// payOff passes on what the loop could not. Until then the session counts as busy: no other answer may overtake it.
func (s *session) payOff() error {
	if len(s.owedDown) == 0 {
		return nil
	}
	err := s.write(s.owedDown)
	if !s.back.inside {
		s.ended()
	}
	return err
}

// downward is the state of the way down.
type downward struct {
	s      *session
	frame  framer
	raw    bool // what comes is no RESP
	inside bool // a reply has begun
	of     pending
	text   []byte // its beginning, where it is written down
}

// take passes on a piece of the stream. What stands in line is passed on with one write, unless a fault strikes.
func (d *downward) take(b []byte) error {
	from, at := 0, 0
	for at < len(b) && !d.raw {
		if !d.inside {
			d.begin(b[at])
		}
		n, done, err := d.frame.next(b[at:])
		if err != nil {
			d.raw = true
			d.s.unpair()
			break
		}
		d.capture(b[at : at+n])
		at += n
		if d.of.withholds() { // not passed on, whatever else is
			if err := d.pass(b[from : at-n]); err != nil {
				return err
			}
			from = at
		}
		if !done {
			break
		}
		d.inside = false
		if err := d.end(); err != nil {
			return err
		}
	}
	err := d.pass(b[from:])
	if !d.inside {
		d.s.ended()
	}
	return err
}

func (d *downward) pass(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	return d.s.write(b)
}

// begin starts a reply, or a message that nobody asked for.
func (d *downward) begin(kind byte) {
	d.inside, d.of, d.text = true, pending{}, d.text[:0]
	if kind == '>' {
		return
	}
	d.of, _ = d.s.answered()
	if d.of.protocol && kind != '-' {
		d.s.resp3.Store(kind == '%') // the answer to HELLO 3 is a map
	}
	f := d.of.fault
	if f == nil {
		return
	}
	switch f.Kind {
	case Evict:
		d.s.p.forget(d.s.p.seen.of(d.of.event))
	case Flush:
		d.s.p.forget(d.s.p.seen.all())
	case Hold:
		f.Do()
	}
}

func (d *downward) capture(b []byte) {
	if d.of.record != nil && len(d.text) < captured {
		d.text = append(d.text, b[:min(len(b), captured-len(d.text))]...)
	}
}

// withholds says that the client does not get the reply.
func (w pending) withholds() bool {
	return w.instead != nil || w.fault != nil && w.fault.Kind == CutAfter
}

// end ends a reply that has come: the command is written down, and what is to happen then happens.
func (d *downward) end() error {
	w := d.of
	d.of = pending{}
	if r := w.record; r != nil {
		text := d.text
		if w.instead != nil {
			text = w.instead
		}
		r.End, r.Reply = d.s.p.now(), replyText(text)
		d.s.tell(r)
	}
	switch {
	case w.fault != nil && w.fault.Kind == CutAfter:
		d.s.close()
		return io.EOF
	case w.instead != nil:
		return d.s.write(w.instead)
	}
	return nil
}
