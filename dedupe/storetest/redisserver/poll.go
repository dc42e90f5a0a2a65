package redisserver

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// settleLimit is how long several servers may take to agree.
const settleLimit = 30 * time.Second

// poll asks until the answer holds all the texts, and fails the test after the limit.
func poll(tb testing.TB, addr, line string, texts ...string) {
	tb.Helper()
	var last string
	for limit := time.Now().Add(settleLimit); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		last = text(addr, line)
		missing := false
		for _, t := range texts {
			missing = missing || !strings.Contains(last, t)
		}
		if !missing {
			return
		}
	}
	tb.Fatalf("%s: %s: no %q within %v: %s", addr, line, texts, settleLimit, last)
}

// text is the answer to a command that is answered with a text, or the error.
func text(addr, line string) string {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	if _, err := c.Write([]byte(line + "\r\n")); err != nil {
		return err.Error()
	}
	r := bufio.NewReader(c)
	head, err := r.ReadString('\n')
	if err != nil {
		return err.Error()
	}
	length, err := strconv.Atoi(strings.TrimRight(strings.TrimPrefix(head, "$"), "\r\n"))
	if err != nil || length < 0 {
		return fmt.Sprintf("not a text: %s", head)
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return err.Error()
	}
	return string(body)
}
