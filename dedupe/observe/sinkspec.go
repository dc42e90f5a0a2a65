package observe

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxSlow bounds how slow a sink may be told to be.
const maxSlow = 10 * time.Minute

// sinkSpec is what a spec asks of a sink.
type sinkSpec struct {
	addr      string
	slow      time.Duration   // how long an answer takes, after the effect was counted
	failFirst int             // how many calls per id fail before one is counted
	failHalf  bool            // only of the events whose work is to fail
	status    int             // of an answer
	dedupe    bool            // calls with one Idempotency-Key are one effect, which is what that header means
	methods   map[string]bool // whose calls are effects; nil for all but look-ups
	forward   *url.URL        // the service that has the effects; nil where the sink itself stands for it
}

func parseSinkSpec(rest string) (sinkSpec, error) {
	addr, options, _ := strings.Cut(rest, "?")
	s := sinkSpec{status: 200, dedupe: true}
	var err error
	if s.addr, err = parseAddr(addr); err != nil {
		return s, err
	}
	values, err := url.ParseQuery(options)
	if err != nil {
		return s, fmt.Errorf("the options %q are not a query such as ?slow=200ms&fail-first=1", clip(options))
	}
	for name, all := range values {
		if err := s.set(name, all[len(all)-1]); err != nil {
			return s, err
		}
	}
	if s.forward != nil && values.Has("status") {
		return s, errors.New("status= and forward= exclude each other: the service that calls are forwarded to has its own answers")
	}
	return s, nil
}

func parseAddr(addr string) (string, error) {
	if _, err := strconv.Atoi(addr); err == nil {
		addr = "127.0.0.1:" + addr
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("%q is not an address; want listen:PORT or listen:HOST:PORT", clip(addr))
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return "", fmt.Errorf("the port %q is not a number from 0 to 65535", clip(port))
	}
	return addr, nil
}

func (s *sinkSpec) set(name, value string) (err error) {
	switch name {
	case "slow":
		s.slow, err = time.ParseDuration(value)
		if err != nil || s.slow < 0 || s.slow > maxSlow {
			return fmt.Errorf("slow=%s is not a duration up to %s, such as 200ms", clip(value), maxSlow)
		}
	case "fail-first":
		if value == "" || value == "true" {
			value = "1"
		}
		if s.failHalf = value == "half"; s.failHalf {
			value = "1"
		}
		s.failFirst, err = strconv.Atoi(value)
		if err != nil || s.failFirst < 0 || s.failFirst > 1000 {
			return fmt.Errorf("fail-first=%s is neither half nor a number of calls from 0 to 1000", clip(value))
		}
	case "status":
		s.status, err = strconv.Atoi(value)
		if err != nil || s.status < 200 || s.status > 599 {
			return fmt.Errorf("status=%s is not an HTTP status from 200 to 599", clip(value))
		}
	case "dedupe":
		if value != "key" && value != "none" {
			return fmt.Errorf("dedupe=%s is neither key nor none", clip(value))
		}
		s.dedupe = value == "key"
	case "method":
		return s.setMethods(value)
	case "forward":
		s.forward, err = parseForward(value)
		return err
	default:
		return fmt.Errorf("the option %q is not known; use slow, fail-first, status, dedupe, method or forward", clip(name))
	}
	return nil
}

func (s *sinkSpec) setMethods(value string) error {
	s.methods = map[string]bool{}
	for m := range strings.SplitSeq(value, ",") {
		if m = strings.ToUpper(strings.TrimSpace(m)); m == "" {
			return errors.New("method= wants methods, such as method=POST,PUT")
		}
		s.methods[m] = true
	}
	return nil
}

// counts says whether a call with the method is an effect.
func (s *sinkSpec) counts(method string) bool {
	if s.methods != nil {
		return s.methods[method]
	}
	return !looksUp(method)
}

// looksUp says that the method only asks, as HTTP has it: an endpoint that fetches its event anew has done nothing yet.
func looksUp(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
