package observe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
)

const (
	// maxLine is the longest line that is searched.
	maxLine = 1 << 20
	// printSize is how many bytes before the place reached are kept to know the file again.
	printSize = 256
)

// follower reads what is appended to a file, through rotation (another file takes the name) and
// truncation. A line counts once its end was written.
//
// Files that take the name and lose it again between two readings are not seen.
type follower struct {
	path    string
	now     *tail
	before  *tail // the file that had the name before: its writer may not have noticed yet
	buf     []byte
	tooLong atomic.Int64 // lines left out
}

// tail is one open file and how far it was read.
type tail struct {
	file   *os.File
	offset int64
	print  []byte // the last bytes before offset
	part   []byte // a line without its end yet
	skip   bool   // inside a line that is too long
}

// follow opens a file at its end.
func follow(path string) (*follower, error) {
	t, err := openTail(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s does not exist; create it first, if the endpoint does so only with its first line", path)
	}
	if err != nil {
		return nil, err
	}
	f := &follower{path: path, now: t, buf: make([]byte, 64<<10)}
	if err := f.toEnd(); err != nil {
		t.file.Close()
		return nil, err
	}
	return f, nil
}

func openTail(path string) (*tail, error) {
	// Looked at before it is opened: to open a pipe would wait for its writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &tail{file: file}, nil
}

func (f *follower) toEnd() error {
	info, err := f.now.file.Stat()
	if err != nil {
		return err
	}
	f.now.offset = info.Size()
	from := max(0, f.now.offset-printSize)
	f.now.print = make([]byte, f.now.offset-from)
	if _, err := f.now.file.ReadAt(f.now.print, from); err != nil && err != io.EOF {
		return err
	}
	// A line that had begun is completed later; its beginning may hold the match.
	f.now.part = bytes.Clone(f.now.print[bytes.LastIndexByte(f.now.print, '\n')+1:])
	return nil
}

// read hands over every line that was completed since the last reading.
func (f *follower) read(ctx context.Context, each func(line []byte)) error {
	if f.before != nil {
		if err := f.drain(ctx, f.before, each); err != nil {
			return err
		}
	}
	if err := f.drain(ctx, f.now, each); err != nil {
		return err
	}
	rotated, err := f.rotate()
	if err != nil || !rotated {
		return err
	}
	return f.drain(ctx, f.now, each)
}

// rotate goes over to another file once it has the name.
func (f *follower) rotate() (bool, error) {
	named, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // in the middle of a rotation
	}
	if err != nil {
		return false, err
	}
	open, err := f.now.file.Stat()
	if err != nil || os.SameFile(named, open) {
		return false, err
	}
	next, err := openTail(f.path)
	if err != nil {
		return false, err
	}
	if f.before != nil {
		f.before.file.Close()
	}
	f.before, f.now = f.now, next
	return true, nil
}

// drain reads a file to the end it has now, which another writer may move on.
func (f *follower) drain(ctx context.Context, t *tail, each func([]byte)) error {
	info, err := t.file.Stat()
	if err != nil {
		return err
	}
	if t.rewritten(info.Size()) {
		t.offset, t.print, t.part, t.skip = 0, nil, nil, false
	}
	for t.offset < info.Size() {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("not read to its end in time: %w", err)
		}
		n, err := t.file.ReadAt(f.buf[:min(int64(len(f.buf)), info.Size()-t.offset)], t.offset)
		f.consume(t, f.buf[:n], each)
		if err != nil && (err != io.EOF || n == 0) {
			if err == io.EOF {
				return nil // cut short while it was read; seen at the next reading
			}
			return err
		}
	}
	return nil
}

// rewritten says that the file is not the one that was read: it is shorter, or other bytes stand before the place reached.
func (t *tail) rewritten(size int64) bool {
	if size < t.offset {
		return true
	}
	there := make([]byte, len(t.print))
	n, _ := t.file.ReadAt(there, t.offset-int64(len(there)))
	return !bytes.Equal(there[:n], t.print)
}

func (f *follower) consume(t *tail, data []byte, each func([]byte)) {
	t.offset += int64(len(data))
	t.print = append(t.print, data[max(0, len(data)-printSize):]...)
	t.print = bytes.Clone(t.print[max(0, len(t.print)-printSize):])
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			f.keep(t, data)
			return
		}
		f.keep(t, data[:end])
		if !t.skip {
			each(bytes.TrimSuffix(t.part, []byte("\r")))
		}
		t.part, t.skip = t.part[:0], false
		data = data[end+1:]
	}
}

// keep adds to the unfinished line, unless it is too long.
func (f *follower) keep(t *tail, data []byte) {
	if t.skip {
		return
	}
	if len(t.part)+len(data) > maxLine {
		t.part, t.skip = nil, true
		f.tooLong.Add(1)
		return
	}
	t.part = append(t.part, data...)
}

func (f *follower) close() error {
	var errs []error
	for _, t := range []*tail{f.now, f.before} {
		if t != nil {
			errs = append(errs, t.file.Close())
		}
	}
	f.now, f.before = nil, nil
	return errors.Join(errs...)
}
