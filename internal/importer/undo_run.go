package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// runToUndo is the run that an undo takes back.
type runToUndo struct {
	id      uuid.UUID
	started time.Time
	files   []string
}

// undoableRun returns the run, or an error that says why it cannot be undone. The newest
// one is the last that changed something, recorded or not: to undo the one before it,
// because that can be undone, is not what was asked for. What a killed run changed is
// not counted, so it may have.
func undoableRun(ctx context.Context, conn *pgx.Conn, id uuid.UUID) (runToUndo, error) {
	var found struct {
		runToUndo
		status   string
		undoable bool
		undone   *time.Time
		expired  bool
	}
	err := conn.QueryRow(ctx, `-- name: ImportRunToUndo
SELECT r.id, r.files, r.status, r.undoable, r.started_at, r.undone_at, r.started_at < now() - @undo::interval
FROM import_runs r
WHERE r.id = @id::uuid
   OR @newest AND r.status <> 'UNDONE' AND (
     EXISTS (SELECT FROM import_changes c WHERE c.run_id = r.id)
     OR jsonb_path_exists(r.counts, '$[*] ? (@.stored > 0 || @.changed > 0 || @.removed > 0)')
     OR r.status = 'FAILED' AND NOT r.undoable AND r.row_count > 0 AND r.counts = '[]')
ORDER BY r.id DESC
LIMIT 1`, pgx.StrictNamedArgs{"id": id.String(), "newest": id == uuid.Nil, "undo": UndoTime}).
		Scan(&found.id, &found.files, &found.status, &found.undoable, &found.started, &found.undone, &found.expired)
	run := found.runToUndo
	switch {
	case errors.Is(err, pgx.ErrNoRows) && id == uuid.Nil:
		return run, errors.New("there is no import run to undo: each was undone already, or changed nothing (souk import runs lists them)")
	case errors.Is(err, pgx.ErrNoRows):
		return run, fmt.Errorf("there is no import run %s: list them with souk import runs", id)
	case err != nil:
		return run, fmt.Errorf("find the run: %w", err)
	case found.status == runUndone:
		return run, fmt.Errorf("the import run %s was undone already, at %s", run.id, found.undone.UTC().Format(time.RFC3339))
	case !found.undoable:
		return run, fmt.Errorf("the import run %s cannot be undone: it did not record what it changed. Above %s rows, an import does so only with --undoable",
			run.id, thousands(UndoableRows))
	case found.expired:
		return run, fmt.Errorf("the import run %s cannot be undone any more: what a run changed is kept for seven days, and it ran at %s",
			run.id, run.started.UTC().Format(time.RFC3339))
	}
	return run, nil
}

// inOrder refuses a run on which later ones have built, and says what to type.
func (r runToUndo) inOrder(ctx context.Context, conn *pgx.Conn) error {
	later, err := laterRuns(ctx, conn, r.id)
	if err != nil || len(later) == 0 {
		return err
	}
	lines := []string{fmt.Sprintf("the import run %s cannot be undone yet, and nothing was changed: later imports have built on it. Undo them first, in this order:", r.id)}
	for _, id := range append(later, r.id) {
		lines = append(lines, "souk import undo "+id.String())
	}
	return errors.New(strings.Join(lines, "\n  "))
}

// laterRuns returns the runs that are to be undone before a run, the newest first: those
// that have built on it, and on these.
func laterRuns(ctx context.Context, conn *pgx.Conn, run uuid.UUID) ([]uuid.UUID, error) {
	found := []uuid.UUID{run}
	for i := 0; i < len(found); i++ {
		rows, err := conn.Query(ctx, laterRunsStatement, pgx.StrictNamedArgs{"run": found[i].String()})
		if err != nil {
			return nil, fmt.Errorf("list the later runs: %w", err)
		}
		built, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return nil, fmt.Errorf("list the later runs: %w", err)
		}
		for _, id := range built {
			if !slices.Contains(found, id) {
				found = append(found, id)
			}
		}
	}
	later := found[1:]
	slices.SortFunc(later, func(a, b uuid.UUID) int { return strings.Compare(b.String(), a.String()) }) // keys are in time order
	return later, nil
}

// laterRunsStatement finds runs that have changed what a run changed: the same field; a
// row that one of them added or removed; anything of a product that the run added; and
// within a product what belongs together, as in undo_keep.go.
const laterRunsStatement = `-- name: UndoLaterRuns
WITH mine AS MATERIALIZED (
  SELECT kind, row_key, product_id, before, after, before IS NULL OR after IS NULL AS whole
  FROM import_changes
  WHERE run_id = @run::uuid
), later AS MATERIALIZED (
  SELECT run_id, kind, row_key, product_id, before, after, before IS NULL OR after IS NULL AS whole
  FROM import_changes
  WHERE run_id > @run::uuid
)
SELECT o.run_id
FROM mine m
JOIN later o USING (kind, row_key)
WHERE m.whole OR o.whole OR m.after ?| ARRAY(SELECT jsonb_object_keys(o.after))
UNION
SELECT o.run_id
FROM mine m
JOIN later o USING (product_id)
WHERE m.kind = 'products' AND m.before IS NULL
   OR (m.kind = 'product_options' OR m.kind = 'variants' AND m.whole) AND (o.kind = 'product_options' OR o.kind = 'variants' AND o.whole)
   OR m.kind = 'variants' AND m.whole AND o.kind = 'inventory_levels' AND o.row_key -> 'variant_id' = m.row_key -> 'id'
   OR m.kind = 'images' AND m.whole AND o.kind = 'variants' AND (o.before ? 'image_id' OR o.after ? 'image_id')`
