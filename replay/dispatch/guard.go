package dispatch

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
)

// Guard decides which addresses may be connected to: loopback, private (RFC 1918)
// and unique local (RFC 4193) ones, and whatever a host named in AllowHosts resolves to. A nil Guard allows no host by name.
//
// The unspecified addresses 0.0.0.0 and :: count as loopback: to connect to
// them means this machine. Link-local, carrier-grade NAT and translated addresses do not
// count as private: what answers there is not known to be the user's.
type Guard struct {
	// AllowHosts are host names or addresses, without port, as they stand in the target's URL.
	AllowHosts []string
}

// ForbiddenError says that a target's address is none the Guard lets through.
type ForbiddenError struct {
	Host string     // as in the URL
	Addr netip.Addr // what it resolved to
}

func (e *ForbiddenError) Error() string {
	return fmt.Sprintf("target %s is at %s, which is neither a loopback nor a private address: "+
		"if the endpoint is yours to test, add --allow-host %s", e.Host, e.Addr, e.Host)
}

// Check says with a *ForbiddenError that ip, which host resolved to, may not be connected to.
func (g *Guard) Check(host string, ip netip.Addr) error {
	plain := ip.WithZone("").Unmap()
	if plain.IsLoopback() || plain.IsPrivate() || plain.IsUnspecified() || g.allows(host) {
		return nil
	}
	return &ForbiddenError{Host: host, Addr: plain}
}

func (g *Guard) allows(host string) bool {
	if g == nil {
		return false
	}
	for _, h := range g.AllowHosts {
		if bareHost(h) == bareHost(host) {
			return true
		}
	}
	return false
}

// control is a net.Dialer's ControlContext: it sees each concrete address right before the
// connection is made, so neither a second resolution nor an odd spelling (0x7f.1, 2130706433) can slip by.
func (g *Guard) control(host string) func(context.Context, string, string, syscall.RawConn) error {
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("target %s: address %q: %w", host, address, err)
		}
		return g.Check(host, ap.Addr())
	}
}

// bareHost makes spellings of one host equal: case, a root dot, an address's brackets.
func bareHost(h string) string {
	h = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(h)), ".")
	return strings.TrimSuffix(strings.TrimPrefix(h, "["), "]")
}
