package harness

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/auth/secret"
	"souk/internal/auth/token"
	"souk/internal/config"
	"souk/store"
)

// AsStaff makes every request one of a staff member with the permissions, who is
// signed in as anybody is.
func AsStaff(permissions ...auth.Permission) func(*Setup) {
	return func(s *Setup) { s.as = auth.Principal{Kind: auth.Staff, Permissions: permissions} }
}

// AsCustomer makes every request one of a customer, who is made if there is none
// with the ID.
func AsCustomer(id uuid.UUID) func(*Setup) {
	return func(s *Setup) { s.as = auth.Principal{Kind: auth.Customer, ID: id} }
}

// Keys returns a new key set, for Setup.Config.Keys of servers that share one.
func Keys(t testing.TB) config.Secret {
	t.Helper()
	keys, err := token.New()
	require.NoError(t, err)
	data, err := keys.MarshalPrivate()
	require.NoError(t, err)
	return config.Secret(data)
}

// With returns the same server for requests with another credential: an access
// token or an API key; "" is none.
func (s *Server) With(credential string) *Server {
	other := *s
	other.credential = credential
	return &other
}

// Credential is what requests bring: an access token or an API key.
func (s *Server) Credential() string { return s.credential }

// As returns the same server for requests of somebody, with a real credential:
// the account, and the session or API key, are made when they are first asked
// for. Only a customer keeps the principal's ID.
func (s *Server) As(t testing.TB, p auth.Principal) *Server {
	t.Helper()
	s.callers.mu.Lock()
	defer s.callers.mu.Unlock()
	name := p.String() + " " + fmt.Sprint(p.Permissions)
	if _, known := s.callers.credentials[name]; !known {
		s.callers.credentials[name] = s.credentialOf(t, p)
	}
	return s.With(s.callers.credentials[name])
}

// callers are those whose credentials a server's test has.
type callers struct {
	mu          sync.Mutex
	credentials map[string]string
}

func (s *Server) credentialOf(t testing.TB, p auth.Principal) string {
	t.Helper()
	if p.IsAnonymous() {
		return ""
	}
	if p.IsStaff() {
		p.ID = uuid.Must(uuid.NewV7())
	}
	apiKey := makeAccount(t, s.primaryURL, p)
	if p.Kind == auth.APIKey {
		return apiKey
	}
	ctx := context.Background()
	writer := s.App.Store.Writer(s.App.Store.Reader(store.View{}, 0), store.Origin{Action: "test"})
	session, err := writer.CreateSession(ctx, p.Kind, p.ID, time.Hour)
	require.NoError(t, err)
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: s.keys, Issuer: "souk", Audience: "souk", TTL: time.Hour})
	require.NoError(t, err)
	kind := token.KindCustomer
	if p.Kind == auth.Staff {
		kind = token.KindStaff
	}
	access, _, err := issuer.Issue(token.Claims{Subject: p.ID, Kind: kind, Session: uuid.UUID(session.ID)})
	require.NoError(t, err)
	return access
}

// makeAccount makes what a principal stands for; of an API key it returns the key.
func makeAccount(t testing.TB, url string, p auth.Principal) (apiKey string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	permissions := make([]string, len(p.Permissions))
	for i, permission := range p.Permissions {
		permissions[i] = string(permission)
	}
	batch := &pgx.Batch{}
	switch p.Kind {
	case auth.Customer:
		batch.Queue(`INSERT INTO customers (id, display_name) VALUES ($1, 'A customer') ON CONFLICT DO NOTHING`, p.ID)
	case auth.APIKey:
		plain, id, hash := secret.NewAPIKey()
		apiKey = plain
		batch.Queue(`INSERT INTO api_keys (id, key_id, secret_hash, name, permissions) VALUES ($1, $2, $3, 'A test', $4)`,
			p.ID, id, hash, permissions)
	default:
		role := uuid.Must(uuid.NewV7())
		batch.Queue(`INSERT INTO staff (id, email, display_name) VALUES ($1, $1::uuid::text || '@staff.example', 'A staff member')`, p.ID)
		batch.Queue(`INSERT INTO roles (id, name, permissions) VALUES ($1, $1::uuid::text, $2)`, role, permissions)
		batch.Queue(`INSERT INTO staff_roles (staff_id, role_id) VALUES ($1, $2)`, p.ID, role)
	}
	require.NoError(t, conn.SendBatch(ctx, batch).Close())
	return apiKey
}
