package cmd

import (
	"context"
	"fmt"
	"net"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"hookonce/dedupe/reference"
	"hookonce/dedupe/serve"
	"hookonce/dedupe/zoo"
	"hookonce/replay/provider"
	"hookonce/replay/redact"
)

// ServeOptions are the flags of serve.
type ServeOptions struct {
	Listen     string
	Secret     string
	Work       time.Duration
	FailFirst  bool
	Redis      string
	EffectsURL string
	Database   string
	Provider   string
	PublicURL  string
}

// NewServeCmd serves a built-in handler.
func NewServeCmd(s *Streams) *cobra.Command {
	var o ServeOptions
	c := &cobra.Command{
		Use:   "serve HANDLER",
		Short: "A built-in handler as an HTTP server, to aim run at",
		Long: `Serves a handler until it is interrupted. POST /webhook takes deliveries, GET /effects tells
the counts per event, GET /state the versions per subject.
`,
		Annotations: map[string]string{more: "handlers"},
		Example: `  hookonce serve article --work 50ms --fail-first
  hookonce serve hardened --listen 127.0.0.1:4001 --redis redis://localhost:6379`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: wordsOf(zoo.Names),
		RunE:              func(c *cobra.Command, args []string) error { return runServe(c.Context(), s, o, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&o.Listen, "listen", "127.0.0.1:4000", "`address` to listen at")
	f.StringVar(&o.Secret, "secret", "", "signing secret (default: $HOOKONCE_SECRET, else a demo secret, which is printed)")
	f.DurationVar(&o.Work, "work", demoWork, "how long the work of one event takes")
	f.BoolVar(&o.FailFirst, "fail-first", false, "the first attempt of each event fails before its effect")
	f.StringVar(&o.Redis, "redis", "embedded", "embedded, or a redis:// `URL`")
	f.StringVar(&o.EffectsURL, "effects-url", "", "call this `URL` for each effect, as the downstream API")
	f.StringVar(&o.Database, "database", "", "sqlite:`FILE` of its database, which replicas share and which survives them; it is made where there is none (default: in memory)")
	f.StringVar(&o.Provider, "provider", "stripe", "`name` of the provider whose webhooks it takes")
	f.StringVar(&o.PublicURL, "public-url", "", "`URL` it believes it has, for providers that sign it (default: the one it listens at)")
	return c
}

func runServe(ctx context.Context, s *Streams, o ServeOptions, name string) error {
	entry, err := findHandler(name)
	if err != nil {
		return err
	}
	p, err := provider.ByName(o.Provider)
	if err != nil {
		return usagef("%w", err)
	}
	file, sqlite := strings.CutPrefix(o.Database, "sqlite:")
	if o.Database != "" && (!sqlite || file == "") {
		return usagef("--database %s: give sqlite:FILE", safe(redact.URL(o.Database)))
	}
	setup := reference.Setup{Redis: o.Redis, Work: o.Work, Database: file}
	if o.FailFirst {
		setup.Fails = reference.FailFirst
	}
	if o.EffectsURL != "" {
		if setup.Downstream, err = serve.Downstream(o.EffectsURL, nil); err != nil {
			return usagef("--effects-url: %w", err)
		}
	}
	world, err := reference.Open(ctx, setup)
	if err != nil {
		return fmt.Errorf("--redis %s: %w", redact.URL(o.Redis), err)
	}
	defer world.Close(context.WithoutCancel(ctx))
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", o.Listen, err)
	}
	secret := secretOr(s, o.Secret)
	if o.PublicURL == "" {
		o.PublicURL = "http://" + listener.Addr().String() + "/webhook"
	}
	printServe(s, entry, "http://"+listener.Addr().String(), secret)
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return serve.Serve(ctx, listener, endpointOf(world, entry, side{Provider: p, profile: p.Profile(), endpoint: provider.Endpoint{Secrets: []string{secret}, URL: o.PublicURL}}))
}

func secretOr(s *Streams, flag string) string {
	if flag != "" {
		return flag
	}
	if v := s.Getenv("HOOKONCE_SECRET"); v != "" {
		return v
	}
	return demoSecret
}

func printServe(s *Streams, entry zoo.Entry, base, secret string) {
	shown := "$HOOKONCE_SECRET"
	if secret == demoSecret {
		shown = demoSecret
	}
	fmt.Fprintf(s.Out, "%s at %s/webhook\n  %s\n\neffects  %s/effects\nstate    %s/state\nsecret   %s\n\n",
		entry.Name, base, entry.Flaw, base, base, shown)
	fmt.Fprintf(s.Out, "aim at it:\n  %s\n", strings.Join([]string{"hookonce run FIXTURES --target " + base + "/webhook --secret " + shown,
		"--effects " + base + "/effects --effects " + base + "/state"}, " \\\n    "))
}
