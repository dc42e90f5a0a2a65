//go:build !linux

package dispatch

import (
	"net"
	"time"
)

// stampArrivals returns c as it is: only Linux stamps what comes in by stream. An answer is stamped when it
// is read here, so a reader that is scheduled late can make a gate seem to overlap that just did not.
func stampArrivals(c net.Conn) net.Conn { return c }

// arrived is always zero here.
func arrived(net.Conn) time.Time { return time.Time{} }

// keepStamping has nothing to keep.
func keepStamping() (end func()) { return func() {} }
