package provider

import (
	"fmt"
	"net/http"
	"strings"
)

// Set is the providers that are known: those of the table, and others that a user described. The zero
// value holds the table alone.
type Set struct{ more []row }

// With adds a provider. One that has a built-in provider's name stands in for it.
func (s Set) With(g Generic) Set {
	return Set{append(s.more[:len(s.more):len(s.more)], row{g, g.recognises})}
}

func (s Set) rows() []row { return append(s.more[:len(s.more):len(s.more)], table()...) }

// Names lists the providers' names, in the table's order.
func (s Set) Names() []string {
	var names []string
	for _, r := range s.rows() {
		names = append(names, r.Profile().Name)
	}
	return names
}

// ByName finds a provider. The error lists the names there are.
func (s Set) ByName(name string) (Provider, error) {
	for _, r := range s.rows() {
		if strings.EqualFold(r.Profile().Name, name) {
			return r.Provider, nil
		}
	}
	return nil, fmt.Errorf("provider %q is not known (known: %s)", name, strings.Join(s.Names(), ", "))
}

// Detect finds the provider a recording looks like. It does not say that the
// recording is an event: Identify does.
func (s Set) Detect(header http.Header, body []byte) (Provider, bool) {
	rows := s.rows()
	// A header of one provider says more than a body that looks like another's.
	for _, seen := range []struct {
		header http.Header
		body   []byte
	}{{header, nil}, {nil, body}} {
		if len(seen.header) == 0 && len(seen.body) == 0 {
			continue // as of most files, which have no headers beside them
		}
		for _, r := range rows {
			if r.recognises(seen.header, seen.body) {
				return r.Provider, true
			}
		}
	}
	return nil, false
}

// Names lists the built-in providers' names.
func Names() []string { return Set{}.Names() }

// ByName finds a built-in provider.
func ByName(name string) (Provider, error) { return Set{}.ByName(name) }

// Detect finds the built-in provider a recording looks like.
func Detect(header http.Header, body []byte) (Provider, bool) { return Set{}.Detect(header, body) }
