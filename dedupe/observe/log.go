package observe

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"hookonce/replay"
)

// logSource follows a file and takes every match of an expression for an effect.
//
// States come in the order of the lines. That is the order of the commits only if the endpoint
// writes a line before the next commit can happen; where it does not, a source that reads the store tells more.
type logSource struct {
	outlet
	path    string
	pattern logPattern
	timeout time.Duration
	file    *follower
	began   time.Duration // the start of the last reading that came to the end
}

var _ Source = (*logSource)(nil)

func parseLog(s spec, o Options) (Source, error) {
	path, expr, found := strings.Cut(s.rest, "#")
	if !found || path == "" || expr == "" {
		return nil, errors.New(`want log:FILE#REGEXP, such as 'log:app.log#charged (?P<id>\S+)'`)
	}
	if o.Dir != "" && !filepath.IsAbs(path) {
		path = filepath.Join(o.Dir, path)
	}
	pattern, err := compileLog(expr)
	if err != nil {
		return nil, err
	}
	info := replay.SourceInfo{Label: s.label, Counts: pattern.id > 0, States: pattern.subject > 0}
	return &logSource{outlet: outlet{info: info, known: o.Known, spec: s.whole()}, path: path, pattern: pattern, timeout: o.Timeout}, nil
}

// Open goes to the end of the file: what is written from now on counts.
func (l *logSource) Open(_ context.Context, base time.Time, emit func(replay.Effect)) error {
	l.start(base, emit)
	began := l.now()
	file, err := follow(l.path)
	if err != nil {
		l.stop()
		return fmt.Errorf("effect source %s: %w", l.label(), err)
	}
	l.file, l.began = file, began
	return nil
}

// Poll reads what was written since.
func (l *logSource) Poll(ctx context.Context) error {
	if l.file == nil {
		return fmt.Errorf("effect source %s: it is not open", l.label())
	}
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	start := l.now()
	var effects []replay.Effect
	err := l.file.read(ctx, func(line []byte) { effects = l.pattern.effects(effects, line) })
	end := l.now()
	for _, e := range effects {
		e.At, e.Since = end, l.began
		l.send(e)
	}
	if err != nil {
		return fmt.Errorf("effect source %s: %w", l.label(), err)
	}
	l.began = start
	return nil
}

// notes says which lines were left out.
func (l *logSource) notes() []string {
	if l.file == nil || l.file.tooLong.Load() == 0 {
		return nil
	}
	return []string{fmt.Sprintf("there are lines longer than %d bytes; they are not searched", maxLine)}
}

// Close lets go of the file.
func (l *logSource) Close() error {
	l.stop()
	if l.file == nil {
		return nil
	}
	file := l.file
	l.file = nil
	return file.close()
}

// logPattern is an expression and which of its groups mean what; 0 for none.
type logPattern struct {
	expr                                *regexp.Regexp
	id, name, subject, version, deleted int
}

func compileLog(expr string) (logPattern, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return logPattern{}, fmt.Errorf("the expression is not one: %w", err)
	}
	p := logPattern{expr: re}
	for i, name := range re.SubexpNames() {
		switch name {
		case "id":
			p.id = i
		case "name", "effect":
			p.name = i
		case "subject":
			p.subject = i
		case "version":
			p.version = i
		case "deleted":
			p.deleted = i
		}
	}
	switch {
	case (p.subject > 0) != (p.version > 0):
		return p, errors.New("a state needs both groups, (?P<subject>...) and (?P<version>...)")
	case p.id == 0 && p.subject == 0 && re.NumSubexp() == 0:
		return p, errors.New(`the expression has no group that says where the id is, such as (?P<id>\S+)`)
	case p.id == 0 && p.subject == 0:
		p.id = 1
		if p.name == 1 || p.deleted == 1 {
			return p, errors.New(`the first group has another name; call the id's (?P<id>...)`)
		}
	}
	return p, nil
}

// effects adds what a line tells.
func (p logPattern) effects(all []replay.Effect, line []byte) []replay.Effect {
	for _, m := range p.expr.FindAllSubmatch(line, -1) {
		group := func(i int) string { return strings.ToValidUTF8(string(m[i]), "?") }
		if p.id > 0 && len(m[p.id]) > 0 {
			e := replay.Effect{Key: group(p.id), Count: 1}
			if p.name > 0 {
				e.Name = group(p.name)
			}
			all = append(all, e)
		}
		if p.subject > 0 && len(m[p.subject]) > 0 {
			deleted := p.deleted > 0 && len(m[p.deleted]) > 0
			all = append(all, replay.Effect{Subject: group(p.subject), Version: group(p.version), Deleted: deleted})
		}
	}
	return all
}
