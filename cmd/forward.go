package cmd

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"

	"hookonce/dedupe/observe"
	"hookonce/replay/dispatch"
)

// guardedDialer connects to what the guard lets through: it sees each concrete address right before the connection is made.
func guardedDialer(guard *dispatch.Guard, host string) *net.Dialer {
	return &net.Dialer{Timeout: 10 * time.Second, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return guard.Check(host, ap.Addr())
	}}
}

// guardedDial is how hookonce connects to what it stands before: the service behind a sink, the endpoint's Redis, or its database.
func (o *RunOptions) guardedDial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return guardedDialer(&dispatch.Guard{AllowHosts: o.AllowHosts}, host).DialContext(ctx, network, address)
}

// mayForward refuses, before anything is started, a sink that forwards to what may not be attacked. A name that cannot be resolved yet is
// left to the sink, which waits for its service to come up.
func (o *RunOptions) mayForward(ctx context.Context, s observe.Source) error {
	sink, ok := s.(*observe.Sink)
	if !ok || sink.Forwards() == "" {
		return nil
	}
	host, guard := sink.Forwards(), &dispatch.Guard{AllowHosts: o.AllowHosts}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	for _, a := range addresses {
		if err := guard.Check(host, a); err != nil {
			return usagef("--effects: forward: %w", err)
		}
	}
	return nil
}
