package proxy

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"hookonce/replay"
)

// readSize is how much is read at once.
const readSize = 32 << 10

// fate is what becomes of a command.
type fate int

const (
	passed   fate = iota // as it is
	withheld             // the server does not get it
	ended                // the session is over
	deferred             // nothing yet: it is not for the loop
)

// upwards passes commands on. Commands that came together leave together, unless one of them has another fate.
func (s *session) upwards() {
	if len(s.owedUp) > 0 {
		if _, err := s.server.Write(s.owedUp); err != nil {
			return
		}
	}
	s.rest = slices.Grow(s.rest, readSize)
	for {
		rest, need, err := s.passOn(s.rest)
		if err == errNotRESP {
			s.passRaw(rest)
			return
		}
		if err != nil {
			return
		}
		s.rest, s.need = append(s.rest[:0], rest...), need
		if s.fill() != nil {
			return
		}
	}
}

// fill reads something, and as much as a command needs to be whole.
func (s *session) fill() error {
	for more := true; more; more = len(s.rest) < s.need {
		buf := s.room()
		n, err := s.client.Read(buf[len(buf):cap(buf)])
		s.rest = buf[:len(buf)+n]
		if err != nil {
			return err
		}
	}
	return nil
}

// room is the rest, with room for more behind it.
func (s *session) room() []byte { return slices.Grow(s.rest, max(s.need-len(s.rest), readSize/4)) }

// passRaw passes everything on unread.
func (s *session) passRaw(first []byte) {
	s.unpair()
	if _, err := s.server.Write(first); err == nil {
		_, _ = io.Copy(s.server, s.client)
	}
}

// errDeferred says that a command is not for the loop.
var errDeferred = errors.New("not for the loop")

// passOn passes on the commands that are whole, and returns the rest with the size it needs to become one.
func (s *session) passOn(buf []byte) (rest []byte, need int, err error) {
	now := s.p.now()
	from, at := 0, 0
	for at < len(buf) {
		need, err = s.cmd.scan(buf[at:])
		if need > 0 || err != nil {
			break
		}
		next := at + len(s.cmd.raw)
		what, instead := s.command(now, func() error { return s.send(buf[from:at]) }, func() { from = at })
		if what == ended {
			return nil, 0, io.EOF
		}
		if what == deferred {
			err = errDeferred
			break
		}
		if what == withheld || instead != nil {
			if e := s.send(buf[from:at]); e != nil {
				return nil, 0, e
			}
			if e := s.send(instead); e != nil {
				return nil, 0, e
			}
			from = next
		}
		at = next
	}
	if e := s.send(buf[from:at]); e != nil {
		return nil, 0, e
	}
	return buf[at:], need, err
}

func (s *session) send(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if s.p.o.Before != nil {
		s.p.o.Before()
	}
	_, err := s.server.Write(b)
	return err
}

// command files a command and decides its fate. flush sends what came before it, and flushed records that.
func (s *session) command(now time.Duration, flush func() error, flushed func()) (what fate, instead []byte) {
	c := &s.cmd
	if len(c.args) == 0 {
		return passed, nil // a server does not answer it
	}
	event, kind := s.p.ids.Load().findIn(c.args[1:]), kindOf(c.args)
	if s.looped && (kind >= subscribe || s.p.faults.armed(event)) {
		return deferred, nil
	}
	if event != "" {
		s.p.seen.add(event, s.db, keysOf(c.args))
	}
	fault, event := s.fault(event)
	record := s.file(now, event)
	if fault != nil && fault.Kind != Hold {
		if record == nil {
			record = s.record(now, event, 0)
		}
		record.Fault = string(fault.Kind)
		if s.p.o.OnFault != nil {
			s.p.o.OnFault(*fault, *record)
		}
		if fault.Kind == Error && s.inTx && (kind == commit || kind == rollback) {
			return s.abort(record, fault)
		}
		if strikesFirst(fault.Kind) {
			if flush() != nil {
				return ended, nil
			}
			flushed()
			if what := s.strike(fault, record); what != passed {
				return what, nil
			}
		}
	}
	return s.forward(kind, pending{record: record, fault: fault, event: event})
}

// fault is the one that strikes a command, if one does, and the event it is filed under then.
func (s *session) fault(event string) (*Fault, string) {
	if s.looped {
		return nil, event // none was armed: what has been since strikes from the next command on
	}
	out := s.p.faults.outage.Load()
	if out == nil || ofConnection(s.cmd.args[0]) {
		return s.p.faults.hit(event), event
	}
	if event == "" {
		event = out.Event
	}
	return out, event
}

// forward puts a command in line and says what the server gets: nil for what the client sent.
func (s *session) forward(kind verb, w pending) (fate, []byte) {
	c, was := &s.cmd, s.inTx
	switch kind {
	case hello:
		w.protocol = true
	case restart:
		w.protocol, s.inTx, s.db = true, false, "0"
	case begin:
		s.inTx, s.txError = true, false
	case commit:
		s.inTx = false
		if was && s.txError {
			w.instead = []byte("-EXECABORT Transaction discarded because of previous errors.\r\n")
			s.expect(s.postponed(w))
			return passed, Encode("DISCARD")
		}
	case rollback:
		s.inTx = false
	case pick:
		if len(c.args) > 1 {
			s.db = string(c.args[1])
		}
	case subscribe, unsubscribe:
		if s.resp3.Load() { // its answer is a push, and no reply
			s.tell(w.record)
			return passed, nil
		}
		w.last = true
	case mute:
		s.tell(w.record)
		w.record, w.last = nil, true
	case listen:
		w.last = true
	}
	if was {
		w = s.postponed(w)
	}
	s.expect(w)
	if by := s.p.scale.Load(); by != nil {
		return passed, by.scaled(c.args, time.Now())
	}
	return passed, nil
}

// abort answers the end of a transaction with an error in the server's place, which then ends it without a word: as
// a server does that refuses an EXEC.
func (s *session) abort(record *replay.Command, f *Fault) (fate, []byte) {
	s.inTx, s.late = false, pending{}
	s.expect(pending{record: record, instead: []byte("-" + f.Text + "\r\n")})
	return passed, Encode("DISCARD")
}

// postponed has what is to strike at a reply within a transaction strike at the one that ends it: until then the server
// has only queued the command. Of several, the first does.
func (s *session) postponed(w pending) pending {
	switch {
	case !s.inTx:
		if w.fault == nil {
			w.fault, w.event = s.late.fault, s.late.event
		}
		s.late = pending{}
	case w.fault != nil && !strikesFirst(w.fault.Kind):
		if s.late.fault == nil {
			s.late = w
		}
		w.fault = nil
	}
	return w
}

// file numbers a command and writes it down, where there is room.
func (s *session) file(now time.Duration, event string) *replay.Command {
	n, keep := s.p.log.number(event)
	if !keep || s.p.o.OnCommand == nil {
		return nil
	}
	return s.record(now, event, n)
}

func (s *session) record(now time.Duration, event string, n int) *replay.Command {
	r := &replay.Command{At: now, Replica: s.label, Conn: s.number, Event: event, N: n}
	r.Name, r.Args = describe(s.cmd.args)
	return r
}

// findIn looks for an id in the arguments.
func (x *IDs) findIn(args [][]byte) string {
	if x == nil {
		return ""
	}
	for _, a := range args {
		if len(a) > maxSearched {
			a = a[:maxSearched]
		}
		if event := x.Find(a); event != "" {
			return event
		}
	}
	return ""
}

// maxSearched bounds how much of an argument is searched for ids.
const maxSearched = 4 << 10

// verb is what a command means to the proxy. From subscribe on, it may be the last whose reply can be told apart.
type verb int

const (
	ordinary verb = iota
	hello
	restart
	begin
	commit
	rollback
	pick
	subscribe
	unsubscribe
	mute
	listen
)

func kindOf(args [][]byte) verb {
	var name [len("PUNSUBSCRIBE")]byte
	if len(args[0]) > len(name) {
		return ordinary
	}
	for i, c := range args[0] {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		name[i] = c
	}
	switch string(name[:len(args[0])]) {
	case "HELLO":
		return hello
	case "MULTI":
		return begin
	case "EXEC":
		return commit
	case "DISCARD":
		return rollback
	case "RESET":
		return restart
	case "SELECT":
		return pick
	case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE":
		return subscribe
	case "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE":
		return unsubscribe
	case "MONITOR", "SYNC", "PSYNC":
		return listen
	case "CLIENT":
		if len(args) > 2 && bytes.EqualFold(args[1], []byte("reply")) && !bytes.EqualFold(args[2], []byte("on")) {
			return mute
		}
	}
	return ordinary
}

// ofConnection says that a server takes the command of a new connection while it is loading.
func ofConnection(name []byte) bool {
	switch strings.ToUpper(string(name)) {
	case "AUTH", "CLIENT", "COMMAND", "HELLO", "INFO", "QUIT", "RESET", "SELECT":
		return true
	}
	return false
}
