package record

import "time"

// maxBatch is about how many bytes are written at once.
const maxBatch = 1 << 20

// writer is the journal's hand: one goroutine's own.
type writer struct {
	j     *Journal
	f     File // nil where none could be opened
	dirty bool // something was written since the last sync
	buf   []byte
}

// write writes a batch, in as few calls as its size allows, and tells each entry.
func (w *writer) write(batch []*pending) {
	for len(batch) > 0 {
		n := 0
		w.buf = w.buf[:0]
		for n < len(batch) && len(w.buf) < maxBatch {
			w.buf = append(w.buf, w.j.prepare(&batch[n].Entry)...)
			n++
		}
		ok := w.persist(batch)
		w.j.written(batch[:n], ok)
		batch = batch[n:]
	}
}

// persist writes the buffer and does not give up, unless the journal is closed meanwhile. batch is
// what waits for it: it is let go at the first failure.
func (w *writer) persist(batch []*pending) bool {
	for pause := retryFirst; ; pause = min(2*pause, retryMost) {
		err := w.try()
		if err == nil {
			w.j.recovered()
			return true
		}
		if !w.j.failed(err, batch) {
			return false
		}
		select {
		case <-time.After(pause):
		case <-w.j.closing():
		}
	}
}

// try writes the buffer once. After a failure the file may end in half a line, so that the next try is another file's.
func (w *writer) try() error {
	if w.f == nil {
		f, err := w.j.next()
		if err != nil {
			w.j.files-- // there is no such file
			return err
		}
		w.f = f
	}
	if _, err := w.f.Write(w.buf); err != nil {
		_ = w.f.Close() // the write has failed already
		w.f = nil
		return err
	}
	w.dirty = true
	return nil
}

func (w *writer) sync() {
	if !w.dirty || w.f == nil {
		return
	}
	w.dirty = false
	if err := w.f.Sync(); err != nil {
		w.j.say("the disk did not keep what was written: %s", err)
	}
}

func (w *writer) close() {
	w.sync()
	if w.f != nil {
		if err := w.f.Close(); err != nil {
			w.j.say("the recording could not be closed: %s", err)
		}
	}
}
