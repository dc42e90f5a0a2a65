package dispatch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"hookonce/replay"
)

// why says in short why no connection came about.
func (r *runner) why(err error) string {
	if r.Hard.Err() != nil {
		return aborted
	}
	return brief(err)
}

// aborted is the Error of what Options.Hard cut off.
const aborted = "aborted"

// whyNoAnswer says in short why there is no answer to a request that was sent.
func (r *runner) whyNoAnswer(e *replay.Event, ans answer) string {
	err := ans.err
	var text string
	switch {
	case r.Hard.Err() != nil:
		return aborted
	case errors.Is(err, os.ErrDeadlineExceeded):
		text = fmt.Sprintf("no complete answer within %s", r.patience(e))
	case errors.Is(err, io.EOF):
		text = "connection closed without an answer"
	case errors.Is(err, io.ErrUnexpectedEOF):
		text = "connection closed within the answer"
	default:
		text = brief(err)
	}
	if ans.status != 0 {
		text += fmt.Sprintf(" (status %d)", ans.status)
	}
	return text
}

// brief is an error without the addresses and operations the net package wraps it in.
func brief(err error) string {
	var dns *net.DNSError
	var forbidden *ForbiddenError
	var op *net.OpError
	switch {
	case errors.As(err, &forbidden):
		return forbidden.Error()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "no connection in time"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "host " + dns.Name + " not found"
	case errors.As(err, &op) && op.Err != nil:
		return op.Err.Error()
	}
	return err.Error()
}

// hint says how to mend a target that cannot be connected to; "" where it is not known.
func hint(err error) string {
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var expired x509.CertificateInvalidError
	switch {
	case errors.As(err, &record):
		return "it does not speak TLS there: try http:// instead of https://"
	case errors.As(err, &unknown), errors.As(err, &expired), errors.As(err, &name):
		return "give its certificate authority with --cacert FILE, or --insecure"
	case errors.As(err, &dns):
		return "check the host's name"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "is the endpoint running, and on this port? --wait 30s waits for it to come up"
	}
	return ""
}
