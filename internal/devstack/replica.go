package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// slotName makes the primary keep log that the replica has not read.
	slotName = "souk_replica"

	// connectTimeout is how long a replica may show no sign of health once both
	// servers are ready. It tries to connect every 100 ms.
	connectTimeout = 5 * time.Second

	// catchUpTimeout bounds the wait for a replica that works but lags.
	catchUpTimeout = 10 * time.Second
)

// errReplicaBroken means that the replica will never follow: its folder is
// damaged or belongs to another primary, or it lags so far that the log is
// gone.
var errReplicaBroken = errors.New("the replica cannot follow its primary")

// startPostgres starts both servers together and creates a new replica if the
// existing one cannot be used.
func (s *Stack) startPostgres(ctx context.Context) error {
	if s.replica == nil {
		return s.startPrimary(ctx)
	}
	var replicaErr error
	err := concurrently(
		func() error { return s.startPrimary(ctx) },
		func() error { replicaErr = s.startReplica(ctx); return nil },
	)
	if err != nil || errors.Is(replicaErr, errPortTaken) {
		return errors.Join(err, replicaErr)
	}
	if replicaErr == nil {
		replicaErr = s.waitForReplica(ctx)
	}
	if replicaErr == nil || ctx.Err() != nil {
		return errors.Join(replicaErr, ctx.Err())
	}
	s.log.Info("creating the replica again", "reason", replicaErr)
	return s.rebuildReplica(ctx)
}

func (s *Stack) startPrimary(ctx context.Context) error {
	if err := s.startCluster(ctx, s.primary, s.ports.Primary); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, databaseURL(s.ports.Primary, "postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := ensureDatabase(ctx, conn); err != nil {
		return err
	}
	if s.replica == nil {
		return dropSlot(ctx, conn)
	}
	return ensureSlot(ctx, conn)
}

func (s *Stack) startReplica(ctx context.Context) error {
	return s.startCluster(ctx, s.replica, s.ports.Replica,
		fmt.Sprintf("primary_conninfo=host=127.0.0.1 port=%d user=%s application_name=%s", s.ports.Primary, superuser, slotName),
		"primary_slot_name="+slotName)
}

func (s *Stack) followPrimary(ctx context.Context) error {
	if err := s.startReplica(ctx); err != nil {
		return err
	}
	return s.waitForReplica(ctx)
}

func ensureDatabase(ctx context.Context, conn *pgx.Conn) error {
	var exists bool
	err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, databaseName).Scan(&exists)
	if err != nil || exists {
		return err
	}
	_, err = conn.Exec(ctx, `CREATE DATABASE `+databaseName)
	return err
}

// ensureSlot replaces a slot that lost log because it lagged by more than
// max_slot_wal_keep_size: such a slot can never be used again.
func ensureSlot(ctx context.Context, conn *pgx.Conn) error {
	var usable bool
	err := conn.QueryRow(ctx, `SELECT coalesce((SELECT wal_status <> 'lost' FROM pg_replication_slots WHERE slot_name = $1), false)`,
		slotName).Scan(&usable)
	if err != nil || usable {
		return err
	}
	if err := dropSlot(ctx, conn); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `SELECT pg_create_physical_replication_slot($1, true)`, slotName)
	return err
}

// dropSlot waits for the end of the connection of a replica that has just
// stopped.
func dropSlot(ctx context.Context, conn *pgx.Conn) error {
	return waitUntil(ctx, connectTimeout, "the replica's slot to be free", func() (bool, error) {
		_, err := conn.Exec(ctx,
			`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1 AND active_pid IS NULL`,
			slotName)
		if err != nil {
			return false, err
		}
		var gone bool
		err = conn.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1)`, slotName).Scan(&gone)
		return gone, err
	})
}

// waitForReplica waits until the replica has the primary's current data, so
// that a client that connects to it finds the database. A replica that works
// but needs longer is accepted.
func (s *Stack) waitForReplica(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, databaseURL(s.ports.Primary, "postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var target int64
	if err := conn.QueryRow(ctx, `SELECT pg_current_wal_lsn() - '0/0'`).Scan(&target); err != nil {
		return err
	}
	healthy := time.Now()
	var replayed int64
	err = waitUntil(ctx, catchUpTimeout, "the replica to catch up", func() (bool, error) {
		before := replayed
		var streaming bool
		err := conn.QueryRow(ctx, `
			SELECT coalesce(bool_or(state = 'streaming'), false), coalesce(max(replay_lsn - '0/0'), 0)
			FROM pg_stat_replication
			WHERE application_name = $1`, slotName).Scan(&streaming, &replayed)
		// A replica whose log is gone connects, is refused and connects again,
		// ten times a second: a connection proves nothing.
		if streaming || replayed > before {
			healthy = time.Now()
		}
		if err == nil && (!s.replica.running() || time.Since(healthy) > connectTimeout) {
			err = errReplicaBroken
		}
		return replayed >= target, err
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		s.log.Info("the replica is still catching up")
		return nil
	}
	return err
}

// rebuildReplica copies the primary while it is stopped. At this size that is
// faster than a base backup, and it does not need pg_basebackup, which the npm
// package lacks.
func (s *Stack) rebuildReplica(ctx context.Context) error {
	s.replica.stop(ctx)
	s.primary.stop(ctx)
	if err := s.copyPrimary(); err != nil {
		return err
	}
	if err := s.startPrimary(ctx); err != nil {
		return err
	}
	return s.followPrimary(ctx)
}

// copyPrimary creates the replica's folder from that of the stopped primary.
func (s *Stack) copyPrimary() error {
	dir := s.replica.unfinished()
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := s.copyFolder(s.primary.dir, dir); err != nil {
		return fmt.Errorf("copy the primary: %w", err)
	}
	signal := filepath.Join(dir, "standby.signal")
	if err := errors.Join(os.WriteFile(signal, nil, 0o600), s.account.own(signal)); err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(s.replica.dir), os.Rename(dir, s.replica.dir))
}

// copyFolder leaves out what belongs to the running primary: its pid file, and
// its slots, which on the replica would keep log that nobody reads.
func (s *Stack) copyFolder(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative := strings.TrimPrefix(strings.TrimPrefix(path, from), "/")
		target := filepath.Join(to, relative)
		switch {
		case relative == "postmaster.pid" || strings.HasPrefix(relative, "pg_replslot/"):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			err = os.Mkdir(target, 0o700)
		default:
			err = copyFile(path, target)
		}
		return errors.Join(err, s.account.own(target))
	})
}

// copyFile uses the kernel's copy, which shares the blocks on some file
// systems.
func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
