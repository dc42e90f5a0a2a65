package provider

import (
	"net/http"
	"time"

	"hookonce/replay"
)

func endpointWith(secrets ...string) Endpoint {
	if len(secrets) == 1 && secrets[0] == "" {
		return Endpoint{}
	}
	return Endpoint{Secrets: secrets}
}

// sign signs a first delivery.
func sign(p Provider, e replay.Event, secret string, kind replay.Signature, now time.Time) (http.Header, []byte, error) {
	return p.Sign(e, endpointWith(secret), replay.Sending{Signature: kind, Now: now})
}
