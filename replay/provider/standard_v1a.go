package provider

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"hookonce/replay"
)

// The asymmetric signatures of Standard Webhooks (v1a): the sender has a private key, whsk_ and base64, and endpoints the
// public one, whpk_ and base64. They may stand beside the symmetric ones.
const privatePrefix, publicPrefix = "whsk_", "whpk_"

func newStandardKeys() (Keys, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Keys{}, err
	}
	return Keys{privatePrefix + base64.StdEncoding.EncodeToString(private) + "\n", publicPrefix + base64.StdEncoding.EncodeToString(public) + "\n"}, nil
}

func asymmetric(secret string) bool {
	return strings.HasPrefix(secret, privatePrefix) || strings.HasPrefix(secret, publicPrefix)
}

// signingKey reads a private key: a seed, or a seed with the public key behind it.
func signingKey(secret string) (ed25519.PrivateKey, error) {
	text, ok := strings.CutPrefix(strings.TrimSpace(secret), privatePrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) != ed25519.SeedSize && len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("the secret is not whsk_ and the base64 of a private ed25519 key; hookonce providers standardwebhooks --new-key makes one")
	}
	return ed25519.NewKeyFromSeed(key[:ed25519.SeedSize]), nil
}

// verifyingKey reads a public key, or takes that of a private one.
func verifyingKey(secret string) (ed25519.PublicKey, error) {
	text, ok := strings.CutPrefix(strings.TrimSpace(secret), publicPrefix)
	if !ok {
		key, err := signingKey(secret)
		if err != nil {
			return nil, err
		}
		return key.Public().(ed25519.PublicKey), nil
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("the secret is not whpk_ and the base64 of a public ed25519 key")
	}
	return key, nil
}

func wrongStandard(secret string) string {
	if !asymmetric(secret) {
		return wrongSecret(secret)
	}
	seed := sha256.Sum256([]byte("not " + secret))
	return privatePrefix + base64.StdEncoding.EncodeToString(seed[:])
}

// signBoth signs with every secret after its kind.
func (w standard) signBoth(h http.Header, e replay.Event, to Endpoint, s replay.Sending) ([]byte, error) {
	c := w.scheme()
	p, err := prepare(e, to, s, c.Tolerance, wrongStandard, tampered)
	if err != nil {
		return nil, err
	}
	seconds := strconv.FormatInt(p.at.Unix(), 10)
	h.Set(c.TimeHeader, seconds)
	if p.none {
		return p.body, nil
	}
	id := h.Get(c.IDHeader)
	var parts []string
	for _, secret := range p.to.Secrets {
		if !asymmetric(secret) {
			mac, err := c.mac(secret, seconds, id, to.URL, e.Body)
			if err != nil {
				return nil, fmt.Errorf("sign %s: %w", e.Key, err)
			}
			parts = append(parts, "v1,"+c.encode(mac))
			continue
		}
		key, err := signingKey(secret)
		if err != nil {
			return nil, fmt.Errorf("sign %s: %w", e.Key, err)
		}
		parts = append(parts, "v1a,"+c.encode(ed25519.Sign(key, signedText(id, seconds, e.Body))))
	}
	h.Set(c.Header, strings.Join(parts, c.Sep))
	return p.body, nil
}

func signedText(id, seconds string, body []byte) []byte {
	return append([]byte(id+"."+seconds+"."), body...)
}

// verifyAsymmetric checks the v1a signatures of what was received.
func (w standard) verifyAsymmetric(h http.Header, body []byte, secrets []string, now time.Time) error {
	c := w.scheme()
	seconds, id := h.Get(c.TimeHeader), h.Get(c.IDHeader)
	when, err := strconv.ParseInt(seconds, 10, 64)
	parts := slices.DeleteFunc(strings.Fields(h.Get(c.Header)), func(p string) bool { return !strings.HasPrefix(p, "v1a,") })
	if err != nil || id == "" || len(parts) == 0 {
		return fmt.Errorf("%s: %w", c.Header, ErrUnsigned)
	}
	good := false
	for _, secret := range secrets {
		key, err := verifyingKey(secret)
		if err != nil {
			return fmt.Errorf("%s: %w: %w", c.Header, ErrSignature, err)
		}
		for _, p := range parts {
			sig, err := c.decode(strings.TrimPrefix(p, "v1a,"))
			good = good || err == nil && ed25519.Verify(key, signedText(id, seconds, body), sig)
		}
	}
	if !good {
		return fmt.Errorf("%s: %w", c.Header, ErrSignature)
	}
	return within(now, when, c)
}
