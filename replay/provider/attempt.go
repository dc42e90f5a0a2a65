package provider

import (
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

// AttemptOf reads what a delivery says of itself, and not of its event: the id of this attempt ("" where the
// provider sends none), and whether it is marked as a retry.
func AttemptOf(p replay.Profile, h http.Header, body []byte) (id string, retry bool) {
	retry = p.RetryHeader != "" && h.Get(p.RetryHeader) != ""
	if p.AttemptID == "" {
		return "", retry
	}
	if id = h.Get(p.AttemptID); id == "" {
		id = gjson.GetBytes(body, p.AttemptID).String()
	}
	if v, err := form(body); id == "" && err == nil { // Mailgun's routes have the same field in a form
		id = v.Get(p.AttemptID[strings.LastIndexByte(p.AttemptID, '.')+1:])
	}
	return id, retry
}
