package cmd

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"syscall"
	"time"

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

// guardedDial is how hookonce connects to what it reads effects from and to what it stands before: the service behind a sink, the
// endpoint's Redis, or its database.
func (o *RunOptions) guardedDial(ctx context.Context, network, address string) (net.Conn, error) {
	if network == "unix" {
		return (&net.Dialer{}).DialContext(ctx, network, address) // it is this machine
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return guardedDialer(o.guard(), host).DialContext(ctx, network, address)
}

func (o *RunOptions) guard() *dispatch.Guard { return &dispatch.Guard{AllowHosts: o.AllowHosts} }

// mayAttack refuses a target that may not be connected to, before anything is reset.
func (o *RunOptions) mayAttack(ctx context.Context, t dispatch.Target) error {
	for _, u := range append([]*url.URL{t.URL}, t.Replicas...) {
		if err := o.mayReach(ctx, u.Hostname()); err != nil {
			return usagef("%w", err)
		}
	}
	return nil
}

// mayReach refuses, before anything is started, a host that may not be connected to. A name that cannot be resolved yet may come up later,
// and each connection is checked again.
func (o *RunOptions) mayReach(ctx context.Context, host string) error {
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	for _, a := range addresses {
		if err := o.guard().Check(host, a); err != nil {
			return err
		}
	}
	return nil
}
