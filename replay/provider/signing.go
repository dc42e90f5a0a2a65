package provider

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"hookonce/replay"
)

// signing is how one delivery is to be signed.
type signing struct {
	none bool
	to   Endpoint  // with the secrets to sign with
	at   time.Time // the time that is signed
	body []byte    // what is sent, where the signature is not kept in it
}

// prepare turns a kind of signature into what has to be done for it. tolerance is the provider's; wrong
// makes a secret of the same form that is not the endpoint's, tamper changes a body that was signed.
func prepare(e replay.Event, to Endpoint, s replay.Sending, tolerance time.Duration, wrong func(string) string, tamper func([]byte) []byte) (signing, error) {
	out := signing{to: to, at: s.Now, body: e.Body}
	if len(to.Secrets) == 0 && s.Signature != replay.SignValid && s.Signature != replay.SignMissing {
		return out, fmt.Errorf("sign %s: %s needs the endpoint's secret", e.Key, s.Signature)
	}
	if len(to.Secrets) == 0 || s.Signature == replay.SignMissing {
		out.none = true
		return out, nil
	}
	switch s.Signature {
	case replay.SignValid:
	case replay.SignWrongKey:
		out.to = to.with([]string{wrong(to.Secrets[0])})
	case replay.SignTampered:
		out.body = tamper(e.Body)
	case replay.SignStale:
		if tolerance == 0 {
			return out, fmt.Errorf("sign %s: the scheme has no tolerance, so nothing is stale", e.Key)
		}
		// Twice the tolerance, so that a clock that is a little off still finds it stale.
		out.at = s.Now.Add(-2 * tolerance)
	default:
		return out, fmt.Errorf("sign %s: unknown kind %q", e.Key, s.Signature)
	}
	return out, nil
}

// wrongSecret is a secret of the same form that is not the endpoint's.
func wrongSecret(secret string) string {
	sum := sha256.Sum256([]byte("not " + secret))
	switch {
	case strings.HasPrefix(secret, "whsec_"):
		return "whsec_" + base64.StdEncoding.EncodeToString(sum[:24])
	case len(secret) == 2*sha256.Size && strings.Trim(secret, "0123456789abcdefABCDEF") == "":
		return hex.EncodeToString(sum[:])
	}
	return hex.EncodeToString(sum[:16])
}
