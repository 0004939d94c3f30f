package command_test

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/command"
	"souk/internal/dbtest"
)

// shopCommand runs the commands on a database of its own and returns what they print.
type shopCommand struct {
	at   command.Primary
	conn *pgx.Conn
}

func newShopCommand(t *testing.T) shopCommand {
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return shopCommand{command.Primary{DatabaseURL: db.PrimaryURL}, conn}
}

func (s shopCommand) set(t *testing.T, set command.ShopSet) (string, error) {
	var out bytes.Buffer
	set.Primary, set.Out = s.at, &out
	err := set.Run(t.Context())
	return out.String(), err
}

func (s shopCommand) show(t *testing.T, asJSON bool) string {
	var out bytes.Buffer
	require.NoError(t, (&command.ShopShow{Primary: s.at, JSON: asJSON, Out: &out}).Run(t.Context()))
	return out.String()
}

func TestShopSetAndShow(t *testing.T) {
	s := newShopCommand(t)
	require.Equal(t, "name       not set\ncurrency   not set\ncountry    not set\ntime zone  not set\nlanguages  not set\n", s.show(t, false))

	printed, err := s.set(t, command.ShopSet{Name: new("Loom"), Currency: new("eur"), Languages: []string{"de", "en"}})
	require.NoError(t, err)
	require.Equal(t, "name       Loom\ncurrency   EUR\ncountry    not set\ntime zone  not set\nlanguages  de, en\n", printed)
	_, err = s.set(t, command.ShopSet{Name: new(""), TimeZone: new("Europe/Berlin")})
	require.NoError(t, err)
	var shown map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.show(t, true)), &shown))
	delete(shown, "updatedAt")
	require.Equal(t, map[string]any{
		"name": nil, "currency": "EUR", "country": nil, "timeZone": "Europe/Berlin", "languages": []any{"de", "en"}, "version": 3.0,
	}, shown)

	t.Run("is in the audit log as the operator's", func(t *testing.T) {
		var kinds, fields []string
		require.NoError(t, s.conn.QueryRow(t.Context(), `
SELECT array_agg(DISTINCT actor_kind || ' ' || action || ' ' || request_id || ' ' || subject_kind),
       array_agg(c->>'field' ORDER BY e.id, c->>'field')
FROM audit_events e, jsonb_array_elements(changes) AS c`).Scan(&kinds, &fields))
		require.Equal(t, []string{"OPERATOR souk shop set command line SHOP"}, kinds)
		require.Equal(t, []string{"currency", "languages", "name", "name", "timeZone"}, fields)
	})
	t.Run("refuses what is wrong, all at once", func(t *testing.T) {
		_, err := s.set(t, command.ShopSet{Currency: new("EURO"), Country: new("UK")})
		require.ErrorContains(t, err, "currency: it is not an ISO 4217 currency code")
		require.ErrorContains(t, err, "country: it is not an ISO 3166-1 country code")
	})
	t.Run("refuses to set nothing", func(t *testing.T) {
		_, err := s.set(t, command.ShopSet{})
		requireUsage(t, err, "--currency")
	})
}

// requireUsage requires exit code 2 and a message that names the way out.
func requireUsage(t *testing.T, err error, way string) {
	t.Helper()
	var failure *command.Failure
	require.ErrorAs(t, err, &failure)
	require.Equal(t, command.ExitUsage, failure.Code)
	require.ErrorContains(t, err, way)
}
