package follower

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"souk/internal/coherence"
)

const (
	publication     = "souk_cache" // of the migrations
	applicationName = "souk follower"
)

var (
	errNoPublication = errors.New("the publication " + publication + " is missing")
	errStandby       = errors.New("the server is a standby")
)

// connectPrimary opens the ordinary connection of a follower. What it commits does not wait for
// synchronous standbys: the caches do not depend on them.
func connectPrimary(ctx context.Context, url string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the address of the primary is not one of a Postgres") // the cause may contain the password
	}
	config.RuntimeParams["synchronous_commit"] = "local"
	config.RuntimeParams["application_name"] = applicationName
	return pgx.ConnectConfig(ctx, config)
}

// facts are what must not change within an epoch, as text, and what the primary showed.
type facts struct {
	began     string // when the server was started
	published string
	shown     coherence.Snapshot
}

// A table that is rewritten, or dropped and made again, has changed without a row in the log. So
// has one with a new column, whose default may stand for all its rows, and one that left the
// publication and came back, which has another object ID there. If there are triggers of the outbox,
// that is followed.
const readFacts = `-- name: ReadFence
SELECT pg_is_in_recovery(), extract(epoch FROM pg_postmaster_start_time())::text, pg_current_snapshot()::text,
  (SELECT count(*) FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid WHERE f.proname = '` + noteFunction + `' AND t.tgenabled = 'A')
  || concat_ws(' ', '', p.oid, p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot) || E'\n'
  || coalesce((
    SELECT string_agg(concat_ws(' ', r.oid, r.prattrs, r.prqual, c.oid, c.relname, c.relfilenode,
                                c.relreplident, c.relpersistence, c.relnatts, i.indkey), E'\n' ORDER BY c.oid)
    FROM pg_publication_rel r
    JOIN pg_class c ON c.oid = r.prrelid
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    WHERE r.prpubid = p.oid), '')
FROM pg_publication p
WHERE p.pubname = $1`

func factsOf(ctx context.Context, conn *pgx.Conn) (facts, error) {
	f, err := scanFacts(conn.QueryRow(ctx, readFacts, publication))
	if errors.Is(err, pgx.ErrNoRows) {
		return facts{}, errNoPublication
	}
	return f, err
}

func scanFacts(row pgx.Row) (f facts, err error) {
	var standby bool
	var snapshot string
	err = row.Scan(&standby, &f.began, &snapshot, &f.published)
	switch {
	case err != nil:
		return facts{}, fmt.Errorf("look at the published tables: %w", err)
	case standby:
		return facts{}, errStandby
	}
	f.shown, err = parseSnapshot(snapshot)
	return f, err
}

// fence returns a hash of the facts and of the server's identity.
func (f facts) fence(server string) uint64 {
	h := fnv.New64a()
	for _, part := range []string{server, f.began, f.published} {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

// parseSnapshot parses pg_snapshot's text, such as 10:20:10,14,15.
func parseSnapshot(text string) (s coherence.Snapshot, err error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return s, fmt.Errorf("not a snapshot: %q", text)
	}
	s.Min, err = strconv.ParseUint(parts[0], 10, 64)
	if err == nil {
		s.Max, err = strconv.ParseUint(parts[1], 10, 64)
	}
	for running := range strings.SplitSeq(parts[2], ",") {
		if running == "" || err != nil {
			break
		}
		var xid uint64
		xid, err = strconv.ParseUint(running, 10, 64)
		s.Running = append(s.Running, xid)
	}
	if err != nil {
		return coherence.Snapshot{}, fmt.Errorf("not a snapshot: %q", text)
	}
	return s, nil
}

// marks are the rows that name the epoch; nil: the table is empty.
type marks struct {
	epoch, life *uuid.UUID
	end         coherence.Position // of the log
}

const readMarks = `-- name: ReadEpoch
SELECT (SELECT id FROM cache_epoch), (SELECT id FROM cache_life), pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint`

func marksOf(ctx context.Context, conn *pgx.Conn) (m marks, err error) {
	var end int64
	if err = conn.QueryRow(ctx, readMarks).Scan(&m.epoch, &m.life, &end); err != nil {
		return marks{}, fmt.Errorf("read the epoch: %w", err)
	}
	m.end = coherence.Position(end)
	return m, nil
}

// One statement, so that a follower that freezes leaves no open transaction with a lock on the
// rows. The message tells where in the log it was committed.
const writeMarks = `-- name: BeginEpoch
WITH epoch AS (
  INSERT INTO cache_epoch (id)
  VALUES ($1)
  ON CONFLICT ((true)) DO UPDATE SET id = EXCLUDED.id
), life AS (
  INSERT INTO cache_life (id)
  VALUES ($1)
  ON CONFLICT ((true)) DO UPDATE SET id = EXCLUDED.id
)
SELECT pg_logical_emit_message(true, '` + epochPrefix + `', $2::text)`

// writeEpoch writes a new epoch into the database.
func writeEpoch(ctx context.Context, conn *pgx.Conn) (coherence.Epoch, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return coherence.Epoch{}, err
	}
	epoch := coherence.Epoch(id)
	if _, err := conn.Exec(ctx, writeMarks, id, epoch.String()); err != nil {
		return coherence.Epoch{}, fmt.Errorf("begin an epoch: %w", err)
	}
	return epoch, nil
}

func emitBeat(ctx context.Context, conn *pgx.Conn, content string) error {
	const emit = `-- name: Beat
SELECT pg_logical_emit_message(true, '` + beatPrefix + `', $1::text)`
	if _, err := conn.Exec(ctx, emit, content); err != nil {
		return fmt.Errorf("write a beat: %w", err)
	}
	return nil
}

// serverOf returns what tells the server of a connection and its timeline from others.
func serverOf(ctx context.Context, conn *pgx.Conn) (server string, err error) {
	const read = `-- name: IdentifyServer
SELECT concat_ws(' ', (SELECT system_identifier FROM pg_control_system()), (SELECT timeline_id FROM pg_control_checkpoint()))`
	if err := conn.QueryRow(ctx, read).Scan(&server); err != nil {
		return "", fmt.Errorf("identify the server: %w", err)
	}
	return server, nil
}
