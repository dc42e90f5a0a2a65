package plainredis

import (
	"strings"
	"time"
)

const (
	second      = time.Second
	millisecond = time.Millisecond
)

func (s *Server) del(keys []string) any {
	n := int64(0)
	for _, key := range keys {
		if s.get(key) != nil {
			s.remove(key)
			n++
		}
	}
	return n
}

func (s *Server) exists(keys []string) any {
	n := int64(0)
	for _, key := range keys {
		n += flag(s.get(key) != nil)
	}
	return n
}

func (s *Server) kind(key string) status {
	switch e := s.get(key); {
	case e == nil:
		return "none"
	case e.hash != nil:
		return "hash"
	case e.list != nil:
		return "list"
	case e.set != nil:
		return "set"
	}
	return "string"
}

// expireIn is EXPIRE: a key, a time and maybe a condition.
func (s *Server) expireIn(args []string, unit time.Duration) any {
	n, isInt := integer(args[1])
	if !isInt {
		return errInt
	}
	return s.expireUnless(args, time.Duration(n)*unit)
}

// expireAt is EXPIREAT.
func (s *Server) expireAt(args []string, unit time.Duration) any {
	n, isInt := integer(args[1])
	if !isInt {
		return errInt
	}
	return s.expireUnless(args, time.UnixMilli(n*int64(unit/millisecond)).Sub(s.now()))
}

func (s *Server) expireUnless(args []string, ttl time.Duration) any {
	e := s.get(args[0])
	if e == nil {
		return int64(0)
	}
	if len(args) == 3 {
		has := !e.expires.IsZero()
		left := e.expires.Sub(s.now())
		var may bool
		switch strings.ToLower(args[2]) {
		case "nx":
			may = !has
		case "xx":
			may = has
		case "gt":
			may = has && ttl > left
		case "lt":
			may = !has || ttl < left
		default:
			return failure("ERR Unsupported option " + args[2])
		}
		if !may {
			return int64(0)
		}
	}
	s.expire(args[0], e, ttl)
	return int64(1)
}

// left is a key's time to live: -1 for none, -2 for no key.
func (s *Server) left(key string, unit time.Duration) any {
	switch e := s.get(key); {
	case e == nil:
		return int64(-2)
	case e.expires.IsZero():
		return int64(-1)
	default:
		return int64((e.expires.Sub(s.now()) + unit/2) / unit)
	}
}

func (s *Server) persist(args []string) any {
	e := s.get(args[0])
	if e == nil || e.expires.IsZero() {
		return int64(0)
	}
	e.expires = time.Time{}
	s.touch(args[0])
	return int64(1)
}
