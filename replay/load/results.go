package load

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Results are files that vegeta's own commands read: results.gob, results.csv and results.json of a folder, and, once
// they are closed, report.txt, report.json and report.hdr.
type Results struct {
	dir     string
	files   []*os.File
	buffers []*bufio.Writer
	// Encoders write a result to each file.
	Encoders []vegeta.Encoder
}

// NewResults makes the folder and the files in it. Files of an earlier attack are replaced.
func NewResults(dir string) (*Results, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	r := &Results{dir: dir}
	for _, f := range []struct {
		name    string
		encoder func(io.Writer) vegeta.Encoder
	}{{"results.gob", vegeta.NewEncoder}, {"results.csv", vegeta.NewCSVEncoder}, {"results.json", vegeta.NewJSONEncoder}} {
		file, err := os.Create(filepath.Join(dir, f.name))
		if err != nil {
			return nil, errors.Join(err, r.closeFiles())
		}
		b := bufio.NewWriterSize(file, 1<<16)
		r.files, r.buffers = append(r.files, file), append(r.buffers, b)
		r.Encoders = append(r.Encoders, f.encoder(b))
	}
	return r, nil
}

// Close completes the results, and writes the reports over the tally.
func (r *Results) Close(t *Tally) error {
	if err := r.closeFiles(); err != nil {
		return fmt.Errorf("results: %w", err)
	}
	for format, name := range map[string]string{"text": "report.txt", "json": "report.json", "hdr": "report.hdr"} {
		f, err := os.Create(filepath.Join(r.dir, name))
		if err != nil {
			return fmt.Errorf("results: %w", err)
		}
		if err := errors.Join(t.WriteVegeta(f, format), f.Close()); err != nil {
			return fmt.Errorf("results: %w", err)
		}
	}
	return nil
}

func (r *Results) closeFiles() error {
	var errs []error
	for i, b := range r.buffers {
		errs = append(errs, b.Flush(), r.files[i].Close())
	}
	return errors.Join(errs...)
}
