package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"souk/internal/config"
	"souk/test/harness"
)

// canaries are values that must stay between a client and the database. Each is
// planted where a client would send it.
var canaries = map[string]string{
	"password": "canary-Passw0rd-7f3a", "e-mail": "canary.mail.7f3a@example.org", "name": "Canary Person 7f3a",
	"street": "7f3a Canary Street", "phone": "+49 30 7735 1234", "bearer": "canary-bearer-7f3a.aaaa.bbbb",
	"API key": "souk_key_canary7f3acanary_secretcanary7f3a", "token": "souk_canary_token_7f3a", "key": "canary-idempotency-7f3a",
}

// TestNothingSecretIsReported sends requests that succeed, fail and break, full of
// planted values, and looks for these in everything that operators see.
func TestNothingSecretIsReported(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	db := goldenShop(t)
	server := harness.Start(t, db, func(s *harness.Setup) {
		s.Config.Env, s.Options.SpanExporter = config.Production, spans
		s.Config.LogLevel = -4 // debug: the most that is ever logged
	})
	c := canaries
	var answers []string
	for _, request := range canaryRequests() {
		answer := server.Do(t, request.query, request.variables)
		answers = append(answers, string(answer.Raw))
		for _, header := range []http.Header{
			{"Authorization": {"Bearer " + c["bearer"]}},
			{"Authorization": {"Bearer " + c["API key"]}},
			{"Authorization": {"Basic " + c["password"]}, "Idempotency-Key": {c["key"]}},
			{"Souk-Consistency": {c["token"]}, "X-Forwarded-For": {c["token"]}},
		} {
			answers = append(answers, string(server.Send(t, header, request.body()).Raw))
		}
	}
	// What a database refuses is quoted in its own message.
	execute(t, db.PrimaryURL, `ALTER TABLE customers ADD CONSTRAINT broken CHECK (display_name NOT LIKE 'Canary%') NOT VALID`)
	execute(t, db.PrimaryURL, `ALTER TABLE addresses ADD CONSTRAINT broken CHECK (line1 NOT LIKE '%Canary%') NOT VALID`)
	for _, request := range canaryRequests() {
		answers = append(answers, string(server.Do(t, request.query, request.variables).Raw))
		asCustomer := harness.Start(t, db, harness.AsCustomer(goldenCustomer), func(s *harness.Setup) {
			s.Config.Env, s.Options.SpanExporter, s.Options.LogWriter = config.Production, spans, server.Log
		})
		answers = append(answers, string(asCustomer.Do(t, request.query, request.variables).Raw))
	}
	_, metrics := server.Get(t, server.OpsURL+"/metrics")
	recorded, err := json.Marshal(spans.GetSpans().Snapshots())
	if err != nil {
		recorded = fmt.Appendf(nil, "%+v", spans.GetSpans())
	}
	places := map[string]string{
		"log": server.Log.String(), "metrics": metrics, "traces": fmt.Sprintf("%+v", spans.GetSpans()) + string(recorded),
		"errors": strings.Join(answers, "\n"),
	}
	for place, text := range places {
		require.NotEmpty(t, text, place)
		for kind, value := range canaries {
			require.NotContains(t, text, value, "a planted %s in the %s", kind, place)
		}
	}
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
func canaryRequests() []canaryRequest {
	c := canaries
	register := `mutation ($input: CustomerRegisterInput!) { customerRegister(input: $input) { accepted userErrors { code field } } }`
	address := `mutation ($input: AddressCreateInput!) { addressCreate(input: $input) { userErrors { code field } } }`
	place := map[string]any{"name": c["name"], "line1": c["street"], "city": "Berlin", "countryCode": "DE", "phone": c["phone"]}
	requests := []canaryRequest{
		{register, map[string]any{"input": map[string]any{"email": c["e-mail"], "password": c["password"], "displayName": c["name"]}}},
		{register, map[string]any{"input": map[string]any{"email": c["e-mail"] + "\x00", "password": c["password"], "displayName": c["name"]}}},
		{register, map[string]any{"input": map[string]any{"email": c["e-mail"], "password": []string{c["password"]}, "displayName": c["name"]}}},
		{register, map[string]any{"input": c["password"]}},
		{
			`mutation ($input: SessionCreateInput!) { sessionCreate(input: $input) { session { accessToken } userErrors { code message } } }`,
			map[string]any{"input": map[string]any{"email": c["e-mail"], "password": c["password"]}},
		},
		{fmt.Sprintf(`mutation { sessionCreate(input: {email: %q, password: %q, accountKind: %q}) { session { id } } }`, c["e-mail"], c["password"], c["token"]), nil},
		{fmt.Sprintf(`mutation { sessionCreate(input: {email: %q, password: %q) { session { id } } }`, c["e-mail"], c["password"]), nil},
		{`mutation ($t: String!) { emailVerify(input: {token: $t}) { userErrors { code message } } }`, map[string]any{"t": c["token"]}},
		{`mutation ($t: String!) { sessionRefresh(input: {refreshToken: $t}) { userErrors { code message } } }`, map[string]any{"t": c["token"]}},
		{
			`mutation ($t: String!, $p: String!) { passwordResetConfirm(input: {token: $t, newPassword: $p}) { userErrors { code message } } }`,
			map[string]any{"t": c["token"], "p": c["password"]},
		},
		{address, map[string]any{"input": place}},
		{address, map[string]any{"input": map[string]any{"name": c["name"], "line1": c["street"], "city": c["street"] + "\x00", "countryCode": c["phone"]}}},
		{fmt.Sprintf(`{ customers(filter: {search: %q}) { nodes { id } } }`, c["e-mail"]), nil},
	}
	return requests
}
