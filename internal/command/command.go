// Package command implements the binary's commands other than serving: filling
// the shop, importing files, checking the set-up.
package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"souk/migrations"
)

// Primary is the database that a command works on.
type Primary struct {
	DatabaseURL string `name:"database-url" env:"DATABASE_URL" required:"" placeholder:"URL" help:"The primary: postgres://user:password@host:5432/name. After make run: source .dev/env"`
}

// Exit is an exit code of a command that has already printed the reason.
type Exit int

// ExitUsage is the exit code of a command that was not called correctly, and changed
// nothing.
const ExitUsage Exit = 2

// Failure is an error that ends a command with a code other than 1. The reason is
// printed, as that of any other error.
type Failure struct {
	Code Exit
	Err  error
}

// RequireSchema returns an error when the database cannot be reached or lacks
// migrations. A server would otherwise answer each query with an internal
// error.
func RequireSchema(ctx context.Context, databaseURL string) error {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return migrations.Require(ctx, conn)
}

// OneLine formats an error for a terminal. pgx gives each connection attempt
// its own line, and the last one is the most informative.
func OneLine(err error) string {
	attempts := strings.Split(err.Error(), "\n\t")
	text := attempts[0]
	if len(attempts) > 1 {
		text += " " + attempts[len(attempts)-1]
	}
	if _, unreached := errors.AsType[*pgconn.ConnectError](err); unreached {
		text += ": check DATABASE_URL, and that the server runs"
	}
	return text
}

func (e Exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns the reason.
func (f *Failure) Unwrap() error { return f.Err }

// ExitCode returns nil for 0.
func ExitCode(code int) error {
	if code == 0 {
		return nil
	}
	return Exit(code)
}
