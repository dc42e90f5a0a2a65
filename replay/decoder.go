package replay

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Every line ends with a checksum of what stands before it: CRC-32C, as the last member of the record. Journals
// of older versions have none.
const (
	sumMember = `,"crc":"`
	sumLength = len(sumMember) + 8 + len(`"}`)
)

// appendSum appends the member with the checksum of a record, and the record's end.
func appendSum(to, record []byte) []byte {
	sum := crc32.Checksum(record, crc32.MakeTable(crc32.Castagnoli))
	to = append(to, sumMember...)
	to = hex.AppendEncode(to, binary.BigEndian.AppendUint32(nil, sum))
	return append(to, `"}`...)
}

// LineError is an error of one line of a journal.
type LineError struct {
	Line int // from 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// Decoder reads the records of a journal, one after another, in memory that does not grow with their number.
type Decoder struct {
	r      *bufio.Reader
	line   int
	long   []byte
	torn   bool
	summed bool
	quick  *quick
}

// NewDecoder returns a Decoder that reads from r.
func NewDecoder(r io.Reader) *Decoder {
	return &Decoder{r: bufio.NewReaderSize(r, 1<<18), quick: newQuick()}
}

// Line is the number, from 1, of the line read last.
func (d *Decoder) Line() int { return d.line }

// Torn says that the last line was incomplete and was cut: the process that wrote it was killed, or still writes.
func (d *Decoder) Torn() bool { return d.torn }

// Decode reads the next record, which is valid until the next call. At the end it returns io.EOF. An error that wraps
// ErrJournal names the line.
func (d *Decoder) Decode(r *Record) error {
	text, err := d.next()
	if err != nil {
		return err
	}
	d.line++
	if text, err = d.verified(text); err != nil {
		return d.at(err)
	}
	if d.quick.record(text, r) {
		return nil
	}
	*r = Record{}
	if err := json.Unmarshal(text, r); err != nil {
		return d.at(fmt.Errorf("not a record: %w", err))
	}
	return nil
}

func (d *Decoder) at(err error) error {
	return fmt.Errorf("%w: %w", ErrJournal, &LineError{d.line, err})
}

// next is the next whole line, without its end.
func (d *Decoder) next() ([]byte, error) {
	text, err := d.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		text, err = d.rest(text)
	}
	if errors.Is(err, io.EOF) {
		d.torn = len(text) > 0
		return nil, io.EOF
	}
	return bytes.TrimSuffix(text, []byte("\n")), err
}

// maxLine is the longest line that is read, in bytes: several times what the largest webhook makes, and little enough to be held.
const maxLine = 64 << 20

// rest reads on where a line is longer than the reader's room, of which start is full. A file of another kind may be one such line, and is not read to its end.
func (d *Decoder) rest(start []byte) ([]byte, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(start, " \t\r"), []byte("{")) {
		return nil, d.refused(errors.New("not a record: it does not begin with {"))
	}
	d.long = append(d.long[:0], start...)
	for len(d.long) <= maxLine {
		text, err := d.r.ReadSlice('\n')
		d.long = append(d.long, text...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return d.long, err
		}
	}
	return nil, d.refused(fmt.Errorf("not a record: it is longer than %d MiB", maxLine>>20))
}

// refused is the error of a line that is not read to its end.
func (d *Decoder) refused(err error) error {
	d.line++
	return d.at(err)
}

var errAltered = errors.New("not what was written: its checksum differs. The file was changed, or the disk is failing")

// verified checks a line's checksum and gives the line without it.
func (d *Decoder) verified(text []byte) ([]byte, error) {
	from := len(text) - sumLength
	if from < 0 || !bytes.HasPrefix(text[from:], []byte(sumMember)) {
		if d.summed {
			return nil, errAltered
		}
		return text, nil
	}
	if d.line > 1 && !d.summed {
		d.line = 1 // it lost its own, or the others would have none
		return nil, errAltered
	}
	d.summed = true
	var room [sumLength]byte
	if !bytes.Equal(text[from:], appendSum(room[:0], text[:from])) {
		return nil, errAltered
	}
	text[from] = '}'
	return text[:from+1], nil
}
