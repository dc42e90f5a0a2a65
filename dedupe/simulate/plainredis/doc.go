// Package plainredis is a Redis in plain Go for simulations: the commands that locks are made of, on
// a clock that somebody else owns. It answers within the call that sends a command, on the same
// goroutine: an interleaving is whatever its caller makes of it, and a command costs microseconds.
//
// It knows strings, hashes, lists, sets, times to live, transactions and Lua scripts. What it does not know it refuses,
// as an unknown command. It never listens, starts no goroutine, forgets everything with the
// process, and is not for concurrent use.
package plainredis
