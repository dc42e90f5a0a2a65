package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// endpoint is a handler's process.
type endpoint struct {
	url   string // without a path
	h2    string // where it speaks HTTP/2
	cmd   *exec.Cmd
	stdin io.Closer
	next  int // number of the next event
}

func startHandler(ctx context.Context) (*endpoint, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(exec.CommandContext(ctx, self, "-serve"))
}

func startNode(ctx context.Context) (*endpoint, error) {
	return start(exec.CommandContext(ctx, "node", "testdata/targets/node-immediate/server.js"))
}

// start waits for the line in which the process says where it listens.
func start(cmd *exec.Cmd) (*endpoint, error) {
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
		return nil, fmt.Errorf("%s did not say where it listens: %w", cmd, err)
	}
	at := strings.Fields(line)
	if len(at) == 0 {
		return nil, fmt.Errorf("%s did not say where it listens", cmd)
	}
	return &endpoint{url: at[0], h2: at[len(at)-1], cmd: cmd, stdin: in}, nil
}

func (e *endpoint) stop() {
	_ = e.stdin.Close()
	_ = e.cmd.Wait()
}

// try has a contestant send so many events twice each, and enters in the table what came of it.
func (e *endpoint) try(ctx context.Context, t *table, c contestant, window time.Duration, n int) error {
	if n == 0 {
		return nil
	}
	ids := make([]string, n)
	for i := range ids {
		e.next++
		ids[i] = fmt.Sprintf("evt_%08d", e.next)
	}
	began, to := time.Now(), e.url
	if c.h2 {
		to = e.h2
	}
	if err := c.run(ctx, fmt.Sprintf("%s/webhook?window=%dns", to, max(window, 0)), ids); err != nil {
		return err
	}
	took := time.Since(began)
	got, err := e.tally(ctx)
	if err != nil {
		return err
	}
	if got.Events < n*9/10 {
		return fmt.Errorf("only %d of %d events arrived twice", got.Events, n)
	}
	t.add(c, window, got, took)
	return nil
}

func (e *endpoint) tally(ctx context.Context) (tally, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.url+"/tally", nil)
	if err != nil {
		return tally{}, err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return tally{}, err
	}
	defer res.Body.Close()
	var t tally
	return t, json.NewDecoder(res.Body).Decode(&t)
}
