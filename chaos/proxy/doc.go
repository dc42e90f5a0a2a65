// Package proxy stands between an endpoint and its Redis. It passes RESP2 and RESP3 on as they are, byte for
// byte, writes down every command with the event it belongs to, and commits faults: it cuts connections before or
// after a command, answers with errors, delays, swallows, and makes the server forget.
//
// It understands no more of a command than its name, its keys and the ids in it, and never changes one, but for times to
// live where Scale asks for that. What it cannot read as RESP it passes on all the same.
package proxy
