package redact

import (
	"cmp"
	"slices"
	"strings"
)

// Secrets are values that are known to be secret, whatever they look like. nil knows none.
type Secrets []string

// leastKnown is how long, in bytes, a known secret is at least: a shorter one stands in harmless text by chance.
const leastKnown = 8

// NewSecrets knows those values that are long enough, and what of a Standard Webhooks secret is the secret itself.
func NewSecrets(values ...string) Secrets { return secretsFrom(leastKnown, values) }

// secretsFrom sorts the longest first: one may be a part of another.
func secretsFrom(least int, values []string) Secrets {
	var all Secrets
	for _, v := range values {
		for _, form := range []string{v, strings.TrimPrefix(v, "whsec_")} {
			if len(form) >= least && !slices.Contains(all, form) {
				all = append(all, form)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return all
}

// Text is the package's Text, without the secrets that are known besides.
func (known Secrets) Text(s string) string { return Text(known.hide(s)) }

func (known Secrets) hide(s string) string {
	for _, secret := range known {
		s = strings.ReplaceAll(s, secret, markSecret)
	}
	return s
}
