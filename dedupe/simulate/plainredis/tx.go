package plainredis

import "strings"

// transaction carries out the commands that begin and end one.
func (c *conn) transaction(name string, keys []string) any {
	switch name {
	case "multi":
		if c.multi {
			return failure("ERR MULTI calls can not be nested")
		}
		c.multi, c.broken, c.queue = true, false, nil
	case "watch":
		if c.multi {
			return failure("ERR WATCH inside MULTI is not allowed")
		}
		if len(keys) == 0 {
			return wrongNumber(name)
		}
		c.watch(keys)
	case "discard":
		if !c.multi {
			return failure("ERR DISCARD without MULTI")
		}
		c.multi, c.watched = false, nil
	case "exec":
		return c.exec()
	}
	return ok
}

func (c *conn) watch(keys []string) {
	if c.watched == nil {
		c.watched = map[string]int{}
	}
	for _, key := range keys {
		c.server.get(key) // one whose time is up changes now
		c.watched[key] = c.server.version[key]
	}
}

// exec carries the queued commands out, unless a watched key has changed.
func (c *conn) exec() any {
	if !c.multi {
		return failure("ERR EXEC without MULTI")
	}
	watched, queue := c.watched, c.queue
	c.multi, c.watched, c.queue = false, nil, nil
	if c.broken {
		return failure("EXECABORT Transaction discarded because of previous errors.")
	}
	for key, version := range watched {
		c.server.get(key)
		if c.server.version[key] != version {
			return noArray{}
		}
	}
	replies := make([]any, len(queue))
	for i, args := range queue {
		replies[i] = c.server.do(strings.ToLower(args[0]), args[1:])
	}
	return replies
}
