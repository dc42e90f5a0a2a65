package provider

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Keys are a pair made for testing, for a provider that signs with a private key.
type Keys struct {
	// Private is what hookonce signs with, in PEM or as the provider writes it: the run's secret.
	Private string
	// Public is what the endpoint is configured with: SendGrid's verification key, or PayPal's certificate in PEM.
	Public string
}

// NewKeys makes a pair for a provider; the error says that the provider has no use for one.
func NewKeys(p Provider) (Keys, error) {
	switch p.(type) {
	case sendgrid:
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return Keys{}, err
		}
		public, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			return Keys{}, err
		}
		private, err := pemOf(key)
		return Keys{private, base64.StdEncoding.EncodeToString(public) + "\n"}, err
	case paypal:
		return newCertificate()
	case standard:
		return newStandardKeys()
	}
	return Keys{}, fmt.Errorf("%s signs with a shared secret: no keys are needed", p.Profile().Name)
}

func newCertificate() (Keys, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return Keys{}, err
	}
	now := time.Now()
	template := x509.Certificate{SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "hookonce test, not PayPal"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		return Keys{}, err
	}
	private, err := pemOf(key)
	return Keys{private, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}, err
}

func pemOf(key crypto.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), err
}

// privateKey reads a private key: PEM, or the base64 of one in PKCS 8.
func privateKey(secret string) (crypto.Signer, error) {
	der, err := base64.StdEncoding.DecodeString(strings.TrimSpace(secret))
	if block, _ := pem.Decode([]byte(secret)); block != nil {
		der, err = block.Bytes, nil
	}
	if err != nil {
		return nil, errNoKey
	}
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		if s, ok := key.(crypto.Signer); ok {
			return s, nil
		}
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	return nil, errNoKey
}

var errNoKey = errors.New("the secret is no private key in PEM; hookonce providers NAME --new-key makes one for testing")
