package command

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"souk/internal/auth/password"
	"souk/internal/edge/graphiql"
)

// demoPassword is the password of both demo accounts, one of which is an
// administrator. Anyone can read it here, so DemoAccounts uses only databases
// on this machine.
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

// DemoAccounts makes sure that the demo customer and the demo administrator
// exist and can sign in with their password, and returns what GraphiQL needs to
// know. Accounts in the right state are not changed. For a database on another
// machine it creates and returns none, because other people may be able to
// reach it. For an API that listens beyond this machine it also returns none,
// and disables existing demo accounts until the next start with a local API.
func DemoAccounts(ctx context.Context, databaseURL, listen string) ([]graphiql.DemoAccount, error) {
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("make the demo accounts: %w", err)
	}
	if !onThisMachine(config) {
		return nil, nil
	}
	hasher, err := password.New(password.Config{})
	if err != nil {
		return nil, fmt.Errorf("make the demo accounts: %w", err)
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("make the demo accounts: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if host, _, err := net.SplitHostPort(listen); err != nil || !isLoopback(host) {
		if _, err := conn.Exec(ctx, disableDemoAccounts); err != nil {
			return nil, fmt.Errorf("disable the demo accounts: %w", err)
		}
		return nil, nil
	}
	var accounts []graphiql.DemoAccount
	for _, person := range demoPeople() {
		if err := person.ensure(ctx, conn, hasher); err != nil {
			return nil, fmt.Errorf("make the account of %s: %w", person.name, err)
		}
		accounts = append(accounts, graphiql.DemoAccount{
			Label: person.label, Email: person.email, Password: demoPassword, Kind: person.kind,
		})
	}
	return accounts, nil
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
WITH staff AS (
  UPDATE staff
  SET disabled_at = now()
  WHERE lower(email) = 'staff@demo.souk' AND disabled_at IS NULL
)
UPDATE customers
SET disabled_at = now()
WHERE lower(email) = 'customer@demo.souk' AND disabled_at IS NULL`

func (p demoPerson) ensure(ctx context.Context, conn *pgx.Conn, hasher *password.Hasher) error {
	rows, err := conn.Query(ctx, p.find, pgx.StrictNamedArgs{"email": p.email})
	if err != nil {
		return err
	}
	hashes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	if len(hashes) == 1 {
		ok, stale, err := hasher.Verify(ctx, hashes[0], demoPassword)
		if err == nil && ok && !stale {
			return nil
		}
	}
	hash, err := hasher.Hash(ctx, demoPassword)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, p.write, pgx.StrictNamedArgs{"id": id, "name": p.name, "email": p.email, "hash": hash})
	return err
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
