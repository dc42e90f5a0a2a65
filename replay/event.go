package replay

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Event is a fact the provider tells. Its body is bytes: it is never decoded and
// encoded again, because a signature covers bytes and numbers may exceed float64.
type Event struct {
	// Key is the idempotency key: the same in every redelivery of the event, and of no other event.
	Key string `json:"key"`
	// Source is the account or tenant the event comes from; empty where the provider names none.
	Source string `json:"source,omitempty"`
	// ID is the provider's own id, where it is not the key: two sources can give one id to two
	// events, and the key then tells them apart.
	ID string `json:"id,omitempty"`
	// Type is the provider's name for what happened, such as "invoice.paid".
	Type string `json:"type"`
	// Subject is the business object the event speaks of; empty where there is none.
	Subject string `json:"subject,omitempty"`
	// Version orders events within one subject (see CompareVersions); empty where there is none.
	Version string `json:"version,omitempty"`
	// Rank breaks ties of Version by the profile's declared tie rule. Two events of
	// one subject with equal Version and equal Rank are unordered: either may win.
	Rank int `json:"rank,omitempty"`
	// Deletes says that the event ends its subject: a tombstone.
	Deletes bool `json:"deletes,omitempty"`
	// Provider names the profile that identified the event.
	Provider string `json:"provider"`
	// Fixture is where the body was read: a path, with :N for the N-th line or list entry.
	// Events of a plan that were made from the same fixture share it.
	Fixture string `json:"fixture"`
	// OriginalKey is the key as recorded, where the event was given a fresh one.
	OriginalKey string `json:"original_key,omitempty"`
	// Refs are further ids in the payload (payment intent, invoice ...) an endpoint may count by.
	Refs []string `json:"refs,omitempty"`
	// EffectKey is the value the user's --effect-key path selected; it then is the only key effects are matched by.
	EffectKey string `json:"effect_key,omitempty"`
	// Live says that the provider marked the event as coming from its live mode.
	Live bool `json:"live,omitempty"`
	// Header holds recorded headers worth sending again; signatures never are.
	Header http.Header `json:"header,omitempty"`
	// SHA256 is the hex digest of Body, so that a plan fixes the bytes without carrying them.
	SHA256 string `json:"sha256"`
	// Body is what is sent, before any fault touches it. It is not part of the plan's JSON,
	// and nil where Read is set: see Loaded.
	Body []byte `json:"-"`
	// Read reads the body from where it is kept; nil where Body holds it. It may be called
	// from several goroutines at once.
	Read func() ([]byte, error) `json:"-"`
}

// ErrChanged says that an event's body is no longer what it was when the event was made.
var ErrChanged = errors.New("has changed since it was read")

// ErrNoSource says that an event does not name the account it comes from.
var ErrNoSource = errors.New("does not name the account it comes from")

// Loaded returns the event with its Body. What Read gives must have the event's SHA256.
func (e Event) Loaded() (Event, error) {
	if e.Read == nil || e.Body != nil {
		return e, nil
	}
	body, err := e.Read()
	if err != nil {
		return e, fmt.Errorf("%s: %w", e.Fixture, err)
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != e.SHA256 {
		return e, fmt.Errorf("%s: %w", e.Fixture, ErrChanged)
	}
	e.Body = body
	return e, nil
}

// Unloaded returns the event without its Body, which read can bring back, and without
// anything that would keep the body's memory.
func (e Event) Unloaded(read func() ([]byte, error)) Event {
	e.Body, e.Read = nil, read
	return e.Detached()
}

// Detached returns the event with ids of their own memory: those that were read from a body are parts of it, and whoever keeps
// one keeps all of it.
func (e Event) Detached() Event {
	for _, s := range []*string{&e.Key, &e.ID, &e.Source, &e.Type, &e.Subject, &e.Version, &e.OriginalKey, &e.EffectKey, &e.SHA256} {
		*s = strings.Clone(*s)
	}
	refs := make([]string, len(e.Refs))
	for i, r := range e.Refs {
		refs[i] = strings.Clone(r)
	}
	if e.Refs != nil {
		e.Refs = refs
	}
	if e.Header != nil {
		header := make(http.Header, len(e.Header))
		for name, values := range e.Header {
			for _, v := range values {
				header[strings.Clone(name)] = append(header[name], strings.Clone(v))
			}
		}
		e.Header = header
	}
	return e
}

// ProviderID is the id the provider gave the event.
func (e Event) ProviderID() string {
	if e.ID != "" {
		return e.ID
	}
	return e.Key
}

// Order compares two events of one subject by version, then by the profile's tie
// rule. It is 0 where the provider does not say which came first.
func (e Event) Order(o Event) int {
	if c := CompareVersions(e.Version, o.Version); c != 0 {
		return c
	}
	switch {
	case e.Rank < o.Rank:
		return -1
	case e.Rank > o.Rank:
		return 1
	}
	return 0
}
