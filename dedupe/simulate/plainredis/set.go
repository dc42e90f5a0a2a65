package plainredis

func (s *Server) set(key string) (e *entry, bad any) {
	e = s.get(key)
	if e != nil && e.set == nil {
		return nil, errType
	}
	return e, nil
}

func (s *Server) setAdd(args []string) any {
	e, bad := s.set(args[0])
	if bad != nil {
		return bad
	}
	if e == nil {
		e = &entry{set: map[string]bool{}}
		s.put(args[0], e)
	}
	before := len(e.set)
	for _, v := range args[1:] {
		e.set[v] = true
	}
	s.touch(args[0])
	return int64(len(e.set) - before)
}

func (s *Server) setRemove(args []string) any {
	e, bad := s.set(args[0])
	if bad != nil {
		return bad
	}
	if e == nil {
		return int64(0)
	}
	before := len(e.set)
	for _, v := range args[1:] {
		delete(e.set, v)
	}
	n := int64(before - len(e.set))
	switch {
	case len(e.set) == 0:
		s.remove(args[0])
	case n > 0:
		s.touch(args[0])
	}
	return n
}

func (s *Server) setHas(args []string) any {
	e, bad := s.set(args[0])
	if bad != nil {
		return bad
	}
	return flag(e != nil && e.set[args[1]])
}

func (s *Server) setLength(args []string) any {
	e, bad := s.set(args[0])
	if bad != nil {
		return bad
	}
	if e == nil {
		return int64(0)
	}
	return int64(len(e.set))
}

func (s *Server) setMembers(args []string) any {
	e, bad := s.set(args[0])
	if bad != nil {
		return bad
	}
	out := []any{}
	if e != nil {
		for _, v := range sortedKeys(e.set) {
			out = append(out, v)
		}
	}
	return out
}
