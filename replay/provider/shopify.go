package provider

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"hookonce/replay"
)

const (
	shopifyTopic     = "X-Shopify-Topic"
	shopifyEvent     = "X-Shopify-Event-Id"
	shopifyWebhook   = "X-Shopify-Webhook-Id"
	shopifyTriggered = "X-Shopify-Triggered-At"
	shopifySignature = "X-Shopify-Hmac-Sha256"
)

// shopify is Shopify's HTTPS webhooks.
type shopify struct{}

var _ Provider = shopify{}

func recognisesShopify(header http.Header, body []byte) bool {
	return header.Get(shopifyTopic) != "" || header.Get(shopifySignature) != "" ||
		strings.Contains(string(body[:min(len(body), 4096)]), `"gid://shopify/`)
}

// Identify reads a Shopify webhook. What happened is only said by the topic's header.
func (shopify) Identify(recorded http.Header, body []byte) (replay.Event, error) {
	doc, err := object(body)
	if err != nil {
		return replay.Event{}, err
	}
	topic := recorded.Get(shopifyTopic)
	if topic == "" {
		return replay.Event{}, errors.New("was recorded without its " + shopifyTopic + " header: nothing says what happened")
	}
	h := kept(recorded, shopifyTopic, shopifyEvent, shopifyWebhook, shopifyTriggered,
		"X-Shopify-Shop-Domain", "X-Shopify-Api-Version", "X-Shopify-Name", "X-Shopify-Test")
	setMissing(h, shopifyEvent, madeUUID("shopify event "+topic, body))
	setMissing(h, shopifyWebhook, madeUUID("shopify webhook "+topic, body))
	_, verb, _ := strings.Cut(topic, "/")
	return eventOf("shopify", h, body, replay.Event{
		Key: h.Get(shopifyEvent), Type: topic,
		Subject: text(doc, "id", "admin_graphql_api_id", "inventory_item_id"),
		Version: first(text(doc, "updated_at"), h.Get(shopifyTriggered), text(doc, "created_at", "processed_at")),
		Rank:    ranked(verb, []string{"create"}, []string{"delete"}), Deletes: verb == "delete",
		Refs: []string{h.Get(shopifyWebhook), text(doc, "admin_graphql_api_id"), text(doc, "token"), text(doc, "order_id")},
	}), nil
}

// Rename gives the event, its delivery and the object fresh ids.
func (s shopify) Rename(e replay.Event, fresh func(string) string) (replay.Event, error) {
	own := []string{e.Key, e.Subject}
	for _, r := range e.Refs {
		if !strings.HasPrefix(r, "gid://") { // it follows the id in it
			own = append(own, r)
		}
	}
	return reID(s, e, own, []string{inHeader + shopifyEvent, inHeader + shopifyWebhook, "id", "inventory_item_id", "order_id", "token"}, fresh)
}

func shopifyScheme() scheme {
	return scheme{Header: shopifySignature, Each: "{signature}", Message: "{body}", Encoding: "base64"}
}

// Sign makes a delivery as Shopify would send it.
func (shopify) Sign(e replay.Event, to Endpoint, s replay.Sending) (http.Header, []byte, error) {
	h := headersOf(e.Header, http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Shopify-Captain-Hook"}})
	if s.Anew { // another subscription to the topic
		h.Set(shopifyWebhook, madeUUID("shopify webhook "+s.Attempt+e.Key, nil))
	}
	body, err := shopifyScheme().sign(h, e, to, s)
	return h, body, err
}

// Verify checks a Shopify signature.
func (shopify) Verify(h http.Header, body []byte, at Endpoint, now time.Time) error {
	return shopifyScheme().verify(h, body, at, now)
}

// Profile returns Shopify's figures.
func (shopify) Profile() replay.Profile {
	return sourced(replay.Profile{
		Name: "shopify", Patience: 5 * time.Second, Success: any2xx(),
		Retries: []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute,
			32 * time.Minute, time.Hour, 2 * time.Hour},
		RetrySpan: 4*time.Hour + 3*time.Minute,
		AttemptID: "X-Shopify-Webhook-Id", AttemptKept: true,
		Key: "X-Shopify-Event-Id",
		Identity: "key: X-Shopify-Event-Id, the same in all duplicates. X-Shopify-Webhook-Id is that of the delivery to one " +
			"subscription, the same in its retries",
		Order:       "subject: the object's id. version: updated_at, else X-Shopify-Triggered-At, else created_at; a retry carries the original payload",
		TieRule:     "Within one version: */create first, */delete last, all others between, in no order.",
		Signing:     "X-Shopify-Hmac-Sha256: base64 HMAC-SHA256 of the body; no time, so a recording stays valid for ever. The secret is the app's client secret",
		Failure:     "retried with the original payload, then dropped; a subscription made through the Admin API is removed after all retries failed",
		ContentType: "application/json",
	},
		[4]string{"identity", "A", "shopify.dev: ignore duplicates", "X-Shopify-Event-Id is the documented key; Shopify's Remix reference calls the webhook id \"the idempotency key\", a contradiction in its own documentation"},
		[4]string{"patience", "A", "shopify.dev: troubleshooting webhooks", "5 s for the whole request"},
		[4]string{"success", "A", "shopify.dev: troubleshooting webhooks", "2xx only; a redirect is a failure"},
		[4]string{"retries", "C", "shopify.dev changelog 2024-09-10", "8 retries over 4 hours with exponential back-off; the waits are not published, these are an approximation"},
		[4]string{"retry_span", "A", "shopify.dev changelog 2024-09-10", "4 hours, where it was 48 before September 2024"},
		[4]string{"failure", "B", "shopify.dev: troubleshooting webhooks", "after 8 consecutive failures the subscription is deleted"},
		[4]string{"signing", "A", "shopify.dev: verify webhooks", "the header's name is case-insensitive; compare in constant time"},
	)
}
