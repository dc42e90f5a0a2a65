package dispatch

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"hookonce/replay"
)

// body collects an answer's body: the first replay.MaxBody bytes of it are kept, the rest is read and forgotten.
type body struct {
	kept []byte
	read int64
	// enough says that there is more than anybody would want to read: the connection is given up instead.
	enough bool
}

func (b *body) truncated() bool { return b.enough || b.read > int64(len(b.kept)) }

// readFrom takes the body of an answer with this head from br.
func (b *body) readFrom(br *bufio.Reader, h head) error {
	switch {
	case h.bodyless():
		return nil
	case h.chunked:
		return b.chunks(br)
	case h.length >= 0:
		return b.take(br, h.length)
	}
	return b.untilClosed(br)
}

// take reads n bytes.
func (b *body) take(br *bufio.Reader, n int64) error {
	for n > 0 && !b.enough {
		part, err := br.Peek(int(min(n, int64(max(1, br.Buffered())))))
		if err != nil {
			return cutShort(err)
		}
		b.add(part)
		// Discarding what was just peeked cannot fail.
		_, _ = br.Discard(len(part))
		n -= int64(len(part))
	}
	return nil
}

func (b *body) add(part []byte) {
	room := replay.MaxBody - len(b.kept)
	b.kept = append(b.kept, part[:min(len(part), room)]...)
	b.read += int64(len(part))
	b.enough = b.read > maxDiscard
}

func (b *body) untilClosed(br *bufio.Reader) error {
	for !b.enough {
		switch err := b.take(br, int64(max(1, br.Buffered()))); {
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// chunks reads a chunked body and its trailers.
func (b *body) chunks(br *bufio.Reader) error {
	for !b.enough {
		n, err := chunkSize(br)
		if err != nil {
			return err
		}
		if n == 0 {
			return trailers(br)
		}
		if err := b.take(br, n); err != nil || b.enough {
			return err
		}
		budget := maxLine
		if line, err := chunkLine(br, &budget); err != nil {
			return err
		} else if len(line) != 0 {
			return malformed("a chunk is longer than it says")
		}
	}
	return nil
}

// chunkLine reads a line of the chunked framing. It ends in CRLF: a reader that takes less may see
// other chunks than the next one does.
func chunkLine(br *bufio.Reader, budget *int) ([]byte, error) {
	line, err := rawLine(br, budget)
	if err != nil {
		return nil, err
	}
	line, ok := bytes.CutSuffix(line, []byte("\r\n"))
	if !ok {
		return nil, malformed("a chunk's line does not end in CRLF")
	}
	return line, nil
}

func chunkSize(br *bufio.Reader) (int64, error) {
	budget := maxLine
	line, err := chunkLine(br, &budget)
	if err != nil {
		return 0, err
	}
	size, _, _ := bytes.Cut(line, []byte(";"))
	n, ok := number(bytes.TrimRight(size, " \t"), 16)
	if !ok {
		return 0, malformed("chunk size %q", clip(size))
	}
	return n, nil
}

func trailers(br *bufio.Reader) error {
	budget := maxHead
	for {
		line, err := chunkLine(br, &budget)
		if err != nil || len(line) == 0 {
			return err
		}
		if _, _, err := splitField(line); err != nil {
			return err
		}
	}
}
