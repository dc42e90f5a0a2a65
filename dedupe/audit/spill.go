package audit

import (
	"errors"
	"fmt"
	"os"
)

// ErrSpill wraps what is wrong with the temporary file of a Stream: a full disk, mostly.
var ErrSpill = errors.New("audit: the temporary file for what does not fit into memory")

// partitions is how many parts a stream is spilled in. It bounds the memory: one part is judged at a time.
const partitions = 1024

// spillBlock is how many bytes of a part are written at once.
const spillBlock = 8 << 10

// spill keeps parts of a history in one file, which has no name any more while it is in use: nothing is left behind
// by a process that is killed.
type spill struct {
	file  *os.File
	named bool // it still has its name: the system does not take it away from an open file
	size  int64
	parts [partitions + 1]spilled // and the orphans
}

// spilled is a part: blocks in the file, and what is not written yet.
type spilled struct {
	blocks []block
	buf    []byte
}

type block struct {
	at int64
	n  int32
}

// orphans is the part of effects whose event is not known yet.
const orphans = partitions

func newSpill(dir string) (*spill, error) {
	f, err := os.CreateTemp(dir, "hookonce-audit-*")
	if err != nil {
		return nil, fmt.Errorf("%w cannot be made: %w", ErrSpill, err)
	}
	return &spill{file: f, named: os.Remove(f.Name()) != nil}, nil
}

// put adds a record to a part: what write appends to the buffer it is given.
func (s *spill) put(part int, write func([]byte) []byte) error {
	p := &s.parts[part]
	if p.buf = write(p.buf); len(p.buf) < spillBlock {
		return nil
	}
	if _, err := s.file.WriteAt(p.buf, s.size); err != nil {
		return fmt.Errorf("%w cannot be written (choose another place with TMPDIR): %w", ErrSpill, err)
	}
	p.blocks = append(p.blocks, block{s.size, int32(len(p.buf))})
	s.size += int64(len(p.buf))
	if p.buf = p.buf[:0]; cap(p.buf) > 4*spillBlock {
		p.buf = nil
	}
	return nil
}

// read gives the blocks of a part to f, one after another; a record is never cut. What f is given is only valid until it
// returns.
func (s *spill) read(part int, room []byte, f func([]byte) error) ([]byte, error) {
	p := &s.parts[part]
	for _, b := range p.blocks {
		if cap(room) < int(b.n) {
			room = make([]byte, b.n)
		}
		room = room[:b.n]
		if _, err := s.file.ReadAt(room, b.at); err != nil {
			return room, fmt.Errorf("%w cannot be read: %w", ErrSpill, err)
		}
		if err := f(room); err != nil {
			return room, err
		}
	}
	return room, f(p.buf)
}

func (s *spill) close() error {
	err := s.file.Close()
	if s.named {
		os.Remove(s.file.Name())
	}
	return err
}
