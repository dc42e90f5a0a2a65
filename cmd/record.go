package cmd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"hookonce/replay/dispatch"
	"hookonce/replay/record"
	"hookonce/replay/redact"
)

// RecordOptions are the flags of record.
type RecordOptions struct {
	PlanningOptions
	Listen     string
	Forward    string
	Out        string
	Keep       bool
	AckFirst   bool
	AllowHosts []string
}

// NewRecordCmd records webhooks on their way to an endpoint.
func NewRecordCmd(s *Streams) *cobra.Command {
	var o RecordOptions
	c := &cobra.Command{
		Use:   "record",
		Short: "A recording reverse proxy: webhooks on their way to an endpoint become fixtures",
		Long: `Listens, forwards every request to the endpoint as it came, answers what the endpoint answers, and
writes the webhooks to DIR as they arrive, one JSON line each, with arrival order and time.
"hookonce run DIR" replays them.

Secrets, card numbers, e-mail addresses and names of people are replaced by something of the same
form, the ids that identify an event are kept, and signatures are left out: a replay signs anew.
A webhook is answered once it is written, so that kill -9 costs at most those in flight; it is
forwarded even where it cannot be written. fsync follows within a second. Interrupt to end.`,
		Example: `  hookonce record --listen 127.0.0.1:4100 --forward http://localhost:3000 \
    --out ./recorded
  hookonce record --forward http://localhost:3000/webhooks/stripe \
    --out ./recorded --ack-first`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runRecord(c, s, o) },
	}
	f := c.Flags()
	f.StringVar(&o.Listen, "listen", "127.0.0.1:4100", "`address` to listen at")
	f.StringVar(&o.Forward, "forward", "", "`URL` of the endpoint; with a path everything goes there, without each webhook's own path is kept")
	o.addConfig(f)
	f.StringVar(&o.Out, "out", "", "`folder` the fixtures are written to")
	f.StringVar(&o.Provider, "provider", "", "`name` of the provider (default: detect)")
	f.BoolVar(&o.Keep, "keep", false, "write bodies and headers as they are, personal data included (never signatures and credentials)")
	f.BoolVar(&o.AckFirst, "ack-first", false, "answer 200 as soon as a webhook is written, and forward it then: for slow endpoints")
	f.StringArrayVar(&o.AllowHosts, "allow-host", nil, "`host` outside loopback and private networks that may be forwarded to (repeatable)")
	return c
}

func runRecord(c *cobra.Command, s *Streams, o RecordOptions) error {
	if _, err := o.configure(c, s, nil, "out"); err != nil {
		return err
	}
	forward, err := o.check()
	if err != nil {
		return err
	}
	show := newSightings(s)
	defer show.close()
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	prepare := record.Preparer{Provider: o.Provider, Providers: o.known(), Routes: o.routes(), Keep: o.Keep, Masker: redact.Masker{Key: key}}
	journal, err := record.NewJournal(record.InFolder(o.Out, time.Now()), prepare.Line, show.say)
	if err != nil {
		return fmt.Errorf("--out %s: %w", safe(o.Out), err)
	}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		journal.Close()
		return fmt.Errorf("--listen %s: %w", o.Listen, err)
	}
	r := record.New(record.Options{Forward: forward, Transport: o.transport(forward.Hostname()), AckFirst: o.AckFirst, Journal: journal, Seen: show.see})
	show.say("recording http://%s -> %s into %s; interrupt to end", listener.Addr(), redact.URL(o.Forward), o.Out)
	ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err = serveUntil(ctx, listener, r)
	r.Wait()
	stats := journal.Close()
	show.close()
	arrived, large := r.Count()
	fmt.Fprintf(s.Out, "%d webhooks arrived, %d written to %s\n", arrived+large, stats.Written, safe(o.Out))
	if missing := stats.Lost + large; missing > 0 {
		fmt.Fprintf(s.Out, "%d were forwarded and not recorded: %d could not be written, %d were longer than %d MiB\n", missing, stats.Lost, large, record.MaxBody>>20)
	}
	if stats.Written > 0 {
		fmt.Fprintf(s.Out, "replay: hookonce run %s --target %s\n", filepath.Clean(o.Out), redact.URL(o.Forward))
	}
	return err
}

func (o *RecordOptions) check() (*url.URL, error) {
	forward, err := url.Parse(o.Forward)
	switch {
	case o.Forward == "" || o.Out == "":
		return nil, usagef("record: --forward URL and --out DIR are needed. For example: hookonce record --forward http://localhost:3000 --out ./recorded")
	case err != nil || forward.Host == "" || forward.Scheme != "http" && forward.Scheme != "https":
		return nil, usagef("--forward %s: not a URL; give one like http://localhost:3000", safe(o.Forward))
	case o.Provider != "":
		if _, err := o.known().ByName(o.Provider); err != nil {
			return nil, usagef("--provider: %w", err)
		}
	}
	return forward, nil
}

// routes names the provider of each route in hookonce.yaml.
func (o *RecordOptions) routes() map[string]string {
	out := map[string]string{}
	for _, d := range o.Described {
		if d.Route != "" {
			out[d.Route] = d.name
		}
	}
	return out
}

// transport connects to what the guard lets through, keeps connections shorter than servers do, and neither compresses
// nor goes through a proxy.
func (o *RecordOptions) transport(host string) *http.Transport {
	dialer := guardedDialer(&dispatch.Guard{AllowHosts: o.AllowHosts}, host)
	return &http.Transport{DialContext: dialer.DialContext, DisableCompression: true, MaxIdleConnsPerHost: 256, IdleConnTimeout: 2 * time.Second}
}

// serveUntil serves until ctx ends, and then lets what is under way end.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return nil
}

// describe is a webhook in the live list.
func describe(s record.Sighting) string {
	what := strings.TrimSpace(strings.Join([]string{s.Provider, s.Type, s.Key}, " "))
	if what == "" {
		what = s.Method + " " + redact.URL(s.Path) + " (of no known provider)"
	}
	became := fmt.Sprintf("%d in %s", s.Status, s.Took.Round(100*time.Microsecond))
	if s.Err != nil {
		became = s.Err.Error()
	}
	if !s.Written {
		became += ", NOT YET WRITTEN"
	}
	return fmt.Sprintf("%5d  %s  %s -> %s", s.N, s.At.Local().Format("15:04:05.000"), what, became)
}
