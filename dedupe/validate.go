package dedupe

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The bounds of what a store takes, in bytes. What comes from outside is never stored unbounded.
const (
	MaxName   = 4 << 10   // Source, Subject, Event, Token and Fingerprint, each
	MaxResult = 128 << 10 // Completion.Result
	MaxData   = 1 << 20   // Completion.Data
	// VersionDigits is how many digits a version may have: enough for every uint64.
	VersionDigits = 20
)

// ErrInvalid wraps what is wrong with a call itself. Nothing was sent to the store.
var ErrInvalid = errors.New("invalid")

// Validate tells what is wrong with the claim; stores call it first.
func (c Claim) Validate() error {
	if err := validNames(c.Source, c.Subject, c.Event, c.Token); err != nil {
		return err
	}
	switch {
	case len(c.Fingerprint) > MaxName:
		return tooLong("fingerprint", len(c.Fingerprint), MaxName)
	case c.Lease < time.Millisecond:
		return fmt.Errorf("%w: lease %v: a millisecond at least", ErrInvalid, c.Lease)
	case c.Retention < c.Lease:
		return fmt.Errorf("%w: retention %v is shorter than the lease %v", ErrInvalid, c.Retention, c.Lease)
	}
	return validVersion(c.Subject, c.Version)
}

// Validate tells what is wrong with the hold; stores call it first. The lease is not looked at.
func (h Hold) Validate() error {
	if err := validNames(h.Source, h.Subject, h.Event, h.Token); err != nil {
		return err
	}
	return validRetention(h.Retention)
}

// ValidateRenew is Validate for a renewal, which needs a lease.
func (h Hold) ValidateRenew() error {
	if h.Lease < time.Millisecond || h.Lease > h.Retention {
		return fmt.Errorf("%w: lease %v: from a millisecond to the retention %v", ErrInvalid, h.Lease, h.Retention)
	}
	return h.Validate()
}

// Validate tells what is wrong with the completion; stores call it first.
func (c Completion) Validate() error {
	if err := validNames(c.Source, c.Subject, c.Event, c.Token); err != nil {
		return err
	}
	switch {
	case len(c.Result) > MaxResult:
		return tooLong("result", len(c.Result), MaxResult)
	case len(c.Data) > MaxData:
		return tooLong("data", len(c.Data), MaxData)
	case len(c.Over) > MaxName:
		return tooLong("over", len(c.Over), MaxName)
	}
	if err := validRetention(c.Retention); err != nil {
		return err
	}
	return validVersion(c.Subject, c.Version)
}

func validRetention(d time.Duration) error {
	if d < time.Millisecond {
		return fmt.Errorf("%w: retention %v: a millisecond at least", ErrInvalid, d)
	}
	return nil
}

func validNames(source, subject, event, token string) error {
	switch {
	case event == "":
		return fmt.Errorf("%w: event without a key", ErrInvalid)
	case token == "":
		return fmt.Errorf("%w: empty token", ErrInvalid)
	}
	for _, n := range []struct{ what, text string }{
		{"source", source}, {"subject", subject}, {"event key", event}, {"token", token}} {
		if len(n.text) > MaxName {
			return tooLong(n.what, len(n.text), MaxName)
		}
	}
	return nil
}

func tooLong(what string, n, limit int) error {
	return fmt.Errorf("%w: %s of %d bytes: at most %d", ErrInvalid, what, n, limit)
}

func validVersion(subject, version string) error {
	if version != "" && subject == "" {
		return fmt.Errorf("%w: version %.40q without a subject", ErrInvalid, version)
	}
	_, err := PadVersion(version)
	return err
}

// PadVersion brings a version to VersionDigits digits, so that text order is numeric order
// and no engine has to make a number of it. Empty stays empty; anything but 1 to 20 decimal digits (after
// leading zeros) is ErrInvalid.
func PadVersion(v string) (string, error) {
	if v == "" {
		return "", nil
	}
	for i := range len(v) {
		if v[i] < '0' || v[i] > '9' {
			return "", fmt.Errorf("%w: version %.40q: decimal digits only", ErrInvalid, v)
		}
	}
	t := strings.TrimLeft(v, "0")
	if len(t) > VersionDigits {
		return "", fmt.Errorf("%w: version of %d digits: at most %d", ErrInvalid, len(t), VersionDigits)
	}
	return strings.Repeat("0", VersionDigits-len(t)) + t, nil
}

// TrimVersion is a padded version without its leading zeros.
func TrimVersion(padded string) string {
	if t := strings.TrimLeft(padded, "0"); t != "" || padded == "" {
		return t
	}
	return "0"
}
