package provider

import (
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

// Adyen's platform webhooks (transfers, account holders, cards) and those of its Management API are no
// notificationItems: one event in a body, signed as a whole in a header.

const adyenSignature = "Hmacsignature"

// adyenPlatform says that a body is a platform webhook's.
func adyenPlatform(body []byte) bool {
	f := topFields(view(body), "environment", "type", "data")
	return (f[0].Str == "test" || f[0].Str == "live") && f[1].Str != "" && f[2].IsObject()
}

// adyenOwners are the objects a platform webhook may be about, where data has no id of its own.
var adyenOwners = [...]string{"accountHolder", "balanceAccount", "paymentInstrument", "cardOrder", "sweep", "transfer", "transaction", "mandate", "report", "user"}

// identifyPlatform reads a platform webhook. It has no id: the key is put together of all that stays the same in a retry.
func identifyPlatform(recorded http.Header, body []byte) (replay.Event, error) {
	doc := gjson.ParseBytes(body)
	e := replay.Event{Type: text(doc, "type"), Subject: text(doc, adyenPlatformSubjects()...), Version: text(doc, "data.sequenceNumber", "timestamp"),
		Live: text(doc, "environment") == "live", Refs: []string{text(doc, "data.reference"), text(doc, "data.transactionId")}}
	if e.Subject == "" {
		return e, errors.New(`is an Adyen platform webhook whose "data" has no "id": nothing says what it is about`)
	}
	_, verb := lastPart(e.Type)
	e.Rank = ranked(verb, []string{"created"}, []string{"deleted"})
	e.Key = e.Type + "_" + e.Subject + "_" + e.Version
	return eventOf("adyen", kept(recorded), body, e), nil
}

// adyenPlatformSubjects are where the id of a platform webhook's object may stand; the first one that is there counts.
func adyenPlatformSubjects() []string {
	places := []string{"data.id"}
	for _, owner := range adyenOwners {
		places = append(places, "data."+owner+".id")
	}
	return places
}

func adyenPlatformScheme() scheme {
	return scheme{Header: adyenSignature, Each: "{signature}", Message: "{body}", Encoding: "base64", Key: adyenKey}
}

func adyenKey(secret string) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(secret))
	if err != nil || len(key) == 0 {
		return nil, errors.New("the secret is not hexadecimal, as Adyen's HMAC keys are")
	}
	return key, nil
}
