package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// riverStep is a migration that brings the tables of River, which runs the jobs, from
// one of River's own versions to another.
type riverStep struct {
	version  int64 // the migration's, among ours
	from, to int   // River's; 0: none of its tables
}

// riverSteps are in order. A release of River with a newer version gets a step of its
// own: it does not change one that a database may have.
var riverSteps = []riverStep{{20261130090000, 0, 8}}

func (s riverStep) name() string { return fmt.Sprintf("%d_river_%d", s.version, s.to) }

// riverStepOf returns the step with a version among ours.
func riverStepOf(version int64) (riverStep, bool) {
	i := slices.IndexFunc(riverSteps, func(s riverStep) bool { return s.version == version })
	if i < 0 {
		return riverStep{}, false
	}
	return riverSteps[i], true
}

// riverMigrations returns the steps as migrations of the database at url. They run
// under the lock of all migrations, each of River's versions in a transaction of its own.
func riverMigrations(url string) []*goose.Migration {
	run := func(direction rivermigrate.Direction, target int) *goose.GoFunc {
		return &goose.GoFunc{RunDB: func(ctx context.Context, _ *sql.DB) error { return migrateRiver(ctx, url, direction, target) }}
	}
	all := make([]*goose.Migration, len(riverSteps))
	for i, s := range riverSteps {
		all[i] = goose.NewGoMigration(s.version, run(rivermigrate.DirectionUp, s.to), run(rivermigrate.DirectionDown, s.from))
	}
	return all
}

func migrateRiver(ctx context.Context, url string, direction rivermigrate.Direction, target int) error {
	if target == 0 {
		target = -1 // all of River's versions
	}
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	migrator, err := newRiverMigrator(pool)
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, direction, &rivermigrate.MigrateOpts{TargetVersion: target})
	return err
}

// newRiverMigrator returns River's migrator. Without a pool it only knows the versions.
func newRiverMigrator(pool *pgxpool.Pool) (*rivermigrate.Migrator[pgx.Tx], error) {
	return rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
}

// reversal returns the statements that revert the step.
func (s riverStep) reversal() (string, error) {
	migrator, err := newRiverMigrator(nil)
	if err != nil {
		return "", err
	}
	versions := migrator.AllVersions()
	slices.Reverse(versions)
	var statements []string
	for _, v := range versions {
		if v.Version > s.from && v.Version <= s.to {
			statements = append(statements, v.SQLDown)
		}
	}
	// River puts the name of a schema here, if one is configured.
	return strings.ReplaceAll(strings.Join(statements, ";\n"), "/* TEMPLATE: schema */", ""), nil
}
