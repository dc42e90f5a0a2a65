package plainredis

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// text returns a key's text; wrong says that it holds something else.
func (s *Server) text(key string) (e *entry, wrong bool) {
	e = s.get(key)
	return e, e != nil && (e.hash != nil || e.list != nil || e.set != nil)
}

func (s *Server) getText(args []string) any {
	switch e, wrong := s.text(args[0]); {
	case wrong:
		return errType
	case e != nil:
		return e.text
	}
	return nil
}

// setText is SET key value [NX|XX] [GET] [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL].
func (s *Server) setText(args []string) any {
	o, bad := setOptions(args[2:], s.now())
	if bad != nil {
		return bad
	}
	key, old := args[0], s.get(args[0])
	var reply any = ok
	if o.get {
		reply = s.getText(args[:1])
		if reply == errType {
			return errType
		}
	}
	if o.nx && old != nil || o.xx && old == nil {
		if o.get {
			return reply
		}
		return nil
	}
	e := &entry{text: args[1]}
	if o.keep && old != nil {
		e.expires = old.expires
	}
	s.put(key, e)
	if o.lasts {
		s.expire(key, e, o.ttl)
	}
	return reply
}

type setOption struct {
	nx, xx, get, keep, lasts bool
	ttl                      time.Duration
}

func setOptions(args []string, now time.Time) (o setOption, bad any) {
	for i := 0; i < len(args); i++ {
		word := strings.ToLower(args[i])
		switch word {
		case "nx":
			o.nx = true
		case "xx":
			o.xx = true
		case "get":
			o.get = true
		case "keepttl":
			o.keep = true
		case "ex", "px", "exat", "pxat":
			if i++; i == len(args) || o.lasts {
				return o, errForm
			}
			n, isInt := integer(args[i])
			if !isInt {
				return o, errInt
			}
			if n <= 0 {
				return o, failure("ERR invalid expire time in 'set' command")
			}
			o.lasts, o.ttl = true, lasting(word, n, now)
		default:
			return o, errForm
		}
	}
	if o.nx && o.xx || o.keep && o.lasts {
		return o, errForm
	}
	return o, nil
}

func lasting(word string, n int64, now time.Time) time.Duration {
	switch word {
	case "ex":
		return time.Duration(n) * second
	case "px":
		return time.Duration(n) * millisecond
	case "exat":
		return time.Unix(n, 0).Sub(now)
	}
	return time.UnixMilli(n).Sub(now)
}

func (s *Server) setNX(args []string) any {
	if s.get(args[0]) != nil {
		return int64(0)
	}
	s.put(args[0], &entry{text: args[1]})
	return int64(1)
}

func (s *Server) setEX(name string, args []string, unit time.Duration) any {
	n, isInt := integer(args[1])
	if !isInt {
		return errInt
	}
	if n <= 0 {
		return failure("ERR invalid expire time in '" + name + "' command")
	}
	e := &entry{text: args[2]}
	s.put(args[0], e)
	s.expire(args[0], e, time.Duration(n)*unit)
	return ok
}

func (s *Server) getSet(args []string) any {
	old := s.getText(args[:1])
	if old == errType {
		return old
	}
	s.put(args[0], &entry{text: args[1]})
	return old
}

func (s *Server) getDel(args []string) any {
	old := s.getText(args)
	if old != errType {
		s.remove(args[0])
	}
	return old
}

func (s *Server) length(args []string) any {
	switch old := s.getText(args).(type) {
	case string:
		return int64(len(old))
	case nil:
		return int64(0)
	default:
		return old
	}
}

// change replaces a key's text and leaves its time to live.
func (s *Server) change(key, text string) {
	e := &entry{text: text}
	if old := s.get(key); old != nil {
		e.expires = old.expires
	}
	s.put(key, e)
}

func (s *Server) append(args []string) any {
	old := s.getText(args[:1])
	if old == errType {
		return old
	}
	text, _ := old.(string)
	s.change(args[0], text+args[1])
	return int64(len(text) + len(args[1]))
}

func (s *Server) addText(key, by string, sign int64) any {
	n, isInt := integer(by)
	if !isInt || n == math.MinInt64 {
		return errInt
	}
	return s.add(key, sign*n)
}

func (s *Server) add(key string, by int64) any {
	var n int64
	switch old := s.getText([]string{key}).(type) {
	case failure:
		return old
	case string:
		var isInt bool
		if n, isInt = integer(old); !isInt {
			return errInt
		}
	}
	if overflows(n, by) {
		return errOverflow
	}
	s.change(key, strconv.FormatInt(n+by, 10))
	return n + by
}

func overflows(n, by int64) bool {
	return by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by
}

func (s *Server) getMany(keys []string) any {
	out := make([]any, len(keys))
	for i, key := range keys {
		if text, isText := s.getText([]string{key}).(string); isText {
			out[i] = text
		}
	}
	return out
}

func (s *Server) setMany(args []string) any {
	if len(args)%2 != 0 {
		return wrongNumber("mset")
	}
	for i := 0; i < len(args); i += 2 {
		s.put(args[i], &entry{text: args[i+1]})
	}
	return ok
}
