package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/internal/auth/token"
)

const (
	ourIssuer   = "https://shop.example"
	ourAudience = "souk"
)

// clock is a clock that stands still until it is told.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// members is a JSON object to be changed.
type members map[string]any

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func decoded(t testing.TB, segment string) []byte {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(segment)
	require.NoError(t, err)
	return data
}

func encode(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return b64(data)
}

// signer makes the third segment.
type signer func(input []byte) []byte

func sign(header, claims string, with signer) string {
	input := header + "." + claims
	return input + "." + b64(with([]byte(input)))
}

func byEd25519(key ed25519.PrivateKey) signer {
	return func(input []byte) []byte { return ed25519.Sign(key, input) }
}

func byRS256(t testing.TB, key *rsa.PrivateKey) signer {
	return func(input []byte) []byte {
		digest := sha256.Sum256(input)
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
		require.NoError(t, err)
		return signature
	}
}

func byPS256(t testing.TB, key *rsa.PrivateKey) signer {
	return func(input []byte) []byte {
		digest := sha256.Sum256(input)
		signature, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		require.NoError(t, err)
		return signature
	}
}

func byES256(t testing.TB, key *ecdsa.PrivateKey) signer {
	return func(input []byte) []byte {
		digest := sha256.Sum256(input)
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		require.NoError(t, err)
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
}

// ours is a deployment's keys with what verifies by them, and the private key in
// a form that can sign anything.
type ours struct {
	t       testing.TB
	clock   *clock
	keys    *token.KeySet
	kid     string
	private ed25519.PrivateKey
}

func newOurs(t testing.TB) ours {
	t.Helper()
	keys, err := token.New()
	require.NoError(t, err)
	kid, private := firstKey(t, keys)
	return ours{t: t, clock: newClock(), keys: keys, kid: kid, private: private}
}

func firstKey(t testing.TB, keys *token.KeySet) (string, ed25519.PrivateKey) {
	t.Helper()
	data, err := keys.MarshalPrivate()
	require.NoError(t, err)
	var set struct {
		Keys []struct {
			ID string `json:"kid"`
			D  string `json:"d"`
		} `json:"keys"`
	}
	require.NoError(t, json.Unmarshal(data, &set))
	seed, err := base64.RawURLEncoding.DecodeString(set.Keys[0].D)
	require.NoError(t, err)
	return set.Keys[0].ID, ed25519.NewKeyFromSeed(seed)
}

func (o ours) verifier(external *token.External) *token.Verifier {
	o.t.Helper()
	v, err := token.NewVerifier(token.VerifierConfig{
		Keys: o.keys, Issuer: ourIssuer, Audience: ourAudience, Now: o.clock.Now, External: external,
	})
	require.NoError(o.t, err)
	return v
}

func (o ours) issuer() *token.Issuer {
	o.t.Helper()
	i, err := token.NewIssuer(token.IssuerConfig{
		Keys: o.keys, Issuer: ourIssuer, Audience: ourAudience, TTL: 10 * time.Minute, Now: o.clock.Now,
	})
	require.NoError(o.t, err)
	return i
}

func (o ours) header() members { return members{"alg": "EdDSA", "kid": o.kid, "typ": "at+jwt"} }

func (o ours) claims() members {
	now := o.clock.Now().Unix()
	return members{
		"iss": ourIssuer, "aud": ourAudience, "sub": uuid.NewString(), "sid": uuid.NewString(),
		"kind": token.KindCustomer, "iat": now, "nbf": now, "exp": now + 600, "jti": uuid.NewString(),
	}
}

// with returns a token that is signed by the right key and differs from a good
// one by the changes, where nil takes a member away.
func (o ours) with(header, claims members) string {
	return sign(encode(o.t, changed(o.header(), header)), encode(o.t, changed(o.claims(), claims)), byEd25519(o.private))
}

// written is with for JSON as it stands.
func (o ours) written(header, claims string) string {
	return sign(b64([]byte(header)), b64([]byte(claims)), byEd25519(o.private))
}

func changed(base, change members) members {
	maps.Copy(base, change)
	maps.DeleteFunc(base, func(_ string, v any) bool { return v == nil })
	return base
}

func newRSA(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	require.NoError(t, err)
	return key
}

func newEC(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(t, err)
	return key
}
