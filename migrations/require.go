package migrations

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Require returns an error that says what to do when the database lacks
// migrations. It only reads, so a role without migration privileges can call
// it. It takes no lock, so it works through a pooler.
func Require(ctx context.Context, conn *pgx.Conn) error {
	names, err := Names()
	if err != nil {
		return err
	}
	applied, err := appliedVersions(ctx, conn)
	if err != nil {
		return fmt.Errorf("read the applied migrations: %w", err)
	}
	missing := 0
	for _, name := range names {
		version, err := versionOf(name)
		if err != nil {
			return err
		}
		if !applied[version] {
			missing++
		}
	}
	if missing > 0 {
		return fmt.Errorf("the database lacks %d of %d migrations: run souk migrate up", missing, len(names))
	}
	return nil
}

func appliedVersions(ctx context.Context, conn *pgx.Conn) (map[int64]bool, error) {
	var begun bool
	if err := conn.QueryRow(ctx, `-- name: MigrationsBegun
SELECT to_regclass('goose_db_version') IS NOT NULL`, pgx.QueryExecModeSimpleProtocol).Scan(&begun); err != nil || !begun {
		return nil, err
	}
	rows, err := conn.Query(ctx, `-- name: AppliedMigrations
SELECT version_id FROM goose_db_version WHERE is_applied`, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return nil, err
	}
	versions, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	applied := make(map[int64]bool, len(versions))
	for _, version := range versions {
		applied[version] = true
	}
	return applied, err
}

// versionOf returns the version of a migration, which its name begins with.
func versionOf(name string) (int64, error) {
	digits, _, _ := strings.Cut(name, "_")
	version, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read the version of %s: %w", name, err)
	}
	return version, nil
}
