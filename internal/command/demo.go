package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"souk/internal/edge/graphiql"
	"souk/internal/seed"
)

// Demo says what "souk dev" makes of the demo in a shop.
type Demo struct {
	// Asked is what the command line says: make goods in an empty shop, and the accounts,
	// or disable the accounts. Nil: it says nothing.
	Asked *bool
	// Own says that souk dev started the database. In any other it changes nothing
	// unless the demo is asked for.
	Own bool
	// Refused is a file that remembers, for a database of souk dev's own, that no demo
	// was asked for, until one is. "": nothing is remembered.
	Refused string
	// Products is the number of goods; 0 makes none.
	Products int
	// Listen is the address of the API.
	Listen string
	// Log receives what was done, and why something was not.
	Log *slog.Logger
}

// Prepare brings the demo into the wanted state and returns the accounts that GraphiQL
// offers.
//
// A published password must never get into a real shop by itself. So a start that says
// nothing makes a demo only in a database of souk dev's own, and there only if none was
// refused before and the shop is untouched or the demo already.
func (d Demo) Prepare(ctx context.Context, databaseURL string) ([]graphiql.DemoAccount, error) {
	refused, err := d.remember()
	switch {
	case err != nil:
		return nil, fmt.Errorf("remember whether the demo is wanted: %w", err)
	case refused:
		return nil, d.leaveOut(ctx, databaseURL)
	case d.Asked == nil && !d.Own:
		return nil, nil
	case d.Asked == nil:
		shop, err := readShop(ctx, databaseURL)
		if err != nil {
			return nil, err
		}
		if reason := shop.notForDemo(); reason != "" {
			d.Log.Info("no demo is made, and the accounts stay as they are; --demo asks for it", "reason", reason)
			return nil, nil
		}
	}
	filled, err := seedIfEmpty(ctx, databaseURL, d.Products, d.Log)
	if err != nil {
		return nil, err
	}
	if !filled && !d.Own {
		d.Log.Info("no demo goods were added: the shop has products, or none are wanted")
	}
	accounts, err := d.accounts(ctx, databaseURL)
	if err != nil {
		return nil, fmt.Errorf("set up the demo accounts: %w", err)
	}
	return accounts, nil
}

// remember stores what the command line says, and reports whether the demo is refused,
// now or since an earlier start.
func (d Demo) remember() (refused bool, err error) {
	if d.Refused == "" || !d.Own {
		return d.Asked != nil && !*d.Asked, nil
	}
	switch {
	case d.Asked == nil:
		_, err := os.Stat(d.Refused)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	case *d.Asked:
		if err := os.Remove(d.Refused); !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		return false, nil
	}
	return true, os.WriteFile(d.Refused, []byte("No demo was wanted here: souk dev --demo asks for it again.\n"), 0o644)
}

// leaveOut disables the accounts that an earlier start has made, in a database of souk
// dev's own, and says what of the demo is still there.
func (d Demo) leaveOut(ctx context.Context, databaseURL string) error {
	if !d.Own {
		return nil
	}
	disabled, err := disableDemo(ctx, databaseURL, "souk dev --no-demo")
	if err != nil {
		return err
	}
	if len(disabled) > 0 {
		d.Log.Info("the demo accounts were disabled", "accounts", disabled)
	}
	shop, err := readShop(ctx, databaseURL)
	if err != nil {
		return err
	}
	switch {
	case shop.DemoProducts:
		d.Log.Info("the shop already has products of the demo, which stay; to begin with an empty shop, run make reset first")
	case shop.Products && d.Asked != nil:
		d.Log.Info("the shop already has products, which stay; make reset empties it")
	}
	return nil
}

// accounts makes sure that the demo customer and the demo administrator exist and can
// sign in with their password. Accounts in the right state are not changed. In a
// database on another machine it makes none, because other people may be able to reach
// it. For an API that other machines reach, it disables those that exist.
func (d Demo) accounts(ctx context.Context, databaseURL string) ([]graphiql.DemoAccount, error) {
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, err
	}
	if !onThisMachine(config) {
		d.Log.Info("no demo accounts: the database is on another machine, and their password is published")
		return nil, nil
	}
	if host, _, err := net.SplitHostPort(d.Listen); err != nil || !isLoopback(host) {
		d.Log.Info("no demo accounts: other machines can reach the API, and their password is published", "listen", d.Listen)
		disabled, err := disableDemo(ctx, databaseURL, "souk dev --listen")
		if len(disabled) > 0 {
			d.Log.Info("the demo accounts were disabled", "accounts", disabled)
		}
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return d.ensureAccounts(ctx, conn)
}

// shopContent says what a shop has, as far as the demo is concerned.
type shopContent struct {
	Products     bool // any
	DemoProducts bool
	OtherStaff   bool
	// Disabled says that a demo account was disabled on purpose.
	Disabled bool
}

// notForDemo returns why a shop is neither untouched nor the demo. "": it is one of
// them. Somebody who tries the demo out may add products to it: it stays the demo.
func (c shopContent) notForDemo() string {
	switch {
	case c.OtherStaff:
		return "the shop has staff of its own"
	case c.Disabled:
		return "the demo accounts were disabled"
	case c.Products && !c.DemoProducts:
		return "the shop has products of its own"
	}
	return ""
}

func readShop(ctx context.Context, databaseURL string) (found shopContent, err error) {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return found, fmt.Errorf("look what the shop has: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	const statement = `-- name: ShopContent
SELECT
  EXISTS (SELECT FROM products) AS products,
  EXISTS (SELECT FROM products WHERE source = @demo) AS demo_products,
  EXISTS (SELECT FROM staff WHERE lower(email) <> @staff) AS other_staff,
  EXISTS (SELECT FROM staff WHERE lower(email) = @staff AND disabled_at IS NOT NULL) AS disabled`
	rows, err := conn.Query(ctx, statement, pgx.StrictNamedArgs{"demo": seed.Source, "staff": demoStaff})
	if err == nil {
		found, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[shopContent])
	}
	if err != nil {
		return found, fmt.Errorf("look what the shop has: %w", err)
	}
	return found, nil
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
