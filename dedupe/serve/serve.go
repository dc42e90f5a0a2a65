package serve

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

const (
	// headerTimeout is long, because a sender that races deliveries dials well before it sends.
	headerTimeout = 2 * time.Minute
	readTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
	// grace is how long deliveries under way may take once the server is told to stop.
	grace = 10 * time.Second
)

// Serve answers on the listener, which it closes, until ctx ends. Then it lets the deliveries
// under way finish, for a while. It returns nil after a stop that left nothing undone.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, MaxHeaderBytes: maxHeader}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		err := s.Shutdown(bound)
		if err != nil {
			err = errors.Join(err, s.Close())
		}
		stopped <- err
	})
	err := s.Serve(l)
	if stop() { // the server ended by itself
		return err
	}
	return <-stopped
}
