package people

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

// canaries are values that must stay between a client and the database. Each is
// planted where a client would send it.
var canaries = map[string]string{
	"password": "canary-Passw0rd-7f3a", "e-mail": "canary.mail.7f3a@example.org", "name": "Canary Person 7f3a",
	"street": "7f3a Canary Street", "phone": "+49 30 7735 1234", "bearer": "canary-bearer-7f3a.aaaa.bbbb",
	"API key": "souk_key_canary7f3acanary_secretcanary7f3a", "token": "souk_canary_token_7f3a", "key": "canary-idempotency-7f3a",
}

// plantedIn names what of the planted values is to be found where.
func plantedIn(places, planted map[string]string) (found []string) {
	for place, text := range places {
		for kind, value := range planted {
			if strings.Contains(text, value) {
				found = append(found, fmt.Sprintf("a planted %s in the %s", kind, place))
			}
		}
	}
	return found
}

// operatorsSee is what a server tells those who run it.
func operatorsSee(t testing.TB, server *harness.Server, spans *tracetest.InMemoryExporter) map[string]string {
	t.Helper()
	_, metrics := server.Get(t, server.OpsURL+"/metrics")
	recorded, err := json.Marshal(spans.GetSpans().Snapshots())
	if err != nil {
		recorded = fmt.Appendf(nil, "%+v", spans.GetSpans())
	}
	places := map[string]string{
		"log": server.Log.String(), "metrics": metrics, "traces": fmt.Sprintf("%+v", spans.GetSpans()) + string(recorded),
	}
	for place, text := range places {
		require.NotEmpty(t, text, place)
	}
	return places
}

// TestNothingSecretIsReported sends requests that succeed, fail and break, full of
// planted values, and looks for these in everything that operators see.
func TestNothingSecretIsReported(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	db := shop.New(t)
	server := harness.Start(t, db, func(s *harness.Setup) {
		s.Config.Env, s.Options.SpanExporter = config.Production, spans
		s.Config.LogLevel = -4 // debug: the most that is ever logged
	})
	c := canaries
	everybody := []*harness.Server{
		server, server.As(t, auth.Principal{Kind: auth.Customer, ID: shop.Customer}),
		server.As(t, auth.Principal{Kind: auth.Staff, Permissions: auth.AllPermissions()}),
	}
	var answers []string
	ask := func(requests []canaryRequest) {
		for _, request := range requests {
			for _, who := range everybody {
				header := http.Header{"Idempotency-Key": {fmt.Sprint(c["key"], len(answers))}} // or the second would be a conflict
				answers = append(answers, string(who.Send(t, header, request.body()).Raw))
			}
		}
	}
	ask(canaryRequests(c["e-mail"]))
	for _, request := range canaryRequests(c["e-mail"]) {
		for _, header := range []http.Header{
			{"Authorization": {"Bearer " + c["bearer"]}},
			{"Authorization": {"Bearer " + c["API key"]}},
			{"Authorization": {"Basic " + c["password"]}, "Idempotency-Key": {c["key"]}},
			{"Souk-Consistency": {c["token"]}, "X-Forwarded-For": {c["token"]}},
		} {
			answers = append(answers, string(server.Send(t, header, request.body()).Raw))
		}
	}
	secrets := canarySecrets(t, db, server, everybody[2])

	// What a database refuses is quoted in its own message. The limits of attempts
	// go by the e-mail, so this takes another one.
	for table, column := range map[string]string{"customers": "display_name", "addresses": "name", "staff": "display_name", "api_keys": "name"} {
		harness.Execute(t, db.PrimaryURL, `ALTER TABLE `+table+` ADD CONSTRAINT broken CHECK (`+column+` NOT LIKE 'Canary%') NOT VALID`)
	}
	before := strings.Count(server.Log.String(), "internal error")
	ask(canaryRequests("again." + c["e-mail"]))
	for _, mutation := range []string{"customerRegister", "addressCreate", "staffCreate", "apiKeyCreate"} {
		require.True(t, strings.Contains(server.Log.String(), `"path":"`+mutation+`"`), "%s breaks and that is logged", mutation)
	}
	require.Greater(t, strings.Count(server.Log.String(), "internal error"), before)

	places := operatorsSee(t, server, spans)
	require.Empty(t, plantedIn(places, secrets))
	places["errors"] = strings.Join(answers, "\n")
	require.Empty(t, plantedIn(places, canaries))
}

// canarySecrets has the server make secrets and returns them.
func canarySecrets(t testing.TB, db *dbtest.DB, server, staff *harness.Server) map[string]string {
	t.Helper()
	key := staff.Query(t, `mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { secret userErrors { code } } }`,
		input("name", "Till", "permissions", []string{"AUDIT_READ"}, "expiresAt", inDays(30)))
	plain, ok := key.At("apiKeyCreate", "secret").(string)
	require.True(t, ok, string(key.Raw))
	server.With(plain).Query(t, `{ viewer { permissions } }`, nil)

	const owner = "owner.7f3a@example.net"
	server.Query(t, customerRegister, input("email", owner, "password", goodPassword, "displayName", "Owner"))
	_, link := mailed(t, db, owner)
	first := sessionOf(t, server.Query(t, emailVerify, input("token", link)), "emailVerify")
	second := sessionOf(t, refresh(t, server, first.RefreshToken), "sessionRefresh")
	server.With(second.AccessToken).Query(t, `{ viewer { customer { id } } }`, nil)
	server.Query(t, passwordResetRequest, input("email", owner))
	_, reset := mailed(t, db, owner)
	return map[string]string{
		"new API key": plain, "link": link, "reset link": reset, "recipient": owner, "good password": goodPassword,
		"access token": first.AccessToken, "refresh token": first.RefreshToken,
		"second access token": second.AccessToken, "second refresh token": second.RefreshToken,
	}
}

// TestTheSearchFindsWhatIsReported looks at a server that does report: one of a
// developer, who finds the links of e-mails in its log.
func TestTheSearchFindsWhatIsReported(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	db := shop.New(t)
	server := harness.Start(t, db, func(s *harness.Setup) { s.Options.SpanExporter = spans })
	server.Query(t, customerRegister, input("email", canaries["e-mail"], "password", goodPassword, "displayName", "C"))
	_, link := mailed(t, db, canaries["e-mail"])
	server.Query(t, `{ viewer { permissions } }`, nil)
	require.ElementsMatch(t, []string{"a planted e-mail in the log", "a planted link in the log", "a planted statement in the traces", "a planted route in the metrics"},
		plantedIn(operatorsSee(t, server, spans), map[string]string{
			"e-mail": canaries["e-mail"], "link": link, "statement": "-- name: CreateVerifyToken", "route": `route="/graphql"`,
		}))
}

type canaryRequest struct {
	query     string
	variables map[string]any
}

func (r canaryRequest) body() any {
	return map[string]any{"query": r.query, "variables": r.variables}
}

// canaryRequests use the planted values as they are meant to be used, with a type
// that does not fit, inside the document, and with what a database refuses.
func canaryRequests(email string) []canaryRequest {
	c := canaries
	register := `mutation ($input: CustomerRegisterInput!) { customerRegister(input: $input) { accepted userErrors { code field } } }`
	address := `mutation ($input: AddressCreateInput!) { addressCreate(input: $input) { userErrors { code field } } }`
	staff := `mutation ($input: StaffCreateInput!) { staffCreate(input: $input) { userErrors { code message field } } }`
	key := `mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { userErrors { code message field } } }`
	place := map[string]any{"name": c["name"], "line1": c["street"], "city": "Berlin", "countryCode": "DE", "phone": c["phone"]}
	return []canaryRequest{
		{register, input("email", email, "password", c["password"], "displayName", c["name"])},
		{register, input("email", email+"\x00", "password", c["password"], "displayName", c["name"])},
		{register, input("email", email, "password", []string{c["password"]}, "displayName", c["name"])},
		{register, map[string]any{"input": c["password"]}},
		{
			`mutation ($input: SessionCreateInput!) { sessionCreate(input: $input) { session { accessToken } userErrors { code message } } }`,
			input("email", email, "password", c["password"]),
		},
		{
			`mutation ($input: SessionCreateInput!) { sessionCreate(input: $input) { userErrors { code } } }`,
			input("email", email, "password", c["password"], "accountKind", c["token"]),
		},
		{fmt.Sprintf(`mutation { sessionCreate(input: {email: %q, password: %q, accountKind: %q}) { session { id } } }`, email, c["password"], c["token"]), nil},
		{fmt.Sprintf(`mutation { sessionCreate(input: {email: %q, password: %q) { session { id } } }`, email, c["password"]), nil},
		{fmt.Sprintf(`mutation { sessionCreate(input: {email: %q, password: %s}) { session { id } } }`, email, c["token"]), nil},
		{fmt.Sprintf(`"d" %q`, c["password"]), nil},
		{`mutation ($t: String!) { emailVerify(input: {token: $t}) { userErrors { code message } } }`, map[string]any{"t": c["token"]}},
		{`mutation ($t: String!) { sessionRefresh(input: {refreshToken: $t}) { userErrors { code message } } }`, map[string]any{"t": c["token"]}},
		{
			`mutation ($t: String!, $p: String!) { passwordResetConfirm(input: {token: $t, newPassword: $p}) { userErrors { code message } } }`,
			map[string]any{"t": c["token"], "p": c["password"]},
		},
		{`mutation ($p: String!) { passwordChange(input: {currentPassword: $p, newPassword: $p}) { userErrors { code message } } }`, map[string]any{"p": c["password"]}},
		{address, map[string]any{"input": place}},
		{address, input("name", c["name"], "line1", c["street"], "city", c["street"]+"\x00", "countryCode", c["phone"])},
		{`mutation ($input: CustomerUpdateInput!) { customerUpdate(input: $input) { userErrors { code field } } }`, input("displayName", c["name"], "phone", c["phone"])},
		{staff, input("email", email, "displayName", c["name"], "roleIds", []string{})},
		{staff, input("email", email, "displayName", c["name"], "roleIds", []string{c["token"]})},
		{key, input("name", c["name"], "permissions", []string{"AUDIT_READ"}, "expiresAt", inDays(30))},
		{key, input("name", c["name"], "permissions", []string{c["token"]}, "expiresAt", c["token"])},
		{key, input("name", c["name"], "permissions", []string{"AUDIT_READ"}, "expiresAt", c["token"])},
		{fmt.Sprintf(`{ customers(filter: {search: %q}) { nodes { id } } }`, email), nil},
		{fmt.Sprintf(`{ node(id: %q) { id } customer(id: %q) { id } customers(first: 1, after: %q) { nodes { id } } }`, c["token"], c["token"], c["token"]), nil},
	}
}
