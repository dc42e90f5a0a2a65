package dispatch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"
)

const (
	probeTimeout = 5 * time.Second        // of one try
	probePause   = 100 * time.Millisecond // between two
)

// ErrUnreachable marks an endpoint that takes no connection.
var ErrUnreachable = errors.New("target unreachable")

// Probe connects to the target, all its replicas, and closes the connection again, TLS handshake included. It tries until that
// succeeds or wait is over; wait 0 means one try. The error is a *ForbiddenError, or wraps ErrUnreachable and says what may help.
func Probe(ctx context.Context, t Target, wait time.Duration) error {
	all, err := t.endpoints()
	if err != nil {
		return err
	}
	until := time.Now().Add(wait)
	for _, to := range all {
		if err := to.probe(ctx, until); err != nil {
			return err
		}
	}
	return nil
}

// probe tries until the moment, once at least.
func (to *endpoint) probe(ctx context.Context, until time.Time) error {
	for {
		err := to.try(ctx)
		if err == nil || final(err) {
			return to.unreachable(err)
		}
		if ctx.Err() != nil || time.Now().Add(probePause).After(until) || !pause(ctx, probePause) {
			return to.unreachable(err)
		}
	}
}

func (e *endpoint) try(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	_, tcp, _, err := e.dial(ctx)
	if err != nil {
		return err
	}
	return tcp.Close()
}

// final says that waiting mends nothing.
func final(err error) bool {
	var forbidden *ForbiddenError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &forbidden) || errors.As(err, &certificate)
}

func (e *endpoint) unreachable(err error) error {
	if err == nil {
		return nil
	}
	var forbidden *ForbiddenError
	if errors.As(err, &forbidden) {
		return forbidden
	}
	if h := hint(err); h != "" {
		return fmt.Errorf("%w: %s: %s (%s)", ErrUnreachable, e.addr, brief(err), h)
	}
	return fmt.Errorf("%w: %s: %s", ErrUnreachable, e.addr, brief(err))
}
