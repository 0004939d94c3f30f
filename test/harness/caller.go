package harness

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/auth/token"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/store"
)

// caller is who makes a server's requests.
type caller struct {
	kind        auth.Kind
	id          uuid.UUID
	permissions auth.Permissions
}

// AsStaff makes every request one of a staff member with the permissions, who is
// signed in as anybody is.
func AsStaff(permissions ...auth.Permission) func(*Setup) {
	return func(s *Setup) { s.as = &caller{auth.Staff, uuid.Must(uuid.NewV7()), permissions} }
}

// AsCustomer makes every request one of a customer, who is made if there is none
// with the ID.
func AsCustomer(id uuid.UUID) func(*Setup) {
	return func(s *Setup) { s.as = &caller{kind: auth.Customer, id: id} }
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

// signIn makes the caller's account if need be, and a session for it, and returns
// an access token that outlasts the test.
func (s *Server) signIn(t testing.TB, db *dbtest.DB, c caller) string {
	t.Helper()
	makeAccount(t, db, c)
	ctx := context.Background()
	writer := s.App.Store.Writer(s.App.Store.Reader(store.View{}, 0), store.Origin{Action: "test"})
	session, err := writer.CreateSession(ctx, c.kind, c.id, time.Hour)
	require.NoError(t, err)
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: s.keys, Issuer: "souk", Audience: "souk", TTL: time.Hour})
	require.NoError(t, err)
	kind := token.KindCustomer
	if c.kind == auth.Staff {
		kind = token.KindStaff
	}
	access, _, err := issuer.Issue(token.Claims{Subject: c.id, Kind: kind, Session: uuid.UUID(session.ID)})
	require.NoError(t, err)
	return access
}

func makeAccount(t testing.TB, db *dbtest.DB, c caller) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, db.PrimaryURL)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	batch := &pgx.Batch{}
	if c.kind == auth.Customer {
		batch.Queue(`INSERT INTO customers (id, display_name) VALUES ($1, 'A customer') ON CONFLICT DO NOTHING`, c.id)
	} else {
		permissions := make([]string, len(c.permissions))
		for i, p := range c.permissions {
			permissions[i] = string(p)
		}
		role := uuid.Must(uuid.NewV7())
		batch.Queue(`INSERT INTO staff (id, email, display_name) VALUES ($1, $1::uuid::text || '@staff.example', 'A staff member')`, c.id)
		batch.Queue(`INSERT INTO roles (id, name, permissions) VALUES ($1, $1::uuid::text, $2)`, role, permissions)
		batch.Queue(`INSERT INTO staff_roles (staff_id, role_id) VALUES ($1, $2)`, c.id, role)
	}
	require.NoError(t, conn.SendBatch(ctx, batch).Close())
}
