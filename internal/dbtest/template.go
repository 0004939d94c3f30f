package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io/fs"

	"github.com/jackc/pgx/v5"

	"souk/migrations"
)

// largeTemplate is where copying files, which costs two checkpoints, becomes
// quicker than writing every block to the log, which the replica has to receive.
// Measured on two busy cores, log against copy: 7 MB 75 and 70 ms, 71 MB 320 and
// 170 ms, 263 MB 1.3 and 0.35 s. For files in memory it is always quicker: 7 MB
// take 74 and 24 ms of CPU, replica included.
const largeTemplate = 64 << 20

// setup changes when the servers, or templates, need something else than they did: those
// of a stack that is kept are then made anew.
const setup = 2

// template is a database that others are cloned from.
type template struct {
	name    string // what it holds; the database's name is a hash of this and the migrations
	prepare func(ctx context.Context, url string) error
}

func migrated() template { return template{name: "migrated"} }

func named(name string, prepare func(ctx context.Context, url string) error) template {
	return template{name: "named " + name, prepare: prepare}
}

// key is a hash of the migrations' content and of the template's name.
func (t template) key() ([]byte, error) {
	sum := sha256.New()
	names, err := migrations.Names() // those of River have no file
	if err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintf(sum, "%d %s\x00%s\x00", setup, t.name, names)
	err = fs.WalkDir(migrations.FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return addFile(sum, path)
	})
	return sum.Sum(nil), err
}

func addFile(sum hash.Hash, path string) error {
	content, err := migrations.FS.ReadFile(path)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(sum, "%s\x00%d\x00%s", path, len(content), content)
	return err
}

// clone makes a database like the template, and the template first if no test
// process has made it yet.
func (s servers) clone(ctx context.Context, from template, name string) error {
	key, err := from.key()
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	return with(ctx, s.primary, func(conn *pgx.Conn) error { return s.cloneOver(ctx, conn, from, key, name) })
}

func (s servers) cloneOver(ctx context.Context, conn *pgx.Conn, from template, key []byte, name string) error {
	source := fmt.Sprintf("souk_template_%x", key[:8])
	if err := s.ensureTemplate(ctx, conn, from, source, int64(binary.BigEndian.Uint64(key))); err != nil {
		return fmt.Errorf("template %q: %w", from.name, err)
	}
	var copies bool
	if err := conn.QueryRow(ctx, `SELECT current_setting('data_directory') LIKE '/dev/shm/%' OR pg_database_size($1) > $2`,
		source, largeTemplate).Scan(&copies); err != nil {
		return err
	}
	strategy := "wal_log"
	if copies {
		strategy = "file_copy"
	}
	_, err := conn.Exec(ctx, `CREATE DATABASE `+quoted(name)+` TEMPLATE `+quoted(source)+` STRATEGY `+strategy)
	return err
}

// ensureTemplate makes the template unless it is there. The advisory lock lets
// one of all test processes do it; the database's mark as a template, set last,
// says that it is whole.
func (s servers) ensureTemplate(ctx context.Context, conn *pgx.Conn, t template, source string, lock int64) (err error) {
	if done, err := isTemplate(ctx, conn, source); done || err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, lock); err != nil {
		return err
	}
	defer func() {
		// The lock ends with the connection at the latest.
		_, _ = conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, lock)
	}()
	if done, err := isTemplate(ctx, conn, source); done || err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `DROP DATABASE IF EXISTS `+quoted(source)+` WITH (FORCE)`); err != nil {
		return err
	}
	if err := s.createSource(ctx, conn, t, source); err != nil {
		return err
	}
	if err := t.fill(ctx, withDatabase(s.primary, source)); err != nil {
		return err
	}
	// A database that somebody is connected to cannot be cloned.
	if _, err := conn.Exec(ctx, `ALTER DATABASE `+quoted(source)+` ALLOW_CONNECTIONS false`); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1`, source); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `ALTER DATABASE `+quoted(source)+` IS_TEMPLATE true`)
	return err
}

// createSource makes the database that becomes the template: a filled one out
// of the migrated one, so that the migrations run once.
func (s servers) createSource(ctx context.Context, conn *pgx.Conn, t template, source string) error {
	if t.prepare != nil {
		return s.clone(ctx, migrated(), source)
	}
	// The statistics of a dropped database are removed from the database "postgres".
	if _, err := conn.Exec(ctx, `CREATE EXTENSION IF NOT EXISTS pg_stat_statements`); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `CREATE DATABASE `+quoted(source))
	return err
}

func (t template) fill(ctx context.Context, url string) error {
	if t.prepare != nil {
		if err := t.prepare(ctx, url); err != nil {
			return err
		}
		// Clones have the planner's figures from the first query on.
		return execute(ctx, url, `VACUUM (ANALYZE)`)
	}
	// Tests count statements with it, whether or not the shop's schema does.
	if err := execute(ctx, url, `CREATE EXTENSION IF NOT EXISTS pg_stat_statements`); err != nil {
		return err
	}
	return migrations.Up(ctx, url)
}

func isTemplate(ctx context.Context, conn *pgx.Conn, name string) (bool, error) {
	var found bool
	err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)`, name).Scan(&found)
	return found, err
}

func execute(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, sql)
	return err
}
