package observe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// redisReader reads a source by one Redis command that only reads.
type redisReader struct {
	client *redis.Client
	words  []string
	pairs  bool // the answer alternates between an id and its count, or a subject and its version
	states bool
	max    int64
}

// redisReads are the commands a source may be read with, and whether their answers are pairs.
var redisReads = map[string]func(words []string) (pairs bool){
	"hgetall":  func([]string) bool { return true },
	"lrange":   func([]string) bool { return false },
	"smembers": func([]string) bool { return false },
	"zrange":   func(words []string) bool { return strings.EqualFold(words[len(words)-1], "withscores") },
}

const redisUsage = "redis://HOST/DB#COMMAND"

func parseRedis(s spec, o Options) (Source, error) {
	address, command, _ := strings.Cut(s.rest, "#")
	words := strings.Fields(command)
	if len(words) < 2 {
		return nil, fmt.Errorf("no command; want %s, such as '%s:%s#hgetall charges'", redisUsage, s.scheme, "//localhost:6379/0")
	}
	pairs := redisReads[strings.ToLower(words[0])]
	if pairs == nil {
		return nil, fmt.Errorf("the command %q is not one of hgetall, lrange, smembers and zrange", clip(words[0]))
	}
	scheme, states := strings.CutSuffix(s.scheme, "+state")
	options, err := redis.ParseURL(scheme + ":" + address)
	if err != nil {
		return nil, errAddress
	}
	options.Protocol, options.MaxRetries = 2, -1 // answers as flat lists
	host, _, err := net.SplitHostPort(options.Addr)
	if err != nil {
		return nil, errAddress
	}
	if o.Dial != nil {
		options.Dialer = o.dialTLS(options.TLSConfig)
	}
	r := &redisReader{client: redis.NewClient(options), words: words, pairs: pairs(words), states: states, max: o.MaxBytes}
	if states && !r.pairs {
		return nil, errors.New("states come as pairs of subject and version: read them with hgetall or zrange ... withscores")
	}
	return newPolled(s, r, o, host), nil
}

// dialTLS connects by Dial and, where there is a configuration, speaks TLS: a client leaves that to a dialer that it is given.
func (o Options) dialTLS(config *tls.Config) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := o.Dial(ctx, network, address)
		if err != nil || config == nil {
			return c, err
		}
		secured := tls.Client(c, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			_ = c.Close()
			return nil, err
		}
		return secured, nil
	}
}

func (r *redisReader) read(ctx context.Context) (*snapshot, error) {
	args := make([]any, len(r.words))
	for i, w := range r.words {
		args[i] = w
	}
	items, err := r.client.Do(ctx, args...).StringSlice()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, errors.New(redact(err.Error()))
	}
	size := int64(0)
	for _, s := range items {
		size += int64(len(s))
	}
	if size > r.max {
		return nil, tooMuch(r.max)
	}
	return r.take(items)
}

func (r *redisReader) take(items []string) (*snapshot, error) {
	snap := newSnapshot(len(items))
	width := 1
	if r.pairs {
		width = 2
	}
	for row := range slices.Chunk(items, width) {
		if err := takeColumns(snap, row, r.states); err != nil {
			return nil, fmt.Errorf("%q: %w", clip(row[0]), err)
		}
	}
	return snap, nil
}

func (r *redisReader) close() error { return r.client.Close() }
