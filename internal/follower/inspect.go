package follower

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5"
)

// Fault is something that keeps the log from being followed, or from being complete, with the
// way out.
type Fault struct{ Found, Cure string }

// SlotState is a replication slot as an operator sees it.
type SlotState struct {
	Exists, Active, Lost bool
	// Foreign says that the slot is not one that a follower of this database made.
	Foreign bool
	// Behind is how many bytes of the log its reader has not confirmed, and Held how many the
	// server keeps for it.
	Behind, Held int64
}

// InspectSlot returns the state of a slot of the database that a connection leads to. The server
// must not be a standby.
func InspectSlot(ctx context.Context, conn *pgx.Conn, name string) (s SlotState, err error) {
	found, err := readSlot(ctx, conn, name)
	if err != nil || !found.exists {
		return s, err
	}
	s = SlotState{
		Exists: true, Active: found.active, Lost: found.lost,
		Foreign: found.plugin != plugin || found.database != conn.Config().Database,
	}
	const distances = `-- name: SlotDistances
SELECT coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn), 0)::bigint,
  coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint
FROM pg_replication_slots
WHERE slot_name = $1`
	if err := conn.QueryRow(ctx, distances, name).Scan(&s.Behind, &s.Held); err != nil {
		return s, fmt.Errorf("look at the replication slot: %w", err)
	}
	s.Behind = max(s.Behind, 0)
	return s, nil
}

// TryReplication opens a replication connection and closes it. reason is why that does not work,
// with the way out; empty: it works.
func TryReplication(ctx context.Context, url string) (reason string) {
	conn, err := connectReplication(ctx, url)
	if err == nil {
		defer closeConnection(conn)
		_, err = pglogrepl.IdentifySystem(ctx, conn)
	}
	if err == nil {
		return ""
	}
	reason, _ = explain(err)
	return reason
}

// publishedTable is a table of the publication, as the migrations have it.
type publishedTable struct {
	columns string // those that are published, sorted; empty: all
	full    bool   // old rows are logged whole
}

var publishedTables = map[string]publishedTable{
	"products":            {columns: "id slug status"},
	"product_slugs":       {full: true},
	"product_listings":    {columns: "product_id scope_id"},
	"product_categories":  {},
	"product_options":     {columns: "position product_id"},
	"option_labels":       {columns: "key"},
	"variants":            {full: true},
	"images":              {full: true},
	"reviews":             {full: true},
	"categories":          {full: true},
	"vendors":             {full: true},
	"customers":           {columns: "display_name id"},
	"collections":         {full: true},
	"collection_products": {},
	"shop":                {columns: "id"},
}

// InspectPublication returns what the publication lacks.
func InspectPublication(ctx context.Context, conn *pgx.Conn) (faults []Fault, err error) {
	const operations = `-- name: ReadPublication
SELECT pubinsert AND pubupdate AND pubdelete AND pubtruncate
FROM pg_publication
WHERE pubname = $1`
	var all bool
	if err := conn.QueryRow(ctx, operations, publication).Scan(&all); err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			return []Fault{{"it is missing", "run souk migrate up"}}, nil
		}
		return nil, fmt.Errorf("look at the publication: %w", err)
	}
	if !all {
		faults = append(faults, Fault{
			"it leaves out some changes", "ALTER PUBLICATION " + publication + " SET (publish = 'insert, update, delete, truncate')",
		})
	}
	found, err := readPublished(ctx, conn)
	if err != nil {
		return nil, err
	}
	for table, want := range publishedTables {
		got, ok := found[table]
		switch {
		case !ok:
			faults = append(faults, Fault{table + " is not in it", "ALTER PUBLICATION " + publication + " ADD TABLE " + table + list(want.columns)})
		case got.columns != want.columns || got.filtered:
			faults = append(faults, Fault{
				table + " does not publish what caches need" + list(want.columns),
				"ALTER PUBLICATION " + publication + " DROP TABLE " + table + "; ALTER PUBLICATION " + publication + " ADD TABLE " + table + list(want.columns),
			})
		}
		if ok && want.full && !got.full {
			faults = append(faults, Fault{table + " does not log old rows whole", "ALTER TABLE " + table + " REPLICA IDENTITY FULL"})
		}
	}
	slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Found, b.Found) })
	return faults, nil
}

// list returns columns as a statement has them.
func list(columns string) string {
	if columns == "" {
		return ""
	}
	return " (" + strings.ReplaceAll(columns, " ", ", ") + ")"
}

type foundTable struct {
	publishedTable
	filtered bool // only some rows are published
}

func readPublished(ctx context.Context, conn *pgx.Conn) (map[string]foundTable, error) {
	const tables = `-- name: ReadPublished
SELECT c.relname, c.relreplident = 'f', r.prqual IS NOT NULL, coalesce((
    SELECT string_agg(a.attname, ' ' ORDER BY a.attname)
    FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum = ANY(r.prattrs)), '')
FROM pg_publication_rel r
JOIN pg_publication p ON p.oid = r.prpubid
JOIN pg_class c ON c.oid = r.prrelid
WHERE p.pubname = $1`
	rows, err := conn.Query(ctx, tables, publication)
	if err != nil {
		return nil, fmt.Errorf("look at the published tables: %w", err)
	}
	found := map[string]foundTable{}
	var name string
	var t foundTable
	_, err = pgx.ForEachRow(rows, []any{&name, &t.full, &t.filtered, &t.columns}, func() error {
		found[name] = t
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look at the published tables: %w", err)
	}
	return found, nil
}

// RefusedUpdates returns the tables each of whose updates fails: old rows are logged whole, and
// some publication has only a list of their columns.
func RefusedUpdates(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	const refused = `-- name: FindRefusedUpdates
SELECT DISTINCT r.prrelid::regclass::text
FROM pg_publication_rel r
JOIN pg_publication p ON p.oid = r.prpubid
JOIN pg_class c ON c.oid = r.prrelid
WHERE c.relreplident = 'f' AND r.prattrs IS NOT NULL AND (p.pubupdate OR p.pubdelete)
ORDER BY 1`
	rows, err := conn.Query(ctx, refused)
	if err != nil {
		return nil, fmt.Errorf("look at replica identities: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
