package proxy

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"sync"
	"time"

	"hookonce/replay"
)

// strikesFirst says that a fault strikes before the command is passed on.
func strikesFirst(k Kind) bool {
	switch k {
	case CutAfter, Evict, Flush:
		return false
	}
	return true
}

// strike does what was to happen before the command is passed on, and says what becomes of it.
func (s *session) strike(f *Fault, record *replay.Command) fate {
	if f.Kind == Latency {
		select {
		case <-time.After(f.For):
		case <-s.closed:
		}
		return passed
	}
	s.drain() // what came before is answered first
	s.tell(record)
	switch f.Kind {
	case Error:
		s.txError = s.inTx
		if s.write([]byte("-"+f.Text+"\r\n")) != nil {
			return ended
		}
		return withheld
	case Blackhole:
		s.swallow(f)
	case Refuse:
		s.p.faults.refuseFor(f.For)
		s.p.closeSessions()
	}
	s.close()
	return ended
}

// swallow reads on without passing anything on, until the faults are healed.
func (s *session) swallow(f *Fault) {
	go func() {
		select {
		case <-s.p.faults.until(f):
			s.close()
		case <-s.closed:
		}
	}()
	_, _ = io.Copy(io.Discard, s.client)
}

// keys are those that came by, by event, as far as there is room.
type keys struct {
	mu sync.Mutex
	by map[string][]dbKey
	n  int
}

type dbKey struct{ db, key string }

// maxKeys bounds how many are remembered.
const maxKeys = 100_000

func (k *keys) add(event, db string, names [][]byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.by == nil {
		k.by = map[string][]dbKey{}
	}
next:
	for _, name := range names {
		for _, known := range k.by[event] {
			if known.key == string(name) && known.db == db {
				continue next
			}
		}
		if k.n++; k.n <= maxKeys {
			k.by[event] = append(k.by[event], dbKey{db, string(name)})
		}
	}
}

func (k *keys) of(event string) []dbKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]dbKey(nil), k.by[event]...)
}

func (k *keys) all() (out []dbKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, list := range k.by {
		out = append(out, list...)
	}
	return out
}

// keysOf are the keys of a command, as far as its form tells.
func keysOf(args [][]byte) [][]byte {
	if len(args) < 2 {
		return nil
	}
	switch string(bytes.ToUpper(args[0])) {
	case "EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO":
		if len(args) < 3 {
			return nil
		}
		n, err := strconv.Atoi(string(args[2]))
		if err != nil || n < 0 || n > len(args)-3 {
			return nil
		}
		return args[3 : 3+n]
	case "DEL", "UNLINK", "EXISTS", "MGET", "TOUCH", "WATCH":
		return args[1:]
	case "PUBLISH", "SCRIPT", "CLIENT", "ECHO", "PING":
		return nil
	}
	return args[1:2]
}

// forgetWithin bounds how long the server may take to forget.
const forgetWithin = 2 * time.Second

// forget deletes keys over a connection of its own. Where that fails the keys stay, as the log then shows.
func (p *Proxy) forget(list []dbKey) {
	if len(list) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, forgetWithin)
	defer cancel()
	server, err := p.o.Dial(ctx)
	if err != nil {
		return
	}
	defer server.Close()
	_ = server.SetDeadline(time.Now().Add(forgetWithin))
	if len(p.o.Greet) > 0 && p.greet(server) != nil {
		return
	}
	for _, k := range list {
		for _, c := range [][]string{{"SELECT", k.db}, {"DEL", k.key}} {
			if _, err := server.Write(Encode(c...)); err != nil || skipReply(server) != nil {
				return
			}
		}
	}
}

func skipReply(r io.Reader) error {
	var f framer
	one := make([]byte, 1)
	for {
		if _, err := r.Read(one); err != nil {
			return err
		}
		if _, done, err := f.next(one); done || err != nil {
			return err
		}
	}
}

// Encode writes a command in RESP.
func Encode(args ...string) []byte {
	b := strconv.AppendInt([]byte("*"), int64(len(args)), 10)
	for _, a := range args {
		b = append(strconv.AppendInt(append(b, "\r\n$"...), int64(len(a)), 10), "\r\n"+a...)
	}
	return append(b, "\r\n"...)
}
