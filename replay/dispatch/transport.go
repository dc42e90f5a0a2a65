package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Transport names how deliveries travel.
type Transport string

// The transports. None of them finds every race: last bytes on connections of their own reach the narrowest windows of a
// busy handler, and a single packet those of an endpoint with one thread, which reads it all at once.
const (
	TransportAuto  Transport = "auto"  // to be chosen by Choose
	TransportRaw   Transport = "raw"   // HTTP/1.1; gates by their last bytes, a connection each
	TransportH2    Transport = "h2"    // HTTP/1.1; gates in HTTP/2, their last bytes in a single packet
	TransportMixed Transport = "mixed" // each third gate in HTTP/2, the others in HTTP/1.1
)

// Transports lists the names of what may be asked for.
func Transports() []string {
	return []string{string(TransportAuto), string(TransportRaw), string(TransportH2), string(TransportMixed)}
}

// ErrNoH2 says that HTTP/2 was asked for and the endpoint does not speak it.
var ErrNoH2 = errors.New("the target does not speak HTTP/2")

// Choose says how a target is raced, and why. Asked for auto it tries HTTP/2 where TLS can negotiate it; without TLS
// an endpoint cannot be asked whether it speaks HTTP/2, so there it must be named. The error wraps ErrNoH2.
func (t Target) Choose(ctx context.Context, want Transport) (chosen Transport, why string, err error) {
	all, err := t.endpoints()
	if err != nil {
		return "", "", err
	}
	switch want {
	case TransportRaw:
		return TransportRaw, "races in HTTP/1.1, by their last bytes", nil
	case TransportAuto:
		if t.URL.Scheme != "https" {
			return TransportRaw, "races in HTTP/1.1, by their last bytes (HTTP/2 without TLS has to be asked for: --transport mixed)", nil
		}
		for _, e := range all {
			if e.tryH2(ctx) != nil {
				return TransportRaw, "races in HTTP/1.1, by their last bytes: the target offers no HTTP/2", nil
			}
		}
		return TransportMixed, "every third race in HTTP/2, which the target offers, in a single packet; the others in HTTP/1.1, by their last bytes", nil
	case TransportH2, TransportMixed:
		for _, e := range all {
			if err := e.tryH2(ctx); err != nil {
				return "", "", fmt.Errorf("%w: %s: %s (--transport raw does without)", ErrNoH2, e.addr, brief(err))
			}
		}
		if want == TransportMixed {
			return want, "every third race in HTTP/2, in a single packet; the others in HTTP/1.1, by their last bytes", nil
		}
		return want, "races in HTTP/2, in a single packet", nil
	}
	return "", "", fmt.Errorf("transport %q is not known", want)
}

// tryH2 connects, greets in HTTP/2, and closes the connection again.
func (e *endpoint) tryH2(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	began := time.Now()
	h, err := e.dialH2(ctx, func() time.Duration { return time.Since(began) })
	if err != nil {
		return err
	}
	h.close()
	<-h.gone
	return nil
}
