package plainredis

import "strconv"

// hash returns a key's hash, made if need be; nil where the key holds something else, or is not there.
func (s *Server) hash(key string, create bool) (m map[string]string, bad any) {
	e := s.get(key)
	switch {
	case e == nil && create:
		e = &entry{hash: map[string]string{}}
		s.put(key, e)
	case e == nil:
		return nil, nil
	case e.hash == nil:
		return nil, errType
	}
	return e.hash, nil
}

func (s *Server) hashGet(args []string) any {
	m, bad := s.hash(args[0], false)
	if bad != nil {
		return bad
	}
	return member(m, args[1])
}

func member(m map[string]string, name string) any {
	if v, there := m[name]; there {
		return v
	}
	return nil
}

func (s *Server) hashSet(args []string) any {
	if len(args)%2 != 1 {
		return wrongNumber("hset")
	}
	m, bad := s.hash(args[0], true)
	if bad != nil {
		return bad
	}
	before := len(m)
	for i := 1; i < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	s.touch(args[0])
	return int64(len(m) - before)
}

func (s *Server) hashSetNX(args []string) any {
	m, bad := s.hash(args[0], true)
	if bad != nil {
		return bad
	}
	if _, there := m[args[1]]; there {
		return int64(0)
	}
	m[args[1]] = args[2]
	s.touch(args[0])
	return int64(1)
}

func (s *Server) hashGetMany(args []string) any {
	m, bad := s.hash(args[0], false)
	if bad != nil {
		return bad
	}
	out := make([]any, 0, len(args)-1)
	for _, name := range args[1:] {
		out = append(out, member(m, name))
	}
	return out
}

func (s *Server) hashAll(args []string) any {
	m, bad := s.hash(args[0], false)
	if bad != nil {
		return bad
	}
	out := make([]any, 0, 2*len(m))
	for _, name := range sortedKeys(m) {
		out = append(out, name, m[name])
	}
	return out
}

func (s *Server) hashDelete(args []string) any {
	m, bad := s.hash(args[0], false)
	if bad != nil {
		return bad
	}
	before := len(m)
	for _, name := range args[1:] {
		delete(m, name)
	}
	n := before - len(m)
	switch {
	case n > 0 && len(m) == 0:
		s.remove(args[0])
	case n > 0:
		s.touch(args[0])
	}
	return int64(n)
}

func (s *Server) hashHas(args []string) any {
	m, bad := s.hash(args[0], false)
	if bad != nil {
		return bad
	}
	_, there := m[args[1]]
	return flag(there)
}

func (s *Server) hashAdd(args []string) any {
	by, isInt := integer(args[2])
	if !isInt {
		return errInt
	}
	m, bad := s.hash(args[0], true)
	if bad != nil {
		return bad
	}
	var n int64
	if old, there := m[args[1]]; there {
		if n, isInt = integer(old); !isInt {
			return failure("ERR hash value is not an integer")
		}
	}
	if overflows(n, by) {
		return errOverflow
	}
	m[args[1]] = strconv.FormatInt(n+by, 10)
	s.touch(args[0])
	return n + by
}

func (s *Server) hashLength(args []string) any {
	m, bad := s.hash(args[0], false)
	if bad != nil {
		return bad
	}
	return int64(len(m))
}
