package record

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hookonce/replay"
)

// disk is a folder of files that fails when told to.
type disk struct {
	files  []*diskFile
	broken atomic.Bool // nothing can be written or opened
	half   atomic.Bool // the next write takes half of it, and fails
}

type diskFile struct {
	d     *disk
	text  strings.Builder
	syncs int
}

var errFull = errors.New("no space left on device")

func (d *disk) open(int) (File, error) {
	if d.broken.Load() {
		return nil, errFull
	}
	f := &diskFile{d: d}
	d.files = append(d.files, f)
	return f, nil
}

func (f *diskFile) Write(b []byte) (int, error) {
	if f.d.half.CompareAndSwap(true, false) {
		f.d.broken.Store(true)
		f.text.Write(b[:len(b)/2])
		return len(b) / 2, errFull
	}
	if f.d.broken.Load() {
		return 0, errFull
	}
	return f.text.Write(b)
}

func (f *diskFile) Sync() error  { f.syncs++; return nil }
func (f *diskFile) Close() error { return nil }

func entry(n int) *pending {
	return &pending{done: make(chan bool, 1), Entry: Entry{Recorded: replay.Recorded{N: n, Body: []byte(strings.Repeat("x", 100))}}}
}

func line(e *Entry) []byte { return fmt.Appendf(nil, "%d\n", e.N) }

// TestDiskThatFails: nothing is lost, nothing is written twice, nobody waits, and only a file's end is torn.
func TestDiskThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		var said []string
		j, err := NewJournal(d.open, line, func(f string, a ...any) { said = append(said, fmt.Sprintf(f, a...)) })
		if err != nil {
			t.Fatal(err)
		}
		first := entry(1)
		j.add(first)
		if !first.wait() {
			t.Error("the first is not written")
		}
		d.half.Store(true)
		var rest []*pending
		begin := time.Now()
		for n := 2; n <= 20; n++ {
			p := entry(n)
			rest = append(rest, p)
			j.add(p)
			if p.wait() {
				t.Errorf("%d is said to be written", n)
			}
		}
		if waited := time.Since(begin); waited > 0 {
			t.Errorf("19 webhooks waited %s for a disk that fails", waited)
		}
		time.Sleep(7 * time.Second) // of the bubble's clock
		d.broken.Store(false)
		time.Sleep(2 * retryMost)
		stats := j.Close()
		if stats.Written != 20 || stats.Lost != 0 || stats.Failures < 3 || len(d.files) != 2 {
			t.Errorf("%+v in %d files", stats, len(d.files))
		}
		var want strings.Builder
		for n := 2; n <= 20; n++ {
			fmt.Fprintln(&want, n)
		}
		if a, b := d.files[0].text.String(), d.files[1].text.String(); !strings.HasPrefix(a, "1\n") || strings.HasSuffix(a, "\n") && a != "1\n" || b != want.String() || d.files[1].syncs == 0 {
			t.Errorf("files %q and %q", a, b)
		}
		if len(said) != 2 || !strings.Contains(said[0], "no space left") || !strings.Contains(said[1], "works again") {
			t.Errorf("said %q", said)
		}
		if late := entry(21); true {
			j.add(late)
			if late.wait() {
				t.Error("a closed journal takes more")
			}
		}
		_ = rest
	})
}

// TestDiskThatStaysBroken: what could not be written is counted, and memory is bounded.
func TestDiskThatStaysBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		j, err := NewJournal(d.open, line, func(string, ...any) {})
		if err != nil {
			t.Fatal(err)
		}
		d.broken.Store(true)
		big := make([]byte, maxWaiting/4)
		for n := range 6 {
			p := entry(n)
			p.Body = big
			j.add(p)
		}
		synctest.Wait()
		if j.waiting > maxWaiting {
			t.Errorf("%d bytes wait", j.waiting)
		}
		if stats := j.Close(); stats.Written != 0 || stats.Lost != 6 {
			t.Errorf("%+v", stats)
		}
	})
	full := &disk{}
	full.broken.Store(true)
	if _, err := NewJournal(full.open, line, nil); !errors.Is(err, errFull) {
		t.Errorf("a folder that cannot be written to gives %v", err)
	}
}

// hung is a disk that takes a write and does not come back.
type hung struct{ release chan struct{} }

func (h hung) Write(b []byte) (int, error) { <-h.release; return len(b), nil }
func (h hung) Sync() error                 { return nil }
func (h hung) Close() error                { return nil }

// TestDiskThatHangs: an answer waits for it a second, and no longer.
func TestDiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hung{make(chan struct{})}
		j, err := NewJournal(func(int) (File, error) { return h, nil }, line, func(string, ...any) {})
		if err != nil {
			t.Fatal(err)
		}
		p := entry(1)
		j.add(p)
		begin := time.Now()
		if p.wait() || time.Since(begin) != writeWait {
			t.Errorf("waited %s", time.Since(begin))
		}
		close(h.release)
		if stats := j.Close(); stats.Written != 1 {
			t.Errorf("%+v", stats)
		}
	})
}
