package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Snapshot says which transactions the reads of a round trip have seen. It was taken before
// them, or is theirs.
type Snapshot struct {
	// Epoch is that of the caches; zero: the database has none.
	Epoch uuid.UUID
	// Standby says that the server is a replica. Replayed is then a position up to which it
	// had replayed the log.
	Standby  bool
	Replayed LSN
	// Transactions below Min had ended, and those from Max on had not. Running are those
	// between that had not. A replica does not know them.
	Min, Max uint64
	Running  []uint64
}

// Witness makes all further reads ask what they see: see Seen.
func (r *Reader) Witness() { r.witnesses = true }

// Seen returns what has been seen since the last call, one snapshot for each round trip.
func (r *Reader) Seen() []*Snapshot {
	r.sending.Lock()
	defer r.sending.Unlock()
	seen := r.seen
	r.seen = nil
	return seen
}

// A function is called after the snapshot of its statement was taken. So in a transaction with
// one snapshot, the position would be too late: it is asked for in a transaction before.
const (
	beginSnapshot = `-- name: BeginSnapshot
BEGIN READ ONLY`
	readSnapshot = `-- name: ReadSnapshot
SELECT pg_current_snapshot()::text, pg_is_in_recovery(),
  pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint, (SELECT e.id FROM cache_epoch e)`
)

type snapshotRow struct {
	Text     string
	Standby  bool
	Replayed *int64
	Epoch    *uuid.UUID
}

var snapshotColumns = columnsOf("",
	col("pg_current_snapshot", asText, func(s *snapshotRow) *string { return &s.Text }),
	col("pg_is_in_recovery", asBool, func(s *snapshotRow) *bool { return &s.Standby }),
	maybe("replayed", asInt, func(s *snapshotRow) **int64 { return &s.Replayed }),
	maybe("epoch", asUUID, func(s *snapshotRow) **uuid.UUID { return &s.Epoch }),
).all()

// witness adds the statement that reads what a round trip will see.
func (b *batch) witness(to **Snapshot) {
	b.query(&query{statement: readSnapshot, collect: func(found pgx.Rows) error {
		rows, err := snapshotColumns.rows(found)
		if err != nil {
			return err
		}
		if len(rows) != 1 {
			return fmt.Errorf("%d rows, expected one", len(rows))
		}
		*to, err = rows[0].parse()
		return err
	}})
}

func (row *snapshotRow) parse() (*Snapshot, error) {
	s := &Snapshot{Standby: row.Standby}
	if row.Epoch != nil {
		s.Epoch = *row.Epoch
	}
	if row.Replayed != nil {
		s.Replayed = LSN(*row.Replayed)
	}
	parts := strings.Split(row.Text, ":") // 10:20:10,14,15
	if len(parts) != 3 {
		return nil, fmt.Errorf("read snapshot: %q has %d parts", row.Text, len(parts))
	}
	var faults [2]error
	s.Min, faults[0] = strconv.ParseUint(parts[0], 10, 64)
	s.Max, faults[1] = strconv.ParseUint(parts[1], 10, 64)
	if err := errors.Join(faults[:]...); err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	for number := range strings.SplitSeq(parts[2], ",") {
		if number == "" {
			continue
		}
		xid, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read snapshot: %w", err)
		}
		s.Running = append(s.Running, xid)
	}
	return s, nil
}
