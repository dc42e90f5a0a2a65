package plainredis

import (
	"strconv"
	"strings"
)

// command is what a command does, and how many arguments it takes: at least, and at most, -1 for any.
type command struct {
	least, most int
	do          func(s *Server, args []string) any
}

// lookup is the table of commands. It is a function, because scripts call commands too.
func lookup(name string) (command, bool) {
	switch name {
	case "eval":
		return command{2, -1, (*Server).eval}, true
	case "evalsha":
		return command{2, -1, (*Server).evalsha}, true
	case "script":
		return command{1, -1, (*Server).script}, true
	}
	c, known := commands[name]
	return c, known
}

var commands = map[string]command{
	"ping":     {0, 0, func(*Server, []string) any { return status("PONG") }},
	"echo":     {1, 1, func(_ *Server, a []string) any { return a[0] }},
	"unwatch":  {0, 0, func(*Server, []string) any { return ok }},
	"select":   {1, 1, func(_ *Server, a []string) any { return selected(a[0]) }},
	"time":     {0, 0, (*Server).time},
	"dbsize":   {0, 0, func(s *Server, _ []string) any { return s.size() }},
	"flushall": {0, 1, func(s *Server, _ []string) any { s.Clear(); return ok }},
	"flushdb":  {0, 1, func(s *Server, _ []string) any { s.Clear(); return ok }},

	"del":       {1, -1, (*Server).del},
	"unlink":    {1, -1, (*Server).del},
	"exists":    {1, -1, (*Server).exists},
	"type":      {1, 1, func(s *Server, a []string) any { return s.kind(a[0]) }},
	"expire":    {2, 3, func(s *Server, a []string) any { return s.expireIn(a, second) }},
	"pexpire":   {2, 3, func(s *Server, a []string) any { return s.expireIn(a, millisecond) }},
	"expireat":  {2, 3, func(s *Server, a []string) any { return s.expireAt(a, second) }},
	"pexpireat": {2, 3, func(s *Server, a []string) any { return s.expireAt(a, millisecond) }},
	"ttl":       {1, 1, func(s *Server, a []string) any { return s.left(a[0], second) }},
	"pttl":      {1, 1, func(s *Server, a []string) any { return s.left(a[0], millisecond) }},
	"persist":   {1, 1, (*Server).persist},

	"get":       {1, 1, (*Server).getText},
	"set":       {2, -1, (*Server).setText},
	"setnx":     {2, 2, (*Server).setNX},
	"setex":     {3, 3, func(s *Server, a []string) any { return s.setEX("setex", a, second) }},
	"psetex":    {3, 3, func(s *Server, a []string) any { return s.setEX("psetex", a, millisecond) }},
	"getset":    {2, 2, (*Server).getSet},
	"getdel":    {1, 1, (*Server).getDel},
	"strlen":    {1, 1, (*Server).length},
	"append":    {2, 2, (*Server).append},
	"incr":      {1, 1, func(s *Server, a []string) any { return s.add(a[0], 1) }},
	"decr":      {1, 1, func(s *Server, a []string) any { return s.add(a[0], -1) }},
	"incrby":    {2, 2, func(s *Server, a []string) any { return s.addText(a[0], a[1], 1) }},
	"decrby":    {2, 2, func(s *Server, a []string) any { return s.addText(a[0], a[1], -1) }},
	"mget":      {1, -1, (*Server).getMany},
	"mset":      {2, -1, (*Server).setMany},
	"hget":      {2, 2, (*Server).hashGet},
	"hset":      {3, -1, (*Server).hashSet},
	"hsetnx":    {3, 3, (*Server).hashSetNX},
	"hmget":     {2, -1, (*Server).hashGetMany},
	"hgetall":   {1, 1, (*Server).hashAll},
	"hdel":      {2, -1, (*Server).hashDelete},
	"hexists":   {2, 2, (*Server).hashHas},
	"hincrby":   {3, 3, (*Server).hashAdd},
	"hlen":      {1, 1, (*Server).hashLength},
	"lpush":     {2, -1, func(s *Server, a []string) any { return s.push(a, true) }},
	"rpush":     {2, -1, func(s *Server, a []string) any { return s.push(a, false) }},
	"lpop":      {1, 1, func(s *Server, a []string) any { return s.pop(a[0], true) }},
	"rpop":      {1, 1, func(s *Server, a []string) any { return s.pop(a[0], false) }},
	"llen":      {1, 1, (*Server).listLength},
	"lrange":    {3, 3, (*Server).listRange},
	"lrem":      {3, 3, (*Server).listRemove},
	"sadd":      {2, -1, (*Server).setAdd},
	"srem":      {2, -1, (*Server).setRemove},
	"sismember": {2, 2, (*Server).setHas},
	"scard":     {1, 1, (*Server).setLength},
	"smembers":  {1, 1, (*Server).setMembers},
}

// check says what is wrong with a command before it is carried out; nil for nothing.
func check(name string, args []string) any {
	c, known := lookup(name)
	switch {
	case !known:
		return failure("ERR unknown command '" + name + "'")
	case len(args) < c.least || c.most >= 0 && len(args) > c.most:
		return wrongNumber(name)
	}
	return nil
}

// do carries a command out.
func (s *Server) do(name string, args []string) any {
	if bad := check(name, args); bad != nil {
		return bad
	}
	c, _ := lookup(name)
	return c.do(s, args)
}

func selected(db string) any {
	if db == "0" {
		return ok
	}
	return failure("ERR DB index is out of range")
}

func (s *Server) time([]string) any {
	now := s.now()
	return []any{strconv.FormatInt(now.Unix(), 10), strconv.Itoa(now.Nanosecond() / 1000)}
}

func (s *Server) size() int64 {
	n := int64(0)
	for key := range s.keys {
		if s.get(key) != nil {
			n++
		}
	}
	return n
}

func integer(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && !strings.HasPrefix(text, "+")
}
