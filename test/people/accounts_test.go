package people

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth/password"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

const (
	sessionFields = `session { id accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt }
    userErrors { __typename code message field ... on TooManyAttempts { retryAfterSeconds } }`

	customerRegister = `mutation ($input: CustomerRegisterInput!) { customerRegister(input: $input) {
    accepted userErrors { __typename code message field } } }`
	emailVerify   = `mutation ($input: EmailVerifyInput!) { emailVerify(input: $input) { ` + sessionFields + ` } }`
	sessionCreate = `mutation ($input: SessionCreateInput!) { sessionCreate(input: $input) { ` + sessionFields + ` } }`

	passwordChange = `mutation ($input: PasswordChangeInput!) { passwordChange(input: $input) {
    changed userErrors { code field } } }`
	passwordResetRequest = `mutation ($input: PasswordResetRequestInput!) { passwordResetRequest(input: $input) {
    accepted userErrors { code message field } } }`
	passwordResetConfirm = `mutation ($input: PasswordResetConfirmInput!) { passwordResetConfirm(input: $input) {
    changed userErrors { code field } } }`

	goodPassword = "a heron on the pier"
	newPassword  = "two herons on the pier"
)

// random are the parts of an answer that are others each time.
var random = regexp.MustCompile(`"(token|requestId)":"[^"]*"`)

// session is what a sign-in answers.
type session struct{ ID, AccessToken, RefreshToken string }

// sessionOf reads the session of a mutation that must have made one.
func sessionOf(t testing.TB, answer *harness.Answer, mutation string) session {
	t.Helper()
	require.Empty(t, answer.At(mutation, "userErrors"), string(answer.Raw))
	var s session
	text, err := json.Marshal(answer.At(mutation, "session"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &s))
	require.NotEmpty(t, s.AccessToken)
	require.True(t, strings.HasPrefix(s.RefreshToken, "souk_rt_"))
	return s
}

func code(answer *harness.Answer, mutation string) any {
	return answer.At(mutation, "userErrors", 0, "code")
}

func input(pairs ...any) map[string]any {
	in := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		in[pairs[i].(string)] = pairs[i+1]
	}
	return map[string]any{"input": in}
}

// mailed returns the token of the newest e-mail to an address, and its template,
// both as they wait in the queue.
func mailed(t testing.TB, db *dbtest.DB, recipient string) (template, token string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	require.NoError(t, conn.QueryRow(t.Context(),
		`SELECT template, coalesce(variables->>'token', '') FROM email_queue WHERE recipient = $1 ORDER BY id DESC LIMIT 1`,
		recipient).Scan(&template, &token))
	return template, token
}

// registered makes a customer who has verified her e-mail, over the API.
func registered(t testing.TB, server *harness.Server, db *dbtest.DB, email string) session {
	t.Helper()
	answer := server.Query(t, customerRegister, input("email", email, "password", goodPassword, "displayName", "Ada"))
	require.Equal(t, true, answer.At("customerRegister", "accepted"), string(answer.Raw))
	_, token := mailed(t, db, email)
	return sessionOf(t, server.Query(t, emailVerify, input("token", token)), "emailVerify")
}

func signIn(t testing.TB, server *harness.Server, email, plain string) *harness.Answer {
	t.Helper()
	return server.Query(t, sessionCreate, input("email", email, "password", plain))
}

func TestAnAccountsLife(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db)
	const email = "Ada@Example.com"

	answer := server.Query(t, customerRegister, input("email", email, "password", goodPassword, "displayName", "Ada"))
	require.Equal(t, true, answer.At("customerRegister", "accepted"))
	require.Equal(t, "INVALID_CREDENTIALS", code(signIn(t, server, email, goodPassword), "sessionCreate"), "not before the e-mail is verified")

	logged := regexp.MustCompile(`msg="e-mail queued" template=EMAIL_VERIFY recipient=Ada@Example.com token=(souk_ev_\S+)`).FindStringSubmatch(server.Log.String())
	require.Len(t, logged, 2, "a developer finds the token in the log")
	template, token := mailed(t, db, email)
	require.Equal(t, "EMAIL_VERIFY", template)
	require.Equal(t, logged[1], token)
	sessionOf(t, server.Query(t, emailVerify, input("token", token)), "emailVerify")
	require.Equal(t, "INVALID_TOKEN", code(server.Query(t, emailVerify, input("token", token)), "emailVerify"), "once")

	first := sessionOf(t, signIn(t, server, "ada@example.COM", goodPassword), "sessionCreate")
	second := sessionOf(t, signIn(t, server, email, goodPassword), "sessionCreate")
	require.Equal(t, "INVALID_CREDENTIALS", code(signIn(t, server, email, newPassword), "sessionCreate"))

	me := server.With(first.AccessToken)
	change := me.Query(t, passwordChange, input("currentPassword", newPassword, "newPassword", newPassword))
	require.Equal(t, map[string]any{"code": "INVALID_CREDENTIALS", "field": []any{"input", "currentPassword"}}, change.At("passwordChange", "userErrors", 0))
	change = me.Query(t, passwordChange, input("currentPassword", goodPassword, "newPassword", "password"))
	require.Equal(t, map[string]any{"code": "WEAK_PASSWORD", "field": []any{"input", "newPassword"}}, change.At("passwordChange", "userErrors", 0))
	change = me.Query(t, passwordChange, input("currentPassword", goodPassword, "newPassword", newPassword))
	require.Equal(t, true, change.At("passwordChange", "changed"), string(change.Raw))
	require.Equal(t, "INVALID_CREDENTIALS", code(signIn(t, server, email, goodPassword), "sessionCreate"))
	require.Equal(t, "INVALID_TOKEN", code(refresh(t, server, second.RefreshToken), "sessionRefresh"), "other sessions end")
	first = sessionOf(t, refresh(t, server, first.RefreshToken), "sessionRefresh")

	require.Equal(t, true, server.Query(t, passwordResetRequest, input("email", "ADA@example.com")).At("passwordResetRequest", "accepted"))
	template, token = mailed(t, db, email)
	require.Equal(t, "PASSWORD_RESET", template)
	weak := server.Query(t, passwordResetConfirm, input("token", token, "newPassword", "password"))
	require.Equal(t, "WEAK_PASSWORD", code(weak, "passwordResetConfirm"))
	done := server.Query(t, passwordResetConfirm, input("token", token, "newPassword", goodPassword))
	require.Equal(t, true, done.At("passwordResetConfirm", "changed"), "a weak password did not use the token up")
	again := server.Query(t, passwordResetConfirm, input("token", token, "newPassword", newPassword))
	require.Equal(t, "INVALID_TOKEN", code(again, "passwordResetConfirm"))
	require.Equal(t, "INVALID_TOKEN", code(refresh(t, server, first.RefreshToken), "sessionRefresh"), "all sessions end")
	sessionOf(t, signIn(t, server, email, goodPassword), "sessionCreate")
}

func TestRegistrationTellsAllThatIsWrong(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	answer := server.Query(t, customerRegister, input("email", "Ada <ada@example.com>", "password", "12345678", "displayName", "  "))
	require.Equal(t, false, answer.At("customerRegister", "accepted"))
	var codes []any
	for i := range 3 {
		codes = append(codes, answer.At("customerRegister", "userErrors", i, "code"))
	}
	require.Equal(t, []any{"INVALID", "REQUIRED", "WEAK_PASSWORD"}, codes)
}

func TestTheNewestRegistrationCountsWithItsLinkAlone(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db)
	const email = "victim@example.com"
	register := func(plain string) string {
		server.Query(t, customerRegister, input("email", email, "password", plain, "displayName", "Somebody"))
		_, token := mailed(t, db, email)
		return token
	}
	early := register("the thief's password")
	own := register(goodPassword)
	sessionOf(t, server.Query(t, emailVerify, input("token", own)), "emailVerify")
	require.Equal(t, "INVALID_TOKEN", code(server.Query(t, emailVerify, input("token", early)), "emailVerify"))
	require.Equal(t, "INVALID_CREDENTIALS", code(signIn(t, server, email, "the thief's password"), "sessionCreate"))
	sessionOf(t, signIn(t, server, email, goodPassword), "sessionCreate")
}

// TestAnswersDoNotTellWhoIsKnown compares what a known and an unknown e-mail are
// answered with, and how long it takes.
func TestAnswersDoNotTellWhoIsKnown(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db)
	registered(t, server, db, "known@example.com")
	server.Query(t, customerRegister, input("email", "waiting@example.com", "password", goodPassword, "displayName", "W"))
	harness.Execute(t, db.PrimaryURL, `
INSERT INTO customers (id, display_name, email, email_verified_at) VALUES (gen_random_uuid(), 'E', 'elsewhere@example.com', now());
INSERT INTO customers (id, display_name, email, email_verified_at, disabled_at, password_hash)
SELECT gen_random_uuid(), 'D', 'disabled@example.com', now(), now(), password_hash FROM customers WHERE email = 'known@example.com';
INSERT INTO customers (id, display_name, email, email_verified_at, password_hash)
SELECT gen_random_uuid(), 'K', 'known-' || n || '@example.com', now(), password_hash
FROM customers, generate_series(0, 14) n WHERE email = 'known@example.com'`)

	t.Run("whoever cannot sign in gets one answer", func(t *testing.T) {
		want := string(signIn(t, server, "nobody@example.com", goodPassword).Raw)
		require.Contains(t, want, "INVALID_CREDENTIALS")
		for _, email := range []string{"waiting@example.com", "elsewhere@example.com", "disabled@example.com", "no e-mail", "nul\x00@example.com"} {
			require.Equal(t, want, string(signIn(t, server, email, goodPassword).Raw), email)
		}
		require.Equal(t, want, string(signIn(t, server, "known@example.com", newPassword).Raw), "a wrong password")
	})

	for name, ask := range map[string]func(email string) string{
		"signing in": func(email string) string {
			return harness.Body(sessionCreate, input("email", email, "password", newPassword))
		},
		"registering": func(email string) string {
			return harness.Body(customerRegister, input("email", email, "password", goodPassword, "displayName", "X"))
		},
		"asking for a new password": func(email string) string { return harness.Body(passwordResetRequest, input("email", email)) },
	} {
		t.Run(name, func(t *testing.T) {
			const rounds = 15
			var known, unknown []time.Duration
			for i := range rounds { // each with an account of its own: limits are another test's
				began := time.Now()
				one := sendFrom(t, server, ask(fmt.Sprintf("known-%d@example.com", i)))
				known = append(known, time.Since(began))
				began = time.Now()
				two := sendFrom(t, server, ask(uuid.NewString()+"@example.com"))
				unknown = append(unknown, time.Since(began))
				require.Equal(t, random.ReplaceAllString(one, ""), random.ReplaceAllString(two, ""))
			}
			slices.Sort(known)
			slices.Sort(unknown)
			ratio := float64(known[rounds/2]) / float64(unknown[rounds/2])
			t.Logf("known %s, unknown %s, ratio %.2f", known[rounds/2], unknown[rounds/2], ratio)
			require.Greater(t, ratio, 0.4) // a hash that is left out makes it 25, or 1/25
			require.Less(t, ratio, 2.5)
		})
	}
}

// sendFrom returns the body of an answer that must be a success.
func sendFrom(t testing.TB, server *harness.Server, body string) string {
	t.Helper()
	answer := harness.Fetch(t, server, "/graphql", body)
	require.Equal(t, http.StatusOK, answer.Status)
	require.NotContains(t, answer.Body, "TOO_MANY_ATTEMPTS")
	return answer.Body
}

func TestOneOfFiftyHasTheToken(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db)
	server.Query(t, customerRegister, input("email", "race@example.com", "password", goodPassword, "displayName", "R"))
	_, verify := mailed(t, db, "race@example.com")
	require.Equal(t, 1, countTrue(50, func() bool {
		return server.Query(t, emailVerify, input("token", verify)).At("emailVerify", "session") != nil
	}))
	server.Query(t, passwordResetRequest, input("email", "race@example.com"))
	_, reset := mailed(t, db, "race@example.com")
	require.Equal(t, 1, countTrue(50, func() bool {
		answer := server.Do(t, passwordResetConfirm, input("token", reset, "newPassword", newPassword))
		return answer.At("passwordResetConfirm", "changed") == true
	}))
	sessionOf(t, signIn(t, server, "race@example.com", newPassword), "sessionCreate")
}

// countTrue runs do so often at once and counts the successes.
func countTrue(times int, do func() bool) int {
	var mu sync.Mutex
	var done sync.WaitGroup
	count := 0
	for range times {
		done.Go(func() {
			if do() {
				mu.Lock()
				defer mu.Unlock()
				count++
			}
		})
	}
	done.Wait()
	return count
}

func TestExpiredLinksAreRefused(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db)
	registered(t, server, db, "late@example.com")
	server.Query(t, passwordResetRequest, input("email", "late@example.com"))
	_, reset := mailed(t, db, "late@example.com")
	server.Query(t, customerRegister, input("email", "later@example.com", "password", goodPassword, "displayName", "L"))
	_, verify := mailed(t, db, "later@example.com")
	harness.Execute(t, db.PrimaryURL, `UPDATE one_time_tokens SET expires_at = now() - interval '1 second'`)
	require.Equal(t, "INVALID_TOKEN", code(server.Query(t, passwordResetConfirm, input("token", reset, "newPassword", newPassword)), "passwordResetConfirm"))
	require.Equal(t, "INVALID_TOKEN", code(server.Query(t, emailVerify, input("token", verify)), "emailVerify"))
}

func TestAPasswordIsRehashedWhenItsParametersAreOld(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db)
	registered(t, server, db, "old@example.com")
	weak, err := password.New(password.Config{MemoryKiB: 8192, Time: 1})
	require.NoError(t, err)
	hash, err := weak.Hash(t.Context(), goodPassword)
	require.NoError(t, err)
	harness.Execute(t, db.PrimaryURL, `UPDATE customers SET password_hash = '`+hash+`' WHERE email = 'old@example.com'`)
	sessionOf(t, signIn(t, server, "old@example.com", goodPassword), "sessionCreate")
	harness.Execute(t, db.PrimaryURL, `DO $$ BEGIN
  ASSERT (SELECT password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%' FROM customers WHERE email = 'old@example.com');
END $$`)
	sessionOf(t, signIn(t, server, "old@example.com", goodPassword), "sessionCreate")
}

func TestNoTokenIsLoggedInProduction(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db, func(s *harness.Setup) { s.Config.Env = config.Production })
	s := registered(t, server, db, "quiet@example.com")
	refresh(t, server, s.RefreshToken)
	server.Query(t, passwordResetRequest, input("email", "quiet@example.com"))
	_, token := mailed(t, db, "quiet@example.com")
	for _, planted := range []string{"quiet@", s.AccessToken, s.RefreshToken, token, "souk_ev_", "souk_pr_", "souk_rt_", goodPassword} {
		require.NotContains(t, server.Log.String(), planted)
	}
}
