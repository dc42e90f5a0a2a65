package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// contestant is a way of sending each event twice at once.
type contestant struct {
	name string
	tool string // the program it needs; "" for none
	run  func(ctx context.Context, url string, ids []string) error
	// apart: it needs a process for each event, so fewer are sent, and its time is that of starting processes.
	apart bool
	ours  bool
	h2    bool // it speaks HTTP/2
}

// share is how many events it sends. Where the window is nothing but unlock and lock, doubles are rare, and more are needed.
func (c contestant) share(window time.Duration, n int) int {
	switch {
	case window == 0 && !c.apart:
		return 10 * n
	case c.apart:
		return max(n/2, 10)
	}
	return n
}

var contestants = append([]contestant{
	{name: "goroutines + http.Client, warm", run: httpClient},
	{name: "vegeta at full rate, warm", tool: "vegeta", run: vegeta},
	{name: "hey", tool: "hey", run: hey, apart: true},
	{name: "wrk", tool: "wrk", run: wrk},
	{name: "curl -Z", tool: "curl", run: curl, apart: true},
}, ours...)

// httpClient is what a test in Go usually does: two goroutines wait for a channel to be closed, and send. Connections are kept.
func httpClient(ctx context.Context, url string, ids []string) error {
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}}
	defer c.CloseIdleConnections()
	for _, id := range ids {
		var wg sync.WaitGroup
		var errs [2]error
		gate := make(chan struct{})
		for i := range errs {
			wg.Go(func() {
				<-gate
				errs[i] = post(ctx, c, url, id)
			})
		}
		close(gate)
		if wg.Wait(); errs[0] != nil || errs[1] != nil {
			return fmt.Errorf("%w, %w", errs[0], errs[1])
		}
	}
	return nil
}

func post(ctx context.Context, c *http.Client, url, id string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(id))
	if err != nil {
		return err
	}
	res, err := c.Do(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return err
}

// vegeta sends as fast as two workers can; each event's two requests follow each other.
func vegeta(ctx context.Context, url string, ids []string) error {
	var targets bytes.Buffer
	for _, id := range ids {
		line, err := json.Marshal(map[string]string{"method": "POST", "url": url, "body": base64.StdEncoding.EncodeToString([]byte(id))})
		if err != nil {
			return err
		}
		for range 2 {
			targets.Write(append(line, '\n'))
		}
	}
	cmd := exec.CommandContext(ctx, "vegeta", "attack", "-format=json", "-lazy", "-rate=0", "-workers=2", "-max-workers=2", "-duration=0")
	cmd.Stdin = &targets
	return cmd.Run() // its results go nowhere
}

func hey(ctx context.Context, url string, ids []string) error {
	return each(ids, func(id string) *exec.Cmd {
		return exec.CommandContext(ctx, "hey", "-n", "2", "-c", "2", "-m", "POST", "-d", id, url)
	})
}

func curl(ctx context.Context, url string, ids []string) error {
	return each(ids, func(id string) *exec.Cmd {
		return exec.CommandContext(ctx, "curl", "-Z", "--parallel-immediate", "-s", "-d", id, url, url)
	})
}

func each(ids []string, command func(id string) *exec.Cmd) error {
	for _, id := range ids {
		if err := command(id).Run(); err != nil {
			return err
		}
	}
	return nil
}

// script makes wrk send each event twice in succession, over its two connections.
const script = `local n, first = 0, %s
wrk.method = "POST"
request = function()
  local id = string.format("evt_%%08d", first + math.floor(n / 2))
  n = n + 1
  return wrk.format(nil, nil, nil, id)
end
`

// wrk cannot be told how much to send: it goes on for a second, the least it knows.
func wrk(ctx context.Context, url string, ids []string) error {
	f, err := os.CreateTemp("", "race*.lua")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	first := strings.TrimLeft(strings.TrimPrefix(ids[0], "evt_"), "0")
	if _, err = fmt.Fprintf(f, script, first); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return exec.CommandContext(ctx, "wrk", "-t1", "-c2", "-d1s", "-s", f.Name(), url).Run()
}
