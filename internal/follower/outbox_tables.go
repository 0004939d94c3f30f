package follower

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// noteFunction is what the triggers of the outbox call; it is of the migrations.
const noteFunction = "note_cached_change"

// outboxEvents are what each table has a trigger for, with the rows that it sees.
var outboxEvents = []struct{ event, rows string }{
	{"INSERT", "REFERENCING NEW TABLE AS new_rows"},
	{"UPDATE", "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"},
	{"DELETE", "REFERENCING OLD TABLE AS old_rows"},
	{"TRUNCATE", ""},
}

// EnableOutbox makes triggers that note what changes, for a server whose log cannot be decoded.
// While they are there, all followers read the outbox. Writers of a table wait for a moment, one
// table after the other. If a table is in use for too long, none has triggers.
func EnableOutbox(ctx context.Context, conn *pgx.Conn) error {
	err := eachTable(ctx, conn, func(tx pgx.Tx, table string) error {
		for _, e := range outboxEvents {
			name := outboxTrigger(e.event)
			sql := fmt.Sprintf(`CREATE OR REPLACE TRIGGER %s AFTER %s ON %s %s EXECUTE FUNCTION %s('%s');
ALTER TABLE %s ENABLE ALWAYS TRIGGER %s`, name, e.event, table, e.rows, noteFunction, strings.Join(noted(table), "', '"), table, name)
			if _, err := tx.Exec(ctx, sql); err != nil {
				return fmt.Errorf("make the trigger of %s: %w", table, err)
			}
		}
		return nil
	})
	if err != nil {
		return errors.Join(err, DisableOutbox(context.WithoutCancel(ctx), conn))
	}
	return nil
}

// DisableOutbox removes the triggers. Followers then read the log again. If a table is in use for
// too long, it and those after it still have triggers.
func DisableOutbox(ctx context.Context, conn *pgx.Conn) error {
	err := eachTable(ctx, conn, func(tx pgx.Tx, table string) error {
		for _, e := range outboxEvents {
			if err := dropTrigger(ctx, tx, table, outboxTrigger(e.event)); err != nil {
				return fmt.Errorf("remove the trigger of %s: %w", table, err)
			}
		}
		return nil
	})
	if err == nil {
		_, err = conn.Exec(ctx, `TRUNCATE cache_outbox, cache_outbox_told`)
	}
	return err
}

// dropTrigger removes a trigger if there is one. Otherwise nobody has to wait for the lock.
func dropTrigger(ctx context.Context, tx pgx.Tx, table, trigger string) error {
	var there bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = $1::regclass AND tgname = $2)`, table, trigger).Scan(&there)
	if err != nil || !there {
		return err
	}
	_, err = tx.Exec(ctx, `DROP TRIGGER `+trigger+` ON `+table)
	return err
}

// eachTable calls change for each table, in a transaction of its own: who holds several such locks
// gets into deadlocks with ordinary transactions.
func eachTable(ctx context.Context, conn *pgx.Conn, change func(tx pgx.Tx, table string) error) error {
	for _, table := range slices.Sorted(maps.Keys(taggings)) {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			// Others wait behind this for the table, so it must not wait for long.
			if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '3s'`); err != nil {
				return err
			}
			return change(tx, table)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func outboxTrigger(event string) string { return "cache_outbox_" + strings.ToLower(event) }

// noted are the columns of a table whose values are noted; at least one, which tells that there
// was a row.
func noted(table string) (columns []string) {
	for _, t := range taggings[table] {
		if t.column != "" && !slices.Contains(columns, t.column) {
			columns = append(columns, t.column)
		}
	}
	if columns == nil {
		columns = strings.Fields(publishedTables[table].columns)[:1]
	}
	return columns
}

// OutboxState says which triggers of the outbox there are.
type OutboxState struct {
	// On says that there are some. Followers then read the outbox.
	On bool
	// Missing are tables that lack one, or whose triggers do not fire always.
	Missing []string
}

const readTriggers = `-- name: ReadOutboxTriggers
SELECT c.relname, count(*)
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE p.proname = $1 AND t.tgenabled = 'A' AND pg_table_is_visible(c.oid)
GROUP BY c.relname`

// InspectOutbox returns the state of the outbox.
func InspectOutbox(ctx context.Context, conn *pgx.Conn) (s OutboxState, err error) {
	rows, err := conn.Query(ctx, readTriggers, noteFunction)
	if err != nil {
		return s, fmt.Errorf("look at the triggers of the outbox: %w", err)
	}
	found := map[string]int{}
	var table string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&table, &n}, func() error {
		found[table] = n
		return nil
	})
	if err != nil {
		return s, fmt.Errorf("look at the triggers of the outbox: %w", err)
	}
	s.On = len(found) > 0
	for _, table := range slices.Sorted(maps.Keys(taggings)) {
		if found[table] != len(outboxEvents) {
			s.Missing = append(s.Missing, table)
		}
	}
	return s, nil
}
