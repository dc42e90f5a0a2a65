package plainredis

import (
	"net"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// Server is one Redis with one database.
type Server struct {
	now     func() time.Time
	keys    map[string]*entry
	given   map[string]bool // keys that were given a time to live since it was last asked for
	version map[string]int  // per watched key, how often it was changed
	scripts map[string]*lua.FunctionProto
	lua     *lua.LState
}

// entry is a key's value: text, hash, list or set.
type entry struct {
	text    string
	hash    map[string]string
	list    []string
	set     map[string]bool
	expires time.Time // zero for never
}

// New returns an empty server whose clock is now.
func New(now func() time.Time) *Server {
	return &Server{now: now, keys: map[string]*entry{}, given: map[string]bool{}, version: map[string]int{},
		scripts: map[string]*lua.FunctionProto{}}
}

// Close frees what scripts hold.
func (s *Server) Close() {
	if s.lua != nil {
		s.lua.Close()
	}
}

// Dial returns a connection that answers within Write.
func (s *Server) Dial() net.Conn { return &conn{server: s} }

// Len is how many keys there are.
func (s *Server) Len() int { return len(s.keys) }

// Clear deletes all keys.
func (s *Server) Clear() {
	for key := range s.keys {
		s.remove(key)
	}
}

// Delete deletes a key.
func (s *Server) Delete(key string) { s.remove(key) }

// TTL is Left, and says whether the time to live was given since TTL was last asked for this key.
func (s *Server) TTL(key string) (ttl time.Duration, given bool) {
	given = s.given[key]
	delete(s.given, key)
	return s.Left(key), given
}

// Left is a key's time to live; 0 for a key that has none, or is not there.
func (s *Server) Left(key string) time.Duration {
	if e := s.get(key); e != nil && !e.expires.IsZero() {
		return e.expires.Sub(s.now())
	}
	return 0
}

// Show says what a key holds, on one line, for people: a text as it is, a hash as name=value, the names in order.
func (s *Server) Show(key string) (text string, there bool) {
	e := s.get(key)
	switch {
	case e == nil:
		return "", false
	case e.hash != nil:
		var parts []string
		for _, name := range sortedKeys(e.hash) {
			parts = append(parts, name+"="+e.hash[name])
		}
		return strings.Join(parts, " "), true
	case e.list != nil:
		return strings.Join(e.list, " "), true
	case e.set != nil:
		return strings.Join(sortedKeys(e.set), " "), true
	}
	return e.text, true
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// get returns a live key's entry, or nil.
func (s *Server) get(key string) *entry {
	e := s.keys[key]
	if e == nil {
		return nil
	}
	if !e.expires.IsZero() && !s.now().Before(e.expires) {
		s.remove(key)
		return nil
	}
	return e
}

// put makes a key hold an entry.
func (s *Server) put(key string, e *entry) {
	s.keys[key] = e
	s.touch(key)
}

func (s *Server) remove(key string) {
	if _, there := s.keys[key]; there {
		delete(s.keys, key)
		delete(s.given, key)
		s.touch(key)
	}
}

// touch notes a change for transactions that watch the key.
func (s *Server) touch(key string) { s.version[key]++ }

// expire gives a key a time to live from now; one that is not positive is over at once.
func (s *Server) expire(key string, e *entry, ttl time.Duration) {
	if ttl <= 0 {
		s.remove(key)
		return
	}
	e.expires = s.now().Add(ttl)
	s.given[key] = true
	s.touch(key)
}
