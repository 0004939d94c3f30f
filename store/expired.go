package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// cleanUpLimit is how many rows of each kind one clean-up removes: so few that nobody
	// waits for it. It is part of the statement text: without the number, the planner
	// expects a tenth of the table and reads all of that.
	cleanUpLimit = "LIMIT 500"
	// expiredRetention is how long expired rows are kept, so that people can find out
	// what happened.
	expiredRetention = 24 * time.Hour
	// usedTokenRetention is how long a refresh token is kept after it was exchanged. If it
	// is used again in that time, its session is revoked; after that it is unknown, and
	// refused. A session that refreshes all day leaves some hundred of them a day.
	usedTokenRetention = 7 * 24 * time.Hour
	// importUndoTime is how long an import can be undone: the importer's UndoTime.
	importUndoTime = "interval '7 days'"
)

// RemoveExpired removes some of the sessions, tokens and idempotency keys that expired a
// day ago or more, of the refresh tokens that were exchanged for others, and of the
// changes of imports that can no longer be undone. It returns how many rows it removed; 0
// means that none is left. Any number of instances may run it at the same time.
func (s *Store) RemoveExpired(ctx context.Context) (int, error) {
	batch, removed := &pgx.Batch{}, 0
	queue := func(statement string, values args) {
		batch.Queue(statement, values).Exec(func(tag pgconn.CommandTag) error {
			removed += int(tag.RowsAffected())
			return nil
		})
	}
	queue(`-- name: CleanUpSessions
DELETE FROM sessions
WHERE id = ANY (ARRAY(
  SELECT id
  FROM sessions
  WHERE expires_at < now() - @kept::interval
  ORDER BY expires_at
  `+cleanUpLimit+`
  FOR UPDATE SKIP LOCKED
))`, args{"kept": expiredRetention})
	queue(`-- name: CleanUpRefreshTokens
DELETE FROM refresh_tokens
WHERE hash = ANY (ARRAY(
  SELECT hash
  FROM refresh_tokens
  WHERE used_at < now() - @kept::interval
  ORDER BY used_at
  `+cleanUpLimit+`
  FOR UPDATE SKIP LOCKED
))`, args{"kept": usedTokenRetention})
	queue(`-- name: CleanUpTokens
DELETE FROM one_time_tokens
WHERE hash = ANY (ARRAY(
  SELECT hash
  FROM one_time_tokens
  WHERE expires_at < now() - @kept::interval
  ORDER BY expires_at
  `+cleanUpLimit+`
  FOR UPDATE SKIP LOCKED
))`, args{"kept": expiredRetention})
	queue(`-- name: CleanUpIdempotencyKeys
DELETE FROM idempotency_keys
WHERE ctid = ANY (ARRAY(
  SELECT ctid
  FROM idempotency_keys
  WHERE created_at < now() - @lifetime::interval
  ORDER BY created_at
  `+cleanUpLimit+`
  FOR UPDATE SKIP LOCKED
))`, args{"lifetime": IdempotencyLifetime})
	queue(`-- name: CleanUpImportChanges
DELETE FROM import_changes
WHERE ctid = ANY (ARRAY(
  SELECT ctid
  FROM import_changes
  WHERE changed_at < now() - `+importUndoTime+`
  ORDER BY changed_at
  `+cleanUpLimit+`
  FOR UPDATE SKIP LOCKED
))`, args{})
	if err := s.primary.pool.SendBatch(ctx, batch).Close(); err != nil {
		return 0, fmt.Errorf("clean up: %w", writeFault(err))
	}
	return removed, nil
}
