package command_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth/password"
	"souk/internal/command"
	"souk/internal/dbtest"
)

func TestDemoAccounts(t *testing.T) {
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	hasher, err := password.New(password.Config{})
	require.NoError(t, err)

	ensure := func(t *testing.T) {
		t.Helper()
		accounts, err := command.DemoAccounts(t.Context(), db.PrimaryURL, "127.0.0.1:8080")
		require.NoError(t, err)
		require.Len(t, accounts, 2)
		for _, account := range accounts {
			table := map[string]string{"CUSTOMER": "customers", "STAFF": "staff"}[account.Kind]
			var hash string
			require.NoError(t, conn.QueryRow(t.Context(),
				"SELECT password_hash FROM "+table+" WHERE email = $1 AND disabled_at IS NULL", account.Email).Scan(&hash))
			ok, stale, err := hasher.Verify(t.Context(), hash, account.Password)
			require.NoError(t, err)
			require.True(t, ok && !stale, account.Email)
		}
	}
	// state is all that the accounts consist of.
	state := func(t *testing.T) (all string) {
		t.Helper()
		require.NoError(t, conn.QueryRow(t.Context(), `
			SELECT jsonb_build_object(
				'customers', (SELECT jsonb_agg(c) FROM customers c),
				'staff', (SELECT jsonb_agg(s) FROM staff s),
				'roles', (SELECT jsonb_agg(r.name) FROM staff_roles sr JOIN roles r ON r.id = sr.role_id WHERE r.is_administrator))`,
		).Scan(&all))
		return all
	}
	execute := func(t *testing.T, statement string) {
		t.Helper()
		tag, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err)
		require.EqualValues(t, 1, tag.RowsAffected())
	}

	ensure(t)
	first := state(t)
	require.Contains(t, first, "Mara Demo")
	require.Contains(t, first, `"Administrator"`)

	t.Run("are left alone when they are there", func(t *testing.T) {
		ensure(t)
		require.Equal(t, first, state(t))
	})
	for name, damage := range map[string]string{
		"get their password back":  `UPDATE customers SET password_hash = (SELECT password_hash FROM staff) || 'A'`,
		"are not disabled":         `UPDATE staff SET disabled_at = now()`,
		"have a verified e-mail":   `UPDATE customers SET email_verified_at = NULL`,
		"are administrators again": `DELETE FROM staff_roles`,
	} {
		t.Run(name, func(t *testing.T) {
			execute(t, damage)
			ensure(t)
			mended := state(t)
			require.Contains(t, mended, `"Administrator"`)
			require.NotContains(t, mended, `"email_verified_at": null`)
		})
	}
	t.Run("are disabled for an API that others reach", func(t *testing.T) {
		for _, listen := range []string{"0.0.0.0:8080", ":8080", "192.0.2.7:8080"} {
			ensure(t)
			accounts, err := command.DemoAccounts(t.Context(), db.PrimaryURL, listen)
			require.NoError(t, err)
			require.Empty(t, accounts)
			var open int
			require.NoError(t, conn.QueryRow(t.Context(), `
				SELECT (SELECT count(*) FROM staff WHERE disabled_at IS NULL)
				     + (SELECT count(*) FROM customers WHERE disabled_at IS NULL)`).Scan(&open))
			require.Zero(t, open, listen)
		}
	})
}

func TestDemoAccountsAreForThisMachineOnly(t *testing.T) {
	for _, url := range []string{
		"postgres://db.example/souk",
		"postgres://192.0.2.7/souk",
		"postgres://127.0.0.1,db.example/souk",
	} {
		accounts, err := command.DemoAccounts(t.Context(), url, "127.0.0.1:8080")
		require.NoError(t, err, "nobody is asked at that address")
		require.Empty(t, accounts)
	}
}
