package command

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"souk/internal/auth"
	"souk/internal/auth/password"
	"souk/internal/edge/graphiql"
)

// demoPassword is the password of both demo accounts, one of which is an
// administrator. Anyone can read it here, so Demo makes them only in databases on this
// machine, and only for an API that no other machine reaches.
const demoPassword = "demo-souk-2026"

const (
	demoStaff    = "staff@demo.souk"
	demoCustomer = "customer@demo.souk"
)

// demoPeople are the accounts that GraphiQL offers for sign-in.
func demoPeople() []demoPerson {
	return []demoPerson{
		{label: "Demo customer", name: "Mara Demo", email: demoCustomer, kind: "CUSTOMER", find: findDemoCustomer, write: writeDemoCustomer},
		{label: "Demo staff", name: "Sam Demo", email: demoStaff, kind: "STAFF", find: findDemoStaff, write: writeDemoStaff},
	}
}

type demoPerson struct {
	label, name, email, kind string
	// find selects the password hash of an account in the right state, and
	// write puts the account into that state.
	find, write string
}

func (d Demo) ensureAccounts(ctx context.Context, conn *pgx.Conn) ([]graphiql.DemoAccount, error) {
	hasher, err := password.New(password.Config{})
	if err != nil {
		return nil, err
	}
	var accounts []graphiql.DemoAccount
	for _, person := range demoPeople() {
		made, err := person.ensure(ctx, conn, hasher)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", person.name, err)
		}
		if made {
			d.Log.Info("demo account made, with the published password", "email", person.email)
		}
		accounts = append(accounts, graphiql.DemoAccount{
			Label: person.label, Email: person.email, Password: demoPassword, Kind: person.kind,
		})
	}
	return accounts, nil
}

// openAccount is a demo account that can sign in with the published password.
type openAccount struct {
	Kind         auth.Kind
	ID           uuid.UUID
	Email        string
	PasswordHash string
}

// openDemo returns the demo accounts to which anybody can sign in. One whose password
// was changed is somebody's own.
func openDemo(ctx context.Context, databaseURL string) ([]openAccount, error) {
	hasher, err := password.New(password.Config{})
	if err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return nil, fmt.Errorf("look for demo accounts: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, openDemoAccounts, pgx.QueryExecModeSimpleProtocol, pgx.StrictNamedArgs{"staff": demoStaff, "customer": demoCustomer})
	if err != nil {
		return nil, fmt.Errorf("look for demo accounts: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[openAccount])
	if err != nil {
		return nil, fmt.Errorf("look for demo accounts: %w", err)
	}
	return slices.DeleteFunc(found, func(account openAccount) bool {
		ok, _, err := hasher.Verify(ctx, account.PasswordHash, demoPassword)
		return err != nil || !ok
	}), nil
}

// DemoAccounts returns the e-mail addresses of the demo accounts that can sign in.
func DemoAccounts(ctx context.Context, databaseURL string) (emails []string, err error) {
	found, err := openDemo(ctx, databaseURL)
	for _, account := range found {
		emails = append(emails, account.Email)
	}
	return emails, err
}

// WithoutDemo is what to do about demo accounts in a shop that is not one.
const WithoutDemo = "anyone can sign in with their published password: run souk staff disable-demo"

// WarnOfDemo logs that demo accounts exist, with the way out.
func WarnOfDemo(ctx context.Context, databaseURL string, log *slog.Logger) {
	found, err := DemoAccounts(ctx, databaseURL)
	switch {
	case err != nil:
		log.WarnContext(ctx, "cannot tell whether demo accounts exist", "error", err)
	case len(found) > 0:
		log.WarnContext(ctx, "demo accounts exist", "accounts", found, "advice", WithoutDemo)
	}
}

// HasStaff reports whether anybody can sign in as staff.
func HasStaff(ctx context.Context, databaseURL string) (has bool, err error) {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return false, fmt.Errorf("look for staff: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := conn.QueryRow(ctx, anyStaff).Scan(&has); err != nil {
		return false, fmt.Errorf("look for staff: %w", err)
	}
	return has, nil
}

// StaffDisableDemo disables the demo accounts.
type StaffDisableDemo struct {
	Primary `embed:""`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run disables the demo accounts, whoever else is an administrator: a published
// password is worse than none.
func (c *StaffDisableDemo) Run(ctx context.Context) error {
	if err := RequireSchema(ctx, c.DatabaseURL); err != nil {
		return err
	}
	disabled, err := disableDemo(ctx, c.DatabaseURL, "souk staff disable-demo")
	if err != nil {
		return err
	}
	if len(disabled) == 0 {
		_, err = fmt.Fprintln(output(c.Out), "no demo account could sign in; nothing was changed")
		return err
	}
	_, err = fmt.Fprintf(output(c.Out), "disabled: %s\n", strings.Join(disabled, ", "))
	return err
}

// disableDemo disables the demo accounts that can sign in and returns their e-mail
// addresses. The audit log names action.
func disableDemo(ctx context.Context, databaseURL, action string) (disabled []string, err error) {
	found, err := openDemo(ctx, databaseURL)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	shop, err := openStore(ctx, databaseURL)
	if err != nil {
		return nil, fmt.Errorf("disable the demo accounts: %w", err)
	}
	defer shop.Close()
	for _, account := range found {
		if err := consoleWriter(shop, action).DisableAccount(ctx, account.Kind, account.ID); err != nil {
			return disabled, fmt.Errorf("disable the demo accounts: %w", err)
		}
		disabled = append(disabled, account.Email)
	}
	return disabled, nil
}

const openDemoAccounts = `-- name: OpenDemoAccounts
SELECT 'STAFF' AS kind, id, email, password_hash
FROM staff
WHERE lower(email) = @staff AND disabled_at IS NULL AND password_hash IS NOT NULL
UNION ALL
SELECT 'CUSTOMER', id, email, password_hash
FROM customers
WHERE lower(email) = @customer AND disabled_at IS NULL AND password_hash IS NOT NULL`

const anyStaff = `-- name: AnyStaff
SELECT EXISTS (SELECT FROM staff WHERE disabled_at IS NULL)`

// ensure puts the account into the right state and reports whether it was not.
func (p demoPerson) ensure(ctx context.Context, conn *pgx.Conn, hasher *password.Hasher) (made bool, err error) {
	rows, err := conn.Query(ctx, p.find, pgx.StrictNamedArgs{"email": p.email})
	if err != nil {
		return false, err
	}
	hashes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return false, err
	}
	if len(hashes) == 1 {
		ok, stale, err := hasher.Verify(ctx, hashes[0], demoPassword)
		if err == nil && ok && !stale {
			return false, nil
		}
	}
	hash, err := hasher.Hash(ctx, demoPassword)
	if err != nil {
		return false, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return false, err
	}
	_, err = conn.Exec(ctx, p.write, pgx.StrictNamedArgs{"id": id, "name": p.name, "email": p.email, "hash": hash})
	return err == nil, err
}

const findDemoCustomer = `-- name: FindDemoCustomer
SELECT password_hash
FROM customers
WHERE lower(email) = @email
  AND password_hash IS NOT NULL
  AND email_verified_at IS NOT NULL
  AND disabled_at IS NULL`

const writeDemoCustomer = `-- name: WriteDemoCustomer
INSERT INTO customers (id, display_name, email, email_verified_at, password_hash)
VALUES (@id, @name, @email, now(), @hash)
ON CONFLICT (lower(email)) WHERE email IS NOT NULL DO UPDATE
SET password_hash = EXCLUDED.password_hash,
    email_verified_at = coalesce(customers.email_verified_at, EXCLUDED.email_verified_at),
    disabled_at = NULL`

const findDemoStaff = `-- name: FindDemoStaff
SELECT s.password_hash
FROM staff s
WHERE lower(s.email) = @email
  AND s.password_hash IS NOT NULL
  AND s.disabled_at IS NULL
  AND EXISTS (
    SELECT
    FROM staff_roles sr
    JOIN roles r ON r.id = sr.role_id
    WHERE sr.staff_id = s.id
      AND r.is_administrator
  )`

const writeDemoStaff = `-- name: WriteDemoStaff
WITH person AS (
  INSERT INTO staff (id, email, display_name, password_hash)
  VALUES (@id, @email, @name, @hash)
  ON CONFLICT (lower(email)) DO UPDATE
  SET password_hash = EXCLUDED.password_hash,
      disabled_at = NULL
  RETURNING id
)
INSERT INTO staff_roles (staff_id, role_id)
SELECT person.id, administrator.id
FROM person
CROSS JOIN (SELECT id FROM roles WHERE is_administrator ORDER BY id LIMIT 1) administrator
ON CONFLICT DO NOTHING`
