package reference

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Connect returns a client of a real Redis or Valkey, as redis://[user:password@]host:port[/db],
// and makes sure that it answers. The caller closes it.
func Connect(ctx context.Context, url string) (redis.UniversalClient, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		// The parser's error repeats the URL, and with it a password.
		return nil, fmt.Errorf("redis: not a URL of the form redis://host:port/db")
	}
	if err := reachable(ctx, o); err != nil {
		return nil, fmt.Errorf("redis %s: %w", o.Addr, err)
	}
	c := redis.NewClient(Quiet(o))
	if err := c.Ping(ctx).Err(); err != nil {
		_ = c.Close() // the ping's error says more
		return nil, fmt.Errorf("redis %s: %w", o.Addr, err)
	}
	return c, nil
}

// reachable dials once by itself: the driver would dial five times, and log each.
func reachable(ctx context.Context, o *redis.Options) error {
	d := net.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(ctx, o.Network, o.Addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

const dialTimeout = 5 * time.Second

// Quiet switches off what a driver does without being asked. A command that is
// re-sent after a lost reply reads its own lock as somebody else's: that flaw has a handler of its own.
func Quiet(o *redis.Options) *redis.Options {
	o.MaxRetries = -1
	o.Protocol = 2
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o
}
