package command_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth/password"
	"souk/internal/command"
	"souk/internal/dbtest"
)

var quiet = slog.New(slog.DiscardHandler)

// wanted is a demo without goods.
func wanted(listen string) command.Demo {
	return command.Demo{Asked: new(true), Listen: listen, Log: quiet}
}

func TestDemoAccounts(t *testing.T) {
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	hasher, err := password.New(password.Config{})
	require.NoError(t, err)

	ensure := func(t *testing.T) {
		t.Helper()
		accounts, err := wanted("127.0.0.1:8080").Prepare(t.Context(), db.PrimaryURL)
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
			accounts, err := wanted(listen).Prepare(t.Context(), db.PrimaryURL)
			require.NoError(t, err)
			require.Empty(t, accounts)
			open, err := command.DemoAccounts(t.Context(), db.PrimaryURL)
			require.NoError(t, err)
			require.Empty(t, open, listen)
		}
	})
	t.Run("are disabled in a database of souk dev's own without a demo", func(t *testing.T) {
		ensure(t)
		accounts, err := command.Demo{Asked: new(false), Own: true, Listen: "127.0.0.1:8080", Log: quiet}.Prepare(t.Context(), db.PrimaryURL)
		require.NoError(t, err)
		require.Empty(t, accounts)
		open, err := command.DemoAccounts(t.Context(), db.PrimaryURL)
		require.NoError(t, err)
		require.Empty(t, open)
	})
	t.Run("stay as they are in any other database without a demo", func(t *testing.T) {
		ensure(t)
		before := state(t)
		accounts, err := command.Demo{Listen: ":8080", Log: quiet}.Prepare(t.Context(), db.PrimaryURL)
		require.NoError(t, err)
		require.Empty(t, accounts)
		require.Equal(t, before, state(t))
	})
	t.Run("are disabled by the command that says so", func(t *testing.T) {
		ensure(t)
		var out bytes.Buffer
		disable := command.StaffDisableDemo{Primary: command.Primary{DatabaseURL: db.PrimaryURL}, Out: &out}
		require.NoError(t, disable.Run(t.Context()))
		require.Equal(t, "disabled: staff@demo.souk, customer@demo.souk\n", out.String())
		var events string
		require.NoError(t, conn.QueryRow(t.Context(), `
			SELECT string_agg(concat_ws(' ', actor_kind, subject_kind, changes->0->>'field'), ', ' ORDER BY id)
			FROM audit_events WHERE action = 'souk staff disable-demo'`).Scan(&events))
		require.Equal(t, "OPERATOR STAFF isDisabled, OPERATOR CUSTOMER isDisabled", events)
		open, err := command.DemoAccounts(t.Context(), db.PrimaryURL)
		require.NoError(t, err)
		require.Empty(t, open)
		out.Reset()
		require.NoError(t, disable.Run(t.Context()))
		require.Contains(t, out.String(), "nothing was changed")
	})
}

func TestDemoAccountsAreForThisMachineOnly(t *testing.T) {
	for _, url := range []string{
		"postgres://db.example/souk",
		"postgres://192.0.2.7/souk",
		"postgres://127.0.0.1,db.example/souk",
	} {
		accounts, err := wanted("127.0.0.1:8080").Prepare(t.Context(), url)
		require.NoError(t, err, "nobody is asked at that address")
		require.Empty(t, accounts)
	}
}

func TestADemoThatNobodyAskedFor(t *testing.T) {
	const (
		demoProduct = `INSERT INTO products (id, slug, title, source, source_key) VALUES (gen_random_uuid(), 'demo', 'Demo', 'seed', '1')`
		ownProduct  = `INSERT INTO products (id, slug, title) VALUES (gen_random_uuid(), 'lamp', 'Lamp')`
		ownStaff    = `INSERT INTO staff (id, email, display_name) VALUES (gen_random_uuid(), 'ada@example.com', 'Ada')`
		disabled    = `INSERT INTO staff (id, email, display_name, disabled_at) VALUES (gen_random_uuid(), 'staff@demo.souk', 'Sam', now())`
	)
	for name, test := range map[string]struct {
		shop []string
		made bool
	}{
		"is made in a shop that nobody has touched":          {nil, true},
		"is made in the demo":                                {[]string{demoProduct}, true},
		"is made in the demo with a product more":            {[]string{demoProduct, ownProduct}, true},
		"is not made beside products":                        {[]string{ownProduct}, false},
		"is not made beside staff":                           {[]string{ownStaff}, false},
		"is not made beside staff, with the demo's products": {[]string{demoProduct, ownStaff}, false},
		"is not made again where its accounts were disabled": {[]string{demoProduct, disabled}, false},
	} {
		t.Run(name, func(t *testing.T) {
			db := dbtest.New(t)
			conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
			require.NoError(t, err)
			defer conn.Close(t.Context())
			for _, statement := range test.shop {
				_, err := conn.Exec(t.Context(), statement)
				require.NoError(t, err)
			}
			accounts, err := command.Demo{Own: true, Listen: "127.0.0.1:8080", Log: quiet}.Prepare(t.Context(), db.PrimaryURL)
			require.NoError(t, err)
			require.Equal(t, test.made, len(accounts) == 2)
			open, err := command.DemoAccounts(t.Context(), db.PrimaryURL)
			require.NoError(t, err)
			require.Equal(t, test.made, len(open) == 2)
		})
	}
}
