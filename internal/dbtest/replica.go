package dbtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// pauseLock is held by the one test that has paused the replica, which is paused
// for all of them.
const pauseLock = 7_308_604_897_285_120_000 // any number that no template's hash is likely to be

// WaitReplica waits until the replica has replayed everything that was committed
// on the primary before the call.
func (db *DB) WaitReplica(ctx context.Context) error {
	return with(ctx, db.cluster.primary, func(primary *pgx.Conn) error {
		return with(ctx, db.cluster.replica, func(replica *pgx.Conn) error { return waitReplica(ctx, primary, replica) })
	})
}

func waitReplica(ctx context.Context, primary, replica *pgx.Conn) error {
	var target string
	if err := primary.QueryRow(ctx, `SELECT pg_current_wal_lsn()::text`).Scan(&target); err != nil {
		return err
	}
	const rounds = 100 // between two looks for a pause that nobody will end
	for round := 0; ; round++ {
		var replayed bool
		if err := replica.QueryRow(ctx, `SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn`, target).Scan(&replayed); err != nil {
			return err
		}
		if replayed {
			return nil
		}
		if round%rounds == rounds-1 {
			if err := endForgottenPause(ctx, primary, replica); err != nil {
				return err
			}
		}
		if err := wait(ctx); err != nil {
			return fmt.Errorf("the replica has not replayed %s: %w", target, err)
		}
	}
}

// endForgottenPause resumes a replica whose pauser was killed: its lock is free.
func endForgottenPause(ctx context.Context, primary, replica *pgx.Conn) error {
	var free bool
	if err := primary.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, int64(pauseLock)).Scan(&free); err != nil || !free {
		return err
	}
	_, err := replica.Exec(ctx, `SELECT pg_wal_replay_resume()`)
	if _, unlockErr := primary.Exec(ctx, `SELECT pg_advisory_unlock($1)`, int64(pauseLock)); err == nil {
		err = unlockErr
	}
	return err
}

// PauseReplica makes the replica stand still until resume is called, or the test
// ends. It stands still for every other test too, whose WaitReplica then waits,
// so keep it short; a second pauser waits for the first.
func (db *DB) PauseReplica(t testing.TB) (resume func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), setupTimeout)
	defer cancel()
	if err := db.WaitReplica(ctx); err != nil {
		t.Fatalf("pause the replica: %v", err)
	}
	holder, err := pgx.Connect(ctx, withDatabase(db.cluster.primary, "postgres"))
	if err != nil {
		t.Fatalf("pause the replica: %v", err)
	}
	resumed := false
	resume = func() {
		if resumed {
			return
		}
		resumed = true
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		if err := execute(ctx, withDatabase(db.cluster.replica, "postgres"), `SELECT pg_wal_replay_resume()`); err != nil {
			t.Errorf("resume the replica: %v", err)
		}
		_ = holder.Close(ctx) // and with it the lock
	}
	t.Cleanup(resume)
	if _, err := holder.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(pauseLock)); err != nil {
		t.Fatalf("pause the replica: %v", err)
	}
	if err := pause(ctx, withDatabase(db.cluster.replica, "postgres")); err != nil {
		t.Fatalf("pause the replica: %v", err)
	}
	return resume
}

// pause returns when nothing more is replayed: the function only asks for it.
func pause(ctx context.Context, url string) error {
	replica, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = replica.Close(context.WithoutCancel(ctx)) }()
	if _, err := replica.Exec(ctx, `SELECT pg_wal_replay_pause()`); err != nil {
		return err
	}
	for {
		var state string
		if err := replica.QueryRow(ctx, `SELECT pg_get_wal_replay_pause_state()`).Scan(&state); err != nil || state == "paused" {
			return err
		}
		if err := wait(ctx); err != nil {
			return err
		}
	}
}

func wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(5 * time.Millisecond):
		return nil
	}
}
