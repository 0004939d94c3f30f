package people

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/internal/auth/token"
	"souk/internal/config"
	"souk/test/harness"
	"souk/test/shop"
)

const (
	sessionRefresh = `mutation ($input: SessionRefreshInput!) { sessionRefresh(input: $input) { ` + sessionFields + ` } }`
	sessionRevoke  = `mutation ($input: SessionRevokeInput!) { sessionRevoke(input: $input) { revokedCount userErrors { code } } }`
)

func refresh(t testing.TB, server *harness.Server, plain string) *harness.Answer {
	t.Helper()
	return server.Query(t, sessionRefresh, input("refreshToken", plain))
}

func TestFiftyRefreshesAtOnceAreOne(t *testing.T) {
	db := shop.New(t)
	keys := harness.Keys(t)
	share := func(s *harness.Setup) { s.Config.Keys = keys }
	servers := []*harness.Server{harness.Start(t, db, share), harness.Start(t, db, share)}
	s := registered(t, servers[0], db, "tabs@example.com")

	var mu sync.Mutex
	var done sync.WaitGroup
	successors := map[string]int{}
	for i := range 50 {
		done.Go(func() {
			next := sessionOf(t, refresh(t, servers[i%2], s.RefreshToken), "sessionRefresh")
			mu.Lock()
			defer mu.Unlock()
			successors[next.RefreshToken]++
		})
	}
	done.Wait()
	require.Len(t, successors, 1, "all have the same successor")
	for next := range successors {
		require.NotEqual(t, s.RefreshToken, next)
		sessionOf(t, refresh(t, servers[1], next), "sessionRefresh")
	}
	harness.Execute(t, db.PrimaryURL, `DO $$ BEGIN ASSERT (SELECT count(*) = 3 FROM refresh_tokens); END $$`)
}

func TestAReusedTokenEndsTheSession(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db)
	stolen := registered(t, server, db, "reuse@example.com")
	for name, reuse := range map[string]func(first, second string){
		"after the grace": func(first, _ string) {
			harness.Execute(t, db.PrimaryURL, `UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds'`)
			require.Equal(t, "INVALID_TOKEN", code(refresh(t, server, first), "sessionRefresh"))
		},
		"within the grace when its successor was used": func(first, second string) {
			sessionOf(t, refresh(t, server, second), "sessionRefresh")
			require.Equal(t, "INVALID_TOKEN", code(refresh(t, server, first), "sessionRefresh"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			one := sessionOf(t, signIn(t, server, "reuse@example.com", goodPassword), "sessionCreate")
			two := sessionOf(t, refresh(t, server, one.RefreshToken), "sessionRefresh")
			require.Equal(t, one.ID, two.ID)
			require.Equal(t, two.RefreshToken, sessionOf(t, refresh(t, server, one.RefreshToken), "sessionRefresh").RefreshToken, "a lost answer is given again")
			reuse(one.RefreshToken, two.RefreshToken)
			require.Equal(t, "INVALID_TOKEN", code(refresh(t, server, two.RefreshToken), "sessionRefresh"), "nobody goes on with it")
		})
	}
	sessionOf(t, refresh(t, server, stolen.RefreshToken), "sessionRefresh") // another session is none of this
	require.Equal(t, "INVALID_TOKEN", code(refresh(t, server, "souk_rt_made-up"), "sessionRefresh"))
	require.Equal(t, "INVALID_TOKEN", code(refresh(t, server, ""), "sessionRefresh"))
}

func TestARotationOfTheKeysSignsNobodyOut(t *testing.T) {
	db := shop.New(t)
	first := harness.Keys(t)
	before := harness.Start(t, db, func(s *harness.Setup) { s.Config.Keys = first })
	s := registered(t, before, db, "rotate@example.com")
	next := sessionOf(t, refresh(t, before, s.RefreshToken), "sessionRefresh")

	keys, err := token.Parse([]byte(string(first)))
	require.NoError(t, err)
	keys, err = keys.Rotated(2)
	require.NoError(t, err)
	rotated, err := keys.MarshalPrivate()
	require.NoError(t, err)
	after := harness.Start(t, db, func(s *harness.Setup) { s.Config.Keys = config.Secret(rotated) })

	require.Equal(t, next.RefreshToken, sessionOf(t, refresh(t, after, s.RefreshToken), "sessionRefresh").RefreshToken, "the same successor")
	require.Equal(t, float64(1), after.With(s.AccessToken).Query(t, sessionRevoke, input()).At("sessionRevoke", "revokedCount"), "old access tokens are good")
	other := sessionOf(t, signIn(t, after, "rotate@example.com", goodPassword), "sessionCreate")
	require.Equal(t, http.StatusUnauthorized, before.With(other.AccessToken).Do(t, `{ __typename }`, nil).Status, "which the test could tell")

	rotatedFirst := sessionOf(t, refresh(t, after, other.RefreshToken), "sessionRefresh")
	strayed := before.Do(t, sessionRefresh, input("refreshToken", other.RefreshToken))
	require.Equal(t, "UNAVAILABLE", strayed.Errors[0].Extensions["code"], "an instance without the new key cannot say")
	sessionOf(t, refresh(t, after, rotatedFirst.RefreshToken), "sessionRefresh")

	status, published := after.Get(t, after.URL+"/.well-known/jwks.json")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, string(keys.PublicJWKS()), published)
	require.NotContains(t, published, `"d"`)
}

func TestSignedOut(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db)
	registered(t, server, db, "out@example.com")
	in := func() session {
		return sessionOf(t, signIn(t, server, "out@example.com", goodPassword), "sessionCreate")
	}
	one, two, three := in(), in(), in()
	require.Equal(t, float64(1), server.With(one.AccessToken).Query(t, sessionRevoke, input()).At("sessionRevoke", "revokedCount"))
	require.Equal(t, "INVALID_TOKEN", code(refresh(t, server, one.RefreshToken), "sessionRefresh"))
	two = sessionOf(t, refresh(t, server, two.RefreshToken), "sessionRefresh")
	require.Equal(t, float64(3), server.With(two.AccessToken).Query(t, sessionRevoke, input("all", true)).At("sessionRevoke", "revokedCount"), "the first session too")
	for _, s := range []session{two, three} {
		require.Equal(t, "INVALID_TOKEN", code(refresh(t, server, s.RefreshToken), "sessionRefresh"))
	}
}

func TestAttemptsAreLimited(t *testing.T) {
	db := shop.New(t)
	// Without Redis each server counts by itself, and a busy machine cannot make it
	// take Redis for dead in the middle of a count.
	start := func(t *testing.T) *harness.Server {
		return harness.Start(t, db, func(s *harness.Setup) {
			s.Config.TrustedProxies, s.Config.RedisURL = []string{"127.0.0.0/8"}, ""
		})
	}
	registered(t, start(t), db, "guess@example.com")
	aliases := func(n int, email func(int) string, plain string) string {
		var query strings.Builder
		query.WriteString("mutation {")
		for i := range n {
			fmt.Fprintf(&query, `a%d: sessionCreate(input: {email: %q, password: %q}) { userErrors { code ... on TooManyAttempts { retryAfterSeconds } } }`, i, email(i), plain)
		}
		return query.String() + "}"
	}
	always := func(email string) func(int) string { return func(int) string { return email } }
	count := func(answer *harness.Answer, code string) (n int) {
		for _, payload := range answer.Data.(map[string]any) {
			if harness.At(payload, "userErrors", 0, "code") == code {
				n++
			}
		}
		return n
	}

	t.Run("each alias counts by account", func(t *testing.T) {
		server := start(t)
		answer := server.Query(t, aliases(12, always("guess@example.com"), newPassword), nil)
		require.Equal(t, 10, count(answer, "INVALID_CREDENTIALS"))
		require.Equal(t, 2, count(answer, "TOO_MANY_ATTEMPTS"))
		wait := answer.At("a11", "userErrors", 0, "retryAfterSeconds").(float64)
		require.Greater(t, wait, float64(800))
		require.LessOrEqual(t, wait, float64(900))
		require.Equal(t, "TOO_MANY_ATTEMPTS", code(signIn(t, server, "GUESS@example.com", goodPassword), "sessionCreate"), "the right password neither, in whatever case")
	})
	t.Run("an unknown account is limited as a known one is", func(t *testing.T) {
		server := start(t)
		require.Equal(t, 2, count(server.Query(t, aliases(12, always("nobody@example.com"), newPassword), nil), "TOO_MANY_ATTEMPTS"))
	})
	t.Run("each alias counts by address", func(t *testing.T) {
		server := start(t)
		each := func(i int) string { return fmt.Sprintf("guess-%d@example.com", i) }
		for range 2 {
			answer := server.Query(t, aliases(24, each, newPassword), nil)
			require.Equal(t, 24, count(answer, "INVALID_CREDENTIALS"))
		}
		answer := server.Query(t, aliases(4, each, newPassword), nil)
		require.Equal(t, 2, count(answer, "INVALID_CREDENTIALS"))
		require.Equal(t, 2, count(answer, "TOO_MANY_ATTEMPTS"))
		elsewhere := sendAs(t, server, http.Header{"X-Forwarded-For": {"198.51.100.7"}}, harness.Body(aliases(1, each, newPassword), nil))
		require.Contains(t, elsewhere.Body, "INVALID_CREDENTIALS")
	})
	t.Run("a success makes the account's attempts undone", func(t *testing.T) {
		server := start(t)
		require.Zero(t, count(server.Query(t, aliases(9, always("guess@example.com"), newPassword), nil), "TOO_MANY_ATTEMPTS"))
		sessionOf(t, signIn(t, server, "guess@example.com", goodPassword), "sessionCreate")
		require.Zero(t, count(server.Query(t, aliases(9, always("guess@example.com"), newPassword), nil), "TOO_MANY_ATTEMPTS"))
	})
	t.Run("e-mails are limited", func(t *testing.T) {
		server := start(t)
		for range 5 {
			require.Equal(t, true, server.Query(t, passwordResetRequest, input("email", "guess@example.com")).At("passwordResetRequest", "accepted"))
			require.Equal(t, true, server.Query(t, customerRegister, input("email", "guess@example.com", "password", goodPassword, "displayName", "G")).At("customerRegister", "accepted"))
		}
		require.Equal(t, "TOO_MANY_ATTEMPTS", code(server.Query(t, passwordResetRequest, input("email", "Guess@example.com")), "passwordResetRequest"))
		require.Equal(t, "TOO_MANY_ATTEMPTS", code(server.Query(t, customerRegister, input("email", "Guess@example.com", "password", goodPassword, "displayName", "G")), "customerRegister"))
	})
	t.Run("guesses at the present password are limited", func(t *testing.T) {
		server := start(t)
		me := server.With(sessionOf(t, signIn(t, server, "guess@example.com", goodPassword), "sessionCreate").AccessToken)
		for range 10 {
			require.Equal(t, "INVALID_CREDENTIALS", code(me.Query(t, passwordChange, input("currentPassword", "wrong", "newPassword", newPassword)), "passwordChange"))
		}
		require.Equal(t, "TOO_MANY_ATTEMPTS", code(me.Query(t, passwordChange, input("currentPassword", goodPassword, "newPassword", newPassword)), "passwordChange"))
	})
}

func TestStaffAreLookedUpWithEachRequest(t *testing.T) {
	db := shop.New(t)
	id := uuid.Must(uuid.NewV7())
	server := harness.Start(t, db)
	registered(t, server, db, "boss@example.com")
	harness.Execute(t, db.PrimaryURL, fmt.Sprintf(`
INSERT INTO staff (id, email, display_name, password_hash)
SELECT '%[1]s', email, 'Boss', password_hash FROM customers WHERE email = 'boss@example.com';
INSERT INTO staff_roles (staff_id, role_id) VALUES ('%[1]s', '01900000-0000-7000-8000-000000000001')`, id))
	in := func() session {
		return sessionOf(t, server.Query(t, sessionCreate, input("email", "boss@example.com", "password", goodPassword, "accountKind", "STAFF")), "sessionCreate")
	}
	status := func(s session) int { return server.With(s.AccessToken).Do(t, `{ __typename }`, nil).Status }
	update := func(s session) any {
		return server.With(s.AccessToken).Query(t, shop.ProductUpdate, input("id", shop.ShirtID, "title", "Linen shirt")).At("productUpdate", "product", "title")
	}
	one, two := in(), in()
	require.Equal(t, "Linen shirt", update(one), "an administrator may do all")

	require.Equal(t, float64(1), server.With(one.AccessToken).Query(t, sessionRevoke, input()).At("sessionRevoke", "revokedCount"))
	require.Equal(t, http.StatusUnauthorized, status(one), "a session that was ended, at once")
	require.Equal(t, http.StatusOK, status(two))
	harness.Execute(t, db.PrimaryURL, `UPDATE staff SET disabled_at = now()`)
	require.Equal(t, http.StatusUnauthorized, status(two), "an account that was disabled, at once")
	require.Equal(t, "INVALID_TOKEN", code(refresh(t, server, two.RefreshToken), "sessionRefresh"))
	harness.Execute(t, db.PrimaryURL, `UPDATE staff SET disabled_at = NULL`)
	require.Equal(t, http.StatusOK, status(two))

	require.Equal(t, true, server.Query(t, passwordResetRequest, input("email", "boss@example.com", "accountKind", "STAFF")).At("passwordResetRequest", "accepted"))
	_, reset := mailed(t, db, "boss@example.com")
	require.Equal(t, true, server.Query(t, passwordResetConfirm, input("token", reset, "newPassword", newPassword)).At("passwordResetConfirm", "changed"))
	require.Equal(t, http.StatusUnauthorized, status(two), "a new password ends all sessions")
	sessionOf(t, signIn(t, server, "boss@example.com", goodPassword), "sessionCreate") // the customer's account has a password of its own
}

func TestWhatHasExpiredIsRemoved(t *testing.T) {
	db := shop.New(t)
	harness.Execute(t, db.PrimaryURL, `
INSERT INTO customers (id, display_name) VALUES ('01900000-0000-7000-8000-00000000aaaa', 'Old');
INSERT INTO sessions (id, customer_id, expires_at)
SELECT gen_random_uuid(), '01900000-0000-7000-8000-00000000aaaa', now() - interval '25 hours' FROM generate_series(1, 1200);
INSERT INTO sessions (id, customer_id, expires_at) VALUES
  (gen_random_uuid(), '01900000-0000-7000-8000-00000000aaaa', now() - interval '23 hours'),
  ('01900000-0000-7000-8000-00000000bbbb', '01900000-0000-7000-8000-00000000aaaa', now() + interval '20 days');
INSERT INTO refresh_tokens (hash, session_id, created_at, used_at) VALUES
  ('\x01', '01900000-0000-7000-8000-00000000bbbb', now() - interval '8 days', now() - interval '8 days'),
  ('\x02', '01900000-0000-7000-8000-00000000bbbb', now() - interval '8 days', now() - interval '6 days'),
  ('\x03', '01900000-0000-7000-8000-00000000bbbb', now() - interval '8 days', NULL);
INSERT INTO one_time_tokens (hash, purpose, customer_id, email, expires_at)
VALUES ('\x01', 'EMAIL_VERIFY', '01900000-0000-7000-8000-00000000aaaa', 'x', now() - interval '25 hours');
INSERT INTO idempotency_keys (principal, key, action, input_hash, created_at)
VALUES ('x', 'old', 'x', '\x01', now() - interval '25 hours'), ('x', 'new', 'x', '\x01', now())`)
	harness.Start(t, db, func(s *harness.Setup) { s.Config.WithWorker = true }) // which finds that it is due
	require.Eventually(t, func() bool {
		return harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM river_job WHERE kind = 'expired_clean_up' AND state = 'completed'`) == "1"
	}, harness.Patience, harness.Tick)
	harness.Execute(t, db.PrimaryURL, `DO $$ BEGIN
  ASSERT (SELECT count(*) = 2 FROM sessions WHERE customer_id = '01900000-0000-7000-8000-00000000aaaa');
  ASSERT (SELECT array_agg(hash ORDER BY hash) = '{"\\x02","\\x03"}' FROM refresh_tokens);
  ASSERT (SELECT count(*) = 0 FROM one_time_tokens);
  ASSERT (SELECT array_agg(key) = '{new}' FROM idempotency_keys);
END $$`)
}
