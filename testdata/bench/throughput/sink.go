package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
)

// serve is the sink: it reads requests, counts them, and answers at once. It ends with its standard input.
func serve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	var count atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answer(c, &count)
		}
	}()
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// answer serves a connection. A request for /count is told how many others there were since the one before.
func answer(c net.Conn, count *atomic.Int64) {
	defer c.Close()
	r := bufio.NewReaderSize(c, 16<<10)
	for {
		asked, length, err := head(r)
		if err != nil {
			return
		}
		if _, err = r.Discard(length); err != nil {
			return
		}
		text := "ok"
		if asked {
			text = strconv.FormatInt(count.Swap(0), 10)
		} else {
			count.Add(1)
		}
		if _, err = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text); err != nil {
			return
		}
	}
}

// head reads a request up to its body.
func head(r *bufio.Reader) (asked bool, length int, err error) {
	line, err := r.ReadSlice('\n')
	asked = bytes.Contains(line, []byte(" /count "))
	for err == nil {
		if line, err = r.ReadSlice('\n'); len(line) <= 2 {
			break
		}
		const name = "content-length:"
		if len(line) > len(name) && strings.EqualFold(string(line[:len(name)]), name) {
			length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(name):])))
		}
	}
	return asked, length, err
}

// sink is the process that answers.
type sink struct {
	url   string
	cmd   *exec.Cmd
	stdin io.Closer
}

func startSink(ctx context.Context) (*sink, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := onCore(exec.CommandContext(ctx, self, "-sink"), 1)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the sink did not say where it listens: %w", err)
	}
	return &sink{url: strings.TrimSpace(line), cmd: cmd, stdin: in}, nil
}

func (s *sink) stop() {
	_ = s.stdin.Close()
	_ = s.cmd.Wait()
}

// count is how many requests came since it was last asked.
func (s *sink) count(ctx context.Context) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/count", nil)
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}
