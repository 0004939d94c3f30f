package importer

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// RunSummary is a line of the list of runs.
type RunSummary struct {
	ID       uuid.UUID
	Started  time.Time
	Source   string
	Format   string
	Files    []string
	Status   string // RUNNING, KILLED, DONE, FAILED or UNDONE
	Mode     string
	Rows     int64
	Rejected int64
	Actor    string
	Undoable bool // now
}

// ListRuns returns the newest runs, the last one first.
func ListRuns(ctx context.Context, databaseURL string, limit int) ([]RunSummary, error) {
	conn, err := connect(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	defer closeConn(conn)
	// The session of a running import has the lock. pg_locks shows it in two halves.
	rows, err := conn.Query(ctx, `-- name: ImportRuns
SELECT r.id, r.started_at, r.source, r.format, r.files,
       CASE WHEN r.status = 'RUNNING' AND NOT EXISTS (
         SELECT
         FROM pg_locks l
         JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
         WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
           AND (l.classid::bigint << 32) + l.objid::bigint = @lock::bigint)
         THEN 'KILLED' ELSE r.status END,
       r.mode, r.row_count, r.rejected, r.actor,
       r.undoable AND r.status <> 'UNDONE' AND r.started_at > now() - @undo::interval
FROM import_runs r
ORDER BY r.id DESC
LIMIT @limit`, pgx.StrictNamedArgs{"lock": lockKey, "limit": limit, "undo": UndoTime})
	if err != nil {
		return nil, fmt.Errorf("list the import runs: %w", err)
	}
	runs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RunSummary])
	if err != nil {
		return nil, fmt.Errorf("list the import runs: %w", err)
	}
	return runs, nil
}
