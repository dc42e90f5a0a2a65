package provider

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"testing"

	"pgregory.net/rapid"
)

func TestHMACIsThatOfTheLibrary(t *testing.T) {
	hashes := []func() hash.Hash{sha1.New, sha256.New, sha512.New}
	rapid.Check(t, func(t *rapid.T) {
		h := rapid.SampledFrom(hashes).Draw(t, "hash")
		key := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "key")
		parts := rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 0, 4).Draw(t, "parts")
		want := hmac.New(h, key)
		for _, p := range parts {
			want.Write(p)
		}
		if got := hmacOf(h(), key, parts...); !hmac.Equal(got, want.Sum(nil)) {
			t.Fatalf("%x, not %x", got, want.Sum(nil))
		}
	})
}
