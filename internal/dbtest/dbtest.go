// Package dbtest gives each test a Postgres database of its own, on a real
// primary with a real streaming replica, and a Redis database of its own. The
// servers are those that "make test" starts around the tests.
//
// A database is a clone of a template that is migrated once for all test
// processes, so a fresh one takes tens of milliseconds:
//
//	db := dbtest.New(t)
//	pool, err := pgxpool.New(ctx, db.PrimaryURL)
//	...
//	require.NoError(t, db.WaitReplica(ctx))
//
// The primary, the replica and Redis are shared by all tests that run at the
// time: their logs, their statistics and Redis's channels are common.
package dbtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"souk/internal/devstack"
)

const (
	// setupTimeout bounds the making of a clone, templates included: the largest
	// takes a minute on two busy cores.
	setupTimeout = 5 * time.Minute

	cleanupTimeout = 30 * time.Second
)

// DB is a test's own database. It is dropped when the test ends, with whoever
// is still connected.
type DB struct {
	// Name is unique among all tests that run, so it also serves to tell apart
	// what Redis does not keep apart by database: channels.
	Name string

	// PrimaryURL and ReplicaURL have the same content, the replica's a little
	// later. Both log in as superuser.
	PrimaryURL string
	ReplicaURL string

	// RedisURL is an empty Redis database; empty when there is no Redis.
	RedisURL string

	cluster servers
}

// servers are the addresses of the stack around the tests.
type servers struct {
	primary, replica string
}

// New returns a clone of the migrated, empty database.
func New(t testing.TB) *DB {
	t.Helper()
	return clone(t, migrated())
}

// Named returns a clone of a template that is made once for all test processes:
// migrated, then filled by prepare, which gets its address. A change in the
// migrations makes it anew, so name must change with what prepare does only when
// the same servers outlive the change.
func Named(t testing.TB, name string, prepare func(ctx context.Context, url string) error) *DB {
	t.Helper()
	return clone(t, named(name, prepare))
}

func clone(t testing.TB, from template) *DB {
	t.Helper()
	cluster := serversOf(t)
	ctx, cancel := context.WithTimeout(t.Context(), setupTimeout)
	defer cancel()
	name := databaseName(t.Name())
	if err := cluster.clone(ctx, from, name); err != nil {
		t.Fatalf("make the test database: %v", err)
	}
	db := &DB{Name: name, PrimaryURL: withDatabase(cluster.primary, name), ReplicaURL: withDatabase(cluster.replica, name), cluster: cluster}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		if err := cluster.drop(ctx, name); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	// Before this a connection to the replica is told that no such database
	// exists.
	if err := db.WaitReplica(ctx); err != nil {
		t.Fatalf("wait for the test database on the replica: %v", err)
	}
	db.RedisURL = redisDatabase(t, os.Getenv(devstack.TestRedisVariable))
	return db
}

func serversOf(t testing.TB) servers {
	t.Helper()
	s := servers{primary: os.Getenv(devstack.TestDatabaseVariable), replica: os.Getenv(devstack.TestReplicaVariable)}
	if s.primary == "" || s.replica == "" {
		t.Fatalf("this test needs Postgres: run `make test`, or `bin/souk dev exec --ephemeral -- go test ./...` (%s and %s are not set)",
			devstack.TestDatabaseVariable, devstack.TestReplicaVariable)
	}
	return s
}

// drop removes a database, and its statements from the servers' statistics: these keep
// them for ever, and a test that counts statements has to read over those of all tests
// before it.
func (s servers) drop(ctx context.Context, name string) error {
	var oid uint32
	err := with(ctx, s.primary, func(conn *pgx.Conn) error {
		// 0: the test has dropped it itself.
		const find = `SELECT coalesce((SELECT oid FROM pg_database WHERE datname = $1), 0)`
		if err := conn.QueryRow(ctx, find, name).Scan(&oid); err != nil || oid == 0 {
			return err
		}
		if err := dropSlots(ctx, conn, name); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, `DROP DATABASE IF EXISTS `+quoted(name)+` WITH (FORCE)`)
		return err
	})
	if oid == 0 {
		return err
	}
	for _, server := range []string{s.primary, s.replica} {
		if err != nil {
			return err
		}
		err = with(ctx, server, func(conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, `SELECT pg_stat_statements_reset(0, $1, 0)`, oid)
			return err
		})
	}
	return err
}

// dropSlots removes the logical replication slots of a database, and ends who reads them: FORCE
// does not.
func dropSlots(ctx context.Context, conn *pgx.Conn, name string) error {
	const end = `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = $1 AND active_pid IS NOT NULL`
	const drop = `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1 AND active_pid IS NULL`
	const count = `SELECT count(*) FROM pg_replication_slots WHERE database = $1`
	for {
		var left int
		if err := conn.QueryRow(ctx, count, name).Scan(&left); err != nil || left == 0 {
			return err
		}
		for _, sql := range []string{end, drop} {
			// A follower that still runs may have taken a slot in between.
			if _, err := conn.Exec(ctx, sql, name); err != nil && !isInUse(err) {
				return fmt.Errorf("drop the slots of the database: %w", err)
			}
		}
		if err := wait(ctx); err != nil {
			return err
		}
	}
}

func isInUse(err error) bool {
	const objectInUse, undefinedObject = "55006", "42704"
	var failed *pgconn.PgError
	return errors.As(err, &failed) && (failed.Code == objectInUse || failed.Code == undefinedObject)
}

// databaseName says in pg_stat_activity whose it is, within the 63 bytes that
// Postgres keeps.
func databaseName(test string) string {
	readable := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(test), "_"), "_")
	if len(readable) > 40 {
		readable = readable[:40]
	}
	return fmt.Sprintf("t_%s_%s", readable, strings.ToLower(rand.Text()[:12]))
}

func withDatabase(address, name string) string {
	return regexp.MustCompile(`^(\w+://[^/]+)/[^?]*`).ReplaceAllString(address, "${1}/"+name)
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
