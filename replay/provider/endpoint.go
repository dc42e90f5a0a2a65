package provider

// Endpoint is what a provider and an endpoint have agreed on.
type Endpoint struct {
	// Secrets are the signing secrets; none means that deliveries go unsigned. With several, a secret is
	// being exchanged: a delivery is signed with all of them where the scheme has room for that, else with
	// the first, and a delivery signed with any of them is good.
	Secrets []string
	// URL is the address the endpoint believes it has; some schemes sign it.
	URL string
	// WebhookID and CertURL are PayPal's: the id of the subscription, which is signed, and where the
	// endpoint is to fetch the certificate from.
	WebhookID, CertURL string
}

// with is the endpoint with other secrets.
func (e Endpoint) with(secrets []string) Endpoint {
	e.Secrets = secrets
	return e
}
