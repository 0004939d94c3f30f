package people

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/internal/auth/secret"
	"souk/internal/auth/token"
	"souk/test/harness"
	"souk/test/shop"
)

// sendAs posts a body with headers of its own.
func sendAs(t testing.TB, server *harness.Server, header http.Header, body string) *harness.Reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/graphql", strings.NewReader(body))
	require.NoError(t, err)
	request.Header = header.Clone()
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return &harness.Reply{Body: string(text), Answer: harness.Answer{Status: response.StatusCode, Header: response.Header}}
}

// signed makes a JWT by hand, so that it can be as wrong as one likes.
func signed(key ed25519.PrivateKey, header, claims any) string {
	encode := func(value any) string {
		text, err := json.Marshal(value)
		if err != nil {
			panic(err) // strings and numbers alone
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	body := encode(header) + "." + encode(claims)
	return body + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(body)))
}

func TestACredentialThatIsNoGoodIsRefused(t *testing.T) {
	db := shop.New(t)
	keys := harness.Keys(t)
	server := harness.Start(t, db, func(s *harness.Setup) { s.Config.Keys = keys })
	set, err := token.Parse([]byte(string(keys)))
	require.NoError(t, err)
	issue := func(change func(*token.IssuerConfig)) string {
		config := token.IssuerConfig{Keys: set, Issuer: "souk", Audience: "souk", TTL: time.Minute}
		change(&config)
		issuer, err := token.NewIssuer(config)
		require.NoError(t, err)
		raw, _, err := issuer.Issue(token.Claims{Subject: uuid.New(), Kind: token.KindCustomer, Session: uuid.New()})
		require.NoError(t, err)
		return raw
	}
	good := issue(func(*token.IssuerConfig) {})
	other, err := token.New()
	require.NoError(t, err)
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt"}`))
	unknownKey, _, _ := secret.NewAPIKey()

	require.Equal(t, http.StatusOK, server.With(good).Do(t, `{ __typename }`, nil).Status, "the test could tell")
	for name, tc := range map[string]struct {
		header []string
		says   string
	}{
		"an expired token":            {[]string{"Bearer " + issue(func(c *token.IssuerConfig) { c.Now = func() time.Time { return time.Now().Add(-time.Hour) } })}, "sessionRefresh"},
		"another's signature":         {[]string{"Bearer " + issue(func(c *token.IssuerConfig) { c.Keys = other })}, "Sign in again"},
		"another issuer":              {[]string{"Bearer " + issue(func(c *token.IssuerConfig) { c.Issuer = "else" })}, "Sign in again"},
		"another audience":            {[]string{"Bearer " + issue(func(c *token.IssuerConfig) { c.Audience = "else" })}, "Sign in again"},
		"no algorithm":                {[]string{"Bearer " + none + "." + parts[1] + "."}, "Sign in again"},
		"a signature cut off":         {[]string{"Bearer " + parts[0] + "." + parts[1] + "."}, "Sign in again"},
		"a staff token of no session": {[]string{"Bearer " + staffToken(t, set)}, "session has ended"},
		"rubbish":                     {[]string{"Bearer rubbish"}, "Sign in again"},
		"an oversized token":          {[]string{"Bearer " + strings.Repeat("a", 100_000)}, "Sign in again"},
		"another scheme":              {[]string{"Basic YTpi"}, "Bearer <access token or API key>"},
		"an empty header":             {[]string{""}, "Bearer <access token or API key>"},
		"nothing behind the scheme":   {[]string{"Bearer "}, "Bearer <access token or API key>"},
		"two headers":                 {[]string{"Bearer " + good, "Bearer " + good}, "Send one"},
		"a damaged API key":           {[]string{"Bearer souk_key_x"}, "API key is not valid"},
		"an unknown API key":          {[]string{"Bearer " + unknownKey}, "API key is not valid"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := sendAs(t, server, http.Header{"Authorization": tc.header}, harness.Body(`{ __typename }`, nil))
			require.Equal(t, http.StatusUnauthorized, answer.Status)
			require.Equal(t, `Bearer error="invalid_token"`, answer.Header.Get("WWW-Authenticate"))
			require.Contains(t, answer.Body, `"UNAUTHENTICATED"`)
			var shaped struct{ Errors []struct{ Message string } }
			require.NoError(t, json.Unmarshal([]byte(answer.Body), &shaped))
			require.Contains(t, shaped.Errors[0].Message, tc.says)
		})
	}
	require.NotContains(t, server.Log.String(), parts[2])
	require.Equal(t, http.StatusOK, sendAs(t, server, http.Header{}, harness.Body(`{ __typename }`, nil)).Status, "anonymous")
	require.Equal(t, http.StatusOK, sendAs(t, server, http.Header{"Authorization": {"bearer " + good}}, harness.Body(`{ __typename }`, nil)).Status, "schemes have no case")
}

func staffToken(t testing.TB, keys *token.KeySet) string {
	t.Helper()
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: "souk", Audience: "souk", TTL: time.Minute})
	require.NoError(t, err)
	raw, _, err := issuer.Issue(token.Claims{Subject: uuid.New(), Kind: token.KindStaff, Session: uuid.New()})
	require.NoError(t, err)
	return raw
}

func TestAnAPIKeyIsGoodUntilItEnds(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db)
	plain, id, hash := secret.NewAPIKey()
	harness.Execute(t, db.PrimaryURL, fmt.Sprintf(`INSERT INTO api_keys (id, key_id, secret_hash, name, permissions)
VALUES (gen_random_uuid(), '%s', '\x%x', 'robot', '{CATALOGUE_WRITE}')`, id, hash))
	robot := server.With(plain)
	title := robot.Query(t, shop.ProductUpdate, input("id", shop.ShirtID, "title", "Robot shirt")).At("productUpdate", "product", "title")
	require.Equal(t, "Robot shirt", title)
	harness.Execute(t, db.PrimaryURL, `DO $$ BEGIN ASSERT (SELECT last_used_at > now() - interval '1 minute' FROM api_keys); END $$;
UPDATE api_keys SET last_used_at = now() - interval '30 seconds'`)
	status := func() int { return robot.Do(t, `{ __typename }`, nil).Status }
	require.Equal(t, http.StatusOK, status())
	harness.Execute(t, db.PrimaryURL, `DO $$ BEGIN ASSERT (SELECT last_used_at < now() - interval '29 seconds' FROM api_keys), 'written once a minute'; END $$`)

	other, _, _ := secret.NewAPIKey()
	forged := plain[:len(plain)-43] + other[len(other)-43:]
	require.Equal(t, http.StatusUnauthorized, server.With(forged).Do(t, `{ __typename }`, nil).Status, "the public part alone is no key")
	for name, end := range map[string]string{"revoked": "revoked_at = now()", "expired": "expires_at = now() - interval '1 second'"} {
		t.Run(name, func(t *testing.T) {
			harness.Execute(t, db.PrimaryURL, `UPDATE api_keys SET `+end)
			require.Equal(t, http.StatusUnauthorized, status())
			harness.Execute(t, db.PrimaryURL, `UPDATE api_keys SET revoked_at = NULL, expires_at = NULL`)
			require.Equal(t, http.StatusOK, status())
		})
	}
}

func TestCustomersOfAnIdentityProvider(t *testing.T) {
	db := shop.New(t)
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","use":"sig","alg":"EdDSA","x":%q}]}`, base64.RawURLEncoding.EncodeToString(public))
	}))
	defer provider.Close()
	server := harness.Start(t, db, func(s *harness.Setup) {
		s.Config.OIDCIssuer, s.Config.OIDCAudience, s.Config.OIDCJWKSURL = "https://id.example", "the-shop", provider.URL
	})
	registered(t, server, db, "taken@example.com")
	bearer := func(subject, email string, verified bool) string {
		return signed(private, map[string]any{"alg": "EdDSA", "kid": "k", "typ": "JWT"}, map[string]any{
			"iss": "https://id.example", "aud": "the-shop", "sub": subject, "name": "Grace", "email": email, "email_verified": verified,
			"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
		})
	}
	status := func(credential string) int { return server.With(credential).Do(t, `{ __typename }`, nil).Status }

	grace := bearer("grace", "grace@example.com", true)
	var done sync.WaitGroup
	for range 20 {
		done.Go(func() { require.Equal(t, http.StatusOK, status(grace)) })
	}
	done.Wait()
	harness.Execute(t, db.PrimaryURL, `DO $$ BEGIN
  ASSERT (SELECT count(*) = 1 FROM customers WHERE display_name = 'Grace');
  ASSERT (SELECT email = 'grace@example.com' AND email_verified_at IS NOT NULL FROM customers WHERE display_name = 'Grace');
END $$`)
	require.Equal(t, http.StatusOK, status(bearer("thief", "taken@example.com", true)))
	require.Equal(t, http.StatusOK, status(bearer("boaster", "boaster@example.com", false)))
	harness.Execute(t, db.PrimaryURL, `DO $$ BEGIN
  ASSERT (SELECT count(*) = 3 FROM customer_identities);
  ASSERT (SELECT count(*) = 2 FROM customers WHERE display_name = 'Grace' AND email IS NULL), 'neither a taken nor an unproved e-mail';
END $$;
UPDATE customers SET disabled_at = now() WHERE email = 'grace@example.com'`)
	require.Equal(t, http.StatusUnauthorized, status(grace))
	_, thief, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	private = thief
	require.Equal(t, http.StatusUnauthorized, status(bearer("grace", "grace@example.com", true)), "another's signature")
}
