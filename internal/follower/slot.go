package follower

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"souk/internal/coherence"
)

const (
	plugin = "pgoutput"

	// SQLSTATEs.
	objectInUse     = "55006"
	duplicateObject = "42710"
	undefinedObject = "42704"
)

// slot is the replication slot: the place in the log that the server keeps for the leader.
type slot struct {
	exists    bool
	active    bool // somebody holds it
	lost      bool // the server has removed log that it needed
	plugin    string
	database  string
	confirmed coherence.Position
}

// SlotName returns the name of a database's slot. The names of slots are unique in a server and
// have fewer letters than those of databases.
func SlotName(database string) string {
	const most = 40 // of the 63 bytes of a name
	readable := strings.Trim(regexp.MustCompile(`[^a-z0-9_]+`).ReplaceAllString(strings.ToLower(database), "_"), "_")
	if readable == database && len(readable) <= most {
		return "souk_cache_" + readable
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(database))
	return fmt.Sprintf("souk_cache_%s_%08x", readable[:min(len(readable), most)], h.Sum32())
}

const findSlot = `-- name: FindSlot
SELECT active, coalesce(wal_status = 'lost', false), coalesce(plugin, ''), coalesce(database, ''),
  coalesce(pg_wal_lsn_diff(confirmed_flush_lsn, '0/0'), 0)::bigint
FROM pg_replication_slots
WHERE slot_name = $1`

func readSlot(ctx context.Context, conn *pgx.Conn, name string) (s slot, err error) {
	var confirmed int64
	err = conn.QueryRow(ctx, findSlot, name).Scan(&s.active, &s.lost, &s.plugin, &s.database, &confirmed)
	if errors.Is(err, pgx.ErrNoRows) {
		return slot{}, nil
	}
	if err != nil {
		return slot{}, fmt.Errorf("find the replication slot: %w", err)
	}
	s.exists, s.confirmed = true, coherence.Position(confirmed)
	return s, nil
}

// createSlot makes the slot. The server waits for all open transactions that write, which may
// be for ever: waits is then called once.
func createSlot(ctx context.Context, conn *pgconn.PgConn, name string, waits func()) error {
	const patience = 2 * time.Second
	timer := time.AfterFunc(patience, waits)
	defer timer.Stop()
	_, err := pglogrepl.CreateReplicationSlot(ctx, conn, name, plugin, pglogrepl.CreateReplicationSlotOptions{
		Mode: pglogrepl.LogicalReplication, SnapshotAction: "NOEXPORT_SNAPSHOT",
	})
	if hasCode(err, duplicateObject) {
		return errAnotherLeads
	}
	if err != nil {
		return fmt.Errorf("create the replication slot %s: %w", name, err)
	}
	return nil
}

// Drop removes a slot and ends who holds it. A database that has a slot cannot be dropped, and
// a slot that nobody reads makes the server keep its log.
func Drop(ctx context.Context, url, name string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return dropSlot(ctx, conn, name)
}

func dropSlot(ctx context.Context, conn *pgx.Conn, name string) error {
	const end = `-- name: EndSlotHolder
SELECT pg_terminate_backend(active_pid)
FROM pg_replication_slots
WHERE slot_name = $1 AND active_pid IS NOT NULL`
	const drop = `-- name: DropSlot
SELECT pg_drop_replication_slot(slot_name)
FROM pg_replication_slots
WHERE slot_name = $1`
	for {
		if _, err := conn.Exec(ctx, end, name); err != nil {
			return fmt.Errorf("end the holder of the slot %s: %w", name, err)
		}
		_, err := conn.Exec(ctx, drop, name)
		if err == nil || hasCode(err, undefinedObject) {
			return nil
		}
		if !hasCode(err, objectInUse) {
			return fmt.Errorf("drop the slot %s: %w", name, err)
		}
		const untilItEnds = 20 * time.Millisecond
		if !sleep(ctx, untilItEnds) {
			return ctx.Err()
		}
	}
}

func hasCode(err error, code string) bool {
	var failed *pgconn.PgError
	return errors.As(err, &failed) && failed.Code == code
}

// sleep waits, and reports whether ctx has not ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
