package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/store"
	"souk/test/harness"
)

// people is a server that takes each caller's word for who they are.
type people struct {
	*harness.Server
	db     *dbtest.DB
	client *http.Client
}

// key returns the key that ends in the four digits of what the shop's SQL wrote.
func key(digits string) uuid.UUID {
	return uuid.MustParse("01900000-0000-7000-8000-00000000" + digits)
}

// The callers, by the keys of their rows. Ada and Bo are administrators, Cy manages
// staff and can do nothing else, Di writes the catalogue, Eve is a machine.
var callers = map[string]auth.Principal{
	"maya": {Kind: auth.Customer, ID: key("0701")},
	"john": {Kind: auth.Customer, ID: key("0702")},
	"ada":  {Kind: auth.Staff, ID: key("0901"), Permissions: auth.AllPermissions()},
	"bo":   {Kind: auth.Staff, ID: key("0902"), Permissions: auth.AllPermissions()},
	"cy":   {Kind: auth.Staff, ID: key("0903"), Permissions: auth.Permissions{auth.StaffManage, auth.APIKeysManage}},
	"di":   {Kind: auth.Staff, ID: key("0904"), Permissions: auth.Permissions{auth.CatalogueWrite}},
	"eve":  {Kind: auth.APIKey, ID: key("0b01"), Permissions: auth.Permissions{auth.CatalogueWrite}},
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
  ('01900000-0000-7000-8000-000000000904', '01900000-0000-7000-8000-000000000a02');
INSERT INTO api_keys (id, key_id, secret_hash, name, permissions, created_by) VALUES
  ('01900000-0000-7000-8000-000000000b01', 'eveeveeveeveevee', '\x00', 'Eve', '{CATALOGUE_WRITE}', '01900000-0000-7000-8000-000000000901');`

var (
	adaID, boID, cyID, diID  = staffID("0901"), staffID("0902"), staffID("0903"), staffID("0904")
	administratorID          = relay.ID(store.RoleID(key("0001")))
	peopleRoleID, writersID  = relay.ID(store.RoleID(key("0a01"))), relay.ID(store.RoleID(key("0a02")))
	mayaID, johnID, eveKeyID = relay.ID(store.CustomerID(key("0701"))), relay.ID(store.CustomerID(key("0702"))), relay.ID(store.APIKeyID(key("0b01")))
)

func staffID(digits string) string { return relay.ID(store.StaffID(key(digits))) }

func startPeople(t *testing.T) *people {
	t.Helper()
	db := goldenShop(t)
	execute(t, db.PrimaryURL, peopleSQL)
	require.NoError(t, db.WaitReplica(t.Context()))
	server := harness.Start(t, db, func(s *harness.Setup) {
		s.Options.Authenticate = func(r *http.Request) auth.Principal { return callers[r.Header.Get("X-As")] }
	})
	p := &people{server, db, &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}}
	t.Cleanup(p.client.CloseIdleConnections)
	return p
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
	request.Header.Set("X-As", as)
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
