package provider_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	paddle "github.com/PaddleHQ/paddle-go-sdk/v4"
	"github.com/google/go-github/v88/github"
	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
	"github.com/slack-go/slack"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stripe/stripe-go/v85/webhook"
	svix "github.com/svix/svix-webhooks/go"
	twilio "github.com/twilio/twilio-go/client"

	"hookonce/replay"
)

// official lists the providers' own libraries in Go: what endpoints are built with. The others' are asked by
// the Node script in testdata/verifiers.
func official(k keys) map[string]func(d delivery) error {
	return map[string]func(d delivery) error{
		"stripe": func(d delivery) error {
			return webhook.ValidatePayload(d.body, d.header.Get("Stripe-Signature"), d.at.Secrets[0])
		},
		"github": func(d delivery) error {
			r := d.request()
			_, err := github.ValidatePayload(r, []byte(d.at.Secrets[0]))
			return err
		},
		"slack": func(d delivery) error {
			v, err := slack.NewSecretsVerifier(d.header, d.at.Secrets[0])
			if err != nil {
				return err
			}
			_, _ = v.Write(d.body)
			return v.Ensure()
		},
		"twilio": func(d delivery) error {
			form, err := url.ParseQuery(string(d.body))
			if err != nil {
				return err
			}
			params := map[string]string{}
			for name := range form {
				params[name] = form.Get(name)
			}
			v := twilio.NewRequestValidator(d.at.Secrets[0])
			return yes(v.Validate(d.at.URL, params, d.header.Get("X-Twilio-Signature")))
		},
		"standardwebhooks": func(d delivery) error {
			v, err := standardwebhooks.NewWebhook(d.at.Secrets[0])
			if err != nil {
				return err
			}
			return v.Verify(d.body, d.header)
		},
		"svix": func(d delivery) error {
			v, err := svix.NewWebhook(d.at.Secrets[0])
			if err != nil {
				return err
			}
			return v.Verify(d.body, d.header)
		},
		"sendgrid": func(d delivery) error {
			key, err := eventwebhook.ConvertPublicKeyBase64ToECDSA(k.sendgrid.Public)
			if err != nil {
				return err
			}
			ok, err := eventwebhook.VerifySignature(key, d.body, d.header.Get("X-Twilio-Email-Event-Webhook-Signature"),
				d.header.Get("X-Twilio-Email-Event-Webhook-Timestamp"))
			if err != nil {
				return err
			}
			return yes(ok)
		},
		"paddle": func(d delivery) error {
			v := paddle.NewWebhookVerifier(d.at.Secrets[0], paddle.VerifierWithTimestampTolerance(5*time.Second))
			ok, err := v.Verify(d.request())
			if err != nil {
				return err
			}
			return yes(ok)
		},
	}
}

func yes(ok bool) error {
	if !ok {
		return fmt.Errorf("refused")
	}
	return nil
}

func (d delivery) request() *http.Request {
	r, err := http.NewRequest(http.MethodPost, d.at.URL, bytes.NewReader(d.body))
	if err != nil {
		panic(err)
	}
	r.Header = d.header.Clone()
	return r
}

// Every good delivery of every fixture, after every mutation, is accepted by the provider's own library,
// and every bad one is refused.
func TestOfficialVerifiers(t *testing.T) {
	k := newKeys(t)
	for name, verify := range official(k) {
		good, bad := 0, 0
		for _, d := range deliveries(t, name, k.endpoint(name), time.Now()) {
			err := verify(d)
			if d.kind == replay.SignValid {
				good++
			} else {
				bad++
			}
			if (err == nil) != (d.kind == replay.SignValid) {
				t.Errorf("%s: the official verifier says %v", d.name, err)
			}
		}
		t.Logf("%s: %d good and %d bad deliveries", name, good, bad)
		if good < 8 || bad < 3*good {
			t.Errorf("%s: %d good and %d bad deliveries are too few", name, good, bad)
		}
	}
}
