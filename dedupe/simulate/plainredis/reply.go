package plainredis

import "strconv"

// A reply is nil, int64, string, status, failure, or a []any of replies.
type (
	status  string
	failure string
)

const (
	ok          = status("OK")
	queued      = status("QUEUED")
	errType     = failure("WRONGTYPE Operation against a key holding the wrong kind of value")
	errInt      = failure("ERR value is not an integer or out of range")
	errForm     = failure("ERR syntax error")
	errOverflow = failure("ERR increment or decrement would overflow")
)

func wrongNumber(name string) failure {
	return failure("ERR wrong number of arguments for '" + name + "' command")
}

// encode appends a reply as Redis writes it, protocol version 2.
func encode(b []byte, reply any) []byte {
	switch r := reply.(type) {
	case nil:
		return append(b, "$-1\r\n"...)
	case int64:
		b = strconv.AppendInt(append(b, ':'), r, 10)
	case status:
		b = append(append(b, '+'), r...)
	case failure:
		b = append(append(b, '-'), r...)
	case string:
		b = strconv.AppendInt(append(b, '$'), int64(len(r)), 10)
		b = append(append(b, "\r\n"...), r...)
	case noArray:
		return append(b, "*-1\r\n"...)
	case []any:
		b = strconv.AppendInt(append(b, '*'), int64(len(r)), 10)
		b = append(b, "\r\n"...)
		for _, part := range r {
			b = encode(b, part)
		}
		return b
	}
	return append(b, "\r\n"...)
}

// noArray is the reply of a transaction that was not carried out.
type noArray struct{}

func flag(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
