package people

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/auth/secret"
	"souk/internal/auth/token"
	"souk/internal/dbtest"
	"souk/store"
	"souk/test/harness"
	"souk/test/shop"
)

// people is a server with callers who have signed in.
type people struct {
	*harness.Server
	db     *dbtest.DB
	client *http.Client
	issuer *token.Issuer

	mu          sync.Mutex
	credentials map[string]string
}

// key returns the key that ends in the four digits of what the shop's SQL wrote.
func key(digits string) uuid.UUID {
	return uuid.MustParse("01900000-0000-7000-8000-00000000" + digits)
}

// callers are who can sign in. Ada and Bo are administrators, Cy manages staff and
// keys and can do nothing else, Di writes the catalogue. Eve is a machine that
// does too, and manages keys.
var callers = map[string]struct {
	kind auth.Kind
	id   uuid.UUID
}{
	"maya": {auth.Customer, key("0701")}, "john": {auth.Customer, key("0702")},
	"ada": {auth.Staff, key("0901")}, "bo": {auth.Staff, key("0902")}, "cy": {auth.Staff, key("0903")}, "di": {auth.Staff, key("0904")},
}

const peopleSQL = `
INSERT INTO roles (id, name, permissions) VALUES
  ('01900000-0000-7000-8000-000000000a01', 'People', '{STAFF_MANAGE,API_KEYS_MANAGE}'),
  ('01900000-0000-7000-8000-000000000a02', 'Writers', '{CATALOGUE_WRITE}');
INSERT INTO staff (id, email, display_name) VALUES
  ('01900000-0000-7000-8000-000000000901', 'ada@example.com', 'Ada'),
  ('01900000-0000-7000-8000-000000000902', 'bo@example.com', 'Bo'),
  ('01900000-0000-7000-8000-000000000903', 'cy@example.com', 'Cy'),
  ('01900000-0000-7000-8000-000000000904', 'di@example.com', 'Di');
INSERT INTO staff_roles (staff_id, role_id) VALUES
  ('01900000-0000-7000-8000-000000000901', '01900000-0000-7000-8000-000000000001'),
  ('01900000-0000-7000-8000-000000000902', '01900000-0000-7000-8000-000000000001'),
  ('01900000-0000-7000-8000-000000000903', '01900000-0000-7000-8000-000000000a01'),
  ('01900000-0000-7000-8000-000000000904', '01900000-0000-7000-8000-000000000a02');`

var (
	adaID, boID, cyID, diID = staffID("0901"), staffID("0902"), staffID("0903"), staffID("0904")
	administratorID         = relay.ID(store.RoleID(key("0001")))
	peopleRoleID, writersID = relay.ID(store.RoleID(key("0a01"))), relay.ID(store.RoleID(key("0a02")))
	mayaID, eveKeyID        = relay.ID(store.CustomerID(key("0701"))), relay.ID(store.APIKeyID(key("0b01")))
)

func staffID(digits string) string { return relay.ID(store.StaffID(key(digits))) }

func startPeople(t *testing.T) *people {
	t.Helper()
	db := shop.New(t)
	p := &people{db: db, client: &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}, credentials: map[string]string{}}
	plain, keyID, hash := secret.NewAPIKey()
	p.credentials["eve"] = plain
	harness.Execute(t, db.PrimaryURL, peopleSQL+fmt.Sprintf(`
INSERT INTO api_keys (id, key_id, secret_hash, name, permissions, created_by)
VALUES ('01900000-0000-7000-8000-000000000b01', '%s', '\x%x', 'Eve', '{CATALOGUE_WRITE,API_KEYS_MANAGE}', '01900000-0000-7000-8000-000000000901')`, keyID, hash))
	require.NoError(t, db.WaitReplica(t.Context()))
	keys := harness.Keys(t)
	p.Server = harness.Start(t, db, func(s *harness.Setup) { s.Config.Keys = keys })
	set, err := token.Parse([]byte(keys))
	require.NoError(t, err)
	p.issuer, err = token.NewIssuer(token.IssuerConfig{Keys: set, Issuer: "souk", Audience: "souk", TTL: time.Hour})
	require.NoError(t, err)
	t.Cleanup(p.client.CloseIdleConnections)
	for name := range callers {
		p.signIn(t, name)
	}
	return p
}

// signIn makes a session for a caller.
func (p *people) signIn(t testing.TB, as string) {
	t.Helper()
	who, kind := callers[as], token.KindCustomer
	if who.kind == auth.Staff {
		kind = token.KindStaff
	}
	writer := p.App.Store.Writer(p.App.Store.Reader(store.View{}, 0), store.Origin{Action: "test"})
	session, err := writer.CreateSession(t.Context(), who.kind, who.id, time.Hour)
	require.NoError(t, err)
	access, _, err := p.issuer.Issue(token.Claims{Subject: who.id, Kind: kind, Session: uuid.UUID(session.ID)})
	require.NoError(t, err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.credentials[as] = access
}

func (p *people) credential(as string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.credentials[as]
}

// send posts a query; it may be called from any goroutine.
func (p *people) send(as, query string, variables map[string]any) (*harness.Answer, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, p.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if credential := p.credential(as); credential != "" {
		request.Header.Set("Authorization", "Bearer "+credential)
	}
	request.Header.Set("X-Request-Id", "asked-by-"+as)
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer := &harness.Answer{Status: response.StatusCode, Header: response.Header}
	if answer.Raw, err = io.ReadAll(response.Body); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(answer.Raw, answer); err != nil {
		return nil, fmt.Errorf("%w: %s", err, answer.Raw)
	}
	return answer, nil
}

// ask posts a query that must succeed.
func (p *people) ask(t testing.TB, as, query string, variables map[string]any) *harness.Answer {
	t.Helper()
	answer, err := p.send(as, query, variables)
	require.NoError(t, err)
	require.Empty(t, answer.Errors, "%s\n%v", query, variables)
	return answer
}

// change runs a mutation with an input and returns what stands below it. selection
// is what to ask for besides userErrors.
func (p *people) change(t testing.TB, as, mutation, selection string, input map[string]any) map[string]any {
	t.Helper()
	answer := p.ask(t, as, changeQuery(mutation, selection), map[string]any{"input": input})
	payload, _ := answer.At(mutation).(map[string]any)
	require.NotNil(t, payload)
	return payload
}

func changeQuery(mutation, selection string) string {
	typ := string(mutation[0]-'a'+'A') + mutation[1:] + "Input"
	return fmt.Sprintf(`mutation ($input: %s!) { %s(input: $input) { %s userErrors { code message field } } }`, typ, mutation, selection)
}

// made is change that must not be refused.
func (p *people) made(t testing.TB, as, mutation, selection string, input map[string]any) map[string]any {
	t.Helper()
	payload := p.change(t, as, mutation, selection, input)
	require.Empty(t, payload["userErrors"])
	return payload
}

// refusedFor is change that must be refused; it returns the first fault's code
// and field below the input.
func (p *people) refusedFor(t testing.TB, as, mutation string, input map[string]any) (code string, field []any) {
	t.Helper()
	payload := p.change(t, as, mutation, "", input)
	code, _ = harness.At(payload, "userErrors", 0, "code").(string)
	field, _ = harness.At(payload, "userErrors", 0, "field").([]any)
	if len(field) > 0 {
		field = field[1:]
	}
	return code, field
}

// row returns the columns of the only row of a query.
func (p *people) row(t testing.TB, sql string, args ...any) []any {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.db.PrimaryURL)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), sql, args...)
	require.NoError(t, err)
	values, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	require.NoError(t, err)
	return values
}

// statements returns how often each statement runs for a query, but for those that
// find out who asks.
func (p *people) statements(t testing.TB, as, query string, variables map[string]any) map[string]int {
	t.Helper()
	calls := harness.CountStatements(t, p.db).During(t, func() { p.ask(t, as, query, variables) })
	delete(calls, "StaffPrincipal")
	return calls
}
