package command

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"souk/internal/auth/password"
	"souk/internal/edge/graphiql"
)

// demoPassword is the password of both demo accounts, one of which is an
// administrator. Anyone can read it here, so Demo makes them only in databases on this
// machine, and only for an API that no other machine reaches.
const demoPassword = "demo-souk-2026"

// demoPeople are the accounts that GraphiQL offers for sign-in.
func demoPeople() []demoPerson {
	return []demoPerson{
		{label: "Demo customer", name: "Mara Demo", email: "customer@demo.souk", kind: "CUSTOMER", find: findDemoCustomer, write: writeDemoCustomer},
		{label: "Demo staff", name: "Sam Demo", email: "staff@demo.souk", kind: "STAFF", find: findDemoStaff, write: writeDemoStaff},
	}
}

type demoPerson struct {
	label, name, email, kind string
	// find selects the password hash of an account in the right state, and
	// write puts the account into that state.
	find, write string
}

// Demo says what "souk dev" makes of the demo in a shop.
type Demo struct {
	// Wanted makes goods in an empty shop, and the accounts.
	Wanted bool
	// Own says that souk dev started the database. In any other it changes nothing
	// unless the demo is wanted.
	Own bool
	// Products is the number of goods; 0 makes none.
	Products int
	// Listen is the address of the API.
	Listen string
	// Log receives what was done, and why something was not.
	Log *slog.Logger
}

// Prepare brings the demo into the wanted state and returns the accounts that GraphiQL
// offers.
func (d Demo) Prepare(ctx context.Context, databaseURL string) ([]graphiql.DemoAccount, error) {
	if d.Wanted {
		filled, err := seedIfEmpty(ctx, databaseURL, d.Products, d.Log)
		if err != nil {
			return nil, err
		}
		if !filled && !d.Own {
			d.Log.Info("no demo goods were added: the shop has products, or none are wanted")
		}
	}
	accounts, err := d.accounts(ctx, databaseURL)
	if err != nil {
		return nil, fmt.Errorf("set up the demo accounts: %w", err)
	}
	return accounts, nil
}

// accounts makes sure that the demo customer and the demo administrator exist and can
// sign in with their password. Accounts in the right state are not changed. In a
// database on another machine it makes none, because other people may be able to reach
// it. Where the accounts must not be used, it disables those that a start with a demo
// has made before.
func (d Demo) accounts(ctx context.Context, databaseURL string) ([]graphiql.DemoAccount, error) {
	if !d.Wanted && !d.Own {
		return nil, nil
	}
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, err
	}
	if !onThisMachine(config) {
		d.Log.Info("no demo accounts: the database is on another machine, and their password is published")
		return nil, nil
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if !d.Wanted {
		_, err := disableDemo(ctx, conn)
		return nil, err
	}
	if host, _, err := net.SplitHostPort(d.Listen); err != nil || !isLoopback(host) {
		d.Log.Info("no demo accounts: other machines can reach the API, and their password is published", "listen", d.Listen)
		_, err := disableDemo(ctx, conn)
		return nil, err
	}
	return d.ensureAccounts(ctx, conn)
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

// DemoAccounts returns the e-mail addresses of the demo accounts that can sign in.
func DemoAccounts(ctx context.Context, databaseURL string) ([]string, error) {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return nil, fmt.Errorf("look for demo accounts: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, openDemoAccounts, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return nil, fmt.Errorf("look for demo accounts: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look for demo accounts: %w", err)
	}
	return found, nil
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
	conn, err := pgx.Connect(ctx, c.DatabaseURL)
	if err != nil {
		return fmt.Errorf("disable the demo accounts: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	disabled, err := disableDemo(ctx, conn)
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

// disableDemo disables the demo accounts and returns their e-mail addresses.
func disableDemo(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	rows, err := conn.Query(ctx, disableDemoAccounts)
	if err != nil {
		return nil, fmt.Errorf("disable the demo accounts: %w", err)
	}
	disabled, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("disable the demo accounts: %w", err)
	}
	return disabled, nil
}

// onThisMachine reports whether each host of the connection is a socket's
// folder or a loopback address.
func onThisMachine(config *pgx.ConnConfig) bool {
	hosts := []string{config.Host}
	for _, fallback := range config.Fallbacks {
		hosts = append(hosts, fallback.Host)
	}
	return !slices.ContainsFunc(hosts, func(host string) bool {
		return !strings.HasPrefix(host, "/") && !isLoopback(host)
	})
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

const disableDemoAccounts = `-- name: DisableDemoAccounts
WITH administrator AS (
  UPDATE staff
  SET disabled_at = now()
  WHERE lower(email) = 'staff@demo.souk' AND disabled_at IS NULL
  RETURNING email
), shopper AS (
  UPDATE customers
  SET disabled_at = now()
  WHERE lower(email) = 'customer@demo.souk' AND disabled_at IS NULL
  RETURNING email
)
SELECT email FROM administrator UNION ALL SELECT email FROM shopper`

const openDemoAccounts = `-- name: OpenDemoAccounts
SELECT email FROM staff WHERE lower(email) = 'staff@demo.souk' AND disabled_at IS NULL
UNION ALL
SELECT email FROM customers WHERE lower(email) = 'customer@demo.souk' AND disabled_at IS NULL`

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
