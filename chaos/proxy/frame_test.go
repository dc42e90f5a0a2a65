package proxy

import (
	"reflect"
	"strings"
	"testing"
)

func TestFramer(t *testing.T) {
	replies := []string{"+OK\r\n", "-ERR no\r\n", ":1\r\n", "$-1\r\n", "$0\r\n\r\n", "$3\r\na\r\n\r\n", "*-1\r\n", "*0\r\n", "*2\r\n:1\r\n*1\r\n$1\r\nx\r\n",
		"%1\r\n+a\r\n*0\r\n", "_\r\n", "#t\r\n", ",1.5\r\n", "(123\r\n", "~1\r\n:1\r\n", ">2\r\n+a\r\n+b\r\n", "|1\r\n+ttl\r\n:3\r\n$1\r\nv\r\n", "=7\r\ntxt:abc\r\n"}
	all := strings.Join(replies, "")
	for size := 1; size < len(all); size++ {
		var f framer
		var got []string
		var frame []byte
		for from := 0; from < len(all); from += size {
			b := []byte(all[from:min(from+size, len(all))])
			for len(b) > 0 {
				n, done, err := f.next(b)
				if err != nil {
					t.Fatal(err)
				}
				if frame, b = append(frame, b[:n]...), b[n:]; done {
					got, frame = append(got, string(frame)), nil
				}
			}
		}
		if !reflect.DeepEqual(got, replies) {
			t.Fatalf("pieces of %d: %q", size, got)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n|1\r\n+a\r\n:1\r\n:2\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var fr framer
		for rest := b; len(rest) > 0; {
			n, _, err := fr.next(rest)
			if err != nil {
				break
			}
			if n <= 0 {
				t.Fatal("no progress")
			}
			rest = rest[n:]
		}
		var c command
		for rest := b; len(rest) > 0; {
			need, err := c.scan(rest)
			if err != nil || need > 0 {
				if err == nil && need <= len(rest) {
					t.Fatalf("needs %d of %d", need, len(rest))
				}
				return
			}
			rest = rest[len(c.raw):]
		}
	})
}
