-- +goose NO TRANSACTION
-- +goose Up

-- An interrupted CREATE INDEX CONCURRENTLY leaves an invalid index behind.
DROP INDEX CONCURRENTLY IF EXISTS refresh_tokens_by_use;
-- Refresh tokens that were exchanged for others, the oldest first: they are removed.
CREATE INDEX CONCURRENTLY refresh_tokens_by_use ON refresh_tokens (used_at) WHERE used_at IS NOT NULL;

-- +goose Down
DROP INDEX CONCURRENTLY refresh_tokens_by_use;
