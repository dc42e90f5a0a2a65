// Package redisserver starts throw-away servers for a test, redis-server or valkey-server, alone, as a Cluster or under
// Sentinel, on loopback and in a temporary folder, and stops them with the test.
//
// It never connects to a server it did not start, and nothing outside of tests may import it.
package redisserver

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

const (
	startTries = 5
	startLimit = 10 * time.Second
)

// Program is a server's executable.
type Program string

// Start starts a server without persistence and returns its address. Further
// arguments go to its command line. Where no server is installed the test is skipped, and fails if CI is set.
func Start(tb testing.TB, args ...string) (addr string) {
	tb.Helper()
	return Redis(tb).Start(tb, args...)
}

// Start is the package's Start with this program.
func (p Program) Start(tb testing.TB, args ...string) (addr string) {
	tb.Helper()
	var err error
	for range startTries { // a free port can be taken before the server gets it
		if addr, err = start(tb, string(p), args); err == nil {
			return addr
		}
	}
	tb.Fatalf("%s: %v", p, err)
	return ""
}

// Redis finds redis-server, or valkey-server in its place. Where neither is installed the test is skipped, and
// fails if CI is set.
func Redis(tb testing.TB) Program {
	tb.Helper()
	for _, name := range []string{"redis-server", "valkey-server"} {
		if bin, err := exec.LookPath(name); err == nil {
			return Program(bin)
		}
	}
	const missing = "no redis-server or valkey-server on PATH: install one to run this test"
	if os.Getenv("CI") != "" {
		tb.Fatal(missing)
	}
	tb.Skip(missing)
	return ""
}

// Valkey finds valkey-server. Where it is not installed the test is skipped, in CI too: Debian 12 has it in its backports
// only, and other systems not at all.
func Valkey(tb testing.TB) Program {
	tb.Helper()
	bin, err := exec.LookPath("valkey-server")
	if err != nil {
		tb.Skip("not tested on Valkey: no valkey-server on PATH (Debian has it from 13 on, and for 12 in bookworm-backports)")
	}
	return Program(bin)
}

func start(tb testing.TB, bin string, args []string) (string, error) {
	port, err := freePort()
	if err != nil {
		return "", err
	}
	var log bytes.Buffer
	// A configuration file has to come first.
	cmd := exec.Command(bin, append(slices.Clone(args), "--port", port, "--bind", "127.0.0.1", "--dir", tb.TempDir(),
		"--save", "", "--appendonly", "no")...)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	stop := func() {
		_ = cmd.Process.Kill()
		<-ended
	}
	addr := net.JoinHostPort("127.0.0.1", port)
	if err := await(addr, ended); err != nil {
		stop()
		return "", fmt.Errorf("%w\n%s", err, log.Bytes())
	}
	tb.Cleanup(stop)
	return addr, nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// await polls until the server answers, has ended, or the limit is over.
func await(addr string, ended <-chan struct{}) error {
	for limit := time.Now().Add(startLimit); time.Now().Before(limit); {
		if reply, err := Command(addr, "PING"); err == nil && reply == "+PONG" {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("%s: ended at once", addr)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s: no answer within %v", addr, startLimit)
}

// Command sends one inline command on a connection of its own and returns the
// first line of the reply, with its type mark. It is for setting a server up; arguments with spaces do not work.
func Command(addr, line string) (string, error) {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Write([]byte(line + "\r\n")); err != nil {
		return "", err
	}
	reply, err := bufio.NewReader(c).ReadString('\n')
	return string(bytes.TrimRight([]byte(reply), "\r\n")), err
}
