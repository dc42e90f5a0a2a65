package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hookonce/cmd/report"
	"hookonce/replay/redact"
)

// output is one --out: a format, and a file or stdout.
type output struct {
	name   string
	format report.Format
	file   string
}

// parseOutputs reads --out. Where nothing goes to stdout, the text report does.
func parseOutputs(s *Streams, specs []string) ([]output, error) {
	var outs []output
	stdout := 0
	for _, spec := range specs {
		name, file, _ := strings.Cut(spec, "=")
		style := report.Style{PerGroup: -1, Width: 100}
		if file == "" {
			style = screenStyle(s)
			stdout++
		}
		f, err := report.Lookup(name, style)
		if err != nil {
			return nil, usagef("--out %w", err)
		}
		if file == "" && strings.HasSuffix(spec, "=") {
			return nil, usagef("--out %s: the file name is missing", spec)
		}
		outs = append(outs, output{name, f, file})
	}
	if stdout > 1 {
		return nil, usagef("--out: only one format can go to stdout; give the others a file, as in --out junit=hookonce.xml")
	}
	if stdout == 0 {
		outs = append(outs, output{"text", report.Text(screenStyle(s)), ""})
	}
	return outs, checkWritable(outs)
}

func screenStyle(s *Streams) report.Style {
	return report.Style{Colour: s.Colour(), ASCII: !utf8Locale(s)}
}

// utf8Locale says whether the screen shows more than ASCII. Where nothing is said, it does.
func utf8Locale(s *Streams) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := s.Getenv(name); v != "" {
			v = strings.ToUpper(v)
			return v != "C" && v != "POSIX" || strings.Contains(v, "UTF")
		}
	}
	return true
}

// checkWritable finds out before the run that a report could not be written after it. It leaves no file that was not there.
func checkWritable(outs []output) error {
	for _, o := range outs {
		if o.file == "" {
			continue
		}
		dir := filepath.Dir(o.file)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return usagef("--out %s=%s: there is no folder %s", o.name, o.file, dir)
		}
		_, there := os.Stat(o.file)
		f, err := os.OpenFile(o.file, os.O_WRONLY|os.O_CREATE, 0o644)
		if err != nil {
			return usagef("--out %s: %w", o.name, err)
		}
		if err = f.Close(); err == nil && errors.Is(there, fs.ErrNotExist) {
			err = os.Remove(followed(o.file))
		}
		if err != nil {
			return usagef("--out %s: %w", o.name, err)
		}
	}
	return nil
}

// followed is the file that a path leads to through links. It need not be there.
func followed(path string) string {
	for range 40 { // as many links as Linux follows
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Dir(path) + string(filepath.Separator) + to
		}
		path = to
	}
	return path
}

// absolute makes two ways to write a path the same.
func absolute(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// writeAll renders a report in every format asked for. Files are replaced whole:
// nobody reads half a report.
func writeAll(s *Streams, outs []output, r report.Report) error {
	var first error
	for _, o := range outs {
		if err := o.write(s.Out, r); err != nil && first == nil {
			first = fmt.Errorf("report %s: %w", o.name, err)
		}
	}
	return first
}

func (o output) write(stdout io.Writer, r report.Report) error {
	var buf bytes.Buffer
	if err := o.format(&buf, r); err != nil {
		return err
	}
	if o.file == "" {
		_, err := stdout.Write(buf.Bytes())
		return err
	}
	return replaceFile(o.file, buf.Bytes())
}

// replaceFile writes a file whole: nobody reads half of it. A link stays one, and who may read the file is left as it was.
func replaceFile(path string, text []byte) error {
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		// A device or a pipe, such as /dev/stdout, cannot be replaced.
		if mode = info.Mode().Perm(); !info.Mode().IsRegular() {
			return os.WriteFile(path, text, mode)
		}
	}
	path = followed(path)
	tmp, err := os.CreateTemp(filepath.Dir(path), ".hookonce-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err = tmp.Write(text); err == nil {
		err = tmp.Chmod(mode)
	}
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// safe makes foreign text fit for the screen.
func safe(text string) string { return redact.Screen(redact.Text(text), 300) }
