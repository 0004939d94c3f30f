// Package migrations holds the database's schema as goose migrations, named
// <timestamp>_<name>.sql, and runs them. Between them are those of River, which has its
// own: see river.go.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // goose uses database/sql
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// FS has the migration files.
//
//go:embed *.sql
var FS embed.FS

// Up applies every migration that the database at url does not have yet. A
// session lock keeps several starting instances from running them twice.
func Up(ctx context.Context, url string) error {
	return Apply(ctx, url, func(string, time.Duration) {})
}

// Apply is Up, and calls applied after each migration with its name and how long it took.
func Apply(ctx context.Context, url string, applied func(name string, took time.Duration)) error {
	return with(ctx, url, func(p *goose.Provider) error {
		for {
			result, err := p.UpByOne(ctx)
			switch {
			case errors.Is(err, goose.ErrNoNextVersion):
				return nil
			case err != nil:
				return err
			}
			applied(nameOf(result.Source), result.Duration)
		}
	})
}

// UpTo applies the missing migrations up to a version.
func UpTo(ctx context.Context, url string, version int64) error {
	return with(ctx, url, func(p *goose.Provider) error {
		_, err := p.UpTo(ctx, version)
		return err
	})
}

// Down reverts the newest applied migration.
func Down(ctx context.Context, url string) error {
	return with(ctx, url, func(p *goose.Provider) error {
		_, err := p.Down(ctx)
		return err
	})
}

// Revert reverts the newest applied migration if it is the one of that name: between a
// question and its answer, somebody else may have applied or reverted one.
func Revert(ctx context.Context, url, name string) error {
	version, err := versionOf(name)
	if err != nil {
		return err
	}
	return with(ctx, url, func(p *goose.Provider) error {
		newest, err := p.GetDBVersion(ctx)
		switch {
		case err != nil:
			return err
		case newest != version:
			return fmt.Errorf("nothing was reverted: the newest migration of the database is %d by now and no longer %s", newest, name)
		}
		_, err = p.ApplyVersion(ctx, version, false)
		return err
	})
}

// Status is one migration's state.
type Status struct {
	Version int64
	Name    string
	Applied bool
}

// List returns every known migration, oldest first.
func List(ctx context.Context, url string) ([]Status, error) {
	var list []Status
	err := with(ctx, url, func(p *goose.Provider) error {
		states, err := p.Status(ctx)
		for _, s := range states {
			list = append(list, Status{s.Source.Version, nameOf(s.Source), s.State == goose.StateApplied})
		}
		return err
	})
	return list, err
}

// Names returns the names of all migrations, oldest first.
func Names() ([]string, error) {
	names, err := fs.Glob(FS, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	for _, s := range riverSteps {
		names = append(names, s.name())
	}
	slices.Sort(names)
	return names, nil
}

// nameOf returns the name of a migration.
func nameOf(source *goose.Source) string {
	if s, ok := riverStepOf(source.Version); ok {
		return s.name()
	}
	return source.Path
}

func with(ctx context.Context, url string, do func(*goose.Provider) error) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer db.Close()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("make migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, FS, goose.WithGoMigrations(riverMigrations(url)...),
		goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(locker), goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if err := do(provider); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
