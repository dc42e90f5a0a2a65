package plainredis

import "slices"

func (s *Server) list(key string) (e *entry, bad any) {
	e = s.get(key)
	if e != nil && e.list == nil {
		return nil, errType
	}
	return e, nil
}

func (s *Server) push(args []string, front bool) any {
	e, bad := s.list(args[0])
	if bad != nil {
		return bad
	}
	if e == nil {
		e = &entry{}
		s.put(args[0], e)
	}
	for _, v := range args[1:] {
		if front {
			e.list = slices.Insert(e.list, 0, v)
		} else {
			e.list = append(e.list, v)
		}
	}
	s.touch(args[0])
	return int64(len(e.list))
}

func (s *Server) pop(key string, front bool) any {
	e, bad := s.list(key)
	if bad != nil || e == nil {
		return bad
	}
	i := 0
	if !front {
		i = len(e.list) - 1
	}
	v := e.list[i]
	s.cut(key, e, slices.Delete(e.list, i, i+1))
	return v
}

// cut makes a list shorter; an empty one is no key.
func (s *Server) cut(key string, e *entry, list []string) {
	if e.list = list; len(list) == 0 {
		s.remove(key)
		return
	}
	s.touch(key)
}

func (s *Server) listLength(args []string) any {
	e, bad := s.list(args[0])
	if bad != nil {
		return bad
	}
	if e == nil {
		return int64(0)
	}
	return int64(len(e.list))
}

func (s *Server) listRange(args []string) any {
	from, isInt := integer(args[1])
	to, isInt2 := integer(args[2])
	if !isInt || !isInt2 {
		return errInt
	}
	e, bad := s.list(args[0])
	if bad != nil {
		return bad
	}
	out := []any{}
	if e == nil {
		return out
	}
	n := int64(len(e.list))
	if from < 0 {
		from = max(0, from+n)
	}
	if to < 0 {
		to += n
	}
	for i := from; i <= min(to, n-1); i++ {
		out = append(out, e.list[i])
	}
	return out
}

// listRemove is LREM: so many of a value, from the front or, where negative, from the end; 0 is all.
func (s *Server) listRemove(args []string) any {
	count, isInt := integer(args[1])
	if !isInt {
		return errInt
	}
	e, bad := s.list(args[0])
	if bad != nil {
		return bad
	}
	if e == nil {
		return int64(0)
	}
	list, most := slices.Clone(e.list), int(max(count, -count))
	if count < 0 {
		slices.Reverse(list)
	}
	n := 0
	list = slices.DeleteFunc(list, func(v string) bool {
		if v != args[2] || most > 0 && n == most {
			return false
		}
		n++
		return true
	})
	if count < 0 {
		slices.Reverse(list)
	}
	if n > 0 {
		s.cut(args[0], e, list)
	}
	return int64(n)
}
