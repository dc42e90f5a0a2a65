package observe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

const (
	// maxErrorText is how much of a command's error output is kept: its end, which says what went wrong.
	maxErrorText = 4 << 10
	// leaveDelay is how long a command's children may hold its output after it ended.
	leaveDelay = 500 * time.Millisecond
)

// execReader reads a source by running a command.
type execReader struct {
	command string
	dir     string
	states  bool
	max     int64
	known   func(string) bool
	memo    memo
}

func parseExec(s spec, o Options) (Source, error) {
	if strings.TrimSpace(s.rest) == "" {
		return nil, fmt.Errorf("no command; want %s:CMD", s.scheme)
	}
	states := s.scheme == "exec+state"
	return newPolled(s, &execReader{command: s.rest, dir: o.Dir, states: states, max: o.MaxBytes, known: o.Known}, o), nil
}

func (r *execReader) read(ctx context.Context) (*snapshot, error) {
	out, err := r.run(ctx)
	if err != nil {
		return nil, err
	}
	return r.memo.decode(out, func(b []byte) (*snapshot, error) { return decodeOutput(b, r.states, r.known) })
}

// run runs the command in a process group of its own, so that all of it can be
// ended: when it takes too long, tells too much, or leaves children behind.
func (r *execReader) run(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := shell(ctx, r.command)
	out := &boundedBuffer{most: r.max, full: cancel}
	complaint := &tailBuffer{most: maxErrorText}
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.dir, out, complaint
	cmd.Cancel = func() error { return killGroup(cmd.Process) }
	cmd.WaitDelay = leaveDelay
	err := cmd.Run()
	switch {
	case out.over:
		return nil, tooMuch(r.max)
	case errors.Is(err, exec.ErrWaitDelay):
		_ = killGroup(cmd.Process) // what is left of the group still holds the output
		return nil, errors.New("the command ended but left children that hold its output")
	case err != nil:
		return nil, commandError(err, complaint.String())
	}
	return out.kept.Bytes(), nil
}

func (r *execReader) close() error { return nil }

func commandError(err error, complaint string) error {
	complaint = strings.TrimSpace(strings.ToValidUTF8(complaint, "?"))
	if complaint == "" {
		return fmt.Errorf("the command failed: %w", err)
	}
	lines := strings.Split(complaint, "\n")
	return fmt.Errorf("the command failed: %w: %s", err, redact(strings.TrimSpace(lines[len(lines)-1])))
}

// boundedBuffer keeps up to a number of bytes and calls full on the first one more. The
// buffer is not embedded: its ReadFrom would go around the bound.
type boundedBuffer struct {
	kept bytes.Buffer
	most int64
	full func()
	over bool
}

func (b *boundedBuffer) Write(p []byte) (int, error) {
	if int64(b.kept.Len()+len(p)) > b.most {
		b.over = true
		b.full()
		return 0, errors.New("too much output")
	}
	return b.kept.Write(p)
}

// tailBuffer keeps the last bytes written.
type tailBuffer struct {
	kept []byte
	most int
}

func (b *tailBuffer) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p...)
	if cut := len(b.kept) - b.most; cut > 0 {
		b.kept = append(b.kept[:0], b.kept[cut:]...)
	}
	return len(p), nil
}

func (b *tailBuffer) String() string { return string(b.kept) }
