package token_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"souk/internal/auth/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	theirIssuer   = "https://id.example"
	theirAudience = "souk-app"
)

// provider is an identity provider on a real server, with a key of each kind.
type provider struct {
	t     testing.TB
	clock *clock
	rsa   *rsa.PrivateKey
	ec    *ecdsa.PrivateKey
	ed    ed25519.PrivateKey

	address string
	hits    atomic.Int64
	mu      sync.Mutex
	serve   http.HandlerFunc
}

func newProvider(t testing.TB, clock *clock) *provider {
	t.Helper()
	keys, err := token.New()
	require.NoError(t, err)
	_, ed := firstKey(t, keys)
	p := &provider{t: t, clock: clock, rsa: newRSA(t, 2048), ec: newEC(t, elliptic.P256()), ed: ed}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.hits.Add(1)
		p.mu.Lock()
		serve := p.serve
		p.mu.Unlock()
		serve(w, r)
	}))
	t.Cleanup(server.Close)
	p.address = server.URL + "/keys"
	p.publish(p.set()...)
	return p
}

func (p *provider) answer(serve http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serve = serve
}

func (p *provider) publish(keys ...members) {
	body, err := json.Marshal(members{"keys": keys})
	require.NoError(p.t, err)
	p.answer(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
}

func (p *provider) set() []members {
	return []members{rsaJWK("rsa", &p.rsa.PublicKey), ecJWK("ec", &p.ec.PublicKey), edJWK("ed", p.ed)}
}

func rsaJWK(kid string, key *rsa.PublicKey) members {
	return members{"kty": "RSA", "kid": kid, "use": "sig", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}
}

func ecJWK(kid string, key *ecdsa.PublicKey) members {
	point, err := key.Bytes()
	if err != nil {
		panic(err)
	}
	half := len(point) / 2
	return members{"kty": "EC", "kid": kid, "crv": key.Curve.Params().Name, "x": b64(point[1 : 1+half]), "y": b64(point[1+half:])}
}

func edJWK(kid string, key ed25519.PrivateKey) members {
	return members{"kty": "OKP", "kid": kid, "crv": "Ed25519", "use": "sig", "x": b64(key[32:])}
}

func (p *provider) external() *token.External {
	p.t.Helper()
	e, err := token.NewExternal(token.ExternalConfig{Issuer: theirIssuer, Audience: theirAudience, URL: p.address, Now: p.clock.Now})
	require.NoError(p.t, err)
	p.t.Cleanup(e.Stop)
	return e
}

func (p *provider) claims() members {
	now := p.clock.Now().Unix()
	return members{
		"iss": theirIssuer, "aud": theirAudience, "sub": "auth0|7", "iat": now, "exp": now + 600,
		"email": "mira@example.com", "email_verified": true, "name": "Mira",
	}
}

func (p *provider) token(alg, kid string, with signer) string {
	return p.tokenOf(members{"alg": alg, "kid": kid, "typ": "JWT"}, nil, with)
}

func (p *provider) tokenOf(header, claims members, with signer) string {
	return sign(encode(p.t, changed(header, nil)), encode(p.t, changed(p.claims(), claims)), with)
}

func TestExternalToken(t *testing.T) {
	t.Parallel()
	o := newOurs(t)
	p := newProvider(t, o.clock)
	verifier := o.verifier(p.external())

	for name, raw := range map[string]string{
		"RS256": p.token("RS256", "rsa", byRS256(t, p.rsa)),
		"PS256": p.token("PS256", "rsa", byPS256(t, p.rsa)),
		"ES256": p.token("ES256", "ec", byES256(t, p.ec)),
		"EdDSA": p.token("EdDSA", "ed", byEd25519(p.ed)),
	} {
		t.Run("is believed when signed with "+name, func(t *testing.T) {
			who, err := verifier.Verify(t.Context(), raw)
			require.NoError(t, err)
			require.Equal(t, token.Identity{
				External: true, Issuer: theirIssuer, ExternalSubject: "auth0|7",
				Email: "mira@example.com", EmailVerified: true, Name: "Mira",
			}, who)
		})
	}

	t.Run("is refused when forged", func(t *testing.T) { requireRefused(t, verifier, forgedExternal(t, o, p)) })

	t.Run("needs no name and vouches for nothing by itself", func(t *testing.T) {
		who, err := verifier.Verify(t.Context(), p.tokenOf(members{"alg": "EdDSA", "kid": "ed"},
			members{"email_verified": nil, "name": nil, "iat": nil}, byEd25519(p.ed)))
		require.NoError(t, err)
		require.False(t, who.EmailVerified)
		require.Empty(t, who.Name)
	})

	t.Run("is told apart when expired", func(t *testing.T) {
		_, err := verifier.Verify(t.Context(), p.tokenOf(members{"alg": "EdDSA", "kid": "ed"}, members{"exp": 1}, byEd25519(p.ed)))
		require.ErrorIs(t, err, token.ErrExpired)
	})

	t.Run("is nobody's where no provider is set", func(t *testing.T) {
		_, err := o.verifier(nil).Verify(t.Context(), p.token("EdDSA", "ed", byEd25519(p.ed)))
		require.ErrorIs(t, err, token.ErrInvalid)
	})
}

func forgedExternal(t *testing.T, o ours, p *provider) map[string]forgery {
	der, err := x509.MarshalPKIXPublicKey(&p.rsa.PublicKey)
	require.NoError(t, err)
	block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	ecDER, err := x509.MarshalPKIXPublicKey(&p.ec.PublicKey)
	require.NoError(t, err)
	ed := byEd25519(p.ed)
	header := func(change members) string {
		return p.tokenOf(changed(members{"alg": "EdDSA", "kid": "ed"}, change), nil, ed)
	}
	claim := func(name string, value any) string {
		return p.tokenOf(members{"alg": "EdDSA", "kid": "ed"}, members{name: value}, ed)
	}
	return map[string]forgery{
		"none":                             {p.token("none", "rsa", unsigned), badAlg},
		"HS256 with the RSA key as DER":    {p.token("HS256", "rsa", byHMAC(der)), badAlg},
		"HS256 with the RSA key as PEM":    {p.token("HS256", "rsa", byHMAC(block)), badAlg},
		"HS256 with the RSA modulus":       {p.token("HS256", "rsa", byHMAC(p.rsa.N.Bytes())), badAlg},
		"HS256 with the EC key as DER":     {p.token("HS256", "ec", byHMAC(ecDER)), badAlg},
		"RS256 with an HMAC":               {p.token("RS256", "rsa", byHMAC(der)), badSign},
		"RS512":                            {p.token("RS512", "rsa", byRS256(t, p.rsa)), badAlg},
		"ES384":                            {p.token("ES384", "ec", byES256(t, p.ec)), badAlg},
		"ES256K":                           {p.token("ES256K", "ec", byES256(t, p.ec)), badAlg},
		"RS256 by the EC key":              {p.token("RS256", "ec", byES256(t, p.ec)), newKey},
		"ES256 by the RSA key":             {p.token("ES256", "rsa", byRS256(t, p.rsa)), newKey},
		"EdDSA by the RSA key":             {p.token("EdDSA", "rsa", byRS256(t, p.rsa)), newKey},
		"an RS256 signature as PS256":      {p.token("PS256", "rsa", byRS256(t, p.rsa)), badSign},
		"a PS256 signature as RS256":       {p.token("RS256", "rsa", byPS256(t, p.rsa)), badSign},
		"an ES256 signature of zeros":      {p.token("ES256", "ec", func([]byte) []byte { return make([]byte, 64) }), badSign},
		"an ES256 signature with a byte":   {p.token("ES256", "ec", func(in []byte) []byte { return append(byES256(t, p.ec)(in), 0) }), badSign},
		"a key of the forger":              {p.token("RS256", "rsa", byRS256(t, newRSA(t, 2048))), badSign},
		"our key for their issuer":         {p.token("EdDSA", o.kid, byEd25519(o.private)), newKey},
		"our key for their issuer and kid": {p.token("EdDSA", "ed", byEd25519(o.private)), badSign},
		"their key for our issuer":         {o.tokenBy("ed", p.ed), newKey},
		"their key for our issuer and kid": {o.tokenBy(o.kid, p.ed), badSign},
		"an embedded key":                  {header(members{"jwk": edJWK("ed", p.ed)}), ownKey},
		"a linked key set":                 {header(members{"jku": p.address}), ownKey},
		"crit":                             {header(members{"crit": []string{"exp"}}), badHeader},
		"no kid":                           {header(members{"kid": nil}), badKey},
		"typ of a logout token":            {header(members{"typ": "logout+jwt"}), "typ is that of another kind"},
		"another aud":                      {claim("aud", ourAudience), badAud},
		"no aud":                           {claim("aud", nil), badAud},
		"no sub":                           {claim("sub", nil), "sub is missing"},
		"an empty sub":                     {claim("sub", ""), "sub is missing"},
		"a sub that is a number":           {claim("sub", 7), "sub is missing"},
		"a sub without end":                {claim("sub", strings.Repeat("x", 256)), "sub is missing"},
		"an e-mail that is a list":         {claim("email", []string{"a@b"}), "email or name"},
		"a sub that is null":               {claim("sub", (*int)(nil)), "sub is missing"},
		"a name that is an object":         {claim("name", members{"first": "Mira"}), "email or name"},
		"a name without end":               {claim("name", strings.Repeat("x", 256)), "email or name"},
		"aud that is null":                 {claim("aud", (*int)(nil)), badAud},
		"no exp":                           {claim("exp", nil), noExpiry},
		"exp in words":                     {claim("exp", "2036-03-01T12:00:00Z"), noExpiry},
		"over 8 KB":                        {claim("groups", strings.Repeat("x", 8<<10)), "too long"},
		"nbf in the future":                {claim("nbf", p.clock.Now().Unix()+31), badTime},
		"iat in the future":                {claim("iat", p.clock.Now().Unix()+31), badTime},
	}
}

// tokenBy is a token of our issuer that another key signed.
func (o ours) tokenBy(kid string, key ed25519.PrivateKey) string {
	return sign(encode(o.t, changed(o.header(), members{"kid": kid})), encode(o.t, o.claims()), byEd25519(key))
}

func TestExternalKeysThatAreNotUsed(t *testing.T) {
	t.Parallel()
	o := newOurs(t)
	p := newProvider(t, o.clock)
	weak, huge := newRSA(t, 1024), rsaJWK("k", &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 9000, 1), E: 65537})
	p384 := newEC(t, elliptic.P384())
	private := edJWK("k", p.ed)
	private["d"] = b64(p.ed.Seed())
	off := ecJWK("k", &p.ec.PublicKey)
	off["y"] = off["x"]
	with := func(key, change members) members { return changed(maps.Clone(key), change) }
	ed, byEd := edJWK("k", p.ed), byEd25519(p.ed)

	for name, test := range map[string]struct {
		key members
		raw string
	}{
		"an RSA key of 1024 bits":       {rsaJWK("k", &weak.PublicKey), p.token("RS256", "k", byRS256(t, weak))},
		"an RSA key of 9000 bits":       {huge, p.token("RS256", "k", unsigned)},
		"a P-384 key":                   {ecJWK("k", &p384.PublicKey), p.token("ES256", "k", byES256(t, p.ec))},
		"a point off the curve":         {off, p.token("ES256", "k", byES256(t, p.ec))},
		"a secret key":                  {members{"kty": "oct", "kid": "k", "k": b64([]byte("secret"))}, p.token("EdDSA", "k", byEd)},
		"a private key":                 {private, p.token("EdDSA", "k", byEd)},
		"a key for encryption":          {with(ed, members{"use": "enc"}), p.token("EdDSA", "k", byEd)},
		"a key that may only sign":      {with(ed, members{"use": nil, "key_ops": []string{"sign"}}), p.token("EdDSA", "k", byEd)},
		"a key for another algorithm":   {with(rsaJWK("k", &p.rsa.PublicKey), members{"alg": "PS256"}), p.token("RS256", "k", byRS256(t, p.rsa))},
		"a key for an unheard-of use":   {with(ed, members{"alg": "HS256"}), p.token("EdDSA", "k", byEd)},
		"a key for key agreement":       {with(ed, members{"crv": "X25519"}), p.token("EdDSA", "k", byEd)},
		"a key of a type of the future": {members{"kty": "QUANTUM", "kid": "k"}, p.token("EdDSA", "k", byEd)},
	} {
		t.Run(name, func(t *testing.T) {
			p.publish(test.key, edJWK("other", p.ed))
			verifier := o.verifier(p.external())
			_, err := verifier.Verify(t.Context(), test.raw)
			require.ErrorIs(t, err, token.ErrInvalid)
			require.ErrorContains(t, err, newKey)
			_, err = verifier.Verify(t.Context(), p.token("EdDSA", "other", byEd))
			require.NoError(t, err, "the good key beside it still works")
		})
	}

	t.Run("a key with verify among its operations is used", func(t *testing.T) {
		p.publish(with(ed, members{"use": nil, "key_ops": []string{"verify"}, "alg": "EdDSA"}))
		_, err := o.verifier(p.external()).Verify(t.Context(), p.token("EdDSA", "k", byEd))
		require.NoError(t, err)
	})
}

// waitHits waits until the provider was asked n times.
func (p *provider) waitHits(n int64) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return p.hits.Load() >= n }, 5*time.Second, time.Millisecond)
}

func waitVerified(t *testing.T, verifier *token.Verifier, raw string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := verifier.Verify(context.Background(), raw)
		return err == nil
	}, 5*time.Second, time.Millisecond)
}
