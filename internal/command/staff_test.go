package command_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/auth/password"
	"souk/internal/auth/token"
	"souk/internal/command"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/store"
)

const goodPassword = "a quiet green door"

func TestStaffCreateAndToken(t *testing.T) {
	db := dbtest.New(t)
	at := command.Primary{DatabaseURL: db.PrimaryURL}
	var out bytes.Buffer
	create := func(password, email, role string) error {
		t.Setenv("SOUK_STAFF_PASSWORD", password)
		return (&command.StaffCreate{Primary: at, Email: email, Role: role, Out: &out}).Run(t.Context())
	}
	require.NoError(t, create(goodPassword, "ada@example.com", "administrator"))
	require.Contains(t, out.String(), "souk token --email ada@example.com")
	require.NotContains(t, out.String(), goodPassword)

	t.Run("stores the password as a hash", func(t *testing.T) {
		conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
		require.NoError(t, err)
		defer conn.Close(t.Context())
		var hash string
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT password_hash FROM staff WHERE display_name = 'ada'`).Scan(&hash))
		hasher, err := password.New(password.Config{})
		require.NoError(t, err)
		ok, _, err := hasher.Verify(t.Context(), hash, goodPassword)
		require.NoError(t, err)
		require.True(t, ok)
	})
	t.Run("refuses", func(t *testing.T) {
		require.ErrorContains(t, create("password1", "bo@example.com", "Administrator"), "very common")
		require.ErrorContains(t, create("", "bo@example.com", "Administrator"), "SOUK_STAFF_PASSWORD")
		require.ErrorContains(t, create(goodPassword, "bo", "Administrator"), "email: it is not an e-mail address")
		require.ErrorContains(t, create(goodPassword, "bo@example.com", "Boss"), "role: there is no role")
		require.ErrorContains(t, create(goodPassword, "ADA@example.com", "Administrator"), "email: another staff member has this")
	})
	t.Run("is listed", func(t *testing.T) {
		out.Reset()
		require.NoError(t, (&command.StaffList{Primary: at, Out: &out}).Run(t.Context()))
		require.Equal(t, "E-MAIL           NAME  ROLES          STATE\nada@example.com  ada   Administrator  active\n", out.String())
	})

	file := filepath.Join(t.TempDir(), "keys.json")
	require.NoError(t, command.EnsureKeys(file))
	print := func(change func(*command.Token)) (string, error) {
		out.Reset()
		c := &command.Token{
			Primary: at, Signing: config.Signing{KeysFile: file, Issuer: "souk", Audience: "souk"},
			Email: "Ada@Example.com", Lifetime: time.Hour, Out: &out,
		}
		change(c)
		err := c.Run(t.Context())
		return strings.TrimSpace(out.String()), err
	}
	t.Run("a token is good for who may do everything", func(t *testing.T) {
		access, err := print(func(*command.Token) {})
		require.NoError(t, err)
		keys, err := config.Signing{KeysFile: file}.KeySet(config.Production)
		require.NoError(t, err)
		verifier, err := token.NewVerifier(token.VerifierConfig{Keys: keys, Issuer: "souk", Audience: "souk"})
		require.NoError(t, err)
		who, err := verifier.Verify(t.Context(), access)
		require.NoError(t, err)
		shop, err := store.Open(t.Context(), store.Config{PrimaryURL: db.PrimaryURL})
		require.NoError(t, err)
		defer shop.Close()
		principal, err := shop.StaffPrincipal(t.Context(), who.Subject, who.Session)
		require.NoError(t, err)
		require.Equal(t, auth.AllPermissions(), principal.Permissions)
	})
	t.Run("a token is refused", func(t *testing.T) {
		for want, change := range map[string]func(*command.Token){
			"no staff member": func(c *command.Token) { c.Email = "bo@example.com" },
			"no customer":     func(c *command.Token) { c.Customer = true },
			"SOUK_KEYS":       func(c *command.Token) { c.KeysFile = "" },
			"--lifetime":      func(c *command.Token) { c.Lifetime = 25 * time.Hour },
		} {
			printed, err := print(change)
			require.ErrorContains(t, err, want)
			require.Empty(t, printed)
		}
	})
}
