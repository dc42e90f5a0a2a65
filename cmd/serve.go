package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"hookonce/dedupe/reference"
	"hookonce/dedupe/serve"
	"hookonce/dedupe/zoo"
	"hookonce/replay/redact"
)

// ServeOptions are the flags of serve.
type ServeOptions struct {
	PlanningOptions
	Listen     string
	Secret     string
	Work       time.Duration
	FailFirst  bool
	Redis      string
	EffectsURL string
	Database   string
}

// NewServeCmd serves a built-in handler.
func NewServeCmd(s *Streams) *cobra.Command {
	var o ServeOptions
	c := &cobra.Command{
		Use:   "serve HANDLER",
		Short: "A built-in handler as an HTTP server, to aim run at",
		Long: `Serves a handler until it is interrupted. POST /webhook takes deliveries, GET /effects tells
the counts per event, GET /state the versions per subject. Providers in hookonce.yaml are
taken at their routes, with their secrets.
`,
		Annotations: map[string]string{more: "handlers"},
		Example: `  hookonce serve article --work 50ms --fail-first
  hookonce serve hardened --listen 127.0.0.1:4001 --redis redis://localhost:6379`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: wordsOf(zoo.Names),
		RunE: func(c *cobra.Command, args []string) error {
			// What run calls redis and database is not the handler's.
			if _, err := o.configure(c, s, args, "redis", "database", "effects-url"); err != nil {
				return err
			}
			return runServe(c.Context(), s, o, args[0])
		},
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
	o.addConfig(f)
	f.StringVar(&o.PublicURL, "public-url", "", "`URL` it believes it has, for providers that sign it (default: the one it listens at)")
	return c
}

func runServe(ctx context.Context, s *Streams, o ServeOptions, name string) error {
	entry, err := findHandler(name)
	if err != nil {
		return err
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
	base := "http://" + listener.Addr().String()
	o.Secrets = []string{secretOr(s, o.Secret)}
	sides, err := o.sides(base)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	printServe(s, entry, base, sides)
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return serve.Serve(ctx, listener, endpointOf(world, entry, sides))
}

// sides are the providers whose webhooks are taken: those that hookonce.yaml describes and, at the usual path, the one that is named.
func (o *ServeOptions) sides(base string) ([]side, error) {
	planning := o.PlanningOptions
	planning.PublicURL = cmp.Or(o.PublicURL, base)
	var out []side
	taken := map[string]string{}
	for i := range o.Described {
		d := &o.Described[i]
		if d.Route == "" {
			continue
		}
		s, err := planning.sideOf(d.name, d)
		if err != nil {
			return nil, err
		}
		if other := taken[d.Route]; other != "" {
			return nil, usagef("providers: %s and %s have one route, %s: give each its own", other, d.name, d.Route)
		}
		out, taken[d.Route] = append(out, s), d.name
	}
	if taken[serve.Path] != "" {
		return out, nil
	}
	d := o.described(o.Provider)
	if d != nil && d.Route != "" {
		d = nil
	}
	planning.PublicURL = cmp.Or(o.PublicURL, base+serve.Path)
	s, err := planning.sideOf(o.Provider, d)
	if err != nil {
		return nil, usagef("%w", err)
	}
	return append([]side{s}, out...), nil
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

func printServe(s *Streams, entry zoo.Entry, base string, sides []side) {
	shown := "$HOOKONCE_SECRET"
	if slices.Contains(sides[0].endpoint.Secrets, demoSecret) {
		shown = demoSecret
	}
	fmt.Fprintf(s.Out, "%s at %s%s\n  %s\n", entry.Name, base, cmp.Or(sides[0].route, serve.Path), entry.Flaw)
	for _, p := range sides[1:] {
		unchecked := ""
		if len(p.endpoint.Secrets) == 0 {
			unchecked = ", whose signatures are not checked: hookonce.yaml gives no secret"
		}
		fmt.Fprintf(s.Out, "  %s at %s%s%s\n", p.profile.Name, base, p.route, unchecked)
	}
	fmt.Fprintf(s.Out, "\neffects  %s/effects\nstate    %s/state\nsecret   %s\n\n", base, base, shown)
	aim := "hookonce run FIXTURES --target " + base + serve.Path + " --secret " + shown
	if sides[0].route != "" || len(sides) > 1 {
		aim = "hookonce run FIXTURES --target " + base
	}
	fmt.Fprintf(s.Out, "aim at it:\n  %s\n", strings.Join([]string{aim, "--effects " + base + "/effects --effects " + base + "/state"}, " \\\n    "))
}
