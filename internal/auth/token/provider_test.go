package token_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth/token"
)

// TestTokensOfRealProvidersAreBelieved has claims as providers write them. What is not
// read may have any form and any name.
func TestTokensOfRealProvidersAreBelieved(t *testing.T) {
	t.Parallel()
	o := newOurs(t)
	p := newProvider(t, o.clock)
	verifier := o.verifier(p.external())
	now := p.clock.Now().Unix()
	for name, claims := range map[string]members{
		"with roles and sessions": {
			"aud": []string{"account", theirAudience}, "azp": theirAudience, "auth_time": now - 7, "acr": "1",
			"realm_access":    members{"roles": []string{"offline_access", "buyer"}},
			"resource_access": members{"account": members{"roles": []string{"view-profile"}}},
			"scope":           "openid email", "preferred_username": "mira", "jti": "onrtac:7", "nbf": 0,
		},
		"with claims under addresses": {
			"https://shop.example/roles": []string{"buyer"}, "updated_at": "2026-03-01T11:59:59.123Z", "gty": "password",
		},
		"with an address and a birthday": {
			"address": members{"street_address": "Rue 1", "country": "CH"}, "birthdate": "0000-05-01", "phone_number_verified": "true",
		},
		"with nulls":                     {"picture": (*int)(nil), "jti": (*int)(nil), "locale": (*int)(nil)},
		"with numbers for IDs":           {"jti": 7, "sid": 9, "kind": 1},
		"with the names of key sets":     {"keys": []int{1}, "kty": "RSA", "crit": []string{"exp"}, "alg": "none"},
		"with the names of other tokens": {"payload": "e30", "signatures": []int{}, "ciphertext": "x", "protected": "e30"},
		"with lists in lists":            {"x": []any{[]any{[]any{[]any{[]any{1.5e300}}}}}},
		"with an escaped name":           {"na\u2028me": "x", "\u00e9": 1},
	} {
		t.Run(name, func(t *testing.T) {
			who, err := verifier.Verify(t.Context(), p.tokenOf(members{"alg": "EdDSA", "kid": "ed"}, claims, byEd25519(p.ed)))
			require.NoError(t, err)
			require.Equal(t, token.Identity{
				External: true, Issuer: theirIssuer, ExternalSubject: "auth0|7",
				Email: "mira@example.com", EmailVerified: true, Name: "Mira",
			}, who)
		})
	}
}

func TestWhatAProviderVouchesFor(t *testing.T) {
	t.Parallel()
	o := newOurs(t)
	p := newProvider(t, o.clock)
	verifier := o.verifier(p.external())
	none := (*int)(nil)
	for name, test := range map[string]struct {
		claims   members
		email    string
		verified bool
	}{
		"true":                       {members{}, "mira@example.com", true},
		"true as a string":           {members{"email_verified": "true"}, "mira@example.com", true},
		"false":                      {members{"email_verified": false}, "mira@example.com", false},
		"false as a string":          {members{"email_verified": "false"}, "mira@example.com", false},
		"another word":               {members{"email_verified": "True"}, "mira@example.com", false},
		"a number":                   {members{"email_verified": 1}, "mira@example.com", false},
		"a list":                     {members{"email_verified": []bool{true}}, "mira@example.com", false},
		"null":                       {members{"email_verified": none}, "mira@example.com", false},
		"true by another name":       {members{"email_verified": nil, "Email_Verified": true}, "mira@example.com", false},
		"true for no address":        {members{"email": nil}, "", false},
		"true for a null address":    {members{"email": none}, "", false},
		"true for an empty address":  {members{"email": ""}, "", false},
		"true for another's address": {members{"email": nil, "EMAIL": "mira@example.com"}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			who, err := verifier.Verify(t.Context(), p.tokenOf(members{"alg": "EdDSA", "kid": "ed"}, test.claims, byEd25519(p.ed)))
			require.NoError(t, err)
			require.Equal(t, test.email, who.Email)
			require.Equal(t, test.verified, who.EmailVerified)
		})
	}
}

func TestTypesOfTokensThatAProviderSigns(t *testing.T) {
	t.Parallel()
	o := newOurs(t)
	p := newProvider(t, o.clock)
	verifier := o.verifier(p.external())
	for _, typ := range []any{nil, "", "JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"} {
		_, err := verifier.Verify(t.Context(), p.tokenOf(members{"alg": "EdDSA", "kid": "ed", "typ": typ}, nil, byEd25519(p.ed)))
		require.NoError(t, err, typ)
	}
	for _, typ := range []any{"id+jwt", "dpop+jwt", "secevent+jwt", "application/jwt", "JOSE", 7, []string{"JWT"}} {
		_, err := verifier.Verify(t.Context(), p.tokenOf(members{"alg": "EdDSA", "kid": "ed", "typ": typ}, nil, byEd25519(p.ed)))
		require.ErrorIs(t, err, token.ErrInvalid, typ)
	}
}
