package observe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"hookonce/replay"
)

// ErrSpec wraps everything that is wrong with a source's spec: a mistake in usage.
var ErrSpec = errors.New("effect source")

// The defaults of Options.
const (
	// DefaultTimeout bounds one reading.
	DefaultTimeout = 10 * time.Second
	// DefaultMaxBytes bounds the bytes of one reading.
	DefaultMaxBytes = 64 << 20
)

// Source is a place where effects can be seen.
//
// Open, Poll and Close are called by one goroutine at a time, Info by any. A
// source calls emit serially, and never after Close has returned.
type Source interface {
	// Info describes the source. It grows with what the source has told.
	Info() replay.SourceInfo
	// Open begins to observe. What is there already is emitted, marked Earlier. Times
	// are durations since base. ctx bounds Open alone: the source lives until Close. An Open that failed may be tried again.
	Open(ctx context.Context, base time.Time, emit func(replay.Effect)) error
	// Poll reads now and emits what is new. An error means that this reading is
	// missing; the next one makes up for it. Exact sources have nothing to read: their
	// Poll only says whether they still work.
	Poll(ctx context.Context) error
	// Close ends observing and frees what Open took. It may be called more than once.
	Close() error
}

// Strike is what goes wrong with one call to a sink.
type Strike struct {
	Refuse bool          // it is answered 503, and has no effect
	Lose   bool          // it has its effect, and the connection is cut instead of an answer
	Delay  time.Duration // it has its effect, and is answered later; where calls are forwarded, it is forwarded later
}

// Options are what sources need besides their spec. The zero value is usable.
type Options struct {
	// Timeout bounds one reading; 0 means DefaultTimeout.
	Timeout time.Duration
	// MaxBytes bounds the bytes of one reading; 0 means DefaultMaxBytes.
	MaxBytes int64
	// Client sends the requests of http sources; nil means one of their own. Its
	// redirect policy is replaced.
	Client *http.Client
	// Known says whether the plan knows an id: an event's key, a subject or a reference.
	// nil means that nothing is known about ids.
	Known func(id string) bool
	// Event says whether an id belongs to one event alone. Such an id is preferred where
	// a call to a sink carries several known ones. nil means no preference.
	Event func(id string) bool
	// Strike says what goes wrong with a call to a sink under this id, which is an effect; zero for nothing. nil means that nothing ever does.
	Strike func(id string) Strike
	// Fails says whether a sink that fails the first call of half of the events fails one under this id. nil means for none.
	Fails func(id string) bool
	// Dial connects a source to what it reads, and a sink to the service that it forwards calls to, and decides whether it may.
	// nil means that a source connects to whatever its spec names, and that a sink may not forward at all.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Dir is where commands run and what relative file names start from; "" is the current directory.
	Dir string
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.Event == nil {
		o.Event = func(string) bool { return false }
	}
	return o
}

// spec is a source as the user named it.
type spec struct {
	scheme string // in lower case
	rest   string // what follows the scheme's colon
	label  string // the whole, without secrets
}

// whole is all that makes the source another one, secrets included: it is never shown.
func (s spec) whole() string {
	rest := s.rest
	if s.scheme == "http" || s.scheme == "https" {
		rest, _, _ = strings.Cut(rest, "#") // which is not sent
	}
	return s.scheme + ":" + rest
}

// scheme is one kind of source.
type scheme struct {
	name  string // what the spec begins with, up to the colon
	usage string
	parse func(spec, Options) (Source, error)
}

func schemes() []scheme {
	all := []scheme{
		{"http", "http://HOST/PATH", parseHTTP},
		{"https", "https://HOST/PATH", parseHTTP},
		{"exec", "exec:CMD", parseExec},
		{"exec+state", "exec+state:CMD", parseExec},
		{"listen", "listen:ADDR", parseListen},
		{"log", "log:FILE#REGEXP", parseLog},
		{"redis", redisUsage, parseRedis},
		{"rediss", redisUsage, parseRedis},
		{"redis+state", redisUsage, parseRedis},
		{"rediss+state", redisUsage, parseRedis},
	}
	for _, d := range databases() {
		for _, name := range d.schemes {
			all = append(all, scheme{name, d.usage, parseSQL})
		}
	}
	return all
}

// Hosts are those that a source connects to, by name or address; a sink connects to the service that it forwards calls to.
func Hosts(s Source) []string {
	switch s := s.(type) {
	case *polled:
		return s.hosts
	case *Sink:
		if s.forward != nil {
			return []string{s.forward.to.Hostname()}
		}
	}
	return nil
}

// Parse makes a source of its spec. It touches neither network nor processes, and of files only those in which PostgreSQL
// keeps passwords and certificates. Its errors wrap ErrSpec.
func Parse(text string, o Options) (Source, error) {
	text = strings.TrimSpace(text)
	name, rest, found := strings.Cut(text, ":")
	if !found {
		return nil, fmt.Errorf("%w %q: no scheme; use %s", ErrSpec, clip(redact(text)), usages())
	}
	s := spec{scheme: strings.ToLower(name), rest: rest}
	s.label = redactSpec(s.scheme, rest)
	for _, known := range schemes() {
		if known.name != s.scheme {
			continue
		}
		source, err := known.parse(s, o.withDefaults())
		if err != nil {
			return nil, fmt.Errorf("%w %s: %w", ErrSpec, s.label, err)
		}
		return source, nil
	}
	return nil, fmt.Errorf("%w %s: %w", ErrSpec, clip(s.label), unknownScheme(s.scheme))
}

func usages() string {
	var all []string
	for _, s := range schemes() {
		if !slices.Contains(all, s.usage) {
			all = append(all, s.usage)
		}
	}
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " or " + all[last]
}

func unknownScheme(name string) error {
	if name == "file" {
		return errors.New("files are not read by URL; follow one with log:FILE#REGEXP, or print one with exec:cat FILE")
	}
	return fmt.Errorf("the scheme %q is not known; use %s", name, usages())
}
