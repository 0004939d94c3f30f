package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// ImportRun is one run of an import from files. Dry runs are not recorded.
type ImportRun struct {
	ID       ImportRunID
	Source   string
	Format   string
	Files    []string
	Mode     ImportMode
	Status   ImportStatus
	Actor    string // the user at the command line
	RowCount int64
	Counts   []*ImportCount
	Rejected int64
	Warnings int64
	// KeptEdits is the number of fields that the files would have changed and that
	// stay as staff wrote them.
	KeptEdits  int64
	IsUndoable bool
	StartedAt  time.Time
	FinishedAt *time.Time // nil: it runs, or was killed
	UndoneAt   *time.Time // nil: it was not undone
}

// ImportMode says what an import does with the fields that staff have changed since
// the import that wrote them.
type ImportMode string

// The modes.
const (
	ImportKeepsEdits ImportMode = "KEEP_EDITS"
	ImportOverwrites ImportMode = "OVERWRITE"
)

// ImportStatus is the state of a run.
type ImportStatus string

// The states of a run. A killed run is running until the next import starts.
const (
	ImportRunning ImportStatus = "RUNNING"
	ImportDone    ImportStatus = "DONE"
	ImportFailed  ImportStatus = "FAILED"
	ImportUndone  ImportStatus = "UNDONE"
)

// ImportCount is what a run did with one kind of record.
type ImportCount struct {
	Kind       ImportedKind `json:"kind"`
	Stored     int64        `json:"stored"`
	Changed    int64        `json:"changed"`
	Unchanged  int64        `json:"unchanged"`
	Duplicates int64        `json:"duplicates"`
	Removed    int64        `json:"removed"`
}

// ImportedKind is a kind of record that an import counts.
type ImportedKind string

// The kinds of records. The importer stores these values.
const (
	ImportedProducts          ImportedKind = "PRODUCTS"
	ImportedVariants          ImportedKind = "VARIANTS"
	ImportedImages            ImportedKind = "IMAGES"
	ImportedCategories        ImportedKind = "CATEGORIES"
	ImportedProductCategories ImportedKind = "PRODUCT_CATEGORIES"
	ImportedVendors           ImportedKind = "VENDORS"
	ImportedCustomers         ImportedKind = "CUSTOMERS"
	ImportedReviews           ImportedKind = "REVIEWS"
	ImportedInventoryLevels   ImportedKind = "INVENTORY_LEVELS"
)

var importRunColumns = columnsOf("ImportRun",
	col("r.id", asUUID, func(i *ImportRun) *ImportRunID { return &i.ID }),
	col("r.source", asText, func(i *ImportRun) *string { return &i.Source }),
	col("r.format", asText, func(i *ImportRun) *string { return &i.Format }),
	col("r.files", asTexts, func(i *ImportRun) *[]string { return &i.Files }),
	col("r.mode", asText, func(i *ImportRun) *ImportMode { return &i.Mode }),
	col("r.status", asText, func(i *ImportRun) *ImportStatus { return &i.Status }),
	col("r.actor", asText, func(i *ImportRun) *string { return &i.Actor }),
	col("r.row_count", asInt, func(i *ImportRun) *int64 { return &i.RowCount }),
	col("r.counts", asJSON, func(i *ImportRun) *[]*ImportCount { return &i.Counts }),
	col("r.rejected", asInt, func(i *ImportRun) *int64 { return &i.Rejected }),
	col("r.warnings", asInt, func(i *ImportRun) *int64 { return &i.Warnings }),
	col("r.kept AS kept_edits", asInt, func(i *ImportRun) *int64 { return &i.KeptEdits }),
	col("r.undoable AND r.status IN ('DONE', 'FAILED') AND r.started_at > now() - "+importUndoTime+" AS is_undoable", asBool, func(i *ImportRun) *bool { return &i.IsUndoable }),
	col("r.started_at", asTime, func(i *ImportRun) *time.Time { return &i.StartedAt }),
	maybe("r.finished_at", asTime, func(i *ImportRun) **time.Time { return &i.FinishedAt }),
	maybe("r.undone_at", asTime, func(i *ImportRun) **time.Time { return &i.UndoneAt }),
)

// ImportRunsByNewest is the order of import runs. Their keys are in time order.
var ImportRunsByNewest = Order{"NEWEST:DESC", []sortKey{{"r.id", "uuid"}}, true}

var allImportRuns = list{name: "ListImportRuns", from: "import_runs r", where: "true"}

// ListImportRuns returns a page of all import runs.
func (r *Reader) ListImportRuns(ctx context.Context, p PageRequest) (Page[ImportRun], error) {
	return only(pages(ctx, r, importRunColumns, allImportRuns, noParent, p))
}

// CountImportRuns returns the number of import runs.
func (r *Reader) CountImportRuns(ctx context.Context) (Count, error) {
	return only(counts(ctx, r, allImportRuns, noParent))
}

// ImportRunsByIDs returns the import runs that exist among ids, if the view shows the
// audit log, in any order.
func (r *Reader) ImportRunsByIDs(ctx context.Context, ids []ImportRunID) ([]*ImportRun, error) {
	what := importRunColumns.choose(r.selects)
	statement := `-- name: ImportRunsByIDs
SELECT ` + what.sql + `
FROM import_runs r
WHERE r.id = ANY (@ids) AND @all`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": keysOf(ids), "all": r.view.Audit})
}
