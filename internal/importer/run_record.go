package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// UndoTime is how long a run can be undone. The store's importUndoTime is the same.
const UndoTime = 7 * 24 * time.Hour

// The modes and states of a run, as they are stored.
const (
	modeKeepEdits = "KEEP_EDITS"
	modeOverwrite = "OVERWRITE"

	runDone   = "DONE"
	runFailed = "FAILED"
	runUndone = "UNDONE"
)

// runRecord is a run's row in import_runs.
type runRecord struct {
	id      uuid.UUID
	changes *changeLog // nil: the run cannot be undone
}

// beginRecord writes the run down, after its input is read and before it changes
// anything.
func (r *run) beginRecord(ctx context.Context, conn *pgx.Conn, files []string) error {
	if r.options.DryRun || r.options.Format == FormatRecords {
		return nil
	}
	if r.record != nil {
		return r.extendRecord(ctx, conn)
	}
	if err := closeKilled(ctx, conn); err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make an id: %w", err)
	}
	rows := r.tally.rows.Load()
	undoable := rows <= UndoableRows
	if r.options.Undoable != nil {
		undoable = *r.options.Undoable
	}
	mode := modeKeepEdits
	if r.options.Overwrite {
		mode = modeOverwrite
	}
	fields, err := r.fieldsOfInput(ctx, conn)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `-- name: ImportRunBegin
INSERT INTO import_runs (id, source, format, files, fields, mode, actor, row_count, undoable)
VALUES (@id::uuid, @source, @format, @files, @fields, @mode, @actor, @rows, @undoable)`, pgx.StrictNamedArgs{
		"id": id.String(), "source": r.options.Source, "format": r.options.Format, "files": files, "fields": fields,
		"mode": mode, "actor": r.options.Actor, "rows": rows, "undoable": undoable,
	}); err != nil {
		return fmt.Errorf("record the run: %w", err)
	}
	r.record = &runRecord{id: id}
	if undoable {
		r.record.changes = &changeLog{run: id}
	}
	r.report.RunID, r.report.Undoable = id.String(), undoable
	r.noticeNotUndoable(undoable)
	return nil
}

// extendRecord adds the fields of a further group of files.
func (r *run) extendRecord(ctx context.Context, conn *pgx.Conn) error {
	fields, err := r.fieldsOfInput(ctx, conn)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `-- name: ImportRunExtend
UPDATE import_runs
SET fields = ARRAY(SELECT DISTINCT unnest(fields || @fields::text[]) ORDER BY 1)
WHERE id = @id::uuid`, pgx.StrictNamedArgs{"fields": fields, "id": r.record.id.String()}); err != nil {
		return fmt.Errorf("record the run: %w", err)
	}
	return nil
}

// closeKilled ends the runs that were killed: who has the lock of imports knows that no
// other runs. It also removes what can no longer be undone.
func closeKilled(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, `-- name: ImportRunsKilled
UPDATE import_runs
SET status = 'FAILED', finished_at = now()
WHERE status = 'RUNNING'`); err != nil {
		return fmt.Errorf("close the killed runs: %w", err)
	}
	if _, err := conn.Exec(ctx, `-- name: ImportChangesExpired
DELETE FROM import_changes
WHERE changed_at < now() - @undo::interval`, pgx.StrictNamedArgs{"undo": UndoTime}); err != nil {
		return fmt.Errorf("remove what can no longer be undone: %w", err)
	}
	return nil
}

// endRecord writes down how the run ended, and its event for the audit log. It does so
// too if ctx was cancelled.
func (r *run) endRecord(ctx context.Context, conn *pgx.Conn, failure error) error {
	if r.record == nil || conn.IsClosed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	status := runDone
	if failure != nil {
		status = runFailed
	}
	counts := r.report.Counts.recorded()
	stored, err := json.Marshal(counts)
	if err != nil {
		return fmt.Errorf("record the run: %w", err)
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `-- name: ImportRunEnd
UPDATE import_runs
SET status = @status, finished_at = now(), row_count = @rows, counts = @counts::jsonb, rejected = @rejected, warnings = @warnings, kept = @kept
WHERE id = @id::uuid`, pgx.StrictNamedArgs{
			"id": r.record.id.String(), "status": status, "rows": r.tally.rows.Load(), "counts": string(stored), "rejected": r.report.TotalRejected(),
			"warnings": sum(r.report.Warnings), "kept": r.report.KeptEdits,
		}); err != nil {
			return fmt.Errorf("record the run: %w", err)
		}
		changes := []auditChange{
			after("source", r.options.Source), after("format", r.options.Format), after("status", status),
			after("mode", map[bool]string{false: modeKeepEdits, true: modeOverwrite}[r.options.Overwrite]),
			after("rejected", strconv.FormatInt(r.report.TotalRejected(), 10)),
			after("keptEdits", strconv.FormatInt(r.report.KeptEdits, 10)),
		}
		for _, c := range counts {
			changes = append(changes, after(c.field(), c.text()))
		}
		return writeAudit(ctx, tx, r.record.id, "souk import", changes)
	})
}

// recordedCount is a Count with its kind, as import_runs has it.
type recordedCount struct {
	Kind string `json:"kind"`
	Count
}

// field is the name of a count in the audit log: inventoryLevels.
func (c recordedCount) field() string { return camel(strings.ToLower(c.Kind)) }

func (c recordedCount) text() string {
	text := fmt.Sprintf("%d new, %d changed, %d unchanged", c.Stored, c.Changed, c.Unchanged)
	if c.Removed > 0 {
		text += fmt.Sprintf(", %d removed", c.Removed)
	}
	return text
}

// recorded returns the counts of what the input had.
func (c Counts) recorded() []recordedCount {
	all := []recordedCount{
		{"PRODUCTS", c.Products},
		{"VARIANTS", c.Variants},
		{"IMAGES", c.Images},
		{"CATEGORIES", c.Categories},
		{"PRODUCT_CATEGORIES", c.Filed},
		{"VENDORS", c.Vendors},
		{"CUSTOMERS", c.Customers},
		{"REVIEWS", c.Reviews},
		{"INVENTORY_LEVELS", c.Levels},
	}
	return slices.DeleteFunc(all, func(c recordedCount) bool { return c.Count == (Count{}) })
}

// auditChange is a change of one field as the audit log has it.
type auditChange struct {
	Field  string  `json:"field"`
	Before *string `json:"before"`
	After  *string `json:"after"`
}

func after(field, value string) auditChange { return auditChange{Field: field, After: &value} }

// writeAudit writes the event of a run. Its actor is the command line, which has no
// account: the run says who it was.
func writeAudit(ctx context.Context, tx pgx.Tx, run uuid.UUID, action string, changes []auditChange) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make an id: %w", err)
	}
	text, err := json.Marshal(changes)
	if err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	if _, err := tx.Exec(ctx, `-- name: ImportAudit
INSERT INTO audit_events (id, actor_kind, actor_id, action, subject_kind, subject_id, request_id, changes)
VALUES (@id::uuid, 'OPERATOR', @run::uuid, @action, 'IMPORT_RUN', @run::uuid, 'command line', @changes::jsonb)`, pgx.StrictNamedArgs{
		"id": id.String(), "run": run.String(), "action": action, "changes": string(text),
	}); err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	return nil
}

// camel turns a column's name into a field's: seo_title into seoTitle.
func camel(column string) string {
	words := strings.Split(column, "_")
	for i, word := range words[1:] {
		if word != "" {
			words[i+1] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}

// changed reports whether the run changed anything.
func (r *Report) changed() bool {
	for _, c := range r.Counts.recorded() {
		if c.Stored+c.Changed+c.Removed > 0 {
			return true
		}
	}
	return false
}

// renderRun says whether and how the run can be undone.
func (r *Report) renderRun(b *strings.Builder) {
	switch {
	case r.RunID == "" || !r.changed():
	case r.Undoable:
		fmt.Fprintf(b, "\nTo undo this import within seven days: souk import undo %s\n", r.RunID)
	default:
		fmt.Fprintf(b, "\nThis import (%s) cannot be undone: what it changed was not recorded. Above %s rows, say so with --undoable.\n",
			r.RunID, thousands(UndoableRows))
	}
}

// shownKept is how many kept edits a report has for programs.
const shownKept = 1000

// KeptEdit is a field that the input would have changed, and that stays as staff wrote
// it.
type KeptEdit struct {
	Product string `json:"product"` // its slug, or its key if it was deleted
	Part    string `json:"part,omitempty"`
	Field   string `json:"field"`
	Shop    string `json:"shop"`
	File    string `json:"file"`
}

func (r *Report) keep(k KeptEdit) {
	r.KeptEdits++
	if len(r.Kept) < shownKept {
		r.Kept = append(r.Kept, k)
	}
}

func (r *Report) renderKept(b *strings.Builder) {
	if r.KeptEdits == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s written since the import that wrote it (--overwrite takes the files'):\n",
		amount(r.KeptEdits, "value stays as staff have", "values stay as staff have"))
	for _, k := range r.Kept[:min(len(r.Kept), shownFaults)] {
		fmt.Fprintf(b, "  %s", k.Product)
		if k.Part != "" {
			fmt.Fprintf(b, ", %s", k.Part)
		}
		fmt.Fprintf(b, ", %s: %q stays", k.Field, cutBytes(k.Shop, 60))
		if k.File != "" {
			fmt.Fprintf(b, ", not %q", cutBytes(k.File, 60))
		}
		b.WriteByte('\n')
	}
	if shown := int64(min(len(r.Kept), shownFaults)); r.KeptEdits > shown {
		fmt.Fprintf(b, "  … and %s more; --json lists %s of them\n", thousands(r.KeptEdits-shown), thousands(int64(len(r.Kept))))
	}
}
