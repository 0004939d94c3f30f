package token_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/internal/auth/token"
)

func TestOwnToken(t *testing.T) {
	t.Parallel()
	claims := token.Claims{Subject: uuid.New(), Kind: token.KindStaff, Session: uuid.New()}

	t.Run("says what was issued", func(t *testing.T) {
		o := newOurs(t)
		raw, expires, err := o.issuer().Issue(claims)
		require.NoError(t, err)
		require.Equal(t, o.clock.Now().Add(10*time.Minute), expires.UTC())
		who, err := o.verifier(nil).Verify(t.Context(), raw)
		require.NoError(t, err)
		require.Equal(t, token.Identity{Claims: claims, Issuer: ourIssuer}, who)
	})

	t.Run("has the header and the claims that are promised", func(t *testing.T) {
		o := newOurs(t)
		raw, _, err := o.issuer().Issue(claims)
		require.NoError(t, err)
		segments := strings.Split(raw, ".")
		require.JSONEq(t, `{"alg":"EdDSA","kid":"`+o.kid+`","typ":"at+jwt"}`, string(decoded(t, segments[0])))
		var body map[string]any
		require.NoError(t, json.Unmarshal(decoded(t, segments[1]), &body))
		now := float64(o.clock.Now().Unix())
		require.NotEmpty(t, body["jti"])
		delete(body, "jti")
		require.Equal(t, map[string]any{
			"iss": ourIssuer, "aud": ourAudience, "sub": claims.Subject.String(), "sid": claims.Session.String(),
			"kind": token.KindStaff, "iat": now, "nbf": now, "exp": now + 600,
		}, body)
	})

	t.Run("expires after its time and the leeway", func(t *testing.T) {
		o := newOurs(t)
		raw, _, err := o.issuer().Issue(claims)
		require.NoError(t, err)
		o.clock.advance(10*time.Minute + 29*time.Second)
		_, err = o.verifier(nil).Verify(t.Context(), raw)
		require.NoError(t, err)
		o.clock.advance(time.Second)
		who, err := o.verifier(nil).Verify(t.Context(), raw)
		require.ErrorIs(t, err, token.ErrExpired)
		require.NotErrorIs(t, err, token.ErrInvalid)
		require.Zero(t, who)
	})

	t.Run("has no leeway when told so", func(t *testing.T) {
		o := newOurs(t)
		raw, _, err := o.issuer().Issue(claims)
		require.NoError(t, err)
		v, err := token.NewVerifier(token.VerifierConfig{Keys: o.keys, Issuer: ourIssuer, Audience: ourAudience, Now: o.clock.Now, Leeway: -1})
		require.NoError(t, err)
		_, err = v.Verify(t.Context(), raw)
		require.NoError(t, err)
		o.clock.advance(10 * time.Minute)
		_, err = v.Verify(t.Context(), raw)
		require.ErrorIs(t, err, token.ErrExpired)
	})

	t.Run("stays good while its key is kept", func(t *testing.T) {
		o := newOurs(t)
		raw, _, err := o.issuer().Issue(claims)
		require.NoError(t, err)
		o.keys, err = o.keys.Rotated(1)
		require.NoError(t, err)
		_, err = o.verifier(nil).Verify(t.Context(), raw)
		require.NoError(t, err)
		newer, _, err := o.issuer().Issue(claims)
		require.NoError(t, err)
		_, err = o.verifier(nil).Verify(t.Context(), newer)
		require.NoError(t, err)
		o.keys, err = o.keys.Rotated(1)
		require.NoError(t, err)
		_, err = o.verifier(nil).Verify(t.Context(), raw)
		require.ErrorIs(t, err, token.ErrInvalid)
	})

	t.Run("is not made of incomplete claims", func(t *testing.T) {
		o := newOurs(t)
		for _, bad := range []token.Claims{
			{},
			{Kind: claims.Kind, Session: claims.Session},
			{Subject: claims.Subject, Session: claims.Session},
			{Subject: claims.Subject, Kind: "admin", Session: claims.Session},
			{Subject: claims.Subject, Kind: claims.Kind},
		} {
			_, _, err := o.issuer().Issue(bad)
			require.Error(t, err)
		}
	})
}

func TestConfigsAreChecked(t *testing.T) {
	t.Parallel()
	keys, err := token.New()
	require.NoError(t, err)
	for _, bad := range []token.IssuerConfig{
		{Issuer: "i", Audience: "a", TTL: time.Minute},
		{Keys: &token.KeySet{}, Issuer: "i", Audience: "a", TTL: time.Minute},
		{Keys: keys, Audience: "a", TTL: time.Minute},
		{Keys: keys, Issuer: "i", TTL: time.Minute},
		{Keys: keys, Issuer: "i", Audience: "a"},
	} {
		_, err := token.NewIssuer(bad)
		require.Error(t, err)
	}
	for _, bad := range []token.VerifierConfig{
		{Issuer: "i", Audience: "a"},
		{Keys: keys, Audience: "a"},
		{Keys: keys, Issuer: "i"},
	} {
		_, err := token.NewVerifier(bad)
		require.Error(t, err)
	}
	external, err := token.NewExternal(token.ExternalConfig{Issuer: "i", Audience: "a", URL: "https://id.example/keys"})
	require.NoError(t, err)
	_, err = token.NewVerifier(token.VerifierConfig{Keys: keys, Issuer: "i", Audience: "a", External: external})
	require.Error(t, err)
	for _, address := range []string{"", "keys", "ftp://id.example", "http://id.example/keys", "http://127.0.0.1.id.example", "https://u:p@id.example/keys", "https://"} {
		_, err := token.NewExternal(token.ExternalConfig{Issuer: "i", Audience: "a", URL: address})
		require.Error(t, err, address)
	}
	for _, address := range []string{"https://id.example/keys", "http://127.0.0.1:1/keys", "http://localhost/keys", "http://[::1]:1/keys"} {
		_, err := token.NewExternal(token.ExternalConfig{Issuer: "i", Audience: "a", URL: address})
		require.NoError(t, err, address)
	}
}

func FuzzVerify(f *testing.F) {
	o := newOurs(f)
	good := o.with(nil, nil)
	f.Add(good)
	f.Add(o.with(members{"alg": "none"}, nil))
	f.Add(o.with(nil, members{"exp": 1e300, "aud": []any{1, nil}}))
	f.Add("..")
	f.Add(strings.Repeat("e30.", 3))
	verifier := o.verifier(nil)
	f.Fuzz(func(t *testing.T, raw string) {
		who, err := verifier.Verify(t.Context(), raw)
		if raw == good {
			require.NoError(t, err)
			return
		}
		// Nobody but the key's owner makes a token, and the good one is spelt in
		// one way.
		require.ErrorIs(t, err, token.ErrInvalid)
		require.Zero(t, who)
		if len(raw) > 12 {
			require.NotContains(t, err.Error(), raw)
		}
	})
}

func BenchmarkIssue(b *testing.B) {
	issuer := newOurs(b).issuer()
	claims := token.Claims{Subject: uuid.New(), Kind: token.KindCustomer, Session: uuid.New()}
	for b.Loop() {
		_, _, err := issuer.Issue(claims)
		require.NoError(b, err)
	}
}

func BenchmarkVerify(b *testing.B) {
	o := newOurs(b)
	verifier := o.verifier(nil)
	raw, _, err := o.issuer().Issue(token.Claims{Subject: uuid.New(), Kind: token.KindCustomer, Session: uuid.New()})
	require.NoError(b, err)
	for b.Loop() {
		_, err := verifier.Verify(b.Context(), raw)
		require.NoError(b, err)
	}
}
